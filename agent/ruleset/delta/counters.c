/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hits outlive a change of policy. */
#include <stdio.h>
#include <string.h>

#include "ruleset/delta/delta.h"

/* The name that an object of one slot has in the other. */
static void twin(const char *name, char slot, char result[static PG_NAME_MAX])
{
        snprintf(result, PG_NAME_MAX, "%s", name);
        if (pg_slot_of_name(result) != 0)
                result[strlen(result) - 1] = slot;
}

bool pg_element_continues(const struct pg_element *from, const struct pg_element *to)
{
        return memcmp(from->key, to->key, PG_KEY_MAX) == 0 &&
               memcmp(from->key_end, to->key_end, PG_KEY_MAX) == 0 && from->comment && to->comment &&
               strcmp(from->comment, to->comment) == 0;
}

static void carry_elements(const struct pg_set *from, struct pg_set *to)
{
        size_t i = 0;

        for (size_t j = 0; j < to->n_elements; j++) {
                struct pg_element *element = &to->elements[j];

                while (i < from->n_elements &&
                       memcmp(from->elements[i].key, element->key, PG_KEY_MAX) < 0)
                        i++;
                if (i == from->n_elements)
                        return;
                if (pg_element_continues(&from->elements[i], element)) {
                        element->packets = from->elements[i].packets;
                        element->bytes = from->elements[i].bytes;
                }
        }
}

/* From the same rule, wherever it stands among somebody's others. */
static void carry_rule(const struct pg_chain *from, struct pg_rule *to)
{
        for (size_t i = 0; i < to->n_exprs; i++)
                for (size_t j = 0; to->exprs[i].kind == PG_EXPR_COUNTER && j < from->n_rules; j++)
                        if (pg_rule_equal(&from->rules[j], to)) {
                                to->exprs[i].counter = from->rules[j].exprs[i].counter;
                                break;
                        }
}

void pg_counters_carry(const struct pg_ruleset *actual, char from, struct pg_ruleset *wanted, char to)
{
        char name[PG_NAME_MAX];

        for (size_t i = 0; i < wanted->n_sets; i++) {
                const struct pg_set *set;

                twin(wanted->sets[i].name, from, name);
                set = pg_slot_of_name(wanted->sets[i].name) == to ? pg_ruleset_set(actual, name) : NULL;
                if (set && wanted->sets[i].has_counters)
                        carry_elements(set, &wanted->sets[i]);
        }
        for (size_t i = 0; i < wanted->n_chains; i++) {
                struct pg_chain *chain = &wanted->chains[i];
                const struct pg_chain *found;

                twin(chain->name, from, name);
                found = pg_slot_of_name(chain->name) == to ? pg_ruleset_chain(actual, name) : NULL;
                for (size_t j = 0; found && j < chain->n_rules; j++)
                        carry_rule(found, &chain->rules[j]);
        }
}
