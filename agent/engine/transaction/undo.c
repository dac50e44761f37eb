/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ways back: to the old slot, and to no table at all. */
#include <linux/netfilter.h>
#include <stdlib.h>

#include "engine/transaction/internal.h"

int pg_remove_table(struct pg_nft *nft, const struct pg_ruleset *ruleset, struct pg_error *error)
{
        _cleanup_(pg_batch_freep) struct pg_batch *batch = NULL;
        int r = pg_batch_new(nft, &batch, error);

        if (r < 0)
                return r;
        for (size_t i = 0; i < ruleset->n_chains; i++)
                if (ruleset->chains[i].is_base && ruleset->chains[i].policy != NF_ACCEPT)
                        pg_batch_set_policy(batch, ruleset->chains[i].name, NF_ACCEPT);
        r = pg_batch_commit(batch, PG_COMMIT, 0, error);
        for (size_t i = 0; r >= 0 && i < ruleset->n_chains; i++)
                if (ruleset->chains[i].is_base && ruleset->chains[i].n_rules > 0)
                        pg_batch_delete_rule(batch, ruleset->chains[i].name, 0);
        if (r >= 0)
                r = pg_batch_commit(batch, PG_COMMIT, 0, error);
        if (r >= 0) {
                pg_leftovers_await(ruleset);
                pg_batch_delete_table(batch);
                r = pg_batch_commit(batch, PG_COMMIT, 0, error);
        }
        return r;
}

static bool was_there(const struct pg_snapshot *before, const struct pg_target *target,
                      const char *hook)
{
        return target->live != 0 && pg_ruleset_chain(before->ruleset, hook);
}

/* The hook as it was before the flip, from memory: nothing can be read when reading is what failed. */
static void restore_hook(struct pg_batch *batch, const struct pg_snapshot *before,
                         const struct pg_target *target, const char *hook)
{
        const struct pg_chain *found = pg_ruleset_chain(before->ruleset, hook);

        pg_batch_delete_rule(batch, hook, 0);
        if (!was_there(before, target, hook)) {
                pg_batch_delete_chain(batch, hook);
                return;
        }
        for (size_t i = 0; i < found->n_rules; i++)
                if (!pg_rule_is_jump(&found->rules[i], target->slot))
                        pg_batch_add_rule(batch, found, &found->rules[i], false);
}

/* The preparation opened the hooks that the new policy does not close. */
static void restore_policies(struct pg_batch *batch, const struct pg_ruleset *ruleset, char live)
{
        for (size_t i = 0; live != 0 && i < ruleset->n_chains; i++) {
                const struct pg_chain *hook = &ruleset->chains[i];

                if (!hook->is_base || hook->policy == NF_DROP)
                        continue;
                for (size_t j = 0; j < hook->n_rules; j++)
                        if (pg_rule_is_jump(&hook->rules[j], live))
                                pg_batch_set_policy(batch, hook->name, NF_DROP);
        }
}

static void restore_hooks(struct pg_batch *batch, const struct pg_snapshot *before,
                          const struct pg_target *target)
{
        const struct pg_ruleset *wanted = target->wanted;
        struct pg_error ignored;

        /* A hook that was not there lets everything pass before it goes. */
        for (size_t i = 0; i < wanted->n_chains; i++)
                if (wanted->chains[i].is_base &&
                    !pg_ruleset_chain(before->ruleset, wanted->chains[i].name))
                        pg_batch_set_policy(batch, wanted->chains[i].name, NF_ACCEPT);
        pg_batch_commit(batch, PG_COMMIT, 0, &ignored);
        for (size_t i = 0; i < wanted->n_chains; i++)
                if (wanted->chains[i].is_base)
                        restore_hook(batch, before, target, wanted->chains[i].name);
        pg_batch_commit(batch, PG_COMMIT, 0, &ignored);
        restore_policies(batch, before->ruleset, target->live);
        if (pg_batch_is_empty(batch))
                return;
        /* A packet that found no rules asks for the policy at its end. */
        pg_leftovers_await(before->ruleset);
        pg_batch_commit(batch, PG_COMMIT, 0, &ignored);
}

/* What was prepared goes; of a first apply, the table. */
static void clear_target(struct pg_batch *batch, const struct pg_snapshot *snapshot,
                         const struct pg_target *target)
{
        struct pg_error ignored;

        pg_leftovers_await(snapshot->ruleset);
        if (target->live == 0 && !pg_ruleset_chain(snapshot->ruleset, "input"))
                pg_batch_delete_table(batch);
        else
                pg_leftovers_delete(batch, snapshot->ruleset, target->live);
        restore_policies(batch, snapshot->ruleset, target->live);
        pg_batch_commit(batch, PG_COMMIT, snapshot->genid, &ignored);
}

void pg_undo(struct pg_nft *nft, struct pg_batch *batch, const struct pg_snapshot *before, bool flipped,
             const struct pg_target *target)
{
        _cleanup_(pg_snapshot_done) struct pg_snapshot snapshot = {0};
        struct pg_error ignored;

        if (flipped)
                restore_hooks(batch, before, target);
        if (pg_nft_read(nft, PG_READ_STRUCTURE, &snapshot, &ignored) >= 0 && snapshot.exists)
                clear_target(batch, &snapshot, target);
}

void pg_undo_confirm(struct pg_batch *batch, const struct pg_snapshot *before,
                     const struct pg_target *target)
{
        struct pg_error ignored;

        for (size_t i = 0; i < target->wanted->n_chains; i++) {
                const struct pg_chain *wanted = &target->wanted->chains[i];
                const struct pg_chain *found =
                        wanted->is_base ? pg_ruleset_chain(before->ruleset, wanted->name) : NULL;

                if (!found)
                        continue;
                pg_batch_delete_rule(batch, found->name, 0);
                for (size_t j = 0; j < found->n_rules; j++)
                        pg_batch_add_rule(batch, found, &found->rules[j], false);
        }
        pg_batch_commit(batch, PG_COMMIT, 0, &ignored);
}
