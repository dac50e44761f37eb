/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random policies and packets. */
#include "kernel/world.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/request/request.h"
#include "policy/base_traffic.h"

#define PROTOCOL_GRE 47

/* Prefixes that lie in one another, touch, and stand alone. */
static const char *const prefixes[] = {
        "10.0.0.0/8",        "10.1.0.0/16",     "10.1.2.0/24",   "10.1.3.0/24",    "10.1.2.128/25",
        "10.255.255.254/32", "11.0.0.0/8",      "172.16.0.0/12", "192.168.1.0/24", "198.18.0.0/15",
        "198.18.7.9/32",     "0.0.0.0/1",       "128.0.0.0/1",   "2001:db8::/32",  "2001:db8:5::/48",
        "2001:db8:5::7/128", "2001:db8:6::/47", "fc00::/7",      "fd00:1::/32",    "::/1",
        "8000::/1",
};
static const char *const interfaces[] = {"%wg0", "%outside", "%wg*", "%out*"};
static const char *const group_names[WORLD_GROUPS] = {"g0", "g1", "g2", "g3"};
static const char *const other_scopes[] = {"any", "internal", "local", "10.1.2.0/24",
                                           "2001:db8:5::/48"};
static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_TCP,  IPPROTO_UDP,
                                    IPPROTO_UDP, IPPROTO_SCTP, PROTOCOL_GRE};
/* Edges that ranges have in common. */
static const uint16_t edges[] = {1, 22, 53, 67, 80, 443, 1000, 1024, 9999, 10250, 30000, 32767, 65535};

uint32_t draw(struct chance *chance, uint32_t below)
{
        /* xorshift64* */
        chance->state ^= chance->state >> 12;
        chance->state ^= chance->state << 25;
        chance->state ^= chance->state >> 27;
        return (uint32_t)((chance->state * UINT64_C(2685821657736338717)) >> 32) % below;
}

#define PICK(chance, array) ((array)[draw(chance, (uint32_t)PG_ELEMENTSOF(array))])

uint64_t world_seed(void)
{
        const char *given = getenv("PORTGUARD_SEED");
        struct timespec now;
        uint64_t seed;

        clock_gettime(CLOCK_REALTIME, &now);
        seed = given ? strtoull(given, NULL, 10)
                     : (uint64_t)now.tv_sec * 1000000007ULL + (uint64_t)now.tv_nsec;
        seed = seed ? seed : 1;
        printf("PORTGUARD_SEED=%" PRIu64 "\n", seed);
        return seed;
}

static const char *draw_scope(struct chance *chance)
{
        return draw(chance, 2) ? PICK(chance, group_names) : PICK(chance, other_scopes);
}

static uint16_t draw_edge(struct chance *chance)
{
        return draw(chance, 8) ? PICK(chance, edges) : (uint16_t)(1 + draw(chance, UINT16_MAX));
}

static void draw_service(struct chance *chance, struct world_service *ret)
{
        *ret = (struct world_service){.protocol = PICK(chance, protocols)};
        ret->outbound = draw(chance, 4) == 0;
        ret->by_parameter = draw(chance, 4) == 0;
        ret->first = draw_edge(chance);
        ret->last = draw(chance, 2) ? ret->first : draw_edge(chance);
        if (ret->first > ret->last) {
                uint16_t first = ret->last;

                ret->last = ret->first;
                ret->first = first;
        }
        ret->n_scopes = 1 + draw(chance, WORLD_SCOPES);
        for (size_t i = 0; i < ret->n_scopes; i++)
                ret->scopes[i] = draw_scope(chance);
        /* A list of scopes names each once. */
        if (ret->n_scopes == 2 && strcmp(ret->scopes[0], ret->scopes[1]) == 0)
                ret->n_scopes = 1;
}

static void draw_group(struct chance *chance, struct world_group *ret)
{
        *ret = (struct world_group){.n_entries = draw(chance, WORLD_ENTRIES + 1)};
        for (size_t i = 0; i < ret->n_entries; i++)
                ret->entries[i] = draw(chance, 6) ? PICK(chance, prefixes) : PICK(chance, interfaces);
}

void world_make(struct chance *chance, struct world *ret)
{
        static const char *const pingers[] = {"any", "internal", "g0", "g1"};

        *ret = (struct world){.n_services = 1 + draw(chance, WORLD_SERVICES),
                              .n_groups = draw(chance, WORLD_GROUPS + 1),
                              .is_strict = draw(chance, 3) == 0,
                              .ping_from = PICK(chance, pingers)};
        for (size_t i = 0; i < ret->n_services; i++)
                draw_service(chance, &ret->services[i]);
        for (size_t i = 0; i < WORLD_GROUPS; i++)
                draw_group(chance, &ret->groups[i]);
}

