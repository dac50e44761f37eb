/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether two expressions do the same. */
#include "ruleset/model/expr_equal.h"

#include <string.h>

static bool payload_equal(const struct pg_payload *a, const struct pg_payload *b)
{
        return a->base == b->base && a->offset == b->offset && a->length == b->length &&
               a->reg == b->reg;
}

static bool bitwise_equal(const struct pg_bitwise *a, const struct pg_bitwise *b)
{
        return a->source == b->source && a->target == b->target && a->length == b->length &&
               memcmp(a->mask, b->mask, sizeof(a->mask)) == 0 &&
               memcmp(a->xor, b->xor, sizeof(a->xor)) == 0;
}

static bool limit_equal(const struct pg_limit *a, const struct pg_limit *b)
{
        return a->rate == b->rate && a->unit == b->unit && a->burst == b->burst;
}

static bool dynset_equal(const struct pg_dynset *a, const struct pg_dynset *b)
{
        return a->op == b->op && a->reg == b->reg && strcmp(a->set, b->set) == 0 &&
               a->has_limit == b->has_limit && (!a->has_limit || limit_equal(&a->limit, &b->limit));
}

static bool cmp_equal(const struct pg_cmp *a, const struct pg_cmp *b)
{
        return a->reg == b->reg && a->op == b->op && a->length == b->length &&
               memcmp(a->data, b->data, sizeof(a->data)) == 0;
}

bool pg_expr_equal(const struct pg_expr *a, const struct pg_expr *b)
{
        if (a->kind != b->kind)
                return false;
        switch (a->kind) {
        case PG_EXPR_META:
        case PG_EXPR_CT:
                return a->meta.key == b->meta.key && a->meta.reg == b->meta.reg;
        case PG_EXPR_PAYLOAD:
                return payload_equal(&a->payload, &b->payload);
        case PG_EXPR_BITWISE:
                return bitwise_equal(&a->bitwise, &b->bitwise);
        case PG_EXPR_CMP:
                return cmp_equal(&a->cmp, &b->cmp);
        case PG_EXPR_LOOKUP:
                return a->lookup.reg == b->lookup.reg && a->lookup.is_map == b->lookup.is_map &&
                       a->lookup.is_not == b->lookup.is_not &&
                       strcmp(a->lookup.set, b->lookup.set) == 0;
        case PG_EXPR_VERDICT:
                return a->verdict.code == b->verdict.code &&
                       strcmp(a->verdict.chain, b->verdict.chain) == 0;
        case PG_EXPR_LIMIT:
                return limit_equal(&a->limit, &b->limit);
        case PG_EXPR_COUNTER:
                return true;
        case PG_EXPR_LOG:
                return a->log.level == b->log.level && strcmp(a->log.prefix, b->log.prefix) == 0;
        case PG_EXPR_DYNSET:
                return dynset_equal(&a->dynset, &b->dynset);
        case PG_EXPR_REJECT:
                return a->reject.type == b->reject.type && a->reject.code == b->reject.code;
        case PG_EXPR_FOREIGN:
        case PG_EXPR_KINDS:
                break;
        }
        return false;
}
