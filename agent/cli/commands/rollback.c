/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portguard rollback: what was enforced before, from the history alone. */
#include "base/public.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/diagnostics.h"
#include "cli/json/json.h"

/* An ended trial makes no new generation: what ruled before it rules again. */
static void print_outcome(const struct pg_outcome *outcome, bool dry_run)
{
        enum pg_tense tense = dry_run ? PG_TENSE_DRY_RUN : PG_TENSE_DONE;

        pg_outcome_print_changes(outcome, tense);
        if (!dry_run && outcome->changed && outcome->restores == 0)
                pg_outcome_print_ended(outcome);
        else
                pg_outcome_print_summary(outcome, tense);
}

static int rollback(struct pg_call *call)
{
        _cleanup_(pg_outcome_freep) struct pg_outcome *outcome = NULL;
        const struct pg_change_options change = pg_call_change(call);
        const struct pg_list *arguments = &call->options.arguments;
        uint32_t generation = 0;
        int r;

        r = arguments->n > 0 ? pg_call_generation(call, arguments->items[0], &generation) : 0;
        if (r < 0)
                return r;
        r = pg_rollback(&call->options.settings, generation, &change, &outcome, call->diagnostics,
                        &call->error);
        if (r >= 0 && outcome->change)
                pg_diagnostics_add(call->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0}, "%s",
                                   outcome->change);
        pg_report_diagnostics(call->diagnostics, PG_NOTES_COUNT);
        if (r < 0)
                return r;
        call->changed = outcome->changed && !change.dry_run;
        if (call->options.json) {
                json_t *object = pg_outcome_change_json(outcome, call->diagnostics);

                pg_json_put(object, "dry_run", json_boolean(change.dry_run));
                pg_json_put(object, "restores", pg_json_generation(outcome->restores));
                pg_json_print(object);
        } else {
                print_outcome(outcome, change.dry_run);
        }
        pg_call_flush(call);
        return outcome->change ? PG_STATUS_DRIFT : PG_STATUS_DONE;
}

const struct pg_command pg_command_rollback = {
        .name = "rollback",
        .group = PG_COMMAND_CHANGES,
        .arguments = "[GENERATION]",
        .arguments_max = 1,
        .summary = "bring back what was enforced before",
        .description =
                "Without GENERATION: ends the trial where one is open; brings the last generation back "
                "where portguard is off; else the confirmed one before the enforced. Again, and it goes "
                "back further; right after a trial that is over it changes nothing.\n"
                "With its number, brings any generation of the history back, without the files that "
                "made it. It becomes a new generation: the history only grows. It asks nothing, also "
                "over ssh; add --trial where the way back may lock you out.",
        .examples = "portguard rollback\n"
                    "portguard rollback 41 --trial 2m -m 'the new one broke the ingress'",
        .statuses = PG_STATUS_BIT(PG_STATUS_REFUSED) | PG_STATUS_BIT(PG_STATUS_DRIFT) |
                    PG_STATUS_BIT(PG_STATUS_NO_PERMISSION),
        .groups = {&pg_change_options},
        .run = rollback,
};
