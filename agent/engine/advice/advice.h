/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which profile would open a port, as far as can be known, and the command that does. */
#ifndef PG_ENGINE_ADVICE_ADVICE_H
#define PG_ENGINE_ADVICE_ADVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ports.h"
#include "host/control_group.h"
#include "kernel/refused.h"
#include "policy/admit.h"
#include "policy/policy.h"
#include "portguard/portguard.h"

struct pg_port_profiles;

/* In place of advice. */
#define PG_NO_PROFILE "no profile has this port"

struct pg_advice {
        char *text;      /* with the command; NULL: no profile has the port */
        char *command;   /* what to type; NULL where it is not certain which profile is meant */
        char **profiles; /* that it may be: one, where that is certain or there is no other */
        size_t n_profiles;
        bool no_profile; /* has the port, of those that there are */
};

struct pg_asked {
        char **profiles;
        size_t n_profiles;
        char **parameters; /* as options: "--group cluster=10.0.0.0/8" */
        size_t n_parameters;
        char **applied; /* the profiles, with those that they include as the files say now */
        size_t n_applied;
        uint32_t generation;
        bool is_unknown; /* what that was applied with: nothing can be added to it */
};

struct pg_listening {
        uint8_t protocol; /* asked for */
        uint16_t port;
        enum pg_listens listens; /* found */
        char process[32];        /* "" where none is known */
        char unit[PG_UNIT_NAME_MAX];
};

/* An inbound port that is to be open, and what is known of it. */
struct pg_wanted {
        uint8_t protocol;
        uint16_t port;
        enum pg_listens listens;
        const char *process;  /* that listens there, "etcd"; NULL or "" where none is known */
        const char *unit;     /* "etcd.service"; the same */
        char *const *applied; /* the profiles that are enforced */
        size_t n_applied;
};

/* The port with what is enforced; borrows from both. */
struct pg_wanted pg_wanted_of(const struct pg_listening *listening, const struct pg_asked *asked);

/* What the commands that were advised so far would enforce, which takes long to find out. The caller
 * frees it. 0 or -ENOMEM. */
struct pg_advised;
int pg_advised_new(struct pg_advised **ret);
struct pg_advised *pg_advised_free(struct pg_advised *advised);
PG_DEFINE_CLEANUP(struct pg_advised, pg_advised_free)

/* Whole commands. `enforced`: as of all others of `advised`, or NULL. *ret_command: the caller frees
 * it; *ret_policy: what it would enforce, egress aside, borrowed from `advised`. Both NULL: it cannot
 * be compiled, or too much was. 0 or -ENOMEM. */
int pg_advised_compile(struct pg_advised *advised, const struct pg_settings *settings,
                       const struct pg_asked *asked, const struct pg_policy *enforced,
                       char **ret_command, const struct pg_policy **ret_policy);

/* Who is to be let in; all of it borrowed. */
struct pg_let_in {
        const struct pg_settings *settings;
        struct pg_advised *advised;
        const struct pg_policy *enforced; /* which stays as it is but for him; NULL: nothing is */
        const struct pg_flow *flow;       /* in or out: all of one `advised` are of one direction */
        const char *source;               /* its address as text, of who comes in or is gone to; NULL:
                                           * whomever the profile means */
        bool narrows;                     /* the port is open, and to be so to fewer */
};

/* What to type beside what was asked for, to have the port opened; for who that is, or with NULL for
 * whom its profile means. A command that does not let him in, or closes, narrows or widens something
 * else that is enforced, is no advice: then it is said what would be wrong; nor is one where it is not
 * known what was asked for. The caller ends it with pg_advice_done(), also on failure. 0 or -ENOMEM. */
int pg_advice_make(const struct pg_port_profiles *port_profiles, const struct pg_listening *listening,
                   const struct pg_asked *asked, const struct pg_let_in *who, struct pg_advice *ret);
void pg_advice_done(struct pg_advice *advice);
/* *ret: the command that lets him ping, beside those whom `source` lets, or why there is none. The
 * caller frees it. 0 or -ENOMEM. */
int pg_advice_of_ping(const struct pg_asked *asked, const struct pg_source *source,
                      const struct pg_let_in *who, char **ret);

/* `digest` is that of the policy in force, or NULL: whatever that generation is. Where the history
 * does not have that, or what it was applied with, that is unknown. The caller ends it with
 * pg_asked_done(), also on failure. 0 or -ENOMEM. */
int pg_asked_find(const struct pg_settings *settings, uint32_t generation, const char *digest,
                  char *const *profiles, size_t n_profiles, struct pg_asked *ret);
void pg_asked_done(struct pg_asked *asked);

/* Looks all of them up at once; what cannot be asked stays unknown. */
void pg_listening_find(struct pg_listening *items, size_t n);

/* One service of one profile that claims the port. Borrowed from the port profiles. */
struct pg_port_profile {
        const struct pg_profile *profile;
        const struct pg_service *service;
        struct pg_ports ports; /* with the parameters' defaults filled in */
};

/* Reads every profile that there is, or with `port` at least those that open it. One that is broken
 * offers nothing: `profiles list` tells of it. The caller frees them with pg_port_profiles_free(). */
int pg_port_profiles_load(const struct pg_settings *settings, const uint16_t *port,
                          struct pg_port_profiles **ret, struct pg_error *error);
/* The same of what profiles let this host reach: those that list the port under egress. */
int pg_port_profiles_load_egress(const struct pg_settings *settings, const uint16_t *port,
                                 struct pg_port_profiles **ret, struct pg_error *error);
struct pg_port_profiles *pg_port_profiles_free(struct pg_port_profiles *port_profiles);
/* Whether there is no profile at all, as where the folders cannot be read. */
bool pg_port_profiles_are_none(const struct pg_port_profiles *port_profiles);
PG_DEFINE_CLEANUP(struct pg_port_profiles, pg_port_profiles_free)

/* The port profiles that speak for themselves best, by profile. */
struct pg_match {
        const struct pg_port_profile **port_profiles;
        size_t n;
        /* More than the port's number speaks for them: the process or its unit has the name, the
         * profile is enforced, or one of the same product is. */
        bool is_proven;
};

/* First what the process is called and what is enforced; then the narrowest range that has the port,
 * where it is not that of nearly all ports; several are equally good. Where none has the port: the one
 * that has the name of who listens, and a parameter for its only port. The caller frees
 * match->port_profiles. 0 or -ENOMEM. */
int pg_port_profiles_match(const struct pg_port_profiles *port_profiles, const struct pg_wanted *wanted,
                           struct pg_match *ret);

/* The first of them, or NULL; and whether it is proven and the only one. */
const struct pg_port_profile *pg_port_profiles_find(const struct pg_port_profiles *port_profiles,
                                                    const struct pg_wanted *wanted, bool *ret_certain);

/* The service of that name, "k8s-node/kubelet", or NULL. */
const struct pg_port_profile *pg_port_profiles_named(const struct pg_port_profiles *port_profiles,
                                                     const char *name);

/* Fills in who listens, and the advice, of all that the view has of the direction, whose protocols are
 * those of the list, in its order. `last` is an earlier view of the same policy, or NULL. Where the
 * profiles cannot be read a warning says so. 0 or -ENOMEM. */
int pg_refused_advise(const struct pg_settings *settings, struct pg_view *view,
                      enum pg_direction direction, const struct pg_refused_list *list,
                      const struct pg_view *last, struct pg_diagnostics *diagnostics);

#endif
