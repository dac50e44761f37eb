/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two policies: what the one lets in that the other does not. */
#ifndef PG_POLICY_DIFF_DIFF_H
#define PG_POLICY_DIFF_DIFF_H

#include "policy/policy.h"
#include "portguard/change.h"
#include "portguard/extent.h"

/* Compares what is reachable, not what is written: ports and addresses, whatever they are called.
 * `before` may be NULL: nothing was enforced. The caller frees *ret with pg_changes_free(). */
int pg_policy_compare(const struct pg_policy *before, const struct pg_policy *after,
                      struct pg_changes **ret, struct pg_error *error);

/* The same of what opens and widens only. */
int pg_policy_gains(const struct pg_policy *before, const struct pg_policy *after,
                    struct pg_changes **ret, struct pg_error *error);

/* How much of the packets of one source another lets in. */
enum pg_extent pg_source_extent(const struct pg_source *of, const struct pg_source *by);

#endif
