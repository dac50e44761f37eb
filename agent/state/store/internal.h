/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of state/store/ share. */
#ifndef PG_STATE_STORE_INTERNAL_H
#define PG_STATE_STORE_INTERNAL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "state/store/store.h"

/* "PGhs" */
#define PG_STORE_APPLICATION 0x50476873
/* Raised when an older portguard would misread the tables. */
#define PG_STORE_VERSION 1

static inline void pg_statement_end(sqlite3_stmt **statement)
{
        sqlite3_finalize(*statement);
}
#define _statement_ _cleanup_(pg_statement_end) sqlite3_stmt *

/* SQLite's failure as an error: what could not be done, why, and the advice. Returns a
 * negative errno value. */
int pg_store_fail(struct pg_store *store, int code, struct pg_error *error);
/* What is stored is not as portguard stores it. Returns -EBADMSG. */
int pg_store_damaged(const struct pg_store *store, struct pg_error *error, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Statements. Those that return int return 0, or a negative value with the error. */
int pg_store_run(struct pg_store *store, const char *sql, struct pg_error *error);
int pg_store_prepare(struct pg_store *store, const char *sql, sqlite3_stmt **ret,
                     struct pg_error *error);
/* 1: there is a row; 0: there is no further row. */
int pg_store_step(struct pg_store *store, sqlite3_stmt *statement, struct pg_error *error);
/* A statement that has no rows. */
int pg_store_finish(struct pg_store *store, sqlite3_stmt *statement, struct pg_error *error);

/* Begin: for writing, at once the only writer. End: commits when `r` is not negative, else rolls back;
 * returns `r`, or why it could not be committed. */
int pg_store_begin_read(struct pg_store *store, struct pg_error *error);
int pg_store_begin_write(struct pg_store *store, struct pg_error *error);
int pg_store_end(struct pg_store *store, int r, struct pg_error *error);

/* NULL, and PG_UID_UNKNOWN, bind NULL. Texts are not copied: they must live until the statement has
 * ended. */
void pg_bind_number(sqlite3_stmt *statement, int index, int64_t number);
void pg_bind_text(sqlite3_stmt *statement, int index, const char *text);
void pg_bind_actor(sqlite3_stmt *statement, int index, const struct pg_actor *actor);

/* Columns, with no trust in what they hold. -EBADMSG through pg_store_damaged(). */
int pg_column_number(struct pg_store *store, sqlite3_stmt *statement, int index, int64_t min,
                     int64_t max, int64_t *ret, struct pg_error *error);
/* *ret is a copy that the caller frees, or NULL where the column is, if it may be. */
int pg_column_text(struct pg_store *store, sqlite3_stmt *statement, int index, bool may_be_null,
                   char **ret, struct pg_error *error);

/* Columns of an actor: uid, login_uid, sudo_user, ssh_peer, process. */
#define PG_ACTOR_COLUMNS "uid, login_uid, sudo_user, ssh_peer, process"
#define PG_ACTOR_COLUMNS_N 5

/* Makes the tables in an empty database. */
int pg_store_make_tables(struct pg_store *store, struct pg_error *error);
/* 0: portguard's, of this version; -ENOENT, without an error: it is empty. */
int pg_store_check_tables(struct pg_store *store, struct pg_error *error);

/* The policy of a generation, within a transaction. */
int pg_store_put_policy(struct pg_store *store, uint32_t number, const struct pg_policy *policy,
                        struct pg_error *error);

/* Forgets what is too much, within a transaction. */
int pg_store_prune(struct pg_store *store, struct pg_error *error);
int pg_store_read_keep(struct pg_store *store, unsigned *ret, struct pg_error *error);

#endif
