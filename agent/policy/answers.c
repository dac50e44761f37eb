/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What services of this host send of themselves. */
#include "policy/answers.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define PORT_DHCP_SERVER 67
#define PORT_DHCP_CLIENT 68
#define PORT_DHCPV6_CLIENT 546
#define PORT_DHCPV6_SERVER 547

static const struct pg_segment *inbound_segment(const struct pg_policy *policy, uint8_t protocol,
                                                uint16_t port)
{
        const struct pg_flow question = {.direction = PG_IN, .protocol = protocol, .port = port};

        return pg_policy_segment(policy, &question);
}

bool pg_policy_serves(const struct pg_policy *policy, uint8_t protocol, uint16_t port)
{
        const struct pg_segment *segment = inbound_segment(policy, protocol, port);

        return segment && pg_source_opens(&policy->sources[segment->source]);
}

const char *pg_answer_of_dhcp(const struct pg_policy *policy, const struct pg_flow *flow)
{
        bool is_link_local = flow->address[0] == 0xfe && (flow->address[1] & 0xc0) == 0x80;
        uint16_t server = flow->is_v6 ? PORT_DHCPV6_SERVER : PORT_DHCP_SERVER;
        uint16_t client = flow->is_v6 ? PORT_DHCPV6_CLIENT : PORT_DHCP_CLIENT;

        if (flow->direction != PG_OUT || flow->protocol != IPPROTO_UDP || flow->port != client ||
            flow->source_port != server || (flow->is_v6 && !is_link_local) ||
            !pg_policy_serves(policy, IPPROTO_UDP, server))
                return NULL;
        return flow->is_v6 ? "answer of the DHCPv6 server" : "answer of the DHCP server";
}

const struct pg_segment *pg_answer_segment(const struct pg_policy *policy, const struct pg_flow *flow)
{
        const struct pg_segment *segment;

        if (flow->direction != PG_OUT || !flow->is_untracked || flow->protocol == IPPROTO_TCP ||
            !pg_protocol_has_ports(flow->protocol))
                return NULL;
        segment = inbound_segment(policy, flow->protocol, flow->source_port);
        return segment && pg_source_opens(&policy->sources[segment->source]) ? segment : NULL;
}
