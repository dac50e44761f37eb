/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From nftables objects back to a policy. */
#ifndef PG_RULESET_DECOMPILE_H
#define PG_RULESET_DECOMPILE_H

#include <stdbool.h>

#include "policy/policy.h"
#include "ruleset/model/model.h"

/* The reverse: the policy that a table enforces, from the slot that its hooks go to. Services have
 * names only; places are unknown. Ports without a comment, which portguard never makes, belong to the
 * service "unknown"; with `ours_only` they are left out. */
int pg_ruleset_to_policy(const struct pg_ruleset *ruleset, char slot, bool ours_only,
                         struct pg_policy **ret, struct pg_error *error);

#endif
