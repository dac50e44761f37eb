/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's chains, rules and sets to own objects. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/nft/internal.h"
#include "ruleset/normal_form.h"

static uint32_t register_index(uint32_t number)
{
        return number >= NFT_REG32_00 ? number - NFT_REG32_00 : 4 * (number - NFT_REG_1);
}

/* Copies at most `size` bytes of an expression's data; returns how many there are. */
static uint32_t copy_data(const struct nftnl_expr *e, uint16_t attribute, uint8_t *buffer,
                          uint32_t size)
{
        uint32_t length = 0;
        const void *data = nftnl_expr_get(e, attribute, &length);

        if (data && length <= size)
                memcpy(buffer, data, length);
        return data && length <= size ? length : 0;
}

static void copy_name(char name[static PG_NAME_MAX], const char *text)
{
        snprintf(name, PG_NAME_MAX, "%s", text ? text : "");
}

static void decode_meta(const struct nftnl_expr *e, struct pg_expr *expr)
{
        if (!nftnl_expr_is_set(e, NFTNL_EXPR_META_DREG))
                return;
        expr->kind = PG_EXPR_META;
        expr->meta.key = nftnl_expr_get_u32(e, NFTNL_EXPR_META_KEY);
        expr->meta.reg = register_index(nftnl_expr_get_u32(e, NFTNL_EXPR_META_DREG));
}

static void decode_ct(const struct nftnl_expr *e, struct pg_expr *expr)
{
        if (!nftnl_expr_is_set(e, NFTNL_EXPR_CT_DREG) || nftnl_expr_is_set(e, NFTNL_EXPR_CT_DIR))
                return;
        expr->kind = PG_EXPR_CT;
        expr->ct.key = nftnl_expr_get_u32(e, NFTNL_EXPR_CT_KEY);
        expr->ct.reg = register_index(nftnl_expr_get_u32(e, NFTNL_EXPR_CT_DREG));
}

static void decode_payload(const struct nftnl_expr *e, struct pg_expr *expr)
{
        if (!nftnl_expr_is_set(e, NFTNL_EXPR_PAYLOAD_DREG))
                return;
        expr->kind = PG_EXPR_PAYLOAD;
        expr->payload.base = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_BASE);
        expr->payload.offset = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET);
        expr->payload.length = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_LEN);
        expr->payload.reg = register_index(nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_DREG));
}

static void decode_bitwise(const struct nftnl_expr *e, struct pg_expr *expr)
{
        struct pg_bitwise bitwise = {
                .source = register_index(nftnl_expr_get_u32(e, NFTNL_EXPR_BITWISE_SREG)),
                .target = register_index(nftnl_expr_get_u32(e, NFTNL_EXPR_BITWISE_DREG)),
                .length = nftnl_expr_get_u32(e, NFTNL_EXPR_BITWISE_LEN),
        };

        if (nftnl_expr_get_u32(e, NFTNL_EXPR_BITWISE_OP) != NFT_BITWISE_BOOL ||
            copy_data(e, NFTNL_EXPR_BITWISE_MASK, bitwise.mask, PG_DATA_MAX) != bitwise.length ||
            copy_data(e, NFTNL_EXPR_BITWISE_XOR, bitwise.xor, PG_DATA_MAX) != bitwise.length)
                return;
        expr->kind = PG_EXPR_BITWISE;
        expr->bitwise = bitwise;
}

static void decode_cmp(const struct nftnl_expr *e, struct pg_expr *expr)
{
        struct pg_cmp cmp = {
                .reg = register_index(nftnl_expr_get_u32(e, NFTNL_EXPR_CMP_SREG)),
                .op = nftnl_expr_get_u32(e, NFTNL_EXPR_CMP_OP),
        };

        cmp.length = copy_data(e, NFTNL_EXPR_CMP_DATA, cmp.data, PG_DATA_MAX);
        if (cmp.length == 0)
                return;
        expr->kind = PG_EXPR_CMP;
        expr->cmp = cmp;
}

static void decode_lookup(const struct nftnl_expr *e, struct pg_expr *expr)
{
        bool has_target = nftnl_expr_is_set(e, NFTNL_EXPR_LOOKUP_DREG);

        uint32_t flags = nftnl_expr_get_u32(e, NFTNL_EXPR_LOOKUP_FLAGS);

        if ((flags & ~(uint32_t)NFT_LOOKUP_F_INV) != 0 ||
            (has_target && nftnl_expr_get_u32(e, NFTNL_EXPR_LOOKUP_DREG) != NFT_REG_VERDICT))
                return;
        expr->kind = PG_EXPR_LOOKUP;
        expr->lookup.reg = register_index(nftnl_expr_get_u32(e, NFTNL_EXPR_LOOKUP_SREG));
        expr->lookup.is_map = has_target;
        expr->lookup.is_not = flags & NFT_LOOKUP_F_INV;
        copy_name(expr->lookup.set, nftnl_expr_get_str(e, NFTNL_EXPR_LOOKUP_SET));
}

