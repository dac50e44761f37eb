/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy to look at: what is enforced, what a generation enforced, what a request compiles to. */
#ifndef PORTGUARD_VIEW_H
#define PORTGUARD_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "portguard/error.h"
#include "portguard/extent.h"
#include "portguard/history.h"

struct pg_settings;
struct pg_request;

enum pg_state {
        PG_STATE_OFF,       /* nothing is enforced */
        PG_STATE_CONFIRMED, /* a generation is enforced */
        PG_STATE_TRIAL,     /* a generation is enforced until the kernel takes it back */
};

/* What comes when a trial ends that nobody confirms. */
enum pg_after_trial {
        PG_AFTER_TRIAL_OFF,        /* nothing is enforced */
        PG_AFTER_TRIAL_GENERATION, /* the one that it falls back to is */
        PG_AFTER_TRIAL_UNRECORDED, /* one that is not known: its record is gone or was changed */
        PG_AFTER_TRIAL_CHANGED,    /* somebody changed that: who gets in is not known */
        PG_AFTER_TRIAL_REFUSED, /* everything is refused: somebody deleted the rule that leads to it */
        PG_AFTER_TRIAL_FOREIGN, /* the same, but rules that somebody put into the hook decide */
};

struct pg_open_trial {
        uint64_t left_ms;
        enum pg_after_trial after;
        uint32_t falls_back_to; /* a generation; 0: none, or not known */
        /* Somebody changed what is on trial, or its set: confirm and extend would be refused. */
        bool cannot_confirm, cannot_extend;
};

/* An optional service that nobody asked for. */
struct pg_closed_service {
        char *name; /* "anbox-lxd/instances"; open it with --with */
        char *ports;
        char *summary;
};

/* One open port range. */
struct pg_exposure {
        bool outbound;
        bool is_any;    /* open to everybody */
        char *protocol; /* "tcp", "gre" */
        char *ports;    /* "443", "30000-32767"; "any" for a protocol without ports */
        char **scopes;  /* who, one or more: "any", or "cluster" and "control-plane" */
        size_t n_scopes;
        char **addresses; /* at most PG_EXPOSURE_ADDRESSES_MAX, as prefixes or ranges */
        size_t n_addresses;
        size_t n_addresses_all; /* how many there are */
        char **interfaces;
        size_t n_interfaces;
        char **services; /* whose ports they are, one or more: "k8s-node/nodeport" */
        size_t n_services;
        uint64_t packets, bytes; /* new connections, since the generation was enforced; 0 if compiled */
};

#define PG_EXPOSURE_ADDRESSES_MAX 64

/* Whether a program of this host listens at a port, loopback aside. */
enum pg_listens {
        PG_LISTENS_UNKNOWN,
        PG_LISTENS_NO,
        PG_LISTENS_YES,
};

/* Packets of one source to one port of this host that were refused lately; or with strict egress, of
 * this host to one port of one destination. */
struct pg_refused {
        char *source;     /* "203.0.113.9"; of what is outbound the destination */
        char *protocol;   /* "tcp" */
        bool has_port;    /* "gre" has none */
        uint16_t port;    /* of this host; of what is outbound the destination's */
        uint64_t packets; /* since it is remembered, of which the first may be days ago */
        uint64_t bytes;
        unsigned last_seconds_ago;
        enum pg_listens listens;
        char *process; /* "etcd (etcd.service)"; NULL where none is known */
        /* What would let it in: the command, if need be with what would have to be so, or to whom the
         * port is open. NULL: no profile has it, or the profiles cannot be read. */
        char *advice;
        char *command;     /* NULL where it is not certain which profile is meant, or none is needed */
        char **candidates; /* the profiles that may be meant */
        size_t n_candidates;
        bool no_profile; /* none has the port, of those that there are */
};

/* The kernel forgets a source and port when nothing came for this long; each family has this many. */
#define PG_REFUSED_SECONDS 600
#define PG_REFUSED_MAX 4096

/* A service of a policy, whether anybody may use it or not. */
struct pg_view_service {
        char *name;    /* "k8s-node/kubelet" */
        char *summary; /* "" where only the kernel is known */
        char *file;    /* where it stands; NULL where only the kernel is known, or built in */
        unsigned line;
        bool outbound;
        bool opens;        /* somebody may use one of its ports */
        char *empty_scope; /* a scope of its ports that nobody is in; or NULL */
};

/* A group of the profiles that neither the site nor an option fills in, and that somebody is let in by
 * all the same: its default stands for it. */
struct pg_unfilled {
        char *group;
        char *instead; /* "every private address"; "what the site calls internal" */
};

