/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What nft calls a part of a header, and what it leaves out because of that. */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>

#include "base/ports.h"
#include "ruleset/text/internal.h"

const char *pg_field_address(const struct pg_payload *payload)
{
        if (payload->base != NFT_PAYLOAD_NETWORK_HEADER)
                return NULL;
        if (payload->length >= 1 && payload->length <= 4) /* fewer bytes: a prefix */
                return payload->offset == 12 ? "saddr" : payload->offset == 16 ? "daddr" : NULL;
        if (payload->length == 16)
                return payload->offset == 8 ? "saddr" : payload->offset == 24 ? "daddr" : NULL;
        return NULL;
}

const char *pg_field_protocol(uint8_t protocol)
{
        static const struct {
                uint8_t protocol;
                const char *word;
        } words[] = {
                {IPPROTO_ICMP, "icmp"}, {IPPROTO_ICMPV6, "icmpv6"},   {IPPROTO_TCP, "tcp"},
                {IPPROTO_UDP, "udp"},   {IPPROTO_UDPLITE, "udplite"}, {IPPROTO_SCTP, "sctp"},
                {IPPROTO_DCCP, "dccp"},
        };

        for (size_t i = 0; i < PG_ELEMENTSOF(words); i++)
                if (words[i].protocol == protocol)
                        return words[i].word;
        return NULL;
}

bool pg_field_is_icmp(uint8_t protocol)
{
        return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

bool pg_field_is_port(const struct pg_payload *payload)
{
        return payload->base == NFT_PAYLOAD_TRANSPORT_HEADER && payload->length == 2 &&
               (payload->offset == 0 || payload->offset == 2);
}

bool pg_field_is_type(const struct pg_payload *payload, uint8_t protocol)
{
        return payload->base == NFT_PAYLOAD_TRANSPORT_HEADER && payload->length == 1 &&
               payload->offset == 0 && pg_field_is_icmp(protocol);
}

bool pg_field_is_hop_limit(const struct pg_payload *payload)
{
        return payload->base == NFT_PAYLOAD_NETWORK_HEADER && payload->length == 1 &&
               payload->offset == 7;
}

bool pg_field_is_flags(const struct pg_payload *payload)
{
        return payload->base == NFT_PAYLOAD_TRANSPORT_HEADER && payload->length == 1 &&
               payload->offset == 13;
}

/* Whether nft adds family or protocol by itself for what the payload names. */
static bool adds_family(const struct pg_payload *payload, uint8_t family)
{
        return (pg_field_address(payload) && (payload->length == 16) == (family == NFPROTO_IPV6)) ||
               (pg_field_is_hop_limit(payload) && family == NFPROTO_IPV6);
}

static bool adds_protocol(const struct pg_payload *payload, uint8_t protocol)
{
        return pg_field_is_type(payload, protocol) ||
               (pg_field_is_flags(payload) && protocol == IPPROTO_TCP) ||
               (pg_field_is_port(payload) && !pg_field_is_icmp(protocol) &&
                pg_field_protocol(protocol));
}

/* Whether a payload further on in the rule, before anything is done, names what the match is for. */
static bool is_named_later(const struct pg_rule *rule, size_t i, uint32_t key)
{
        const uint8_t value = rule->exprs[i + 1].cmp.data[0];

        for (size_t j = i + 2; j < rule->n_exprs && rule->exprs[j].kind <= PG_EXPR_LOOKUP; j++) {
                const struct pg_payload *payload = &rule->exprs[j].payload;

                if (rule->exprs[j].kind == PG_EXPR_PAYLOAD &&
                    (key == NFT_META_NFPROTO ? adds_family(payload, value)
                                             : adds_protocol(payload, value)))
                        return true;
        }
        return false;
}

static bool is_match(const struct pg_rule *rule, size_t i)
{
        const struct pg_expr *load = &rule->exprs[i], *cmp = load + 1;

        return i + 1 < rule->n_exprs && load->kind == PG_EXPR_META &&
               (load->meta.key == NFT_META_L4PROTO || load->meta.key == NFT_META_NFPROTO) &&
               cmp->kind == PG_EXPR_CMP && cmp->cmp.op == NFT_CMP_EQ && cmp->cmp.reg == load->meta.reg;
}

bool pg_match_is_implied(const struct pg_rule *rule, size_t i)
{
        const struct pg_expr *load = &rule->exprs[i], *next = load + 2;
        uint8_t protocol;

        if (!is_match(rule, i))
                return false;
        if (is_named_later(rule, i, load->meta.key))
                return true;
        /* "icmp type 8" of an inet table: for IPv4 only. */
        if (load->meta.key != NFT_META_NFPROTO || i + 3 >= rule->n_exprs || !is_match(rule, i + 2) ||
            next->meta.key != NFT_META_L4PROTO || !is_named_later(rule, i + 2, NFT_META_L4PROTO))
                return false;
        protocol = next[1].cmp.data[0];
        return pg_field_is_icmp(protocol) &&
               (protocol == IPPROTO_ICMP) == (load[1].cmp.data[0] == NFPROTO_IPV4);
}

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
