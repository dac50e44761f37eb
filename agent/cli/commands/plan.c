/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portguard plan: what apply would change, and for whom. */
#include <stdio.h>

#include "base/public.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/diagnostics.h"
#include "cli/json/json.h"

static const struct pg_option rows[] = {
        {"exit-code", 0, PG_OPTION_FLAG, NULL, "end with status 10 when anything would change",
         offsetof(struct pg_options, exit_code), NULL},
        {"against", 0, PG_OPTION_NUMBER, "GENERATION",
         "compare with that generation of the history, instead of what is enforced",
         offsetof(struct pg_options, against), NULL},
};

static const struct pg_option_group options = {"Options", rows, PG_ELEMENTSOF(rows)};

/* What is enforced now is not asked about, and apply would change something else. */
static void print_against(const struct pg_outcome *outcome, uint32_t against)
{
        _cleanup_(pg_freep) char *counts = pg_outcome_count(outcome->changes, PG_TENSE_PLAN);

        pg_outcome_print_changes(outcome, PG_TENSE_PLAN);
        printf("against generation %u: %s. Nothing was changed.\n", against, counts);
}

static int plan(struct pg_call *call)
{
        _cleanup_(pg_outcome_freep) struct pg_outcome *outcome = NULL;
        const struct pg_request request = pg_call_request(call, &call->options.arguments);
        int r;

        r = pg_plan(&call->options.settings, &request, call->options.against, &outcome,
                    call->diagnostics, &call->error);
        pg_report_diagnostics(call->diagnostics, PG_NOTES_ALL);
        if (r < 0)
                return r;
        if (call->options.json)
                pg_json_print(pg_outcome_json(outcome, call->diagnostics));
        else if (call->options.against > 0)
                print_against(outcome, call->options.against);
        else
                pg_outcome_print(outcome, PG_TENSE_PLAN);
        return call->options.exit_code && outcome->changed ? PG_STATUS_CHANGES : PG_STATUS_DONE;
}

const struct pg_command pg_command_plan = {
        .name = "plan",
        .group = PG_COMMAND_LOOKS,
        .arguments = "[PROFILE]...",
        .arguments_max = SIZE_MAX,
        .summary = "show what apply would open, close, widen and narrow",
        .description =
                "Compares what is enforced with what apply would enforce, and says who would gain and "
                "who would lose access. Changes nothing.\n"
                "Without PROFILE, the profiles of the site file are meant.",
        .examples = "portguard plan k8s-worker\n"
                    "portguard plan --against 41 k8s-worker\n"
                    "portguard plan --exit-code || echo 'this host is not what its site file says'",
        .statuses = PG_STATUS_BIT(PG_STATUS_INVALID) | PG_STATUS_BIT(PG_STATUS_REFUSED) |
                    PG_STATUS_BIT(PG_STATUS_NO_PERMISSION) | PG_STATUS_BIT(PG_STATUS_CHANGES),
        .groups = {&options, &pg_request_options, &pg_keep_options},
        .run = plan,
};
