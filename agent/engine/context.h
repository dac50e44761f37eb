/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a command works with: the kernel, the history, the lock, and what an interrupted run left. */
#ifndef PG_ENGINE_CONTEXT_H
#define PG_ENGINE_CONTEXT_H

#include "engine/caller.h"
#include "engine/engine.h"
#include "ruleset/trial.h"
#include "state/lock.h"
#include "state/store/store.h"

/* standing.c: which policy the kernel enforces. */
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
/* verify.c: what somebody changed of the table that is in force, in words that the caller frees; in
 * *ret NULL where it is what was enforced. `is_known`: the addresses are. *ret_rules_hold: only ports
 * and addresses differ, of which a policy that is read back from the table tells. */
int pg_table_change(const struct pg_settings *settings, const struct pg_snapshot *snapshot,
                    const struct pg_standing *standing, bool is_known, char **ret, bool *ret_rules_hold,
                    struct pg_error *error);

/* Where nothing is enforced though the history says otherwise: that, and the mend, in words; the caller
 * frees it. NULL where the history agrees, or cannot be asked. */
char *pg_absence_text(const struct pg_settings *settings);

/* view.c: what somebody did to the table that the list of open ports would not show, and the mend; or
 * NULL. */
const char *pg_snapshot_fault(const struct pg_snapshot *snapshot);
/* The open ports of a policy, with the counters of its compiled or enforced form, and its text. The
 * view takes the policy over. 0 or -ENOMEM. */
int pg_view_fill(struct pg_view *view, struct pg_policy **taken, const struct pg_ruleset *ruleset,
                 char slot, bool with_nft);

/* view_origins.c: gives a policy that was read back from the kernel what the history knows of its
 * scopes, where it has the record's generation with the same digest; else it stays without. */
void pg_view_adopt_origins(const struct pg_settings *settings, const struct pg_record *enforced,
                           struct pg_policy *policy);

/* view_refused.c */
void pg_refused_done(struct pg_refused *refused);

/* view_services.c: the services of a policy, and what becomes of them. 0 or -ENOMEM. */
int pg_view_add_services(struct pg_view *view, const struct pg_policy *policy);
void pg_view_services_free(struct pg_view_service *services, size_t n);

/* context.c */
struct pg_context {
        const struct pg_settings *settings;
        struct pg_diagnostics *diagnostics;
        struct pg_error *error;
        struct pg_nft *nft; /* the outcome's */
        struct pg_lock *lock;
        struct pg_store *store;      /* NULL where the history is not needed and cannot be used */
        bool is_read_only;           /* it cannot be written */
        struct pg_intended intended; /* empty without a store */
        struct pg_actor actor;
        struct pg_ssh_session caller; /* the ssh session that this was typed in */
        bool has_caller;
};

enum pg_history_need {
        PG_HISTORY_NEEDED,   /* without it nothing is done */
        PG_HISTORY_READ,     /* to read it is enough; a warning tells when it cannot be written */
        PG_HISTORY_OPTIONAL, /* a warning tells that it cannot be used */
};

/* Begins a change: opens the kernel, takes the lock (I7), opens the history, and settles what an
 * interrupted run left (I2). The socket is the outcome's. The caller ends the context with
 * pg_context_done(), also on failure. */
int pg_context_begin(struct pg_context *context, const struct pg_settings *settings,
                     enum pg_history_need need, struct pg_outcome *outcome,
                     struct pg_diagnostics *diagnostics, struct pg_error *error);
void pg_context_done(struct pg_context *context);

/* The generation that the history says is enforced for good; 0: none, or it cannot be asked. */
uint32_t pg_context_intended(const struct pg_context *context);

/* Fills in who calls. */
void pg_context_find_caller(struct pg_context *context);

/* Adds an event by the context's actor; does nothing without a store. */
int pg_context_event(struct pg_context *context, uint32_t generation, enum pg_event_kind kind,
                     const char *detail);

/* The same for what is done in any case; when it cannot be written a warning says so, and the next
 * command finds out. */
void pg_context_try_event(struct pg_context *context, uint32_t generation, enum pg_event_kind kind);

/* After a failure: that what may have been written of the generation does not hold. When this cannot be
 * written either, the next command finds it out. */
void pg_context_take_back(struct pg_context *context, uint32_t generation, enum pg_event_kind kind,
                          const char *detail);

/* For who only looks: reads the table, settles what an interrupted run left unless somebody is at work,
 * and reads it anew then. The caller ends the snapshot. */
int pg_read_settled(const struct pg_settings *settings, struct pg_nft *nft, enum pg_read what,
                    struct pg_snapshot *ret, struct pg_diagnostics *diagnostics,
                    struct pg_error *error);

/* The same for who has no use for the table; who may not ask the kernel goes on without. */
void pg_settle_unasked(const struct pg_settings *settings, struct pg_diagnostics *diagnostics);

/* recover.c: I2. Under the lock: brings the kernel's leftovers and the history's open ends together,
 * and tells each as a warning. `was_left` says that the last holder of the lock died. */
int pg_recover(struct pg_context *context, bool was_left);
/* Whether the table shows that something is to be settled. */
bool pg_needs_recovery(const struct pg_snapshot *snapshot, const struct pg_standing *standing);
/* Ends an expired or broken off trial and an interrupted change in the kernel: what is in force stays,
 * all else that has the name of a slot goes. `with_policies`: the hooks get the policy to drop back
 * that an interrupted removal of the table took from them. */
int pg_settle_table(struct pg_nft *nft, bool with_policies, struct pg_error *error);

/* actor.c: who calls, as far as the system tells, over `session` or NULL. The caller ends it with
 * pg_actor_done(). */
void pg_actor_find(struct pg_actor *ret, const struct pg_ssh_session *session);
void pg_actor_done(struct pg_actor *actor);

/* target.c: the target that is on trial already. */
int pg_target_of_trial(const struct pg_snapshot *snapshot, const struct pg_standing *standing,
                       const struct pg_policy *policy, struct pg_target *ret, struct pg_error *error);

/* trial.c: refuses while a trial is open, with the time left. */
int pg_refuse_on_trial(const struct pg_standing *standing, struct pg_error *error);
/* What is left of a trial, in words: "1 min 58 s". Returns `text`. */
#define PG_LEFT_TEXT_MAX 32
const char *pg_left_text(uint64_t left_ms, char text[static PG_LEFT_TEXT_MAX]);

#endif
