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

/* /dev/stdout is a link, and a device would be replaced by a file. */
static int check_target(const char *path, struct pg_error *error)
{
        struct stat status;

        if (lstat(path, &status) < 0)
                return errno == ENOENT ? 0 : fail(error, path, "write");
        if (S_ISREG(status.st_mode))
                return 0;
        return pg_error_set(
                error, PG_STATUS_FAILED, -EINVAL,
                "'%s' is no regular file; name one, or leave --output out: the page goes to "
                "standard output then",
                path);
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

int pg_save(const char *path, const char *bytes, size_t length, struct pg_error *error)
{
        _cleanup_(pg_freep) char *copy = pg_must(strdup(path));
        const char *directory = dirname(copy);
        _cleanup_(pg_freep) char *beside = pg_must(pg_format("%s/.portguard-XXXXXX", directory));
        _cleanup_(pg_closep) int fd = -1;
        int r = check_target(path, error);

        if (r < 0)
                return r;
        fd = mkostemp(beside, O_CLOEXEC);
        if (fd < 0)
                return fail(error, path, "write");
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
