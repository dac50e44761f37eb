/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule in the words of nft(8). */
#include "ruleset/text.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

/* What the expressions of a rule so far have put where, so that a comparison can be named. */
struct loads {
        const struct pg_expr *at[16];
        uint8_t protocol; /* that the rule has matched; 0: none */
};

void pg_protocol_print(uint8_t protocol, FILE *stream)
{
        char text[16];

        if (protocol == IPPROTO_ICMP)
                fputs("icmp", stream);
        else if (protocol == IPPROTO_ICMPV6)
                fputs("ipv6-icmp", stream);
        else if (protocol == IPPROTO_IGMP)
                fputs("igmp", stream);
        else {
                pg_protocol_format(protocol, text, sizeof(text));
                fputs(text, stream);
        }
}

static void print_states(uint32_t states, FILE *stream)
{
        static const char *const names[] = {"invalid", "established", "related", "new"};
        const char *separator = "";

        for (size_t i = 0; i < PG_ELEMENTSOF(names); i++)
                if (states & (1U << i)) {
                        fprintf(stream, "%s%s", separator, names[i]);
                        separator = ",";
                }
}

static const char *cmp_word(uint32_t op)
{
        switch (op) {
        case NFT_CMP_EQ:
                return "";
        case NFT_CMP_NEQ:
                return "!= ";
        case NFT_CMP_GTE:
                return ">= ";
        case NFT_CMP_LTE:
                return "<= ";
        case NFT_CMP_GT:
                return "> ";
        default:
                return "< ";
        }
}

static void print_meta(const struct pg_load *meta, const struct pg_cmp *cmp, FILE *stream)
{
        uint32_t index;

        switch (meta->key) {
        case NFT_META_IIF:
        case NFT_META_OIF:
                memcpy(&index, cmp->data, sizeof(index));
                fprintf(stream, "%s ", meta->key == NFT_META_IIF ? "iif" : "oif");
                if (index == 1)
                        fputs("\"lo\"", stream);
                else
                        fprintf(stream, "%u", index);
                break;
        case NFT_META_IIFNAME:
        case NFT_META_OIFNAME:
                fprintf(stream, "%s \"%.*s%s\"", meta->key == NFT_META_IIFNAME ? "iifname" : "oifname",
                        (int)cmp->length, (const char *)cmp->data,
                        cmp->length < PG_DATA_MAX ? "*" : "");
                break;
        case NFT_META_L4PROTO:
                fprintf(stream, "meta l4proto %s", cmp_word(cmp->op));
                pg_protocol_print(cmp->data[0], stream);
                break;
        case NFT_META_NFPROTO:
                fprintf(stream, "meta nfproto %s", cmp->data[0] == NFPROTO_IPV4 ? "ipv4" : "ipv6");
                break;
        default:
                fprintf(stream, "meta key %u", meta->key);
        }
}

static unsigned prefix_length(const struct pg_bitwise *mask)
{
        unsigned length = 0;

        while (length < 8 * mask->length && (mask->mask[length / 8] & (0x80 >> (length % 8))))
                length++;
        return length;
}

static void print_address(const struct pg_payload *payload, const struct pg_bitwise *mask,
                          const struct pg_cmp *cmp, FILE *stream)
{
        bool is_v6 = payload->length == 16;
        bool is_source = payload->offset == (is_v6 ? 8 : 12);
        char text[INET6_ADDRSTRLEN] = "";

        inet_ntop(is_v6 ? AF_INET6 : AF_INET, cmp->data, text, sizeof(text));
        fprintf(stream, "%s %s %s", is_v6 ? "ip6" : "ip", is_source ? "saddr" : "daddr", text);
        if (mask)
                fprintf(stream, "/%u", prefix_length(mask));
}

static const char *protocol_prefix(uint8_t protocol)
{
        switch (protocol) {
        case IPPROTO_ICMP:
                return "icmp";
        case IPPROTO_ICMPV6:
                return "icmpv6";
        case IPPROTO_TCP:
                return "tcp";
        case IPPROTO_UDP:
                return "udp";
        default:
                return "th";
        }
}

