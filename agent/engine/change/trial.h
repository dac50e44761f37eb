/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is done with an open trial. */
#ifndef PG_ENGINE_TRIAL_H
#define PG_ENGINE_TRIAL_H

#include "engine/context.h"

/* Lets the trial last that long from now on, by a second set in front of the first, see
 * ruleset/trial.h; fails with -ENOENT and says so when it has expired. -ERESTART: somebody committed
 * since the snapshot, or what an interrupted run left was removed: read again. */
int pg_trial_renew(struct pg_nft *nft, const struct pg_snapshot *snapshot, uint64_t timeout_ms,
                   struct pg_error *error);

/* Fills in what an outcome tells of an open trial. 0 or -ENOMEM. */
int pg_outcome_trial(struct pg_outcome *outcome, const struct pg_standing *standing);

/* Ends the open trial now, and says so in the history and the outcome. *ret_ended is false, and nothing
 * is done, when none is open. */
int pg_trial_end(struct pg_context *context, struct pg_outcome *outcome, bool *ret_ended);

#endif
