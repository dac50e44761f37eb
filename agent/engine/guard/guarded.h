/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A change before the lockout guard. */
#ifndef PG_ENGINE_GUARDED_H
#define PG_ENGINE_GUARDED_H

#include "engine/context.h"
#include "host/sockets.h"

struct pg_guarded {
        const struct pg_policy *policy;     /* that is to be enforced */
        const struct pg_snapshot *snapshot; /* with its elements, unless `before` is given */
        const struct pg_standing *standing; /* of the snapshot */
        const struct pg_policy *before;     /* that is in force, where it is known; or NULL */
        bool is_warning;                    /* on trial, or with --allow-lockout: told, and done */
};

/* Asks both halves of the guard: the open ssh sessions (guard.h), and whether anybody could still reach
 * an ssh that listens here, if anybody could before. What they find is told in the context's
 * diagnostics. Returns 1 where there is something and it is a warning, 0 where there is nothing; -EPERM
 * with PG_STATUS_REFUSED where it is to be refused; what the kernel does not say is an error too,
 * unless it is a warning. */
int pg_guard_change(struct pg_context *context, const struct pg_guarded *change);

/* Whether anybody could reach an ssh that listens here by the policy; loopback is nobody. 1: no ssh
 * that listens is reached by anybody, and *ret is one of them; 0: one is, or none listens. In
 * guard_reach.c. */
int pg_ssh_unreached(const struct pg_policy *policy, struct pg_socket *ret, struct pg_error *error);

#endif
