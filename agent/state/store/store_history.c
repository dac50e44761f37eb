/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Generations read from the history, with what became of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/public.h"
#include "base/sha256.h"
#include "state/store/internal.h"

/* More than a request can hold. */
#define TEXTS_MAX 100000

/* The columns that read_generation() reads, in its order; the last is the last event that counts. */
#define COLUMNS                                                                                    \
        "number, parent, restores, time, message, digest, profiles, parameters, " PG_ACTOR_COLUMNS \
        ", (SELECT kind FROM events WHERE generation = number AND kind IN (?1, ?2, ?3, ?4, ?5) "   \
        "ORDER BY seq DESC LIMIT 1)"
#define COLUMN_ACTOR 8
#define COLUMN_STATE (COLUMN_ACTOR + PG_ACTOR_COLUMNS_N)

static void bind_kinds(sqlite3_stmt *statement)
{
        pg_bind_number(statement, 1, PG_EVENT_TRIAL);
        pg_bind_number(statement, 2, PG_EVENT_CONFIRMED);
        pg_bind_number(statement, 3, PG_EVENT_EXPIRED);
        pg_bind_number(statement, 4, PG_EVENT_ENDED);
        pg_bind_number(statement, 5, PG_EVENT_FAILED);
}

static enum pg_generation_state read_state(sqlite3_stmt *statement)
{
        if (sqlite3_column_type(statement, COLUMN_STATE) == SQLITE_NULL)
                return PG_GENERATION_STORED;
        switch (sqlite3_column_int(statement, COLUMN_STATE)) {
        case PG_EVENT_TRIAL:
                return PG_GENERATION_TRIAL;
        case PG_EVENT_CONFIRMED:
                return PG_GENERATION_CONFIRMED;
        case PG_EVENT_EXPIRED:
                return PG_GENERATION_EXPIRED;
        case PG_EVENT_ENDED:
                return PG_GENERATION_ENDED;
        default:
                return PG_GENERATION_FAILED;
        }
}

static int read_number(struct pg_store *store, sqlite3_stmt *statement, int index, uint32_t min,
                       uint32_t *ret, struct pg_error *error)
{
        int64_t number;
        int r = pg_column_number(store, statement, index, min, UINT32_MAX, &number, error);

        if (r >= 0)
                *ret = (uint32_t)number;
        return r;
}

static int read_uid(struct pg_store *store, sqlite3_stmt *statement, int index, uint32_t *ret,
                    struct pg_error *error)
{
        *ret = PG_UID_UNKNOWN;
        if (sqlite3_column_type(statement, index) == SQLITE_NULL)
                return 0;
        return read_number(store, statement, index, 0, ret, error);
}

static int read_actor(struct pg_store *store, sqlite3_stmt *statement, struct pg_actor *actor,
                      struct pg_error *error)
{
        int index = COLUMN_ACTOR;
        int r = read_uid(store, statement, index++, &actor->uid, error);

        if (r >= 0)
                r = read_uid(store, statement, index++, &actor->login_uid, error);
        if (r >= 0)
                r = pg_column_text(store, statement, index++, true, &actor->sudo_user, error);
        if (r >= 0)
                r = pg_column_text(store, statement, index++, true, &actor->ssh_peer, error);
        if (r >= 0)
                r = pg_column_text(store, statement, index, true, &actor->process, error);
        return r;
}

/* A zero byte stands behind each text. */
static int read_texts(struct pg_store *store, sqlite3_stmt *statement, int index, char ***texts,
                      size_t *n, struct pg_error *error)
{
        const char *bytes = sqlite3_column_blob(statement, index);
        size_t length = (size_t)sqlite3_column_bytes(statement, index);

        if (sqlite3_column_type(statement, index) != SQLITE_BLOB ||
            (length > 0 && (!bytes || bytes[length - 1] != '\0')))
                return pg_store_damaged(store, error, "column %s is no list of texts",
                                        sqlite3_column_name(statement, index));
        for (size_t at = 0; at < length; at += strlen(bytes + at) + 1) {
                char **slot = *n < TEXTS_MAX ? PG_ARRAY_ADD(*texts, *n) : NULL;

                if (*n == TEXTS_MAX && !slot)
                        return pg_store_damaged(store, error, "column %s is too long a list of texts",
                                                sqlite3_column_name(statement, index));
                if (!slot)
                        return pg_error_memory(error);
                *slot = strdup(bytes + at);
                if (!*slot)
                        return pg_error_memory(error);
        }
        return 0;
}

