/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comparisons in other programs' rules. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/expr.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "kernel/foreign/nat/internal.h"

int pg_nat_bitwise_decode(const struct nftnl_expr *e, struct pg_nat_rule *rule)
{
        uint8_t source = pg_nat_register(e, NFTNL_EXPR_BITWISE_SREG);
        uint8_t target = pg_nat_register(e, NFTNL_EXPR_BITWISE_DREG);
        uint8_t mask[16],
                xor[16] =
                        {
                                0},
                nothing[16] = {0};
        uint32_t length = nftnl_expr_get_u32(e, NFTNL_EXPR_BITWISE_LEN);
        struct pg_nat_op *op;

        pg_nat_data(e, NFTNL_EXPR_BITWISE_XOR, xor, sizeof(xor));
        if (nftnl_expr_get_u32(e, NFTNL_EXPR_BITWISE_OP) != NFT_BITWISE_BOOL || length > sizeof(mask) ||
            pg_nat_data(e, NFTNL_EXPR_BITWISE_MASK, mask, sizeof(mask)) != length ||
            memcmp(xor, nothing, sizeof(xor)) != 0)
                return pg_nat_add_load(rule, PG_NAT_UNKNOWN, target, length);
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

int pg_nat_cmp_decode(const struct nftnl_expr *e, struct pg_nat_rule *rule)
{
        struct pg_nat_op *op = pg_nat_add_op(rule, PG_NAT_COMPARE);
        uint32_t code = nftnl_expr_get_u32(e, NFTNL_EXPR_CMP_OP);

        if (!op)
                return -ENOMEM;
        op->compare.source = pg_nat_register(e, NFTNL_EXPR_CMP_SREG);
        op->compare.is_negated = code == NFT_CMP_NEQ;
        op->compare.length =
                pg_nat_data(e, NFTNL_EXPR_CMP_DATA, op->compare.first, sizeof(op->compare.first));
        if (op->compare.length == 0 || !set_bounds(op, code))
                op->kind = PG_NAT_CONDITION;
        return 0;
}

int pg_nat_range_decode(const struct nftnl_expr *e, struct pg_nat_rule *rule)
{
        struct pg_nat_op *op = pg_nat_add_op(rule, PG_NAT_COMPARE);
        uint8_t length;

        if (!op)
                return -ENOMEM;
        op->compare.source = pg_nat_register(e, NFTNL_EXPR_RANGE_SREG);
        op->compare.is_negated = nftnl_expr_get_u32(e, NFTNL_EXPR_RANGE_OP) == NFT_RANGE_NEQ;
        length = pg_nat_data(e, NFTNL_EXPR_RANGE_FROM_DATA, op->compare.first,
                             sizeof(op->compare.first));
        op->compare.length = length;
        if (length == 0 || pg_nat_data(e, NFTNL_EXPR_RANGE_TO_DATA, op->compare.last,
                                       sizeof(op->compare.last)) != length)
                op->kind = PG_NAT_CONDITION;
        return 0;
}
