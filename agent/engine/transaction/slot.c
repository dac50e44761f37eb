/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The three steps of a slot change. */
#include <errno.h>
#include <linux/netfilter.h>
#include <string.h>

#include "engine/transaction/internal.h"

/* The largest batch of the preparation: bounds memory, and the time for which the kernel's lock is
 * held. A million prefixes take a twentieth less time than in batches of 8 MiB: what a batch adds is
 * still in the processor's cache when it is committed. */
#define BATCH_MAX (256 * 1024)
#define BYTES_PER_RANGE 40
#define RANGES_MIN 64

/* The sets of no slot stay from one generation to the next. */
static bool is_missing_set(const struct pg_ruleset *actual, const struct pg_target *target,
                           const struct pg_set *set)
{
        return pg_slot_of_name(set->name) == target->slot || !pg_ruleset_set(actual, set->name);
}

static void add_definitions(struct pg_batch *batch, const struct pg_ruleset *actual,
                            const struct pg_target *target)
{
        const struct pg_ruleset *wanted = target->wanted;

        for (size_t i = 0; i < wanted->n_chains; i++)
                if (!wanted->chains[i].is_base)
                        pg_batch_add_chain(batch, &wanted->chains[i]);
        for (size_t i = 0; i < wanted->n_sets; i++)
                if (is_missing_set(actual, target, &wanted->sets[i])) {
                        pg_batch_add_set(batch, &wanted->sets[i]);
                        pg_batch_add_elements(batch, &wanted->sets[i]);
                }
        for (size_t i = 0; i < wanted->n_chains; i++)
                for (size_t j = 0; !wanted->chains[i].is_base && j < wanted->chains[i].n_rules; j++)
                        pg_batch_add_rule(batch, &wanted->chains[i], &wanted->chains[i].rules[j],
                                          false);
}

/* How many more ranges the batch may take. */
static size_t room_for_ranges(struct pg_nft *nft, const struct pg_batch *batch)
{
        size_t max = pg_nft_batch_max(nft) < BATCH_MAX ? pg_nft_batch_max(nft) : BATCH_MAX;
        size_t used =
                pg_batch_size(batch) + max / 20; /* headers of messages are far below a twentieth */

        return max > used ? (max - used) / BYTES_PER_RANGE : 0;
}

int pg_slot_add_addresses(struct pg_nft *nft, struct pg_batch *batch, const struct pg_set *set,
                          uint32_t *genid, struct pg_error *error)
{
        bool at_once = !genid;
        size_t n = set->addresses.n_v4 + set->addresses.n_v6;
        size_t done = 0;

        while (done < n) {
                size_t room = at_once ? n : room_for_ranges(nft, batch);

                if (!at_once && room < RANGES_MIN) {
                        int r = pg_batch_commit(batch, PG_COMMIT, *genid, error);

                        if (r < 0)
                                return r;
                        *genid = 0;
                        room = room_for_ranges(nft, batch);
                }
                if (room == 0)
                        return pg_error_set(
                                error, PG_STATUS_FAILED, -EMSGSIZE,
                                "the netlink send buffer is too small: raise net.core.wmem_max");
                room = n - done < room ? n - done : room;
                pg_batch_add_ranges(batch, set, done, done + room);
                done += room;
        }
        return 0;
}

/* A hook that shall let everything pass must do so before its rule goes; until then the slot's chain
 * decides about every packet, whatever the policy is. */
static void relax_policies(struct pg_batch *batch, const struct pg_ruleset *actual,
                           const struct pg_target *target)
{
        for (size_t i = 0; i < target->wanted->n_chains; i++) {
                const struct pg_chain *wanted = &target->wanted->chains[i];
                const struct pg_chain *found = pg_ruleset_chain(actual, wanted->name);

                if (wanted->is_base && wanted->policy == NF_ACCEPT && found && found->policy == NF_DROP)
                        pg_batch_set_policy(batch, wanted->name, NF_ACCEPT);
        }
}

/* Builds the whole generation in the free slot, where nothing refers to it: that is why it may go in
 * several batches. The first of them carries the generation id, which is 0 from then on: what somebody
 * changes later is noticed when the slot is read back. What is left in `batch` is for the caller to
 * commit. Without a generation id everything goes into the one batch (the dry run). */
int pg_slot_prepare(struct pg_nft *nft, struct pg_batch *batch, const struct pg_ruleset *actual,
                    const struct pg_target *target, uint32_t *genid, struct pg_error *error)
{
        int r = 0;

        add_definitions(batch, actual, target);
        relax_policies(batch, actual, target);
        for (size_t i = 0; r >= 0 && i < target->wanted->n_sets; i++)
                r = pg_slot_add_addresses(nft, batch, &target->wanted->sets[i], genid, error);
        return r;
}

