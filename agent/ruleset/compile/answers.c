/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers that are no replies to conntrack. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "policy/answers.h"
#include "ruleset/compile/compile.h"

/* A client without an address is answered by broadcast, or at the one that it gets. */
int pg_answer_dhcp_rules(struct pg_compilation *c, struct pg_chain *chain)
{
        int r = pg_policy_serves(c->policy, IPPROTO_UDP, 67) ? pg_base_dhcpv4_rule(chain) : 0;

        return r >= 0 && pg_policy_serves(c->policy, IPPROTO_UDP, 547)
                       ? pg_base_dhcpv6_rule(chain, true)
                       : r;
}

static bool may_be_untracked(const struct pg_compilation *c, const struct pg_segment *segment)
{
        return segment->direction == PG_IN && pg_protocol_has_ports(segment->ports.protocol) &&
               pg_source_opens(&c->policy->sources[segment->source]);
}

static int add_answer(struct pg_compilation *c, struct pg_set *map, const struct pg_segment *segment)
{
        const struct pg_source *source = &c->policy->sources[segment->source];
        struct pg_element *element = pg_compile_ports_element(map, segment);

        if (!element)
                return -ENOMEM;
        element->verdict.code = source->any ? NF_ACCEPT : NFT_GOTO;
        if (!source->any)
                pg_source_name(source->label, "to_", "", c->slot, element->verdict.chain);
        return 0;
}

int pg_compile_answers_map(struct pg_compilation *c)
{
        const struct pg_policy *policy = c->policy;
        struct pg_set *map = NULL;
        char name[PG_NAME_MAX];
        int r = 0;

        pg_slot_name(PG_ANSWERS_NAME, c->slot, name);
        for (size_t i = 0; r >= 0 && i < policy->n_segments; i++)
                if (may_be_untracked(c, &policy->segments[i]) &&
                    !policy->sources[policy->segments[i].source].any)
                        r = pg_compile_source(c, &policy->sources[policy->segments[i].source], PG_OUT);
        /* Last: adding a set moves the others. */
        for (size_t i = 0; r >= 0 && i < policy->n_segments; i++) {
                if (!may_be_untracked(c, &policy->segments[i]))
                        continue;
                if (!map) {
                        map = pg_compile_ports_set(c, name);
                        if (!map)
                                return -ENOMEM;
                        map->flags |= PG_SET_MAP;
                }
                r = add_answer(c, map, &policy->segments[i]);
        }
        return r;
}

/* A connection that this host begins is no answer, whatever port it comes from. */
int pg_answer_untracked_rules(struct pg_compilation *c, struct pg_chain *chain)
{
        char name[PG_NAME_MAX], deny[PG_NAME_MAX];
        struct pg_rule *rule;
        int r;

        pg_slot_name(PG_ANSWERS_NAME, c->slot, name);
        pg_slot_name("deny_output", c->slot, deny);
        if (!pg_ruleset_set(c->ruleset, name))
                return 0;
        rule = pg_chain_add_rule(chain);
        r = rule ? pg_match_tcp_syn(rule) : -ENOMEM;
        if (r >= 0)
                r = pg_do_verdict(rule, NFT_GOTO, deny);
        rule = r < 0 ? NULL : pg_chain_add_rule(chain);
        r = rule ? pg_match_ct_state(rule, NF_CT_STATE_UNTRACKED_BIT) : -ENOMEM;
        return r < 0 ? r : pg_match_source_ports_map(rule, name);
}

/* So long after the last question, and so many of each family at a time. */
#define ASKED_TIMEOUT_MS (3 * 60 * 1000)
#define ASKED_SIZE 16384

static int add_asked_port(struct pg_compilation *c, const struct pg_segment *segment, const char *name)
{
        struct pg_set *set = pg_ruleset_set(c->ruleset, name);

        if (!set)
                set = pg_compile_ports_set(c, name);
        return set && pg_compile_ports_element(set, segment) ? 0 : -ENOMEM;
}

static int add_asked_set(struct pg_compilation *c, bool is_v6)
{
        char name[PG_NAME_MAX];

        pg_slot_name(is_v6 ? PG_ASKED6_NAME : PG_ASKED4_NAME, c->slot, name);
        return pg_compile_sides_set(c, name, is_v6, ASKED_TIMEOUT_MS, ASKED_SIZE) ? 0 : -ENOMEM;
}

int pg_compile_asked_sets(struct pg_compilation *c)
{
        const struct pg_policy *policy = c->policy;
        char name[PG_NAME_MAX];
        int r = 0;

        pg_slot_name(PG_ASKED_PORTS_NAME, c->slot, name);
        for (size_t i = 0; r >= 0 && policy->egress_strict && i < policy->n_segments; i++)
                if (policy->segments[i].answers_any_port && may_be_untracked(c, &policy->segments[i]))
                        r = add_asked_port(c, &policy->segments[i], name);
        if (r < 0 || !pg_ruleset_set(c->ruleset, name))
                return r;
        r = add_asked_set(c, false);
        return r < 0 ? r : add_asked_set(c, true);
}

static bool remembers_askers(const struct pg_compilation *c)
{
        char name[PG_NAME_MAX];

        pg_slot_name(PG_ASKED_PORTS_NAME, c->slot, name);
        return pg_ruleset_set(c->ruleset, name) != NULL;
}

/* When the set is full the rule is broken off, and the question is accepted all the same. */
int pg_remember_asker_rules(struct pg_compilation *c, struct pg_chain *chain)
{
        char ports[PG_NAME_MAX], asked[PG_NAME_MAX];
        int r = 0;

        pg_slot_name(PG_ASKED_PORTS_NAME, c->slot, ports);
        for (int is_v6 = 0; r >= 0 && remembers_askers(c) && is_v6 <= 1; is_v6++) {
                struct pg_rule *rule = pg_chain_add_rule(chain);

                pg_slot_name(is_v6 ? PG_ASKED6_NAME : PG_ASKED4_NAME, c->slot, asked);
                r = rule ? pg_match_ports(rule, ports) : -ENOMEM;
                if (r >= 0)
                        r = pg_do_remember_asker(rule, is_v6, asked);
        }
        return r;
}

int pg_answer_asker_rules(struct pg_compilation *c, struct pg_chain *chain)
{
        char asked[PG_NAME_MAX];
        int r = 0;

        for (int is_v6 = 0; r >= 0 && remembers_askers(c) && is_v6 <= 1; is_v6++) {
                struct pg_rule *rule = pg_chain_add_rule(chain);

                pg_slot_name(is_v6 ? PG_ASKED6_NAME : PG_ASKED4_NAME, c->slot, asked);
                r = rule ? pg_match_asker(rule, is_v6, asked) : -ENOMEM;
                if (r >= 0)
                        r = pg_do_verdict(rule, NF_ACCEPT, NULL);
        }
        return r;
}
