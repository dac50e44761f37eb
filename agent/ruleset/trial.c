/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The set and the rules of a trial. */
#include "ruleset/trial.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t families[] = {NFPROTO_IPV4, NFPROTO_IPV6};

int pg_trial_set_make(uint64_t timeout_ms, struct pg_set *ret)
{
        struct pg_set set = {
                .name = PG_TRIAL_NAME,
                .flags = PG_SET_TIMEOUT,
                .key_type = PG_TYPE_NFPROTO,
                .key_length = 1,
                .n_fields = 1,
        };

        for (size_t i = 0; i < PG_ELEMENTSOF(families); i++) {
                struct pg_element *element = pg_set_add_element(&set);

                if (!element) {
                        pg_trial_set_done(&set);
                        return -ENOMEM;
                }
                element->key[0] = element->key_end[0] = families[i];
                element->timeout_ms = timeout_ms;
        }
        *ret = set;
        return 0;
}

void pg_trial_set_done(struct pg_set *set)
{
        free(set->elements);
        *set = (struct pg_set){0};
}

int pg_trial_rule_make(struct pg_rule *rule, const char *chain)
{
        int r = pg_match_family_set(rule, PG_TRIAL_NAME);

        return r < 0 ? r : pg_do_verdict(rule, chain ? NFT_GOTO : NF_ACCEPT, chain);
}

bool pg_trial_rule_is(const struct pg_rule *rule)
{
        for (size_t i = 0; i < rule->n_exprs; i++)
                if (rule->exprs[i].kind == PG_EXPR_LOOKUP &&
                    strcmp(rule->exprs[i].lookup.set, PG_TRIAL_NAME) == 0)
                        return true;
        return false;
}

/* What the rule that comes first of those that decide goes to on trial; false where it is none. */
static bool find_target(const struct pg_chain *hook, char *ret_slot)
{
        for (size_t i = 0; hook && i < hook->n_rules; i++) {
                const struct pg_rule *rule = &hook->rules[i];
                const struct pg_verdict *verdict;

                if (rule->n_exprs == 0 || rule->exprs[rule->n_exprs - 1].kind != PG_EXPR_VERDICT)
                        continue;
                verdict = &rule->exprs[rule->n_exprs - 1].verdict;
                if (!pg_trial_rule_is(rule))
                        return false;
                if (verdict->code != NFT_GOTO)
                        continue;
                *ret_slot = pg_slot_of_name(verdict->chain);
                return true;
        }
        return false;
}

static bool has_rules(const struct pg_ruleset *ruleset)
{
        for (size_t i = 0; i < ruleset->n_chains; i++)
                for (size_t j = 0; ruleset->chains[i].is_base && j < ruleset->chains[i].n_rules; j++)
                        if (pg_trial_rule_is(&ruleset->chains[i].rules[j]))
                                return true;
        return false;
}

struct pg_trial pg_trial_find(const struct pg_ruleset *ruleset)
{
        const struct pg_set *set = pg_ruleset_set(ruleset, PG_TRIAL_NAME);
        struct pg_trial trial = {.is_there = set || has_rules(ruleset)};
        uint64_t left_ms = UINT64_MAX;

        /* An expired element is in no dump; with one of the two gone the trial is over. */
        if (!set || set->n_elements < PG_ELEMENTSOF(families) ||
            !find_target(pg_ruleset_chain(ruleset, "input"), &trial.slot))
                return trial;
        for (size_t i = 0; i < set->n_elements; i++)
                if (set->elements[i].expires_ms < left_ms)
                        left_ms = set->elements[i].expires_ms;
        if (left_ms == 0)
                trial.slot = 0;
        else
                trial.left_ms = left_ms;
        return trial;
}
