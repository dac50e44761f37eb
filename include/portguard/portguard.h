/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libportguard: from profiles to the kernel.
 *
 * Every function takes what it needs and keeps nothing: no globals, no printing, no exit. Results are
 * plain structures that the caller frees with the function named beside them; strings in them belong to
 * them. Every function returns 0, or a negative errno value with `error` filled in; faults in profiles,
 * the site and command line options are told one by one in `diagnostics`, together with warnings and
 * notes.
 */
#ifndef PORTGUARD_PORTGUARD_H
#define PORTGUARD_PORTGUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "portguard/change.h"
#include "portguard/error.h"

#define PG_DEFAULT_PROFILES "/etc/portguard/profiles:/usr/share/portguard/profiles"
#define PG_DEFAULT_SITE "/etc/portguard/site.yaml"
#define PG_DEFAULT_STATE "/var/lib/portguard"

/* Where things are; NULL is the default above. */
struct pg_settings {
        const char *profiles; /* "DIR:DIR" */
        const char *site;     /* a file that is named must exist; the default need not */
        const char *state;    /* holds the lock */
        unsigned wait_ms;     /* how long to wait for another writer; 0: not at all */
};

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
        const char *message;
};

enum pg_state {
        PG_STATE_OFF,       /* nothing is enforced */
        PG_STATE_CONFIRMED, /* a generation is enforced */
        PG_STATE_TRIAL,     /* a generation is enforced until the kernel takes it back */
};

/* How a change gets into the kernel. */
enum pg_method {
        PG_METHOD_NONE,     /* nothing to do */
        PG_METHOD_ELEMENTS, /* elements of live sets and maps, one batch */
        PG_METHOD_SLOT,     /* prepare the free slot, flip, retire the old one */
};

/* An optional service that nobody asked for. */
struct pg_closed_service {
        char *name; /* "anbox-lxd/instances"; open it with --with */
        char *ports;
        char *summary;
};

/* What plan found and what apply or disable did. */
struct pg_outcome {
        bool changed;        /* plan: would change; apply: did */
        bool was_off;        /* nothing was enforced before */
        enum pg_state state; /* after; for plan and a dry run: before */
        uint32_t generation; /* after; for plan and a dry run: enforced now, 0 for none */
        enum pg_method method;
        size_t elements_added, elements_deleted;
        char **profiles; /* what the request, or the site, asked for */
        size_t n_profiles;
        struct pg_changes *changes;
        struct pg_closed_service *closed;
        size_t n_closed;
        char **repaired; /* what an interrupted run or somebody else left, and was put right, in words
                          */
        size_t n_repaired;
};

/* What would change. Reads the kernel, writes nothing, needs CAP_NET_ADMIN only to read. */
int pg_plan(const struct pg_settings *settings, const struct pg_request *request,
            struct pg_outcome **ret, struct pg_diagnostics *diagnostics, struct pg_error *error);

/* Enforces the request. With `dry_run` the kernel checks the real batch and commits nothing. */
int pg_apply(const struct pg_settings *settings, const struct pg_request *request, bool dry_run,
             struct pg_outcome **ret, struct pg_diagnostics *diagnostics, struct pg_error *error);

/* Removes the table, in an order in which no allowed packet is dropped. */
int pg_disable(const struct pg_settings *settings, struct pg_outcome **ret, struct pg_error *error);

struct pg_outcome *pg_outcome_free(struct pg_outcome *outcome);

/* One open port range. */
struct pg_exposure {
        bool outbound;
        char *protocol; /* "tcp", "gre" */
        char *ports;    /* "443", "30000-32767"; "any" for a protocol without ports */
        char *scope;    /* "any", "cluster, control-plane" */
        bool is_any;
        char **addresses; /* at most PG_EXPOSURE_ADDRESSES_MAX, as prefixes or ranges */
        size_t n_addresses;
        size_t n_addresses_all; /* how many there are */
        char **interfaces;
        size_t n_interfaces;
        char *services;          /* "k8s-worker/nodeport", several joined by ", " */
        uint64_t packets, bytes; /* new connections, since the generation was enforced; 0 if compiled */
};

#define PG_EXPOSURE_ADDRESSES_MAX 64

/* A policy to look at: the enforced one, or a request's. */
struct pg_view {
        enum pg_state state; /* PG_STATE_OFF with no exposures where nothing is enforced */
        uint32_t generation; /* 0 for a request's */
        char *fault;         /* why the table does not enforce what it should, and the mend; or NULL */
        char *digest;        /* SHA-256, hexadecimal */
        bool egress_strict;
        char **profiles;
        size_t n_profiles;
        struct pg_exposure *exposures; /* inbound first, by protocol and port */
        size_t n_exposures;
        struct pg_closed_service *closed; /* a request's only */
        size_t n_closed;
        uint64_t denied_packets, denied_bytes; /* inbound, since the generation was enforced */
        uint64_t invalid_packets;              /* dropped because conntrack calls them invalid */
        char *nft;                             /* the table in the words of nft(8) */
};

/* The enforced policy with its hits: status and show. */
int pg_view_enforced(const struct pg_settings *settings, struct pg_view **ret, struct pg_error *error);
/* What a request compiles to, without looking at the kernel: show --profile. */
int pg_view_request(const struct pg_settings *settings, const struct pg_request *request,
                    struct pg_view **ret, struct pg_diagnostics *diagnostics, struct pg_error *error);
struct pg_view *pg_view_free(struct pg_view *view);

/* The kernel against the generation that it says it enforces. */
struct pg_verification {
        bool enforced; /* false: the table is not there */
        bool drift;
        uint32_t generation;
        char **differences; /* "chain input_a, rule 3: missing: tcp dport 22 accept" */
        size_t n_differences;
};
int pg_verify(const struct pg_settings *settings, struct pg_verification **ret, struct pg_error *error);
struct pg_verification *pg_verification_free(struct pg_verification *verification);

/* A profile to look at; lists of texts as they stand in the file. */
struct pg_profile_param {
        char *name, *type, *initial, *choices, *summary; /* choices: "a, b" or "" */
};
struct pg_profile_group {
        char *name, *initial, *summary;
};
struct pg_profile_service {
        char *name, *summary, *ports, *scopes, *when; /* when: "" or "cni is flannel-vxlan" */
        bool outbound, required;
};
struct pg_profile_view {
        char *name, *summary, *file;
        char **includes;
        size_t n_includes;
        struct pg_profile_group *groups;
        size_t n_groups;
        struct pg_profile_param *params;
        size_t n_params;
        struct pg_profile_service *services;
        size_t n_services;
        char **sources;
        size_t n_sources;
        char **notes;
        size_t n_notes;
};

/* Every profile that there is, by name. What does not parse is told in `diagnostics` and left out. */
struct pg_profile_list {
        struct pg_profile_view **items;
        size_t n;
};
int pg_profiles_list(const struct pg_settings *settings, struct pg_profile_list **ret,
                     struct pg_diagnostics *diagnostics, struct pg_error *error);
struct pg_profile_list *pg_profile_list_free(struct pg_profile_list *list);

/* One profile by name. -ENOENT, with the nearest name in the error, when there is none. */
int pg_profiles_show(const struct pg_settings *settings, const char *name, struct pg_profile_view **ret,
                     struct pg_diagnostics *diagnostics, struct pg_error *error);
struct pg_profile_view *pg_profile_view_free(struct pg_profile_view *view);

/* Checks a profile file, with what it includes, as apply would: compiled, not enforced. */
int pg_profiles_check(const struct pg_settings *settings, const char *file,
                      struct pg_diagnostics *diagnostics, struct pg_error *error);

#endif
