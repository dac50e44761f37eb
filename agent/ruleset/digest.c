/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One number for all that decides about packets in a slot. */
#include "ruleset/digest.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

/* A name without its slot, and the first of a set's two: a policy has the same digest in any. */
static void add_name(struct pg_digest *digest, const char *name)
{
        char base[PG_NAME_MAX];

        pg_name_first(name, base);
        if (pg_slot_of_name(base) != 0)
                base[strlen(base) - 2] = '\0';
        pg_digest_add_string(digest, base);
}

/* Four bytes, the lowest first, whatever the machine: no struct is hashed as it lies in memory. */
static void add_u32(struct pg_digest *digest, uint32_t number)
{
        const uint8_t bytes[] = {(uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16),
                                 (uint8_t)(number >> 24)};

        pg_digest_add(digest, bytes, sizeof(bytes));
}

static void add_payload(struct pg_digest *digest, const struct pg_payload *payload)
{
        add_u32(digest, payload->base);
        add_u32(digest, payload->offset);
        add_u32(digest, payload->length);
        add_u32(digest, payload->reg);
}

static void add_bitwise(struct pg_digest *digest, const struct pg_bitwise *bitwise)
{
        add_u32(digest, bitwise->source);
        add_u32(digest, bitwise->target);
        add_u32(digest, bitwise->length);
        pg_digest_add(digest, bitwise->mask, sizeof(bitwise->mask));
        pg_digest_add(digest, bitwise->xor, sizeof(bitwise->xor));
}

static void add_cmp(struct pg_digest *digest, const struct pg_cmp *cmp)
{
        add_u32(digest, cmp->reg);
        add_u32(digest, cmp->op);
        add_u32(digest, cmp->length);
        pg_digest_add(digest, cmp->data, sizeof(cmp->data));
}

static void add_limit(struct pg_digest *digest, const struct pg_limit *limit)
{
        add_u32(digest, (uint32_t)limit->rate);
        add_u32(digest, (uint32_t)(limit->rate >> 32));
        pg_digest_add_number(digest, limit->unit);
        pg_digest_add_number(digest, limit->burst);
}

static void add_lookup(struct pg_digest *digest, const struct pg_lookup *lookup)
{
        pg_digest_add_number(digest, lookup->reg);
        pg_digest_add_number(digest, lookup->is_map);
        pg_digest_add_number(digest, lookup->is_not);
        add_name(digest, lookup->set);
}

static void add_dynset(struct pg_digest *digest, const struct pg_dynset *dynset)
{
        pg_digest_add_number(digest, dynset->op);
        pg_digest_add_number(digest, dynset->reg);
        add_name(digest, dynset->set);
        pg_digest_add_number(digest, dynset->has_limit);
        if (dynset->has_limit)
                add_limit(digest, &dynset->limit);
}

static void add_expr(struct pg_digest *digest, const struct pg_expr *expr)
{
        pg_digest_add_number(digest, expr->kind);
        switch (expr->kind) {
        case PG_EXPR_META:
        case PG_EXPR_CT:
                pg_digest_add_number(digest, expr->meta.key);
                pg_digest_add_number(digest, expr->meta.reg);
                break;
        case PG_EXPR_PAYLOAD:
                add_payload(digest, &expr->payload);
                break;
        case PG_EXPR_BITWISE:
                add_bitwise(digest, &expr->bitwise);
                break;
        case PG_EXPR_CMP:
                add_cmp(digest, &expr->cmp);
                break;
        case PG_EXPR_LOOKUP:
                add_lookup(digest, &expr->lookup);
                break;
        case PG_EXPR_VERDICT:
                pg_digest_add_number(digest, (uint64_t)expr->verdict.code);
                add_name(digest, expr->verdict.chain);
                break;
        case PG_EXPR_LIMIT:
                add_limit(digest, &expr->limit);
                break;
        case PG_EXPR_LOG:
                pg_digest_add_string(digest, expr->log.prefix);
                pg_digest_add_number(digest, expr->log.level);
                break;
        case PG_EXPR_DYNSET:
                add_dynset(digest, &expr->dynset);
                break;
        case PG_EXPR_REJECT:
                pg_digest_add_number(digest, expr->reject.type);
                pg_digest_add_number(digest, expr->reject.code);
                break;
        case PG_EXPR_FOREIGN:
                pg_digest_add_string(digest, expr->foreign);
                break;
        case PG_EXPR_COUNTER:
        case PG_EXPR_KINDS:
                break;
        }
}

