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

/* By both ends of a range: those of 127.0.0.0/8 let nobody in. */
static bool admits_v4(const struct pg_policy *policy, const struct pg_addresses *addresses,
                      struct pg_flow flow)
{
        flow.is_v6 = false;
        for (size_t i = 0; i < addresses->n_v4; i++) {
                uint32_t ends[] = {htonl(addresses->v4[i].first), htonl(addresses->v4[i].last)};

                for (size_t end = 0; end < PG_ELEMENTSOF(ends); end++) {
                        memcpy(flow.address, &ends[end], sizeof(ends[end]));
                        if (pg_policy_admits(policy, &flow))
                                return true;
                }
        }
        return false;
}

/* The name of no interface is that of one which the source does not name, and not lo. */
static bool admits_address(const struct pg_policy *policy, const struct pg_source *source,
                           const struct pg_waiting *waiting, struct pg_flow flow)
{
        const struct pg_addresses *addresses = &source->addresses;
        bool takes_v4 = !waiting->socket.is_v6 || waiting->is_dual;

        flow.interface = waiting->arrival;
        if (takes_v4 && admits_v4(policy, addresses, flow))
                return true;
        if (!waiting->socket.is_v6 || addresses->n_v6 == 0)
                return false;
        flow.is_v6 = true;
        memcpy(flow.address, addresses->v6[0].first, sizeof(flow.address));
        return pg_policy_admits(policy, &flow);
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
        bool open = pg_policy_admits(policy, &flow);

        if (segment && !open)
                open = admits_address(policy, &policy->sources[segment->source], waiting, flow) ||
                       admits_interface(policy, &policy->sources[segment->source], waiting, flow);
        *ret_open = open && !waiting->is_loopback;
        return segment;
}
