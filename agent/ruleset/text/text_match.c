/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comparisons, and what they compare, in nft's words. */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "ruleset/text/internal.h"

void pg_loads_take(struct pg_loads *loads, const struct pg_expr *expr)
{
        uint32_t target, source;

        switch (expr->kind) {
        case PG_EXPR_META:
        case PG_EXPR_CT:
                target = expr->meta.reg % PG_REGISTERS;
                break;
        case PG_EXPR_PAYLOAD:
                target = expr->payload.reg % PG_REGISTERS;
                break;
        case PG_EXPR_BITWISE:
                target = expr->bitwise.target % PG_REGISTERS;
                source = expr->bitwise.source % PG_REGISTERS;
                /* Nothing was loaded, or it has a mask already: no words for that. */
                loads->at[target] = loads->mask[source] ? NULL : loads->at[source];
                loads->mask[target] = &expr->bitwise;
                return;
        default:
                return;
        }
        loads->at[target] = expr;
        loads->mask[target] = NULL;
}

static const char *op_word(uint32_t op)
{
        static const char *const words[] = {
                [NFT_CMP_EQ] = "",     [NFT_CMP_NEQ] = "!= ", [NFT_CMP_LT] = "< ",
                [NFT_CMP_LTE] = "<= ", [NFT_CMP_GT] = "> ",   [NFT_CMP_GTE] = ">= ",
        };

        return op < PG_ELEMENTSOF(words) ? words[op] : "(comparison) ";
}

static void print_hex(const uint8_t *data, uint32_t length, FILE *stream)
{
        fputs("0x", stream);
        for (uint32_t i = 0; i < length && i < PG_DATA_MAX; i++)
                fprintf(stream, "%02x", data[i]);
}

static const char *const bases[] = {
        [NFT_PAYLOAD_LL_HEADER] = "ll",
        [NFT_PAYLOAD_NETWORK_HEADER] = "nh",
        [NFT_PAYLOAD_TRANSPORT_HEADER] = "th",
};

/* As nft writes what it knows no name of; what it cannot write either, by its number. */
static void print_raw(const struct pg_expr *load, const struct pg_bitwise *mask,
                      const struct pg_cmp *cmp, FILE *stream)
{
        if (!load)
                fputs("(unknown)", stream);
        else if (load->kind == PG_EXPR_PAYLOAD && load->payload.base < PG_ELEMENTSOF(bases))
                fprintf(stream, "@%s,%u,%u", bases[load->payload.base], 8 * load->payload.offset,
                        8 * load->payload.length);
        else if (load->kind == PG_EXPR_PAYLOAD)
                fprintf(stream, "(payload %u,%u,%u)", load->payload.base, load->payload.offset,
                        load->payload.length);
        else if (load->kind == PG_EXPR_META && load->meta.key == NFT_META_MARK)
                fputs("meta mark", stream);
        else
                fprintf(stream, "%s key %u", load->kind == PG_EXPR_CT ? "ct" : "meta", load->meta.key);
        if (mask) {
                fputs(" & ", stream);
                print_hex(mask->mask, mask->length, stream);
                fputs(" ^ ", stream);
                print_hex(mask->xor, mask->length, stream);
        }
        fprintf(stream, " %s", op_word(cmp->op));
        print_hex(cmp->data, cmp->length, stream);
}

/* Returns whether there are words for it. */
static bool print_meta(struct pg_loads *loads, const struct pg_load *meta, const struct pg_cmp *cmp,
                       FILE *stream)
{
        const char *op = op_word(cmp->op);
        uint32_t index;

        switch (meta->key) {
        case NFT_META_IIF:
        case NFT_META_OIF:
                memcpy(&index, cmp->data, sizeof(index));
                fprintf(stream, "%s %s", meta->key == NFT_META_IIF ? "iif" : "oif", op);
                if (index == 1)
                        fputs("\"lo\"", stream);
                else
                        fprintf(stream, "%u", index);
                return true;
        case NFT_META_IIFNAME:
        case NFT_META_OIFNAME:
                fprintf(stream, "%s %s\"%.*s%s\"",
                        meta->key == NFT_META_IIFNAME ? "iifname" : "oifname", op, (int)cmp->length,
                        (const char *)cmp->data, cmp->length < PG_DATA_MAX ? "*" : "");
                return true;
        case NFT_META_L4PROTO:
                if (cmp->op == NFT_CMP_EQ)
                        loads->protocol = cmp->data[0];
                fprintf(stream, "meta l4proto %s", op);
                pg_protocol_print(cmp->data[0], stream);
                return true;
        case NFT_META_NFPROTO:
                if (cmp->data[0] != NFPROTO_IPV4 && cmp->data[0] != NFPROTO_IPV6)
                        return false;
                if (cmp->op == NFT_CMP_EQ)
                        loads->family = cmp->data[0];
                fprintf(stream, "meta nfproto %s%s", op,
                        cmp->data[0] == NFPROTO_IPV4 ? "ipv4" : "ipv6");
                return true;
        default:
                return false;
        }
}

