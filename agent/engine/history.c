/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was applied so far, beside what the kernel enforces now. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/public.h"
#include "engine/enforced.h"
#include "engine/engine.h"
#include "engine/intended.h"
#include "state/lock.h"
#include "state/store/store.h"

/* I3: the kernel says which one it is. */
static void mark_enforced(struct pg_history *history, const struct pg_table *table)
{
        for (size_t i = 0; table->slot && i < history->n; i++) {
                struct pg_generation *generation = &history->items[i];

                generation->is_enforced = generation->number == table->enforced.generation &&
                                          strcmp(generation->digest, table->enforced.digest) == 0;
        }
}

/* The first that the history calls on trial, where the kernel has none open, or NULL. In a dormant
 * table one may go on. */
static struct pg_generation *find_ended(const struct pg_history *history, const struct pg_table *table)
{
        bool has_ended = !table->trial.slot && !(table->snapshot.dormant && table->trial.is_there);

        for (size_t i = 0; has_ended && i < history->n; i++)
                if (history->items[i].state == PG_GENERATION_TRIAL)
                        return &history->items[i];
        return NULL;
}

static int read_enforced(const struct pg_settings *settings, struct pg_enforced *ret,
                         struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_nft_closep) struct pg_nft *nft = NULL;
        int r = pg_nft_open(&nft, error);

        return r < 0 ? r
                     : pg_enforced_read(settings, nft, PG_ENFORCED_GENERATION, ret, diagnostics, error);
}

/* One whose record somebody deleted or changed is no news of the history: verify tells. */
static int warn_if_missing(const struct pg_history *history, const struct pg_table *table,
                           struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        const struct pg_record *enforced = &table->enforced;
        _cleanup_(pg_freep) char *reapply = NULL;

        if (!table->slot || enforced->generation == 0)
                return 0;
        for (size_t i = 0; i < history->n; i++)
                if (history->items[i].is_enforced)
                        return 0;
        reapply = pg_reapply_text(enforced->profiles, enforced->n_profiles);
        if (!reapply)
                return pg_error_memory(error);
        pg_diagnostics_add(
                diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                "generation %u, which is enforced, is not in this history: it was lost, or is "
                "an older copy or another one (to write down what is enforced: %s)",
                enforced->generation, reapply);
        return 0;
}

static int set_keep(const struct pg_settings *settings, unsigned keep, struct pg_error *error)
{
        _cleanup_(pg_lock_releasep) struct pg_lock *lock = NULL;
        _cleanup_(pg_store_closep) struct pg_store *store = NULL;
        const char *directory = pg_setting_state(settings);
        int r = pg_lock_take(directory, settings->wait_ms, &lock, error);

        if (r >= 0)
                r = pg_store_open_to_write(directory, settings->wait_ms, &store, error);
        return r < 0 ? r : pg_store_keep(store, keep, error);
}

/* A trial that went with the table is settled by the next change only, and one may have begun since
 * the kernel was asked. */
static int end_trials(const struct pg_settings *settings, struct pg_history *history,
                      struct pg_enforced *enforced, struct pg_diagnostics *diagnostics,
                      struct pg_error *error)
{
        struct pg_generation *generation = find_ended(history, &enforced->table);
        int r = 0;

        if (generation) {
                pg_enforced_done(enforced);
                r = read_enforced(settings, enforced, diagnostics, error);
                if (r >= 0)
                        mark_enforced(history, &enforced->table);
        }
        for (; r >= 0 && generation; generation = find_ended(history, &enforced->table))
                generation->state =
                        enforced->table.trial.has_run_out ? PG_GENERATION_EXPIRED : PG_GENERATION_ENDED;
        return r;
}

int pg_history(const struct pg_settings *settings, unsigned keep, struct pg_history **ret,
               struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_store_closep) struct pg_store *store = NULL;
        _cleanup_(pg_history_freep) struct pg_history *history = NULL;
        _cleanup_(pg_enforced_done) struct pg_enforced enforced = {0};
        int r = read_enforced(settings, &enforced, diagnostics, error);

        if (r >= 0 && keep)
                r = set_keep(settings, keep, error);
        if (r >= 0)
                r = pg_store_open(pg_setting_state(settings), PG_STORE_READ, &store, error);
        if (r >= 0)
                r = pg_store_history(store, &history, error);
        if (r >= 0) {
                mark_enforced(history, &enforced.table);
                r = end_trials(settings, history, &enforced, diagnostics, error);
        }
        if (r == -ENOENT) {
                history = calloc(1, sizeof(*history));
                if (!history)
                        return pg_error_memory(error);
                history->keep = PG_HISTORY_KEEP_DEFAULT;
                r = 0;
        }
        if (r >= 0)
                r = warn_if_missing(history, &enforced.table, diagnostics, error);
        if (r < 0)
                return r;
        *ret = PG_TAKE(history);
        return 0;
}
