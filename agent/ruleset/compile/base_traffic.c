/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules for what a host dies without. */
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>

#include "policy/base_traffic.h"
#include "ruleset/compile/compile.h"

/* Bits of `ct state` (nft's words): NF_CT_STATE_BIT of linux/netfilter/nf_conntrack_common.h. */
#define STATE_INVALID NF_CT_STATE_INVALID_BIT
#define STATE_ESTABLISHED NF_CT_STATE_BIT(IP_CT_ESTABLISHED)
#define STATE_RELATED NF_CT_STATE_BIT(IP_CT_RELATED)

static const uint8_t link_local[16] = {0xfe, 0x80};
static const uint8_t unspecified[16];

/* nft's "icmp type" asks for the family too, and adds it when it reads its own listing. */
static int match_type(struct pg_rule *rule, bool is_v6, uint8_t first, uint8_t last)
{
        int r = pg_match_family(rule, is_v6 ? NFPROTO_IPV6 : NFPROTO_IPV4);

        if (r >= 0)
                r = pg_match_protocol(rule, is_v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
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

/* What an echo request is compared with: a set of addresses, an interface, or neither. */
struct pinger {
        const char *set, *interface;
};

static struct pg_rule *begin_echo_rule(struct pg_chain *chain, const struct pinger *who, bool is_v6)
{
        struct pg_rule *rule = pg_chain_add_rule(chain);
        int r = rule ? 0 : -ENOMEM;

        if (r >= 0 && who->interface)
                r = pg_match_interface(rule, true, who->interface);
        if (r >= 0)
                r = who->set ? pg_match_set(rule, is_v6, true, who->set)
                             : pg_match_family(rule, is_v6 ? NFPROTO_IPV6 : NFPROTO_IPV4);
        return r < 0 ? NULL : rule;
}

/* Each source has a share of its own. Those who come when the set is full share one. */
static int accept_pinger(struct pg_chain *chain, const struct pinger *who, const struct pg_rate *rate,
                         bool is_v6, char slot)
{
        const struct pg_limit limit = {rate->count, rate->seconds, pg_rate_burst(rate)};
        struct pg_rule *rule = begin_echo_rule(chain, who, is_v6);
        char set[PG_NAME_MAX];
        int r = rule ? 0 : -ENOMEM;

        pg_slot_name(is_v6 ? PG_PINGS6_NAME : PG_PINGS4_NAME, slot, set);
        if (r >= 0 && rate->count > 0)
                r = pg_do_limit_each(rule, is_v6, set, &limit);
        if (r >= 0)
                r = pg_do_verdict(rule, NF_ACCEPT, NULL);
        if (r < 0 || rate->count == 0)
                return r;
        rule = begin_echo_rule(chain, who, is_v6);
        r = rule ? pg_match_not_in_set(rule, is_v6, true, set) : -ENOMEM;
        if (r >= 0)
                r = pg_do_limit(rule, limit.rate, limit.unit, limit.burst);
        return r < 0 ? r : pg_do_verdict(rule, NF_ACCEPT, NULL);
}

/* Echo requests from whom the policy lets, within the rate. */
static int accept_echo(const struct pg_ruleset *ruleset, struct pg_chain *chain,
                       const struct pg_policy *policy, bool is_v6, char slot)
{
        const struct pg_source *source = &policy->sources[policy->ping_source];
        struct pg_set_names names;
        struct pinger who = {0};
        int r = 0;

        if (source->any)
                return accept_pinger(chain, &who, &policy->ping_rate, is_v6, slot);
        pg_set_names(source->label, "ping_", is_v6, "", slot, &names);
        for (enum pg_set_kind kind = 0; r >= 0 && kind < PG_SET_KINDS; kind++) {
                if (!pg_ruleset_set(ruleset, names.of[kind]))
                        continue;
                who.set = names.of[kind];
                r = accept_pinger(chain, &who, &policy->ping_rate, is_v6, slot);
        }
        for (size_t i = 0; r >= 0 && i < source->n_interfaces; i++) {
                who = (struct pinger){.interface = source->interfaces[i]};
                r = accept_pinger(chain, &who, &policy->ping_rate, is_v6, slot);
        }
        return r;
}

/* The chain does not return to the rule that accepts what is established: to conntrack all the echo
 * requests of one ping are one connection. */
static int add_echo_chain(struct pg_ruleset *ruleset, const struct pg_policy *policy, bool is_v6,
                          char slot)
{
        char name[PG_NAME_MAX], deny[PG_NAME_MAX];
        struct pg_chain *chain;
        struct pg_rule *rule;
        int r;

        pg_slot_name(is_v6 ? PG_ECHO6_NAME : PG_ECHO4_NAME, slot, name);
        pg_slot_name("deny", slot, deny);
        chain = pg_ruleset_add_chain(ruleset, name);
        r = chain ? accept_echo(ruleset, chain, policy, is_v6, slot) : -ENOMEM;
        rule = r < 0 ? NULL : pg_chain_add_rule(chain);
        return rule ? pg_do_verdict(rule, NFT_GOTO, deny) : -ENOMEM;
}

static int go_to_echo(struct pg_chain *chain, bool is_v6, char slot)
{
        uint8_t type = is_v6 ? PG_ICMPV6_ECHO : PG_ICMP_ECHO;
        struct pg_rule *rule = pg_chain_add_rule(chain);
        char name[PG_NAME_MAX];
        int r = rule ? match_type(rule, is_v6, type, type) : -ENOMEM;

        pg_slot_name(is_v6 ? PG_ECHO6_NAME : PG_ECHO4_NAME, slot, name);
        return r < 0 ? r : pg_do_verdict(rule, NFT_GOTO, name);
}

/* 127.0.0.0/8 that came over a wire, which the kernel lets in where route_localnet is on (::1 it drops
 * by itself). Answers to what this host sent from 127.0.0.1 through NAT come to it by right, and so
 * does what the host's own rules translate. */
static int add_loopback_chain(struct pg_ruleset *ruleset, char slot)
{
        char name[PG_NAME_MAX];
        struct pg_chain *chain;
        struct pg_rule *rule;
        int r;

        pg_slot_name("loopback", slot, name);
        chain = pg_ruleset_add_chain(ruleset, name);
        rule = chain ? pg_chain_add_rule(chain) : NULL;
        r = rule ? pg_match_ct_state(rule, STATE_ESTABLISHED | STATE_RELATED) : -ENOMEM;
        if (r >= 0)
                r = pg_do_verdict(rule, NFT_RETURN, NULL);
        rule = r < 0 ? NULL : pg_chain_add_rule(chain);
        r = rule ? pg_match_ct_status(rule, IPS_DST_NAT) : -ENOMEM;
        if (r >= 0)
                r = pg_do_verdict(rule, NFT_RETURN, NULL);
        rule = r < 0 ? NULL : pg_chain_add_rule(chain);
        r = rule ? pg_do_counter(rule) : -ENOMEM;
        return r < 0 ? r : pg_do_verdict(rule, NF_DROP, NULL);
}

/* "ip saddr 127.0.0.0/8", or daddr. */
static struct pg_rule *begin_loopback_rule(struct pg_chain *chain, bool is_source)
{
        static const uint8_t loopback[4] = {127};
        struct pg_rule *rule = pg_chain_add_rule(chain);
        int r = rule ? pg_match_family(rule, NFPROTO_IPV4) : -ENOMEM;

        if (r >= 0)
                r = pg_match_prefix4(rule, is_source, loopback, 8);
        return r < 0 ? NULL : rule;
}

/* Before the replies: conntrack takes a forged one for an answer within this host, as that of a
 * resolver at 127.0.0.53. */
static int drop_from_loopback(struct pg_chain *chain)
{
        struct pg_rule *rule = begin_loopback_rule(chain, true);

        return rule ? pg_do_verdict(rule, NF_DROP, NULL) : -ENOMEM;
}

int pg_base_loopback_rule(struct pg_chain *chain, char slot)
{
        struct pg_rule *rule = begin_loopback_rule(chain, false);
        char name[PG_NAME_MAX];
        int r = rule ? 0 : -ENOMEM;

        pg_slot_name("loopback", slot, name);
        return r < 0 ? r : pg_do_verdict(rule, NFT_JUMP, name);
}

/* A chain that drops such packets first. */
static struct pg_chain *begin_chain(struct pg_ruleset *ruleset, const char *base, char slot)
{
        char name[PG_NAME_MAX];
        struct pg_chain *chain;

        pg_slot_name(base, slot, name);
        chain = pg_ruleset_add_chain(ruleset, name);
        return chain && pg_base_loopback_rule(chain, slot) >= 0 ? chain : NULL;
}

static int add_icmp_chain(struct pg_ruleset *ruleset, char slot)
{
        struct pg_chain *chain = begin_chain(ruleset, "icmp", slot);
        int r = chain ? 0 : -ENOMEM;

        for (size_t i = 0; r >= 0 && i < PG_ICMP_ERRORS; i++) {
                struct pg_rule *rule = pg_chain_add_rule(chain);

                r = rule ? match_type(rule, false, pg_icmp_errors[i], pg_icmp_errors[i]) : -ENOMEM;
                if (r >= 0)
                        r = pg_do_verdict(rule, NF_ACCEPT, NULL);
        }
        return r < 0 ? r : go_to_echo(chain, false, slot);
}

static int add_icmpv6_chain(struct pg_ruleset *ruleset, char slot)
{
        char name[PG_NAME_MAX];
        struct pg_chain *chain;
        int r;

        pg_slot_name("icmpv6", slot, name);
        chain = pg_ruleset_add_chain(ruleset, name);
        r = chain ? 0 : -ENOMEM;
        for (size_t i = 0; r >= 0 && i < PG_ICMPV6_RULES; i++)
                r = accept_icmpv6(chain, &pg_icmpv6_rules[i]);
        return r < 0 ? r : go_to_echo(chain, true, slot);
}

/* Any source address, 0.0.0.0 too: that is what a snooping switch's querier uses. */
static int add_igmp_chain(struct pg_ruleset *ruleset, char slot)
{
        static const uint8_t multicast[4] = {224};
        struct pg_chain *chain = begin_chain(ruleset, "igmp", slot);
        struct pg_rule *rule = chain ? pg_chain_add_rule(chain) : NULL;
        int r = rule ? pg_match_family(rule, NFPROTO_IPV4) : -ENOMEM;

        if (r >= 0)
                r = pg_match_prefix4(rule, false, multicast, 4);
        return r < 0 ? r : pg_do_verdict(rule, NF_ACCEPT, NULL);
}

static int add_dhcp_chain(struct pg_ruleset *ruleset, char slot)
{
        struct pg_chain *chain = begin_chain(ruleset, "dhcp", slot);
        struct pg_rule *rule = chain ? pg_chain_add_rule(chain) : NULL;
        int r = rule ? pg_match_family(rule, NFPROTO_IPV4) : -ENOMEM;

        return r < 0 ? r : pg_do_verdict(rule, NF_ACCEPT, NULL);
}

int pg_base_input_chains(struct pg_ruleset *ruleset, const struct pg_policy *policy, char slot)
{
        int r = add_icmp_chain(ruleset, slot);

        if (r >= 0)
                r = add_icmpv6_chain(ruleset, slot);
        if (r >= 0)
                r = add_igmp_chain(ruleset, slot);
        if (r >= 0)
                r = add_dhcp_chain(ruleset, slot);
        if (r >= 0)
                r = add_echo_chain(ruleset, policy, false, slot);
        if (r >= 0)
                r = add_echo_chain(ruleset, policy, true, slot);
        return r < 0 ? r : add_loopback_chain(ruleset, slot);
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

static int match_dhcpv4(struct pg_rule *rule)
{
        int r = pg_match_protocol(rule, IPPROTO_UDP);

        if (r >= 0)
                r = pg_match_port(rule, true, 67);
        return r < 0 ? r : pg_match_port(rule, false, 68);
}

int pg_base_dhcpv4_rule(struct pg_chain *chain)
{
        struct pg_rule *rule = pg_chain_add_rule(chain);
        int r = rule ? match_dhcpv4(rule) : -ENOMEM;

        if (r >= 0)
                r = pg_match_family(rule, NFPROTO_IPV4);
        return r < 0 ? r : pg_do_verdict(rule, NF_ACCEPT, NULL);
}

int pg_base_dhcpv6_rule(struct pg_chain *chain, bool from_547)
{
        struct pg_rule *rule = pg_chain_add_rule(chain);
        int r = rule ? pg_match_protocol(rule, IPPROTO_UDP) : -ENOMEM;

        if (r >= 0 && from_547)
                r = pg_match_port(rule, true, 547);
        if (r >= 0)
                r = pg_match_port(rule, false, 546);
        if (r >= 0)
                r = pg_match_family(rule, NFPROTO_IPV6);
        if (r >= 0)
                r = pg_match_prefix6(rule, false, link_local, 10);
        return r < 0 ? r : pg_do_verdict(rule, NF_ACCEPT, NULL);
}

/* Answers to a broadcast request are no replies to conntrack. Servers may answer from any port (RFC
 * 8415 section 7.2). */
static int accept_dhcp(struct pg_chain *chain, char slot)
{
        struct pg_rule *rule = pg_chain_add_rule(chain);
        char name[PG_NAME_MAX];
        int r = rule ? match_dhcpv4(rule) : -ENOMEM;

        pg_slot_name("dhcp", slot, name);
        if (r >= 0)
                r = pg_do_verdict(rule, NFT_JUMP, name);
        return r < 0 ? r : pg_base_dhcpv6_rule(chain, false);
}

int pg_base_input_rules(struct pg_chain *chain, char slot)
{
        struct pg_rule *rule = pg_chain_add_rule(chain);
        int r = rule ? pg_match_iif_lo(rule) : -ENOMEM;

        if (r >= 0)
                r = pg_do_verdict(rule, NF_ACCEPT, NULL);
        if (r >= 0)
                r = drop_from_loopback(chain);
        /* Before the invalid are dropped: echo replies to multicast are invalid, NDP is untracked.
         * Before the replies: of a ping that was answered each request is established, and to be
         * limited. */
        if (r >= 0)
                r = jump_for_protocol(chain, IPPROTO_ICMP, "icmp", slot);
        if (r >= 0)
                r = jump_for_protocol(chain, IPPROTO_ICMPV6, "icmpv6", slot);
        if (r >= 0)
                r = accept_replies(chain);
        if (r >= 0)
                r = drop_invalid(chain);
        if (r >= 0)
                r = jump_for_protocol(chain, IPPROTO_IGMP, "igmp", slot);
        return r < 0 ? r : accept_dhcp(chain, slot);
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
