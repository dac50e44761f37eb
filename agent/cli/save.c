/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Results that go to a file: whole or not at all. */
#include "cli/save.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strings.h"
#include "cli/print.h"

static int fail(struct pg_error *error, const char *path, const char *what)
{
        int number = errno;

        return pg_error_set(error,
                            number == EACCES || number == EPERM ? PG_STATUS_NO_PERMISSION
                                                                : PG_STATUS_FAILED,
                            -number, "cannot %s '%s': %s", what, path, strerror(number));
}

/* Whether the beginning of the file has the mark, or there is nothing in it. False with errno where it
 * cannot be read. */
static bool is_ours(const char *path, const char *mark)
{
        _cleanup_(pg_closep) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        char head[PG_SAVE_MARK_WITHIN];
        ssize_t length = fd < 0 ? -1 : read(fd, head, sizeof(head));

        if (length >= 0)
                errno = 0;
        return length == 0 || (length > 0 && memmem(head, (size_t)length, mark, strlen(mark)));
}

/* /dev/stdout is a link, and a device would be replaced by a file. *ret is zero where there is none. */
static int check_target(const char *path, const char *mark, struct stat *ret, struct pg_error *error)
{
        *ret = (struct stat){0};
        if (lstat(path, ret) < 0)
                return errno == ENOENT ? 0 : fail(error, path, "write");
        if (!S_ISREG(ret->st_mode))
                return pg_error_set(
                        error, PG_STATUS_FAILED, -EINVAL,
                        "'%s' is no regular file; name one, or leave --output out: the page "
                        "goes to standard output then",
                        path);
        if (ret->st_uid != geteuid())
                return pg_error_set(error, PG_STATUS_FAILED, -EEXIST,
                                    "'%s' belongs to user %u, who could read what is put there; remove "
                                    "it, or name another file",
                                    path, (unsigned)ret->st_uid);
        if (is_ours(path, mark))
                return 0;
        if (errno != 0)
                return fail(error, path, "read");
        return pg_error_set(error, PG_STATUS_FAILED, -EEXIST,
                            "'%s' is there, and portguard did not make it; remove it, or name another "
                            "file",
                            path);
}

/* What may read the page goes on to, where it replaces one. */
static int keep_mode(int fd, const struct stat *before)
{
        if (before->st_mode == 0)
                return 0;
        if (fchown(fd, (uid_t)-1, before->st_gid) < 0 || fchmod(fd, before->st_mode & 0777) < 0)
                return -errno;
        return 0;
}

static int write_all(int fd, const char *bytes, size_t length)
{
        while (length > 0) {
                ssize_t written = write(fd, bytes, length);

                if (written < 0 && errno == EINTR)
                        continue;
                if (written < 0)
                        return -errno;
                bytes += written;
                length -= (size_t)written;
        }
        return fsync(fd) < 0 ? -errno : 0;
}

/* The name is safe on the disk only when its directory is. Not every file system can do that. */
static int sync_directory(const char *directory)
{
        _cleanup_(pg_closep) int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        return fsync(fd) < 0 && errno != EINVAL ? -errno : 0;
}

int pg_save(const char *path, const char *bytes, size_t length, const char *mark,
            struct pg_error *error)
{
        _cleanup_(pg_freep) char *copy = pg_must(strdup(path));
        const char *directory = dirname(copy);
        _cleanup_(pg_freep) char *beside = pg_must(pg_format("%s/.portguard-XXXXXX", directory));
        _cleanup_(pg_closep) int fd = -1;
        struct stat before;
        int r = check_target(path, mark, &before, error);

        if (r < 0)
                return r;
        fd = mkostemp(beside, O_CLOEXEC);
        if (fd < 0)
                return fail(error, path, "write");
        r = keep_mode(fd, &before);
        if (r >= 0)
                r = write_all(fd, bytes, length);
        if (r >= 0 && rename(beside, path) < 0)
                r = -errno;
        if (r < 0) {
                unlink(beside);
        } else {
                r = sync_directory(directory);
        }
        errno = -r;
        return r < 0 ? fail(error, path, "write") : 0;
}
