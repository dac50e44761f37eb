/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portguard history: what was applied, by whom, when and why. */
#include <stdio.h>

#include "base/public.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/diagnostics.h"
#include "cli/json/json.h"

static const struct pg_option rows[] = {
        {"limit", 'n', PG_OPTION_NUMBER, "NUMBER", "only that many, the newest",
         offsetof(struct pg_options, limit), NULL},
        {"keep", 0, PG_OPTION_KEEP, "NUMBER",
         "from now on keep that many confirmed generations (at first " PG_NUMBER_TEXT(
                 PG_HISTORY_KEEP_DEFAULT) ")",
         offsetof(struct pg_options, keep), NULL},
};

static const struct pg_option_group options = {"Options", rows, PG_ELEMENTSOF(rows)};

static int history(struct pg_call *call)
{
        _cleanup_(pg_history_freep) struct pg_history *found = NULL;
        const struct pg_options *given = &call->options;
        int r;

        r = pg_history(&given->settings, given->keep, &found, call->diagnostics, &call->error);
        pg_report_diagnostics(call->diagnostics, PG_NOTES_ALL);
        if (r < 0)
                return r;
        if (given->json) {
                json_t *object = pg_history_json(found, given->limit);

                pg_json_put(object, "warnings", pg_json_diagnostics(call->diagnostics));
                pg_json_print(object);
                return PG_STATUS_DONE;
        }
        pg_history_print(found, given->limit);
        if (given->keep > 0)
                printf("from now on the last %u confirmed generation%s kept\n", found->keep,
                       found->keep == 1 ? " is" : "s are");
        return PG_STATUS_DONE;
}

const struct pg_command pg_command_history = {
        .name = "history",
        .group = PG_COMMAND_LOOKS,
        .arguments = "",
        .summary = "list what was applied: number, state, when, who, profiles, why",
        .description = "Lists the generations, the newest first. A star marks the enforced one. Each "
                       "can be shown (portguard show 41), compared (portguard plan --against 41) and "
                       "brought back (portguard rollback 41).",
        .examples = "portguard history -n 10\n"
                    "portguard history --keep 500",
        .statuses = PG_STATUS_BIT(PG_STATUS_NO_PERMISSION),
        .groups = {&options},
        .run = history,
};
