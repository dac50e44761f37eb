/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an interrupted run, or somebody else, left in the table. */
#include <string.h>

#include "engine/engine.h"
#include "ruleset/names.h"

/* What belongs to the live slot, or to none, stays. */
static bool chain_stays(const struct pg_chain *chain, char keep_slot)
{
        char slot = pg_slot_of_name(chain->name);

        if (slot != 0)
                return slot == keep_slot;
        return strcmp(chain->name, "input") == 0 || strcmp(chain->name, "output") == 0;
}

static bool set_stays(const struct pg_set *set, char keep_slot)
{
        char slot = pg_slot_of_name(set->name);

        if (slot != 0)
                return slot == keep_slot;
        return strcmp(set->name, PG_DENIED4_NAME) == 0 || strcmp(set->name, PG_DENIED6_NAME) == 0;
}

bool pg_leftovers_exist(const struct pg_ruleset *actual, char keep_slot)
{
        for (size_t i = 0; i < actual->n_chains; i++)
                if (!chain_stays(&actual->chains[i], keep_slot))
                        return true;
        for (size_t i = 0; i < actual->n_sets; i++)
                if (!set_stays(&actual->sets[i], keep_slot))
                        return true;
        return false;
}

/* Rules first: they hold chains and sets. Then maps, whose elements hold chains; then the rest. */
void pg_leftovers_delete(struct pg_batch *batch, const struct pg_ruleset *actual, char keep_slot)
{
        for (size_t i = 0; i < actual->n_chains; i++)
                if (!chain_stays(&actual->chains[i], keep_slot) && actual->chains[i].n_rules > 0)
                        pg_batch_delete_rule(batch, actual->chains[i].name, 0);
        for (size_t i = 0; i < actual->n_sets; i++)
                if (!set_stays(&actual->sets[i], keep_slot))
                        pg_batch_delete_set(batch, actual->sets[i].name);
        for (size_t i = 0; i < actual->n_chains; i++)
                if (!chain_stays(&actual->chains[i], keep_slot))
                        pg_batch_delete_chain(batch, actual->chains[i].name);
}
