/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Expressions of other programs' rules. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/expr.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/foreign/nat/internal.h"

static int add_condition(struct pg_nat_rule *rule)
{
        return pg_nat_add_op(rule, PG_NAT_CONDITION) ? 0 : -ENOMEM;
}

static int decode_meta(const struct nftnl_expr *e, struct pg_nat_rule *rule)
{
        uint8_t target = pg_nat_register(e, NFTNL_EXPR_META_DREG);

        if (!nftnl_expr_is_set(e, NFTNL_EXPR_META_DREG))
                return 0; /* sets a mark or so */
        switch (nftnl_expr_get_u32(e, NFTNL_EXPR_META_KEY)) {
        case NFT_META_L4PROTO:
                return pg_nat_add_load(rule, PG_NAT_PROTOCOL, target, 1);
        case NFT_META_IIFNAME:
                return pg_nat_add_load(rule, PG_NAT_INTERFACE, target, IF_NAMESIZE);
        default:
                return pg_nat_add_load(rule, PG_NAT_UNKNOWN, target, 4);
        }
}

/* Which field of an IP header: in a table of both families, the offset and the length tell. */
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

static int decode_payload(const struct nftnl_expr *e, struct pg_nat_rule *rule)
{
        uint32_t base = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_BASE);
        uint32_t offset = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET);
        uint32_t length = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_LEN);
        enum pg_nat_field field = PG_NAT_UNKNOWN;

        if (!nftnl_expr_is_set(e, NFTNL_EXPR_PAYLOAD_DREG))
                return 0; /* writes into the packet */
        if (base == NFT_PAYLOAD_TRANSPORT_HEADER && offset == 2 && length == 2)
                field = PG_NAT_PORT;
        else if (base == NFT_PAYLOAD_NETWORK_HEADER)
                field = network_field(rule->family, offset, length);
        return pg_nat_add_load(rule, field, pg_nat_register(e, NFTNL_EXPR_PAYLOAD_DREG), length);
}

static int decode_lookup(const struct nftnl_expr *e, struct pg_nat_rule *rule)
{
        struct pg_nat_op *op = pg_nat_add_op(rule, PG_NAT_LOOKUP);
        bool has_target = nftnl_expr_is_set(e, NFTNL_EXPR_LOOKUP_DREG);
        const char *set = nftnl_expr_get_str(e, NFTNL_EXPR_LOOKUP_SET);

        if (!op)
                return -ENOMEM;
        op->lookup.source = pg_nat_register(e, NFTNL_EXPR_LOOKUP_SREG);
        op->lookup.is_negated = nftnl_expr_get_u32(e, NFTNL_EXPR_LOOKUP_FLAGS) & NFT_LOOKUP_F_INV;
        if (has_target) {
                op->lookup.has_verdict =
                        nftnl_expr_get_u32(e, NFTNL_EXPR_LOOKUP_DREG) == NFT_REG_VERDICT;
                op->lookup.has_data = !op->lookup.has_verdict;
                op->lookup.target = pg_nat_register(e, NFTNL_EXPR_LOOKUP_DREG);
        }
        op->lookup.set = strdup(set ? set : "");
        return op->lookup.set ? 0 : -ENOMEM;
}

static int decode_immediate(const struct nftnl_expr *e, struct pg_nat_rule *rule)
{
        bool is_verdict = nftnl_expr_get_u32(e, NFTNL_EXPR_IMM_DREG) == NFT_REG_VERDICT;
        struct pg_nat_op *op = pg_nat_add_op(rule, is_verdict ? PG_NAT_VERDICT : PG_NAT_DATA);
        const char *chain;

        if (!op)
                return -ENOMEM;
        if (!is_verdict) {
                op->data.target = pg_nat_register(e, NFTNL_EXPR_IMM_DREG);
                op->data.length =
                        pg_nat_data(e, NFTNL_EXPR_IMM_DATA, op->data.bytes, sizeof(op->data.bytes));
                return 0;
        }
        op->verdict.code = (int32_t)nftnl_expr_get_u32(e, NFTNL_EXPR_IMM_VERDICT);
        if (!nftnl_expr_is_set(e, NFTNL_EXPR_IMM_CHAIN))
                return 0;
        chain = nftnl_expr_get_str(e, NFTNL_EXPR_IMM_CHAIN);
        op->verdict.chain = strdup(chain ? chain : "");
        return op->verdict.chain ? 0 : -ENOMEM;
}

