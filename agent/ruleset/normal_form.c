/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conditions in one order, of one size. */
#include "ruleset/normal_form.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

/* Conditions up to the first expression that does something: their order makes no difference. */
static size_t count_conditions(const struct pg_rule *rule)
{
        size_t n = 0;

        while (n < rule->n_exprs &&
               (rule->exprs[n].kind <= PG_EXPR_CMP ||
                (rule->exprs[n].kind == PG_EXPR_LOOKUP && !rule->exprs[n].lookup.is_map)))
                n++;
        return n;
}

/* The register that an expression writes; -1: none. */
static int written(const struct pg_expr *expr)
{
        switch (expr->kind) {
        case PG_EXPR_META:
        case PG_EXPR_CT:
                return (int)expr->meta.reg;
        case PG_EXPR_PAYLOAD:
                return (int)expr->payload.reg;
        case PG_EXPR_BITWISE:
                return (int)expr->bitwise.target;
        default:
                return -1;
        }
}

/* Whether an expression may read the register: of a concatenation the first is named only. */
static bool may_read(const struct pg_expr *expr, uint32_t reg)
{
        switch (expr->kind) {
        case PG_EXPR_BITWISE:
                return expr->bitwise.source <= reg;
        case PG_EXPR_CMP:
                return expr->cmp.reg <= reg;
        case PG_EXPR_LOOKUP:
                return expr->lookup.reg <= reg;
        case PG_EXPR_DYNSET:
                return expr->dynset.reg <= reg;
        case PG_EXPR_FOREIGN:
                return true;
        default:
                return false;
        }
}

/* What is in the register is not asked for any more, from that expression of the rule on. */
static bool is_free(const struct pg_rule *rule, size_t i, uint32_t reg)
{
        for (; i < rule->n_exprs; i++) {
                if (may_read(&rule->exprs[i], reg))
                        return false;
                if (written(&rule->exprs[i]) == (int)reg)
                        return true;
        }
        return true;
}

/* "meta KEY VALUE" at that place: a load, and the comparison that it is for. */
static bool is_match(const struct pg_rule *rule, size_t i, size_t n, uint32_t key)
{
        const struct pg_expr *load = &rule->exprs[i], *cmp = load + 1;

        return i + 1 < n && load->kind == PG_EXPR_META && load->meta.key == key &&
               cmp->kind == PG_EXPR_CMP && cmp->cmp.op == NFT_CMP_EQ && cmp->cmp.length == 1 &&
               cmp->cmp.reg == load->meta.reg && is_free(rule, i + 2, load->meta.reg);
}

/* The first of them; n where there is none. */
static size_t find_match(const struct pg_rule *rule, size_t n, uint32_t key)
{
        for (size_t i = 0; i < n; i++)
                if (is_match(rule, i, n, key))
                        return i;
        return n;
}

static int copy(struct pg_rule *to, const struct pg_expr *exprs, size_t n)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < n; i++)
                r = pg_rule_add_expr(to, &exprs[i]);
        return r;
}

static int copy_match(struct pg_rule *to, const struct pg_rule *from, size_t at, size_t n)
{
        struct pg_expr pair[2];

        if (at == n)
                return 0;
        memcpy(pair, &from->exprs[at], sizeof(pair));
        pair[0].meta.reg = pair[1].cmp.reg = 0;
        return copy(to, pair, 2);
}

/* Whether the pair at `i` says what the one at `first` has said. */
static bool is_repeated(const struct pg_rule *rule, size_t i, size_t n, size_t first, uint32_t key)
{
        return first < n && is_match(rule, i, n, key) &&
               rule->exprs[i + 1].cmp.data[0] == rule->exprs[first + 1].cmp.data[0];
}

