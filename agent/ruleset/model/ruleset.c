/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of a ruleset's objects, and finding them. */
#include "ruleset/model/ruleset.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "ruleset/model/expr_equal.h"
#include "ruleset/model/names.h"

void pg_rule_done(struct pg_rule *rule)
{
        free(rule->exprs);
        free(rule->comment);
}

void pg_element_done(struct pg_element *element)
{
        free(element->comment);
}

static void chain_done(struct pg_chain *chain)
{
        for (size_t i = 0; i < chain->n_rules; i++)
                pg_rule_done(&chain->rules[i]);
        free(chain->rules);
        free(chain->comment);
}

void pg_set_done(struct pg_set *set)
{
        for (size_t i = 0; i < set->n_elements; i++)
                pg_element_done(&set->elements[i]);
        free(set->elements);
        if (set->owns_addresses)
                pg_addresses_done(&set->addresses);
}

struct pg_ruleset *pg_ruleset_free(struct pg_ruleset *ruleset)
{
        if (!ruleset)
                return NULL;
        for (size_t i = 0; i < ruleset->n_chains; i++)
                chain_done(&ruleset->chains[i]);
        free(ruleset->chains);
        for (size_t i = 0; i < ruleset->n_sets; i++)
                pg_set_done(&ruleset->sets[i]);
        free(ruleset->sets);
        for (size_t i = 0; i < ruleset->n_kept; i++)
                pg_addresses_done(&ruleset->kept[i]);
        free(ruleset->kept);
        free(ruleset);
        return NULL;
}

void pg_ruleset_drop_slots(struct pg_ruleset *ruleset)
{
        size_t n_chains = 0, n_sets = 0;

        for (size_t i = 0; i < ruleset->n_chains; i++) {
                if (pg_slot_of_name(ruleset->chains[i].name) == 0)
                        ruleset->chains[n_chains++] = ruleset->chains[i];
                else
                        chain_done(&ruleset->chains[i]);
        }
        for (size_t i = 0; i < ruleset->n_sets; i++) {
                if (pg_slot_of_name(ruleset->sets[i].name) == 0)
                        ruleset->sets[n_sets++] = ruleset->sets[i];
                else
                        pg_set_done(&ruleset->sets[i]);
        }
        ruleset->n_chains = n_chains;
        ruleset->n_sets = n_sets;
}

struct pg_chain *pg_ruleset_chain(const struct pg_ruleset *ruleset, const char *name)
{
        for (size_t i = 0; i < ruleset->n_chains; i++)
                if (strcmp(ruleset->chains[i].name, name) == 0)
                        return &ruleset->chains[i];
        return NULL;
}

struct pg_set *pg_ruleset_set(const struct pg_ruleset *ruleset, const char *name)
{
        for (size_t i = 0; i < ruleset->n_sets; i++)
                if (strcmp(ruleset->sets[i].name, name) == 0)
                        return &ruleset->sets[i];
        return NULL;
}

struct pg_chain *pg_ruleset_add_chain(struct pg_ruleset *ruleset, const char *name)
{
        struct pg_chain *chain = PG_ARRAY_ADD(ruleset->chains, ruleset->n_chains);

        if (chain)
                snprintf(chain->name, sizeof(chain->name), "%s", name);
        return chain;
}

struct pg_set *pg_ruleset_add_set(struct pg_ruleset *ruleset, const char *name)
{
        struct pg_set *set = PG_ARRAY_ADD(ruleset->sets, ruleset->n_sets);

        if (set) {
                snprintf(set->name, sizeof(set->name), "%s", name);
                set->n_fields = 1;
        }
        return set;
}

struct pg_rule *pg_chain_add_rule(struct pg_chain *chain)
{
        return PG_ARRAY_ADD(chain->rules, chain->n_rules);
}

struct pg_element *pg_set_add_element(struct pg_set *set)
{
        return PG_ARRAY_ADD(set->elements, set->n_elements);
}

int pg_ruleset_keep(struct pg_ruleset *ruleset, const struct pg_addresses *addresses)
{
        struct pg_addresses *item = PG_ARRAY_ADD(ruleset->kept, ruleset->n_kept);

        if (!item)
                return -ENOMEM;
        *item = *addresses;
        return 0;
}

static int compare_chains(const void *a, const void *b)
{
        return strcmp(((const struct pg_chain *)a)->name, ((const struct pg_chain *)b)->name);
}