struct bit_name {
        uint32_t bit;
        const char *name;
};

/* `ct state` or `ct status`; `names` ends with a bit of 0. */
static bool print_bits(const char *what, const struct bit_name *names, const struct pg_bitwise *mask,
                       const struct pg_cmp *cmp, FILE *stream)
{
        static const uint8_t zero[PG_DATA_MAX];
        const char *separator = "";
        uint32_t bits, known = 0;

        memcpy(&bits, mask->mask, sizeof(bits));
        for (size_t i = 0; names[i].bit != 0; i++)
                known |= names[i].bit;
        if ((bits & ~known) != 0 || memcmp(mask->xor, zero, sizeof(zero)) != 0 ||
            memcmp(cmp->data, zero, sizeof(zero)) != 0 ||
            (cmp->op != NFT_CMP_EQ && cmp->op != NFT_CMP_NEQ))
                return false;
        fprintf(stream, "%s %s", what, cmp->op == NFT_CMP_EQ ? "! " : "");
        for (size_t i = 0; names[i].bit != 0; i++)
                if (bits & names[i].bit) {
                        fprintf(stream, "%s%s", separator, names[i].name);
                        separator = ",";
                }
        return true;
}

static bool print_ct(uint32_t key, const struct pg_bitwise *mask, const struct pg_cmp *cmp,
                     FILE *stream)
{
        static const struct bit_name states[] = {{1, "invalid"}, {2, "established"}, {4, "related"},
                                                 {8, "new"},     {64, "untracked"},  {0, NULL}};
        static const struct bit_name statuses[] = {{1, "expected"},  {2, "seen-reply"}, {4, "assured"},
                                                   {8, "confirmed"}, {16, "snat"},      {32, "dnat"},
                                                   {512, "dying"},   {0, NULL}};

        if (key == NFT_CT_STATE)
                return print_bits("ct state", states, mask, cmp, stream);
        return key == NFT_CT_STATUS && print_bits("ct status", statuses, mask, cmp, stream);
}

/* The length of the prefix that a mask is; more than its bits where it is none. */
static unsigned prefix_length(const struct pg_bitwise *mask)
{
        const unsigned bits = 8 * mask->length;
        unsigned length = 0;

        while (length < bits && (mask->mask[length / 8] & (0x80 >> (length % 8))))
                length++;
        for (unsigned i = length; i < bits; i++)
                if (mask->mask[i / 8] & (0x80 >> (i % 8)))
                        return bits + 1;
        for (unsigned i = 0; i < mask->length; i++)
                if (mask->xor [i] != 0)
                        return bits + 1;
        return length;
}

static bool print_address(const struct pg_payload *payload, const struct pg_bitwise *mask,
                          const struct pg_cmp *cmp, FILE *stream)
{
        bool is_v6 = payload->length == 16;
        char text[INET6_ADDRSTRLEN] = "";

        if (cmp->length != payload->length || (mask && prefix_length(mask) > 8 * mask->length))
                return false;
        inet_ntop(is_v6 ? AF_INET6 : AF_INET, cmp->data, text, sizeof(text));
        fprintf(stream, "%s %s %s%s", is_v6 ? "ip6" : "ip", pg_field_address(payload), op_word(cmp->op),
                text);
        if (mask)
                fprintf(stream, "/%u", prefix_length(mask));
        else if (payload->length < 4)
                fprintf(stream, "/%u", 8 * payload->length);
        return true;
}

/* Of a connection's first packet. */
static bool is_opening(const struct pg_loads *loads, const struct pg_payload *payload,
                       const struct pg_bitwise *mask, const struct pg_cmp *cmp)
{
        return loads->protocol == IPPROTO_TCP && pg_field_is_flags(payload) && mask &&
               mask->mask[0] == 0x17 && mask->xor [0] == 0 && cmp->op == NFT_CMP_EQ &&
               cmp->data[0] == 0x02;
}

static bool print_payload(const struct pg_loads *loads, const struct pg_payload *payload,
                          const struct pg_bitwise *mask, const struct pg_cmp *cmp, FILE *stream)
{
        const char *op = op_word(cmp->op);
        uint16_t port;

        if (pg_field_address(payload))
                return print_address(payload, mask, cmp, stream);
        if (is_opening(loads, payload, mask, cmp)) {
                fputs("tcp flags syn / fin,syn,rst,ack", stream);
                return true;
        }
        if (mask)
                return false;
        if (pg_field_is_hop_limit(payload) && loads->family == NFPROTO_IPV6) {
                fprintf(stream, "ip6 hoplimit %s%u", op, cmp->data[0]);
        } else if (pg_field_is_port(payload) && !pg_field_is_icmp(loads->protocol)) {
                const char *header = pg_field_protocol(loads->protocol);

                memcpy(&port, cmp->data, sizeof(port));
                fprintf(stream, "%s %s %s%u", header ? header : "th",
                        payload->offset == 0 ? "sport" : "dport", op, ntohs(port));
        } else if (pg_field_is_type(payload, loads->protocol)) {
                fprintf(stream, "%s type %s%u", pg_field_protocol(loads->protocol), op, cmp->data[0]);
        } else {
                return false;
        }
        return true;
}

