/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table inet portguard as it was read, and which generation it enforces (I3). */
#ifndef PG_ENGINE_TABLE_H
#define PG_ENGINE_TABLE_H

#include <stdbool.h>

#include "kernel/nft/nft.h"
#include "policy/policy.h"
#include "portguard/portguard.h"
#include "ruleset/record.h"
#include "ruleset/trial.h"

struct pg_table {
        struct pg_snapshot snapshot;
        char live;                   /* the slot that the hooks go to for good, or 0 */
        char slot;                   /* the slot in force: on trial, or the live one; or 0 */
        struct pg_trial trial;       /* .slot is 0 when none is open */
        struct pg_record enforced;   /* what the slot in force says of itself */
        struct pg_record falls_back; /* while on trial: what the live slot says of itself */
        /* pg_table_complete(): of the history, and exactly what the table holds, and what it compiles
         * to, which the snapshot borrows from; or NULL. Of a table that another version made there is
         * the policy alone, and its large groups stay unread. */
        struct pg_policy *policy;
        struct pg_ruleset *compiled;
};

/* Reads the table as it is now, `what` of it. The caller ends it with pg_table_done(); after an error
 * it is empty. */
int pg_table_read(struct pg_nft *nft, enum pg_read what, struct pg_table *ret, struct pg_error *error);
void pg_table_done(struct pg_table *table);

/* Whether a slot of a table that was read whole, or completed, has the digest that its record says. */
bool pg_table_is_as_recorded(const struct pg_table *table, char slot, const struct pg_record *record);

#define PG_GENERATION_TEXT_MAX 40
/* "generation 3", or where somebody deleted or changed its record (0), that it is not known. */
const char *pg_generation_text(uint32_t generation, char text[static PG_GENERATION_TEXT_MAX]);

/* Whether confirm would take what is on trial: not what somebody changed. The table was read whole, or
 * completed. */
bool pg_trial_can_be_kept(const struct pg_table *table);

/* What is left of the open trial, and what comes after it; of a table without one, what would come
 * after one that begins now. The table was read whole, or completed. */
struct pg_open_trial pg_table_open_trial(const struct pg_table *table);

/* Which other version made the slot in force, and what brings it up to date, in words that the caller
 * frees; in *ret NULL where it was this one. 0 or -ENOMEM. */
int pg_table_outdated(const struct pg_table *table, char **ret);

/* Whether somebody left hooks that go to no generation, and yet may refuse packets: by their policy, or
 * by rules of somebody else's. pg_table_problem() tells of it; this is not what off means. */
bool pg_table_refuses(const struct pg_table *table);

/* Whether somebody put rules into the input hook, which decide before, or in place of, a generation. */
bool pg_table_has_foreign_input(const struct pg_table *table);

/* What somebody did to the table that the list of open ports would not show, and the advice; or NULL.
 */
const char *pg_table_problem(const struct pg_table *table);

#endif
