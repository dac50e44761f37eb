/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the history has of a generation that the kernel enforces. */
#ifndef PG_ENGINE_STORED_H
#define PG_ENGINE_STORED_H

#include "engine/table.h"
#include "policy/policy.h"
#include "portguard/portguard.h"
#include "ruleset/record.h"
#include "state/store/store.h"

/* Its policy, which the caller frees; NULL unless the generation has the digest of the kernel's record.
 */
struct pg_policy *pg_stored_policy(const struct pg_settings *settings,
                                   const struct pg_record *enforced);

/* Whether the history has the generation of the record, and as what is to be enforced for good; true
 * where it cannot be asked. */
bool pg_stored_is_intended(const struct pg_settings *settings, const struct pg_record *enforced);
/* The same of an open history. */
bool pg_store_intends(struct pg_store *store, uint32_t confirmed, const struct pg_record *enforced);

/* Whether an open history has the generation of the record, as whatever; or a negative errno value. */
int pg_store_has(struct pg_store *store, const struct pg_record *enforced, struct pg_error *error);

/* Whether the policy that the history has of that generation can be read back; true where it does not
 * have it, or where `settings` lead to no history. `store`: of an open one; or NULL. */
bool pg_stored_is_readable(const struct pg_settings *settings, struct pg_store *store,
                           const struct pg_record *enforced);

/* Writes down what the kernel enforces and the history does not have: `policy` as it was read back from
 * the table, under the number of its record, whose profiles' names it is given. What options it was
 * applied with is lost: pg_generation_is_read_back() tells. */
int pg_store_read_back(struct pg_store *store, const struct pg_record *record, uint32_t parent,
                       const struct pg_actor *actor, struct pg_policy *policy, struct pg_error *error);
bool pg_generation_is_read_back(const struct pg_generation *generation);

/* The policy of one of the table's slots, in *ret, which is NULL before; the caller frees it. What this
 * version made is read back from the table; of what another one made the history tells, where the slot
 * is what its record says. Else it is read back as far as it can be, and *ret_is_certain false. */
int pg_slot_policy(const struct pg_settings *settings, const struct pg_table *table, char slot,
                   const struct pg_record *record, struct pg_policy **ret, bool *ret_is_certain,
                   struct pg_error *error);

/* Gives a policy that was read back from the kernel, which has addresses only, what the scopes of that
 * generation were written as; nothing where the history does not have it. */
void pg_stored_origins(const struct pg_settings *settings, const struct pg_record *enforced,
                       struct pg_policy *policy);

#endif
