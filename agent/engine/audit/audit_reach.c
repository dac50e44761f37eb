/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From where each listener is reachable. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "engine/audit/audit.h"
#include "policy/admit.h"

/* ruleset/compile/base_traffic.c */
bool pg_audit_is_dhcp_client(const struct pg_waiting *item)
{
        const struct pg_socket *socket = &item->socket;

        return socket->protocol == IPPROTO_UDP &&
               ((socket->local_port == 68 && (!socket->is_v6 || item->is_dual)) ||
                (socket->local_port == 546 && socket->is_v6));
}

static int judge(const struct pg_auditing *auditing, const struct pg_waiting *item,
                 struct pg_listener *listener)
{
        const struct pg_policy *policy = auditing->policy;
        const struct pg_segment *segment = NULL;
        const char *from = NULL;
        bool open = false;

        if (policy)
                segment = pg_waiting_reach(policy, item, &open);
        if (open && segment)
                from = policy->sources[segment->source].label;
        else if (auditing->audit->is_off && !item->is_loopback)
                from = "any";
        else if (policy && (open || pg_audit_is_dhcp_client(item)) && !item->is_loopback)
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
