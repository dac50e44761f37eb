/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one try to change the kernel works on. */
#ifndef PG_ENGINE_CONVERGE_H
#define PG_ENGINE_CONVERGE_H

#include "engine/known.h"
#include "engine/request/left_out.h"

enum pg_converge_mode {
        PG_CONVERGE_PLAN,  /* only looks what would be done */
        PG_CONVERGE_CHECK, /* asks the kernel whether it would take the change */
        PG_CONVERGE_APPLY,
};

/* Which policy the kernel is to hold, and how it is to get there. */
struct pg_wish {
        const struct pg_policy *policy;
        const struct pg_site *site; /* that it was made for; or NULL */
        enum pg_converge_mode mode;
        const struct pg_generation *asked; /* what the history is told: message, profiles, parameters,
                                            * `restores` */
        uint32_t number;                   /* of a generation that is in the history already; or 0 */
        unsigned trial_ms;                 /* or 0 */
        bool allow_lockout;
        struct pg_before *before; /* is filled in, unless NULL */
        bool is_unguarded;        /* nobody asks for it: what was in force comes back at boot */
};

/* Makes it so, and fills in the outcome. Each try plans anew from what the kernel holds then. */
int pg_converge(struct pg_context *context, const struct pg_wish *wish, struct pg_outcome *outcome);

/* rollback.c: makes it enforce what that generation did, as a new one. */
int pg_bring_back(struct pg_context *context, uint32_t number, const struct pg_change_options *options,
                  struct pg_outcome *outcome);

/* One try. */
struct pg_convergence {
        struct pg_context *context;
        const struct pg_wish *wish;
        struct pg_outcome *outcome;
        struct pg_error *error;
        struct pg_batch *batch;
        struct pg_watch *watch; /* or NULL */
        struct pg_snapshot snapshot;
        struct pg_known known; /* what the snapshot of a plan borrows from, and its policy */
        struct pg_standing standing;
        struct pg_target target;
};

/* transaction.c: from the snapshot to the target, read back and confirmed in the history; on failure
 * nothing changed (I6). */
int pg_change(struct pg_convergence *c);
/* The same for a target that is on trial already, and stays. */
int pg_change_confirm(struct pg_convergence *c);
/* The real batch, whole, for the kernel to check and forget. */
int pg_change_check(struct pg_convergence *c);

/* address_change.c: the two of them where only addresses differ. */
int pg_change_addresses(struct pg_convergence *c);
int pg_check_addresses(struct pg_convergence *c);

/* transaction.c: the steps of every change. The kernel's answer to a commit may get lost though it
 * happened: reading back tells. */
int pg_step_commit(struct pg_convergence *c, uint32_t generation_id);
int pg_step_read_back(struct pg_convergence *c, enum pg_read what, enum pg_stage stage);
/* What the history says of a generation once it is in force. */
int pg_step_record_event(struct pg_convergence *c);
/* The set that takes the new generation's record; NULL where the enforced one says it already. */
const struct pg_set *pg_step_record_set(const struct pg_target *target);

#endif
