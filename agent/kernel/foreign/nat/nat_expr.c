/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What expressions of other programs' rules say of packets: of nft, and of iptables-nft (matches of
 * xtables). */
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <libnftnl/expr.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "kernel/foreign/nat/internal.h"

uint8_t pg_nat_register(const struct nftnl_expr *e, uint16_t attribute)
{
        uint32_t number = nftnl_expr_get_u32(e, attribute); /* 0 where it is none */
        uint32_t word = number >= NFT_REG32_00 ? number - NFT_REG32_00 : 4 * (number - NFT_REG_1);

        return (uint8_t)(word < PG_NAT_REGISTERS ? word : PG_NAT_REGISTERS);
}

bool pg_nat_condition(struct pg_nat_state *state)
{
        state->is_partial = true;
        state->packets.is_conditional = true;
        return true;
}

bool pg_nat_put(struct pg_nat_state *state, uint8_t target, enum pg_nat_field field, const void *bytes,
                uint32_t length)
{
        if (length > PG_NAT_KEY_MAX)
                length = PG_NAT_KEY_MAX;
        for (uint32_t i = 0; i < length; i += 4) {
                state->fields[target + i / 4] = field;
                state->lengths[target + i / 4] = (uint8_t)(length - i);
        }
        memset(&state->bytes[4 * target], 0xff, length);
        if (bytes)
                memcpy(&state->bytes[4 * target], bytes, length);
        return true;
}

static bool load(struct pg_nat_state *state, const struct nftnl_expr *e, uint16_t attribute,
                 enum pg_nat_field field, uint32_t length)
{
        return pg_nat_put(state, pg_nat_register(e, attribute), field, NULL, length);
}

bool pg_nat_narrow_ports(struct pg_nat_state *state, uint8_t protocol, uint16_t first, uint16_t last)
{
        struct pg_forward *packets = &state->packets;

        state->is_partial = true;
        if (protocol != 0 && packets->protocol != 0 && packets->protocol != protocol)
                return false;
        if (protocol != 0)
                packets->protocol = protocol;
        if (first > packets->first)
                packets->first = first;
        if (last < packets->last)
                packets->last = last;
        return packets->first <= packets->last;
}

/* The bytes of an address that were loaded and not masked out decide; the others are any. */
static bool narrow_target(struct pg_forward *packets, bool is_v6, const uint8_t *mask, size_t length,
                          const uint8_t *first, const uint8_t *last)
{
        uint8_t low[16] = {0}, high[16];

        memset(high, 0xff, sizeof(high));
        for (size_t i = 0; i < length && i < sizeof(low); i++) {
                low[i] = first[i] & mask[i];
                high[i] = (uint8_t)(last[i] | ~mask[i]);
        }
        if (packets->has_target && packets->is_v6 != is_v6)
                return false;
        if (!packets->has_target || memcmp(low, packets->target_first, sizeof(low)) > 0)
                memcpy(packets->target_first, low, sizeof(low));
        if (!packets->has_target || memcmp(high, packets->target_last, sizeof(high)) < 0)
                memcpy(packets->target_last, high, sizeof(high));
        packets->has_target = true;
        packets->is_v6 = is_v6;
        return memcmp(packets->target_first, packets->target_last, sizeof(low)) <= 0;
}

/* The field that begins in the register: `length` bytes of it, or it and others behind it, are
 * compared. */
static bool narrow_field(struct pg_nat_state *state, size_t at, const uint8_t *first,
                         const uint8_t *last, size_t length)
{
        struct pg_forward *packets = &state->packets;
        bool is_whole = length >= state->lengths[at];

        length = is_whole ? state->lengths[at] : length;
        switch (state->fields[at]) {
        case PG_NAT_CHANCE:
                return true;
        case PG_NAT_SOURCE:
                packets->is_limited = true;
                return true;
        case PG_NAT_PROTOCOL:
                if (first[0] == last[0])
                        return pg_nat_narrow_ports(state, first[0], 0, UINT16_MAX);
                break;
        case PG_NAT_PORT:
                if (is_whole)
                        return pg_nat_narrow_ports(state, 0, (uint16_t)(first[0] << 8 | first[1]),
                                                   (uint16_t)(last[0] << 8 | last[1]));
                break;
        case PG_NAT_TARGET4:
        case PG_NAT_TARGET6:
                return narrow_target(packets, state->fields[at] == PG_NAT_TARGET6,
                                     &state->bytes[4 * at], length, first, last);
        case PG_NAT_INTERFACE:
                if (memcmp(first, last, length) != 0)
                        break;
                /* A name of which a part is compared only stands for all that begin so. */
                snprintf(packets->interface, sizeof(packets->interface), "%.*s%s", (int)length,
                         (const char *)first, memchr(first, '\0', length) ? "" : "*");
                return true;
        default:
                break;
        }
        return pg_nat_condition(state);
}

