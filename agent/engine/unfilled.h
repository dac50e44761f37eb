/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups that nobody filled in, and who is let in instead. */
#ifndef PG_ENGINE_UNFILLED_H
#define PG_ENGINE_UNFILLED_H

#include "policy/policy.h"
#include "portguard/portguard.h"

/* The groups of a policy with origins that nobody filled in, appended. 0 or -ENOMEM. */
int pg_unfilled_find(const struct pg_policy *policy, struct pg_unfilled **ret, size_t *ret_n);
void pg_unfilled_free(struct pg_unfilled *unfilled, size_t n);

#endif
