/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libportguard: from profiles to the kernel.
 *
 * Every function takes what it needs and keeps nothing: no globals, no printing, no exit. Results are
 * plain structures that the caller frees with the function named beside them; strings in them belong to
 * them. Every function returns 0, or a negative errno value with `error` filled in; errors in profiles,
 * the site and command line options are reported one by one in `diagnostics`, together with warnings
 * and notes.
 *
 * Each is described in the same form: what it does; `in`, what it takes beside `settings`; `out`, what
 * it gives, and who frees it; `errors`, the statuses that it fails with beside PG_STATUS_FAILED
 * (memory, the kernel, the disk; -EBUSY: another writer holds the lock for longer than `wait_ms`) and
 * PG_STATUS_NO_PERMISSION (no CAP_NET_ADMIN in this network namespace, or files that may not be read).
 * Times are in milliseconds where a name ends in _ms, in seconds where it says so.
 */
#ifndef PORTGUARD_PORTGUARD_H
#define PORTGUARD_PORTGUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "portguard/audit.h"
#include "portguard/change.h"
#include "portguard/error.h"
#include "portguard/explain.h"
#include "portguard/extent.h"
#include "portguard/history.h"
#include "portguard/profiles.h"
#include "portguard/view.h"

#define PG_DEFAULT_PROFILES "/etc/portguard/profiles:/usr/share/portguard/profiles"
#define PG_DEFAULT_SITE "/etc/portguard/site.yaml"
#define PG_DEFAULT_STATE "/var/lib/portguard"

/* Where things are; NULL is the default above. */
struct pg_settings {
        const char *profiles; /* "DIR:DIR" */
        const char *site;     /* a file that is named must exist; the default need not */
        const char *state;    /* holds the history and the lock */
        unsigned wait_ms;     /* how long to wait for another writer; 0: not at all */
};

/* To be asked before what uses the state directory: the default one is that of the network namespace of
 * process 1, and not for another. Where that cannot be asked, nothing is refused.
 *
 * errors: FAILED (-EXDEV) where no directory is named, and process 1 is in another namespace */
int pg_state_check(const struct pg_settings *settings, struct pg_error *error);

/* What is asked for. Without names, the site's `profiles:` are meant. */
struct pg_request {
        const char *const *profiles;
        size_t n_profiles;
        const char *const *sets; /* "NAME=VALUE", "PROFILE.NAME=VALUE" */
        size_t n_sets;
        const char *const *groups; /* "GROUP=PREFIX,...", "GROUP=@FILE", "GROUP=%INTERFACE" */
        size_t n_groups;
        const char *const *with; /* "SERVICE", "PROFILE/SERVICE", "all" */
        size_t n_with;
        const char *egress; /* "open", "strict", or NULL: as the site says */
        /* plan and apply: the options of the generation that is enforced, or should be, hold too, where
         * none of those above is about the same. */
        bool keep_options;
};

struct pg_outcome;

/* How a change is to be made. */
struct pg_change_options {
        bool dry_run;       /* the kernel checks the real batch and commits nothing */
        bool allow_lockout; /* though ssh sessions would be refused as new ones */
        unsigned trial_ms; /* 0: for good; else the kernel takes it back then, unless it is confirmed */
        const char *message; /* why, for those who come later; or NULL */
        /* apply: the plan of the same request that somebody was shown and agreed to; or NULL */
        const struct pg_outcome *agreed;
};

/* How a change gets into the kernel. */
enum pg_method {
        PG_METHOD_NONE,     /* nothing to do */
        PG_METHOD_ELEMENTS, /* single addresses of live sets, one batch */
        PG_METHOD_SLOT,     /* prepare the free slot, flip, retire the old one */
        PG_METHOD_GROUPS,   /* sets of prefixes are filled beside the old, and then replace them */
};

/* The options that a request takes over from what is enforced: "--group cluster=10.0.0.0/8". */
struct pg_kept_options {
        bool are_asked_for;
        uint32_t generation; /* whose; 0: nothing was enforced, nor should be */
        char **options;      /* that hold now, too */
        size_t n_options;
        char **unused; /* that no profile has use for, as not all of that generation's are applied */
        size_t n_unused;
};

