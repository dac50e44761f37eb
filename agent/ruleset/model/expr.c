/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builders of expressions. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "ruleset/model/ruleset.h"

int pg_rule_add_expr(struct pg_rule *rule, const struct pg_expr *expr)
{
        struct pg_expr *item = PG_ARRAY_ADD(rule->exprs, rule->n_exprs);

        if (!item)
                return -ENOMEM;
        *item = *expr;
        return 0;
}

static int add_meta(struct pg_rule *rule, uint32_t key, uint32_t reg)
{
        return pg_rule_add_expr(rule, &(struct pg_expr){.kind = PG_EXPR_META,
                                                        .meta = {.key = key, .reg = reg}});
}

static int add_payload(struct pg_rule *rule, uint32_t base, uint32_t offset, uint32_t length,
                       uint32_t reg)
{
        return pg_rule_add_expr(rule, &(struct pg_expr){.kind = PG_EXPR_PAYLOAD,
                                                        .payload = {.base = base,
                                                                    .offset = offset,
                                                                    .length = length,
                                                                    .reg = reg}});
}

static int add_cmp(struct pg_rule *rule, uint32_t op, const void *data, uint32_t length)
{
        struct pg_expr expr = {.kind = PG_EXPR_CMP, .cmp = {.op = op, .length = length}};

        memcpy(expr.cmp.data, data, length);
        return pg_rule_add_expr(rule, &expr);
}

static int match_meta(struct pg_rule *rule, uint32_t key, const void *data, uint32_t length)
{
        int r = add_meta(rule, key, 0);

        return r < 0 ? r : add_cmp(rule, NFT_CMP_EQ, data, length);
}

/* The loopback device has index 1 in every network namespace (net/core/dev.c: LOOPBACK_IFINDEX). */
static const uint32_t loopback_index = 1;

int pg_match_iif_lo(struct pg_rule *rule)
{
        return match_meta(rule, NFT_META_IIF, &loopback_index, sizeof(loopback_index));
}

int pg_match_oif_lo(struct pg_rule *rule)
{
        return match_meta(rule, NFT_META_OIF, &loopback_index, sizeof(loopback_index));
}

/* "cni*" compares only the bytes before the star. */
int pg_match_interface(struct pg_rule *rule, bool is_input, const char *name)
{
        uint32_t key = is_input ? NFT_META_IIFNAME : NFT_META_OIFNAME;
        char data[PG_DATA_MAX] = {0};
        size_t length = strlen(name);

        if (length > 0 && name[length - 1] == '*') {
                memcpy(data, name, length - 1);
                return match_meta(rule, key, data, (uint32_t)length - 1);
        }
        memcpy(data, name, length < sizeof(data) ? length : sizeof(data) - 1);
        return match_meta(rule, key, data, sizeof(data));
}

/* Any of these bits. */
static int match_ct_bits(struct pg_rule *rule, uint32_t key, uint32_t bits)
{
        static const uint32_t zero;
        struct pg_expr expr = {.kind = PG_EXPR_BITWISE, .bitwise = {.length = sizeof(bits)}};
        int r = pg_rule_add_expr(rule, &(struct pg_expr){.kind = PG_EXPR_CT, .ct = {.key = key}});

        memcpy(expr.bitwise.mask, &bits, sizeof(bits));
        if (r >= 0)
                r = pg_rule_add_expr(rule, &expr);
        return r < 0 ? r : add_cmp(rule, NFT_CMP_NEQ, &zero, sizeof(zero));
}

int pg_match_ct_state(struct pg_rule *rule, uint32_t states)
{
        return match_ct_bits(rule, NFT_CT_STATE, states);
}

int pg_match_ct_status(struct pg_rule *rule, uint32_t bits)
{
        return match_ct_bits(rule, NFT_CT_STATUS, bits);
}

int pg_match_protocol(struct pg_rule *rule, uint8_t protocol)
{
        return match_meta(rule, NFT_META_L4PROTO, &protocol, sizeof(protocol));
}

int pg_match_other_protocol(struct pg_rule *rule, uint8_t protocol)
{
        int r = add_meta(rule, NFT_META_L4PROTO, 0);

        return r < 0 ? r : add_cmp(rule, NFT_CMP_NEQ, &protocol, sizeof(protocol));
}

int pg_match_family(struct pg_rule *rule, uint8_t nfproto)
{
        return match_meta(rule, NFT_META_NFPROTO, &nfproto, sizeof(nfproto));
}

int pg_match_port(struct pg_rule *rule, bool is_source, uint16_t port)
{
        uint16_t data = htons(port);
        int r = add_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, is_source ? 0 : 2, sizeof(data), 0);

        return r < 0 ? r : add_cmp(rule, NFT_CMP_EQ, &data, sizeof(data));
}

