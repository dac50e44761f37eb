/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lockout guard: which ssh sessions a policy would refuse, were they new. */
#ifndef PG_ENGINE_GUARD_GUARD_H
#define PG_ENGINE_GUARD_GUARD_H

#include <stdbool.h>

#include "engine/context.h"
#include "engine/table.h"
#include "host/sockets.h"

/* The ports that an ssh listens at, by the same rules. */
int pg_ssh_ports(struct pg_port_set *ret, struct pg_error *error);

enum pg_ssh_place {
        PG_SSH_NOWHERE,
        PG_SSH_LOOPBACK, /* which only this host gets to */
        PG_SSH_BEYOND,
};

/* Where an ssh listens, by the same rules, whatever the policy says: the place of the widest reach.
 * Where NAT of other tables leads to one on 127.0.0.1, others get to it. */
int pg_ssh_listens(struct pg_nft *nft, enum pg_ssh_place *ret, struct pg_error *error);

struct pg_guarded {
        const struct pg_policy *policy; /* that is to be enforced */
        const struct pg_table *table;   /* whole, as it is */
        bool is_warning;                /* on trial, or with --allow-lockout: reported, and done */
        bool is_confirm;                /* it is enforced already, on trial */
};

/* Asks both halves of the guard: the open ssh sessions (guard.h), and whether anybody could still reach
 * an ssh that listens here, if anybody could before. What they find is reported in the context's
 * diagnostics. Returns 1 where there is something and it is a warning, 0 where there is nothing; -EPERM
 * with PG_STATUS_REFUSED where it is to be refused; what the kernel does not say is an error too,
 * unless it is a warning. */
int pg_guard_change(struct pg_context *context, const struct pg_guarded *change);

#endif
