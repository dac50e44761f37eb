/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel's own routing does with a packet before any policy sees it. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "engine/explain/internal.h"
#include "host/links.h"
#include "host/routes.h"

static bool is_lo(const char *interface)
{
        return interface && strcmp(interface, "lo") == 0;
}

static bool is_zero(const struct pg_flow *flow)
{
        static const uint8_t zero[16];

        return memcmp(flow->address, zero, flow->is_v6 ? 16 : 4) == 0;
}

static bool is_multicast(const struct pg_flow *flow)
{
        return flow->is_v6 ? flow->address[0] == 0xff : (flow->address[0] & 0xf0) == 0xe0;
}

static bool is_broadcast(const struct pg_flow *flow)
{
        return !flow->is_v6 && memcmp(flow->address, "\xff\xff\xff\xff", 4) == 0;
}

bool pg_arrival_has_no_route(const struct pg_flow *flow)
{
        return flow->direction == PG_IN && (is_zero(flow) || is_multicast(flow) || is_broadcast(flow));
}

static bool has_connections(uint8_t protocol)
{
        return protocol == IPPROTO_TCP || protocol == IPPROTO_SCTP || protocol == IPPROTO_DCCP;
}

/* ip_route_input_slow(), ip6_rcv_core() of Linux 5.10 to 6.18: no sysctl changes these. */
static const char *find_problem(const struct pg_flow *flow)
{
        static const uint8_t loopback6[16] = {[15] = 1};

        if (is_multicast(flow))
                return "no packet may have a multicast address as its source";
        if (is_broadcast(flow))
                return "no packet may have the broadcast address as its source";
        if (!flow->is_v6 && is_zero(flow) && has_connections(flow->protocol))
                return "nobody who has no address yet can open a connection";
        if (flow->is_v6 && flow->interface && memcmp(flow->address, loopback6, 16) == 0)
                return "::1 is this host itself, and comes in over lo only";
        return NULL;
}

/* What the routing of this host says of them: by its addresses, and by rp_filter and accept_local. */
static const char *find_refusal(const struct pg_flow *flow, const struct pg_question *question)
{
        char way[IF_NAMESIZE] = "";
        struct pg_error ignored;
        struct pg_link link;

        if (flow->is_v6 || is_zero(flow) || !question->interface || question->request ||
            question->generation > 0 || pg_link_find(question->interface, &link, &ignored) < 0 ||
            !link.exists || link.routed[0] == '\0' || !pg_route_refuses(flow->address, link.routed))
                return NULL;
        if (pg_route_interface(false, flow->address, NULL, way, &ignored) >= 0 && is_lo(way))
                return "an address of this host does not come in from outside (sysctl accept_local)";
        return "its answers would not leave by that interface (sysctl rp_filter), there is no route to it, or "
               "a routing rule refuses it (ip rule)";
}

static const char *name_refusal(int reason)
{
        switch (reason) {
        case -EACCES:
                return "a route or a routing rule (ip rule) of the type prohibit";
        case -EINVAL:
                return "a route or a routing rule (ip rule) of the type blackhole";
        case -EHOSTUNREACH:
                return "a route of the type unreachable";
        default:
                return "there is no route to it, or a routing rule (ip rule) of the type unreachable";
        }
}

/* ip_route_connect(), tcp_v6_connect() */
static bool is_to_many(const struct pg_flow *flow)
{
        return flow->protocol == IPPROTO_TCP &&
               (is_multicast(flow) || is_broadcast(flow) ||
                pg_route_type(flow->is_v6, flow->address) == RTN_BROADCAST);
}

struct pg_sent pg_departure_of(const struct pg_flow *flow)
{
        return (struct pg_sent){.is_v6 = flow->is_v6,
                                .to = flow->address,
                                .protocol = flow->protocol,
                                .port = flow->port,
                                .source_port = flow->source_port};
}

/* Whom no route leads to. ip_route_output_key_hash_rcu(): to many, over IPv4, a program that names an
 * interface, or has bound an address of it, needs no route, and no other is obeyed. */
static int find_departure(const struct pg_flow *flow, const struct pg_question *question,
                          struct pg_arrival *ret)
{
        const struct pg_sent sent = pg_departure_of(flow);
        bool depends = !flow->is_v6 && (is_multicast(flow) || is_broadcast(flow));
        int reason = 0;

        if (is_to_many(flow) && !question->request && question->generation == 0) {
                ret->never = true;
                ret->text = strdup("the kernel begins no TCP connection to a broadcast or multicast "
                                   "address, and the program is told so (Network is unreachable)");
                return ret->text ? 0 : -ENOMEM;
        }
        if (!question->interface && !question->request && question->generation == 0)
                reason = pg_route_refusal(&sent);
        if (reason == 0)
                return 0;
        ret->never = true;
        ret->text = pg_format(
                "the kernel's routing refuses to send it, and the program is told so (%s): %s%s",
                strerror(-reason), name_refusal(reason),
                depends ? "; a program that names an interface (SO_BINDTODEVICE, IP_MULTICAST_IF), or "
                          "has bound an address of one, sends it all the same: ask with --oif"
                        : "");
        return ret->text ? 0 : -ENOMEM;
}

/* Of the enforced policy: another may be for another host, or for later. */
static bool is_missing(const struct pg_question *question)
{
        struct pg_error ignored;
        struct pg_link link;

        return question->interface && !question->request && question->generation == 0 &&
               pg_link_find(question->interface, &link, &ignored) >= 0 && !link.exists;
}

int pg_arrival_find(const struct pg_flow *flow, const struct pg_question *question,
                    struct pg_arrival *ret)
{
        const char *problem = NULL;

        *ret = (struct pg_arrival){0};
        if (is_lo(flow->interface))
                return 0;
        if (is_missing(question)) {
                ret->text = pg_format("this host has no interface %s now", question->interface);
                return ret->text ? 0 : -ENOMEM;
        }
        if (flow->direction == PG_OUT)
                return find_departure(flow, question, ret);
        problem = find_problem(flow);
        if (!problem)
                problem = find_refusal(flow, question);
        ret->never = problem;
        if (problem)
                ret->text =
                        pg_format("the kernel's routing drops it before any rule of an input hook: %s",
                                  problem);
        else if (!flow->is_v6 && is_zero(flow))
                ret->text = strdup(
                        "who has no address yet (DHCP) reaches this host by broadcast or "
                        "multicast only; to an address of its own the kernel's routing drops it");
        else
                return 0;
        return ret->text ? 0 : -ENOMEM;
}
