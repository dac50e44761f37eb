/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Generations: what was asked for, by whom, when, why, and what became of it. */
#ifndef PORTGUARD_HISTORY_H
#define PORTGUARD_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "portguard/error.h"

#define PG_UID_UNKNOWN UINT32_MAX

/* Who asked for a change. What is not known is NULL or PG_UID_UNKNOWN. Only the uid is beyond doubt:
 * the rest is told by the environment of processes. */
struct pg_actor {
        uint32_t uid;
        uint32_t login_uid; /* of the login session: stays through su and sudo (audit, loginuid) */
        char *sudo_user;
        char *ssh_peer; /* address and port of the ssh client: "203.0.113.9 51234" */
        char *process;  /* the parent's name, sudo and su passed over: "bash", "ansible-playboo" */
};

enum pg_generation_state {
        PG_GENERATION_STORED, /* written down, nothing more: an apply is at work, or was interrupted */
        PG_GENERATION_TRIAL,  /* enforced until the kernel takes it back */
        PG_GENERATION_CONFIRMED, /* enforced and read back, now or once */
        PG_GENERATION_EXPIRED,   /* a trial that ended without a confirm */
        PG_GENERATION_ENDED,  /* a trial that was taken back, that ended with its rules or the table, or
                               * whose end  the history could not be told */
        PG_GENERATION_FAILED, /* never enforced: refused by the kernel, or interrupted before */
};

/* One applied policy. Never changes once it is stored; its state follows from what happened since. */
struct pg_generation {
        uint32_t number;
        uint32_t parent;   /* what was enforced before; 0: nothing */
        uint32_t restores; /* the generation whose policy a rollback brought back; or 0 */
        int64_t time;      /* seconds since 1970-01-01 UTC, of the storing */
        struct pg_actor actor;
        char *message; /* or NULL */
        char **profiles;
        size_t n_profiles;
        char **parameters; /* as options: "--set cni=calico-vxlan", "--group cluster=10.0.0.0/8" */
        size_t n_parameters;
        char *digest; /* of the compiled objects, as the kernel carries it */
        enum pg_generation_state state;
        bool is_enforced; /* the kernel holds it now; on trial, or for good */
};

/* Frees what a generation holds, not the generation. */
void pg_generation_done(struct pg_generation *generation);

struct pg_history {
        struct pg_generation *items; /* the newest first */
        size_t n;
        unsigned keep; /* how many confirmed generations are kept */
};

struct pg_history *pg_history_free(struct pg_history *history);

#define PG_HISTORY_KEEP_DEFAULT 100
#define PG_HISTORY_KEEP_MAX 100000

#endif
