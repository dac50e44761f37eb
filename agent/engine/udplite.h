/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UDP-Lite, of which connection tracking may take all for invalid, whatever a policy opens. */
#ifndef PG_ENGINE_UDPLITE_H
#define PG_ENGINE_UDPLITE_H

#include <stdbool.h>

#include "policy/policy.h"

#define PG_UDPLITE_ADVICE "sysctl net.netfilter.nf_conntrack_checksum=0"

/* Whether the policy opens UDP-Lite to this host, and connection tracking drops it all the same while
 * that sysctl is 1, as it is by default: it asks for the checksum that UDP would give to the packet
 * (nf_conntrack_proto_udp.c: udplite_error()). */
bool pg_udplite_is_dropped(const struct pg_policy *policy);

#endif
