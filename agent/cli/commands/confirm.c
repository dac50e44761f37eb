/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portguard confirm: keep what is on trial. */
#include "base/public.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/diagnostics.h"
#include "cli/json/json.h"

static json_t *confirmation_json(const struct pg_call *call, const struct pg_outcome *outcome)
{
        json_t *object = pg_outcome_change_json(outcome, call->diagnostics);

        pg_json_put(object, "ssh_connections",
                    outcome->ssh_connections < 0 ? json_null()
                                                 : json_integer((json_int_t)outcome->ssh_connections));
        pg_json_put(object, "ssh_untracked", json_boolean(outcome->ssh_untracked));
        return object;
}

static int confirm(struct pg_call *call)
{
        _cleanup_(pg_outcome_freep) struct pg_outcome *outcome = NULL;
        const struct pg_change_options options = {.allow_lockout = call->options.allow_lockout};
        int r;

        r = pg_confirm(&call->options.settings, &options, &outcome, call->diagnostics, &call->error);
        pg_report_diagnostics(call->diagnostics, PG_NOTES_ALL);
        if (r < 0)
                return r;
        call->changed = outcome->changed;
        if (call->options.json)
                pg_json_print(confirmation_json(call, outcome));
        else
                pg_trial_print_kept(outcome);
        pg_call_flush(call);
        return PG_STATUS_DONE;
}

const struct pg_command pg_command_confirm = {
        .name = "confirm",
        .group = PG_COMMAND_CHANGES,
        .arguments = "",
        .summary = "keep what is on trial for good",
        .description =
                "Makes the generation that is on trial the one that stays, and that is restored at "
                "boot. Says how many new ssh connections it has let in since the trial began, and "
                "warns when there were none, or no ssh server listens here that others reach: the session "
                "that you type in proves nothing, it was there before.\n"
                "Refused when no trial is open any more, and where the policy would refuse an open ssh session "
                "as a new one.",
        .examples = "portguard apply --trial 2m k8s-worker\n"
                    "portguard confirm        # after a second ssh session was opened",
        .statuses = PG_STATUS_BIT(PG_STATUS_REFUSED) | PG_STATUS_BIT(PG_STATUS_NO_PERMISSION),
        .groups = {&pg_lockout_options},
        .run = confirm,
};
