/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies in the history: a text of their own, large sets of addresses once for all generations. */
#include <errno.h>
#include <string.h>

#include "base/sha256.h"
#include "state/policy_json/policy_json.h"
#include "state/store/internal.h"

/* What the calls back from policy_json.h work at. */
struct exchange {
        struct pg_store *store;
        struct pg_error *error;
        uint32_t number;
        sqlite3_blob *blob; /* that is read */
        int failure;        /* that `error` tells of */
};

static int fail(struct exchange *exchange, int r)
{
        exchange->failure = r;
        return r;
}

static int keep_bytes(struct exchange *exchange, const char *digest, const void *bytes, size_t length)
{
        _statement_ find = NULL;
        _statement_ add = NULL;
        int r = pg_store_prepare(exchange->store, "SELECT 1 FROM addresses WHERE digest = ?", &find,
                                 exchange->error);

        if (r < 0)
                return r;
        pg_bind_text(find, 1, digest);
        r = pg_store_step(exchange->store, find, exchange->error);
        if (r != 0)
                return r;
        r = pg_store_prepare(exchange->store, "INSERT INTO addresses(digest, bytes) VALUES(?, ?)", &add,
                             exchange->error);
        if (r < 0)
                return r;
        pg_bind_text(add, 1, digest);
        r = sqlite3_bind_blob64(add, 2, bytes, length, SQLITE_STATIC);
        if (r != SQLITE_OK)
                return pg_store_fail(exchange->store, r, exchange->error);
        return pg_store_finish(exchange->store, add, exchange->error);
}

static int put_addresses(const char *digest, const void *bytes, size_t length, void *context)
{
        struct exchange *exchange = context;
        _statement_ statement = NULL;
        int r = keep_bytes(exchange, digest, bytes, length);

        if (r >= 0)
                /* Two sources of a policy may be equal. */
                r = pg_store_prepare(exchange->store,
                                     "INSERT OR IGNORE INTO generation_addresses(generation, digest) "
                                     "VALUES(?, ?)",
                                     &statement, exchange->error);
        if (r < 0)
                return fail(exchange, r);
        pg_bind_number(statement, 1, exchange->number);
        pg_bind_text(statement, 2, digest);
        r = pg_store_finish(exchange->store, statement, exchange->error);
        return r < 0 ? fail(exchange, r) : 0;
}

static void digest_of(const char *text, size_t length, char ret[static PG_DIGEST_TEXT_SIZE])
{
        struct pg_digest digest;

        pg_digest_begin(&digest);
        pg_digest_add(&digest, text, length);
        pg_digest_end(&digest, ret);
}

int pg_store_put_policy(struct pg_store *store, uint32_t number, const struct pg_policy *policy,
                        struct pg_error *error)
{
        struct exchange exchange = {.store = store, .error = error, .number = number};
        _cleanup_(pg_freep) char *text = NULL;
        _statement_ statement = NULL;
        char digest[PG_DIGEST_TEXT_SIZE];
        int r;

        r = pg_policy_to_json(policy, put_addresses, &exchange, &text);
        if (r < 0)
                return exchange.failure < 0 ? r : pg_error_memory(error);
        r = pg_store_prepare(store, "INSERT INTO policies(generation, digest, text) VALUES(?, ?, ?)",
                             &statement, error);
        if (r < 0)
                return r;
        digest_of(text, strlen(text), digest);
        pg_bind_number(statement, 1, number);
        pg_bind_text(statement, 2, digest);
        pg_bind_text(statement, 3, text);
        return pg_store_finish(store, statement, error);
}

static int find_row(struct exchange *exchange, const char *digest, sqlite3_int64 *ret)
{
        _statement_ statement = NULL;
        int r = pg_store_prepare(exchange->store, "SELECT rowid FROM addresses WHERE digest = ?",
                                 &statement, exchange->error);

        if (r < 0)
                return r;
        pg_bind_text(statement, 1, digest);
        r = pg_store_step(exchange->store, statement, exchange->error);
        if (r == 0)
                return 0;
        *ret = sqlite3_column_int64(statement, 0);
        return r;
}

static int open_addresses(const char *digest, size_t *ret_length, void *context)
{
        struct exchange *exchange = context;
        sqlite3_int64 row;
        int r = find_row(exchange, digest, &row);

        if (r <= 0)
                return r < 0 ? fail(exchange, r) : -ENOENT;
        if (exchange->blob)
                r = sqlite3_blob_reopen(exchange->blob, row);
        else
                r = sqlite3_blob_open(exchange->store->database, "main", "addresses", "bytes", row, 0,
                                      &exchange->blob);
        if (r != SQLITE_OK)
                return fail(exchange, pg_store_fail(exchange->store, r, exchange->error));
        *ret_length = (size_t)sqlite3_blob_bytes(exchange->blob);
        return 0;
}

