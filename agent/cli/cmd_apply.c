/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portguard apply: make the kernel enforce the roles, or ask it whether it would. */
#include "base/cleanup.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/outcome.h"
#include "cli/report.h"

PG_DEFINE_CLEANUP(struct pg_outcome, pg_outcome_free)

static const struct pg_option rows[] = {
        {"dry-run", 'n', PG_OPTION_FLAG, NULL,
         "let the kernel check the real change, and change nothing",
         offsetof(struct pg_options, dry_run), NULL},
        {"message", 'm', PG_OPTION_TEXT, "TEXT", "why, for those who come later",
         offsetof(struct pg_options, message), NULL},
};

static const struct pg_option_group options = {"Options", rows, PG_ELEMENTSOF(rows)};

static int apply(struct pg_call *call)
{
        _cleanup_(pg_outcome_freep) struct pg_outcome *outcome = NULL;
        const struct pg_request request = pg_call_request(call, &call->options.arguments);
        bool dry_run = call->options.dry_run;
        int r;

        r = pg_apply(&call->options.settings, &request, dry_run, &outcome, call->diagnostics,
                     &call->error);
        pg_report_diagnostics(call->diagnostics, PG_NOTES_COUNT);
        if (r < 0)
                return r;
        call->changed = outcome->changed && !dry_run;
        if (call->options.json) {
                json_t *object = pg_outcome_json(outcome, call->diagnostics);

                pg_json_put(object, "dry_run", json_boolean(dry_run));
                pg_json_print(object);
        } else {
                pg_outcome_print(outcome, dry_run ? PG_TENSE_DRY_RUN : PG_TENSE_DONE);
        }
        pg_call_flush(call);
        return PG_STATUS_DONE;
}

const struct pg_command pg_command_apply = {
        .name = "apply",
        .arguments = "[PROFILE]...",
        .arguments_max = SIZE_MAX,
        .summary = "enforce what these roles need, and refuse the rest",
        .description =
                "Makes this host's packet filter exactly what the profiles need: whole or not at all, "
                "and no packet is judged by half of it.\n"
                "Without PROFILE, the profiles of the site file are applied. What is enforced already "
                "is not written again. Tables of other programs are never touched.",
        .examples = "portguard apply --dry-run k8s-worker\n"
                    "portguard apply k8s-worker --group cluster=192.0.2.0/24 -m 'joins the cluster'",
        .statuses = PG_STATUS_BIT(PG_STATUS_INVALID) | PG_STATUS_BIT(PG_STATUS_REFUSED) |
                    PG_STATUS_BIT(PG_STATUS_NO_PERMISSION),
        .groups = {&options, &pg_request_options},
        .run = apply,
};