/* A policy to look at: the enforced one, or a request's. */
struct pg_view {
        enum pg_state state; /* PG_STATE_OFF with no exposures where nothing is enforced */
        uint32_t generation; /* 0 for a request's */
        char *changed_by; /* who committed last to a table with a problem, as "process 12 (nft)"; NULL:
                           * not    known, see pg_change_listener_name() */
        char *problem;    /* why the table does not enforce what it should, and the advice; or NULL */
        char *lost_at_boot; /* why what is enforced does not come back at boot, or is not known to, and
                             * the advice; NULL: nothing in the history speaks against it */
        char *digest;       /* SHA-256, hexadecimal */
        char *made_by, *outdated; /* as in struct pg_verification */
        bool egress_strict;
        bool refuses; /* PG_STATE_OFF, and hooks that somebody changed refuse packets: see `problem` */
        char **profiles;
        size_t n_profiles;
        struct pg_exposure *exposures; /* inbound first, by protocol and port */
        size_t n_exposures;
        struct pg_closed_service *closed; /* a request's only */
        size_t n_closed;
        uint64_t refused_packets, refused_bytes; /* inbound, since the generation was enforced */
        uint64_t refused_out_packets, refused_out_bytes; /* outbound, with strict egress */
        uint64_t invalid_packets;    /* dropped because conntrack calls them invalid */
        char *nft;                   /* the table in the words of nft(8), or NULL */
        struct pg_open_trial trial;  /* while on trial, else zero */
        struct pg_generation *about; /* who applied it, when and why: a stored generation's only */
        /* pg_view_refused() fills these; inbound, most packets first. */
        struct pg_refused *refused;
        size_t n_refused;
        size_t n_refused_all;           /* how many there are */
        bool refused_full;              /* so many that those who come now are not remembered */
        struct pg_refused *refused_out; /* the same of what this host itself was refused to send */
        size_t n_refused_out;
        size_t n_refused_out_all;
        bool refused_out_full;
        struct pg_view_service *services; /* those that stand in the policy, in its order */
        size_t n_services;
        char **ping_scopes; /* who may send echo requests to this host; none while off */
        size_t n_ping_scopes;
        /* Of each source, at most so many in so many seconds, and so many at once; 0: no limit. */
        unsigned ping_count, ping_seconds, ping_burst;
        struct pg_unfilled *unfilled; /* where the history knows what the groups were filled with */
        size_t n_unfilled;
        struct pg_policy *policy; /* what it was made of; of no use beyond the library */
};

/* The enforced policy with its hits: status and show.
 * in:     with_nft, whether the table is to be there in the words of nft(8), too
 * out:    *ret, freed with pg_view_free()
 * errors: none beside those of all */
int pg_view_enforced(const struct pg_settings *settings, bool with_nft, struct pg_view **ret,
                     struct pg_diagnostics *diagnostics, struct pg_error *error);
/* Adds to the enforced one who was refused in the last ten minutes, and where this host was. Where
 * there is anybody, every profile is read for the advice; a warning tells where they cannot be
 * read.
 * in:     view, of pg_view_enforced(); max, at most so many of each; last, an earlier view of the
 *         same policy, whose advice is taken over, or NULL
 * out:    `refused` and `refused_out` of the view, and their numbers
 * errors: none beside those of all */
int pg_view_refused(const struct pg_settings *settings, struct pg_view *view, size_t max,
                    const struct pg_view *last, struct pg_diagnostics *diagnostics,
                    struct pg_error *error);
/* What a generation enforced, from the history: show N.
 * in:     generation; with_nft, as above
 * out:    *ret, freed with pg_view_free()
 * errors: -ENOENT: there is no such generation */
int pg_view_generation(const struct pg_settings *settings, uint32_t generation, bool with_nft,
                       struct pg_view **ret, struct pg_diagnostics *diagnostics,
                       struct pg_error *error);
/* What a request compiles to, without looking at the kernel: show --profile.
 * in:     request; with_nft, as above
 * out:    *ret, freed with pg_view_free()
 * errors: INVALID: profiles, site or options */
int pg_view_request(const struct pg_settings *settings, const struct pg_request *request, bool with_nft,
                    struct pg_view **ret, struct pg_diagnostics *diagnostics, struct pg_error *error);
struct pg_view *pg_view_free(struct pg_view *view);
/* How much of a scope ("cluster", "internal", "192.0.2.0/24") one of the view's exposures lets in,
 * whatever that is open to by name. PG_EXTENT_UNKNOWN also when memory is short. */
enum pg_extent pg_view_extent(const struct pg_view *view, const struct pg_exposure *exposure,
                              const char *scope);

struct pg_change_listener;
/* Listens to who changes the table, from now on: the kernel does not keep it.
 * out:    *ret, freed with pg_change_listener_close()
 * errors: none beside those of all */
int pg_change_listener_open(struct pg_change_listener **ret, struct pg_error *error);
struct pg_change_listener *pg_change_listener_close(struct pg_change_listener *listener);
/* Fills in `changed_by` of a view that has a problem, when somebody was heard since the last view
 * without one. 0 or -ENOMEM. */
int pg_change_listener_name(struct pg_change_listener *listener, struct pg_view *view);

#endif