int pg_match_type(struct pg_rule *rule, uint8_t first, uint8_t last)
{
        int r = add_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, 0);

        if (r >= 0 && first == last)
                return add_cmp(rule, NFT_CMP_EQ, &first, 1);
        if (r >= 0)
                r = add_cmp(rule, NFT_CMP_GTE, &first, 1);
        return r < 0 ? r : add_cmp(rule, NFT_CMP_LTE, &last, 1);
}

int pg_match_hop_limit(struct pg_rule *rule, uint8_t hops)
{
        int r = add_payload(rule, NFT_PAYLOAD_NETWORK_HEADER, 7, 1, 0);

        return r < 0 ? r : add_cmp(rule, NFT_CMP_EQ, &hops, 1);
}

static int match_prefix(struct pg_rule *rule, uint32_t offset, const uint8_t *address, uint32_t size,
                        unsigned length)
{
        struct pg_expr mask = {.kind = PG_EXPR_BITWISE, .bitwise = {.length = size}};
        int r;

        /* Whole bytes are loaded alone, as nft does. */
        if (length > 0 && length % 8 == 0)
                size = length / 8;
        r = add_payload(rule, NFT_PAYLOAD_NETWORK_HEADER, offset, size, 0);
        for (unsigned i = 0; i < length; i++)
                mask.bitwise.mask[i / 8] |= (uint8_t)(0x80 >> (i % 8));
        if (r >= 0 && length < 8 * size)
                r = pg_rule_add_expr(rule, &mask);
        return r < 0 ? r : add_cmp(rule, NFT_CMP_EQ, address, size);
}

int pg_match_prefix4(struct pg_rule *rule, bool is_source, const uint8_t address[4], unsigned length)
{
        return match_prefix(rule, is_source ? 12 : 16, address, 4, length);
}

int pg_match_prefix6(struct pg_rule *rule, bool is_source, const uint8_t address[16], unsigned length)
{
        return match_prefix(rule, is_source ? 8 : 24, address, 16, length);
}

static bool has_family(const struct pg_rule *rule)
{
        for (size_t i = 0; i < rule->n_exprs; i++)
                if (rule->exprs[i].kind == PG_EXPR_META && rule->exprs[i].meta.key == NFT_META_NFPROTO)
                        return true;
        return false;
}

/* A rule is of one family, and says so once. */
static int load_address(struct pg_rule *rule, bool is_v6, bool is_source)
{
        uint32_t offset = is_v6 ? (is_source ? 8 : 24) : (is_source ? 12 : 16);
        int r = has_family(rule) ? 0 : pg_match_family(rule, is_v6 ? NFPROTO_IPV6 : NFPROTO_IPV4);

        return r < 0 ? r : add_payload(rule, NFT_PAYLOAD_NETWORK_HEADER, offset, is_v6 ? 16 : 4, 0);
}

static int add_lookup(struct pg_rule *rule, const char *set, bool is_map)
{
        struct pg_expr expr = {.kind = PG_EXPR_LOOKUP, .lookup = {.is_map = is_map}};

        snprintf(expr.lookup.set, sizeof(expr.lookup.set), "%s", set);
        return pg_rule_add_expr(rule, &expr);
}

int pg_match_set(struct pg_rule *rule, bool is_v6, bool is_source, const char *set)
{
        int r = load_address(rule, is_v6, is_source);

        return r < 0 ? r : add_lookup(rule, set, false);
}

int pg_match_not_in_set(struct pg_rule *rule, bool is_v6, bool is_source, const char *set)
{
        int r = pg_match_set(rule, is_v6, is_source, set);

        if (r >= 0)
                rule->exprs[rule->n_exprs - 1].lookup.is_not = true;
        return r;
}

int pg_match_family_set(struct pg_rule *rule, const char *set)
{
        int r = add_meta(rule, NFT_META_NFPROTO, 0);

        return r < 0 ? r : add_lookup(rule, set, false);
}

int pg_match_address_map(struct pg_rule *rule, bool is_v6, bool is_source, const char *map)
{
        int r = load_address(rule, is_v6, is_source);

        return r < 0 ? r : add_lookup(rule, map, true);
}

/* Protocol and port of one side, in registers behind one another. */
static int load_port(struct pg_rule *rule, bool is_source, uint32_t reg)
{
        int r = add_meta(rule, NFT_META_L4PROTO, reg);

        return r < 0 ? r
                     : add_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, is_source ? 0 : 2, 2, reg + 1);
}

int pg_match_ports(struct pg_rule *rule, const char *set)
{
        int r = load_port(rule, false, 0);

        return r < 0 ? r : add_lookup(rule, set, false);
}

int pg_match_source_ports_map(struct pg_rule *rule, const char *map)
{
        int r = load_port(rule, true, 0);

        return r < 0 ? r : add_lookup(rule, map, true);
}

int pg_match_port_map(struct pg_rule *rule, uint8_t protocol, const char *map)
{
        int r = pg_match_protocol(rule, protocol);

        if (r >= 0)
                r = add_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, 0);
        return r < 0 ? r : add_lookup(rule, map, true);
}

