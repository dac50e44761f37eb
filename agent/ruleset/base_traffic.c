/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules for what a host dies without. */
#include "ruleset/base_traffic.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>

#include "policy/base_traffic.h"
#include "ruleset/names.h"

/* Bits of `ct state` (nft's words): NF_CT_STATE_BIT of linux/netfilter/nf_conntrack_common.h. */
#define STATE_INVALID NF_CT_STATE_INVALID_BIT
#define STATE_ESTABLISHED NF_CT_STATE_BIT(IP_CT_ESTABLISHED)
#define STATE_RELATED NF_CT_STATE_BIT(IP_CT_RELATED)

static const uint8_t link_local[16] = {0xfe, 0x80};
static const uint8_t unspecified[16];

static int match_type(struct pg_rule *rule, bool is_v6, uint8_t first, uint8_t last)
{
        int r = pg_match_protocol(rule, is_v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);

        return r < 0 ? r : pg_match_type(rule, first, last);
}

static int accept_icmpv6(struct pg_chain *chain, const struct pg_icmpv6_rule *accepted)
{
        struct pg_rule *rule = pg_chain_add_rule(chain);
        int r = rule ? 0 : -ENOMEM;

        /* Family and protocol are certain here; with them nft can name what the rule looks at. */
        if (r >= 0 && (accepted->hops != PG_HOPS_ANY || accepted->sender != PG_FROM_ANY))
                r = pg_match_family(rule, NFPROTO_IPV6);
        if (r >= 0 && accepted->hops != PG_HOPS_ANY)
                r = pg_match_hop_limit(rule, (uint8_t)accepted->hops);
        if (r >= 0 && accepted->sender == PG_FROM_LINK_LOCAL)
                r = pg_match_prefix6(rule, true, link_local, 10);
        if (r >= 0 && accepted->sender == PG_FROM_UNSPECIFIED)
                r = pg_match_prefix6(rule, true, unspecified, 128);
        if (r >= 0)
                r = match_type(rule, true, accepted->first, accepted->last);
        return r < 0 ? r : pg_do_verdict(rule, NF_ACCEPT, NULL);
}

static int limit_and_accept(struct pg_rule *rule, const struct pg_rate *rate)
{
        int r = 0;

        if (rate->count > 0)
                r = pg_do_limit(rule, rate->count, rate->seconds, 2 * rate->count);
        return r < 0 ? r : pg_do_verdict(rule, NF_ACCEPT, NULL);
}

/* Echo requests from whom the policy lets, within the rate. */
static int accept_echo(struct pg_chain *chain, const struct pg_policy *policy, bool is_v6, char slot)
{
        const struct pg_source *source = &policy->sources[policy->ping_source];
        uint8_t type = is_v6 ? PG_ICMPV6_ECHO : PG_ICMP_ECHO;
        char set[PG_NAME_MAX];
        struct pg_rule *rule;
        int r = 0;

        if (source->any) {
                rule = pg_chain_add_rule(chain);
                r = rule ? match_type(rule, is_v6, type, type) : -ENOMEM;
                return r < 0 ? r : limit_and_accept(rule, &policy->ping_rate);
        }
        if (is_v6 ? source->addresses.n_v6 > 0 : source->addresses.n_v4 > 0) {
                pg_source_name(source->label, "ping_", is_v6 ? "_v6" : "_v4", slot, set);
                rule = pg_chain_add_rule(chain);
                r = rule ? match_type(rule, is_v6, type, type) : -ENOMEM;
                if (r >= 0)
                        r = pg_match_set(rule, is_v6, true, set);
                if (r >= 0)
                        r = limit_and_accept(rule, &policy->ping_rate);
        }
        for (size_t i = 0; r >= 0 && i < source->n_interfaces; i++) {
                rule = pg_chain_add_rule(chain);
                r = rule ? match_type(rule, is_v6, type, type) : -ENOMEM;
                if (r >= 0)
                        r = pg_match_interface(rule, true, source->interfaces[i]);
                if (r >= 0)
                        r = limit_and_accept(rule, &policy->ping_rate);
        }
        return r;
}

int pg_base_icmp_chains(struct pg_ruleset *ruleset, const struct pg_policy *policy, char slot)
{
        char name[PG_NAME_MAX];
        struct pg_chain *chain;
        int r = 0;

        pg_slot_name("icmp", slot, name);
        chain = pg_ruleset_add_chain(ruleset, name);
        if (!chain)
                return -ENOMEM;
        for (size_t i = 0; r >= 0 && i < PG_ICMP_ERRORS; i++) {
                struct pg_rule *rule = pg_chain_add_rule(chain);

                r = rule ? match_type(rule, false, pg_icmp_errors[i], pg_icmp_errors[i]) : -ENOMEM;
                if (r >= 0)
                        r = pg_do_verdict(rule, NF_ACCEPT, NULL);
        }
        if (r >= 0)
                r = accept_echo(chain, policy, false, slot);

        pg_slot_name("icmpv6", slot, name);
        chain = r < 0 ? NULL : pg_ruleset_add_chain(ruleset, name);
        if (!chain)
                return -ENOMEM;
        for (size_t i = 0; r >= 0 && i < PG_ICMPV6_RULES; i++)
                r = accept_icmpv6(chain, &pg_icmpv6_rules[i]);
        return r < 0 ? r : accept_echo(chain, policy, true, slot);
}

