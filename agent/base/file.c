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
#include "base/procfs.h"
#include "base/strings.h"

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

bool pg_in_user_namespace(void)
{
        unsigned long inside, outside, count;
        char text[64];

        if (pg_procfs_read(text, sizeof(text), "/proc/self/uid_map") < 0 ||
            sscanf(text, "%lu %lu %lu", &inside, &outside, &count) != 3)
                return false;
        return inside != 0 || outside != 0 || count != UINT32_MAX;
}

/* Root does what the file says, so nobody else may have a say in it. */
static int check_owner(const char *path, const struct stat *status, struct pg_error *error)
{
        struct shown name = show(path);
        uid_t caller;

        if (geteuid() != 0)
                return 0;
        if (status->st_mode & S_IWOTH)
                return pg_error_set(error, PG_STATUS_INVALID, -EPERM,
                                    "%s can be changed by everybody, and root would act on it: "
                                    "chmod o-w %s",
                                    name.text, name.text);
        if (status->st_uid == 0 || (pg_sudo_user(&caller) && status->st_uid == caller) ||
            pg_in_user_namespace())
                return 0;
        return pg_error_set(error, PG_STATUS_INVALID, -EPERM,
                            "%s belongs to user %u, and root would act on it: chown root %s", name.text,
                            (unsigned)status->st_uid, name.text);
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

int pg_file_open(int directory, const char *path, size_t size_max, struct pg_error *error)
{
        _cleanup_(pg_closep) int fd = -1;
        struct stat status;
        int r;

        /* To open a device can be to act on it (a watchdog, a tape), so its kind is looked at before;
         * and after, because the name may by then stand for another file. */
        if (fstatat(directory, path, &status, 0) < 0)
                return fail_open(directory, path, errno, error);
        r = check_regular(path, &status, error);
        if (r < 0)
                return r;
        fd = openat(directory, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd < 0 || fstat(fd, &status) < 0)
                return fail_open(directory, path, errno, error);
        r = check_regular(path, &status, error);
        if (r == 0)
                r = check_owner(path, &status, error);
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

static int fail_directory(const char *path, int number, struct pg_error *error)
{
        struct stat status;

        if ((number == ENOTDIR || number == ELOOP) && lstat(path, &status) == 0) {
                if (S_ISLNK(status.st_mode) && geteuid() == 0)
                        return pg_error_set(error, PG_STATUS_INVALID, -ELOOP,
                                            "%s is a symbolic link, which root does not follow "
                                            "here: name the directory itself",
                                            show(path).text);
                if (!S_ISDIR(status.st_mode))
                        return pg_error_set(error, PG_STATUS_INVALID, -ENOTDIR, "%s is no directory",
                                            show(path).text);
        }
        return fail_open(AT_FDCWD, path, number, error);
}

int pg_directory_open(const char *path, struct pg_error *error)
{
        _cleanup_(pg_closep) int fd = -1;
        char trimmed[PATH_MAX];
        size_t length = strlen(path);
        struct stat status;
        int r, flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY;

        if (length >= sizeof(trimmed))
                return fail_open(AT_FDCWD, path, ENAMETOOLONG, error);
        /* "link/" would be followed in spite of O_NOFOLLOW. */
        while (length > 1 && path[length - 1] == '/')
                length--;
        memcpy(trimmed, path, length);
        trimmed[length] = '\0';
        if (geteuid() == 0)
                flags |= O_NOFOLLOW;
        fd = open(trimmed, flags);
        if (fd < 0)
                return fail_directory(trimmed, errno, error);
        if (fstat(fd, &status) < 0)
                return fail_open(AT_FDCWD, path, errno, error);
        r = check_owner(path, &status, error);
        if (r < 0)
                return r;
        r = fd;
        fd = -1;
        return r;
}
