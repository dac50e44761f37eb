/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portguard disable: take the table out of the kernel. */
#include <stdio.h>

#include "base/public.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/diagnostics.h"
#include "cli/json/json.h"

static int disable(struct pg_call *call)
{
        _cleanup_(pg_outcome_freep) struct pg_outcome *outcome = NULL;
        int r;

        r = pg_disable(&call->options.settings, &outcome, call->diagnostics, &call->error);
        pg_report_diagnostics(call->diagnostics, PG_NOTES_ALL);
        if (r < 0)
                return r;
        call->changed = outcome->changed;
        if (call->options.json)
                pg_json_print(pg_outcome_change_json(outcome, call->diagnostics));
        else if (outcome->changed)
                puts("portguard is off: it filters nothing any more, every port is as open as other "
                     "firewalls leave it.");
        else
                puts("Nothing to do: portguard is off; nothing was written to the kernel.");
        pg_call_flush(call);
        return PG_STATUS_DONE;
}

const struct pg_command pg_command_disable = {
        .name = "disable",
        .group = PG_COMMAND_CHANGES,
        .arguments = "",
        .summary = "stop filtering: remove portguard's table from the kernel",
        .description =
                "Removes portguard's table, in an order in which no allowed packet is lost. The history, "
                "profiles, site file and tables of other programs stay as they are. A trial ends. "
                "Nothing is restored at boot until the next apply or rollback.",
        .examples = "portguard disable\n"
                    "portguard rollback     # on again, as it was",
        .statuses = PG_STATUS_BIT(PG_STATUS_NO_PERMISSION),
        .run = disable,
};
