/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which sets of addresses are replaced, and under which name. */
#include <errno.h>
#include <string.h>

#include "ruleset/delta/delta.h"

static bool rule_looks_into(const struct pg_rule *rule, const char *name)
{
        for (size_t i = 0; i < rule->n_exprs; i++)
                if (rule->exprs[i].kind == PG_EXPR_LOOKUP &&
                    strcmp(rule->exprs[i].lookup.set, name) == 0)
                        return true;
        return false;
}

static bool rules_look_into(const struct pg_ruleset *ruleset, const char *name)
{
        for (size_t i = 0; i < ruleset->n_chains; i++)
                for (size_t j = 0; j < ruleset->chains[i].n_rules; j++)
                        if (rule_looks_into(&ruleset->chains[i].rules[j], name))
                                return true;
        return false;
}

/* The order of sets does not depend on which of its two names each has: pg_ruleset_sort(). */
static void rename_set(struct pg_ruleset *ruleset, struct pg_set *set)
{
        char old[PG_NAME_MAX];

        memcpy(old, set->name, sizeof(old));
        pg_name_twin(old, set->name);
        for (size_t i = 0; i < ruleset->n_chains; i++)
                for (size_t j = 0; j < ruleset->chains[i].n_rules; j++) {
                        struct pg_rule *rule = &ruleset->chains[i].rules[j];

                        for (size_t k = 0; k < rule->n_exprs; k++)
                                if (rule->exprs[k].kind == PG_EXPR_LOOKUP &&
                                    strcmp(rule->exprs[k].lookup.set, old) == 0)
                                        memcpy(rule->exprs[k].lookup.set, set->name, sizeof(set->name));
                }
}

void pg_replace_adopt(struct pg_ruleset *wanted, const struct pg_ruleset *actual)
{
        for (size_t i = 0; i < actual->n_sets; i++) {
                const char *name = actual->sets[i].name;
                char first[PG_NAME_MAX];
                struct pg_set *set;

                pg_name_first(name, first);
                if (strcmp(first, name) == 0)
                        continue;
                set = pg_ruleset_set(wanted, first);
                if (set && rules_look_into(actual, name))
                        rename_set(wanted, set);
        }
}

static int collect(const struct pg_element_changes *changes, struct pg_addresses *ret)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < changes->n; i++)
                r = pg_addresses_add_range(ret, changes->items[i].set->key_type == PG_TYPE_IPV6,
                                           changes->items[i].first, changes->items[i].last);
        pg_addresses_normalise(ret);
        return r < 0 ? r : 0;
}

/* `elsewhere`: what other sets gain of what this one loses. Returns how many sets are replaced. */
static int choose(struct pg_ruleset *wanted, const struct pg_element_changes *changes,
                  const struct pg_addresses *elsewhere)
{
        int n = 0;

        for (size_t i = 0; i < changes->n; i++) {
                const struct pg_element_change *change = &changes->items[i];
                struct pg_set *set = &wanted->sets[change->set - wanted->sets];

                if (set->change == PG_SET_IS_REPLACED)
                        continue;
                set->change = PG_SET_CHANGES;
                if (!(set->flags & PG_SET_INTERVAL) &&
                    !pg_addresses_have(elsewhere, set->key_type == PG_TYPE_IPV6, change->first))
                        continue;
                rename_set(wanted, set);
                set->change = PG_SET_IS_REPLACED;
                n++;
        }
        return n;
}

int pg_replace_choose(struct pg_ruleset *wanted, const struct pg_delta *delta)
{
        static const struct pg_addresses none;
        _cleanup_(pg_addresses_done) struct pg_addresses added = {0};
        int r = collect(&delta->additions, &added);

        if (r >= 0)
                r = choose(wanted, &delta->deletions, &added) +
                    choose(wanted, &delta->additions, &none);
        return r;
}

bool pg_replace_has_rule(const struct pg_ruleset *wanted, const struct pg_rule *rule)
{
        for (size_t i = 0; i < rule->n_exprs; i++) {
                const struct pg_set *set = rule->exprs[i].kind == PG_EXPR_LOOKUP
                                                   ? pg_ruleset_set(wanted, rule->exprs[i].lookup.set)
                                                   : NULL;

                if (set && set->change == PG_SET_IS_REPLACED)
                        return true;
        }
        return false;
}

bool pg_replace_is_leftover(const struct pg_ruleset *ruleset, const struct pg_set *set)
{
        char twin[PG_NAME_MAX];

        pg_name_twin(set->name, twin);
        return strcmp(twin, set->name) != 0 && pg_ruleset_set(ruleset, twin) &&
               !rules_look_into(ruleset, set->name);
}