static int decode_nat(const struct nftnl_expr *e, struct pg_nat_rule *rule)
{
        struct pg_nat_op *op;

        if (nftnl_expr_get_u32(e, NFTNL_EXPR_NAT_TYPE) != NFT_NAT_DNAT)
                return 0;
        op = pg_nat_add_op(rule, PG_NAT_TRANSLATE);
        if (!op)
                return -ENOMEM;
        op->translation.is_v6 = nftnl_expr_get_u32(e, NFTNL_EXPR_NAT_FAMILY) == NFPROTO_IPV6;
        op->translation.address_in_register = nftnl_expr_is_set(e, NFTNL_EXPR_NAT_REG_ADDR_MIN);
        op->translation.address_register = pg_nat_register(e, NFTNL_EXPR_NAT_REG_ADDR_MIN);
        op->translation.port_in_register = nftnl_expr_is_set(e, NFTNL_EXPR_NAT_REG_PROTO_MIN);
        op->translation.port_register = pg_nat_register(e, NFTNL_EXPR_NAT_REG_PROTO_MIN);
        return 0;
}

static int decode_redir(const struct nftnl_expr *e, struct pg_nat_rule *rule)
{
        struct pg_nat_op *op = pg_nat_add_op(rule, PG_NAT_TRANSLATE);

        if (!op)
                return -ENOMEM;
        op->translation.port_in_register = nftnl_expr_is_set(e, NFTNL_EXPR_REDIR_REG_PROTO_MIN);
        op->translation.port_register = pg_nat_register(e, NFTNL_EXPR_REDIR_REG_PROTO_MIN);
        return 0;
}

/* Of one byte it changes nothing: so nft 1.0.6 puts it before an interval map. */
static int decode_byteorder(const struct nftnl_expr *e, struct pg_nat_rule *rule)
{
        uint32_t length = nftnl_expr_get_u32(e, NFTNL_EXPR_BYTEORDER_LEN);
        uint8_t source = pg_nat_register(e, NFTNL_EXPR_BYTEORDER_SREG);
        uint8_t target = pg_nat_register(e, NFTNL_EXPR_BYTEORDER_DREG);

        return length == 1 && source == target ? 0
                                               : pg_nat_add_load(rule, PG_NAT_UNKNOWN, target, length);
}

/* Every packet passes it. */
static int decode_nothing(const struct nftnl_expr *e, struct pg_nat_rule *rule)
{
        (void)e;
        (void)rule;
        return 0;
}

/* What overwrites a register with something that is not followed here. */
static bool find_target(const char *name, uint16_t *ret_attribute)
{
        static const struct {
                const char *name;
                uint16_t attribute;
        } others[] = {
                {"ct", NFTNL_EXPR_CT_DREG},         {"exthdr", NFTNL_EXPR_EXTHDR_DREG},
                {"fib", NFTNL_EXPR_FIB_DREG},       {"hash", NFTNL_EXPR_HASH_DREG},
                {"numgen", NFTNL_EXPR_NG_DREG},     {"osf", NFTNL_EXPR_OSF_DREG},
                {"rt", NFTNL_EXPR_RT_DREG},         {"socket", NFTNL_EXPR_SOCKET_DREG},
                {"tunnel", NFTNL_EXPR_TUNNEL_DREG}, {"xfrm", NFTNL_EXPR_XFRM_DREG},
        };

        for (size_t i = 0; i < PG_ELEMENTSOF(others); i++)
                if (strcmp(others[i].name, name) == 0) {
                        *ret_attribute = others[i].attribute;
                        return true;
                }
        return false;
}

/* Of an expression that is not known, any register may be a target. */
static int decode_other(const struct nftnl_expr *e, const char *name, struct pg_nat_rule *rule)
{
        uint16_t attribute;

        if (!find_target(name, &attribute)) {
                int r = pg_nat_add_load(rule, PG_NAT_UNKNOWN, 0, PG_NAT_KEY_MAX);

                return r < 0 ? r : add_condition(rule);
        }
        if (!nftnl_expr_is_set(e, attribute))
                return 0; /* sets a mark or so */
        return pg_nat_add_load(rule, PG_NAT_UNKNOWN, pg_nat_register(e, attribute), 16);
}

int pg_nat_expr_decode(const struct nftnl_expr *e, struct pg_nat_rule *rule)
{
        static const struct {
                const char *name;
                int (*decode)(const struct nftnl_expr *e, struct pg_nat_rule *rule);
        } decoders[] = {
                {"meta", decode_meta},
                {"payload", decode_payload},
                {"bitwise", pg_nat_bitwise_decode},
                {"cmp", pg_nat_cmp_decode},
                {"range", pg_nat_range_decode},
                {"lookup", decode_lookup},
                {"immediate", decode_immediate},
                {"nat", decode_nat},
                {"redir", decode_redir},
                {"match", pg_nat_match_decode},
                {"target", pg_nat_target_decode},
                {"counter", decode_nothing},
                {"log", decode_nothing},
                {"byteorder", decode_byteorder},
        };
        const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME);

        if (!name)
                return add_condition(rule);
        for (size_t i = 0; i < PG_ELEMENTSOF(decoders); i++)
                if (strcmp(decoders[i].name, name) == 0)
                        return decoders[i].decode(e, rule);
        return decode_other(e, name, rule);
}
