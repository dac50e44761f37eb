/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a host dies without, whatever the profiles say: the list of what every policy lets pass. */
#ifndef PG_POLICY_BASE_TRAFFIC_H
#define PG_POLICY_BASE_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/admit.h"

enum pg_sender { PG_FROM_ANY, PG_FROM_LINK_LOCAL, PG_FROM_UNSPECIFIED };

#define PG_HOPS_ANY (-1)

/* Inbound ICMPv6 that is not tied to a connection. The kernel does not track types 130-136 and 143
 * (nf_conntrack_proto_icmpv6.c), so `established` never matches them. */
struct pg_icmpv6_rule {
        uint8_t first, last; /* types */
        enum pg_sender sender;
        int hops; /* the hop limit that it must have, or PG_HOPS_ANY */
        const char *name;
};
#define PG_ICMPV6_RULES 10
extern const struct pg_icmpv6_rule pg_icmpv6_rules[PG_ICMPV6_RULES];

/* Types of ICMP errors that always come in. */
#define PG_ICMP_ERRORS 3
extern const uint8_t pg_icmp_errors[PG_ICMP_ERRORS];

#define PG_ICMP_ECHO 8
#define PG_ICMPV6_ECHO 128

/* The base rule that lets a new connection pass, in words; NULL where none does. Echo requests are not
 * among them: the policy says who may send them (pg_flow_is_ping()). */
const char *pg_base_admits(const struct pg_flow *flow);

/* The base rule that drops a new connection whatever the policy lets in, in words; NULL where none
 * does.
 */
const char *pg_base_refuses(const struct pg_flow *flow);

/* Whether it is an inbound echo request. */
bool pg_flow_is_ping(const struct pg_flow *flow);

#endif