/* Options that the generation was applied with which was enforced, or should have been, and without
 * which a request lets more in, or out. */
struct pg_left_out {
        uint32_t generation;
        char **options; /* none: it leaves out none of that kind */
        size_t n_options;
        struct pg_changes *changes; /* what opens and widens without them; NULL: that is not known */
        char *reason;               /* why not */
};

/* What plan found and what apply or disable did. */
struct pg_outcome {
        bool changed;    /* plan: would change; apply: did */
        bool was_off;    /* no policy was enforced before */
        bool refuses;    /* `state` is PG_STATE_OFF, and hooks that somebody changed refuse packets */
        bool locks_out;  /* the lockout guard warns of it; a plan: apply would be refused therefore */
        bool unresolved; /* a plan: apply would be refused, as names do not resolve that did */
        enum pg_state state; /* after; for plan and a dry run: before */
        uint32_t generation; /* after; for plan and a dry run: enforced now, 0 for none */
        enum pg_method method;
        size_t elements_added, elements_deleted;
        char **profiles; /* what the request, or the site, asked for */
        size_t n_profiles;
        struct pg_changes *changes;
        struct pg_closed_service *closed;
        size_t n_closed;
        struct pg_unfilled *unfilled; /* as the policy after it has them */
        size_t n_unfilled;
        struct pg_kept_options kept;
        struct pg_left_out
                left_out; /* empty where options are kept, and of a plan against a generation */
        char **repaired;  /* what somebody else left or changed in the table, and was put right */
        size_t n_repaired;
        /* Of a rollback that ended a trial: what somebody did to the policy that is in force now, with
         * the advice; or NULL. And whether it was read back as what was enforced. */
        char *change;
        bool is_equal;
        uint32_t restores;          /* rollback: the generation that was brought back; or 0 */
        struct pg_open_trial trial; /* while on trial, else zero */
        bool untried; /* a trial was asked for, and none is open: there was nothing to take back */
        /* confirm: how many new connections the policy let in to the ports of ssh since the trial
         * began; -1 where it opens no port of ssh. */
        int64_t ssh_connections;
        bool ssh_untracked; /* and packets, maybe, that another table takes out of connection tracking
                             */
};

/*
 * Every function below first finds out whether an earlier run was interrupted; when it was, and nobody
 * is at work now, it cleans up what was left (I2), and says what it found as a warning in
 * `diagnostics`. Where the kernel and the history differ, the kernel is believed, and that is reported
 * (I3).
 */

/* Whether this was typed over ssh: SSH_CONNECTION of this process, or of one it descends from, says so.
 */
bool pg_caller_is_remote(void);

/* What would change against what is enforced; changes no policy.
 * in:     request, what is asked for; against, a generation to compare with instead, 0: none
 * out:    *ret, freed with pg_outcome_free()
 * errors: INVALID: profiles, site or options; -ENOENT: there is no such generation */
int pg_plan(const struct pg_settings *settings, const struct pg_request *request, uint32_t against,
            struct pg_outcome **ret, struct pg_diagnostics *diagnostics, struct pg_error *error);

/* Enforces the request, for good or on trial.
 * in:     request; options
 * out:    *ret, freed with pg_outcome_free()
 * errors: INVALID: profiles, site or options; REFUSED: a trial is open, or an ssh session would be
 *         refused as a new one, each of which is reported in `diagnostics`; or (-ESTALE) it would
 *         change something else than `agreed` says; -EBUSY */
int pg_apply(const struct pg_settings *settings, const struct pg_request *request,
             const struct pg_change_options *options, struct pg_outcome **ret,
             struct pg_diagnostics *diagnostics, struct pg_error *error);

/* Enforces what a generation enforced, from the history alone, as a new generation. An open trial
 * is ended first.
 * in:     generation; 0: ends the trial where one is open, brings the last one back where portguard
 *         is off, else the confirmed one before the enforced, or before what that has brought back;
 *         options
 * out:    *ret, freed with pg_outcome_free()
 * errors: -ENOENT: there is no such generation, or the history does not have what is enforced; REFUSED
 *         (-EALREADY): a trial is over, and nothing was applied since; else as pg_apply() */