static int read_addresses(void *bytes, size_t length, size_t offset, void *context)
{
        struct exchange *exchange = context;
        int r = sqlite3_blob_read(exchange->blob, bytes, (int)length, (int)offset);

        return r == SQLITE_OK ? 0 : fail(exchange, pg_store_fail(exchange->store, r, exchange->error));
}

/* The text, which stays the statement's, once its digest is found to be right. */
static int find_text(struct pg_store *store, sqlite3_stmt *statement, uint32_t number, const char **ret,
                     size_t *ret_length, struct pg_error *error)
{
        const char *text, *stored;
        char digest[PG_DIGEST_TEXT_SIZE];
        int r;

        pg_bind_number(statement, 1, number);
        r = pg_store_step(store, statement, error);
        if (r < 0)
                return r;
        if (r == 0 || sqlite3_column_type(statement, 0) != SQLITE_TEXT ||
            sqlite3_column_type(statement, 1) != SQLITE_TEXT)
                return pg_store_damaged(store, error, "generation %u has no policy", number);
        text = (const char *)sqlite3_column_text(statement, 0);
        stored = (const char *)sqlite3_column_text(statement, 1);
        if (!text || !stored)
                return pg_error_memory(error);
        *ret_length = (size_t)sqlite3_column_bytes(statement, 0);
        digest_of(text, *ret_length, digest);
        if (strcmp(digest, stored) != 0)
                return pg_store_damaged(store, error,
                                        "the policy of generation %u is not that of its digest",
                                        number);
        *ret = text;
        return 0;
}

/* Whether there is such a generation at all; the error says which there are. */
static int require_generation(struct pg_store *store, uint32_t number, struct pg_error *error)
{
        _cleanup_(pg_generation_done) struct pg_generation generation = {0};

        return pg_store_generation(store, number, &generation, error);
}

/* The text belongs to the statement, which the caller ends. */
static int read_text(struct pg_store *store, uint32_t number, sqlite3_stmt **statement,
                     const char **ret, size_t *ret_length, struct pg_error *error)
{
        int r = pg_store_prepare(store, "SELECT text, digest FROM policies WHERE generation = ?",
                                 statement, error);

        return r < 0 ? r : find_text(store, *statement, number, ret, ret_length, error);
}

static int fail_policy(struct pg_store *store, uint32_t number, int r, const struct pg_error *cause,
                       struct pg_error *error)
{
        if (r == -EBADMSG)
                return pg_store_damaged(store, error, "generation %u: %s", number, cause->message);
        if (r == -ENOTSUP)
                return pg_error_set(error, cause->status, r,
                                    "generation %u was %s; upgrade portguard, or apply again with this "
                                    "one",
                                    number, cause->message);
        return pg_error_set(error, cause->status, r, "%s", cause->message);
}

static int read_policy(struct pg_store *store, uint32_t number, const struct pg_site *guess,
                       struct pg_policy **ret, struct pg_error *error)
{
        struct exchange exchange = {.store = store, .error = error, .number = number};
        const struct pg_address_bytes bytes = {open_addresses, read_addresses, &exchange};
        _statement_ statement = NULL;
        struct pg_error cause = {0};
        const char *text = NULL;
        size_t length = 0;
        int r;

        r = read_text(store, number, &statement, &text, &length, error);
        if (r < 0)
                return r;
        r = pg_policy_from_json(text, length, &bytes, guess, ret, &cause);
        sqlite3_blob_close(exchange.blob);
        return r >= 0 || exchange.failure < 0 ? r : fail_policy(store, number, r, &cause, error);
}

int pg_store_policy(struct pg_store *store, uint32_t number, const struct pg_site *guess,
                    struct pg_policy **ret, struct pg_error *error)
{
        int r = pg_store_begin_read(store, error);

        if (r < 0)
                return r;
        r = require_generation(store, number, error);
        if (r >= 0)
                r = read_policy(store, number, guess, ret, error);
        return pg_store_end(store, r, error);
}

static int read_origins(struct pg_store *store, uint32_t number, struct pg_policy *policy,
                        struct pg_error *error)
{
        _statement_ statement = NULL;
        struct pg_error cause = {0};
        const char *text = NULL;
        size_t length = 0;
        int r = read_text(store, number, &statement, &text, &length, error);

        if (r < 0)
                return r;
        r = pg_policy_origins_from_json(text, length, policy, &cause);
        return r < 0 ? fail_policy(store, number, r, &cause, error) : 0;
}

int pg_store_origins(struct pg_store *store, uint32_t number, struct pg_policy *policy,
                     struct pg_error *error)
{
        int r = pg_store_begin_read(store, error);

        if (r < 0)
                return r;
        r = require_generation(store, number, error);
        if (r >= 0)
                r = read_origins(store, number, policy, error);
        return pg_store_end(store, r, error);
}
