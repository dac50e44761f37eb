/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Families and hooks as nft calls them. */
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <string.h>

#include "kernel/foreign/internal.h"

/* Not in every linux/netfilter.h that has nf_tables. */
#define NETDEV_INGRESS 0
#define NETDEV_EGRESS 1
#define INET_INGRESS 5

const char *pg_family_name(uint8_t family)
{
        switch (family) {
        case NFPROTO_INET:
                return "inet";
        case NFPROTO_IPV4:
                return "ip";
        case NFPROTO_IPV6:
                return "ip6";
        case NFPROTO_ARP:
                return "arp";
        case NFPROTO_NETDEV:
                return "netdev";
        case NFPROTO_BRIDGE:
                return "bridge";
        default:
                return "unknown";
        }
}

/* arptables numbers its own: input, output. */
static const char *arp_hook_name(uint32_t hook)
{
        return hook == 0 ? "input" : hook == 1 ? "output" : "unknown";
}

const char *pg_hook_name(uint8_t family, uint32_t hook)
{
        static const char *const names[] = {
                [NF_INET_PRE_ROUTING] = "prerouting",   [NF_INET_LOCAL_IN] = "input",
                [NF_INET_FORWARD] = "forward",          [NF_INET_LOCAL_OUT] = "output",
                [NF_INET_POST_ROUTING] = "postrouting", [INET_INGRESS] = "ingress",
        };

        if (family == NFPROTO_NETDEV)
                return hook == NETDEV_INGRESS  ? "ingress"
                       : hook == NETDEV_EGRESS ? "egress"
                                               : "unknown";
        if (family == NFPROTO_ARP)
                return arp_hook_name(hook);
        return hook < PG_ELEMENTSOF(names) ? names[hook] : "unknown";
}

int pg_hook_order(uint8_t family, uint32_t hook)
{
        if (family == NFPROTO_NETDEV)
                return hook == NETDEV_INGRESS ? -1 : NF_INET_NUMHOOKS + 1;
        return hook == INET_INGRESS ? -1 : (int)(hook > NF_INET_NUMHOOKS ? NF_INET_NUMHOOKS : hook);
}

bool pg_foreign_chain_concerns_host(const struct pg_foreign_chain *foreign_chain)
{
        return foreign_chain->family != NFPROTO_ARP && foreign_chain->family != NFPROTO_BRIDGE &&
               strcmp(pg_hook_name(foreign_chain->family, foreign_chain->hook), "forward") != 0;
}

/* Those of IPv6 are the same (NF_IP6_PRI_NAT_DST). */
int32_t pg_foreign_chain_place(const struct pg_foreign_chain *foreign_chain)
{
        if (strcmp(foreign_chain->type, "nat") != 0)
                return foreign_chain->priority;
        return foreign_chain->hook == NF_INET_PRE_ROUTING || foreign_chain->hook == NF_INET_LOCAL_OUT
                       ? NF_IP_PRI_NAT_DST
                       : NF_IP_PRI_NAT_SRC;
}

bool pg_foreign_chain_is_inbound(const struct pg_foreign_chain *foreign_chain)
{
        const char *hook = pg_hook_name(foreign_chain->family, foreign_chain->hook);

        return strcmp(hook, "ingress") == 0 || strcmp(hook, "prerouting") == 0 ||
               strcmp(hook, "input") == 0;
}
