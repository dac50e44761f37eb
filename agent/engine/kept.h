/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy that is enforced, as it was found last. */
#ifndef PG_ENGINE_KEPT_H
#define PG_ENGINE_KEPT_H

#include <stdint.h>

#include "kernel/nft/nft.h"
#include "policy/policy.h"
#include "portguard/portguard.h"

/* For who only looks: the policy in force, which the caller frees, and its generation, when nobody
 * committed anything since pg_kept_note(), and no run was interrupted. NULL otherwise: the kernel has
 * to be asked. */
struct pg_policy *pg_kept_policy(const struct pg_settings *settings, struct pg_nft *nft,
                                 uint32_t *ret_generation);

/* Notes that the table was read at that generation id, with no trial open, and holds exactly the policy
 * of the generation. One with large groups is not noted. */
void pg_kept_note(const struct pg_settings *settings, const struct pg_nft *nft, uint32_t generation_id,
                  uint32_t generation, const struct pg_policy *policy);

#endif
