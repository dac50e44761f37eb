/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Expressions of other programs' rules. */
#include "kernel/nat_rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* The kernel takes no more (NFT_RULE_MAXEXPRS). */
#define OPS_MAX 128

struct pg_nat_op *pg_nat_add_op(struct pg_nat_rule *rule, enum pg_nat_kind kind)
{
        struct pg_nat_op *op = rule->n < OPS_MAX ? PG_ARRAY_ADD(rule->ops, rule->n) : NULL;

        if (op)
                op->kind = kind;
        return op;
}

void pg_nat_rule_done(struct pg_nat_rule *rule)
{
        for (size_t i = 0; i < rule->n; i++) {
                if (rule->ops[i].kind == PG_NAT_LOOKUP)
                        free(rule->ops[i].lookup.set);
                if (rule->ops[i].kind == PG_NAT_VERDICT)
                        free(rule->ops[i].verdict.chain);
        }
        free(rule->ops);
}

static int add_condition(struct pg_nat_rule *rule)
{
        return pg_nat_add_op(rule, PG_NAT_CONDITION) ? 0 : -ENOMEM;
}

/* PG_NAT_REGISTERS for one that there is not. */
static uint8_t get_register(const struct nftnl_expr *e, uint16_t attribute)
{
        uint32_t number = nftnl_expr_get_u32(e, attribute);
        uint32_t word = number >= NFT_REG32_00 ? number - NFT_REG32_00
                        : number >= NFT_REG_1  ? 4 * (number - NFT_REG_1)
                                               : PG_NAT_REGISTERS;

        return (uint8_t)(word < PG_NAT_REGISTERS ? word : PG_NAT_REGISTERS);
}

static uint8_t get_data(const struct nftnl_expr *e, uint16_t attribute, uint8_t *buffer, size_t size)
{
        uint32_t length = 0;
        const void *data = nftnl_expr_get(e, attribute, &length);

        if (!data || length > size)
                return 0;
        memcpy(buffer, data, length);
        return (uint8_t)length;
}

static int add_load(struct pg_nat_rule *rule, enum pg_nat_field field, uint8_t target, uint32_t length)
{
        struct pg_nat_op *op = pg_nat_add_op(rule, PG_NAT_LOAD);

        if (!op)
                return -ENOMEM;
        op->load.field = field;
        op->load.target = target;
        op->load.length = (uint8_t)(length < PG_NAT_KEY_MAX ? length : PG_NAT_KEY_MAX);
        return 0;
}