int pg_rollback(const struct pg_settings *settings, uint32_t generation,
                const struct pg_change_options *options, struct pg_outcome **ret,
                struct pg_diagnostics *diagnostics, struct pg_error *error);

/* Keeps what is on trial for good.
 * in:     options, of which `allow_lockout` counts
 * out:    *ret, freed with pg_outcome_free()
 * errors: REFUSED: no trial is open (any more), somebody changed it, or an ssh session would be refused
 *         as a new one, each of which is reported in `diagnostics`; -EBUSY */
int pg_confirm(const struct pg_settings *settings, const struct pg_change_options *options,
               struct pg_outcome **ret, struct pg_diagnostics *diagnostics, struct pg_error *error);

/* Lets the trial last longer.
 * in:     trial_ms, how long from now on
 * out:    *ret, freed with pg_outcome_free()
 * errors: as pg_confirm(); REFUSED (-ERANGE): it lasts longer already; USAGE: that is 0 */
int pg_extend(const struct pg_settings *settings, unsigned trial_ms, struct pg_outcome **ret,
              struct pg_diagnostics *diagnostics, struct pg_error *error);

/* Enforces the last confirmed generation, unless the kernel does so already: at boot, and after
 * somebody changed the table. Needs the history and nothing else. Leaves a trial alone, and
 * everything where the history cannot be read; where nothing is enforced, and a newer version wrote
 * that generation in a format of its own, it enforces the newest that can be read.
 * in:     options, of which `allow_lockout` and `trial_ms` count: on trial it becomes a new
 *         generation, as by pg_rollback()
 * out:    *ret, freed with pg_outcome_free()
 * errors: -EBUSY; REFUSED: as pg_apply(), but never for a lockout, unless this process has a
 *         controlling terminal, or descends from an ssh session: nobody is locked out by what comes
 *         back at boot */
int pg_restore(const struct pg_settings *settings, const struct pg_change_options *options,
               struct pg_outcome **ret, struct pg_diagnostics *diagnostics, struct pg_error *error);

/* Removes the table, in an order in which no allowed packet is dropped. The history stays; nothing
 * is restored at boot until the next apply or rollback.
 * out:    *ret, freed with pg_outcome_free()
 * errors: -EBUSY */
int pg_disable(const struct pg_settings *settings, struct pg_outcome **ret,
               struct pg_diagnostics *diagnostics, struct pg_error *error);

/* What was applied so far, the newest first.
 * in:     keep, 0: only read; else how many confirmed generations are kept from now on, 1 to
 *         PG_HISTORY_KEEP_MAX
 * out:    *ret, freed with pg_history_free()
 * errors: -EBUSY, with `keep` */
int pg_history(const struct pg_settings *settings, unsigned keep, struct pg_history **ret,
               struct pg_diagnostics *diagnostics, struct pg_error *error);

struct pg_outcome *pg_outcome_free(struct pg_outcome *outcome);

/* The kernel against the generation that it says it enforces. */
struct pg_verification {
        bool enforced; /* false: the table is not there */
        bool drift;
        uint32_t generation;
        char **differences; /* "chain input_a, rule 3: missing: tcp dport 22 accept" */
        size_t n_differences;
        char *advice;   /* the commands that repair it */
        char *made_by;  /* the version of portguard that made the table; NULL where nobody says */
        char *outdated; /* what is to be said of that version, and what brings the table up to date;
                         * NULL where this one would make the same table */
};
/* The kernel against the generation that it says it enforces, and that against the history.
 * out:    *ret, freed with pg_verification_free()
 * errors: none beside those of all: a difference is a result */
int pg_verify(const struct pg_settings *settings, struct pg_verification **ret,
              struct pg_diagnostics *diagnostics, struct pg_error *error);
struct pg_verification *pg_verification_free(struct pg_verification *verification);

#endif