static int compare_sets(const void *a, const void *b)
{
        return pg_name_compare(((const struct pg_set *)a)->name, ((const struct pg_set *)b)->name);
}

static int compare_elements(const void *a, const void *b)
{
        const struct pg_element *x = a, *y = b;
        int r = memcmp(x->key, y->key, PG_KEY_MAX);

        return r != 0 ? r : memcmp(x->key_end, y->key_end, PG_KEY_MAX);
}

void pg_ruleset_sort(struct pg_ruleset *ruleset)
{
        if (ruleset->n_chains > 1)
                qsort(ruleset->chains, ruleset->n_chains, sizeof(*ruleset->chains), compare_chains);
        if (ruleset->n_sets > 1)
                qsort(ruleset->sets, ruleset->n_sets, sizeof(*ruleset->sets), compare_sets);
        for (size_t i = 0; i < ruleset->n_sets; i++) {
                struct pg_set *set = &ruleset->sets[i];

                if (set->n_elements > 1)
                        qsort(set->elements, set->n_elements, sizeof(*set->elements), compare_elements);
        }
}

bool pg_element_has_port(const struct pg_element *element, uint8_t protocol, uint16_t port)
{
        uint16_t first, last;

        memcpy(&first, element->key + 4, sizeof(first));
        memcpy(&last, element->key_end + 4, sizeof(last));
        return element->key[0] == protocol && port >= ntohs(first) && port <= ntohs(last);
}

bool pg_set_has_addresses(const struct pg_set *set)
{
        /* The kernel takes any length with any type, which is a number to it. */
        return (set->flags == 0 || set->flags == PG_SET_INTERVAL) &&
               ((set->key_type == PG_TYPE_IPV4 && set->key_length == 4) ||
                (set->key_type == PG_TYPE_IPV6 && set->key_length == 16));
}

bool pg_rule_equal(const struct pg_rule *a, const struct pg_rule *b)
{
        if (a->n_exprs != b->n_exprs)
                return false;
        for (size_t i = 0; i < a->n_exprs; i++)
                if (!pg_expr_equal(&a->exprs[i], &b->exprs[i]))
                        return false;
        return true;
}

char pg_slot_of_name(const char *name)
{
        size_t length = strlen(name);

        if (length > 2 && name[length - 2] == '_' &&
            (name[length - 1] == 'a' || name[length - 1] == 'b'))
                return name[length - 1];
        return 0;
}

char pg_rule_slot(const struct pg_rule *rule)
{
        const struct pg_expr *last = rule->n_exprs > 0 ? &rule->exprs[rule->n_exprs - 1] : NULL;

        return last && last->kind == PG_EXPR_VERDICT ? pg_slot_of_name(last->verdict.chain) : 0;
}

bool pg_rule_is_jump(const struct pg_rule *rule, char slot)
{
        return rule->n_exprs == 1 && rule->exprs[0].kind == PG_EXPR_VERDICT &&
               rule->exprs[0].verdict.code == NFT_GOTO && pg_rule_slot(rule) == slot;
}

bool pg_set_is_defined_as(const struct pg_set *a, const struct pg_set *b)
{
        return a->flags == b->flags && a->key_type == b->key_type && a->key_length == b->key_length &&
               a->timeout_ms == b->timeout_ms && a->size == b->size;
}

bool pg_chain_is_misplaced(const struct pg_chain *chain)
{
        bool is_input = strcmp(chain->name, "input") == 0;

        if (!is_input && strcmp(chain->name, "output") != 0)
                return false;
        return !chain->is_base || chain->has_other_type || chain->priority != 0 ||
               chain->hook != (is_input ? NF_INET_LOCAL_IN : NF_INET_LOCAL_OUT);
}

static char slot_of_hook(const struct pg_chain *hook)
{
        for (size_t i = 0; hook && i < hook->n_rules; i++) {
                const struct pg_rule *rule = &hook->rules[i];

                if (pg_rule_is_jump(rule, pg_rule_slot(rule)))
                        return pg_rule_slot(rule);
        }
        return 0;
}

char pg_ruleset_live_slot(const struct pg_ruleset *ruleset)
{
        char slot = slot_of_hook(pg_ruleset_chain(ruleset, "input"));

        return slot != 0 ? slot : slot_of_hook(pg_ruleset_chain(ruleset, "output"));
}
