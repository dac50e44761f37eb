/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of steps, and what holds whatever happens. The code cites these by number, and the test
 * that breaks each names it.
 *
 * I1 A packet is judged wholly by the old policy or wholly by the new.
 * I2 Killed at any instruction, the kernel holds the old or the new policy, and the next run of any
 *    command finds out which from the kernel, and cleans up what was left.
 * I3 The kernel says what is enforced (it carries the generation's number and digest); the history says
 *    what was intended; where they differ the kernel is believed and told of.
 * I4 Nothing is reported as applied before it was read back from the kernel and found equal.
 * I5 A generation is stored durably before it can be enforced, and never changes after.
 * I6 On failure nothing changed, and the message says what failed, where, and what to do.
 * I7 One writer: a second apply waits, or says who holds the lock; foreign commits are noticed.
 * I8 No other table is touched; stopping or upgrading portguard leaves the rules in place. One table
 *    besides ours is ever made: `explain --trace` marks the packet that it waits for by a table of its
 *    own, which belongs to its socket and goes with it (kernel/foreign/trace.h).
 */
#ifndef PG_ENGINE_ENGINE_H
#define PG_ENGINE_ENGINE_H

#include "kernel/nft/nft.h"
#include "policy/policy.h"
#include "portguard/portguard.h"
#include "ruleset/record.h"

/* request.c: profiles and site of a request, resolved. */
struct pg_compiled {
        struct pg_catalog *catalog;
        struct pg_site *site;
        struct pg_policy *policy;
};
int pg_compile_request(const struct pg_settings *settings, const struct pg_request *request,
                       struct pg_compiled *ret, struct pg_diagnostics *diagnostics,
                       struct pg_error *error);
struct pg_carried;
/* The same with options of the generation that is enforced (carry.h), of which is told what became of
 * them; NULL: without. */
int pg_compile_carried(const struct pg_settings *settings, const struct pg_request *request,
                       struct pg_carried *carried, struct pg_compiled *ret,
                       struct pg_diagnostics *diagnostics, struct pg_error *error);
/* The policy of the same request with other options of that generation, of the profiles and the
 * resolved host names of `like`; the site file and its groups are read again. The caller frees it.
 * -EINVAL with diagnostics. */
int pg_compile_variant(const struct pg_settings *settings, const struct pg_request *request,
                       struct pg_carried *carried, const struct pg_compiled *like,
                       struct pg_policy **ret, struct pg_diagnostics *diagnostics,
                       struct pg_error *error);
void pg_compiled_done(struct pg_compiled *compiled);

/* hosts.c: asks the resolver for the host names that outbound services need and the site does not know,
 * for a bounded time. What has no answer stays unknown: a name never blocks an apply. */
int pg_resolve_hosts(const struct pg_catalog *catalog, struct pg_site *site, struct pg_error *error);

/* target.c: what the table is to hold, next to what it holds. */
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
struct pg_target_options {
        uint32_t number; /* that the generation has; 0: the one it is given when it is new */
        uint32_t next;   /* the lowest that is free in the history */
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
/* I4: reads the table back and compares it with the target, its record included where elements are
 * read. *ret_snapshot is what was read. -EBADE, with the first difference in the error, when it is not
 * equal. */
int pg_target_read_back(struct pg_nft *nft, const struct pg_target *target, enum pg_read what,
                        enum pg_stage stage, struct pg_snapshot *ret_snapshot, struct pg_error *error);

/* leftovers.c: objects of the table that belong to no live slot, and rules of the hooks that do not
 * lead to it. */
bool pg_leftovers_exist(const struct pg_ruleset *actual, char keep_slot);
/* Whether a hook has rules beside the one that leads to the slot: they come before its policy does. */
bool pg_leftovers_in_hooks(const struct pg_ruleset *actual, char keep_slot);
/* To be called before they are deleted where packets may still be among them: deleting a map takes its
 * elements from whoever is still looking (nft_mapelem_deactivate(), Linux 6.9 and what has its fixes),
 * and the port of such a packet would be closed. */
void pg_leftovers_await(const struct pg_ruleset *actual);
/* Deletes all of them, whatever refers to what among them. */
void pg_leftovers_delete(struct pg_batch *batch, const struct pg_ruleset *actual, char keep_slot);
/* Whether that deletes the rule of that number, from 0, of an input or output hook. */
bool pg_leftovers_have_rule(const struct pg_chain *hook, size_t number, char keep_slot);
/* Whether anything has the name of the slot, or leads to it. */
bool pg_leftovers_have_slot(const struct pg_ruleset *actual, char slot);
/* Deletes only what has the name of the slot, and the hooks' rules that lead to it. */
void pg_leftovers_delete_slot(struct pg_batch *batch, const struct pg_ruleset *actual, char slot);

/* slot.c: the three steps of a slot change, each appending to a batch. */
int pg_slot_prepare(struct pg_nft *nft, struct pg_batch *batch, const struct pg_ruleset *actual,
                    const struct pg_target *target, uint32_t *generation_id, struct pg_error *error);
/* The addresses of a set that nothing looks into, in several batches as pg_slot_prepare(), or without a
 * generation id in one; the last of them is for the caller to commit. */
int pg_slot_add_addresses(struct pg_nft *nft, struct pg_batch *batch, const struct pg_set *set,
                          uint32_t *generation_id, struct pg_error *error);
/* `is_tidied`: the batch deletes the leftovers beside the live slot already, and the kernel refuses to
 * delete a rule twice. */
void pg_slot_flip(struct pg_batch *batch, const struct pg_ruleset *actual,
                  const struct pg_target *target, bool is_tidied);
/* In place of the flip: adds the trial's set, and the hooks go to the slot while its elements live. The
 * set must live until the commit. 0 or -ENOMEM. */
int pg_slot_try(struct pg_batch *batch, const struct pg_ruleset *actual, const struct pg_target *target,
                const struct pg_set *trial);
void pg_slot_retire(struct pg_batch *batch, const struct pg_ruleset *actual,
                    const struct pg_target *target);

/* undo.c: after a failed slot change, the old policy in force and nothing of the new left; best effort,
 * as something fails already: what stays is found by the next run. `before` is the table as it was read
 * before the flip, `flipped` whether the flip may have happened. */
void pg_undo(struct pg_nft *nft, struct pg_batch *batch, const struct pg_snapshot *before, bool flipped,
             const struct pg_target *target);
/* After a failed confirmation, the hooks as they were on trial: the kernel takes that back by itself.
 */
void pg_undo_confirm(struct pg_batch *batch, const struct pg_snapshot *before,
                     const struct pg_target *target);
/* Removes the table in three batches: hooks let everything pass; their rules go; the table goes.
 * Between any two of them a packet that the policy accepts is accepted. */
int pg_remove_table(struct pg_nft *nft, const struct pg_ruleset *ruleset, struct pg_error *error);

/* trial_hooks.c: gives the hooks of `wanted`, which are those of the policy on trial in `slot`, the
 * rules and policies that they have while the trial is open. 0 or -ENOMEM. */
int pg_trial_hooks_expect(struct pg_ruleset *wanted, const struct pg_ruleset *actual, char slot);

/* Whether the hooks' policies are as the target wants them. */
bool pg_hooks_have_policies(const struct pg_ruleset *actual, const struct pg_target *target);

/* boot.c: warns where nothing that is known of brings back at boot what is applied now. */
void pg_tell_boot(struct pg_diagnostics *diagnostics);

/* outcome.c */
struct pg_outcome *pg_outcome_new(void);
/* The outcome keeps the socket until it is freed, so that the caller can say "done" before the wait
 * that closing it may take. */
void pg_outcome_keep(struct pg_outcome *outcome, struct pg_nft *nft);
int pg_outcome_repaired(struct pg_outcome *outcome, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
/* For another try, which plans anew: forgets what was described, and all but the first repairs. */
void pg_outcome_restart(struct pg_outcome *outcome, size_t n_repaired);
/* The names, changes and closed services of a policy against what was enforced (NULL: nothing). */
int pg_outcome_describe(struct pg_outcome *outcome, const struct pg_policy *before,
                        const struct pg_policy *after, struct pg_error *error);
int pg_copy_strings(char *const *from, size_t n, char ***ret, size_t *ret_n);
int pg_copy_closed(const struct pg_policy *policy, struct pg_closed_service **ret, size_t *ret_n);
void pg_strings_free(char **strings, size_t n);
void pg_closed_free(struct pg_closed_service *closed, size_t n);

/* unfilled.c: the groups of a policy with origins that nobody filled in, appended. 0 or -ENOMEM. */
int pg_unfilled_find(const struct pg_policy *policy, struct pg_unfilled **ret, size_t *ret_n);
void pg_unfilled_free(struct pg_unfilled *unfilled, size_t n);

static inline const char *pg_setting_profiles(const struct pg_settings *settings)
{
        return settings->profiles ? settings->profiles : PG_DEFAULT_PROFILES;
}

static inline const char *pg_setting_state(const struct pg_settings *settings)
{
        return settings->state ? settings->state : PG_DEFAULT_STATE;
}

#endif
