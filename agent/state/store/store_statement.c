/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Statements and transactions; what is bound to them, and what is read, checked. */
#include <errno.h>
#include <string.h>

#include "state/store/internal.h"

/* Longer texts are no message or name that anybody gave. */
#define TEXT_MAX (64 * 1024 * 1024)

int pg_store_run(struct pg_store *store, const char *sql, struct pg_error *error)
{
        int code = sqlite3_exec(store->database, sql, NULL, NULL, NULL);

        return code == SQLITE_OK ? 0 : pg_store_fail(store, code, error);
}

int pg_store_prepare(struct pg_store *store, const char *sql, sqlite3_stmt **ret,
                     struct pg_error *error)
{
        sqlite3_stmt *statement;
        int code = sqlite3_prepare_v2(store->database, sql, -1, &statement, NULL);

        if (code != SQLITE_OK)
                return pg_store_fail(store, code, error);
        *ret = statement;
        return 0;
}

int pg_store_step(struct pg_store *store, sqlite3_stmt *statement, struct pg_error *error)
{
        int code = sqlite3_step(statement);

        if (code == SQLITE_ROW)
                return 1;
        return code == SQLITE_DONE ? 0 : pg_store_fail(store, code, error);
}

int pg_store_finish(struct pg_store *store, sqlite3_stmt *statement, struct pg_error *error)
{
        int r;

        do
                r = pg_store_step(store, statement, error);
        while (r > 0);
        return r;
}

int pg_store_begin_read(struct pg_store *store, struct pg_error *error)
{
        return pg_store_run(store, "BEGIN", error);
}

int pg_store_begin_write(struct pg_store *store, struct pg_error *error)
{
        return pg_store_run(store, "BEGIN IMMEDIATE", error);
}

int pg_store_end(struct pg_store *store, int r, struct pg_error *error)
{
        if (r >= 0) {
                int committed = pg_store_run(store, "COMMIT", error);

                if (committed >= 0)
                        return r;
                r = committed;
        }
        /* Where SQLite has done so by itself, there is nothing left to roll back. */
        if (!sqlite3_get_autocommit(store->database))
                sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL);
        return r;
}

void pg_bind_number(sqlite3_stmt *statement, int index, int64_t number)
{
        sqlite3_bind_int64(statement, index, number);
}

void pg_bind_text(sqlite3_stmt *statement, int index, const char *text)
{
        /* It fails with texts of more than 10^9 bytes only, which nobody has. */
        if (text)
                sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

static void bind_uid(sqlite3_stmt *statement, int index, uint32_t uid)
{
        if (uid != PG_UID_UNKNOWN)
                sqlite3_bind_int64(statement, index, uid);
}

void pg_bind_actor(sqlite3_stmt *statement, int index, const struct pg_actor *actor)
{
        if (!actor)
                return;
        bind_uid(statement, index, actor->uid);
        bind_uid(statement, index + 1, actor->login_uid);
        pg_bind_text(statement, index + 2, actor->sudo_user);
        pg_bind_text(statement, index + 3, actor->ssh_peer);
        pg_bind_text(statement, index + 4, actor->process);
}

int pg_column_number(struct pg_store *store, sqlite3_stmt *statement, int index, int64_t min,
                     int64_t max, int64_t *ret, struct pg_error *error)
{
        int64_t number = sqlite3_column_int64(statement, index);

        if (sqlite3_column_type(statement, index) != SQLITE_INTEGER || number < min || number > max)
                return pg_store_damaged(store, error, "column %s holds an invalid number",
                                        sqlite3_column_name(statement, index));
        *ret = number;
        return 0;
}

int pg_column_text(struct pg_store *store, sqlite3_stmt *statement, int index, bool may_be_null,
                   char **ret, struct pg_error *error)
{
        int type = sqlite3_column_type(statement, index);
        const char *text;
        char *copy;
        int length;

        if (type == SQLITE_NULL && may_be_null) {
                *ret = NULL;
                return 0;
        }
        if (type != SQLITE_TEXT)
                return pg_store_damaged(store, error, "column %s is no text",
                                        sqlite3_column_name(statement, index));
        text = (const char *)sqlite3_column_text(statement, index);
        length = sqlite3_column_bytes(statement, index);
        if (!text)
                return pg_error_memory(error);
        if (length > TEXT_MAX || strlen(text) != (size_t)length)
                return pg_store_damaged(store, error, "column %s is no right text",
                                        sqlite3_column_name(statement, index));
        copy = strdup(text);
        if (!copy)
                return pg_error_memory(error);
        *ret = copy;
        return 0;
}
