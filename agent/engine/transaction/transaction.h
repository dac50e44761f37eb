/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the table as it is to the table as it is to be: prepare, flip, retire; and back. */
#ifndef PG_ENGINE_TRANSACTION_TRANSACTION_H
#define PG_ENGINE_TRANSACTION_TRANSACTION_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/context.h"
#include "engine/table.h"

struct pg_before;

enum pg_converge_mode {
        PG_CONVERGE_PLAN,  /* only looks what would be done */
        PG_CONVERGE_CHECK, /* asks the kernel whether it would take the change */
        PG_CONVERGE_APPLY,
};

/* Which policy the kernel is to hold, and how it is to get there. */
struct pg_change_spec {
        const struct pg_policy *policy;
        const struct pg_site *site; /* that it was made for; or NULL */
        enum pg_converge_mode mode;
        const struct pg_generation *asked; /* what the history records: message, profiles,
                                            * parameters, `restores` */
        uint32_t number;                   /* of a generation that is in the history already; or 0 */
        const char *digest;                /* what the history calls that generation; or NULL */
        unsigned trial_ms;                 /* or 0 */
        bool allow_lockout;
        const struct pg_words *unresolved; /* host names that have no address now; or NULL */
        struct pg_before *before;          /* is filled in, unless NULL */
        const struct pg_outcome *agreed;   /* the plan that somebody agreed to; or NULL */
        bool is_unguarded; /* nobody asks for it: what was in force comes back at boot */
};

/* What the table is to hold, next to what it holds. */
struct pg_target {
        char live; /* the slot that the hooks go to now, or 0 */
        char slot; /* the slot that `wanted` is made for */
        enum pg_method method;
        struct pg_ruleset *wanted; /* with its record */
        struct pg_delta delta;     /* from the kernel to `wanted`, unless the method is a slot change */
        struct pg_record enforced; /* what the live slot says of itself */
        struct pg_record record;   /* what the wanted one will say */
        char *drift;               /* the first difference to what the kernel holds; or NULL */
        bool is_repair;            /* the same policy was enforced, and somebody changed the table */
        bool needs_record;         /* the policy is there, its record is not */
};

/* One try. */
struct pg_convergence {
        struct pg_context *context;
        const struct pg_change_spec *spec;
        struct pg_outcome *outcome;
        struct pg_error *error;
        struct pg_batch *batch;
        struct pg_watch *watch; /* or NULL */
        struct pg_table table;  /* as it was read, and its snapshot as it is read back */
        struct pg_target target;
        bool is_agreed; /* was found to be, or had not to be */
};

/* From the snapshot to the target, read back and confirmed in the history; on failure
 * nothing changed (I6). */
int pg_change(struct pg_convergence *c);
/* The same for a target that is on trial already, and stays. */
int pg_change_confirm(struct pg_convergence *c);
/* Gives the chains that are in the way of hooks other names, under which they do what they did, until
 * what is left over goes: the kernel changes neither type nor hook nor priority of a chain, and has one
 * of each name. The table is to be read again. */
int pg_change_put_aside(struct pg_convergence *c);
/* The real batch, whole, for the kernel to check and forget. */
int pg_change_check(struct pg_convergence *c);

/* Lets the trial last that long from now on, by a second set in front of the first, see
 * ruleset/trial.h; fails with -ENOENT and says so when it has expired, and with -EBADE when somebody
 * changed the set so that this cannot be found out. -ERESTART: somebody committed
 * since the snapshot, or what an interrupted run left was removed: read again. */
int pg_trial_renew(struct pg_nft *nft, const struct pg_snapshot *snapshot, uint64_t timeout_ms,
                   struct pg_error *error);

/* The target that is on trial already. */
int pg_target_of_trial(const struct pg_table *table, const struct pg_policy *policy,
                       struct pg_target *ret, struct pg_error *error);

struct pg_target_options {
        uint32_t number;    /* that the generation has; 0: the one it is given when it is new */
        const char *digest; /* what the history calls the generation `number`; or NULL */
        uint32_t next;      /* the lowest that is free in the history */
        bool is_unknown; /* the history does not have what is enforced: a new generation in any case */
        bool only_looks; /* at a table that is what its record says: where it is to change, what the new
                          * record would be is left open */
        bool on_trial;   /* the other slot, where packets may be judged otherwise by it */
};

/* Decides how to get from the snapshot to the policy. The caller ends it with pg_target_done(). */
int pg_target_choose(const struct pg_snapshot *snapshot, const struct pg_policy *policy,
                     const struct pg_target_options *options, struct pg_target *ret,
                     struct pg_error *error);

void pg_target_done(struct pg_target *target);

/* How far the change has come when the table is read back. */
enum pg_stage {
        PG_STAGE_PREPARED, /* the slot is there; no hook goes to it */
        PG_STAGE_ON_TRIAL, /* the hooks go to it as long as the trial lasts */
        PG_STAGE_IN_FORCE, /* the hooks go to it */
        PG_STAGE_DONE,     /* the old slot is gone */
};

/* What of a table that was read is not as the target wants it, of the target's slot: the first
 * difference, which the caller frees; NULL where there is none. 0 or -ENOMEM. */
int pg_target_difference(const struct pg_snapshot *snapshot, const struct pg_target *target,
                         enum pg_read what, enum pg_stage stage, char **ret);

/* Objects of the table that belong to no live slot, and rules of the hooks that do not
 * lead to it. */
bool pg_leftovers_exist(const struct pg_ruleset *actual, char keep_slot);

/* To be called before they are deleted where packets may still be among them: deleting a map takes its
 * elements from whoever is still looking (nft_mapelem_deactivate(), Linux 6.9 and what has its fixes),
 * and the port of such a packet would be closed. */
void pg_leftovers_await(const struct pg_ruleset *actual);

/* The first chain that has the name of a hook of ours and is none, see pg_chain_is_misplaced(); or
 * NULL.
 */
const struct pg_chain *pg_leftovers_in_the_way(const struct pg_ruleset *actual);

/* Whether anything has the name of the slot, or leads to it. */
bool pg_leftovers_have_slot(const struct pg_ruleset *actual, char slot);

/* Deletes only what has the name of the slot, and the hooks' rules that lead to it. */
void pg_leftovers_delete_slot(struct pg_batch *batch, const struct pg_ruleset *actual, char slot);

/* Removes the table in three batches: hooks let everything pass; their rules go; the table goes.
 * Between any two of them a packet that the policy accepts is accepted. */
int pg_remove_table(struct pg_nft *nft, const struct pg_ruleset *ruleset, struct pg_error *error);

/* Gives the hooks of `wanted`, which are those of the policy on trial in `slot`, the
 * rules and policies that they have while the trial is open. 0 or -ENOMEM. */
int pg_trial_hooks_expect(struct pg_ruleset *wanted, const struct pg_ruleset *actual, char slot);

/* Whether the hooks' policies are as the target wants them. */
bool pg_hooks_have_policies(const struct pg_ruleset *actual, const struct pg_target *target);

#endif