/* Family and protocol to the front. */
static int order(const struct pg_rule *rule, struct pg_rule *ordered)
{
        const size_t n = count_conditions(rule);
        const size_t family = find_match(rule, n, NFT_META_NFPROTO);
        const size_t protocol = find_match(rule, n, NFT_META_L4PROTO);
        int r = copy_match(ordered, rule, family, n);

        if (r >= 0)
                r = copy_match(ordered, rule, protocol, n);
        for (size_t i = 0; r >= 0 && i < rule->n_exprs; i++)
                if (is_repeated(rule, i, n, family, NFT_META_NFPROTO) ||
                    is_repeated(rule, i, n, protocol, NFT_META_L4PROTO))
                        i++;
                else
                        r = pg_rule_add_expr(ordered, &rule->exprs[i]);
        return r;
}

/* What a rule is known to be for, from its first conditions. */
struct context {
        uint8_t family, protocol; /* 0: any */
};

static struct context find_context(const struct pg_rule *rule)
{
        const size_t n = count_conditions(rule);
        const size_t family = find_match(rule, n, NFT_META_NFPROTO);
        const size_t protocol = find_match(rule, n, NFT_META_L4PROTO);
        struct context context = {0};

        if (family < n)
                context.family = rule->exprs[family + 1].cmp.data[0];
        if (protocol < n)
                context.protocol = rule->exprs[protocol + 1].cmp.data[0];
        return context;
}

/* Where a load of several fields is to be cut; 0: nowhere. */
static uint32_t find_cut(const struct pg_payload *payload, const struct context *context)
{
        if (payload->base == NFT_PAYLOAD_TRANSPORT_HEADER && payload->offset == 0 &&
            payload->length == 4 && context->protocol != IPPROTO_ICMP &&
            context->protocol != IPPROTO_ICMPV6)
                return 2; /* sport and dport */
        if (payload->base == NFT_PAYLOAD_NETWORK_HEADER && payload->offset == 12 &&
            payload->length == 8 && context->family == NFPROTO_IPV4)
                return 4; /* saddr and daddr */
        return 0;
}

/* Whether the expression compares what the load before it has loaded, and nothing else. */
static bool is_compared(const struct pg_expr *load, const struct pg_expr *cmp)
{
        return cmp->kind == PG_EXPR_CMP && cmp->cmp.reg == load->payload.reg &&
               cmp->cmp.length == load->payload.length;
}

static int add_part(struct pg_rule *to, const struct pg_expr *load, const struct pg_expr *cmp,
                    uint32_t first, uint32_t length)
{
        struct pg_expr pair[] = {*load, *cmp};

        pair[0].payload.offset += first;
        pair[0].payload.length = length;
        pair[1].cmp.length = length;
        memset(pair[1].cmp.data, 0, sizeof(pair[1].cmp.data));
        memcpy(pair[1].cmp.data, cmp->cmp.data + first, length);
        return copy(to, pair, 2);
}

static bool asks_for_equality(const struct pg_expr *cmp)
{
        return cmp->cmp.op == NFT_CMP_EQ || cmp->cmp.op == NFT_CMP_NEQ;
}

/* How many whole bytes the mask keeps, where these are the first ones and it does nothing else; 0: it
 * is another. */
static uint32_t count_kept(const struct pg_bitwise *mask)
{
        uint32_t n = 0;

        while (n < mask->length && mask->mask[n] == 0xff)
                n++;
        for (uint32_t i = 0; i < mask->length; i++)
                if (mask->xor [i] != 0 || (i >= n && mask->mask[i] != 0))
                        return 0;
        return n;
}

/* "ip saddr 127.0.0.0/8" as a load, a mask and a comparison: how many bytes would do without the mask;
 * 0: it is something else. */
static uint32_t find_short(const struct pg_expr *expr, size_t n)
{
        const struct pg_expr *mask = expr + 1, *cmp = expr + 2;
        uint32_t kept;

        if (n < 3 || expr->kind != PG_EXPR_PAYLOAD || mask->kind != PG_EXPR_BITWISE ||
            cmp->kind != PG_EXPR_CMP || mask->bitwise.source != expr->payload.reg ||
            mask->bitwise.target != expr->payload.reg || cmp->cmp.reg != expr->payload.reg ||
            mask->bitwise.length != expr->payload.length || cmp->cmp.length != expr->payload.length ||
            !asks_for_equality(cmp))
                return 0;
        kept = count_kept(&mask->bitwise);
        for (uint32_t i = kept; i < cmp->cmp.length; i++)
                if (cmp->cmp.data[i] != 0)
                        return 0;
        return kept;
}

