/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of the history. */
#include <errno.h>

#include "state/store/internal.h"

#define TEXT_OF(number) #number
#define NUMBER(number) TEXT_OF(number)

/* What is written once stays as it is: only whole generations go, when they are too many. A generation
 * has no column for its state, which follows from its events. Addresses belong to their digest, so that
 * a group that stays the same is stored once. Lists of texts are a zero byte behind each. */
static const char tables[] =
        "CREATE TABLE generations(number INTEGER PRIMARY KEY, parent INTEGER NOT NULL, "
        "restores INTEGER NOT NULL, time INTEGER NOT NULL, uid INTEGER, login_uid INTEGER, "
        "sudo_user TEXT, ssh_peer TEXT, process TEXT, message TEXT, profiles BLOB NOT NULL, "
        "parameters BLOB NOT NULL, digest TEXT NOT NULL) STRICT;"
        "CREATE TABLE policies("
        "generation INTEGER PRIMARY KEY REFERENCES generations ON DELETE CASCADE, "
        "digest TEXT NOT NULL, text TEXT NOT NULL) STRICT;"
        "CREATE TABLE addresses(digest TEXT PRIMARY KEY NOT NULL, bytes BLOB NOT NULL) STRICT;"
        "CREATE TABLE generation_addresses("
        "generation INTEGER NOT NULL REFERENCES generations ON DELETE CASCADE, "
        "digest TEXT NOT NULL REFERENCES addresses, PRIMARY KEY(generation, digest)) "
        "STRICT, WITHOUT ROWID;"
        /* generation is NULL where the whole table is meant. */
        "CREATE TABLE events(seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, "
        "generation INTEGER REFERENCES generations ON DELETE CASCADE, kind INTEGER NOT NULL, "
        "detail TEXT, uid INTEGER, login_uid INTEGER, sudo_user TEXT, ssh_peer TEXT, process TEXT) "
        "STRICT;"
        "CREATE INDEX events_by_generation ON events(generation, seq, kind);"
        "CREATE TABLE settings(name TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL) "
        "STRICT, WITHOUT ROWID;"
        "CREATE TRIGGER generations_stay BEFORE UPDATE ON generations "
        "BEGIN SELECT RAISE(ABORT, 'a generation never changes'); END;"
        "CREATE TRIGGER policies_stay BEFORE UPDATE ON policies "
        "BEGIN SELECT RAISE(ABORT, 'a policy never changes'); END;"
        "CREATE TRIGGER addresses_stay BEFORE UPDATE ON addresses "
        "BEGIN SELECT RAISE(ABORT, 'stored addresses never change'); END;"
        "CREATE TRIGGER events_stay BEFORE UPDATE ON events "
        "BEGIN SELECT RAISE(ABORT, 'an event never changes'); END;"
        "PRAGMA application_id=" NUMBER(PG_STORE_APPLICATION) ";"
                                                              "PRAGMA user_version=" NUMBER(
                                                                      PG_STORE_VERSION);

static int read_one(struct pg_store *store, const char *sql, int64_t *ret, struct pg_error *error)
{
        _statement_ statement = NULL;
        int r = pg_store_prepare(store, sql, &statement, error);

        if (r >= 0)
                r = pg_store_step(store, statement, error);
        if (r < 0)
                return r;
        *ret = r > 0 ? sqlite3_column_int64(statement, 0) : 0;
        return 0;
}

int pg_store_make_tables(struct pg_store *store, struct pg_error *error)
{
        int64_t version = 0;
        int r = pg_store_begin_write(store, error);

        if (r < 0)
                return r;
        /* Somebody may have made them since it was looked at. */
        r = read_one(store, "PRAGMA user_version", &version, error);
        if (r >= 0 && version == 0)
                r = pg_store_run(store, tables, error);
        return pg_store_end(store, r, error);
}

static int fail_version(const struct pg_store *store, int64_t version, struct pg_error *error)
{
        return pg_error_set(error, PG_STATUS_FAILED, -ENOTSUP,
                            "the history %s was written by a newer portguard (its version is %lld, the "
                            "newest known here is %d); what is enforced stays; upgrade portguard",
                            store->path, (long long)version, PG_STORE_VERSION);
}

int pg_store_check_tables(struct pg_store *store, struct pg_error *error)
{
        int64_t version, application, n = 0;
        int r;

        r = read_one(store, "PRAGMA user_version", &version, error);
        if (r >= 0)
                r = read_one(store, "PRAGMA application_id", &application, error);
        if (r < 0)
                return r;
        if (application == PG_STORE_APPLICATION && version == PG_STORE_VERSION)
                return 0;
        if (application == PG_STORE_APPLICATION && version > PG_STORE_VERSION)
                return fail_version(store, version, error);
        if (application == 0 && version == 0) {
                r = read_one(store, "SELECT count(*) FROM sqlite_schema", &n, error);
                if (r < 0)
                        return r;
                if (n == 0)
                        return -ENOENT;
        }
        return pg_store_damaged(store, error, "it is no database of portguard's");
}
