/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portguard diff: who gains and who loses access from one generation to another. */
#include <stdio.h>
#include <stdlib.h>

#include "base/public.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/diagnostics.h"
#include "cli/json/json.h"

static const struct pg_option rows[] = {
        {"exit-code", 0, PG_OPTION_FLAG, NULL, "end with status 10 when anybody gains or loses access",
         offsetof(struct pg_options, exit_code), NULL},
};

static const struct pg_option_group options = {"Options", rows, PG_ELEMENTSOF(rows)};

static void print_diff(const struct pg_outcome *outcome, uint32_t from)
{
        _cleanup_(pg_freep) char *counts = pg_outcome_count(outcome->changes, PG_TENSE_DONE);

        pg_outcome_print_changes(outcome, PG_TENSE_DONE);
        printf("from generation %u to generation %u: %s.\n", from, outcome->generation, counts);
}

static int diff(struct pg_call *call)
{
        _cleanup_(pg_outcome_freep) struct pg_outcome *outcome = NULL;
        const struct pg_list *arguments = &call->options.arguments;
        uint32_t numbers[2] = {0};
        int r = 0;

        if (arguments->n == 0)
                return pg_call_usage(call, "which generations? as in: portguard diff 40 41 (see: "
                                           "portguard history)");
        for (size_t i = 0; r >= 0 && i < arguments->n; i++)
                r = pg_call_generation(call, arguments->items[i], &numbers[i]);
        if (r < 0)
                return r;
        r = pg_diff(&call->options.settings, numbers[0], numbers[1], &outcome, call->diagnostics,
                    &call->error);
        pg_report_diagnostics(call->diagnostics, PG_NOTES_ALL);
        if (r < 0)
                return r;
        if (call->options.json)
                pg_json_print(pg_outcome_json(outcome, call->diagnostics));
        else
                print_diff(outcome, numbers[0]);
        return call->options.exit_code && outcome->changed ? PG_STATUS_CHANGES : PG_STATUS_DONE;
}

const struct pg_command pg_command_diff = {
        .name = "diff",
        .group = PG_COMMAND_LOOKS,
        .arguments = "GENERATION [GENERATION]",
        .arguments_max = 2,
        .summary = "show who gains and who loses access from one generation to another",
        .description =
                "Compares two generations of the history, or one with what is enforced. What "
                "counts is who can reach what, not how the profiles say it: two generations that "
                "let in the same packets do not differ.",
        .examples = "portguard diff 40 41\n"
                    "portguard diff 40",
        .statuses = PG_STATUS_BIT(PG_STATUS_REFUSED) | PG_STATUS_BIT(PG_STATUS_NO_PERMISSION) |
                    PG_STATUS_BIT(PG_STATUS_DRIFT) | PG_STATUS_BIT(PG_STATUS_CHANGES),
        .groups = {&options},
        .run = diff,
};
