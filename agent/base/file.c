/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening and reading files whose contents root will act on. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/dangling.h"
#include "base/private.h"
#include "base/strings.h"
#include "base/trust.h"

/* A path as it may be shown; "..." where it is very long. */
struct shown {
        char text[512];
};

static struct shown show(const char *path)
{
        struct shown shown;

        pg_printable(path, strlen(path), shown.text, sizeof(shown.text));
        return shown;
}

static int fail_missing(int directory, const char *path, struct pg_error *error)
{
        char link[PATH_MAX];

        if (!pg_path_dangles(directory, path, link))
                return pg_error_set(error, PG_STATUS_INVALID, -ENOENT, "%s does not exist",
                                    show(path).text);
        return pg_error_set(
                error, PG_STATUS_INVALID, -ENOLINK,
                "%s: %s is a symbolic link to what is not there: repair the link, or remove "
                "it",
                show(path).text, show(link).text);
}

static int fail_open(int directory, const char *path, int number, struct pg_error *error)
{
        struct shown name = show(path);

        switch (number) {
        case ENOENT:
                return fail_missing(directory, path, error);
        case ENOTDIR:
                return pg_error_set(error, PG_STATUS_INVALID, -ENOTDIR,
                                    "%s: a part of the path is no directory", name.text);
        case ELOOP:
                return pg_error_set(
                        error, PG_STATUS_INVALID, -ELOOP,
                        "%s: its symbolic links lead in a circle, or are too many: name the "
                        "file itself",
                        name.text);
        case ENAMETOOLONG:
                return pg_error_set(error, PG_STATUS_INVALID, -ENAMETOOLONG,
                                    "%s: the name is longer than the system allows", name.text);
        case EACCES:
        case EPERM:
                return pg_error_set(error, PG_STATUS_NO_PERMISSION, -number,
                                    "%s may not be read: run as root, or chmod +r it and +x the "
                                    "directories above",
                                    name.text);
        default:
                return pg_error_set(error, PG_STATUS_FAILED, -number, "%s cannot be opened: %s",
                                    name.text, strerror(number));
        }
}

static int check_regular(const char *path, const struct stat *status, struct pg_error *error)
{
        if (S_ISREG(status->st_mode))
                return 0;
        if (S_ISDIR(status->st_mode))
                return pg_error_set(error, PG_STATUS_INVALID, -EISDIR, "%s is a directory: name a file",
                                    show(path).text);
        return pg_error_set(error, PG_STATUS_INVALID, -EINVAL,
                            "%s is no regular file: copy its contents to one and name that",
                            show(path).text);
}

static int check_size(const char *path, uint64_t size, size_t size_max, struct pg_error *error)
{
        if (size <= size_max)
                return 0;
        return pg_error_set(error, PG_STATUS_INVALID, -EFBIG,
                            "%s is too large: at most %zu bytes are read", show(path).text, size_max);
}

/* Root does what the file says, so nobody else may have a say in it. */
static enum pg_trust whom_to_trust(void)
{
        return geteuid() == 0 ? PG_TRUST_CALLER : PG_TRUST_ANYBODY;
}

/* Opens what the walk came to, of which `status` is filled in. */
static int open_found(int parent, const char *name, int flags, struct stat *status)
{
        int fd = openat(parent, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | flags);

        if (fd >= 0 && fstat(fd, status) < 0) {
                int number = errno;

                close(fd);
                errno = number;
                fd = -1;
        }
        return fd < 0 ? -errno : fd;
}

static int fail_walk(int directory, const char *path, int r, struct pg_error *error)
{
        return r == -EPERM ? r : fail_open(directory, path, -r, error);
}

int pg_file_open(int directory, const char *path, size_t size_max, struct pg_error *error)
{
        _cleanup_(pg_closep) int parent = -1;
        _cleanup_(pg_closep) int fd = -1;
        char name[NAME_MAX + 1];
        struct stat status;
        int r;

        parent = pg_trust_walk(directory, path, whom_to_trust(), true, name, error);
        if (parent < 0)
                return fail_walk(directory, path, parent, error);
        /* To open a device can be to act on it (a watchdog, a tape), so its kind is looked at before;
         * and after, because the name may by then stand for another file. */
        if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
                return fail_open(directory, path, errno, error);
        r = check_regular(path, &status, error);
        if (r < 0)
                return r;
        fd = open_found(parent, name, O_NONBLOCK, &status);
        if (fd < 0)
                return fail_open(directory, path, -fd, error);
        r = check_regular(path, &status, error);
        if (r == 0 && path[strlen(path) - 1] == '/')
                r = fail_open(directory, path, ENOTDIR, error);
        if (r == 0)
                r = pg_trust_check(&status, whom_to_trust(), path, error);
        if (r == 0)
                r = check_size(path, (uint64_t)status.st_size, size_max, error);
        if (r < 0)
                return r;
        r = fd;
        fd = -1;
        return r;
}

static ssize_t read_some(int fd, char *buffer, size_t size)
{
        ssize_t n;

        do
                n = read(fd, buffer, size);
        while (n < 0 && errno == EINTR);
        return n;
}

int pg_file_read(int directory, const char *path, size_t size_max, char **ret, size_t *ret_length,
                 bool *ret_private, struct pg_error *error)
{
        _cleanup_(pg_closep) int fd = -1;
        _cleanup_(pg_freep) char *text = NULL;
        struct stat status;
        size_t size, length = 0;
        ssize_t n;

        fd = pg_file_open(directory, path, size_max, error);
        if (fd < 0)
                return fd;
        if (fstat(fd, &status) < 0)
                return fail_open(directory, path, errno, error);
        size = (size_t)status.st_size;
        text = malloc(size + 1);
        if (!text)
                return pg_error_memory(error);
        /* The last byte shows whether the file has grown since. */
        while ((n = read_some(fd, text + length, size + 1 - length)) > 0) {
                length += (size_t)n;
                if (length > size)
                        return pg_error_set(error, PG_STATUS_FAILED, -EAGAIN,
                                            "%s grew while it was read: try again when nobody "
                                            "writes to it",
                                            show(path).text);
        }
        if (n < 0)
                return pg_error_set(error, PG_STATUS_FAILED, -errno, "%s cannot be read: %s",
                                    show(path).text, strerror(errno));
        text[length] = '\0';
        if (ret_private)
                *ret_private = pg_file_is_private(fd);
        *ret = PG_TAKE(text);
        *ret_length = length;
        return 0;
}

int pg_directory_open(const char *path, struct pg_error *error)
{
        _cleanup_(pg_closep) int parent = -1;
        _cleanup_(pg_closep) int fd = -1;
        char name[NAME_MAX + 1];
        struct stat status;
        int r;

        parent = pg_trust_walk(AT_FDCWD, path, whom_to_trust(), true, name, error);
        if (parent < 0)
                return fail_walk(AT_FDCWD, path, parent, error);
        fd = open_found(parent, name, O_DIRECTORY, &status);
        if (fd == -ENOTDIR)
                return pg_error_set(error, PG_STATUS_INVALID, -ENOTDIR, "%s is no directory",
                                    show(path).text);
        if (fd < 0)
                return fail_open(AT_FDCWD, path, -fd, error);
        r = pg_trust_check(&status, whom_to_trust(), path, error);
        if (r < 0)
                return r;
        r = fd;
        fd = -1;
        return r;
}