static int read_digest(struct pg_store *store, sqlite3_stmt *statement, int index, char **ret,
                       struct pg_error *error)
{
        int r = pg_column_text(store, statement, index, false, ret, error);

        if (r < 0)
                return r;
        if (strlen(*ret) != PG_DIGEST_TEXT_SIZE - 1 ||
            strspn(*ret, "0123456789abcdef") != PG_DIGEST_TEXT_SIZE - 1)
                return pg_store_damaged(store, error, "column digest holds none");
        return 0;
}

static int read_generation(struct pg_store *store, sqlite3_stmt *statement,
                           struct pg_generation *generation, struct pg_error *error)
{
        int r = read_number(store, statement, 0, 1, &generation->number, error);

        if (r >= 0)
                r = read_number(store, statement, 1, 0, &generation->parent, error);
        if (r >= 0)
                r = read_number(store, statement, 2, 0, &generation->restores, error);
        if (r >= 0)
                r = pg_column_number(store, statement, 3, INT64_MIN, INT64_MAX, &generation->time,
                                     error);
        if (r >= 0)
                r = pg_column_text(store, statement, 4, true, &generation->message, error);
        if (r >= 0)
                r = read_digest(store, statement, 5, &generation->digest, error);
        if (r >= 0)
                r = read_texts(store, statement, 6, &generation->profiles, &generation->n_profiles,
                               error);
        if (r >= 0)
                r = read_texts(store, statement, 7, &generation->parameters, &generation->n_parameters,
                               error);
        if (r >= 0)
                r = read_actor(store, statement, &generation->actor, error);
        generation->state = read_state(statement);
        return r;
}

static int fail_unknown(struct pg_store *store, uint32_t number, struct pg_error *error)
{
        _statement_ statement = NULL;
        int r = pg_store_prepare(store, "SELECT min(number), max(number) FROM generations", &statement,
                                 error);

        if (r >= 0)
                r = pg_store_step(store, statement, error);
        if (r < 0)
                return r;
        if (r == 0 || sqlite3_column_type(statement, 0) != SQLITE_INTEGER)
                return pg_error_set(error, PG_STATUS_FAILED, -ENOENT,
                                    "there is no generation %u: the history %s is empty", number,
                                    store->path);
        return pg_error_set(
                error, PG_STATUS_FAILED, -ENOENT,
                "there is no generation %u: the oldest that is kept is %lld, the newest %lld "
                "(portguard history lists them)",
                number, (long long)sqlite3_column_int64(statement, 0),
                (long long)sqlite3_column_int64(statement, 1));
}

int pg_store_generation(struct pg_store *store, uint32_t number, struct pg_generation *ret,
                        struct pg_error *error)
{
        _cleanup_(pg_generation_done) struct pg_generation generation = {0};
        _statement_ statement = NULL;
        int r = pg_store_prepare(store, "SELECT " COLUMNS " FROM generations WHERE number = ?6",
                                 &statement, error);

        if (r < 0)
                return r;
        bind_kinds(statement);
        pg_bind_number(statement, 6, number);
        r = pg_store_step(store, statement, error);
        if (r == 0)
                return fail_unknown(store, number, error);
        if (r > 0)
                r = read_generation(store, statement, &generation, error);
        if (r < 0)
                return r;
        *ret = PG_TAKE(generation);
        return 0;
}

static int read_history(struct pg_store *store, struct pg_history *history, struct pg_error *error)
{
        _statement_ statement = NULL;
        int r = pg_store_read_keep(store, &history->keep, error);

        if (r >= 0)
                r = pg_store_prepare(store, "SELECT " COLUMNS " FROM generations ORDER BY number DESC",
                                     &statement, error);
        if (r < 0)
                return r;
        bind_kinds(statement);
        while ((r = pg_store_step(store, statement, error)) > 0) {
                struct pg_generation *generation = PG_ARRAY_ADD(history->items, history->n);

                if (!generation)
                        return pg_error_memory(error);
                r = read_generation(store, statement, generation, error);
                if (r < 0)
                        return r;
        }
        return r;
}

int pg_store_history(struct pg_store *store, struct pg_history **ret, struct pg_error *error)
{
        _cleanup_(pg_history_freep) struct pg_history *history = calloc(1, sizeof(*history));
        int r;

        if (!history)
                return pg_error_memory(error);
        r = pg_store_begin_read(store, error);
        if (r < 0)
                return r;
        r = pg_store_end(store, read_history(store, history, error), error);
        if (r < 0)
                return r;
        *ret = PG_TAKE(history);
        return 0;
}