int pg_match_protocol_set(struct pg_rule *rule, const char *set, bool is_map)
{
        int r = add_meta(rule, NFT_META_L4PROTO, 0);

        return r < 0 ? r : add_lookup(rule, set, is_map);
}

int pg_do_verdict(struct pg_rule *rule, int32_t code, const char *chain)
{
        struct pg_expr expr = {.kind = PG_EXPR_VERDICT, .verdict = {.code = code}};

        if (chain)
                snprintf(expr.verdict.chain, sizeof(expr.verdict.chain), "%s", chain);
        return pg_rule_add_expr(rule, &expr);
}

int pg_do_limit(struct pg_rule *rule, uint64_t rate, uint64_t unit, uint32_t burst)
{
        return pg_rule_add_expr(rule, &(struct pg_expr){.kind = PG_EXPR_LIMIT,
                                                        .limit = {.rate = rate,
                                                                  .unit = unit,
                                                                  .burst = burst}});
}

int pg_do_counter(struct pg_rule *rule)
{
        return pg_rule_add_expr(rule, &(struct pg_expr){.kind = PG_EXPR_COUNTER});
}

int pg_do_log(struct pg_rule *rule, const char *prefix)
{
        struct pg_expr expr = {.kind = PG_EXPR_LOG, .log = {.level = NFT_LOGLEVEL_INFO}};

        snprintf(expr.log.prefix, sizeof(expr.log.prefix), "%s", prefix);
        return pg_rule_add_expr(rule, &expr);
}

/* What begins a connection. */
int pg_match_tcp_syn(struct pg_rule *rule)
{
        static const uint8_t fin_syn_rst_ack = 0x17, syn = 0x02;
        struct pg_expr mask = {.kind = PG_EXPR_BITWISE, .bitwise = {.length = 1}};
        int r = pg_match_protocol(rule, IPPROTO_TCP);

        mask.bitwise.mask[0] = fin_syn_rst_ack;
        if (r >= 0)
                r = add_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, 13, 1, 0);
        if (r >= 0)
                r = pg_rule_add_expr(rule, &mask);
        return r < 0 ? r : add_cmp(rule, NFT_CMP_EQ, &syn, 1);
}

static int add_reject(struct pg_rule *rule, uint32_t type, uint32_t code)
{
        return pg_rule_add_expr(rule, &(struct pg_expr){.kind = PG_EXPR_REJECT,
                                                        .reject = {.type = type, .code = code}});
}

int pg_do_reset(struct pg_rule *rule)
{
        return add_reject(rule, NFT_REJECT_TCP_RST, 0);
}

int pg_do_prohibit(struct pg_rule *rule)
{
        return add_reject(rule, NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_ICMPX_ADMIN_PROHIBITED);
}

/* Address, protocol and port of one side, in registers behind one another. */
static int load_side(struct pg_rule *rule, bool is_v6, bool is_source, bool is_source_port)
{
        int r = load_address(rule, is_v6, is_source);

        return r < 0 ? r : load_port(rule, is_source_port, is_v6 ? 4 : 1);
}

static int add_remembering(struct pg_rule *rule, const char *set)
{
        struct pg_expr expr = {.kind = PG_EXPR_DYNSET, .dynset = {.op = NFT_DYNSET_OP_UPDATE}};

        snprintf(expr.dynset.set, sizeof(expr.dynset.set), "%s", set);
        return pg_rule_add_expr(rule, &expr);
}

int pg_do_remember(struct pg_rule *rule, bool is_v6, bool is_source, const char *set)
{
        int r = load_side(rule, is_v6, is_source, false);

        return r < 0 ? r : add_remembering(rule, set);
}

int pg_do_remember_port(struct pg_rule *rule, const char *set)
{
        int r = load_port(rule, false, 0);

        return r < 0 ? r : add_remembering(rule, set);
}

int pg_do_remember_asker(struct pg_rule *rule, bool is_v6, const char *set)
{
        int r = load_side(rule, is_v6, true, true);

        return r < 0 ? r : add_remembering(rule, set);
}

int pg_match_asker(struct pg_rule *rule, bool is_v6, const char *set)
{
        int r = load_side(rule, is_v6, false, false);

        return r < 0 ? r : add_lookup(rule, set, false);
}

int pg_do_limit_each(struct pg_rule *rule, bool is_v6, const char *set, const struct pg_limit *limit)
{
        struct pg_expr expr = {.kind = PG_EXPR_DYNSET,
                               .dynset = {.op = NFT_DYNSET_OP_UPDATE,
                                          .has_limit = true,
                                          .limit = *limit}};
        int r = load_address(rule, is_v6, true);

        snprintf(expr.dynset.set, sizeof(expr.dynset.set), "%s", set);
        return r < 0 ? r : pg_rule_add_expr(rule, &expr);
}
