/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Own objects to libnftnl's. */
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "kernel/nft/internal.h"

/* Aligned registers go by their old names (1-4), as the kernel's dumps say them (nft_dump_register). */
static uint32_t register_number(uint32_t reg)
{
        return reg % 4 == 0 ? NFT_REG_1 + reg / 4 : NFT_REG32_00 + reg;
}

static struct nftnl_expr *encode_load(const char *name, uint16_t key_attribute, uint16_t reg_attribute,
                                      const struct pg_load *load)
{
        struct nftnl_expr *e = nftnl_expr_alloc(name);

        if (!e)
                return NULL;
        nftnl_expr_set_u32(e, key_attribute, load->key);
        nftnl_expr_set_u32(e, reg_attribute, register_number(load->reg));
        return e;
}

static struct nftnl_expr *encode_payload(const struct pg_payload *payload)
{
        struct nftnl_expr *e = nftnl_expr_alloc("payload");

        if (!e)
                return NULL;
        nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, payload->base);
        nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, payload->offset);
        nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, payload->length);
        nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, register_number(payload->reg));
        return e;
}

static struct nftnl_expr *encode_bitwise(const struct pg_bitwise *bitwise)
{
        struct nftnl_expr *e = nftnl_expr_alloc("bitwise");

        if (!e)
                return NULL;
        nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, register_number(bitwise->source));
        nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, register_number(bitwise->target));
        nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_OP, NFT_BITWISE_BOOL);
        nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, bitwise->length);
        nftnl_expr_set(e, NFTNL_EXPR_BITWISE_MASK, bitwise->mask, bitwise->length);
        nftnl_expr_set(e, NFTNL_EXPR_BITWISE_XOR, bitwise->xor, bitwise->length);
        return e;
}

static struct nftnl_expr *encode_cmp(const struct pg_cmp *cmp)
{
        struct nftnl_expr *e = nftnl_expr_alloc("cmp");

        if (!e)
                return NULL;
        nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, register_number(cmp->reg));
        nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, cmp->op);
        nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, cmp->data, cmp->length);
        return e;
}

static struct nftnl_expr *encode_lookup(const struct pg_lookup *lookup)
{
        struct nftnl_expr *e = nftnl_expr_alloc("lookup");

        if (!e)
                return NULL;
        nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SREG, register_number(lookup->reg));
        if (lookup->is_map)
                nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_VERDICT);
        if (lookup->is_not)
                nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
        nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, lookup->set);
        return e;
}

static struct nftnl_expr *encode_verdict(const struct pg_verdict *verdict)
{
        struct nftnl_expr *e = nftnl_expr_alloc("immediate");

        if (!e)
                return NULL;
        nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
        nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, (uint32_t)verdict->code);
        if (verdict->chain[0] != '\0')
                nftnl_expr_set_str(e, NFTNL_EXPR_IMM_CHAIN, verdict->chain);
        return e;
}

static struct nftnl_expr *encode_limit(const struct pg_limit *limit)
{
        struct nftnl_expr *e = nftnl_expr_alloc("limit");

        if (!e)
                return NULL;
        nftnl_expr_set_u64(e, NFTNL_EXPR_LIMIT_RATE, limit->rate);
        nftnl_expr_set_u64(e, NFTNL_EXPR_LIMIT_UNIT, limit->unit);
        nftnl_expr_set_u32(e, NFTNL_EXPR_LIMIT_BURST, limit->burst);
        nftnl_expr_set_u32(e, NFTNL_EXPR_LIMIT_TYPE, NFT_LIMIT_PKTS);
        return e;
}

static struct nftnl_expr *encode_counter(const struct pg_counter *counter)
{
        struct nftnl_expr *e = nftnl_expr_alloc("counter");

        if (!e)
                return NULL;
        nftnl_expr_set_u64(e, NFTNL_EXPR_CTR_PACKETS, counter->packets);
        nftnl_expr_set_u64(e, NFTNL_EXPR_CTR_BYTES, counter->bytes);
        return e;
}

static struct nftnl_expr *encode_log(const struct pg_log *log)
{
        struct nftnl_expr *e = nftnl_expr_alloc("log");

        if (!e)
                return NULL;
        nftnl_expr_set_str(e, NFTNL_EXPR_LOG_PREFIX, log->prefix);
        nftnl_expr_set_u32(e, NFTNL_EXPR_LOG_LEVEL, log->level);
        return e;
}

static struct nftnl_expr *encode_dynset(const struct pg_dynset *dynset)
{
        struct nftnl_expr *e = nftnl_expr_alloc("dynset");
        struct nftnl_expr *own = !e                  ? NULL
                                 : dynset->has_limit ? encode_limit(&dynset->limit)
                                                     : nftnl_expr_alloc("counter");

        if (!own) {
                if (e)
                        nftnl_expr_free(e);
                return NULL;
        }
        nftnl_expr_set_u32(e, NFTNL_EXPR_DYNSET_OP, dynset->op);
        nftnl_expr_set_u32(e, NFTNL_EXPR_DYNSET_SREG_KEY, register_number(dynset->reg));
        nftnl_expr_set_str(e, NFTNL_EXPR_DYNSET_SET_NAME, dynset->set);
        nftnl_expr_set(e, NFTNL_EXPR_DYNSET_EXPR, own, 0);
        return e;
}

static struct nftnl_expr *encode_reject(const struct pg_reject *reject)
{
        struct nftnl_expr *e = nftnl_expr_alloc("reject");