static void print_payload(const struct loads *loads, const struct pg_payload *payload,
                          const struct pg_bitwise *mask, const struct pg_cmp *cmp, FILE *stream)
{
        const char *prefix = protocol_prefix(loads->protocol);
        uint16_t port;

        if (payload->base == NFT_PAYLOAD_NETWORK_HEADER && payload->length == 1 && payload->offset == 7)
                fprintf(stream, "ip6 hoplimit %u", cmp->data[0]);
        else if (payload->base == NFT_PAYLOAD_NETWORK_HEADER && payload->length >= 4)
                print_address(payload, mask, cmp, stream);
        else if (payload->base == NFT_PAYLOAD_TRANSPORT_HEADER && payload->length == 2) {
                memcpy(&port, cmp->data, sizeof(port));
                fprintf(stream, "%s %s %s%u", prefix, payload->offset == 0 ? "sport" : "dport",
                        cmp_word(cmp->op), ntohs(port));
        } else if (payload->base == NFT_PAYLOAD_TRANSPORT_HEADER && payload->length == 1)
                fprintf(stream, "%s type %s%u", prefix, cmp_word(cmp->op), cmp->data[0]);
        else
                fprintf(stream, "(payload %u,%u,%u)", payload->base, payload->offset, payload->length);
}

static void print_cmp(const struct loads *loads, const struct pg_expr *expr, FILE *stream)
{
        const struct pg_cmp *cmp = &expr->cmp;
        const struct pg_expr *load = loads->at[cmp->reg % 16];
        const struct pg_bitwise *mask = NULL;
        uint32_t states;

        if (load && load->kind == PG_EXPR_BITWISE) {
                mask = &load->bitwise;
                load = load - 1; /* the builders put the mask behind its load */
        }
        if (load && load->kind == PG_EXPR_META)
                print_meta(&load->meta, cmp, stream);
        else if (load && load->kind == PG_EXPR_CT && mask) {
                memcpy(&states, mask->mask, sizeof(states));
                fputs("ct state ", stream);
                print_states(states, stream);
        } else if (load && load->kind == PG_EXPR_PAYLOAD)
                print_payload(loads, &load->payload, mask, cmp, stream);
        else
                fputs("(unknown comparison)", stream);
}

static void print_lookup(const struct loads *loads, const struct pg_lookup *lookup, FILE *stream)
{
        const struct pg_expr *load = loads->at[lookup->reg % 16];

        if (load && load->kind == PG_EXPR_PAYLOAD) {
                bool is_v6 = load->payload.length == 16;

                fprintf(stream, "%s %s %s@%s", is_v6 ? "ip6" : "ip",
                        load->payload.offset == (is_v6 ? 8 : 12) ? "saddr" : "daddr",
                        lookup->is_map ? "vmap " : "", lookup->set);
                return;
        }
        if (lookup->is_map) {
                fprintf(stream, "meta l4proto . th dport vmap @%s", lookup->set);
                return;
        }
        fprintf(stream, "(unknown lookup) @%s", lookup->set);
}

void pg_verdict_print(const struct pg_verdict *verdict, FILE *stream)
{
        switch (verdict->code) {
        case NF_ACCEPT:
                fputs("accept", stream);
                break;
        case NF_DROP:
                fputs("drop", stream);
                break;
        case NFT_GOTO:
                fprintf(stream, "goto %s", verdict->chain);
                break;
        case NFT_JUMP:
                fprintf(stream, "jump %s", verdict->chain);
                break;
        case NFT_RETURN:
                fputs("return", stream);
                break;
        default:
                fprintf(stream, "(verdict %d)", verdict->code);
        }
}

static const char *unit_name(uint64_t seconds)
{
        switch (seconds) {
        case 1:
                return "second";
        case 60:
                return "minute";
        case 3600:
                return "hour";
        default:
                return "day";
        }
}

static void print_dynset(const struct loads *loads, const struct pg_dynset *dynset, FILE *stream)
{
        const struct pg_expr *load = loads->at[dynset->reg % 16];
        bool is_v6 = load && load->kind == PG_EXPR_PAYLOAD && load->payload.length == 16;

        fprintf(stream, "update @%s { %s saddr . meta l4proto . th dport counter }", dynset->set,
                is_v6 ? "ip6" : "ip");
}

