/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening and making the state directory: what it holds decides what root enforces. */
#include "state/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/dangling.h"
#include "base/file.h"

static enum pg_status status_of(int number)
{
        return number == EACCES || number == EPERM ? PG_STATUS_NO_PERMISSION : PG_STATUS_FAILED;
}

/* "link/" would be followed in spite of O_NOFOLLOW. */
static int trim(const char *path, char trimmed[static PATH_MAX], struct pg_error *error)
{
        size_t length = strlen(path);

        if (length == 0 || length >= PATH_MAX)
                return pg_error_set(error, PG_STATUS_USAGE, length == 0 ? -ENOENT : -ENAMETOOLONG,
                                    "the name of the state directory is %s; name another with --state "
                                    "or PORTGUARD_STATE",
                                    length == 0 ? "empty" : "too long");
        while (length > 1 && path[length - 1] == '/')
                length--;
        memcpy(trimmed, path, length);
        trimmed[length] = '\0';
        return 0;
}

/* A new directory must outlive a power failure as what is put into it does. */
static void sync_parent(int directory)
{
        _cleanup_(pg_closep) int parent = openat(directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (parent >= 0)
                (void)fsync(parent);
}

static int check_owner(int fd, const char *path, struct pg_error *error)
{
        struct stat status;

        if (fstat(fd, &status) < 0)
                return pg_error_set(error, PG_STATUS_FAILED, -errno,
                                    "cannot look at the state directory %s: %s", path, strerror(errno));
        if (status.st_mode & (S_IWGRP | S_IWOTH))
                return pg_error_set(error, PG_STATUS_FAILED, -EPERM,
                                    "%s may write to the state directory %s; repair it: chmod 0700 %s",
                                    status.st_mode & S_IWOTH ? "everybody" : "a group", path, path);
        if (status.st_uid != 0 && status.st_uid != geteuid() && !pg_in_user_namespace())
                return pg_error_set(error, PG_STATUS_FAILED, -EPERM,
                                    "the state directory %s belongs to user %u, who could change what "
                                    "is enforced; repair it: chown root %s",
                                    path, (unsigned)status.st_uid, path);
        return 0;
}

static int fail_open(const char *path, int number, struct pg_error *error)
{
        char link[PATH_MAX];

        if (number == ENOENT && pg_path_dangles(AT_FDCWD, path, link))
                return pg_error_set(error, PG_STATUS_FAILED, -ENOLINK,
                                    "cannot open the state directory %s: %s is a symbolic link to what "
                                    "is not there; repair the link, or remove it",
                                    path, link);
        return pg_error_set(error, status_of(number), -number, "cannot open the state directory %s: %s",
                            path,
                            number == ENOTDIR || number == ELOOP
                                    ? "it is no directory, or a symbolic link"
                            : number == EACCES ? "permission denied; run as root"
                                               : strerror(number));
}

int pg_state_directory_open(const char *path, bool make, struct pg_error *error)
{
        _cleanup_(pg_closep) int fd = -1;
        char trimmed[PATH_MAX];
        bool is_new = false;
        int r;

        r = trim(path, trimmed, error);
        if (r < 0)
                return r;
        if (make) {
                is_new = mkdir(trimmed, 0700) == 0;
                if (!is_new && errno != EEXIST)
                        return pg_error_set(error, status_of(errno), -errno,
                                            "cannot make the state directory %s: %s (name another with "
                                            "--state or PORTGUARD_STATE)",
                                            trimmed, strerror(errno));
        }
        fd = open(trimmed, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return fail_open(trimmed, errno, error);
        r = check_owner(fd, trimmed, error);
        if (r < 0)
                return r;
        if (is_new)
                sync_parent(fd);
        r = fd;
        fd = -1;
        return r;
}
