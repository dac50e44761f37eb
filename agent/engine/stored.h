/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the history has of a generation that the kernel enforces. */
#ifndef PG_ENGINE_STORED_H
#define PG_ENGINE_STORED_H

#include "policy/policy.h"
#include "portguard/portguard.h"
#include "ruleset/record.h"

/* Its policy, which the caller frees; NULL unless the generation has the digest of the kernel's record.
 */
struct pg_policy *pg_stored_policy(const struct pg_settings *settings,
                                   const struct pg_record *enforced);

/* Gives a policy that was read back from the kernel, which has addresses only, what the scopes of that
 * generation were written as; nothing where the history does not have it. */
void pg_stored_origins(const struct pg_settings *settings, const struct pg_record *enforced,
                       struct pg_policy *policy);

#endif
