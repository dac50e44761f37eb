/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening and making the state directory: what it holds decides what root enforces. */
#include "state/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/dangling.h"
#include "base/strings.h"
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

bool pg_state_directory_is_used(int directory)
{
        static const char *const names[] = {PG_STATE_LOCK, PG_STATE_CACHE, PG_STATE_HISTORY};

        for (size_t i = 0; i < PG_ELEMENTSOF(names); i++)
                if (faccessat(directory, names[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0)
                        return true;
        return false;
}

/* The first name in a directory that a new file system has not. Returns
 * whether there is one, or a negative errno value. */
static int find_other(int directory, char ret_name[static NAME_MAX + 1])
{
        int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        _cleanup_(pg_closedirp) DIR *entries = fd < 0 ? NULL : fdopendir(fd);
        struct dirent *entry;
        int r = 0;

        if (!entries) {
                r = -errno;
                if (fd >= 0)
                        close(fd);
                return r;
        }
        errno = 0;
        while ((entry = readdir(entries))) {
                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
                    strcmp(entry->d_name, "lost+found") == 0)
                        continue;
                snprintf(ret_name, NAME_MAX + 1, "%s", entry->d_name);
                return 1;
        }
        return -errno;
}

/* What is begun in /etc would be taken for /etc's by everybody, and by whoever cleans up. */
static int check_use(int directory, const char *path, struct pg_error *error)
{
        char name[NAME_MAX + 1], shown[NAME_MAX + 1];
        int r;

        if (pg_state_directory_is_used(directory))
                return 0;
        r = find_other(directory, name);
        if (r < 0)
                return pg_error_set(error, status_of(-r), r,
                                    "cannot look into the state directory %s: %s", path, strerror(-r));
        /* What another portguard put into it meanwhile is one of these. */
        if (r == 0 || pg_state_directory_is_used(directory))
                return 0;
        pg_printable(name, strlen(name), shown, sizeof(shown));
        return pg_error_set(
                error, PG_STATUS_FAILED, -ENOTEMPTY,
                "%s has other things in it (%s) and no history of portguard's, so it is not "
                "taken as the state directory; name one that is new or empty with --state or "
                "PORTGUARD_STATE",
                path, shown);
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
        if (make && !is_new)
                r = check_use(fd, path, error);
        if (r < 0)
                return r;
        if (is_new)
                sync_parent(fd);
        r = fd;
        fd = -1;
        return r;
}