static void add_chain(struct pg_digest *digest, const struct pg_chain *chain)
{
        add_name(digest, chain->name);
        pg_digest_add_string(digest, chain->comment ? chain->comment : "");
        pg_digest_add_number(digest, chain->n_rules);
        for (size_t i = 0; i < chain->n_rules; i++) {
                const struct pg_rule *rule = &chain->rules[i];

                pg_digest_add_number(digest, rule->n_exprs);
                for (size_t j = 0; j < rule->n_exprs; j++)
                        add_expr(digest, &rule->exprs[j]);
        }
}

/* In pieces: a group may have a million of them. Of single addresses once. */
static void add_ranges4(struct pg_digest *digest, const struct pg_addresses *addresses,
                        bool is_interval)
{
        uint32_t words[512];
        size_t n = 0;

        pg_digest_add_number(digest, addresses->n_v4);
        for (size_t i = 0; i < addresses->n_v4; i++) {
                words[n++] = htole32(addresses->v4[i].first);
                if (is_interval)
                        words[n++] = htole32(addresses->v4[i].last);
                if (n == PG_ELEMENTSOF(words) || i + 1 == addresses->n_v4) {
                        pg_digest_add(digest, words, n * sizeof(*words));
                        n = 0;
                }
        }
}

/* Bytes in network order, with nothing between them. */
static_assert(sizeof(struct pg_range6) == 32, "a range of IPv6 is two addresses");

static void add_ranges6(struct pg_digest *digest, const struct pg_addresses *addresses,
                        bool is_interval)
{
        pg_digest_add_number(digest, addresses->n_v6);
        if (is_interval)
                pg_digest_add(digest, addresses->v6, addresses->n_v6 * sizeof(*addresses->v6));
        for (size_t i = 0; !is_interval && i < addresses->n_v6; i++)
                pg_digest_add(digest, addresses->v6[i].first, sizeof(addresses->v6[i].first));
}

static void add_set(struct pg_digest *digest, const struct pg_set *set)
{
        bool is_interval = set->flags & PG_SET_INTERVAL;

        add_name(digest, set->name);
        pg_digest_add_number(digest, set->flags);
        pg_digest_add_number(digest, set->key_type);
        if (set->has_foreign)
                pg_digest_add_string(digest, "an element that portguard never makes");
        pg_digest_add_number(digest, set->n_elements);
        for (size_t i = 0; i < set->n_elements; i++) {
                const struct pg_element *element = &set->elements[i];

                pg_digest_add(digest, element->key, sizeof(element->key));
                pg_digest_add(digest, element->key_end, sizeof(element->key_end));
                pg_digest_add_number(digest, (uint64_t)element->verdict.code);
                add_name(digest, element->verdict.chain);
                pg_digest_add_string(digest, element->comment ? element->comment : "");
        }
        add_ranges4(digest, &set->addresses, is_interval);
        add_ranges6(digest, &set->addresses, is_interval);
}

void pg_ruleset_digest(const struct pg_ruleset *ruleset, char slot,
                       char text[static PG_DIGEST_TEXT_SIZE])
{
        struct pg_digest digest;
        char record[PG_NAME_MAX];

        pg_slot_name(PG_RECORD_NAME, slot, record);
        pg_digest_begin(&digest);
        pg_digest_add_string(&digest, "portguard ruleset 4");
        for (size_t i = 0; i < ruleset->n_chains; i++)
                if (pg_slot_of_name(ruleset->chains[i].name) == slot)
                        add_chain(&digest, &ruleset->chains[i]);
        for (size_t i = 0; i < ruleset->n_sets; i++)
                if (pg_slot_of_name(ruleset->sets[i].name) == slot &&
                    strcmp(ruleset->sets[i].name, record) != 0)
                        add_set(&digest, &ruleset->sets[i]);
        pg_digest_end(&digest, text);
}
