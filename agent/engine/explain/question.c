/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of a question. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/strings.h"
#include "engine/explain/internal.h"
#include "host/links.h"
#include "host/routes.h"
#include "policy/base_traffic.h"

static int parse_address(const char *text, struct pg_flow *flow, struct pg_error *error)
{
        struct pg_prefix prefix;
        enum pg_prefix_problem problem = pg_prefix_parse(text, strlen(text), &prefix);

        if (problem != PG_PREFIX_GOOD || prefix.length != (prefix.is_v6 ? 128 : 32))
                return pg_error_set(error, PG_STATUS_USAGE, -EINVAL,
                                    "'%s' is no address (one of IPv4 or IPv6, as in 192.0.2.7)",
                                    pg_show(text).text);
        flow->is_v6 = prefix.is_v6;
        memcpy(flow->address, prefix.address, sizeof(flow->address));
        return 0;
}

static int parse_ports(const char *text, struct pg_flow *flow, struct pg_error *error)
{
        struct pg_ports ports;
        const char *problem;

        if (strcmp(text, "ping") == 0) {
                flow->protocol = flow->is_v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
                flow->type = flow->is_v6 ? PG_ICMPV6_ECHO : PG_ICMP_ECHO;
                return 0;
        }
        problem = pg_ports_parse(text, &ports);
        if (problem)
                return pg_error_set(error, PG_STATUS_USAGE, -EINVAL,
                                    "'%s' is no port: %s; or ask about: ping", pg_show(text).text,
                                    problem);
        if (pg_protocol_has_ports(ports.protocol) && ports.first != ports.last)
                return pg_error_set(error, PG_STATUS_USAGE, -EINVAL,
                                    "'%s' is a range, and one packet has one port: ask about %u",
                                    pg_show(text).text, ports.first);
        flow->protocol = ports.protocol;
        flow->port = pg_protocol_has_ports(ports.protocol) ? ports.first : 0;
        return 0;
}

/* The name that rules see, in place of the one that was asked for. */
static int find_arrival(const struct pg_question *question, char name[static IF_NAMESIZE],
                        struct pg_understood *ret, struct pg_error *error)
{
        struct pg_error ignored;
        struct pg_link link;

        if (pg_link_find(name, &link, &ignored) < 0 || !link.exists || link.is_seen)
                return 0;
        ret->asked_interface = strdup(question->interface);
        ret->relation = strdup(pg_link_relation(link.kind));
        snprintf(name, IF_NAMESIZE, "%s", link.arrival);
        return ret->asked_interface && ret->relation ? 0 : pg_error_memory(error);
}

/* Of the VRF of that name. */
static int find_member(const struct pg_question *question, const char *name, struct pg_understood *ret,
                       struct pg_error *error)
{
        struct pg_flow *flow = &ret->flow;
        char member[IF_NAMESIZE] = "";
        struct pg_error ignored;
        struct pg_link link;

        if (question->interface && pg_link_find(question->interface, &link, &ignored) >= 0 &&
            link.exists && strcmp(link.kind, "vrf") == 0)
                snprintf(member, sizeof(member), "%s", link.routed);
        else
                pg_route_member(flow->is_v6, flow->address, name, member);
        if (member[0] == '\0')
                return 0;
        ret->member = strdup(member);
        flow->member = ret->member;
        return ret->member ? 0 : pg_error_memory(error);
}

static int find_interface(const struct pg_question *question, struct pg_understood *ret,
                          struct pg_error *error)
{
        struct pg_flow *flow = &ret->flow;
        const struct pg_sent sent = pg_departure_of(flow);
        char name[IF_NAMESIZE] = "";
        struct pg_error ignored;
        int r;

        if (question->interface) {
                if (!pg_interface_name_is_valid(question->interface) ||
                    strchr(question->interface, '*'))
                        return pg_error_set(error, PG_STATUS_USAGE, -EINVAL,
                                            "'%s' is no name of an interface",
                                            pg_show(question->interface).text);
                snprintf(name, sizeof(name), "%s", question->interface);
                r = find_arrival(question, name, ret, error);
                if (r < 0)
                        return r;
        } else if (flow->direction == PG_OUT && flow->is_v6 &&
                   memcmp(flow->address, &in6addr_any, sizeof(in6addr_any)) == 0) {
                snprintf(name, sizeof(name), "lo"); /* to nowhere is to this host */
        } else if (pg_arrival_has_no_route(flow)) {
                return 0;
        } else if (flow->direction == PG_OUT && pg_route_sends(&sent, name)) {
                ret->is_routed = true;
        } else if (pg_route_interface(flow->is_v6, flow->address, NULL, name, &ignored) < 0) {
                name[0] = '\0';
        } else {
                ret->is_routed = name[0] != '\0';
        }
        if (name[0] == '\0')
                return 0;
        ret->interface = strdup(name);
        flow->interface = ret->interface;
        return ret->interface ? find_member(question, name, ret, error) : pg_error_memory(error);
}

int pg_question_understand(const struct pg_question *question, struct pg_understood *ret,
                           struct pg_error *error)
{
        int r;

        ret->flow.direction = question->outbound ? PG_OUT : PG_IN;
        ret->flow.source_port = (uint16_t)question->source_port;
        r = parse_address(question->address, &ret->flow, error);
        if (r >= 0)
                r = parse_ports(question->ports, &ret->flow, error);
        return r < 0 ? r : find_interface(question, ret, error);
}

void pg_understood_done(struct pg_understood *understood)
{
        free(understood->interface);
        free(understood->asked_interface);
        free(understood->relation);
        free(understood->member);
        *understood = (struct pg_understood){0};
}
