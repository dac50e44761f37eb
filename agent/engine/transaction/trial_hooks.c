/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the hooks hold while a trial is open: the rules of the trial, and behind them what it falls back
 * to. */
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <string.h>

#include "engine/transaction/transaction.h"

/* The sets that the rules of the input hook ask, in their order: one, or both while a trial is
 * extended. */
struct asked_sets {
        const char *names[2];
        size_t n;
};

static struct asked_sets find_asked(const struct pg_ruleset *actual)
{
        const struct pg_chain *input = pg_ruleset_chain(actual, "input");
        struct asked_sets asked = {0};

        for (size_t i = 0; input && i < input->n_rules && asked.n < 2; i++) {
                const char *name = pg_trial_rule_set(&input->rules[i]);

                if (name && (asked.n == 0 || strcmp(asked.names[0], name) != 0))
                        asked.names[asked.n++] = name;
        }
        return asked;
}

static void drop_rules(struct pg_chain *hook)
{
        for (size_t i = 0; i < hook->n_rules; i++)
                pg_rule_done(&hook->rules[i]);
        hook->n_rules = 0;
}

static int expect(struct pg_chain *hook, const struct pg_ruleset *actual,
                  const struct asked_sets *asked, char slot)
{
        const struct pg_chain *found = pg_ruleset_chain(actual, hook->name);
        char tried[PG_NAME_MAX] = "", back[PG_NAME_MAX];
        bool is_open = hook->n_rules == 0, falls_back;
        int r = 0;

        if (!is_open)
                snprintf(tried, sizeof(tried), "%s", hook->rules[0].exprs[0].verdict.chain);
        drop_rules(hook);
        for (size_t i = 0; r >= 0 && i < asked->n; i++) {
                struct pg_rule *rule = pg_chain_add_rule(hook);

                r = rule ? pg_trial_rule_make(rule, asked->names[i], is_open ? NULL : tried) : -ENOMEM;
        }
        /* Whether there is something to fall back to says the other slot, not a rule that somebody may
         * delete. */
        pg_slot_name(hook->name, slot == 'a' ? 'b' : 'a', back);
        falls_back = pg_ruleset_chain(actual, back) != NULL;
        if (r >= 0 && falls_back) {
                struct pg_rule *rule = pg_chain_add_rule(hook);

                r = rule ? pg_do_verdict(rule, NFT_GOTO, back) : -ENOMEM;
        }
        /* One that is to let everything pass does so from the preparation on: its rules decide. */
        if (!falls_back)
                hook->policy = NF_ACCEPT;
        else if (!is_open || !found || found->policy != NF_ACCEPT)
                hook->policy = NF_DROP;
        return r;
}

int pg_trial_hooks_expect(struct pg_ruleset *wanted, const struct pg_ruleset *actual, char slot)
{
        const struct asked_sets asked = find_asked(actual);
        int r = 0;

        for (size_t i = 0; r >= 0 && i < wanted->n_chains; i++)
                if (wanted->chains[i].is_base)
                        r = expect(&wanted->chains[i], actual, &asked, slot);
        return r;
}
