/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who beyond this host gets to a socket that waits for others. */
#include "engine/reachable.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "host/links.h"
#include "policy/explain.h"

static bool is_any(const struct pg_socket *socket)
{
        static const uint8_t any[16] = {0};

        return memcmp(socket->local, any, socket->is_v6 ? 16 : 4) == 0;
}

static bool is_loopback(const struct pg_waiting *waiting)
{
        static const uint8_t loopback6[16] = {[15] = 1};
        const struct pg_socket *socket = &waiting->socket;

        if (strcmp(waiting->interface, "lo") == 0)
                return true;
        return socket->is_v6 ? memcmp(socket->local, loopback6, sizeof(loopback6)) == 0
                             : socket->local[0] == IN_LOOPBACKNET;
}

void pg_waiting_describe(const struct pg_socket *socket, struct pg_waiting *ret)
{
        *ret = (struct pg_waiting){.socket = *socket};
        pg_link_name(socket->interface, ret->interface);
        pg_link_arrival(socket->interface, ret->arrival);
        if (ret->arrival[0] == '\0')
                memcpy(ret->arrival, ret->interface, sizeof(ret->arrival));
        ret->is_loopback = is_loopback(ret);
        ret->is_dual = socket->is_v6 && !socket->is_v6_only && is_any(socket);
}

/* Whether anybody beyond this host comes in by it; of what the kernel does not say it is not known. */
static bool is_entered(const struct pg_waiting *waiting, const char *name)
{
        struct pg_error ignored;
        struct pg_link link;

        if (!waiting->is_now)
                return strcmp(name, "lo") != 0;
        return pg_link_find(name, &link, &ignored) >= 0 && link.is_entered;
}

/* By the interface that the socket is bound to, else by any that the source has. */
static bool admits_interface(const struct pg_policy *policy, const struct pg_source *source,
                             const struct pg_waiting *waiting, struct pg_flow flow)
{
        char name[IF_NAMESIZE];

        flow.is_v6 = waiting->socket.is_v6;
        memset(flow.address, 0, sizeof(flow.address));
        if (waiting->arrival[0] != '\0') {
                flow.interface = waiting->arrival;
                return pg_policy_admits(policy, &flow);
        }
        for (size_t i = 0; i < source->n_interfaces; i++) {
                snprintf(name, sizeof(name), "%s", source->interfaces[i]);
                name[strcspn(name, "*")] = '\0';
                flow.interface = name;
                if (pg_policy_admits(policy, &flow) && is_entered(waiting, source->interfaces[i]))
                        return true;
        }
        return false;
}

/* Sources that the kernel takes of no packet from beyond this host: ip_route_input_slow() in
 * net/ipv4/route.c, ip6_rcv_core() in net/ipv6/ip6_input.c. */
static const struct range {
        bool is_v6;
        uint8_t first[16], last[16];
} never[] = {
        {false, {0}, {0, 255, 255, 255}},
        {false, {127}, {127, 255, 255, 255}},
        {false, {224}, {239, 255, 255, 255}},
        {false, {255, 255, 255, 255}, {255, 255, 255, 255}},
        {true, {0}, {[15] = 1}},
        {true,
         {0xff},
         {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}},
};

/* Behind `last`, where the address is within; false where nothing is behind it. */
static bool step_over(uint8_t *address, const uint8_t *first, const uint8_t *last, size_t length,
                      bool *moved)
{
        if (memcmp(address, first, length) < 0 || memcmp(address, last, length) > 0)
                return true;
        *moved = true;
        memcpy(address, last, length);
        for (size_t i = length; i > 0; i--)
                if (++address[i - 1] != 0)
                        return true;
        return false;
}

/* The first address of the range that may be another host's. */
static bool find_other(const struct pg_waiting *waiting, const struct range *range, uint8_t *ret)
{
        const size_t length = range->is_v6 ? 16 : 4;
        bool moved = true;

        memcpy(ret, range->first, length);
        while (moved && memcmp(ret, range->last, length) <= 0) {
                moved = false;
                for (size_t i = 0; i < PG_ELEMENTSOF(never); i++)
                        if (never[i].is_v6 == range->is_v6 &&
                            !step_over(ret, never[i].first, never[i].last, length, &moved))
                                return false;
                for (size_t i = 0; i < waiting->n_own; i++)
                        if (waiting->own[i].is_v6 == range->is_v6 &&
                            !step_over(ret, waiting->own[i].bytes, waiting->own[i].bytes, length,
                                       &moved))
                                return false;
        }
        return memcmp(ret, range->last, length) <= 0;
}

static bool admits_range(const struct pg_policy *policy, const struct pg_waiting *waiting,
                         const struct range *range, struct pg_flow flow)
{
        flow.is_v6 = range->is_v6;
        return find_other(waiting, range, flow.address) && pg_policy_admits(policy, &flow);
}

/* The name of no interface is that of one which the source does not name, and not lo. */
static bool admits_address(const struct pg_policy *policy, const struct pg_source *source,
                           const struct pg_waiting *waiting, struct pg_flow flow)
{
        const struct pg_addresses *addresses = &source->addresses;
        bool takes_v4 = !waiting->socket.is_v6 || waiting->is_dual;
        struct range range = {0};

        flow.interface = waiting->arrival;
        for (size_t i = 0; takes_v4 && i < addresses->n_v4; i++) {
                uint32_t first = htonl(addresses->v4[i].first), last = htonl(addresses->v4[i].last);

                memcpy(range.first, &first, sizeof(first));
                memcpy(range.last, &last, sizeof(last));
                if (admits_range(policy, waiting, &range, flow))
                        return true;
        }
        range.is_v6 = true;
        for (size_t i = 0; waiting->socket.is_v6 && i < addresses->n_v6; i++) {
                memcpy(range.first, addresses->v6[i].first, sizeof(range.first));
                memcpy(range.last, addresses->v6[i].last, sizeof(range.last));
                if (admits_range(policy, waiting, &range, flow))
                        return true;
        }
        return false;
}

const struct pg_segment *pg_waiting_reach(const struct pg_policy *policy,
                                          const struct pg_waiting *waiting, bool *ret_open)
{
        struct pg_flow flow = {
                .direction = PG_IN,
                .protocol = waiting->socket.protocol,
                .port = waiting->socket.local_port,
                .is_v6 = waiting->socket.is_v6,
        };
        const struct pg_segment *segment = pg_policy_segment(policy, &flow);
        const struct pg_source *source = segment ? &policy->sources[segment->source] : NULL;
        bool open;

        if (source && !source->any)
                open = admits_address(policy, source, waiting, flow) ||
                       admits_interface(policy, source, waiting, flow);
        else
                open = pg_policy_admits(policy, &flow);
        *ret_open = open && !waiting->is_loopback;
        return segment;
}
