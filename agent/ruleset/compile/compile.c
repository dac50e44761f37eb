/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy becomes the contents of the table. */
#include "ruleset/compile/compile.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>

#include "ruleset/normal_form.h"

static int add_base_chain(struct pg_compilation *c, const char *name, uint32_t hook, uint32_t policy,
                          bool with_jump)
{
        struct pg_chain *chain = pg_ruleset_add_chain(c->ruleset, name);
        struct pg_rule *rule;
        char target[PG_NAME_MAX];

        if (!chain)
                return -ENOMEM;
        chain->is_base = true;
        chain->hook = hook;
        chain->policy = policy;
        if (!with_jump)
                return 0;
        pg_slot_name(name, c->slot, target);
        rule = pg_chain_add_rule(chain);
        return rule ? pg_do_verdict(rule, NFT_GOTO, target) : -ENOMEM;
}

static int add_record_set(struct pg_compilation *c)
{
        char name[PG_NAME_MAX];
        struct pg_set *set;

        pg_slot_name(PG_RECORD_NAME, c->slot, name);
        set = pg_ruleset_add_set(c->ruleset, name);
        if (!set)
                return -ENOMEM;
        pg_parts_define(set);
        return 0;
}

static int add_slot_chain(struct pg_compilation *c, enum pg_direction direction)
{
        bool inbound = direction == PG_IN;
        char name[PG_NAME_MAX], deny[PG_NAME_MAX];
        struct pg_chain *chain;
        struct pg_rule *rule;
        int r;

        pg_slot_name(inbound ? "input" : "output", c->slot, name);
        pg_slot_name(inbound ? "deny" : "deny_output", c->slot, deny);
        chain = pg_ruleset_add_chain(c->ruleset, name);
        if (!chain)
                return -ENOMEM;
        r = inbound ? pg_base_input_rules(chain, c->slot) : pg_base_output_rules(chain);
        if (r >= 0 && !inbound)
                r = pg_answer_dhcp_rules(c, chain);
        if (r >= 0 && !inbound)
                r = pg_answer_asker_rules(c, chain);
        if (r >= 0)
                r = pg_compile_port_rules(c, chain, direction);
        if (r >= 0 && !inbound)
                r = pg_answer_untracked_rules(c, chain);
        rule = r < 0 ? NULL : pg_chain_add_rule(chain);
        return rule ? pg_do_verdict(rule, NFT_GOTO, deny) : -ENOMEM;
}

static int add_input(struct pg_compilation *c)
{
        int r = add_base_chain(c, "input", NF_INET_LOCAL_IN, NF_DROP, true);

        if (r >= 0)
                r = pg_compile_refused_sets(c);
        if (r >= 0)
                r = add_record_set(c);
        if (r >= 0)
                r = pg_compile_ping_sets(c);
        if (r >= 0)
                r = pg_base_input_chains(c->ruleset, c->policy, c->slot);
        if (r >= 0)
                r = pg_compile_echo_label(c);
        if (r >= 0)
                r = pg_compile_ports(c, PG_IN);
        if (r >= 0)
                r = pg_compile_asked_sets(c);
        if (r >= 0)
                r = pg_compile_accepted(c, PG_IN);
        if (r >= 0)
                r = pg_compile_refused(c, PG_IN);
        return r < 0 ? r : add_slot_chain(c, PG_IN);
}

static int add_output(struct pg_compilation *c, bool with_output)
{
        bool is_strict = c->policy->egress_strict;
        int r;

        if (!is_strict && !with_output)
                return 0;
        r = add_base_chain(c, "output", NF_INET_LOCAL_OUT, is_strict ? NF_DROP : NF_ACCEPT, is_strict);
        if (r < 0 || !is_strict)
                return r;
        r = pg_compile_ports(c, PG_OUT);
        if (r >= 0)
                r = pg_compile_accepted(c, PG_OUT);
        if (r >= 0)
                r = pg_compile_answers_map(c);
        if (r >= 0)
                r = pg_compile_refused(c, PG_OUT);
        return r < 0 ? r : add_slot_chain(c, PG_OUT);
}

/* The set of the names that comments do not take, where there are any: made beside the others, since
 * adding a set moves them. */
static int add_names_set(struct pg_compilation *c)
{
        char name[PG_NAME_MAX];
        struct pg_set *set;

        if (c->names->n_elements == 0)
                return 0;
        pg_slot_name(PG_LONG_NAMES_NAME, c->slot, name);
        set = pg_ruleset_add_set(c->ruleset, name);
        if (!set)
                return -ENOMEM;
        pg_parts_define(set);
        set->elements = PG_TAKE(c->names->elements);
        set->n_elements = c->names->n_elements;
        c->names->n_elements = 0;
        return 0;
}

int pg_ruleset_compile(const struct pg_policy *policy, const struct pg_ruleset_options *options,
                       struct pg_ruleset **ret, struct pg_error *error)
{
        _cleanup_(pg_ruleset_freep) struct pg_ruleset *ruleset = calloc(1, sizeof(*ruleset));
        _cleanup_(pg_set_done) struct pg_set names = {0};
        struct pg_compilation c = {.policy = policy,
                                   .ruleset = ruleset,
                                   .names = &names,
                                   .slot = options->slot};

        if (!ruleset || add_input(&c) < 0 || add_output(&c, options->with_output) < 0 ||
            add_names_set(&c) < 0)
                return pg_error_memory(error);
        if (pg_ruleset_normalise(ruleset) < 0)
                return pg_error_memory(error);
        pg_ruleset_sort(ruleset);
        *ret = PG_TAKE(ruleset);
        return 0;
}