bool pg_nat_narrow(struct pg_nat_state *state, uint8_t source, const uint8_t *first,
                   const uint8_t *last, size_t length)
{
        size_t n = 0;

        state->is_partial = true;
        for (size_t i = 0; i < length && i < PG_NAT_KEY_MAX; i += n) {
                size_t at = source + i / 4;

                if (!narrow_field(state, at, first + i, last + i, length - i))
                        return false;
                n = state->lengths[at] > 4 ? (state->lengths[at] + 3) / 4 * 4 : 4;
        }
        return true;
}

static bool see_meta(struct pg_nat_state *state, const struct nftnl_expr *e)
{
        switch (nftnl_expr_get_u32(e, NFTNL_EXPR_META_KEY)) {
        case NFT_META_L4PROTO:
                return load(state, e, NFTNL_EXPR_META_DREG, PG_NAT_PROTOCOL, 1);
        case NFT_META_IIFNAME:
                return load(state, e, NFTNL_EXPR_META_DREG, PG_NAT_INTERFACE, IF_NAMESIZE);
        default:
                return load(state, e, NFTNL_EXPR_META_DREG, PG_NAT_UNKNOWN, 4);
        }
}

/* In a table of both families, the offset and the length tell. */
static enum pg_nat_field network_field(uint8_t family, uint32_t offset, uint32_t length)
{
        bool v4 = family != NFPROTO_IPV6, v6 = family != NFPROTO_IPV4;

        if (length == 1 && ((v4 && offset == 9) || (v6 && offset == 6)))
                return PG_NAT_PROTOCOL;
        if (v4 && offset == 16 && length <= 4)
                return PG_NAT_TARGET4;
        if (v6 && offset == 24 && length <= 16)
                return PG_NAT_TARGET6;
        if ((v4 && offset == 12 && length <= 4) || (v6 && offset == 8 && length > 1 && length <= 16))
                return PG_NAT_SOURCE;
        return PG_NAT_UNKNOWN;
}

static bool see_payload(struct pg_nat_state *state, const struct nftnl_expr *e)
{
        uint32_t base = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_BASE);
        uint32_t offset = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET);
        uint32_t length = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_LEN);
        enum pg_nat_field field = PG_NAT_UNKNOWN;

        if (base == NFT_PAYLOAD_TRANSPORT_HEADER && offset == 2 && length == 2)
                field = PG_NAT_PORT;
        else if (base == NFT_PAYLOAD_NETWORK_HEADER)
                field = network_field(state->packets.family, offset, length);
        return load(state, e, NFTNL_EXPR_PAYLOAD_DREG, field, length);
}

/* The mask of an address: "-d 10.0.0.0/12". */
static bool see_bitwise(struct pg_nat_state *state, const struct nftnl_expr *e)
{
        static const uint8_t nothing[PG_NAT_KEY_MAX];
        uint32_t length = nftnl_expr_get_u32(e, NFTNL_EXPR_BITWISE_LEN), n_mask = 0, n_flipped = 0;
        const uint8_t *mask = nftnl_expr_get(e, NFTNL_EXPR_BITWISE_MASK, &n_mask);
        const uint8_t *flipped = nftnl_expr_get(e, NFTNL_EXPR_BITWISE_XOR, &n_flipped);
        enum pg_nat_field field = state->fields[pg_nat_register(e, NFTNL_EXPR_BITWISE_SREG)];
        bool is_masked = mask && n_mask == length && flipped &&
                         memcmp(flipped, nothing, n_flipped) == 0 &&
                         (field == PG_NAT_SOURCE || field == PG_NAT_TARGET4 || field == PG_NAT_TARGET6);

        return pg_nat_put(state, pg_nat_register(e, NFTNL_EXPR_BITWISE_DREG),
                          is_masked ? field : PG_NAT_UNKNOWN, is_masked ? mask : NULL, length);
}

static bool see_constant(struct pg_nat_state *state, const struct nftnl_expr *e)
{
        uint32_t length = 0;
        const uint8_t *data = nftnl_expr_get(e, NFTNL_EXPR_IMM_DATA, &length);

        return pg_nat_put(state, pg_nat_register(e, NFTNL_EXPR_IMM_DREG), PG_NAT_BYTES, data, length);
}

