/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules that every policy has, as data and as an answer. */
#include "policy/base_traffic.h"

#include <netinet/in.h>
#include <string.h>

#define PORT_DHCP_CLIENT 68
#define PORT_DHCP_SERVER 67
#define PORT_DHCPV6_CLIENT 546
#define LOOPBACK_NET 127 /* the first byte */

const struct pg_icmpv6_rule pg_icmpv6_rules[] = {
        {133, 136, PG_FROM_ANY, 255, "neighbour discovery"}, /* :: is the source of a new address */
        {141, 142, PG_FROM_ANY, 255, "inverse neighbour discovery"},
        {148, 149, PG_FROM_ANY, 255, "secure neighbour discovery"},
        {130, 132, PG_FROM_LINK_LOCAL, PG_HOPS_ANY, "multicast listener discovery"},
        {130, 132, PG_FROM_UNSPECIFIED, PG_HOPS_ANY, "multicast listener discovery"},
        {143, 143, PG_FROM_LINK_LOCAL, PG_HOPS_ANY, "multicast listener discovery"},
        {143, 143, PG_FROM_UNSPECIFIED, PG_HOPS_ANY, "multicast listener discovery"},
        {151, 153, PG_FROM_LINK_LOCAL, 1, "multicast router discovery"},
        {1, 4, PG_FROM_ANY, PG_HOPS_ANY, "ICMPv6 error"},   /* 2: too big; routers do not fragment */
        {129, 129, PG_FROM_ANY, PG_HOPS_ANY, "echo reply"}, /* to multicast: invalid to conntrack */
};
_Static_assert(sizeof(pg_icmpv6_rules) / sizeof(pg_icmpv6_rules[0]) == PG_ICMPV6_RULES, "all of them");

const uint8_t pg_icmp_errors[] = {3, 11, 12};

static bool is_link_local(const struct pg_flow *flow)
{
        return flow->is_v6 && flow->address[0] == 0xfe && (flow->address[1] & 0xc0) == 0x80;
}

static bool has_sender(const struct pg_flow *flow, enum pg_sender sender)
{
        static const uint8_t unspecified[16];

        switch (sender) {
        case PG_FROM_LINK_LOCAL:
                return is_link_local(flow);
        case PG_FROM_UNSPECIFIED:
                return memcmp(flow->address, unspecified, sizeof(unspecified)) == 0;
        default:
                return true;
        }
}

static const char *icmpv6_admits(const struct pg_flow *flow)
{
        for (size_t i = 0; i < PG_ELEMENTSOF(pg_icmpv6_rules); i++) {
                const struct pg_icmpv6_rule *rule = &pg_icmpv6_rules[i];

                if (flow->type >= rule->first && flow->type <= rule->last &&
                    has_sender(flow, rule->sender))
                        return rule->name;
        }
        return NULL;
}

static const char *input_admits(const struct pg_flow *flow)
{
        switch (flow->protocol) {
        case IPPROTO_ICMP:
                for (size_t i = 0; i < PG_ELEMENTSOF(pg_icmp_errors); i++)
                        if (flow->type == pg_icmp_errors[i])
                                return "ICMP error";
                return NULL;
        case IPPROTO_ICMPV6:
                return icmpv6_admits(flow);
        case IPPROTO_IGMP:
                return flow->is_v6 ? NULL : "multicast group membership (IGMP), to a multicast group";
        case IPPROTO_UDP:
                if (!flow->is_v6 && flow->port == PORT_DHCP_CLIENT &&
                    flow->source_port == PORT_DHCP_SERVER)
                        return "answer to the DHCP client";
                /* That is where a server answers (RFC 8415, 18.3). */
                return flow->is_v6 && flow->port == PORT_DHCPV6_CLIENT
                               ? "answer to the DHCPv6 client, to a link-local address"
                               : NULL;
        default:
                return NULL;
        }
}

static const char *output_admits(const struct pg_flow *flow)
{
        switch (flow->protocol) {
        case IPPROTO_ICMP:
        case IPPROTO_ICMPV6:
                return "outbound ICMP";
        case IPPROTO_IGMP:
                return "multicast group membership (IGMP)";
        default:
                return NULL;
        }
}

const char *pg_base_admits(const struct pg_flow *flow)
{
        if (flow->interface && strcmp(flow->interface, "lo") == 0)
                return "loopback";
        return flow->direction == PG_IN ? input_admits(flow) : output_admits(flow);
}

const char *pg_base_refuses(const struct pg_flow *flow)
{
        if (flow->direction == PG_OUT || flow->is_v6 || !flow->interface ||
            strcmp(flow->interface, "lo") == 0)
                return NULL;
        if (flow->address[0] == LOOPBACK_NET)
                return "an address of 127.0.0.0/8 that does not come from this host";
        return flow->to_loopback ? "to an address of 127.0.0.0/8, and not from this host" : NULL;
}

bool pg_flow_is_ping(const struct pg_flow *flow)
{
        return flow->direction == PG_IN &&
               flow->protocol == (flow->is_v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP) &&
               flow->type == (flow->is_v6 ? PG_ICMPV6_ECHO : PG_ICMP_ECHO);
}
