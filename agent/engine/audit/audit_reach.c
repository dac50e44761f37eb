/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who beyond this host gets to a socket: the policy's evaluator is asked about one of each kind that
 * the source of the port's segment has. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/audit/audit.h"
#include "policy/explain.h"

/* Answers to a DHCP client pass whatever the segments say (ruleset/compile/base_traffic.c). */
static bool is_dhcp_client(const struct pg_audit_socket *item)
{
        const struct pg_socket *socket = &item->socket;

        return socket->protocol == IPPROTO_UDP &&
               ((socket->local_port == 68 && (!socket->is_v6 || item->is_dual)) ||
                (socket->local_port == 546 && socket->is_v6));
}

/* By the interface that the socket is bound to, else by any that the source has. */
static bool admits_interface(const struct pg_policy *policy, const struct pg_source *source,
                             const struct pg_audit_socket *item, struct pg_flow flow)
{
        char name[IF_NAMESIZE];

        flow.is_v6 = item->socket.is_v6;
        memset(flow.address, 0, sizeof(flow.address));
        if (item->arrival[0] != '\0') {
                flow.interface = item->arrival;
                return pg_policy_admits(policy, &flow);
        }
        for (size_t i = 0; i < source->n_interfaces; i++) {
                snprintf(name, sizeof(name), "%s", source->interfaces[i]);
                name[strcspn(name, "*")] = '\0';
                flow.interface = name;
                if (pg_policy_admits(policy, &flow))
                        return true;
        }
        return false;
}

static bool admits_address(const struct pg_policy *policy, const struct pg_source *source,
                           const struct pg_audit_socket *item, struct pg_flow flow)
{
        const struct pg_addresses *addresses = &source->addresses;
        bool takes_v4 = !item->socket.is_v6 || item->is_dual, takes_v6 = item->socket.is_v6;

        flow.interface = item->arrival[0] != '\0' ? item->arrival : NULL;
        if (takes_v4 && addresses->n_v4 > 0) {
                uint32_t first = htonl(addresses->v4[0].first);

                flow.is_v6 = false;
                memcpy(flow.address, &first, sizeof(first));
                if (pg_policy_admits(policy, &flow))
                        return true;
        }
        if (!takes_v6 || addresses->n_v6 == 0)
                return false;
        flow.is_v6 = true;
        memcpy(flow.address, addresses->v6[0].first, sizeof(flow.address));
        return pg_policy_admits(policy, &flow);
}

const struct pg_segment *pg_audit_reach(const struct pg_policy *policy,
                                        const struct pg_audit_socket *item, bool *ret_open)
{
        struct pg_flow flow = {
                .direction = PG_IN,
                .protocol = item->socket.protocol,
                .port = item->socket.local_port,
                .is_v6 = item->socket.is_v6,
        };
        const struct pg_segment *segment = pg_policy_segment(policy, &flow);
        bool open = pg_policy_admits(policy, &flow);

        if (segment && !open)
                open = admits_address(policy, &policy->sources[segment->source], item, flow) ||
                       admits_interface(policy, &policy->sources[segment->source], item, flow);
        *ret_open = open && !item->is_loopback;
        return segment;
}

static int judge(const struct pg_auditing *auditing, const struct pg_audit_socket *item,
                 struct pg_listener *listener)
{
        const struct pg_policy *policy = auditing->policy;
        const struct pg_segment *segment = NULL;
        const char *from = NULL;
        bool open = false;

        if (policy)
                segment = pg_audit_reach(policy, item, &open);
        if (open && segment)
                from = policy->sources[segment->source].label;
        else if (auditing->audit->is_off && !item->is_loopback)
                from = "any";
        else if (policy && (open || is_dhcp_client(item)) && !item->is_loopback)
                from = "DHCP servers";
        if (from) {
                listener->reachable_from = strdup(from);
                if (!listener->reachable_from)
                        return -ENOMEM;
        }
        return segment ? pg_segment_service_names(policy, segment, &listener->services,
                                                  &listener->n_services)
                       : 0;
}

int pg_audit_judge(struct pg_auditing *auditing)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < auditing->n_sockets; i++)
                r = judge(auditing, &auditing->sockets[i], &auditing->audit->listeners[i]);
        return r;
}

int pg_audit_port_source(const struct pg_auditing *auditing, uint8_t protocol, uint16_t port,
                         char **ret)
{
        const struct pg_policy *policy = auditing->policy;
        const struct pg_flow flow = {.direction = PG_IN, .protocol = protocol, .port = port};
        const struct pg_segment *segment = policy ? pg_policy_segment(policy, &flow) : NULL;
        const char *label = NULL;

        if (segment && pg_source_opens(&policy->sources[segment->source]))
                label = policy->sources[segment->source].label;
        else if (auditing->audit->is_off)
                label = "any";
        *ret = label ? strdup(label) : NULL;
        return label && !*ret ? -ENOMEM : 0;
}
