/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Apply over ssh, by hand: the question whether to try it first. */
#ifndef PG_CLI_TRIAL_PROMPT_H
#define PG_CLI_TRIAL_PROMPT_H

#include "cli/command.h"

#define PG_TRIAL_OFFERED_MS (120U * 1000)

enum pg_answer {
        PG_ANSWER_NONE,  /* nothing to ask about: nothing would change */
        PG_ANSWER_TRIAL, /* try it first */
        PG_ANSWER_NOW,
        PG_ANSWER_QUIT,
};

/* Whether somebody is there to be asked, connected over ssh, and said nothing on the command line that
 * answers the question. */
bool pg_trial_prompt_is_due(const struct pg_call *call);

/* Prints what would change, and asks. What the plan has to tell is printed, and stays in the call's
 * diagnostics. Returns 0, or a negative errno value with call->error filled in. */
int pg_trial_prompt_ask(struct pg_call *call, const struct pg_request *request, enum pg_answer *ret);

#endif
