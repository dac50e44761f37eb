/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portguard extend: more time for what is on trial. */
#include "base/public.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/diagnostics.h"
#include "cli/json/json.h"

static int parse_duration(struct pg_call *call, unsigned *ret_ms)
{
        const char *word, *problem;

        if (call->options.arguments.n == 0)
                return pg_call_usage(call, "say for how long from now on, as in: portguard extend 5m");
        word = call->options.arguments.items[0];
        problem = pg_trial_duration_parse(word, ret_ms);
        return problem ? pg_call_usage(call, "'%s': %s", word, problem) : 0;
}

static int extend(struct pg_call *call)
{
        _cleanup_(pg_outcome_freep) struct pg_outcome *outcome = NULL;
        unsigned trial_ms = 0;
        int r;

        r = parse_duration(call, &trial_ms);
        if (r < 0)
                return r;
        r = pg_extend(&call->options.settings, trial_ms, &outcome, call->diagnostics, &call->error);
        pg_report_diagnostics(call->diagnostics, PG_NOTES_ALL);
        if (r < 0)
                return r;
        call->changed = outcome->changed;
        if (call->options.json)
                pg_json_print(pg_outcome_change_json(outcome, call->diagnostics));
        else
                pg_trial_print(stdout, outcome->generation, &outcome->trial);
        pg_call_flush(call);
        return PG_STATUS_DONE;
}

const struct pg_command pg_command_extend = {
        .name = "extend",
        .group = PG_COMMAND_CHANGES,
        .arguments = "DURATION",
        .arguments_max = 1,
        .summary = "let what is on trial last that long from now on",
        .description = "Sets the clock of the trial anew: the kernel takes it back after DURATION from "
                       "now, unless it is confirmed before.\n"
                       "Refused when no trial is open any more, or it would last longer anyway.",
        .examples = "portguard extend 5m",
        .statuses = PG_STATUS_BIT(PG_STATUS_REFUSED) | PG_STATUS_BIT(PG_STATUS_NO_PERMISSION),
        .run = extend,
};