static void decode_immediate(const struct nftnl_expr *e, struct pg_expr *expr)
{
        if (nftnl_expr_get_u32(e, NFTNL_EXPR_IMM_DREG) != NFT_REG_VERDICT)
                return;
        expr->kind = PG_EXPR_VERDICT;
        expr->verdict.code = (int32_t)nftnl_expr_get_u32(e, NFTNL_EXPR_IMM_VERDICT);
        if (nftnl_expr_is_set(e, NFTNL_EXPR_IMM_CHAIN))
                copy_name(expr->verdict.chain, nftnl_expr_get_str(e, NFTNL_EXPR_IMM_CHAIN));
}

static void decode_limit(const struct nftnl_expr *e, struct pg_expr *expr)
{
        if (nftnl_expr_get_u32(e, NFTNL_EXPR_LIMIT_TYPE) != NFT_LIMIT_PKTS ||
            nftnl_expr_get_u32(e, NFTNL_EXPR_LIMIT_FLAGS) != 0)
                return;
        expr->kind = PG_EXPR_LIMIT;
        expr->limit.rate = nftnl_expr_get_u64(e, NFTNL_EXPR_LIMIT_RATE);
        expr->limit.unit = nftnl_expr_get_u64(e, NFTNL_EXPR_LIMIT_UNIT);
        expr->limit.burst = nftnl_expr_get_u32(e, NFTNL_EXPR_LIMIT_BURST);
}

static void decode_counter(const struct nftnl_expr *e, struct pg_expr *expr)
{
        expr->kind = PG_EXPR_COUNTER;
        expr->counter.packets = nftnl_expr_get_u64(e, NFTNL_EXPR_CTR_PACKETS);
        expr->counter.bytes = nftnl_expr_get_u64(e, NFTNL_EXPR_CTR_BYTES);
}

static void decode_log(const struct nftnl_expr *e, struct pg_expr *expr)
{
        if (nftnl_expr_is_set(e, NFTNL_EXPR_LOG_GROUP))
                return;
        expr->kind = PG_EXPR_LOG;
        copy_name(expr->log.prefix, nftnl_expr_get_str(e, NFTNL_EXPR_LOG_PREFIX));
        expr->log.level = nftnl_expr_get_u32(e, NFTNL_EXPR_LOG_LEVEL);
}

/* An element's own expression: a counter or a limit. */
static bool decode_own(const struct nftnl_expr *e, struct pg_dynset *dynset)
{
        struct pg_expr limit = {.kind = PG_EXPR_FOREIGN};
        const char *name = e ? nftnl_expr_get_str(e, NFTNL_EXPR_NAME) : "";

        if (strcmp(name, "limit") == 0)
                decode_limit(e, &limit);
        dynset->has_limit = limit.kind == PG_EXPR_LIMIT;
        dynset->limit = limit.limit;
        return dynset->has_limit || strcmp(name, "counter") == 0;
}

static void decode_dynset(const struct nftnl_expr *e, struct pg_expr *expr)
{
        struct pg_dynset dynset = {0};
        const struct nftnl_expr *own;

        if (nftnl_expr_is_set(e, NFTNL_EXPR_DYNSET_SREG_DATA) ||
            !nftnl_expr_is_set(e, NFTNL_EXPR_DYNSET_EXPR))
                return;
        own = nftnl_expr_get(e, NFTNL_EXPR_DYNSET_EXPR, &(uint32_t){0});
        if (!decode_own(own, &dynset))
                return;
        expr->dynset = dynset;
        expr->kind = PG_EXPR_DYNSET;
        expr->dynset.op = nftnl_expr_get_u32(e, NFTNL_EXPR_DYNSET_OP);
        expr->dynset.reg = register_index(nftnl_expr_get_u32(e, NFTNL_EXPR_DYNSET_SREG_KEY));
        copy_name(expr->dynset.set, nftnl_expr_get_str(e, NFTNL_EXPR_DYNSET_SET_NAME));
}

