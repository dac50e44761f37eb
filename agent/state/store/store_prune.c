/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many generations are kept, and the forgetting of the rest. */
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "state/store/internal.h"

/* What was confirmed and did not fail since, by its last confirmation, the newest first. */
static const char confirmed[] =
        "SELECT e.generation FROM events AS e WHERE e.kind = ?1 AND e.generation IS NOT NULL "
        "AND NOT EXISTS (SELECT 1 FROM events AS f WHERE f.generation = e.generation "
        "AND f.seq > e.seq AND f.kind IN (?1, ?2)) ORDER BY e.seq DESC";

/* The highest number must not be given away twice. */
static const char forget_one[] =
        "DELETE FROM generations WHERE number = ? AND number < (SELECT max(number) FROM generations)";

/* What was never confirmed goes when the oldest kept one is newer. */
static const char forget_older[] = "DELETE FROM generations WHERE number < ?";

static const char forget_rest[] =
        "DELETE FROM addresses WHERE digest NOT IN (SELECT digest FROM generation_addresses);"
        "DELETE FROM events WHERE generation IS NULL "
        "AND seq < (SELECT min(seq) FROM events WHERE generation IS NOT NULL)";

int pg_store_read_keep(struct pg_store *store, unsigned *ret, struct pg_error *error)
{
        _statement_ statement = NULL;
        int64_t keep = PG_HISTORY_KEEP_DEFAULT;
        int r = pg_store_prepare(store, "SELECT value FROM settings WHERE name = 'keep'", &statement,
                                 error);

        if (r >= 0)
                r = pg_store_step(store, statement, error);
        if (r > 0)
                r = pg_column_number(store, statement, 0, 1, PG_HISTORY_KEEP_MAX, &keep, error);
        if (r < 0)
                return r;
        *ret = (unsigned)keep;
        return 0;
}

/* Whether there are more generations than `keep`: mostly not, and the rest need not be asked. */
static int are_too_many(struct pg_store *store, unsigned keep, struct pg_error *error)
{
        _statement_ statement = NULL;
        int r = pg_store_prepare(store, "SELECT 1 FROM generations LIMIT 1 OFFSET ?", &statement,
                                 error);

        if (r < 0)
                return r;
        pg_bind_number(statement, 1, keep);
        return pg_store_step(store, statement, error);
}

/* Which confirmed generations are too many, and the lowest number of those that are kept. */
struct excess {
        int64_t *numbers;
        size_t n;
        int64_t lowest; /* 0: none is kept */
};

static int find_excess(struct pg_store *store, unsigned keep, struct excess *ret,
                       struct pg_error *error)
{
        _statement_ statement = NULL;
        int r = pg_store_prepare(store, confirmed, &statement, error);

        if (r < 0)
                return r;
        pg_bind_number(statement, 1, PG_EVENT_CONFIRMED);
        pg_bind_number(statement, 2, PG_EVENT_FAILED);
        for (unsigned n = 0; (r = pg_store_step(store, statement, error)) > 0; n++) {
                int64_t number = sqlite3_column_int64(statement, 0), *item;

                if (n < keep) {
                        if (n == 0 || number < ret->lowest)
                                ret->lowest = number;
                        continue;
                }
                item = PG_ARRAY_ADD(ret->numbers, ret->n);
                if (!item)
                        return pg_error_memory(error);
                *item = number;
        }
        return r;
}

static int forget(struct pg_store *store, const char *sql, const int64_t *numbers, size_t n,
                  struct pg_error *error)
{
        _statement_ statement = NULL;
        int r = pg_store_prepare(store, sql, &statement, error);

        for (size_t i = 0; r >= 0 && i < n; i++) {
                sqlite3_reset(statement);
                pg_bind_number(statement, 1, numbers[i]);
                r = pg_store_finish(store, statement, error);
        }
        return r;
}

int pg_store_prune(struct pg_store *store, struct pg_error *error)
{
        struct excess excess = {0};
        int before = sqlite3_total_changes(store->database);
        unsigned keep;
        int r = pg_store_read_keep(store, &keep, error);

        if (r >= 0)
                r = are_too_many(store, keep, error);
        if (r <= 0)
                return r;
        r = find_excess(store, keep, &excess, error);
        if (r >= 0)
                r = forget(store, forget_one, excess.numbers, excess.n, error);
        if (r >= 0)
                r = forget(store, forget_older, &excess.lowest, 1, error);
        free(excess.numbers);
        if (r < 0 || sqlite3_total_changes(store->database) == before)
                return r;
        return pg_store_run(store, forget_rest, error);
}

static int write_keep(struct pg_store *store, unsigned keep, struct pg_error *error)
{
        _statement_ statement = NULL;
        int r = pg_store_prepare(store,
                                 "INSERT OR REPLACE INTO settings(name, value) VALUES('keep', ?)",
                                 &statement, error);

        if (r < 0)
                return r;
        pg_bind_number(statement, 1, keep);
        return pg_store_finish(store, statement, error);
}

int pg_store_keep(struct pg_store *store, unsigned keep, struct pg_error *error)
{
        int r;

        if (keep < 1 || keep > PG_HISTORY_KEEP_MAX)
                return pg_error_set(error, PG_STATUS_USAGE, -EINVAL,
                                    "between 1 and %d generations can be kept, not %u",
                                    PG_HISTORY_KEEP_MAX, keep);
        r = pg_store_begin_write(store, error);
        if (r < 0)
                return r;
        r = write_keep(store, keep, error);
        if (r >= 0)
                r = pg_store_prune(store, error);
        return pg_store_end(store, r, error);
}
