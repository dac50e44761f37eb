/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes on while somebody looks: the question of an apply over ssh, the countdown of a trial,
 * `status --watch`. */
#ifndef PG_CLI_INTERACTIVE_INTERACTIVE_H
#define PG_CLI_INTERACTIVE_INTERACTIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/command.h"

/* Parses "2" or "0.5": seconds, from a tenth to an hour. Returns NULL and milliseconds, or what is
 * wrong with it and how to repair it (static). */
const char *pg_watch_interval_parse(const char *text, unsigned *ret_ms);

/* Shows it, with at most so many of those who were refused (0: as many as there is room for), until a
 * signal ends it or nobody reads it any more. Returns as a command does. */
int pg_status_watch(struct pg_call *call, unsigned interval_ms, size_t refused_max);

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
 * diagnostics; the caller frees *ret_plan, which is what was shown. Returns 0, or a negative errno
 * value with call->error filled in. */
int pg_trial_prompt_ask(struct pg_call *call, const struct pg_request *request,
                        struct pg_outcome **ret_plan, enum pg_answer *ret);

/* Waits for yes or no, counting down, and does what is answered; or for another session to decide, or
 * for the kernel. The end of the session leaves the trial to the kernel. Returns an exit status,
 * PG_STATUS_REFUSED where the generation is not kept; or a negative errno value with call->error filled
 * in. */
int pg_trial_watch(struct pg_call *call, const struct pg_outcome *outcome);

#endif
