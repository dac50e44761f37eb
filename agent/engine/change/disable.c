/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leaving cleanly: the table goes, the history stays. */
#include <errno.h>

#include "engine/change/internal.h"
#include "engine/engine.h"
#include "engine/recover.h"
#include "engine/stored.h"

/* Something that failed once may succeed. */
#define TRIES_MAX 3

/* What was begun is finished, or put back. */
static int remove_whole(struct pg_context *context, const struct pg_snapshot *snapshot)
{
        int r = pg_remove_table(context->nft, snapshot->ruleset, context->error);
        struct pg_error ignored;

        for (int i = 0; i <= TRIES_MAX; i++) {
                _cleanup_(pg_snapshot_done) struct pg_snapshot rest = {0};
                int s = pg_nft_read(context->nft, PG_READ_STRUCTURE, &rest, context->error);

                if (s >= 0 && !rest.exists)
                        return 0;
                if (s < 0)
                        r = s;
                else if (r >= 0)
                        r = pg_error_set(
                                context->error, PG_STATUS_FAILED, -EBADE,
                                "the table inet portguard is still there, or was made again by "
                                "somebody else");
                else if (i < TRIES_MAX)
                        r = pg_remove_table(context->nft, rest.ruleset, context->error);
        }
        pg_settle_table(context->nft, true, &ignored);
        pg_lock_stay_left(context->lock);
        return r;
}

/* What restores at boot asks the history that has it. */
static void warn_if_other(struct pg_context *context, const struct pg_record *enforced)
{
        if (!context->store || enforced->generation == 0 ||
            pg_store_has(context->store, enforced, NULL) != 0)
                return;
        pg_diagnostics_add(
                context->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                "the history in %s does not have generation %u, which was enforced: where it "
                "is in another state directory, it comes back from there at boot, unless "
                "portguard disable is run with that one (--state), too",
                pg_setting_state(context->settings), enforced->generation);
}

static int remove_table(struct pg_context *context, const struct pg_table *table)
{
        int r;

        pg_context_try_event(context, 0, PG_EVENT_DISABLING);
        r = remove_whole(context, &table->snapshot);
        if (r >= 0 && table->trial.slot)
                pg_trial_ended(context, table, false);
        return r;
}

static int disable(struct pg_context *context, struct pg_outcome *outcome, void *data)
{
        _cleanup_(pg_table_done) struct pg_table table = {0};
        int r = pg_table_read(context->nft, PG_READ_SMALL, &table, context->error);

        (void)data;
        if (r >= 0 && table.snapshot.exists) {
                outcome->changed = true;
                r = remove_table(context, &table);
                if (r >= 0)
                        warn_if_other(context, &table.enforced);
        }
        if (r >= 0 && (outcome->changed || !context->intended.is_disabled))
                pg_context_try_event(context, 0, PG_EVENT_DISABLED);
        return r;
}

int pg_disable(const struct pg_settings *settings, struct pg_outcome **ret,
               struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        /* With a damaged history or a full disk the host must still be able to get rid of its filter.
         */
        const struct pg_change_steps steps = {.need = PG_HISTORY_OPTIONAL, .carry_out = disable};

        return pg_change_run(settings, &steps, ret, diagnostics, error);
}
