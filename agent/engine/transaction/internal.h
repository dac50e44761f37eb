/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of engine/transaction/ share. */
#ifndef PG_ENGINE_TRANSACTION_INTERNAL_H
#define PG_ENGINE_TRANSACTION_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/transaction/transaction.h"

/* The two of them where only addresses differ. */
int pg_change_addresses(struct pg_convergence *c);
int pg_check_addresses(struct pg_convergence *c);

/* The steps of every change. The kernel's answer to a commit may get lost though it
 * happened: reading back tells. */
int pg_step_commit(struct pg_convergence *c, uint32_t genid);
int pg_step_read_back(struct pg_convergence *c, enum pg_read what, enum pg_stage stage);
/* What the history says of a generation once it is in force. */
int pg_step_record_event(struct pg_convergence *c);
/* The set that takes the new generation's record; NULL where the enforced one says it already. */
const struct pg_set *pg_step_record_set(const struct pg_target *target);

/* I4: reads the table back and compares it with the target, its record included where elements are
 * read. *ret_snapshot is what was read. -EBADE, with the first difference in the error, when it is not
 * equal. */
int pg_target_read_back(struct pg_nft *nft, const struct pg_target *target, enum pg_read what,
                        enum pg_stage stage, struct pg_snapshot *ret_snapshot, struct pg_error *error);

/* Whether a hook has rules beside the one that leads to the slot: they come before its policy does. */
bool pg_leftovers_in_hooks(const struct pg_ruleset *actual, char keep_slot);

/* Deletes all of them, whatever refers to what among them. */
void pg_leftovers_delete(struct pg_batch *batch, const struct pg_ruleset *actual, char keep_slot);

/* Whether that deletes the rule of that number, from 0, of an input or output hook. */
bool pg_leftovers_have_rule(const struct pg_chain *hook, size_t number, char keep_slot);

/* The three steps of a slot change, each appending to a batch. */
int pg_slot_prepare(struct pg_nft *nft, struct pg_batch *batch, const struct pg_ruleset *actual,
                    const struct pg_target *target, uint32_t *genid, struct pg_error *error);
/* The addresses of a set that nothing looks into, in several batches as pg_slot_prepare(), or without a
 * generation id in one; the last of them is for the caller to commit. */
int pg_slot_add_addresses(struct pg_nft *nft, struct pg_batch *batch, const struct pg_set *set,
                          uint32_t *genid, struct pg_error *error);
/* `is_tidied`: the batch deletes the leftovers beside the live slot already, and the kernel refuses to
 * delete a rule twice. */
void pg_slot_flip(struct pg_batch *batch, const struct pg_ruleset *actual,
                  const struct pg_target *target, bool is_tidied);
/* In place of the flip: adds the trial's set, and the hooks go to the slot while its elements live. The
 * set must live until the commit. 0 or -ENOMEM. */
int pg_slot_try(struct pg_batch *batch, const struct pg_ruleset *actual, const struct pg_target *target,
                const struct pg_set *trial);
void pg_slot_retire(struct pg_batch *batch, const struct pg_ruleset *actual,
                    const struct pg_target *target);

/* After a failed slot change, the old policy in force and nothing of the new left; best effort,
 * as something fails already: what stays is found by the next run. `before` is the table as it was read
 * before the flip, `flipped` whether the flip may have happened. */
void pg_undo(struct pg_nft *nft, struct pg_batch *batch, const struct pg_snapshot *before, bool flipped,
             const struct pg_target *target);

/* After a failed confirmation, the hooks as they were on trial: the kernel takes that back by itself.
 */
void pg_undo_confirm(struct pg_batch *batch, const struct pg_snapshot *before,
                     const struct pg_target *target);

#endif