void world_change(struct chance *chance, const struct world *from, struct world *ret)
{
        struct world fresh;

        world_make(chance, &fresh);
        *ret = *from;
        for (uint32_t i = draw(chance, 3); i > 0; i--)
                ret->services[draw(chance, (uint32_t)ret->n_services)] = fresh.services[0];
        if (draw(chance, 2))
                ret->groups[draw(chance, WORLD_GROUPS)] = fresh.groups[0];
        if (draw(chance, 4) == 0)
                ret->n_services = fresh.n_services;
        for (size_t i = from->n_services; i < ret->n_services; i++)
                ret->services[i] = fresh.services[i];
        if (draw(chance, 4) == 0)
                ret->is_strict = fresh.is_strict;
        if (draw(chance, 4) == 0)
                ret->ping_from = fresh.ping_from;
        if (draw(chance, 8) == 0)
                ret->n_groups = fresh.n_groups;
}

/* One before, at, in or behind the prefix. */
static void draw_address(struct chance *chance, const char *text, struct pg_flow *flow)
{
        struct pg_prefix prefix;
        int size;

        assert_int_equal(pg_prefix_parse(text, strlen(text), &prefix), PG_PREFIX_GOOD);
        size = prefix.is_v6 ? 16 : 4;
        flow->is_v6 = prefix.is_v6;
        memcpy(flow->address, prefix.address, 16);
        switch (draw(chance, 4)) {
        case 0: /* before */
                for (int i = size - 1; i >= 0 && flow->address[i]-- == 0; i--)
                        ;
                return;
        case 1: /* the first */
                return;
        default: /* any, or with all bits set the last, and then perhaps the one behind */
                break;
        }
        for (int bit = prefix.length; bit < 8 * size; bit++)
                if (draw(chance, 2))
                        flow->address[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
        if (draw(chance, 2))
                return;
        for (int bit = prefix.length; bit < 8 * size; bit++)
                flow->address[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
        if (draw(chance, 2))
                for (int i = size - 1; i >= 0 && ++flow->address[i] == 0; i--)
                        ;
}

/* What the kernel takes from the wire, or lets a socket send to: no multicast, loopback, broadcast, and
 * not the host's own (pair.c). */
static bool is_usable(const struct pg_flow *flow)
{
        const uint8_t *a = flow->address;

        if (!flow->is_v6)
                return a[0] != 0 && (a[0] != 127 || flow->direction == PG_IN) && a[0] < 224 &&
                       !(a[0] == 203 && a[1] == 0 && a[2] == 113) &&
                       !(a[0] == 198 && a[1] == 51 && a[2] == 100);
        if (a[0] == 0xff || (a[0] == 0xfe && (a[1] & 0xc0) == 0x80))
                return false;
        if (a[0] == 0x20 && a[1] == 0x01 && a[2] == 0x0d && a[3] == 0xb8 && a[4] == 0 &&
            (a[5] == 1 || a[5] == 2))
                return false;
        for (int i = 0; i < 10; i++)
                if (a[i] != 0)
                        return true;
        return false;
}

static void draw_type(struct chance *chance, struct pg_flow *flow)
{
        static const uint8_t v4[] = {8, 8, 8, 3, 11, 12, 13, 17};
        static const uint8_t v6[] = {128, 128, 128, 1, 2, 3, 4, 129, 138, 144};

        flow->protocol = flow->is_v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
        flow->type = flow->is_v6 ? PICK(chance, v6) : PICK(chance, v4);
        if (flow->direction == PG_OUT)
                flow->type = flow->is_v6 ? PG_ICMPV6_ECHO : PG_ICMP_ECHO;
}

static void draw_port(struct chance *chance, const struct world *world, struct pg_flow *flow)
{
        const struct world_service *service =
                &world->services[draw(chance, (uint32_t)world->n_services)];
        uint16_t port;

        flow->protocol = draw(chance, 8) ? service->protocol : PICK(chance, protocols);
        if (draw(chance, 4))
                flow->direction = service->outbound ? PG_OUT : PG_IN;
        port = draw(chance, 2) ? service->first : service->last;
        switch (draw(chance, 4)) {
        case 0:
                port--;
                break;
        case 1:
                port++;
                break;
        case 2:
                port = draw_edge(chance);
                break;
        default:
                break;
        }
        /* To conntrack all GRE between two addresses is one connection, whoever began it. */
        if (flow->protocol == PROTOCOL_GRE)
                flow->direction = PG_IN;
        flow->port = flow->protocol == PROTOCOL_GRE ? 0 : port == 0 ? 1 : port;
        if (flow->protocol == PROTOCOL_GRE && draw(chance, 4) == 0)
                flow->type = (uint8_t)(1 + draw(chance, 4));
}

/* From the port of a service: an answer that conntrack does not follow; or a DHCP server's. */
static void draw_answer(struct chance *chance, const struct world *world, struct pg_flow *flow)
{
        const struct world_service *service =
                &world->services[draw(chance, (uint32_t)world->n_services)];

        if (flow->protocol == IPPROTO_ICMP || flow->protocol == IPPROTO_ICMPV6 ||
            service->protocol == PROTOCOL_GRE)
                return;
        if (draw(chance, 4) == 0) {
                flow->protocol = IPPROTO_UDP;
                flow->source_port = draw(chance, 4) ? 67 : 66;
                flow->port = draw(chance, 4) ? 68 : 69;
                return;
        }
        flow->is_untracked = draw(chance, 4) > 0;
        flow->protocol = draw(chance, 8) ? service->protocol : IPPROTO_UDP;
        flow->source_port = draw(chance, 2) ? service->first : service->last;
}

void world_packet(struct chance *chance, const struct world *world, struct pg_flow *ret)
{
        do {
                const struct world_group *group = &world->groups[draw(chance, WORLD_GROUPS)];
                const char *text = draw(chance, 32) ? PICK(chance, prefixes) : "127.0.0.0/30";

                if (group->n_entries > 0 && draw(chance, 2))
                        text = group->entries[draw(chance, (uint32_t)group->n_entries)];
                *ret = (struct pg_flow){.direction = draw(chance, 5) == 0 ? PG_OUT : PG_IN,
                                        .interface = draw(chance, 3) ? "outside" : "wg0"};
                draw_address(chance, text[0] == '%' ? "203.0.112.0/22" : text, ret);
        } while (!is_usable(ret));
        if (draw(chance, 6) == 0)
                draw_type(chance, ret);
        else
                draw_port(chance, world, ret);
        /* Nothing goes out to loopback. */
        if (ret->address[0] == 127 && !ret->is_v6)
                ret->direction = PG_IN;
        if (ret->direction == PG_OUT && ret->protocol != PROTOCOL_GRE && draw(chance, 2) == 0)
                draw_answer(chance, world, ret);
        ret->to_loopback = ret->direction == PG_IN && !ret->is_v6 && draw(chance, 16) == 0;
        /* DHCPv6 is answered to a link-local address only, which these packets do not go to. */
        if (ret->protocol == IPPROTO_UDP && ret->port == 546)
                ret->port++;
}

static const char *protocol_name(uint8_t protocol)
{
        return protocol == IPPROTO_TCP ? "tcp" : protocol == IPPROTO_UDP ? "udp" : "sctp";
}

static void print_ports(const struct world_service *service, FILE *out)
{
        if (service->first == service->last)
                fprintf(out, "%u", service->first);
        else
                fprintf(out, "%u-%u", service->first, service->last);
}

static void print_service(const struct world_service *service, size_t i, FILE *out)
{
        fprintf(out, "  s%zu:\n    summary: S\n    ports: [\"", i);
        if (service->protocol == PROTOCOL_GRE)
                fputs("protocol/gre", out);
        else if (service->by_parameter)
                fprintf(out, "%s/${p%zu}", protocol_name(service->protocol), i);
        else {
                fprintf(out, "%s/", protocol_name(service->protocol));
                print_ports(service, out);
        }
        fprintf(out, "\"]\n    %s: [", service->outbound ? "to" : "from");
        for (size_t j = 0; j < service->n_scopes; j++)
                fprintf(out, "%s\"%s\"", j > 0 ? ", " : "", service->scopes[j]);
        fputs("]\n", out);
}

static bool has_services(const struct world *world, bool outbound)
{
        for (size_t i = 0; i < world->n_services; i++)
                if (world->services[i].outbound == outbound)
                        return true;
        return false;
}

static void print_profile(const struct world *world, FILE *out)
{
        fputs("name: p\nsummary: P\ninclude: [base]\ngroups:\n", out);
        for (size_t i = 0; i < WORLD_GROUPS; i++)
                fprintf(out, "  %s: {default: internal, summary: G}\n", group_names[i]);
        fputs("params:\n  unused: {type: bool, default: false, summary: none}\n", out);
        for (size_t i = 0; i < world->n_services; i++)
                if (world->services[i].by_parameter && world->services[i].protocol != PROTOCOL_GRE)
                        fprintf(out, "  p%zu: {type: ports, default: 7-7, summary: P}\n", i);
        for (int outbound = 0; outbound <= 1; outbound++) {
                if (!has_services(world, outbound))
                        continue;
                fputs(outbound ? "egress:\n" : "services:\n", out);
                for (size_t i = 0; i < world->n_services; i++)
                        if (world->services[i].outbound == outbound)
                                print_service(&world->services[i], i, out);
        }
}

static void print_group(const struct world_group *group, FILE *out)
{
        for (int is_interface = 0; is_interface <= 1; is_interface++) {
                const char *separator = "";

                fprintf(out, "%s: [", is_interface ? ", interfaces" : "addresses");
                for (size_t j = 0; j < group->n_entries; j++)
                        if ((group->entries[j][0] == '%') == is_interface) {
                                fprintf(out, "%s\"%s\"", separator, group->entries[j] + is_interface);
                                separator = ", ";
                        }
                fputs("]", out);
        }
}

static void print_site(const struct world *world, FILE *out)
{
        if (world->n_groups > 0)
                fputs("groups:\n", out);
        for (size_t i = 0; i < world->n_groups; i++) {
                fprintf(out, "  %s: {", group_names[i]);
                print_group(&world->groups[i], out);
                fputs("}\n", out);
        }
        fprintf(out, "params:\n  base.ping_rate: none\n  base.ping_from: [\"%s\"]\n", world->ping_from);
        for (size_t i = 0; i < world->n_services; i++)
                if (world->services[i].by_parameter && world->services[i].protocol != PROTOCOL_GRE) {
                        fprintf(out, "  p%zu: \"", i);
                        print_ports(&world->services[i], out);
                        fputs("\"\n", out);
                }
        fprintf(out, "egress: %s\n", world->is_strict ? "strict" : "open");
}

static FILE *create(const char *folder, const char *name)
{
        char path[PATH_MAX];
        FILE *file;

        snprintf(path, sizeof(path), "%s/%s", folder, name);
        file = fopen(path, "we");
        assert_non_null(file);
        return file;
}

void world_write(const struct world *world, const char *folder)
{
        FILE *file = create(folder, "p.yaml");

        print_profile(world, file);
        assert_int_equal(fclose(file), 0);
        file = create(folder, "site.yaml");
        print_site(world, file);
        assert_int_equal(fclose(file), 0);
}

struct pg_policy *world_compile(const char *folder)
{
        static const char *const names[] = {"p"};
        const struct pg_request request = {.profiles = names, .n_profiles = 1};
        char profiles[PATH_MAX], site[PATH_MAX];
        struct pg_settings settings = {.profiles = profiles, .site = site};
        struct pg_diagnostics *diagnostics;
        struct pg_compiled compiled;
        struct pg_policy *policy;
        struct pg_error error;
        int r;

        snprintf(profiles, sizeof(profiles), "%s:%s/profiles", folder, PORTGUARD_SOURCE);
        snprintf(site, sizeof(site), "%s/site.yaml", folder);
        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        r = pg_compile_request(&settings, &request, &compiled, diagnostics, &error);
        for (size_t i = 0; r < 0 && i < pg_diagnostics_length(diagnostics); i++)
                print_error("%s\n", pg_diagnostics_at(diagnostics, i)->text);
        if (r < 0)
                fail_msg("%s", error.message);
        policy = PG_TAKE(compiled.policy);
        pg_compiled_done(&compiled);
        pg_diagnostics_free(diagnostics);
        return policy;
}

void world_print(const struct world *world, const struct pg_flow *flow)
{
        char address[INET6_ADDRSTRLEN];

        print_profile(world, stdout);
        puts("--- site");
        print_site(world, stdout);
        inet_ntop(flow->is_v6 ? AF_INET6 : AF_INET, flow->address, address, sizeof(address));
        printf("--- packet %s %s %s, protocol %u, port %u, type %u\n",
               flow->direction == PG_IN ? "from" : "to", address, flow->interface, flow->protocol,
               flow->port, flow->type);
}

bool world_without(const struct world *world, size_t at, struct world *ret)
{
        *ret = *world;
        if (at < world->n_services) {
                if (world->n_services == 1)
                        return world_without(world, world->n_services, ret);
                memmove(&ret->services[at], &ret->services[at + 1],
                        (world->n_services - at - 1) * sizeof(ret->services[0]));
                ret->n_services--;
                return true;
        }
        at -= world->n_services;
        for (size_t i = 0; i < world->n_groups; at -= world->groups[i++].n_entries)
                if (at < world->groups[i].n_entries) {
                        struct world_group *group = &ret->groups[i];

                        memmove(&group->entries[at], &group->entries[at + 1],
                                (group->n_entries - at - 1) * sizeof(group->entries[0]));
                        group->n_entries--;
                        return true;
                }
        if (at < WORLD_SERVICES && at < world->n_services) {
                ret->services[at].n_scopes = 1;
                ret->services[at].by_parameter = false;
                return true;
        }
        return false;
}
