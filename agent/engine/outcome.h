/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a change did, for the caller to tell. */
#ifndef PG_ENGINE_OUTCOME_H
#define PG_ENGINE_OUTCOME_H

#include <stddef.h>

#include "kernel/nft/nft.h"
#include "policy/policy.h"
#include "portguard/portguard.h"

struct pg_outcome *pg_outcome_new(void);

/* The outcome keeps the socket until it is freed, so that the caller can say "done" before the wait
 * that closing it may take. */
void pg_outcome_keep(struct pg_outcome *outcome, struct pg_nft *nft);

int pg_outcome_repaired(struct pg_outcome *outcome, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* For another try, which plans anew: forgets what was described, and all but the first repairs. */
void pg_outcome_restart(struct pg_outcome *outcome, size_t n_repaired);

/* The names, changes and closed services of a policy against what was enforced (NULL: nothing). */
int pg_outcome_describe(struct pg_outcome *outcome, const struct pg_policy *before,
                        const struct pg_policy *after, struct pg_error *error);

int pg_copy_closed(const struct pg_policy *policy, struct pg_closed_service **ret, size_t *ret_n);

void pg_left_out_done(struct pg_left_out *left_out);

void pg_closed_free(struct pg_closed_service *closed, size_t n);

#endif
