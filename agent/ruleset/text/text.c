/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ruleset in the words of nft(8). */
#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "ruleset/text/internal.h"

static void print_port(const uint8_t *data, FILE *stream)
{
        uint16_t port;

        memcpy(&port, data, sizeof(port));
        fprintf(stream, "%u", ntohs(port));
}

/* "22-23", from that byte of the key on. */
static void print_port_range(const struct pg_element *element, size_t at, FILE *stream)
{
        print_port(element->key + at, stream);
        if (memcmp(element->key, element->key_end, PG_KEY_MAX) != 0) {
                fputc('-', stream);
                print_port(element->key_end + at, stream);
        }
}

/* nft takes the time left of an element only beside the whole. */
static void print_time(const char *word, uint64_t ms, FILE *stream)
{
        if (ms > 0)
                fprintf(stream, "%s%" PRIu64 "s%" PRIu64 "ms", word, ms / 1000, ms % 1000);
}

void pg_element_print(const struct pg_set *set, const struct pg_element *element, FILE *stream)
{
        uint32_t words[2];

        if (set->flags & PG_SET_CONCAT) {
                pg_protocol_print(element->key[0], stream);
                fputs(" . ", stream);
                print_port_range(element, 4, stream);
        } else if (set->key_type == PG_TYPE_SERVICE) {
                print_port_range(element, 0, stream);
        } else if (set->key_type == PG_TYPE_PROTOCOL) {
                pg_protocol_print(element->key[0], stream);
        } else if (set->flags & PG_SET_MAP) {
                pg_set_range_print(set, element->key, element->key_end, stream);
        } else if (set->key_type == PG_TYPE_NFPROTO) {
                fputs(element->key[0] == NFPROTO_IPV4 ? "ipv4" : "ipv6", stream);
                print_time(" timeout ", element->timeout_ms, stream);
                print_time(" expires ", element->expires_ms, stream);
        } else {
                memcpy(words, element->key, sizeof(words));
                fprintf(stream, "0x%08x . 0x%08x", words[0], words[1]);
        }
        if (element->comment)
                fprintf(stream, " comment \"%s\"", element->comment);
        if (set->flags & PG_SET_MAP) {
                fputs(" : ", stream);
                pg_verdict_print(&element->verdict, stream);
        }
}

void pg_set_range_print(const struct pg_set *set, const uint8_t *first, const uint8_t *last,
                        FILE *stream)
{
        char text[128];

        pg_range_format(set->key_type == PG_TYPE_IPV6 ? AF_INET6 : AF_INET, first, last, text,
                        sizeof(text));
        fputs(text, stream);
}

static void print_type_name(uint32_t type, FILE *stream)
{
        switch (type) {
        case PG_TYPE_NFPROTO:
                fputs("nf_proto", stream);
                break;
        case PG_TYPE_IPV4:
                fputs("ipv4_addr", stream);
                break;
        case PG_TYPE_IPV6:
                fputs("ipv6_addr", stream);
                break;
        case PG_TYPE_PROTOCOL:
                fputs("inet_proto", stream);
                break;
        case PG_TYPE_SERVICE:
                fputs("inet_service", stream);
                break;
        case PG_TYPE_MARK:
                fputs("mark", stream);
                break;
        default:
                fprintf(stream, "(type %u)", type);
        }
}

/* nft has six bits for each part of a concatenation; the kernel tells of the parts for some sets only.
 */
static void print_type(uint32_t type, FILE *stream)
{
        int shift = 30;

        while (shift > 0 && (type >> shift) == 0)
                shift -= 6;
        for (; shift >= 0; shift -= 6) {
                print_type_name((type >> shift) & 0x3f, stream);
                fputs(shift > 0 ? " . " : "", stream);
        }
}

static void print_flags(const struct pg_set *set, FILE *stream)
{
        static const struct {
                uint32_t flag;
                const char *name;
        } flags[] = {{PG_SET_DYNAMIC, "dynamic"},
                     {PG_SET_INTERVAL, "interval"},
                     {PG_SET_TIMEOUT, "timeout"}};
        const char *separator = "\t\tflags ";

        for (size_t i = 0; i < PG_ELEMENTSOF(flags); i++)
                if (set->flags & flags[i].flag) {
                        fprintf(stream, "%s%s", separator, flags[i].name);
                        separator = ",";
                }
        if (set->flags & (PG_SET_DYNAMIC | PG_SET_INTERVAL | PG_SET_TIMEOUT))
                fputc('\n', stream);
}

static void print_elements(const struct pg_set *set, FILE *stream)
{
        const struct pg_addresses *addresses = &set->addresses;
        const char *separator = "\t\telements = { ";

        for (size_t i = 0; i < set->n_elements; i++) {
                fputs(separator, stream);
                pg_element_print(set, &set->elements[i], stream);
                separator = ",\n\t\t\t     ";
        }
        for (size_t i = 0; i < addresses->n_v4; i++) {
                uint32_t first = htonl(addresses->v4[i].first), last = htonl(addresses->v4[i].last);

                fputs(separator, stream);
                pg_set_range_print(set, (const uint8_t *)&first, (const uint8_t *)&last, stream);
                separator = ",\n\t\t\t     ";
        }
        for (size_t i = 0; i < addresses->n_v6; i++) {
                fputs(separator, stream);
                pg_set_range_print(set, addresses->v6[i].first, addresses->v6[i].last, stream);
                separator = ",\n\t\t\t     ";
        }
        if (separator[0] == ',')
                fputs(" }\n", stream);
}

static void print_set(const struct pg_set *set, FILE *stream)
{
        fprintf(stream, "\t%s %s {\n\t\ttype ", set->flags & PG_SET_MAP ? "map" : "set", set->name);
        print_type(set->key_type, stream);
        fputs(set->flags & PG_SET_MAP ? " : verdict\n" : "\n", stream);
        if (set->size > 0)
                fprintf(stream, "\t\tsize %u\n", set->size);
        print_flags(set, stream);
        if (set->has_counters)
                fputs("\t\tcounter\n", stream);
        if (set->timeout_ms > 0)
                fprintf(stream, "\t\ttimeout %llus\n", (unsigned long long)set->timeout_ms / 1000);
        if (!(set->flags & PG_SET_DYNAMIC))
                print_elements(set, stream);
        fputs("\t}\n\n", stream);
}

static void print_chain(const struct pg_chain *chain, FILE *stream)
{
        fprintf(stream, "\tchain %s {\n", chain->name);
        if (chain->comment)
                fprintf(stream, "\t\tcomment \"%s\"\n", chain->comment);
        if (chain->is_base)
                fprintf(stream, "\t\ttype filter hook %s priority filter; policy %s;\n",
                        chain->hook == NF_INET_LOCAL_IN ? "input" : "output",
                        chain->policy == NF_ACCEPT ? "accept" : "drop");
        for (size_t i = 0; i < chain->n_rules; i++) {
                fputs("\t\t", stream);
                pg_rule_print(&chain->rules[i], stream);
                fputc('\n', stream);
        }
        fputs("\t}\n", stream);
}

void pg_ruleset_print(const struct pg_ruleset *ruleset, FILE *stream)
{
        fputs("table inet " PG_TABLE_NAME " {\n", stream);
        for (size_t i = 0; i < ruleset->n_sets; i++)
                print_set(&ruleset->sets[i], stream);
        for (size_t i = 0; i < ruleset->n_chains; i++) {
                print_chain(&ruleset->chains[i], stream);
                if (i + 1 < ruleset->n_chains)
                        fputc('\n', stream);
        }
        fputs("}\n", stream);
}
