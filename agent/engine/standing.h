/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which policy the kernel enforces (I3). */
#ifndef PG_ENGINE_STANDING_H
#define PG_ENGINE_STANDING_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/nft/nft.h"
#include "portguard/portguard.h"
#include "ruleset/record.h"
#include "ruleset/trial.h"

/* Which policy the kernel enforces. */
struct pg_standing {
        char live;                   /* the slot that the hooks go to for good, or 0 */
        char slot;                   /* the slot in force: on trial, or the live one; or 0 */
        struct pg_trial trial;       /* .slot is 0 when none is open */
        struct pg_record enforced;   /* what the slot in force says of itself */
        struct pg_record falls_back; /* while on trial: what the live slot says of itself */
};
/* The caller ends it with pg_standing_done(). 0 or -ENOMEM. */
int pg_standing_find(const struct pg_snapshot *snapshot, struct pg_standing *ret);
void pg_standing_done(struct pg_standing *standing);

/* Whether somebody left hooks that go to no generation, and yet may refuse packets: by their policy, or
 * by rules of somebody else's. pg_snapshot_fault() tells of it; this is not what off means. */
bool pg_snapshot_refuses(const struct pg_snapshot *snapshot);

/* The generation that the history says is enforced for good; 0: none, or it cannot be asked. */
uint32_t pg_intended_generation(const struct pg_settings *settings);

/* Where nothing is enforced though the history says otherwise: that, and the mend, in words; the caller
 * frees it. NULL where the history agrees, or cannot be asked. */
char *pg_absence_text(const struct pg_settings *settings);

/* What somebody did to the table that the list of open ports would not show, and the mend; or
 * NULL. */
const char *pg_snapshot_fault(const struct pg_snapshot *snapshot);

#endif
