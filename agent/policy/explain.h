/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a policy lets a new connection pass, or does not. */
#ifndef PG_POLICY_EXPLAIN_H
#define PG_POLICY_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/admit.h"

enum pg_because {
        PG_BECAUSE_BASE,    /* base traffic, loopback, egress that is open */
        PG_BECAUSE_SERVICE, /* a service claims the port: whom it lets in decides */
        PG_BECAUSE_PING,    /* an echo request: whom the policy lets ping decides */
        PG_BECAUSE_DEFAULT, /* nobody claims the port */
};

/* All of it borrowed from the policy and the flow. */
struct pg_reason {
        bool accepts;
        enum pg_because because;
        const char *base;                 /* BASE: which rule; else NULL */
        const struct pg_segment *segment; /* SERVICE: who owns the port; else NULL */
        const struct pg_source *source;   /* SERVICE and PING: who may; else NULL */
        bool by_address;                  /* the address is in the source; `match` is the range */
        struct pg_prefix_range {
                uint8_t first[16], last[16]; /* network byte order */
        } match;
        const char *interface; /* the name or pattern of the source that the interface has; or NULL */
        const char *scope;     /* the scope that the entry belongs to, or NULL */
        const struct pg_entry *entry; /* what it was written as; NULL: not known */
};

/* What the ruleset that the policy compiles to does with the first packet of the flow, rule by rule in
 * its order; packets of known connections are not asked about, nor whether a rate is exceeded. A flow
 * of ICMPv6 or DHCPv6 that depends on hop limit or destination is taken to have the right one. */
void pg_policy_explain(const struct pg_policy *policy, const struct pg_flow *flow,
                       struct pg_reason *ret);

/* Whether it lets that packet pass. */
bool pg_policy_admits(const struct pg_policy *policy, const struct pg_flow *flow);

#endif
