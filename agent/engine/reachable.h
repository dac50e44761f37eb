/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who beyond this host gets to a socket that waits for others. */
#ifndef PG_ENGINE_REACHABLE_H
#define PG_ENGINE_REACHABLE_H

#include <net/if.h>
#include <stdbool.h>

#include "host/own_addresses.h"
#include "host/sockets.h"
#include "policy/policy.h"

struct pg_waiting {
        struct pg_socket socket;
        char interface[IF_NAMESIZE]; /* that it is bound to; or "" */
        char arrival[IF_NAMESIZE];   /* as rules see that */
        bool is_loopback;            /* only this host gets to it */
        bool is_dual;                /* both families come to it */
        bool is_now; /* by an interface that a source has counts only where packets come in by it now */
        const struct pg_own_address
                *own; /* this host's addresses, of which nobody else comes; or NULL */
        size_t n_own;
};

/* *ret: the socket, with what the kernel says of the interface that it is bound to. */
void pg_waiting_describe(const struct pg_socket *socket, struct pg_waiting *ret);

/* The segment that owns the socket's port, borrowed from the policy, or NULL; *ret_open: whether
 * somebody beyond this host gets to the socket. The evaluator is asked about one of each kind that the
 * segment's source has; an interface of it is taken to exist unless `is_now`. */
const struct pg_segment *pg_waiting_reach(const struct pg_policy *policy,
                                          const struct pg_waiting *waiting, bool *ret_open);

#endif
