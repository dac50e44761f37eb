/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a rule sends packets to: nft's dnat and redirect, and DNAT, REDIRECT and NETMAP of xtables. */
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <libnftnl/expr.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "kernel/foreign/nat/internal.h"

static void set_ports(struct pg_nat_state *state, const struct nftnl_expr *e, uint16_t min,
                      uint16_t max, uint32_t flags)
{
        uint8_t first = pg_nat_register(e, min), last = pg_nat_register(e, max);
        struct pg_forward *packets = &state->packets;

        if (first == PG_NAT_REGISTERS)
                return;
        if (last == PG_NAT_REGISTERS)
                last = first;
        packets->keeps_port = !(flags & (NF_NAT_RANGE_PROTO_RANDOM_ALL | NF_NAT_RANGE_PROTO_OFFSET));
        if (state->fields[first] == PG_NAT_BYTES && state->fields[last] == PG_NAT_BYTES) {
                packets->to_port =
                        (uint16_t)(state->bytes[4 * first] << 8 | state->bytes[4 * first + 1]);
                packets->to_port_last =
                        (uint16_t)(state->bytes[4 * last] << 8 | state->bytes[4 * last + 1]);
                return;
        }
        /* Which one is not known. */
        packets->to_port = 1;
        packets->to_port_last = UINT16_MAX;
        packets->keeps_port = false;
}

static void set_address(struct pg_nat_state *state, const struct nftnl_expr *e)
{
        uint8_t first = pg_nat_register(e, NFTNL_EXPR_NAT_REG_ADDR_MIN);
        uint8_t last = pg_nat_register(e, NFTNL_EXPR_NAT_REG_ADDR_MAX);
        struct pg_forward *packets = &state->packets;
        size_t size;

        if (last == PG_NAT_REGISTERS)
                last = first;
        packets->to_is_v6 = nftnl_expr_get_u32(e, NFTNL_EXPR_NAT_FAMILY) == NFPROTO_IPV6;
        size = packets->to_is_v6 ? 16 : 4;
        packets->has_to = state->fields[first] == PG_NAT_BYTES && state->fields[last] == PG_NAT_BYTES &&
                          state->lengths[first] >= size && state->lengths[last] >= size &&
                          !(nftnl_expr_get_u32(e, NFTNL_EXPR_NAT_FLAGS) & NF_NAT_RANGE_NETMAP);
        if (packets->has_to) {
                memcpy(packets->to, &state->bytes[4 * first], size);
                memcpy(packets->to_last, &state->bytes[4 * last], size);
        }
        /* In a table of both families it passes over the other (nft_nat_inet_eval()). */
        state->is_partial |= packets->family == NFPROTO_INET;
}

/* Revision 0 of DNAT and REDIRECT has the structure of old, but not with IPv6: they differ in size. */
static void set_range(struct pg_nat_state *state, const struct nftnl_expr *e)
{
        uint32_t length = 0;
        const void *data = nftnl_expr_get(e, NFTNL_EXPR_TG_INFO, &length);
        struct pg_forward *packets = &state->packets;
        struct nf_nat_ipv4_multi_range_compat old;
        struct nf_nat_range range = {0}; /* version 2 begins as this does */

        packets->to_is_v6 = packets->family == NFPROTO_IPV6;
        if (data && length >= sizeof(range)) {
                memcpy(&range, data, sizeof(range));
        } else if (data && length >= sizeof(old)) {
                memcpy(&old, data, sizeof(old));
                range.flags = old.range[0].flags;
                range.min_addr.ip = old.range[0].min_ip;
                range.max_addr.ip = old.range[0].max_ip;
                range.min_proto = old.range[0].min;
                range.max_proto = old.range[0].max;
        } else {
                pg_nat_condition(state);
        }
        packets->has_to = range.flags & NF_NAT_RANGE_MAP_IPS;
        memcpy(packets->to, &range.min_addr, packets->to_is_v6 ? 16 : 4);
        memcpy(packets->to_last, &range.max_addr, packets->to_is_v6 ? 16 : 4);
        if (range.flags & NF_NAT_RANGE_PROTO_SPECIFIED) {
                packets->to_port = ntohs(range.min_proto.all);
                packets->to_port_last = ntohs(range.max_proto.all);
        }
        packets->keeps_port =
                !(range.flags & (NF_NAT_RANGE_PROTO_RANDOM_ALL | NF_NAT_RANGE_PROTO_OFFSET));
}

bool pg_nat_translate(struct pg_nat_state *state, const struct nftnl_expr *e)
{
        const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME), *target;

        if (strcmp(name, "redir") == 0) {
                state->packets.stays = true;
                set_ports(state, e, NFTNL_EXPR_REDIR_REG_PROTO_MIN, NFTNL_EXPR_REDIR_REG_PROTO_MAX,
                          nftnl_expr_get_u32(e, NFTNL_EXPR_REDIR_FLAGS));
                return true;
        }
        if (strcmp(name, "nat") == 0 && nftnl_expr_get_u32(e, NFTNL_EXPR_NAT_TYPE) == NFT_NAT_DNAT) {
                state->packets.stays = !nftnl_expr_is_set(e, NFTNL_EXPR_NAT_REG_ADDR_MIN);
                if (!state->packets.stays)
                        set_address(state, e);
                set_ports(state, e, NFTNL_EXPR_NAT_REG_PROTO_MIN, NFTNL_EXPR_NAT_REG_PROTO_MAX,
                          nftnl_expr_get_u32(e, NFTNL_EXPR_NAT_FLAGS));
                return true;
        }
        target = strcmp(name, "target") == 0 ? nftnl_expr_get_str(e, NFTNL_EXPR_TG_NAME) : NULL;
        if (!target || (strcmp(target, "DNAT") != 0 && strcmp(target, "REDIRECT") != 0 &&
                        strcmp(target, "NETMAP") != 0))
                return false;
        set_range(state, e);
        /* "--to-destination :443": to the address that it had. */
        state->packets.stays =
                strcmp(target, "REDIRECT") == 0 ||
                (strcmp(target, "DNAT") == 0 && !state->packets.has_to && state->packets.to_port != 0);
        state->packets.has_to &= strcmp(target, "DNAT") == 0;
        return true;
}
