/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening and closing the history. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strings.h"
#include "base/trust.h"
#include "state/directory.h"
#include "state/store/internal.h"

/* A commit waits for those who read, and they for it: for milliseconds. */
#define BUSY_MS 5000

static int check_file(const char *path, const struct stat *status, struct pg_error *error)
{
        if (S_ISLNK(status->st_mode))
                return pg_error_set(error, PG_STATUS_FAILED, -ELOOP,
                                    "the history %s is a symbolic link; put the file itself there",
                                    path);
        if (!S_ISREG(status->st_mode))
                return pg_error_set(error, PG_STATUS_FAILED, -EINVAL,
                                    "the history %s is no regular file; move it away", path);
        return pg_trust_check(status, PG_TRUST_ROOT, path, error);
}

/* Made here, since SQLite would make it readable by everybody. It is not opened where it is there
 * already: to close it would end the locks that other users of this process have on it. */
static int make_file(int directory, const char *path, struct pg_error *error)
{
        _cleanup_(pg_closep) int fd = openat(directory, PG_STATE_HISTORY,
                                             O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

        if (fd >= 0 || errno == EEXIST)
                return 0;
        return pg_error_set(error, errno == EACCES ? PG_STATUS_NO_PERMISSION : PG_STATUS_FAILED, -errno,
                            "cannot make the history %s: %s", path, strerror(errno));
}

static int fail_missing(const char *path, struct pg_error *error)
{
        return pg_error_set(error, PG_STATUS_FAILED, -ENOENT,
                            "there is no history yet in %s; the first `portguard apply` begins it",
                            path);
}

static int find_file(int directory, const char *path, enum pg_store_access access,
                     struct pg_error *error)
{
        struct stat status;
        int r;

        r = fstatat(directory, PG_STATE_HISTORY, &status, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
        if (r == -ENOENT && access == PG_STORE_WRITE) {
                r = make_file(directory, path, error);
                if (r < 0)
                        return r;
                r = fstatat(directory, PG_STATE_HISTORY, &status, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
        }
        if (r == -ENOENT)
                return fail_missing(path, error);
        if (r < 0)
                return pg_error_set(error, r == -EACCES ? PG_STATUS_NO_PERMISSION : PG_STATUS_FAILED, r,
                                    "cannot look at the history %s: %s", path, strerror(-r));
        return check_file(path, &status, error);
}

/* SQLite believes what stands in them, and would wait for who writes to a FIFO. */
static int check_companions(int directory, const char *path, struct pg_error *error)
{
        static const char *const names[] = {PG_STATE_HISTORY "-journal", PG_STATE_HISTORY "-wal",
                                            PG_STATE_HISTORY "-shm"};
        int r = 0;

        for (size_t i = 0; r >= 0 && i < PG_ELEMENTSOF(names); i++) {
                _cleanup_(pg_freep) char *name = NULL;
                struct stat status;

                if (fstatat(directory, names[i], &status, AT_SYMLINK_NOFOLLOW) < 0)
                        continue;
                name = pg_format("%s%s", path, names[i] + strlen(PG_STATE_HISTORY));
                r = name ? check_file(name, &status, error) : pg_error_memory(error);
        }
        return r;
}

/* The path without symbolic links: SQLITE_OPEN_NOFOLLOW refuses one in any of its parts. SQLite opens
 * by path; who could put something else there meanwhile is trusted: each directory on the way was
 * looked at. */
static int find_path(const char *directory, enum pg_store_access access, char **ret,
                     struct pg_error *error)
{
        _cleanup_(pg_closep) int fd = pg_state_directory_open(directory, false, error);
        _cleanup_(pg_freep) char *path = NULL;
        char real[PATH_MAX];
        int r;

        if (fd < 0)
                return fd == -ENOENT && access == PG_STORE_READ ? fail_missing(directory, error) : fd;
        if (!realpath(directory, real))
                return pg_error_set(error, PG_STATUS_FAILED, -errno,
                                    "cannot find the state directory %s: %s", directory,
                                    strerror(errno));
        path = pg_format("%s/" PG_STATE_HISTORY, real);
        if (!path)
                return pg_error_memory(error);
        r = find_file(fd, path, access, error);
        if (r >= 0)
                r = check_companions(fd, path, error);
        if (r < 0)
                return r;
        *ret = PG_TAKE(path);
        return 0;
}

/* The file may come from a backup, or from whoever: nothing in it may run but the triggers. */
static int distrust(struct pg_store *store, struct pg_error *error)
{
        static const struct {
                int option, value;
        } options[] = {
                {SQLITE_DBCONFIG_DEFENSIVE, 1},
                {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
                {SQLITE_DBCONFIG_ENABLE_FKEY, 1},
        };

        for (size_t i = 0; i < PG_ELEMENTSOF(options); i++)
                if (sqlite3_db_config(store->database, options[i].option, options[i].value, NULL) !=
                    SQLITE_OK)
                        return pg_error_set(error, PG_STATUS_FAILED, -ENOTSUP,
                                            "this SQLite is too old: 3.37 is the oldest that will do");
        return 0;
}

static int open_database(struct pg_store *store, enum pg_store_access access, struct pg_error *error)
{
        /* Those who only read may have to undo what was interrupted, and need to write for that. */
        int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX |
                    SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
        int code = sqlite3_open_v2(store->path, &store->database, flags, NULL), r;
        bool is_empty;

        if (code != SQLITE_OK)
                return pg_store_fail(store, code, error);
        if (access == PG_STORE_WRITE && sqlite3_db_readonly(store->database, "main") == 1)
                return pg_store_fail(store, SQLITE_READONLY, error);
        sqlite3_busy_timeout(store->database, (int)store->wait_ms);
        r = distrust(store, error);
        if (r >= 0)
                r = pg_store_check_tables(store, error);
        if (r == -ENOENT && access == PG_STORE_READ)
                return fail_missing(store->path, error);
        if (r < 0 && r != -ENOENT)
                return r;
        /* Large sets are read once: to keep their pages would cost more than it saves. */
        if (access == PG_STORE_READ)
                return pg_store_run(store, "PRAGMA cache_size=-200", error);
        /* A journal that is cut to nothing costs less than one that is deleted. None of these is kept
         * in the file. */
        is_empty = r == -ENOENT;
        r = pg_store_run(
                store, "PRAGMA journal_mode=TRUNCATE;PRAGMA synchronous=FULL;PRAGMA temp_store=MEMORY",
                error);
        return r >= 0 && is_empty ? pg_store_make_tables(store, error) : r;
}

static int open_within(const char *directory, enum pg_store_access access, unsigned wait_ms,
                       struct pg_store **ret, struct pg_error *error)
{
        _cleanup_(pg_store_closep) struct pg_store *store = calloc(1, sizeof(*store));
        int r;

        if (!store)
                return pg_error_memory(error);
        store->wait_ms = wait_ms;
        r = find_path(directory, access, &store->path, error);
        if (r >= 0)
                r = open_database(store, access, error);
        if (r < 0)
                return r;
        *ret = PG_TAKE(store);
        return 0;
}

int pg_store_open(const char *directory, enum pg_store_access access, struct pg_store **ret,
                  struct pg_error *error)
{
        return open_within(directory, access, BUSY_MS, ret, error);
}

int pg_store_open_to_write(const char *directory, unsigned wait_ms, struct pg_store **ret,
                           struct pg_error *error)
{
        return open_within(directory, PG_STORE_WRITE, wait_ms < BUSY_MS ? BUSY_MS : wait_ms, ret,
                           error);
}

struct pg_store *pg_store_close(struct pg_store *store)
{
        if (!store)
                return NULL;
        /* NULL, and a database that failed to open, are closed too. */
        sqlite3_close(store->database);
        free(store->path);
        free(store);
        return NULL;
}
