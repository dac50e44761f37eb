/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portguard restore: the last confirmed generation, as at boot. */
#include <stdio.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/names.h"
#include "cli/outcome.h"
#include "cli/report.h"
#include "cli/trial.h"

PG_DEFINE_CLEANUP(struct pg_outcome, pg_outcome_free)

/* The journal of a boot gets one line, and not all that is open. */
static void print_outcome(const struct pg_outcome *outcome)
{
        _cleanup_(pg_freep) char *name =
                pg_name_generation(outcome->generation, outcome->profiles, outcome->n_profiles);

        pg_outcome_print_repaired(outcome, PG_TENSE_DONE);
        if (outcome->changed) {
                printf("restored %s; read back and equal.\n", name);
        } else if (outcome->state == PG_STATE_OFF) {
                puts("Nothing to restore: nothing is to be enforced (portguard apply PROFILE).");
        } else if (outcome->state == PG_STATE_TRIAL) {
                printf("Nothing was restored: %s is on trial.\n", name);
                pg_trial_print(stdout, outcome->generation, outcome->trial_left_ms,
                               outcome->falls_back_to);
        } else {
                printf("Nothing to do: %s is already enforced; nothing was written to the kernel.\n",
                       name);
        }
}

static int restore(struct pg_call *call)
{
        _cleanup_(pg_outcome_freep) struct pg_outcome *outcome = NULL;
        int r;

        r = pg_restore(&call->options.settings, &outcome, call->diagnostics, &call->error);
        pg_report_diagnostics(call->diagnostics, PG_NOTES_COUNT);
        if (r < 0)
                return r;
        call->changed = outcome->changed;
        if (call->options.json)
                pg_json_print(pg_outcome_change_json(outcome, call->diagnostics));
        else
                print_outcome(outcome);
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
                "rollback.",
        .examples = "portguard restore",
        .statuses = PG_STATUS_BIT(PG_STATUS_REFUSED) | PG_STATUS_BIT(PG_STATUS_NO_PERMISSION),
        .run = restore,
};
