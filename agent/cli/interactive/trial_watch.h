/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A trial that somebody sits in front of: the countdown, and the answer. */
#ifndef PG_CLI_TRIAL_WATCH_H
#define PG_CLI_TRIAL_WATCH_H

#include "cli/command.h"

/* Waits for yes or no, counting down, and does what is answered; or for another session to decide, or
 * for the kernel. The end of the session leaves the trial to the kernel. Returns an exit status,
 * PG_STATUS_REFUSED where the generation is not kept; or a negative errno value with call->error filled
 * in. */
int pg_trial_watch(struct pg_call *call, const struct pg_outcome *outcome);

#endif