/* Of "cmp" and "range", whose attributes and first two operators have the same numbers. */
static bool see_comparison(struct pg_nat_state *state, const struct nftnl_expr *e)
{
        uint32_t op = nftnl_expr_get_u32(e, NFTNL_EXPR_CMP_OP), length = 0, n_to = 0;
        const uint8_t *data = nftnl_expr_get(e, NFTNL_EXPR_CMP_DATA, &length);
        const uint8_t *to = nftnl_expr_get(e, NFTNL_EXPR_RANGE_TO_DATA, &n_to);
        uint8_t source = pg_nat_register(e, NFTNL_EXPR_CMP_SREG);
        uint8_t first[PG_NAT_KEY_MAX] = {0}, last[PG_NAT_KEY_MAX];

        if (!data || length > sizeof(first) || (to && n_to != length) || op == NFT_CMP_NEQ ||
            state->fields[source] == PG_NAT_CHANCE)
                return pg_nat_condition(state);
        memset(last, 0xff, sizeof(last));
        if (op != NFT_CMP_LT && op != NFT_CMP_LTE)
                memcpy(first, data, length);
        if (op != NFT_CMP_GT && op != NFT_CMP_GTE)
                memcpy(last, to ? to : data, length);
        /* x < data is x <= data - 1. */
        for (size_t i = length; op == NFT_CMP_LT && i > 0 && last[i - 1]-- == 0; i--)
                ;
        for (size_t i = length; op == NFT_CMP_GT && i > 0 && ++first[i - 1] == 0; i--)
                ;
        return pg_nat_narrow(state, source, first, last, length);
}

/* The kernel rounds the size of these structures up (XT_ALIGN). */
static bool get_match(const struct nftnl_expr *e, uint32_t revision, void *info, size_t size)
{
        uint32_t length = 0;
        const void *data = nftnl_expr_get(e, NFTNL_EXPR_MT_INFO, &length);

        if (!data || length < size || nftnl_expr_get_u32(e, NFTNL_EXPR_MT_REV) != revision)
                return false;
        memcpy(info, data, size);
        return true;
}

size_t pg_nat_multiport(const struct nftnl_expr *e, uint16_t first[static PG_NAT_PORTS_MAX],
                        uint16_t last[static PG_NAT_PORTS_MAX])
{
        const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_MT_NAME);
        struct xt_multiport_v1 info;
        size_t n = 0;

        if (!name || strcmp(name, "multiport") != 0 || !get_match(e, 1, &info, sizeof(info)) ||
            info.invert || info.flags != XT_MULTIPORT_DESTINATION || info.count > XT_MULTI_PORTS)
                return 0;
        for (uint8_t i = 0; i < info.count; i++) {
                first[n] = info.ports[i];
                /* The flag says that a range begins, and the next is its end. */
                i += info.pflags[i] && i + 1 < info.count;
                last[n++] = info.ports[i];
        }
        return n;
}

/* xt_udp begins as xt_tcp does, and has its flags where that has `option`. What is inverted, or asks
 * for more than the destination's port, is taken to be met. */
static bool see_match(struct pg_nat_state *state, const struct nftnl_expr *e)
{
        const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_MT_NAME);
        bool is_tcp = name && strcmp(name, "tcp") == 0, is_udp = name && strcmp(name, "udp") == 0,
             is_inverted;
        struct xt_tcp info = {0};

        if (name && strcmp(name, "comment") == 0)
                return true;
        if ((!is_tcp && !is_udp) ||
            !get_match(e, 0, &info, is_tcp ? sizeof(struct xt_tcp) : sizeof(struct xt_udp)))
                return pg_nat_condition(state);
        if (info.spts[0] > 0 || info.spts[1] < UINT16_MAX || info.option || info.flg_mask ||
            info.invflags)
                pg_nat_condition(state);
        is_inverted = is_tcp ? info.invflags & XT_TCP_INV_DSTPT : info.option & XT_UDP_INV_DSTPT;
        return pg_nat_narrow_ports(state, is_tcp ? IPPROTO_TCP : IPPROTO_UDP,
                                   is_inverted ? 0 : info.dpts[0],
                                   is_inverted ? UINT16_MAX : info.dpts[1]);
}

bool pg_nat_see(struct pg_nat_state *state, const struct nftnl_expr *e)
{
        static const struct {
                const char *name;
                bool (*see)(struct pg_nat_state *state, const struct nftnl_expr *e);
        } known[] = {
                {"meta", see_meta},
                {"payload", see_payload},
                {"bitwise", see_bitwise},
                {"cmp", see_comparison},
                {"range", see_comparison},
                {"immediate", see_constant},
                {"match", see_match},
                /* Every packet passes these. */
                {"counter", NULL},
                {"log", NULL},
                {"target", NULL},
        };
        const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME);

        for (size_t i = 0; i < PG_ELEMENTSOF(known) && !pg_expr_is_unknown(e); i++)
                if (strcmp(known[i].name, name) == 0)
                        return !known[i].see || known[i].see(state, e);
        if (strcmp(name, "numgen") == 0)
                return load(state, e, NFTNL_EXPR_NG_DREG, PG_NAT_CHANCE, 4);
        if (strcmp(name, "hash") == 0)
                return load(state, e, NFTNL_EXPR_HASH_DREG, PG_NAT_CHANCE, 4);
        if (pg_expr_is_idle(e))
                return true;
        /* Of others, any register may be a target. */
        memset(state->fields, 0, sizeof(state->fields));
        return pg_nat_condition(state);
}
