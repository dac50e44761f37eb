/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an interrupted run, or somebody else, left in the table. */
#include <string.h>

#include "engine/transaction/internal.h"
#include "kernel/rcu.h"

/* What belongs to the live slot, or to none, stays. A chain that is in the way of a hook of ours does
 * not. */
static bool chain_stays(const struct pg_chain *chain, char keep_slot)
{
        char slot = pg_slot_of_name(chain->name);

        if (slot != 0)
                return slot == keep_slot;
        return (strcmp(chain->name, "input") == 0 || strcmp(chain->name, "output") == 0) &&
               !pg_chain_is_misplaced(chain);
}

const struct pg_chain *pg_leftovers_in_the_way(const struct pg_ruleset *actual)
{
        for (size_t i = 0; i < actual->n_chains; i++)
                if (pg_chain_is_misplaced(&actual->chains[i]))
                        return &actual->chains[i];
        return NULL;
}

/* Somebody's `{ 22, 80 }` goes with its rule: the kernel takes no request to delete it. */
static bool goes_with_rule(const struct pg_set *set)
{
        return set->flags & PG_SET_ANONYMOUS;
}

static bool set_stays(const struct pg_ruleset *actual, const struct pg_set *set, char keep_slot)
{
        static const char *const kept[] = {PG_REFUSED4_NAME, PG_REFUSED6_NAME, PG_REFUSED_OUT4_NAME,
                                           PG_REFUSED_OUT6_NAME};
        char slot = pg_slot_of_name(set->name);

        if (goes_with_rule(set))
                return true;
        if (slot != 0)
                return slot == keep_slot && !pg_replace_is_leftover(actual, set);
        for (size_t i = 0; i < PG_ELEMENTSOF(kept); i++)
                if (strcmp(set->name, kept[i]) == 0)
                        return true;
        return false;
}

/* Which of a hook's rules goes to the slot that stays; the number of rules when none does. */
static size_t find_jump(const struct pg_chain *hook, char keep_slot)
{
        for (size_t i = 0; i < hook->n_rules; i++)
                if (keep_slot != 0 && pg_rule_is_jump(&hook->rules[i], keep_slot))
                        return i;
        return hook->n_rules;
}

static bool hook_has_leftovers(const struct pg_chain *hook, char keep_slot)
{
        size_t jump = find_jump(hook, keep_slot);

        return hook->n_rules > (jump < hook->n_rules ? 1 : 0);
}

bool pg_leftovers_exist(const struct pg_ruleset *actual, char keep_slot)
{
        for (size_t i = 0; i < actual->n_chains; i++)
                if (!chain_stays(&actual->chains[i], keep_slot) ||
                    (actual->chains[i].is_base && hook_has_leftovers(&actual->chains[i], keep_slot)))
                        return true;
        for (size_t i = 0; i < actual->n_sets; i++)
                if (!set_stays(actual, &actual->sets[i], keep_slot))
                        return true;
        return false;
}

bool pg_leftovers_in_hooks(const struct pg_ruleset *actual, char keep_slot)
{
        for (size_t i = 0; i < actual->n_chains; i++) {
                const struct pg_chain *chain = &actual->chains[i];

                if (chain->is_base && chain_stays(chain, keep_slot) &&
                    hook_has_leftovers(chain, keep_slot))
                        return true;
        }
        return false;
}

/* Rules of a chain that goes, or of a hook that lead elsewhere than to the slot that stays. */
static void delete_rules(struct pg_batch *batch, const struct pg_chain *chain, bool goes,
                         char keep_slot)
{
        size_t jump = find_jump(chain, keep_slot);

        if (goes) {
                if (chain->n_rules > 0)
                        pg_batch_delete_rule(batch, chain->name, 0);
                return;
        }
        for (size_t i = 0; chain->is_base && i < chain->n_rules; i++)
                if (i != jump)
                        pg_batch_delete_rule(batch, chain->name, chain->rules[i].handle);
}

bool pg_leftovers_have_rule(const struct pg_chain *hook, size_t number, char keep_slot)
{
        return number != find_jump(hook, keep_slot);
}

void pg_leftovers_await(const struct pg_ruleset *actual)
{
        pg_rcu_synchronize(!pg_ruleset_chain(actual, "output"));
}

/* Rules first: they hold chains and sets. Then maps, whose elements hold chains; then the rest. */
void pg_leftovers_delete(struct pg_batch *batch, const struct pg_ruleset *actual, char keep_slot)
{
        for (size_t i = 0; i < actual->n_chains; i++)
                delete_rules(batch, &actual->chains[i], !chain_stays(&actual->chains[i], keep_slot),
                             keep_slot);
        for (size_t i = 0; i < actual->n_sets; i++)
                if (!set_stays(actual, &actual->sets[i], keep_slot))
                        pg_batch_delete_set(batch, actual->sets[i].name);
        for (size_t i = 0; i < actual->n_chains; i++)
                if (!chain_stays(&actual->chains[i], keep_slot))
                        pg_batch_delete_chain(batch, actual->chains[i].name);
}

bool pg_leftovers_have_slot(const struct pg_ruleset *actual, char slot)
{
        for (size_t i = 0; i < actual->n_chains; i++) {
                const struct pg_chain *chain = &actual->chains[i];

                if (pg_slot_of_name(chain->name) == slot)
                        return true;
                for (size_t j = 0; chain->is_base && j < chain->n_rules; j++)
                        if (pg_rule_slot(&chain->rules[j]) == slot)
                                return true;
        }
        for (size_t i = 0; i < actual->n_sets; i++)
                if (pg_slot_of_name(actual->sets[i].name) == slot && !goes_with_rule(&actual->sets[i]))
                        return true;
        return false;
}

void pg_leftovers_delete_slot(struct pg_batch *batch, const struct pg_ruleset *actual, char slot)
{
        for (size_t i = 0; i < actual->n_chains; i++) {
                const struct pg_chain *chain = &actual->chains[i];

                if (pg_slot_of_name(chain->name) == slot && chain->n_rules > 0)
                        pg_batch_delete_rule(batch, chain->name, 0);
                for (size_t j = 0; chain->is_base && j < chain->n_rules; j++)
                        if (pg_rule_slot(&chain->rules[j]) == slot)
                                pg_batch_delete_rule(batch, chain->name, chain->rules[j].handle);
        }
        for (size_t i = 0; i < actual->n_sets; i++)
                if (pg_slot_of_name(actual->sets[i].name) == slot && !goes_with_rule(&actual->sets[i]))
                        pg_batch_delete_set(batch, actual->sets[i].name);
        for (size_t i = 0; i < actual->n_chains; i++)
                if (pg_slot_of_name(actual->chains[i].name) == slot)
                        pg_batch_delete_chain(batch, actual->chains[i].name);
}
