/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One new connection, and the segment of the policy that owns its port. */
#ifndef PG_POLICY_ADMIT_H
#define PG_POLICY_ADMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/policy.h"

/* A new connection, or the first packet of a flow. */
struct pg_flow {
        enum pg_direction direction;
        uint8_t protocol;     /* IPPROTO_TCP, ... */
        uint16_t port;        /* the destination's; 0 for a protocol without ports */
        uint16_t source_port; /* 0: any but a DHCP server's */
        uint8_t type;         /* of ICMP and ICMPv6 */
        bool is_v6;
        uint8_t address[16];   /* the other side's, network byte order */
        bool is_untracked;     /* out: conntrack does not follow it (`notrack`) */
        bool to_loopback;      /* in: to an address of 127.0.0.0/8; of IPv4 only */
        const char *interface; /* in: where it comes in; out: where it leaves. NULL: unknown, which
                                * matches no interface */
        const char *member; /* of a VRF, by which it comes in or leaves; or NULL. Output is gone through
                             * twice, once with each name, and both have to be let through */
};

/* The segment that owns the flow's port, whomever it lets in; or NULL. */
const struct pg_segment *pg_policy_segment(const struct pg_policy *policy, const struct pg_flow *flow);

/* The name among the source's interfaces, or the pattern such as "wg*", that the interface has; or
 * NULL. `name` NULL has none. */
const char *pg_source_interface(const struct pg_source *source, const char *name);
/* The same of the flow's interface; NULL also where the member by which it leaves has none. */
const char *pg_source_way(const struct pg_source *source, const struct pg_flow *flow);

#endif
