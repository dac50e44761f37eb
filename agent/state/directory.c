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
#include "base/trust.h"

static enum pg_status status_of(int number)
{
        return number == EACCES || number == EPERM ? PG_STATUS_NO_PERMISSION : PG_STATUS_FAILED;
}

/* A new directory must outlive a power failure as what is put into it does. */
static void sync_parent(int directory)
{
        _cleanup_(pg_closep) int parent = openat(directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (parent >= 0)
                (void)fsync(parent);
}

static int fail_open(const char *path, int number, struct pg_error *error)
{
        char link[PATH_MAX];

        if (number == ENOENT && pg_path_dangles(AT_FDCWD, path, link))
                return pg_error_set(error, PG_STATUS_FAILED, -ENOLINK,
                                    "cannot open the state directory %s: %s is a symbolic link to what "
                                    "is not there; repair the link, or remove it",
                                    path, link);
        return pg_error_set(error, status_of(number), -number,
                            "cannot open the state directory %s: %s (name another with --state or "
                            "PORTGUARD_STATE)",
                            path,
                            number == ENOTDIR || number == ELOOP
                                    ? "it is no directory, or a symbolic link"
                            : number == EACCES ? "permission denied; run as root"
                                               : strerror(number));
}

static int fail_name(const char *path, struct pg_error *error)
{
        bool is_empty = !*path;

        return pg_error_set(error, PG_STATUS_USAGE, is_empty ? -ENOENT : -ENAMETOOLONG,
                            "the name of the state directory is %s; name another with --state or "
                            "PORTGUARD_STATE",
                            is_empty ? "empty" : "too long");
}

/* Returns whether it is new. */
static int make_directory(int parent, const char *name, const char *path, struct pg_error *error)
{
        if (mkdirat(parent, name, 0700) == 0)
                return 1;
        if (errno == EEXIST)
                return 0;
        return pg_error_set(error, status_of(errno), -errno,
                            "cannot make the state directory %s: %s (name another with --state or "
                            "PORTGUARD_STATE)",
                            path, strerror(errno));
}

int pg_state_directory_open(const char *path, bool make, struct pg_error *error)
{
        _cleanup_(pg_closep) int parent = -1;
        _cleanup_(pg_closep) int fd = -1;
        char name[NAME_MAX + 1];
        struct stat status;
        int r, is_new = 0;

        if (!*path || strlen(path) >= PATH_MAX)
                return fail_name(path, error);
        parent = pg_trust_walk(AT_FDCWD, path, PG_TRUST_ROOT, false, name, error);
        if (parent == -EPERM)
                return parent;
        if (parent < 0)
                return fail_open(path, -parent, error);
        if (make)
                is_new = make_directory(parent, name, path, error);
        if (is_new < 0)
                return is_new;
        fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &status) < 0)
                return fail_open(path, errno, error);
        r = pg_trust_check(&status, PG_TRUST_ROOT, path, error);
        if (r < 0)
                return r;
        if (is_new)
                sync_parent(fd);
        r = fd;
        fd = -1;
        return r;
}
