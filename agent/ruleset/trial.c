/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The set and the rules of a trial. */
#include "ruleset/trial.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The witness first: it must not outlive the others. */
static const uint8_t families[] = {NFPROTO_INET, NFPROTO_IPV4, NFPROTO_IPV6};

int pg_trial_set_make(const char *name, uint64_t timeout_ms, struct pg_set *ret)
{
        _cleanup_(pg_trial_set_done) struct pg_set set = {
                .flags = PG_SET_TIMEOUT,
                .key_type = PG_TYPE_NFPROTO,
                .key_length = 1,
                .n_fields = 1,
        };

        snprintf(set.name, sizeof(set.name), "%s", name);
        for (size_t i = 0; i < PG_ELEMENTSOF(families); i++) {
                struct pg_element *element = pg_set_add_element(&set);

                if (!element)
                        return -ENOMEM;
                element->key[0] = element->key_end[0] = families[i];
                element->timeout_ms = timeout_ms;
        }
        *ret = PG_TAKE(set);
        return 0;
}

void pg_trial_set_done(struct pg_set *set)
{
        free(set->elements);
        *set = (struct pg_set){0};
}

bool pg_trial_set_is(const struct pg_set *set)
{
        return strcmp(set->name, PG_TRIAL_NAME) == 0 || strcmp(set->name, PG_TRIAL_NAME_2) == 0;
}

const struct pg_element *pg_trial_witness(const struct pg_set *set)
{
        return &set->elements[0];
}

int pg_trial_rule_make(struct pg_rule *rule, const char *set, const char *chain)
{
        int r = pg_match_family_set(rule, set);

        return r < 0 ? r : pg_do_verdict(rule, chain ? NFT_GOTO : NF_ACCEPT, chain);
}

const char *pg_trial_rule_set(const struct pg_rule *rule)
{
        for (size_t i = 0; i < rule->n_exprs; i++)
                if (rule->exprs[i].kind == PG_EXPR_LOOKUP &&
                    (strcmp(rule->exprs[i].lookup.set, PG_TRIAL_NAME) == 0 ||
                     strcmp(rule->exprs[i].lookup.set, PG_TRIAL_NAME_2) == 0))
                        return rule->exprs[i].lookup.set;
        return NULL;
}

/* They are made in one batch, and dumped within less than that. */
#define UNEVEN_MS 1000

/* An expired element is in no dump; with one of the two gone the trial is over. */
static uint64_t left_of(const struct pg_set *set, bool *ret_is_uneven)
{
        uint64_t left_ms = UINT64_MAX, last_ms = 0;
        size_t n = 0;

        for (size_t i = 0; set && i < set->n_elements; i++) {
                if (set->elements[i].key[0] != NFPROTO_IPV4 && set->elements[i].key[0] != NFPROTO_IPV6)
                        continue;
                n++;
                if (set->elements[i].expires_ms < left_ms)
                        left_ms = set->elements[i].expires_ms;
                if (set->elements[i].expires_ms > last_ms)
                        last_ms = set->elements[i].expires_ms;
        }
        *ret_is_uneven = n == 2 && last_ms - left_ms > UNEVEN_MS;
        return n < 2 ? 0 : left_ms;
}

/* Where the rules of the input hook lead to while their sets live, up to the jump to what it falls back
 * to. Somebody else's rules, whatever they decide, do not end a trial. */
static void find_target(const struct pg_ruleset *ruleset, const struct pg_chain *hook,
                        struct pg_trial *trial)
{
        for (size_t i = 0; hook && i < hook->n_rules; i++) {
                const struct pg_rule *rule = &hook->rules[i];
                const char *name = pg_trial_rule_set(rule);
                const struct pg_verdict *verdict;
                bool is_uneven = false;
                uint64_t left_ms;

                if (pg_rule_is_jump(rule, pg_rule_slot(rule)))
                        return;
                if (!name || rule->exprs[rule->n_exprs - 1].kind != PG_EXPR_VERDICT) {
                        trial->is_behind = trial->is_behind || !trial->set;
                        continue;
                }
                verdict = &rule->exprs[rule->n_exprs - 1].verdict;
                left_ms = verdict->code == NFT_GOTO ? left_of(pg_ruleset_set(ruleset, name), &is_uneven)
                                                    : 0;
                if (left_ms == 0)
                        continue;
                trial->is_uneven = trial->is_uneven || is_uneven;
                if (!trial->set) {
                        trial->set = name;
                        trial->slot = pg_slot_of_name(verdict->chain);
                }
                if (left_ms > trial->left_ms && pg_slot_of_name(verdict->chain) == trial->slot)
                        trial->left_ms = left_ms;
        }
}

static bool is_there(const struct pg_ruleset *ruleset)
{
        for (size_t i = 0; i < ruleset->n_sets; i++)
                if (pg_trial_set_is(&ruleset->sets[i]))
                        return true;
        for (size_t i = 0; i < ruleset->n_chains; i++)
                for (size_t j = 0; ruleset->chains[i].is_base && j < ruleset->chains[i].n_rules; j++)
                        if (pg_trial_rule_set(&ruleset->chains[i].rules[j]))
                                return true;
        return false;
}

struct pg_trial pg_trial_find(const struct pg_ruleset *ruleset)
{
        struct pg_trial trial = {.is_there = is_there(ruleset)};

        find_target(ruleset, pg_ruleset_chain(ruleset, "input"), &trial);
        return trial;
}
