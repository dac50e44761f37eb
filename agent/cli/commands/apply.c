/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portguard apply: make the kernel enforce the roles, or ask it whether it would. */
#include <errno.h>

#include "base/public.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/diagnostics.h"
#include "cli/interactive/interactive.h"
#include "cli/json/json.h"

/* Whoever was asked has seen what changes. */
static void print_outcome(const struct pg_call *call, const struct pg_outcome *outcome,
                          enum pg_answer answer)
{
        bool dry_run = call->options.dry_run;

        if (call->options.json) {
                json_t *object = pg_outcome_change_json(outcome, call->diagnostics);

                pg_json_put(object, "dry_run", json_boolean(dry_run));
                pg_json_print(object);
        } else if (answer != PG_ANSWER_NONE) {
                pg_outcome_print_summary(outcome, PG_TENSE_DONE);
        } else {
                pg_outcome_print(outcome, dry_run ? PG_TENSE_DRY_RUN : PG_TENSE_DONE);
        }
}

/* `plan`: what was shown; NULL: nothing was. `reported`: how many diagnostics have been printed by it.
 */
static int apply_as(struct pg_call *call, const struct pg_request *request,
                    const struct pg_outcome *plan, enum pg_answer answer, size_t reported)
{
        _cleanup_(pg_outcome_freep) struct pg_outcome *outcome = NULL;
        struct pg_change_options change = pg_call_change(call);
        int r;

        change.agreed = plan;
        if (answer == PG_ANSWER_TRIAL)
                change.trial_ms = PG_TRIAL_OFFERED_MS;
        r = pg_apply(&call->options.settings, request, &change, &outcome, call->diagnostics,
                     &call->error);
        if (reported > 0)
                pg_report_new_diagnostics(call->diagnostics, reported);
        else
                pg_report_diagnostics(call->diagnostics, PG_NOTES_COUNT);
        if (r < 0)
                return r;
        call->changed = outcome->changed && !change.dry_run;
        print_outcome(call, outcome, answer);
        pg_call_flush(call);
        if (answer == PG_ANSWER_TRIAL && outcome->state == PG_STATE_TRIAL)
                return pg_trial_watch(call, outcome);
        return PG_STATUS_DONE;
}

static int apply(struct pg_call *call)
{
        const struct pg_request request = pg_call_request(call, &call->options.arguments);
        _cleanup_(pg_outcome_freep) struct pg_outcome *plan = NULL;
        enum pg_answer answer = PG_ANSWER_NONE;
        int r;

        if (pg_trial_prompt_is_due(call)) {
                r = pg_trial_prompt_ask(call, &request, &plan, &answer);
                if (r < 0)
                        return r;
        }
        if (answer == PG_ANSWER_QUIT)
                return pg_error_set(&call->error, PG_STATUS_REFUSED, -ECANCELED,
                                    "you said so: nothing was changed");
        return apply_as(call, &request, plan, answer, pg_diagnostics_length(call->diagnostics));
}

const struct pg_command pg_command_apply = {
        .name = "apply",
        .group = PG_COMMAND_CHANGES,
        .arguments = "[PROFILE]...",
        .arguments_max = SIZE_MAX,
        .summary = "enforce what these roles need, and refuse the rest",
        .description =
                "Makes this host's packet filter exactly what the profiles need: whole or not at all, "
                "and no packet is judged by half of it.\n"
                "Without PROFILE, the profiles of the site file are applied. What is enforced already "
                "is not written again. Tables of other programs are never touched.\n"
                "Options of the apply before do not hold any more, unless --keep-options takes them over.\n"
                "With --trial the kernel goes back to what ruled before by itself, unless you confirm in "
                "time: nothing that happens to this program, your session or the host can stop it. "
                "Whoever applies by hand over ssh is asked whether to do so.",
        .examples = "portguard apply --dry-run k8s-worker\n"
                    "portguard apply k8s-worker --group cluster=192.0.2.0/24 -m 'joins the cluster'\n"
                    "portguard apply --keep-options k8s-worker https\n"
                    "portguard apply --trial 2m ssh --set ssh_from=internal",
        .statuses = PG_STATUS_BIT(PG_STATUS_INVALID) | PG_STATUS_BIT(PG_STATUS_REFUSED) |
                    PG_STATUS_BIT(PG_STATUS_NO_PERMISSION),
        .groups = {&pg_change_options, &pg_request_options, &pg_keep_options},
        .run = apply,
};