        if (!e)
                return NULL;
        nftnl_expr_set_u32(e, NFTNL_EXPR_REJECT_TYPE, reject->type);
        if (reject->type != NFT_REJECT_TCP_RST)
                nftnl_expr_set_u8(e, NFTNL_EXPR_REJECT_CODE, (uint8_t)reject->code);
        return e;
}

struct nftnl_expr *pg_expr_encode(const struct pg_expr *expr)
{
        switch (expr->kind) {
        case PG_EXPR_META:
                return encode_load("meta", NFTNL_EXPR_META_KEY, NFTNL_EXPR_META_DREG, &expr->meta);
        case PG_EXPR_CT:
                return encode_load("ct", NFTNL_EXPR_CT_KEY, NFTNL_EXPR_CT_DREG, &expr->ct);
        case PG_EXPR_PAYLOAD:
                return encode_payload(&expr->payload);
        case PG_EXPR_BITWISE:
                return encode_bitwise(&expr->bitwise);
        case PG_EXPR_CMP:
                return encode_cmp(&expr->cmp);
        case PG_EXPR_LOOKUP:
                return encode_lookup(&expr->lookup);
        case PG_EXPR_VERDICT:
                return encode_verdict(&expr->verdict);
        case PG_EXPR_LIMIT:
                return encode_limit(&expr->limit);
        case PG_EXPR_COUNTER:
                return encode_counter(&expr->counter);
        case PG_EXPR_LOG:
                return encode_log(&expr->log);
        case PG_EXPR_DYNSET:
                return encode_dynset(&expr->dynset);
        case PG_EXPR_REJECT:
                return encode_reject(&expr->reject);
        case PG_EXPR_FOREIGN:
        case PG_EXPR_KINDS:
                break;
        }
        return NULL;
}

struct nftnl_chain *pg_chain_encode(const struct pg_chain *chain)
{
        struct nftnl_chain *c = nftnl_chain_alloc();
        uint8_t userdata[PG_USERDATA_MAX];

        if (!c)
                return NULL;
        nftnl_chain_set_u32(c, NFTNL_CHAIN_FAMILY, NFPROTO_INET);
        nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, PG_TABLE_NAME);
        nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, chain->name);
        if (chain->is_base) {
                nftnl_chain_set_str(c, NFTNL_CHAIN_TYPE, "filter");
                nftnl_chain_set_u32(c, NFTNL_CHAIN_HOOKNUM, chain->hook);
                nftnl_chain_set_s32(c, NFTNL_CHAIN_PRIO, chain->priority);
                nftnl_chain_set_u32(c, NFTNL_CHAIN_POLICY, chain->policy);
        }
        if (chain->comment)
                nftnl_chain_set_data(c, NFTNL_CHAIN_USERDATA, userdata,
                                     (uint32_t)pg_comment_encode(chain->comment, userdata));
        return c;
}

struct nftnl_rule *pg_rule_encode(const char *chain, const struct pg_rule *rule)
{
        _cleanup_(nftnl_rule_freep) struct nftnl_rule *r = nftnl_rule_alloc();

        if (!r)
                return NULL;
        nftnl_rule_set_u32(r, NFTNL_RULE_FAMILY, NFPROTO_INET);
        nftnl_rule_set_str(r, NFTNL_RULE_TABLE, PG_TABLE_NAME);
        nftnl_rule_set_str(r, NFTNL_RULE_CHAIN, chain);
        for (size_t i = 0; i < rule->n_exprs; i++) {
                struct nftnl_expr *e = pg_expr_encode(&rule->exprs[i]);

                if (!e)
                        return NULL;
                nftnl_rule_add_expr(r, e);
        }
        return PG_TAKE(r);
}

struct nftnl_set *pg_set_encode(const struct pg_set *set, uint32_t id)
{
        struct nftnl_set *s = nftnl_set_alloc();

        if (!s)
                return NULL;
        nftnl_set_set_u32(s, NFTNL_SET_FAMILY, NFPROTO_INET);
        nftnl_set_set_str(s, NFTNL_SET_TABLE, PG_TABLE_NAME);
        nftnl_set_set_str(s, NFTNL_SET_NAME, set->name);
        nftnl_set_set_u32(s, NFTNL_SET_ID, id);
        nftnl_set_set_u32(s, NFTNL_SET_FLAGS, set->flags);
        nftnl_set_set_u32(s, NFTNL_SET_KEY_TYPE, set->key_type);
        nftnl_set_set_u32(s, NFTNL_SET_KEY_LEN, set->key_length);
        if (set->flags & PG_SET_CONCAT)
                nftnl_set_set_data(s, NFTNL_SET_DESC_CONCAT, set->field_lengths, set->n_fields);
        if (set->flags & PG_SET_MAP) {
                nftnl_set_set_u32(s, NFTNL_SET_DATA_TYPE, NFT_DATA_VERDICT);
                nftnl_set_set_u32(s, NFTNL_SET_DATA_LEN, 0);
        }
        if (set->timeout_ms > 0)
                nftnl_set_set_u64(s, NFTNL_SET_TIMEOUT, set->timeout_ms);
        if (set->size > 0)
                nftnl_set_set_u32(s, NFTNL_SET_DESC_SIZE, set->size);
        if (set->has_counters) {
                struct nftnl_expr *counter = nftnl_expr_alloc("counter");

                if (!counter) {
                        nftnl_set_free(s);
                        return NULL;
                }
                nftnl_set_add_expr(s, counter);
        }
        return s;
}
