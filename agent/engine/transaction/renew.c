/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Confirming and extending need more time: the trial's set is renewed. */
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/transaction/transaction.h"

/* Calls for each rule of a hook that asks the set, until one fails. */
static int for_each_rule(struct pg_batch *batch, const struct pg_ruleset *ruleset, const char *set,
                         int (*act)(struct pg_batch *batch, const struct pg_chain *hook,
                                    const struct pg_rule *rule))
{
        int r = 0;

        for (size_t i = 0; i < ruleset->n_chains; i++) {
                const struct pg_chain *hook = &ruleset->chains[i];

                for (size_t j = 0; r >= 0 && hook->is_base && j < hook->n_rules; j++) {
                        const char *asked = pg_trial_rule_set(&hook->rules[j]);

                        if (asked && strcmp(asked, set) == 0)
                                r = act(batch, hook, &hook->rules[j]);
                }
        }
        return r;
}

static const char *other_set(const char *set)
{
        return strcmp(set, PG_TRIAL_NAME) == 0 ? PG_TRIAL_NAME_2 : PG_TRIAL_NAME;
}

static int delete_rule(struct pg_batch *batch, const struct pg_chain *hook, const struct pg_rule *rule)
{
        pg_batch_delete_rule(batch, hook->name, rule->handle);
        return 0;
}

/* The same rule in front, which asks the other set. */
static int double_rule(struct pg_batch *batch, const struct pg_chain *hook, const struct pg_rule *rule)
{
        const struct pg_verdict *verdict = &rule->exprs[rule->n_exprs - 1].verdict;
        _cleanup_(pg_rule_done) struct pg_rule twin = {0};
        int r = pg_trial_rule_make(&twin, other_set(pg_trial_rule_set(rule)),
                                   verdict->code == NFT_GOTO ? verdict->chain : NULL);

        if (r >= 0)
                pg_batch_add_rule(batch, hook, &twin, true);
        return r;
}

static void delete_set(struct pg_batch *batch, const struct pg_ruleset *ruleset, const char *set)
{
        for_each_rule(batch, ruleset, set, delete_rule);
        if (pg_ruleset_set(ruleset, set))
                pg_batch_delete_set(batch, set);
}

/* The new set and its rules in front, if the witness of the old is still there. */
static int add_second(struct pg_batch *batch, const struct pg_snapshot *snapshot,
                      const struct pg_trial *trial, uint64_t timeout_ms, struct pg_error *error)
{
        struct pg_element_change witness = {.set = pg_ruleset_set(snapshot->ruleset, trial->set)};
        _cleanup_(pg_trial_set_done) struct pg_set set = {0};
        int r;

        if (pg_trial_set_make(other_set(trial->set), timeout_ms, &set) < 0)
                return pg_error_memory(error);
        witness.element = pg_trial_witness(&set);
        pg_batch_change_elements(batch, &witness, 1, false);
        pg_batch_add_set(batch, &set);
        pg_batch_add_elements(batch, &set);
        r = for_each_rule(batch, snapshot->ruleset, trial->set, double_rule);
        r = r < 0 ? pg_error_memory(error) : pg_batch_commit(batch, PG_COMMIT, snapshot->genid, error);
        if (r == -ENOENT)
                return pg_error_set(error, PG_STATUS_REFUSED, -ENOENT,
                                    "the trial has expired: the kernel took it back");
        return r == -ENOMSG ? 0 : r;
}

int pg_trial_renew(struct pg_nft *nft, const struct pg_snapshot *snapshot, uint64_t timeout_ms,
                   struct pg_error *error)
{
        _cleanup_(pg_batch_freep) struct pg_batch *batch = NULL;
        const struct pg_trial trial = pg_trial_find(snapshot->ruleset);
        struct pg_error ignored;
        int r = pg_batch_new(nft, &batch, error);

        if (r < 0)
                return r;
        if (!trial.set)
                return pg_error_set(error, PG_STATUS_REFUSED, -ENOENT,
                                    "the trial has expired: the kernel took it back");
        /* Whether it expires meanwhile, the kernel could not say. */
        if (trial.lacks_witness)
                return pg_error_set(error, PG_STATUS_REFUSED, -EBADE,
                                    "somebody changed the trial's set, whose element 1 (of no packet's "
                                    "family) is to end with the trial: it is neither confirmed nor "
                                    "extended, and goes on; portguard rollback takes it back, then "
                                    "apply it again");
        /* What an interrupted run of this left behind the set that is asked first. */
        delete_set(batch, snapshot->ruleset, other_set(trial.set));
        if (!pg_batch_is_empty(batch)) {
                r = pg_batch_commit(batch, PG_COMMIT, snapshot->genid, error);
                return r < 0 ? r : -ERESTART;
        }
        r = add_second(batch, snapshot, &trial, timeout_ms, error);
        if (r < 0)
                return r;
        /* Nothing asks the old set any more; where it cannot be deleted, the end of the trial does. */
        delete_set(batch, snapshot->ruleset, trial.set);
        pg_batch_commit(batch, PG_COMMIT, 0, &ignored);
        return 0;
}
