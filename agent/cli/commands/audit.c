/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portguard audit: what listens, against the enforced policy. */
#include <stdio.h>

#include "base/public.h"
#include "cli/commands/commands.h"
#include "cli/diagnostics.h"
#include "cli/json/json.h"

static const struct pg_option rows[] = {
        {"all", 0, PG_OPTION_FLAG, NULL, "list everything that listens, also what is as it should be",
         offsetof(struct pg_options, all), NULL},
        {"exit-code", 0, PG_OPTION_FLAG, NULL, "end with status 10 when there are findings",
         offsetof(struct pg_options, exit_code), NULL},
};

static const struct pg_option_group options = {"Options", rows, PG_ELEMENTSOF(rows)};

static void print_json(const struct pg_call *call, const struct pg_audit *audit)
{
        json_t *object = pg_audit_json(audit);

        pg_json_put(object, "warnings", pg_json_diagnostics(call->diagnostics));
        pg_json_print(object);
}

static int audit(struct pg_call *call)
{
        _cleanup_(pg_audit_freep) struct pg_audit *audit = NULL;
        int r;

        r = pg_audit(&call->options.settings, &audit, call->diagnostics, &call->error);
        pg_report_diagnostics(call->diagnostics, PG_NOTES_ALL);
        if (r < 0)
                return r;
        if (call->options.json)
                print_json(call, audit);
        else
                pg_audit_print(audit, call->options.all);
        return call->options.exit_code && audit->n_findings > 0 ? PG_STATUS_CHANGES : PG_STATUS_DONE;
}

const struct pg_command pg_command_audit = {
        .name = "audit",
        .group = PG_COMMAND_LOOKS,
        .arguments = "",
        .summary = "compare what listens with what is open",
        .description =
                "Looks at every socket of this network namespace that listens, and at the processes that "
                "hold it, and tells what does not fit the enforced policy: what listens and nobody may "
                "reach (closed), or more may reach than the service's profile means (wider); what is open "
                "and nothing listens (unused), or only for this host (loopback only); and ports that NAT "
                "rules of Docker, kube-proxy and others send elsewhere before the policy is asked "
                "(published). Each with what would repair it. Changes nothing.",
        .examples =
                "portguard audit\n"
                "portguard audit --all\n"
                "portguard audit --json | jq -r '.findings[] | select(.kind == \"published\") | .ports'",
        .statuses = PG_STATUS_BIT(PG_STATUS_NO_PERMISSION) | PG_STATUS_BIT(PG_STATUS_CHANGES),
        .groups = {&options},
        .run = audit,
};
