/* SPDX-License-Identifier: GPL-2.0-or-later */
/* At boot, and after somebody changed the table: what is to be enforced, from the history alone. */
#include <errno.h>

#include "base/strings.h"
#include "engine/change/internal.h"
#include "engine/intended.h"
#include "engine/outcome.h"

static int load(struct pg_context *context, uint32_t number, struct pg_generation *ret,
                struct pg_policy **ret_policy)
{
        int r = pg_store_policy(context->store, number, NULL, ret_policy, context->error);

        return r < 0 ? r : pg_store_generation(context->store, number, ret, context->error);
}

/* After a downgrade: the newest before `number` that this version can read. Where there is none, the
 * error stays. */
static int load_before(struct pg_context *context, uint32_t number, struct pg_generation *ret,
                       struct pg_policy **ret_policy)
{
        const struct pg_error why = *context->error;
        int r = -ENOTSUP;

        for (int i = 0; r == -ENOTSUP && i < PG_HISTORY_KEEP_MAX; i++) {
                r = pg_store_before(context->store, number, &number, context->error);
                if (r >= 0)
                        r = number ? load(context, number, ret, ret_policy) : -ENOENT;
        }
        if (r < 0) {
                *context->error = why;
                return -ENOTSUP;
        }
        pg_diagnostics_add(context->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                           "%s; until then generation %u, the last that this version can read, is "
                           "enforced",
                           why.message, number);
        return 0;
}

/* Whoever typed it may be locked out by it; at boot, and where a timer repairs, nobody has, and what
 * was confirmed comes back whatever it closes. */
static int enforce(struct pg_context *context, bool is_off, const struct pg_change_options *options,
                   struct pg_outcome *outcome)
{
        _cleanup_(pg_policy_freep) struct pg_policy *policy = NULL;
        struct pg_generation generation = {0};
        uint32_t number = context->intended.confirmed;
        int r;

        if (options->trial_ms > 0)
                return pg_bring_back(context, number, options, outcome);
        r = load(context, number, &generation, &policy);
        if (r == -ENOTSUP && is_off)
                r = load_before(context, number, &generation, &policy);
        if (r >= 0) {
                const struct pg_change_spec spec = {
                        .policy = policy,
                        .mode = PG_CONVERGE_APPLY,
                        .number = generation.number,
                        .digest = generation.digest,
                        .allow_lockout = options->allow_lockout,
                        .is_unguarded = !pg_caller_is_person(),
                };

                r = pg_converge(context, &spec, outcome);
        }
        pg_generation_done(&generation);
        return r;
}

/* What a disabled host enforces is nothing, at boot too; what somebody loaded there meanwhile is not
 * taken away by who was to bring something back. */
static int report_nothing_to_do(struct pg_context *context, const struct pg_table *table,
                                struct pg_outcome *outcome)
{
        _cleanup_(pg_freep) char *advice = pg_disabled_advice(context->settings, table);
        char name[PG_GENERATION_TEXT_MAX];

        if (!context->intended.is_disabled || (!context->intended.previous && !table->slot))
                return pg_error_set(context->error, PG_STATUS_FAILED, -ENOENT,
                                    "the history has no confirmed generation: nothing was restored "
                                    "(portguard apply PROFILE)");
        if (table->slot)
                pg_diagnostics_add(context->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                                   "portguard was disabled: nothing is restored, and %s, which "
                                   "somebody loaded, stays in force (to settle it: %s)",
                                   pg_generation_text(table->enforced.generation, name),
                                   advice ? advice : "portguard disable");
        else
                pg_diagnostics_add(context->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                                   "portguard was disabled: nothing is restored (portguard rollback "
                                   "brings generation %u back)",
                                   context->intended.previous);
        outcome->state = PG_STATE_OFF;
        return 0;
}

static int restore(struct pg_context *context, struct pg_outcome *outcome, void *data)
{
        const struct pg_change_options *options = data;
        _cleanup_(pg_table_done) struct pg_table table = {0};
        int r = pg_read_for_trial(context, &table);

        /* A trial falls back to what would be restored by itself. */
        if (r >= 0 && table.trial.slot)
                r = pg_outcome_trial(outcome, &table) < 0 ? pg_error_memory(context->error) : 0;
        else if (r >= 0 && context->intended.confirmed)
                r = enforce(context, !table.slot, options, outcome);
        else if (r >= 0)
                r = report_nothing_to_do(context, &table, outcome);
        return r;
}

int pg_restore(const struct pg_settings *settings, const struct pg_change_options *options,
               struct pg_outcome **ret, struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        const struct pg_change_steps steps = {
                .need = options->trial_ms > 0 ? PG_HISTORY_NEEDED : PG_HISTORY_READ,
                .carry_out = restore,
                .data = (void *)options,
        };

        return pg_change_run(settings, &steps, ret, diagnostics, error);
}
