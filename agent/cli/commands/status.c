/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portguard status: what is enforced, who made use of it, and who was refused. */
#include <stdio.h>

#include "base/public.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/diagnostics.h"
#include "cli/interactive/interactive.h"
#include "cli/json/json.h"
#include "cli/print.h"

#define INTERVAL_DEFAULT_MS 2000

static const struct pg_option rows[] = {
        {"refused", 0, PG_OPTION_REFUSED, "NUMBER",
         "of those who were refused in the last ten minutes, at most that many (10; at most 4096)",
         offsetof(struct pg_options, refused), NULL},
        {"watch", 'w', PG_OPTION_FLAG, NULL,
         "show it again every 2 seconds, or every SECONDS, with rates; Ctrl-C ends it",
         offsetof(struct pg_options, watch), NULL},
};

static const struct pg_option_group options = {"Options", rows, PG_ELEMENTSOF(rows)};

static int show(struct pg_call *call, size_t refused_max)
{
        _cleanup_(pg_view_freep) struct pg_view *view = NULL;
        const struct pg_settings *settings = &call->options.settings;
        int r;

        r = pg_view_enforced(settings, false, &view, call->diagnostics, &call->error);
        if (r >= 0)
                r = pg_view_refused(settings, view, refused_max, NULL, call->diagnostics, &call->error);
        pg_report_diagnostics(call->diagnostics, PG_NOTES_ALL);
        if (r < 0)
                return r;
        if (call->options.json)
                pg_json_print(pg_status_json(view, call->diagnostics));
        else
                pg_status_print(stdout, pg_terminal_width(stdout), view, NULL);
        return PG_STATUS_DONE;
}

static int status(struct pg_call *call)
{
        const struct pg_options *given = &call->options;
        const char *seconds = given->arguments.n > 0 ? given->arguments.items[0] : NULL, *problem;
        unsigned interval_ms = INTERVAL_DEFAULT_MS;

        if (!given->watch && seconds)
                return pg_call_usage(call, "unexpected argument '%s' (see: portguard status --help)",
                                     seconds);
        if (!given->watch)
                return show(call, given->refused > 0 ? given->refused : PG_REFUSED_ROWS);
        problem = seconds ? pg_watch_interval_parse(seconds, &interval_ms) : NULL;
        if (problem)
                return pg_call_usage(call, "--watch %s: %s", seconds, problem);
        return pg_status_watch(call, interval_ms, given->refused);
}

const struct pg_command pg_command_status = {
        .name = "status",
        .group = PG_COMMAND_LOOKS,
        .arguments = "[--watch [SECONDS]]",
        .arguments_max = 1,
        .summary = "show what is enforced, the connections of each service, and who was refused",
        .description =
                "Asks the kernel what is enforced: roles, open ports with the connections that each "
                "service got since, and how much was refused; of a trial, the seconds that are left "
                "and what comes after.\n"
                "Of those who were refused in the last ten minutes, the sources and ports with the "
                "most packets, and what would open these ports.",
        .examples = "portguard status\n"
                    "portguard status --watch 5\n"
                    "portguard status --json | jq '.services[] | select(.packets == 0) | .name'\n"
                    "portguard status --refused 100 --json | jq -r '.refused[].source' | sort -u",
        .statuses = PG_STATUS_BIT(PG_STATUS_NO_PERMISSION),
        .groups = {&options},
        .run = status,
};
