/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Apply over ssh, by hand: the question whether to try it first. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/public.h"
#include "cli/call.h"
#include "cli/diagnostics.h"
#include "cli/interactive/internal.h"
#include "cli/text/text.h"

bool pg_trial_prompt_is_due(const struct pg_call *call)
{
        const struct pg_options *options = &call->options;

        return !options->json && !options->dry_run && !options->yes && options->trial_ms == 0 &&
               isatty(STDIN_FILENO) && isatty(STDERR_FILENO) && pg_caller_is_remote();
}

static enum pg_answer ask(void)
{
        struct pg_typed typed = {.n = 0};
        char line[PG_TYPED_MAX];

        for (;;) {
                enum pg_typed_event event;

                fputs("You are connected over ssh. Try it for 2 minutes first, and keep it only if you "
                      "confirm? [Y/n/q] ",
                      stderr);
                do {
                        event = pg_typed_wait(&typed, -1, -1, line);
                } while (event == PG_TYPED_NOTHING);
                if (event == PG_TYPED_END) {
                        fputc('\n', stderr);
                        return PG_ANSWER_QUIT;
                }
                if (*line == '\0' || strcmp(line, "y") == 0 || strcmp(line, "yes") == 0)
                        return PG_ANSWER_TRIAL;
                if (strcmp(line, "n") == 0 || strcmp(line, "no") == 0)
                        return PG_ANSWER_NOW;
                if (strcmp(line, "q") == 0 || strcmp(line, "quit") == 0)
                        return PG_ANSWER_QUIT;
                fputs("y: try it first; n: apply it for good, now; q: change nothing.\n", stderr);
        }
}

int pg_trial_prompt_ask(struct pg_call *call, const struct pg_request *request,
                        struct pg_outcome **ret_plan, enum pg_answer *ret)
{
        _cleanup_(pg_outcome_freep) struct pg_outcome *outcome = NULL;
        int r;

        r = pg_plan(&call->options.settings, request, 0, &outcome, call->diagnostics, &call->error);
        pg_report_diagnostics(call->diagnostics, PG_NOTES_COUNT);
        if (r < 0)
                return r;
        /* While a trial is open, apply says that it has to wait. */
        if (!outcome->changed || outcome->state == PG_STATE_TRIAL) {
                *ret = PG_ANSWER_NONE;
        } else {
                pg_outcome_print(outcome, PG_TENSE_OFFER);
                pg_call_flush(call);
                *ret = ask();
        }
        *ret_plan = PG_TAKE(outcome);
        return 0;
}