void pg_cmp_print(struct pg_loads *loads, const struct pg_cmp *cmp, FILE *stream)
{
        const struct pg_expr *load = loads->at[cmp->reg % PG_REGISTERS];
        const struct pg_bitwise *mask = loads->mask[cmp->reg % PG_REGISTERS];
        bool is_printed = false;

        if (load && load->kind == PG_EXPR_META && !mask)
                is_printed = print_meta(loads, &load->meta, cmp, stream);
        else if (load && load->kind == PG_EXPR_CT && mask)
                is_printed = print_ct(load->ct.key, mask, cmp, stream);
        else if (load && load->kind == PG_EXPR_PAYLOAD)
                is_printed = print_payload(loads, &load->payload, mask, cmp, stream);
        if (!is_printed)
                print_raw(load, mask, cmp, stream);
}

void pg_range_cmp_print(struct pg_loads *loads, const struct pg_cmp *first, const struct pg_cmp *last,
                        FILE *stream)
{
        const struct pg_expr *load = loads->at[first->reg % PG_REGISTERS];
        struct pg_cmp equal = *first;
        uint16_t port;

        equal.op = NFT_CMP_EQ;
        if (load && load->kind == PG_EXPR_PAYLOAD && !loads->mask[first->reg % PG_REGISTERS] &&
            first->reg == last->reg &&
            (pg_field_is_port(&load->payload) || pg_field_is_type(&load->payload, loads->protocol))) {
                pg_cmp_print(loads, &equal, stream);
                memcpy(&port, last->data, sizeof(port));
                fprintf(stream, "-%u", pg_field_is_port(&load->payload) ? ntohs(port) : last->data[0]);
                return;
        }
        pg_cmp_print(loads, first, stream);
        fputc(' ', stream);
        pg_cmp_print(loads, last, stream);
}

static const struct pg_expr *side_port(const struct pg_loads *loads, uint32_t reg, bool is_v6)
{
        const struct pg_expr *port = loads->at[(reg + (is_v6 ? 5 : 2)) % PG_REGISTERS];

        return port && port->kind == PG_EXPR_PAYLOAD && pg_field_is_port(&port->payload) ? port : NULL;
}

const char *pg_side_port(const struct pg_loads *loads, uint32_t reg, bool is_v6)
{
        const struct pg_expr *port = side_port(loads, reg, is_v6);

        return port && port->payload.offset == 0 ? "sport" : "dport";
}

void pg_lookup_print(const struct pg_loads *loads, const struct pg_lookup *lookup, FILE *stream)
{
        const struct pg_expr *load = loads->at[lookup->reg % PG_REGISTERS];
        const struct pg_expr *next = loads->at[(lookup->reg + 1) % PG_REGISTERS];
        const char *header = pg_field_protocol(loads->protocol);
        const char *vmap = lookup->is_map ? "vmap " : lookup->is_not ? "!= " : "";

        if (load && load->kind == PG_EXPR_PAYLOAD && pg_field_address(&load->payload)) {
                bool is_v6 = load->payload.length == 16;

                fprintf(stream, "%s %s ", is_v6 ? "ip6" : "ip", pg_field_address(&load->payload));
                if (side_port(loads, lookup->reg, is_v6))
                        fprintf(stream, ". meta l4proto . th %s ",
                                pg_side_port(loads, lookup->reg, is_v6));
                fprintf(stream, "%s@%s", vmap, lookup->set);
        } else if (load && load->kind == PG_EXPR_META && load->meta.key == NFT_META_L4PROTO && next &&
                   next->kind == PG_EXPR_PAYLOAD && pg_field_is_port(&next->payload))
                fprintf(stream, "meta l4proto . th %s %s@%s",
                        next->payload.offset == 0 ? "sport" : "dport", vmap, lookup->set);
        else if (load && load->kind == PG_EXPR_PAYLOAD && pg_field_is_port(&load->payload) &&
                 !pg_field_is_icmp(loads->protocol))
                fprintf(stream, "%s %s %s@%s", header ? header : "th",
                        load->payload.offset == 0 ? "sport" : "dport", vmap, lookup->set);
        else if (load && load->kind == PG_EXPR_META && load->meta.key == NFT_META_L4PROTO)
                fprintf(stream, "meta l4proto %s@%s", vmap, lookup->set);
        else if (load && load->kind == PG_EXPR_META && load->meta.key == NFT_META_NFPROTO)
                fprintf(stream, "meta nfproto %s@%s", vmap, lookup->set);
        else
                fprintf(stream, "(unknown lookup) %s@%s", vmap, lookup->set);
}
