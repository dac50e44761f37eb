/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portguard restore: the last confirmed generation, as at boot. */
#include <stdio.h>

#include "base/public.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/diagnostics.h"
#include "cli/json/json.h"

/* The journal of a boot gets one line, and not all that is open. */
static void print_outcome(const struct pg_outcome *outcome)
{
        _cleanup_(pg_freep) char *name =
                pg_name_generation(outcome->generation, outcome->profiles, outcome->n_profiles);

        if (outcome->restores > 0) {
                pg_outcome_print_summary(outcome, PG_TENSE_DONE);
                return;
        }
        pg_outcome_print_repaired(outcome, PG_TENSE_DONE);
        if (outcome->changed) {
                printf("restored %s; read back and equal.\n", name);
        } else if (outcome->state == PG_STATE_OFF) {
                puts("Nothing to restore: nothing is to be enforced (portguard apply PROFILE).");
        } else if (outcome->state == PG_STATE_TRIAL) {
                printf("Nothing was restored: %s is on trial.\n", name);
                pg_trial_print(stdout, outcome->generation, &outcome->trial);
        } else {
                printf("Nothing to do: %s is already enforced; nothing was written to the kernel.\n",
                       name);
        }
}

static int restore(struct pg_call *call)
{
        _cleanup_(pg_outcome_freep) struct pg_outcome *outcome = NULL;
        const struct pg_change_options options = pg_call_change(call);
        int r;

        r = pg_restore(&call->options.settings, &options, &outcome, call->diagnostics, &call->error);
        pg_report_diagnostics(call->diagnostics, PG_NOTES_COUNT);
        if (r < 0)
                return r;
        call->changed = outcome->changed;
        if (call->options.json) {
                json_t *object = pg_outcome_change_json(outcome, call->diagnostics);

                pg_json_put(object, "restores", pg_json_generation(outcome->restores));
                pg_json_print(object);
        } else {
                print_outcome(outcome);
        }
        pg_call_flush(call);
        return PG_STATUS_DONE;
}

const struct pg_command pg_command_restore = {
        .name = "restore",
        .group = PG_COMMAND_CHANGES,
        .arguments = "",
        .summary = "enforce the last confirmed generation again, as at boot",
        .description =
                "Makes the kernel hold the last confirmed generation, unless it does so already: at "
                "boot, and after somebody changed the table. Reads the history and nothing else: no "
                "profile, no site file, no name server.\n"
                "Leaves a trial alone. After disable, nothing is restored until the next apply or "
                "rollback.\n"
                "By hand, on a terminal or over ssh, it is refused as an apply where it would lock somebody "
                "out; at boot, or started by a timer, it never is. With --trial it becomes a new "
                "generation.",
        .examples = "portguard restore\n"
                    "portguard restore --trial 2m",
        .statuses = PG_STATUS_BIT(PG_STATUS_REFUSED) | PG_STATUS_BIT(PG_STATUS_NO_PERMISSION),
        .groups = {&pg_guard_options},
        .run = restore,
};
