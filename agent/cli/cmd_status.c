/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portguard status: what is enforced, and who made use of it. */
#include <inttypes.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/names.h"
#include "cli/print.h"
#include "cli/report.h"
#include "cli/trial.h"
#include "cli/view.h"

#define DIGEST_SHOWN 12

PG_DEFINE_CLEANUP(struct pg_view, pg_view_free)

static json_t *status_json(const struct pg_call *call, const struct pg_view *view)
{
        json_t *object = pg_view_json(view, PG_DETAIL_HITS);
        json_t *denied = pg_json_object(), *invalid = pg_json_object();

        pg_json_put(denied, "packets", json_integer((json_int_t)view->denied_packets));
        pg_json_put(denied, "bytes", json_integer((json_int_t)view->denied_bytes));
        pg_json_put(invalid, "packets", json_integer((json_int_t)view->invalid_packets));
        pg_json_put(object, "trial",
                    pg_trial_json(view->state, view->trial_left_ms, view->falls_back_to));
        pg_json_put(object, "denied", denied);
        pg_json_put(object, "invalid", invalid);
        pg_json_put(object, "warnings", pg_json_diagnostics(call->diagnostics));
        return object;
}

static void print_status(const struct pg_view *view)
{
        _cleanup_(pg_freep) char *name =
                pg_name_generation(view->generation, view->profiles, view->n_profiles);
        char bytes[PG_COUNT_TEXT_MAX];

        printf("enforced: %s, digest %.*s\n", name, DIGEST_SHOWN, view->digest);
        if (view->state == PG_STATE_TRIAL)
                pg_trial_print(stdout, view->generation, view->trial_left_ms, view->falls_back_to);
        pg_view_print_egress(view);
        pg_view_print_exposures(view, PG_DETAIL_HITS);
        printf("\nrefused: %" PRIu64 " packet%s, %s", view->denied_packets,
               view->denied_packets == 1 ? "" : "s", pg_bytes_text(view->denied_bytes, bytes));
        if (view->invalid_packets > 0)
                printf("; and %" PRIu64 " that belong to no connection", view->invalid_packets);
        puts("\nCounted since the service was opened; of a connection, what began it.");
        if (view->fault)
                printf("\n%s\n", view->fault);
}

static int status(struct pg_call *call)
{
        _cleanup_(pg_view_freep) struct pg_view *view = NULL;
        int r;

        r = pg_view_enforced(&call->options.settings, false, &view, call->diagnostics, &call->error);
        pg_report_diagnostics(call->diagnostics, PG_NOTES_ALL);
        if (r < 0)
                return r;
        if (call->options.json)
                pg_json_print(status_json(call, view));
        else if (view->state == PG_STATE_OFF)
                puts(view->fault ? view->fault : PG_OFF_TEXT);
        else
                print_status(view);
        return PG_STATUS_DONE;
}

const struct pg_command pg_command_status = {
        .name = "status",
        .group = PG_COMMAND_LOOKS,
        .arguments = "",
        .summary = "show what is enforced, with the connections that each service got",
        .description =
                "Asks the kernel what is enforced: roles, open ports with the connections that each "
                "service got since, and how much was refused; of a trial, the seconds that are left "
                "and what comes after.",
        .examples = "portguard status\n"
                    "portguard status --json | jq '.services[] | select(.packets == 0) | .name'",
        .statuses = PG_STATUS_BIT(PG_STATUS_NO_PERMISSION),
        .run = status,
};
