/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Matches and targets of xtables, as iptables-nft puts them into nftables rules. */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/expr.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <string.h>

#include "kernel/foreign/nat/internal.h"

/* The kernel rounds the size of these structures up (XT_ALIGN). */
static bool get_info(const struct nftnl_expr *e, uint16_t attribute, void *info, size_t size)
{
        uint32_t length = 0;
        const void *data = nftnl_expr_get(e, attribute, &length);

        if (!data || length < size)
                return false;
        memcpy(info, data, size);
        return true;
}

static int add_condition(struct pg_nat_rule *rule)
{
        return pg_nat_add_op(rule, PG_NAT_CONDITION) ? 0 : -ENOMEM;
}

static int add_ports(struct pg_nat_rule *rule, uint8_t protocol, const uint16_t ports[2],
                     bool is_negated)
{
        struct pg_nat_op *op = pg_nat_add_op(rule, PG_NAT_PORTS);

        if (!op)
                return -ENOMEM;
        op->ports.protocol = protocol;
        op->ports.n = 1;
        op->ports.first[0] = is_negated ? 0 : ports[0];
        op->ports.last[0] = is_negated ? UINT16_MAX : ports[1];
        return 0;
}

static int decode_multiport(const struct nftnl_expr *e, struct pg_nat_rule *rule)
{
        struct xt_multiport_v1 info;
        struct pg_nat_op *op;

        if (!get_info(e, NFTNL_EXPR_MT_INFO, &info, sizeof(info)) || info.invert ||
            info.flags == XT_MULTIPORT_SOURCE || info.count > XT_MULTI_PORTS)
                return add_condition(rule);
        op = pg_nat_add_op(rule, PG_NAT_PORTS);
        if (!op)
                return -ENOMEM;
        op->ports.protocol = 0;
        for (uint8_t i = 0; i < info.count; i++) {
                uint8_t n = op->ports.n++;

                op->ports.first[n] = info.ports[i];
                /* The flag says that a range begins, and the next is its end. */
                if (info.pflags[i] && i + 1 < info.count)
                        i++;
                op->ports.last[n] = info.ports[i];
        }
        return 0;
}

int pg_nat_match_decode(const struct nftnl_expr *e, struct pg_nat_rule *rule)
{
        const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_MT_NAME);
        uint32_t revision = nftnl_expr_get_u32(e, NFTNL_EXPR_MT_REV);
        struct xt_tcp tcp;
        struct xt_udp udp;

        if (name && strcmp(name, "tcp") == 0 && revision == 0 &&
            get_info(e, NFTNL_EXPR_MT_INFO, &tcp, sizeof(tcp)))
                return add_ports(rule, IPPROTO_TCP, tcp.dpts, tcp.invflags & XT_TCP_INV_DSTPT);
        if (name && strcmp(name, "udp") == 0 && revision == 0 &&
            get_info(e, NFTNL_EXPR_MT_INFO, &udp, sizeof(udp)))
                return add_ports(rule, IPPROTO_UDP, udp.dpts, udp.invflags & XT_UDP_INV_DSTPT);
        if (name && strcmp(name, "multiport") == 0 && revision == 1)
                return decode_multiport(e, rule);
        /* Says nothing of packets. */
        if (name && strcmp(name, "comment") == 0)
                return 0;
        return add_condition(rule);
}

static void set_range4(struct pg_nat_translation *to, const struct nf_nat_ipv4_range *range)
{
        to->has_address = range->flags & NF_NAT_RANGE_MAP_IPS;
        memcpy(to->address, &range->min_ip, sizeof(range->min_ip));
        to->has_port = range->flags & NF_NAT_RANGE_PROTO_SPECIFIED;
        to->port = ntohs(range->min.all);
}

/* Version 2 begins as this does. */
static void set_range(struct pg_nat_translation *to, const struct nf_nat_range *range, bool is_v6)
{
        to->is_v6 = is_v6;
        to->has_address = range->flags & NF_NAT_RANGE_MAP_IPS;
        memcpy(to->address, &range->min_addr, sizeof(to->address));
        to->has_port = range->flags & NF_NAT_RANGE_PROTO_SPECIFIED;
        to->port = ntohs(range->min_proto.all);
}

int pg_nat_target_decode(const struct nftnl_expr *e, struct pg_nat_rule *rule)
{
        const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_TG_NAME);
        bool is_redirect = name && strcmp(name, "REDIRECT") == 0;
        bool is_v6 = rule->family == NFPROTO_IPV6;
        struct nf_nat_ipv4_multi_range_compat old;
        struct nf_nat_range range;
        struct pg_nat_op *op;

        if (!name || (!is_redirect && strcmp(name, "DNAT") != 0))
                return 0; /* marks, logs and the like let the packet go on */
        op = pg_nat_add_op(rule, PG_NAT_TRANSLATE);
        if (!op)
                return -ENOMEM;
        /* Revision 0 has the structure of old, but not with IPv6: they differ in size. */
        if (get_info(e, NFTNL_EXPR_TG_INFO, &range, sizeof(range)))
                set_range(&op->translation, &range, is_v6);
        else if (get_info(e, NFTNL_EXPR_TG_INFO, &old, sizeof(old)) && old.rangesize == 1)
                set_range4(&op->translation, &old.range[0]);
        else
                op->kind = PG_NAT_CONDITION;
        op->translation.has_address = op->translation.has_address && !is_redirect;
        return 0;
}