/* "iifname eth0" of fewer than 16 bytes, its end among them. */
static bool is_ended_name(const struct pg_expr *load, const struct pg_expr *cmp)
{
        return load->kind == PG_EXPR_META &&
               (load->meta.key == NFT_META_IIFNAME || load->meta.key == NFT_META_OIFNAME) &&
               cmp->kind == PG_EXPR_CMP && cmp->cmp.reg == load->meta.reg && asks_for_equality(cmp) &&
               memchr(cmp->cmp.data, '\0', cmp->cmp.length);
}

/* A mask that takes nothing away. */
static bool is_idle(const struct pg_expr *expr)
{
        const struct pg_bitwise *bitwise = &expr->bitwise;

        if (expr->kind != PG_EXPR_BITWISE || bitwise->source != bitwise->target)
                return false;
        for (uint32_t i = 0; i < bitwise->length; i++)
                if (bitwise->mask[i] != 0xff || bitwise->xor [i] != 0)
                        return false;
        return true;
}

/* The expressions of the rule at `i`; returns how many were taken. */
static int resize_one(struct pg_rule *to, const struct pg_rule *rule, size_t i,
                      const struct context *context)
{
        const struct pg_expr *expr = &rule->exprs[i];
        const size_t n = rule->n_exprs - i;
        const struct pg_expr *next = n > 1 ? expr + 1 : NULL;
        struct pg_expr whole;
        uint32_t size;
        int r;

        if (is_idle(expr))
                return 1;
        if (next && is_ended_name(expr, next)) {
                whole = *next;
                whole.cmp.length = PG_DATA_MAX;
                r = pg_rule_add_expr(to, expr);
                if (r >= 0)
                        r = pg_rule_add_expr(to, &whole);
                return r < 0 ? r : 2;
        }
        size = find_short(expr, n);
        if (size && is_free(rule, i + 3, expr->payload.reg)) {
                r = add_part(to, expr, &expr[2], 0, size);
                return r < 0 ? r : 3;
        }
        size = next && expr->kind == PG_EXPR_PAYLOAD && is_compared(expr, next) &&
                               next->cmp.op == NFT_CMP_EQ && is_free(rule, i + 2, expr->payload.reg)
                       ? find_cut(&expr->payload, context)
                       : 0;
        if (!size) {
                r = pg_rule_add_expr(to, expr);
                return r < 0 ? r : 1;
        }
        r = add_part(to, expr, next, 0, size);
        if (r >= 0)
                r = add_part(to, expr, next, size, expr->payload.length - size);
        return r < 0 ? r : 2;
}

static int resize(const struct pg_rule *rule, struct pg_rule *resized)
{
        const struct context context = find_context(rule);
        int r = 0;

        for (size_t i = 0; r >= 0 && i < rule->n_exprs; i += (size_t)(r > 0 ? r : 0))
                r = resize_one(resized, rule, i, &context);
        return r < 0 ? r : 0;
}

int pg_rule_normalise(struct pg_rule *rule)
{
        struct pg_rule ordered = {0}, resized = {0};
        int r = order(rule, &ordered);

        if (r >= 0)
                r = resize(&ordered, &resized);
        free(ordered.exprs);
        if (r < 0) {
                free(resized.exprs);
                return r;
        }
        free(rule->exprs);
        rule->exprs = resized.exprs;
        rule->n_exprs = resized.n_exprs;
        return 0;
}

int pg_ruleset_normalise(struct pg_ruleset *ruleset)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ruleset->n_chains; i++)
                for (size_t j = 0; r >= 0 && j < ruleset->chains[i].n_rules; j++)
                        r = pg_rule_normalise(&ruleset->chains[i].rules[j]);
        return r;
}
