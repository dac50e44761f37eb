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

/* What the elements of a set say. */
struct lifetime {
        uint64_t left_ms; /* of the family that ends first; 0: the trial is over */
        bool is_uneven, is_altered, lacks_witness;
};

static uint64_t distance(uint64_t a, uint64_t b)
{
        return a > b ? a - b : b - a;
}

/* An expired element is in no dump; with one of the two gone the trial is over. */
static struct lifetime lifetime_of(const struct pg_set *set)
{
        uint64_t left_ms = UINT64_MAX, last_ms = 0, witness_ms = 0;
        struct lifetime lifetime = {0};
        size_t n = 0, n_witnesses = 0;

        for (size_t i = 0; set && i < set->n_elements; i++) {
                const struct pg_element *element = &set->elements[i];

                if (element->key[0] == NFPROTO_INET) {
                        n_witnesses++;
                        witness_ms = element->expires_ms;
                }
                if (element->key[0] != NFPROTO_IPV4 && element->key[0] != NFPROTO_IPV6)
                        continue;
                n++;
                if (element->expires_ms < left_ms)
                        left_ms = element->expires_ms;
                if (element->expires_ms > last_ms)
                        last_ms = element->expires_ms;
        }
        if (n < 2)
                return lifetime;
        lifetime.left_ms = left_ms;
        lifetime.is_uneven = last_ms - left_ms > UNEVEN_MS;
        lifetime.lacks_witness = distance(left_ms, witness_ms) > UNEVEN_MS;
        lifetime.is_altered = lifetime.lacks_witness || set->n_elements > n + n_witnesses;
        return lifetime;
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
                struct lifetime lifetime = {0};

                if (pg_rule_is_jump(rule, pg_rule_slot(rule)))
                        return;
                if (!name || rule->exprs[rule->n_exprs - 1].kind != PG_EXPR_VERDICT) {
                        trial->is_behind = trial->is_behind || !trial->set;
                        continue;
                }
                verdict = &rule->exprs[rule->n_exprs - 1].verdict;
                if (verdict->code == NFT_GOTO)
                        lifetime = lifetime_of(pg_ruleset_set(ruleset, name));
                if (lifetime.left_ms == 0)
                        continue;
                trial->is_uneven = trial->is_uneven || lifetime.is_uneven;
                if (!trial->set) {
                        trial->set = name;
                        trial->slot = pg_slot_of_name(verdict->chain);
                        trial->is_altered = lifetime.is_altered;
                        trial->lacks_witness = lifetime.lacks_witness;
                }
                if (lifetime.left_ms > trial->left_ms && pg_slot_of_name(verdict->chain) == trial->slot)
                        trial->left_ms = lifetime.left_ms;
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

static bool has_time(const struct pg_ruleset *ruleset)
{
        for (size_t i = 0; i < ruleset->n_sets; i++)
                if (pg_trial_set_is(&ruleset->sets[i]) && lifetime_of(&ruleset->sets[i]).left_ms > 0)
                        return true;
        return false;
}

struct pg_trial pg_trial_find(const struct pg_ruleset *ruleset)
{
        struct pg_trial trial = {.is_there = is_there(ruleset)};

        find_target(ruleset, pg_ruleset_chain(ruleset, "input"), &trial);
        trial.has_run_out = trial.is_there && !has_time(ruleset);
        return trial;
}
