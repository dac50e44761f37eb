/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is enforced: the one answer for whoever only looks (I3). */
#ifndef PG_ENGINE_ENFORCED_H
#define PG_ENGINE_ENFORCED_H

#include <stdbool.h>

#include "engine/table.h"
#include "portguard/portguard.h"

/* How much is wanted; each has what those before it have. */
enum pg_enforced_detail {
        PG_ENFORCED_GENERATION, /* which one, and what is on trial; large groups are not read */
        PG_ENFORCED_CHANGE,     /* the whole table, and what somebody did to it */
        PG_ENFORCED_POLICY,     /* and the policy */
};

struct pg_enforced {
        struct pg_table table;
        /* What somebody did to the table, or that the history says something else of what should be
         * enforced, with the advice, in words; NULL: nothing of that. */
        char *change;
        bool rules_hold; /* of a change: only ports and addresses differ, and a policy tells of those */
        /* What the slot in force does: of the history, where the table is what that has, else read back
         * from the table, with what the history knows of its scopes; NULL where no slot is in force. */
        struct pg_policy *policy;
        char *loss;     /* of PG_ENFORCED_POLICY: as pg_loss_at_boot() has it, or NULL */
        bool is_stored; /* the policy is the history's: exactly what the table holds */
};

/* Settles what an interrupted run left, unless somebody is at work, and reads what is enforced then.
 * `nft` is the caller's. The caller ends it with pg_enforced_done(); after an error it is empty. */
int pg_enforced_read(const struct pg_settings *settings, struct pg_nft *nft,
                     enum pg_enforced_detail detail, struct pg_enforced *ret,
                     struct pg_diagnostics *diagnostics, struct pg_error *error);
void pg_enforced_done(struct pg_enforced *enforced);

#endif