/* Words for one expression; loads say nothing by themselves. Returns whether something was printed. */
static bool print_expr(struct loads *loads, const struct pg_expr *expr, FILE *stream)
{
        switch (expr->kind) {
        case PG_EXPR_META:
        case PG_EXPR_CT:
                loads->at[expr->meta.reg % 16] = expr;
                return false;
        case PG_EXPR_PAYLOAD:
                loads->at[expr->payload.reg % 16] = expr;
                return false;
        case PG_EXPR_BITWISE:
                loads->at[expr->bitwise.target % 16] = expr;
                return false;
        case PG_EXPR_CMP:
                print_cmp(loads, expr, stream);
                return true;
        case PG_EXPR_LOOKUP:
                print_lookup(loads, &expr->lookup, stream);
                return true;
        case PG_EXPR_VERDICT:
                pg_verdict_print(&expr->verdict, stream);
                return true;
        case PG_EXPR_LIMIT:
                fprintf(stream, "limit rate %llu/%s burst %u packets",
                        (unsigned long long)expr->limit.rate, unit_name(expr->limit.unit),
                        expr->limit.burst);
                return true;
        case PG_EXPR_COUNTER:
                fputs("counter", stream);
                return true;
        case PG_EXPR_LOG:
                fprintf(stream, "log prefix \"%s\" level info", expr->log.prefix);
                return true;
        case PG_EXPR_DYNSET:
                print_dynset(loads, &expr->dynset, stream);
                return true;
        case PG_EXPR_FOREIGN:
                fprintf(stream, "(foreign expression %s)", expr->foreign);
                return true;
        case PG_EXPR_KINDS:
                break;
        }
        return false;
}

/* "meta nfproto ipv4 ip saddr @x", "meta l4proto icmp icmp type 8": nft adds the family and the
 * protocol by itself, and leaves them out when it lists a rule. */
static bool is_implied(const struct pg_rule *rule, size_t i)
{
        const struct pg_expr *load = &rule->exprs[i];
        const struct pg_expr *next = i + 2 < rule->n_exprs ? &rule->exprs[i + 2] : NULL;
        uint32_t base;

        if (load->kind != PG_EXPR_META || !next || next->kind != PG_EXPR_PAYLOAD ||
            rule->exprs[i + 1].kind != PG_EXPR_CMP)
                return false;
        if (load->meta.key == NFT_META_NFPROTO)
                base = NFT_PAYLOAD_NETWORK_HEADER;
        else if (load->meta.key == NFT_META_L4PROTO)
                base = NFT_PAYLOAD_TRANSPORT_HEADER;
        else
                return false;
        return next->payload.base == base;
}

/* "type >= 133" and "type <= 136" behind one load are one range. */
static bool is_range(const struct pg_rule *rule, size_t i)
{
        return i + 1 < rule->n_exprs && rule->exprs[i].kind == PG_EXPR_CMP &&
               rule->exprs[i].cmp.op == NFT_CMP_GTE && rule->exprs[i + 1].kind == PG_EXPR_CMP &&
               rule->exprs[i + 1].cmp.op == NFT_CMP_LTE;
}

void pg_rule_print(const struct pg_rule *rule, FILE *stream)
{
        struct loads loads = {0};
        bool is_first = true;

        for (size_t i = 0; i < rule->n_exprs; i++) {
                struct pg_expr expr = rule->exprs[i];

                if (is_implied(rule, i)) {
                        if (expr.meta.key == NFT_META_L4PROTO)
                                loads.protocol = rule->exprs[i + 1].cmp.data[0];
                        i++;
                        continue;
                }
                if (expr.kind >= PG_EXPR_CMP && !is_first)
                        fputc(' ', stream);
                if (is_range(rule, i))
                        expr.cmp.op = NFT_CMP_EQ;
                if (!print_expr(&loads, expr.kind < PG_EXPR_CMP ? &rule->exprs[i] : &expr, stream))
                        continue;
                is_first = false;
                if (is_range(rule, i))
                        fprintf(stream, "-%u", rule->exprs[++i].cmp.data[0]);
        }
}