static void decode_reject(const struct nftnl_expr *e, struct pg_expr *expr)
{
        expr->kind = PG_EXPR_REJECT;
        expr->reject.type = nftnl_expr_get_u32(e, NFTNL_EXPR_REJECT_TYPE);
        if (expr->reject.type != NFT_REJECT_TCP_RST)
                expr->reject.code = nftnl_expr_get_u8(e, NFTNL_EXPR_REJECT_CODE);
}

static const struct {
        const char *name;
        void (*decode)(const struct nftnl_expr *e, struct pg_expr *expr);
} decoders[] = {
        {"meta", decode_meta},
        {"ct", decode_ct},
        {"payload", decode_payload},
        {"bitwise", decode_bitwise},
        {"cmp", decode_cmp},
        {"lookup", decode_lookup},
        {"immediate", decode_immediate},
        {"limit", decode_limit},
        {"counter", decode_counter},
        {"log", decode_log},
        {"dynset", decode_dynset},
        {"reject", decode_reject},
};

bool pg_expr_is_idle(const struct nftnl_expr *e)
{
        return strcmp(nftnl_expr_get_str(e, NFTNL_EXPR_NAME), "byteorder") == 0 &&
               nftnl_expr_get_u32(e, NFTNL_EXPR_BYTEORDER_SREG) ==
                       nftnl_expr_get_u32(e, NFTNL_EXPR_BYTEORDER_DREG) &&
               nftnl_expr_get_u32(e, NFTNL_EXPR_BYTEORDER_LEN) <
                       nftnl_expr_get_u32(e, NFTNL_EXPR_BYTEORDER_SIZE);
}

/* "type 1-4" in one expression, which is what some versions of nft write, is two comparisons here. */
static int decode_range(const struct nftnl_expr *e, struct pg_rule *rule)
{
        const uint32_t reg = register_index(nftnl_expr_get_u32(e, NFTNL_EXPR_RANGE_SREG));
        struct pg_expr first = {.kind = PG_EXPR_CMP, .cmp = {.reg = reg, .op = NFT_CMP_GTE}};
        struct pg_expr last = {.kind = PG_EXPR_CMP, .cmp = {.reg = reg, .op = NFT_CMP_LTE}};
        struct pg_expr unknown = {.kind = PG_EXPR_FOREIGN, .foreign = "range"};
        int r;

        first.cmp.length = copy_data(e, NFTNL_EXPR_RANGE_FROM_DATA, first.cmp.data, PG_DATA_MAX);
        last.cmp.length = copy_data(e, NFTNL_EXPR_RANGE_TO_DATA, last.cmp.data, PG_DATA_MAX);
        if (nftnl_expr_get_u32(e, NFTNL_EXPR_RANGE_OP) != NFT_RANGE_EQ || first.cmp.length == 0 ||
            first.cmp.length != last.cmp.length)
                return pg_rule_add_expr(rule, &unknown);
        r = pg_rule_add_expr(rule, &first);
        return r < 0 ? r : pg_rule_add_expr(rule, &last);
}

static int decode_expr(struct nftnl_expr *e, void *data)
{
        struct pg_rule *rule = data;
        const char *name = pg_expr_name(e);
        bool is_unknown = pg_expr_is_unknown(e);
        struct pg_expr expr = {.kind = PG_EXPR_FOREIGN};
        int r;

        if (pg_expr_is_idle(e))
                return 1;
        if (strcmp(name, "range") == 0 && !is_unknown) {
                r = decode_range(e, rule);
                return r < 0 ? r : 1;
        }
        copy_name(expr.foreign, name);
        for (size_t i = 0; i < PG_ELEMENTSOF(decoders) && !is_unknown; i++)
                if (strcmp(decoders[i].name, name) == 0) {
                        struct pg_expr known = {.kind = PG_EXPR_FOREIGN};

                        decoders[i].decode(e, &known);
                        if (known.kind != PG_EXPR_FOREIGN)
                                expr = known;
                }
        r = pg_rule_add_expr(rule, &expr);
        return r < 0 ? r : 1;
}

/* While another transaction is open the kernel may list a chain again: where a dump goes on, chains
 * that are not active count, and where it began they did not (nf_tables_dump_chains() in
 * net/netfilter/nf_tables_api.c, 6.18). */
