/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An ssh session that a policy would refuse, in words. */
#ifndef PG_ENGINE_REFUSAL_H
#define PG_ENGINE_REFUSAL_H

#include "host/sockets.h"
#include "policy/policy.h"

struct pg_refusal {
        struct pg_socket session;
        bool is_own;                      /* the caller's */
        const struct pg_segment *segment; /* that owns the port; or NULL */
};

/* Tells it, what the policy lets in at its port, and what would admit it. */
void pg_refusal_tell(const struct pg_policy *policy, const struct pg_refusal *refusal,
                     enum pg_severity severity, struct pg_diagnostics *diagnostics);

/* Tells that nobody could reach the ssh that listens there, and what would let somebody in. */
void pg_refusal_tell_listener(const struct pg_policy *policy, const struct pg_socket *listener,
                              enum pg_severity severity, struct pg_diagnostics *diagnostics);

#endif