static int decode_meta(const struct nftnl_expr *e, struct pg_nat_rule *rule)
{
        uint8_t target = get_register(e, NFTNL_EXPR_META_DREG);

        if (!nftnl_expr_is_set(e, NFTNL_EXPR_META_DREG))
                return 0; /* sets a mark or so */
        switch (nftnl_expr_get_u32(e, NFTNL_EXPR_META_KEY)) {
        case NFT_META_L4PROTO:
                return add_load(rule, PG_NAT_PROTOCOL, target, 1);
        case NFT_META_IIFNAME:
                return add_load(rule, PG_NAT_INTERFACE, target, IF_NAMESIZE);
        default:
                return add_load(rule, PG_NAT_UNKNOWN, target, 4);
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
        return add_load(rule, field, get_register(e, NFTNL_EXPR_PAYLOAD_DREG), length);
}

static int decode_bitwise(const struct nftnl_expr *e, struct pg_nat_rule *rule)
{
        uint8_t source = get_register(e, NFTNL_EXPR_BITWISE_SREG);
        uint8_t target = get_register(e, NFTNL_EXPR_BITWISE_DREG);
        uint8_t mask[16],
                xor[16] =
                        {
                                0},
                nothing[16] = {0};
        uint32_t length = nftnl_expr_get_u32(e, NFTNL_EXPR_BITWISE_LEN);
        struct pg_nat_op *op;

        get_data(e, NFTNL_EXPR_BITWISE_XOR, xor, sizeof(xor));
        if (nftnl_expr_get_u32(e, NFTNL_EXPR_BITWISE_OP) != NFT_BITWISE_BOOL || length > sizeof(mask) ||
            get_data(e, NFTNL_EXPR_BITWISE_MASK, mask, sizeof(mask)) != length ||
            memcmp(xor, nothing, sizeof(xor)) != 0)
                return add_load(rule, PG_NAT_UNKNOWN, target, length);
        op = pg_nat_add_op(rule, PG_NAT_MASK);
        if (!op)
                return -ENOMEM;
        op->mask.source = source;
        op->mask.target = target;
        op->mask.length = (uint8_t)length;
        memcpy(op->mask.mask, mask, length);
        return 0;
}

/* x < data is x <= data - 1; the other bound is what a field cannot go beyond. False where nothing is
 * left. */
static bool set_bounds(struct pg_nat_op *op, uint32_t code)
{
        size_t length = op->compare.length;
        uint8_t *first = op->compare.first, *last = op->compare.last;
        uint8_t limit = code == NFT_CMP_LT ? 0 : 0xff;
        bool is_limit = true;

        for (size_t i = 0; i < length; i++)
                is_limit = is_limit && first[i] == limit;
        memcpy(last, first, length);
        if (code == NFT_CMP_LT || code == NFT_CMP_LTE)
                memset(first, 0, length);
        else if (code == NFT_CMP_GT || code == NFT_CMP_GTE)
                memset(last, 0xff, length);
        if (code != NFT_CMP_LT && code != NFT_CMP_GT)
                return true;
        for (size_t i = length; !is_limit && i > 0; i--)
                if (code == NFT_CMP_LT ? last[i - 1]-- != 0 : ++first[i - 1] != 0)
                        break;
        return !is_limit;
}

static int decode_cmp(const struct nftnl_expr *e, struct pg_nat_rule *rule)
{
        struct pg_nat_op *op = pg_nat_add_op(rule, PG_NAT_COMPARE);
        uint32_t code = nftnl_expr_get_u32(e, NFTNL_EXPR_CMP_OP);

        if (!op)
                return -ENOMEM;
        op->compare.source = get_register(e, NFTNL_EXPR_CMP_SREG);
        op->compare.is_negated = code == NFT_CMP_NEQ;
        op->compare.length =
                get_data(e, NFTNL_EXPR_CMP_DATA, op->compare.first, sizeof(op->compare.first));
        if (op->compare.length == 0 || !set_bounds(op, code))
                op->kind = PG_NAT_CONDITION;
        return 0;
}

static int decode_range(const struct nftnl_expr *e, struct pg_nat_rule *rule)
{
        struct pg_nat_op *op = pg_nat_add_op(rule, PG_NAT_COMPARE);
        uint8_t length;

        if (!op)
                return -ENOMEM;
        op->compare.source = get_register(e, NFTNL_EXPR_RANGE_SREG);
        op->compare.is_negated = nftnl_expr_get_u32(e, NFTNL_EXPR_RANGE_OP) == NFT_RANGE_NEQ;
        length = get_data(e, NFTNL_EXPR_RANGE_FROM_DATA, op->compare.first, sizeof(op->compare.first));
        op->compare.length = length;
        if (length == 0 ||
            get_data(e, NFTNL_EXPR_RANGE_TO_DATA, op->compare.last, sizeof(op->compare.last)) != length)
                op->kind = PG_NAT_CONDITION;
        return 0;
}

static int decode_lookup(const struct nftnl_expr *e, struct pg_nat_rule *rule)
{
        struct pg_nat_op *op = pg_nat_add_op(rule, PG_NAT_LOOKUP);
        bool has_target = nftnl_expr_is_set(e, NFTNL_EXPR_LOOKUP_DREG);
        const char *set = nftnl_expr_get_str(e, NFTNL_EXPR_LOOKUP_SET);

        if (!op)
                return -ENOMEM;
        op->lookup.source = get_register(e, NFTNL_EXPR_LOOKUP_SREG);
        op->lookup.is_negated = nftnl_expr_get_u32(e, NFTNL_EXPR_LOOKUP_FLAGS) & NFT_LOOKUP_F_INV;
        if (has_target) {
                op->lookup.has_verdict =
                        nftnl_expr_get_u32(e, NFTNL_EXPR_LOOKUP_DREG) == NFT_REG_VERDICT;
                op->lookup.has_data = !op->lookup.has_verdict;
                op->lookup.target = get_register(e, NFTNL_EXPR_LOOKUP_DREG);
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
                op->data.target = get_register(e, NFTNL_EXPR_IMM_DREG);
                op->data.length =
                        get_data(e, NFTNL_EXPR_IMM_DATA, op->data.bytes, sizeof(op->data.bytes));
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
        op->translation.address_register = get_register(e, NFTNL_EXPR_NAT_REG_ADDR_MIN);
        op->translation.port_in_register = nftnl_expr_is_set(e, NFTNL_EXPR_NAT_REG_PROTO_MIN);
        op->translation.port_register = get_register(e, NFTNL_EXPR_NAT_REG_PROTO_MIN);
        return 0;
}

static int decode_redir(const struct nftnl_expr *e, struct pg_nat_rule *rule)
{
        struct pg_nat_op *op = pg_nat_add_op(rule, PG_NAT_TRANSLATE);

        if (!op)
                return -ENOMEM;
        op->translation.port_in_register = nftnl_expr_is_set(e, NFTNL_EXPR_REDIR_REG_PROTO_MIN);
        op->translation.port_register = get_register(e, NFTNL_EXPR_REDIR_REG_PROTO_MIN);
        return 0;
}

/* Of one byte it changes nothing: so nft 1.0.6 puts it before an interval map. */
static int decode_byteorder(const struct nftnl_expr *e, struct pg_nat_rule *rule)
{
        uint32_t length = nftnl_expr_get_u32(e, NFTNL_EXPR_BYTEORDER_LEN);
        uint8_t source = get_register(e, NFTNL_EXPR_BYTEORDER_SREG);
        uint8_t target = get_register(e, NFTNL_EXPR_BYTEORDER_DREG);

        return length == 1 && source == target ? 0 : add_load(rule, PG_NAT_UNKNOWN, target, length);
}

/* Every packet passes it. */
static int decode_nothing(const struct nftnl_expr *e, struct pg_nat_rule *rule)
{
        (void)e;
        (void)rule;
        return 0;
}

int pg_nat_expr_decode(const struct nftnl_expr *e, struct pg_nat_rule *rule)
{
        static const struct {
                const char *name;
                int (*decode)(const struct nftnl_expr *e, struct pg_nat_rule *rule);
        } decoders[] = {
                {"meta", decode_meta},
                {"payload", decode_payload},
                {"bitwise", decode_bitwise},
                {"cmp", decode_cmp},
                {"range", decode_range},
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

        for (size_t i = 0; name && i < PG_ELEMENTSOF(decoders); i++)
                if (strcmp(decoders[i].name, name) == 0)
                        return decoders[i].decode(e, rule);
        return add_condition(rule);
}
