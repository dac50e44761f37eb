/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What follows from the events: which generation is to be enforced, and which have no end yet. */
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "state/store/internal.h"

static int read_last(struct pg_store *store, uint32_t *ret, struct pg_error *error)
{
        _statement_ statement = NULL;
        int64_t number;
        int r = pg_store_prepare(store, "SELECT number FROM generations ORDER BY number DESC LIMIT 1",
                                 &statement, error);

        if (r >= 0)
                r = pg_store_step(store, statement, error);
        if (r <= 0)
                return r;
        r = pg_column_number(store, statement, 0, 1, UINT32_MAX, &number, error);
        if (r >= 0)
                *ret = (uint32_t)number;
        return r;
}

/* The newest confirmed generation of which nothing else was said afterwards (that it failed; or that it
 * is still on trial, and how that ended), other than `other`, and confirmed before event `before`. 1
 * and the generation and its event, or 0: there is none. */
static int find_confirmed(struct pg_store *store, uint32_t other, int64_t before, uint32_t *ret,
                          int64_t *ret_seq, struct pg_error *error)
{
        static const char sql[] =
                "SELECT e.generation, e.seq FROM events AS e WHERE e.kind = ?1 AND e.seq < ?2 "
                "AND e.generation <> ?3 AND NOT EXISTS (SELECT 1 FROM events AS f "
                "WHERE f.generation = e.generation AND f.kind IN (?4, ?5, ?6, ?7) AND f.seq > e.seq) "
                "ORDER BY e.seq DESC LIMIT 1";
        _statement_ statement = NULL;
        int64_t number, seq;
        int r = pg_store_prepare(store, sql, &statement, error);

        if (r < 0)
                return r;
        pg_bind_number(statement, 1, PG_EVENT_CONFIRMED);
        pg_bind_number(statement, 2, before);
        pg_bind_number(statement, 3, other);
        pg_bind_number(statement, 4, PG_EVENT_FAILED);
        pg_bind_number(statement, 5, PG_EVENT_TRIAL);
        pg_bind_number(statement, 6, PG_EVENT_EXPIRED);
        pg_bind_number(statement, 7, PG_EVENT_ENDED);
        r = pg_store_step(store, statement, error);
        if (r <= 0)
                return r;
        r = pg_column_number(store, statement, 0, 1, UINT32_MAX, &number, error);
        if (r >= 0)
                r = pg_column_number(store, statement, 1, INT64_MIN, INT64_MAX, &seq, error);
        if (r < 0)
                return r;
        *ret = (uint32_t)number;
        *ret_seq = seq;
        return 1;
}

/* The words on the table since event `since`, the newest first. */
static int read_words(struct pg_store *store, int64_t since, struct pg_intended *intended,
                      struct pg_error *error)
{
        static const char sql[] = "SELECT kind FROM events WHERE seq > ?1 "
                                  "AND kind IN (?2, ?3, ?4, ?5, ?6) ORDER BY seq DESC";
        _statement_ statement = NULL;
        bool is_newest = true;
        int r = pg_store_prepare(store, sql, &statement, error);

        if (r < 0)
                return r;
        pg_bind_number(statement, 1, since);
        pg_bind_number(statement, 2, PG_EVENT_TRIAL);
        pg_bind_number(statement, 3, PG_EVENT_CONFIRMED);
        pg_bind_number(statement, 4, PG_EVENT_RESTORED);
        pg_bind_number(statement, 5, PG_EVENT_DISABLING);
        pg_bind_number(statement, 6, PG_EVENT_DISABLED);
        while ((r = pg_store_step(store, statement, error)) > 0) {
                int kind = sqlite3_column_int(statement, 0);

                intended->is_disabling |= is_newest && kind == PG_EVENT_DISABLING;
                intended->is_disabled |= kind == PG_EVENT_DISABLED;
                is_newest = false;
        }
        return r;
}

static int read_unsettled(struct pg_store *store, struct pg_intended *intended, struct pg_error *error)
{
        static const char sql[] =
                "SELECT number FROM generations WHERE coalesce((SELECT kind FROM events "
                "WHERE generation = number AND kind IN (?1, ?2, ?3, ?4, ?5) "
                "ORDER BY seq DESC LIMIT 1), ?1) = ?1 ORDER BY number DESC LIMIT ?6";
        _statement_ statement = NULL;
        int r = pg_store_prepare(store, sql, &statement, error);

        if (r < 0)
                return r;
        pg_bind_number(statement, 1, PG_EVENT_TRIAL);
        pg_bind_number(statement, 2, PG_EVENT_CONFIRMED);
        pg_bind_number(statement, 3, PG_EVENT_EXPIRED);
        pg_bind_number(statement, 4, PG_EVENT_ENDED);
        pg_bind_number(statement, 5, PG_EVENT_FAILED);
        pg_bind_number(statement, 6, PG_UNSETTLED_MAX);
        while ((r = pg_store_step(store, statement, error)) > 0) {
                uint32_t *item;
                int64_t number;

                r = pg_column_number(store, statement, 0, 1, UINT32_MAX, &number, error);
                if (r < 0)
                        return r;
                item = PG_ARRAY_ADD(intended->unsettled, intended->n_unsettled);
                if (!item)
                        return pg_error_memory(error);
                *item = (uint32_t)number;
        }
        return r;
}

static int read_intended(struct pg_store *store, struct pg_intended *intended, struct pg_error *error)
{
        int64_t confirmed_at = INT64_MIN;
        int r = read_last(store, &intended->last, error);

        if (r >= 0)
                r = find_confirmed(store, 0, INT64_MAX, &intended->previous, &confirmed_at, error);
        if (r >= 0)
                r = read_words(store, confirmed_at, intended, error);
        if (r >= 0)
                r = read_unsettled(store, intended, error);
        if (!intended->is_disabled)
                intended->confirmed = intended->previous;
        return r;
}

int pg_store_intended(struct pg_store *store, struct pg_intended *ret, struct pg_error *error)
{
        _cleanup_(pg_intended_done) struct pg_intended intended = {0};
        int r = pg_store_begin_read(store, error);

        if (r < 0)
                return r;
        r = pg_store_end(store, read_intended(store, &intended, error), error);
        if (r < 0)
                return r;
        *ret = PG_TAKE(intended);
        return 0;
}

void pg_intended_done(struct pg_intended *intended)
{
        free(intended->unsettled);
        *intended = (struct pg_intended){0};
}

int pg_store_before(struct pg_store *store, uint32_t number, uint32_t *ret, struct pg_error *error)
{
        _statement_ statement = NULL;
        int64_t before = INT64_MAX, seq;
        uint32_t found = 0;
        int r = pg_store_begin_read(store, error);

        if (r < 0)
                return r;
        r = pg_store_prepare(store,
                             "SELECT seq FROM events WHERE generation = ? AND kind = ? "
                             "ORDER BY seq DESC LIMIT 1",
                             &statement, error);
        if (r >= 0) {
                pg_bind_number(statement, 1, number);
                pg_bind_number(statement, 2, PG_EVENT_CONFIRMED);
                r = pg_store_step(store, statement, error);
        }
        if (r > 0)
                r = pg_column_number(store, statement, 0, INT64_MIN, INT64_MAX, &before, error);
        if (statement)
                sqlite3_reset(statement);
        if (r >= 0)
                r = find_confirmed(store, number, before, &found, &seq, error);
        r = pg_store_end(store, r, error);
        if (r < 0)
                return r;
        *ret = found;
        return 0;
}
