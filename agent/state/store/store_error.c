/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What SQLite's failures mean for whoever keeps a history. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/strings.h"
#include "state/store/internal.h"

#define DAMAGED_MEND                                                                                    \
        "what is enforced stays; repair it: move the file away, and the next `portguard apply` starts " \
        "a new history"

int pg_store_damaged(const struct pg_store *store, struct pg_error *error, const char *format, ...)
{
        va_list arguments;
        char text[512];

        va_start(arguments, format);
        vsnprintf(text, sizeof(text), format, arguments);
        va_end(arguments);
        return pg_error_set(error, PG_STATUS_FAILED, -EBADMSG,
                            "the history %s is damaged: %s; " DAMAGED_MEND, store->path, text);
}

/* SQLite's own words name tables and columns, which may be anything in a damaged file. */
static int fail_damaged(struct pg_store *store, struct pg_error *error)
{
        const char *text = sqlite3_errmsg(store->database);
        char shown[200];

        return pg_store_damaged(store, error, "%s",
                                pg_printable(text, strlen(text), shown, sizeof(shown)));
}

static int fail_access(const struct pg_store *store, int number, struct pg_error *error)
{
        if (number == EROFS)
                return pg_error_set(error, PG_STATUS_FAILED, -EROFS,
                                    "the history %s is on a file system that is read-only; remount it, "
                                    "or name another directory with --state",
                                    store->path);
        return pg_error_set(error, PG_STATUS_NO_PERMISSION, -number,
                            "the history %s may not be written or read by this user; run as root",
                            store->path);
}

/* Where SQLite says only that it may not write, the kernel says why. */
static int why_readonly(const struct pg_store *store)
{
        return access(store->path, W_OK) < 0 ? errno : EACCES;
}

static int fail_full(const struct pg_store *store, struct pg_error *error)
{
        return pg_error_set(error, PG_STATUS_FAILED, -ENOSPC,
                            "there is no room left for the history %s; make room on its file system",
                            store->path);
}

/* What meets it is one of SQLite's errors that do not say so. */
static bool has_size_limit(void)
{
        struct rlimit limit;

        return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

static int fail_io(const struct pg_store *store, int number, struct pg_error *error)
{
        switch (number) {
        case ENOSPC:
        case EDQUOT:
                return fail_full(store, error);
        case EROFS:
        case EACCES:
        case EPERM:
                return fail_access(store, number, error);
        default:
                return pg_error_set(
                        error, PG_STATUS_FAILED, number > 0 ? -number : -EIO,
                        "the history %s cannot be read or written: %s; look at the disk and "
                        "at the kernel's log%s",
                        store->path, strerror(number > 0 ? number : EIO),
                        has_size_limit()
                                ? ", and at the limit that this process has for the size of files "
                                  "(ulimit -f)"
                                : "");
        }
}

int pg_store_fail(struct pg_store *store, int code, struct pg_error *error)
{
        int system = store->database ? sqlite3_system_errno(store->database) : 0;

        switch (code & 0xff) {
        case SQLITE_NOMEM:
                return pg_error_memory(error);
        case SQLITE_FULL:
                return fail_full(store, error);
        case SQLITE_READONLY:
                if (code == SQLITE_READONLY_DBMOVED)
                        return pg_error_set(error, PG_STATUS_FAILED, -ESTALE,
                                            "the history %s was moved away at this moment; try again",
                                            store->path);
                return fail_access(store, why_readonly(store), error);
        case SQLITE_PERM:
        case SQLITE_AUTH:
                return fail_access(store, EACCES, error);
        case SQLITE_CANTOPEN:
                return fail_io(store, system, error);
        case SQLITE_IOERR:
                /* SQLite has many, and the kernel's number does not always belong to it. */
                return fail_io(store,
                               system == ENOSPC || system == EDQUOT || system == EROFS ? system : EIO,
                               error);
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_PROTOCOL:
                return pg_error_set(
                        error, PG_STATUS_FAILED, -EBUSY,
                        "another program has locked the history %s for longer than %u s; try again when "
                        "it has ended, or, to change something, with a longer --wait",
                        store->path, store->wait_ms / 1000);
        case SQLITE_TOOBIG:
                return pg_error_set(error, PG_STATUS_FAILED, -EFBIG,
                                    "this is too large for the history %s", store->path);
        default:
                /* The statements are fixed: where one fails, the tables are not portguard's. */
                return fail_damaged(store, error);
        }
}