int pg_chain_decode(const struct nlmsghdr *message, struct pg_ruleset *ruleset)
{
        _cleanup_(nftnl_chain_freep) struct nftnl_chain *c = nftnl_chain_alloc();
        struct pg_chain *chain;
        const char *name;
        const void *userdata;
        uint32_t length = 0;

        if (!c)
                return -ENOMEM;
        if (nftnl_chain_nlmsg_parse(message, c) < 0 || !nftnl_chain_is_set(c, NFTNL_CHAIN_TABLE) ||
            !nftnl_chain_is_set(c, NFTNL_CHAIN_NAME))
                return -EPROTO;
        if (strcmp(nftnl_chain_get_str(c, NFTNL_CHAIN_TABLE), PG_TABLE_NAME) != 0)
                return 0; /* the kernel's dump of chains knows no filter by table */
        name = nftnl_chain_get_str(c, NFTNL_CHAIN_NAME);
        if (pg_ruleset_chain(ruleset, name))
                return 0;
        chain = pg_ruleset_add_chain(ruleset, name);
        if (!chain)
                return -ENOMEM;
        chain->is_base = nftnl_chain_is_set(c, NFTNL_CHAIN_HOOKNUM);
        if (chain->is_base) {
                chain->hook = nftnl_chain_get_u32(c, NFTNL_CHAIN_HOOKNUM);
                chain->priority = nftnl_chain_get_s32(c, NFTNL_CHAIN_PRIO);
                chain->policy = nftnl_chain_get_u32(c, NFTNL_CHAIN_POLICY);
                chain->has_other_type = !nftnl_chain_is_set(c, NFTNL_CHAIN_TYPE) ||
                                        strcmp(nftnl_chain_get_str(c, NFTNL_CHAIN_TYPE), "filter") != 0;
        }
        chain->handle = nftnl_chain_get_u64(c, NFTNL_CHAIN_HANDLE);
        userdata = nftnl_chain_get_data(c, NFTNL_CHAIN_USERDATA, &length);
        chain->comment = pg_comment_decode(userdata, length);
        return 0;
}

int pg_rule_decode(const struct nlmsghdr *message, struct pg_ruleset *ruleset)
{
        _cleanup_(nftnl_rule_freep) struct nftnl_rule *r = pg_rule_parse(message);
        struct pg_chain *chain;
        struct pg_rule *rule;
        int result;

        if (!r)
                return -errno;
        if (!nftnl_rule_is_set(r, NFTNL_RULE_CHAIN))
                return -EPROTO;
        chain = pg_ruleset_chain(ruleset, nftnl_rule_get_str(r, NFTNL_RULE_CHAIN));
        if (!chain) /* it was not there a moment ago: the ruleset moved */
                return -EINTR;
        rule = pg_chain_add_rule(chain);
        if (!rule)
                return -ENOMEM;
        rule->handle = nftnl_rule_get_u64(r, NFTNL_RULE_HANDLE);
        result = nftnl_expr_foreach(r, decode_expr, rule);
        if (result >= 0)
                result = pg_rule_normalise(rule);
        return result < 0 ? result : 0;
}

int pg_set_decode(const struct nlmsghdr *message, struct pg_ruleset *ruleset)
{
        _cleanup_(nftnl_set_freep) struct nftnl_set *s = nftnl_set_alloc();
        struct pg_set *set;
        const uint8_t *fields;
        uint32_t length = 0;
        int r = s ? pg_set_parse(message, s) : -ENOMEM;

        if (r < 0)
                return r;
        if (!nftnl_set_is_set(s, NFTNL_SET_NAME))
                return -EPROTO;
        set = pg_ruleset_add_set(ruleset, nftnl_set_get_str(s, NFTNL_SET_NAME));
        if (!set)
                return -ENOMEM;
        set->flags = nftnl_set_get_u32(s, NFTNL_SET_FLAGS);
        set->key_type = nftnl_set_get_u32(s, NFTNL_SET_KEY_TYPE);
        set->key_length = nftnl_set_get_u32(s, NFTNL_SET_KEY_LEN);
        set->timeout_ms = nftnl_set_get_u64(s, NFTNL_SET_TIMEOUT);
        set->size = nftnl_set_get_u32(s, NFTNL_SET_DESC_SIZE);
        set->has_counters =
                nftnl_set_is_set(s, NFTNL_SET_EXPR) || nftnl_set_is_set(s, NFTNL_SET_EXPRESSIONS);
        set->has_foreign = r > 0;
        set->owns_addresses = true;
        fields = nftnl_set_get_data(s, NFTNL_SET_DESC_CONCAT, &length);
        if (fields && length <= PG_FIELDS_MAX && length > 0) {
                set->n_fields = length;
                memcpy(set->field_lengths, fields, length);
        }
        return 0;
}