static int accept_replies(struct pg_chain *chain)
{
        struct pg_rule *rule = pg_chain_add_rule(chain);
        int r = rule ? pg_match_ct_state(rule, STATE_ESTABLISHED | STATE_RELATED) : -ENOMEM;

        return r < 0 ? r : pg_do_verdict(rule, NF_ACCEPT, NULL);
}

static int jump_for_protocol(struct pg_chain *chain, uint8_t protocol, const char *target, char slot)
{
        struct pg_rule *rule = pg_chain_add_rule(chain);
        char name[PG_NAME_MAX];
        int r = rule ? pg_match_protocol(rule, protocol) : -ENOMEM;

        pg_slot_name(target, slot, name);
        return r < 0 ? r : pg_do_verdict(rule, NFT_JUMP, name);
}

static int drop_invalid(struct pg_chain *chain)
{
        struct pg_rule *rule = pg_chain_add_rule(chain);
        int r = rule ? pg_match_ct_state(rule, STATE_INVALID) : -ENOMEM;

        if (r >= 0)
                r = pg_do_counter(rule);
        return r < 0 ? r : pg_do_verdict(rule, NF_DROP, NULL);
}

/* Any source address, 0.0.0.0 too: that is what a snooping switch's querier uses. */
static int accept_igmp(struct pg_chain *chain)
{
        static const uint8_t multicast[4] = {224};
        struct pg_rule *rule = pg_chain_add_rule(chain);
        int r = rule ? pg_match_protocol(rule, IPPROTO_IGMP) : -ENOMEM;

        if (r >= 0)
                r = pg_match_family(rule, NFPROTO_IPV4);
        if (r >= 0)
                r = pg_match_prefix4(rule, false, multicast, 4);
        return r < 0 ? r : pg_do_verdict(rule, NF_ACCEPT, NULL);
}

/* Answers to a broadcast request are no replies to conntrack. */
static int accept_dhcp(struct pg_chain *chain)
{
        struct pg_rule *rule = pg_chain_add_rule(chain);
        int r = rule ? pg_match_protocol(rule, IPPROTO_UDP) : -ENOMEM;

        if (r >= 0)
                r = pg_match_port(rule, false, 68);
        if (r >= 0)
                r = pg_match_port(rule, true, 67);
        if (r >= 0)
                r = pg_match_family(rule, NFPROTO_IPV4);
        if (r >= 0)
                r = pg_do_verdict(rule, NF_ACCEPT, NULL);
        if (r < 0)
                return r;

        /* Servers may answer from any port (RFC 8415 section 7.2). */
        rule = pg_chain_add_rule(chain);
        r = rule ? pg_match_protocol(rule, IPPROTO_UDP) : -ENOMEM;
        if (r >= 0)
                r = pg_match_port(rule, false, 546);
        if (r >= 0)
                r = pg_match_family(rule, NFPROTO_IPV6);
        if (r >= 0)
                r = pg_match_prefix6(rule, false, link_local, 10);
        return r < 0 ? r : pg_do_verdict(rule, NF_ACCEPT, NULL);
}

int pg_base_input_rules(struct pg_chain *chain, char slot)
{
        struct pg_rule *rule = pg_chain_add_rule(chain);
        int r = rule ? pg_match_iif_lo(rule) : -ENOMEM;

        if (r >= 0)
                r = pg_do_verdict(rule, NF_ACCEPT, NULL);
        if (r >= 0)
                r = accept_replies(chain);
        /* Before the invalid are dropped: echo replies to multicast are invalid, NDP is untracked. */
        if (r >= 0)
                r = jump_for_protocol(chain, IPPROTO_ICMP, "icmp", slot);
        if (r >= 0)
                r = jump_for_protocol(chain, IPPROTO_ICMPV6, "icmpv6", slot);
        if (r >= 0)
                r = drop_invalid(chain);
        if (r >= 0)
                r = accept_igmp(chain);
        return r < 0 ? r : accept_dhcp(chain);
}

int pg_base_output_rules(struct pg_chain *chain)
{
        static const uint8_t protocols[] = {IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_IGMP};
        struct pg_rule *rule = pg_chain_add_rule(chain);
        int r = rule ? pg_match_oif_lo(rule) : -ENOMEM;

        if (r >= 0)
                r = pg_do_verdict(rule, NF_ACCEPT, NULL);
        if (r >= 0)
                r = accept_replies(chain);
        for (size_t i = 0; r >= 0 && i < PG_ELEMENTSOF(protocols); i++) {
                rule = pg_chain_add_rule(chain);
                r = rule ? pg_match_protocol(rule, protocols[i]) : -ENOMEM;
                if (r >= 0)
                        r = pg_do_verdict(rule, NF_ACCEPT, NULL);
        }
        return r;
}