/* NULL also where a dry run deletes what is in its way. */
static const struct pg_chain *find_hook(const struct pg_ruleset *actual, const struct pg_chain *wanted)
{
        const struct pg_chain *found = pg_ruleset_chain(actual, wanted->name);

        return found && pg_chain_is_misplaced(found) ? NULL : found;
}

/* A new hook lets everything pass, and drops by its policy only once it is retired: it is called before
 * the batch that makes it is in force, and a packet that found it without rules asks for the policy at
 * its end, whatever is in force by then. */
static void add_hook(struct pg_batch *batch, const struct pg_ruleset *actual,
                     const struct pg_chain *wanted)
{
        struct pg_chain hook = *wanted;

        hook.policy = NF_ACCEPT;
        if (!find_hook(actual, wanted))
                pg_batch_add_chain(batch, &hook);
}

/* I1: the kernel switches all hooks to the new chains with one step of its generation cursor. The new
 * rule goes before the old, which it keeps from being reached and which is deleted only with the old
 * slot: a commit that deletes something makes the closing of the socket wait for an RCU grace period,
 * and two such commits for two. */
void pg_slot_flip(struct pg_batch *batch, const struct pg_ruleset *actual,
                  const struct pg_target *target, bool is_tidied)
{
        for (size_t i = 0; i < target->wanted->n_chains; i++) {
                const struct pg_chain *wanted = &target->wanted->chains[i];
                const struct pg_chain *found = find_hook(actual, wanted);

                if (!wanted->is_base)
                        continue;
                add_hook(batch, actual, wanted);
                for (size_t j = 0; j < wanted->n_rules; j++)
                        pg_batch_add_rule(batch, wanted, &wanted->rules[j], true);
                /* A hook that lets everything pass has no rule to put before the old. */
                for (size_t j = 0; wanted->n_rules == 0 && found && j < found->n_rules; j++)
                        if (!is_tidied || !pg_leftovers_have_rule(found, j, target->live))
                                pg_batch_delete_rule(batch, wanted->name, found->rules[j].handle);
        }
}

static int add_trial_rule(struct pg_batch *batch, const struct pg_chain *wanted, struct pg_rule *rule)
{
        const char *chain = wanted->n_rules > 0 ? wanted->rules[0].exprs[0].verdict.chain : NULL;
        int r = pg_trial_rule_make(rule, PG_TRIAL_NAME, chain);

        if (r >= 0)
                pg_batch_add_rule(batch, wanted, rule, true);
        return r;
}

/* A hook that is new lets everything pass, as it did before, once the trial is over; where the wanted
 * hook lets everything pass, so does its rule while the trial lasts. */
int pg_slot_try(struct pg_batch *batch, const struct pg_ruleset *actual, const struct pg_target *target,
                const struct pg_set *trial)
{
        int r = 0;

        pg_batch_add_set(batch, trial);
        pg_batch_add_elements(batch, trial);
        for (size_t i = 0; r >= 0 && i < target->wanted->n_chains; i++) {
                const struct pg_chain *wanted = &target->wanted->chains[i];
                _cleanup_(pg_rule_done) struct pg_rule rule = {0};

                if (!wanted->is_base)
                        continue;
                add_hook(batch, actual, wanted);
                r = add_trial_rule(batch, wanted, &rule);
        }
        return r;
}

bool pg_hooks_have_policies(const struct pg_ruleset *actual, const struct pg_target *target)
{
        for (size_t i = 0; i < target->wanted->n_chains; i++) {
                const struct pg_chain *wanted = &target->wanted->chains[i];
                const struct pg_chain *found = pg_ruleset_chain(actual, wanted->name);

                if (wanted->is_base && found && found->policy != wanted->policy)
                        return false;
        }
        return true;
}

void pg_slot_retire(struct pg_batch *batch, const struct pg_ruleset *actual,
                    const struct pg_target *target)
{
        for (size_t i = 0; i < target->wanted->n_chains; i++) {
                const struct pg_chain *wanted = &target->wanted->chains[i];
                const struct pg_chain *found = pg_ruleset_chain(actual, wanted->name);

                if (wanted->is_base && found && found->policy != wanted->policy)
                        pg_batch_set_policy(batch, wanted->name, wanted->policy);
        }
        pg_leftovers_delete(batch, actual, target->slot);
}
