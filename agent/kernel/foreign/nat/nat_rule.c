/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a rule is decoded to. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/expr.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "kernel/foreign/nat/internal.h"

/* The kernel takes no more (NFT_RULE_MAXEXPRS). */
#define OPS_MAX 128
/* Chains, rules, sets and elements together: 150 MiB at most. kube-proxy makes some 20 a service. */
#define OBJECTS_MAX 250000

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

uint8_t pg_nat_register(const struct nftnl_expr *e, uint16_t attribute)
{
        uint32_t number = nftnl_expr_get_u32(e, attribute);
        uint32_t word = number >= NFT_REG32_00 ? number - NFT_REG32_00
                        : number >= NFT_REG_1  ? 4 * (number - NFT_REG_1)
                                               : PG_NAT_REGISTERS;

        return (uint8_t)(word < PG_NAT_REGISTERS ? word : PG_NAT_REGISTERS);
}

uint8_t pg_nat_data(const struct nftnl_expr *e, uint16_t attribute, uint8_t *buffer, size_t size)
{
        uint32_t length = 0;
        const void *data = nftnl_expr_get(e, attribute, &length);

        if (!data || length > size)
                return 0;
        memcpy(buffer, data, length);
        return (uint8_t)length;
}

int pg_nat_add_load(struct pg_nat_rule *rule, enum pg_nat_field field, uint8_t target, uint32_t length)
{
        struct pg_nat_op *op = pg_nat_add_op(rule, PG_NAT_LOAD);

        if (!op)
                return -ENOMEM;
        op->load.field = field;
        op->load.target = target;
        op->load.length = (uint8_t)(length < PG_NAT_KEY_MAX ? length : PG_NAT_KEY_MAX);
        return 0;
}

bool pg_nat_may_add(struct pg_nat_tables *tables)
{
        if (tables->n_objects < OBJECTS_MAX) {
                tables->n_objects++;
                return true;
        }
        tables->is_cut = true;
        return false;
}
