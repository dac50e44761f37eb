/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy: profiles and site, resolved. A pure value: no files, no kernel, no clock, and nothing
 * borrowed from the profiles it was made of.
 */
#ifndef PG_POLICY_POLICY_H
#define PG_POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addresses/addresses.h"
#include "base/ports.h"
#include "profile/profile/profile.h"

/* Claims beyond this are refused: the sweep is quadratic in the worst case. */
#define PG_CLAIMS_MAX 4096

/* Addresses and ranges of all sources together, of which each list of scopes is one: some 100 services
 * that are open to a million addresses and to one more each would need a gigabyte. */
#define PG_RANGES_MAX 8000000

/* Who: one or more scopes, united. */
struct pg_source {
        char **scopes; /* sorted, each once: "any", or "cluster" and "control-plane", or "local" */
        size_t n_scopes;
        char *label; /* the scopes joined by PG_SCOPES_BETWEEN: its name in the kernel and the history
                      */
        bool any;
        struct pg_addresses addresses; /* normalised; empty when `any` */
        char **interfaces;             /* sorted, each once */
        size_t n_interfaces;
        char *file; /* where the first service that uses it stands, for kernel errors; or NULL */
        unsigned line, column;
};

/* A service that owns ports, for provenance. */
struct pg_policy_service {
        char *name; /* "k8s-node/kubelet" */
        char *summary;
        char *file; /* or NULL: built in, or known from the kernel only */
        unsigned line, column;
};

/* A claim that a narrower one has taken ports from. */
struct pg_overridden {
        size_t service; /* index into services */
        struct pg_ports ports;
};
#define PG_OVERRIDDEN_MAX 16 /* of one segment; further ones are not remembered */

/* Ports of one protocol and direction with who may use them. */
struct pg_segment {
        enum pg_direction direction;
        struct pg_ports ports;
        size_t source;         /* index into sources */
        bool answers_any_port; /* with strict egress: who asks there is answered from any port */
        size_t *services;      /* indexes into services, ascending: who claims these ports */
        size_t n_services;
        struct pg_overridden
                *overridden; /* who claims them too, with a wider range; by service, then ports */
        size_t n_overridden;
};

/* An entry of a scope as it was written: "10.0.0.0/8", "%wg0", "@FILE", or "internal". */
struct pg_entry {
        char *text;
        char *file; /* or NULL: built in */
        unsigned line, column;
};

/* Where the addresses of a scope come from. A policy that was read back from the kernel has none. */
struct pg_origin {
        char *scope;
        struct pg_entry *entries;
        size_t n_entries;
};

/* A service that stayed closed because it is optional and nobody asked for it. */
struct pg_closed {
        char *name;
        char *summary;
        char *ports; /* "tcp/10000-11000, udp/10000-11000" */
};

struct pg_policy {
        char **profiles; /* what was asked for, an included one before its includer, each once */
        size_t n_profiles;
        struct pg_policy_service *services;
        size_t n_services;
        struct pg_source *sources; /* sorted by label */
        size_t n_sources;
        struct pg_segment *segments; /* disjoint; sorted by direction, protocol, port */
        size_t n_segments;
        struct pg_closed *closed;
        size_t n_closed;
        struct pg_origin *origins; /* of the scopes that have entries; sorted by scope */
        size_t n_origins;
        bool egress_strict;
        struct pg_rate ping_rate;
        size_t ping_source; /* index into sources */
};

/* What a name of the site, or of an option, stands for. */
enum pg_name_kind { PG_NAME_PARAM, PG_NAME_GROUP, PG_NAME_SERVICE };

struct pg_policy *pg_policy_free(struct pg_policy *policy);
PG_DEFINE_CLEANUP(struct pg_policy, pg_policy_free)

/* Fills in the scopes of a source of which only the label is known: one that the kernel or the history
 * has. 0 or -ENOMEM. */
#define PG_SCOPES_BETWEEN ", "
int pg_source_read_label(struct pg_source *source);

/* Whether the source has the scope by name. */
bool pg_source_has_scope(const struct pg_source *source, const char *scope);

/* The first of its scopes that is a group, borrowed; or NULL. */
const char *pg_source_group(const struct pg_source *source);

/* The same of a host's name. */
const char *pg_source_host(const struct pg_source *source);

/* Whether the source lets anybody in. */
bool pg_source_opens(const struct pg_source *source);

/* Adds the names of a segment's services to *ret. 0 or -ENOMEM; the caller frees the list either way.
 */
int pg_segment_service_names(const struct pg_policy *policy, const struct pg_segment *segment,
                             char ***ret, size_t *ret_n);

/* The same for a sentence, "a/b, c/d". The caller frees it; NULL when memory is short. */
char *pg_segment_services(const struct pg_policy *policy, const struct pg_segment *segment);

#endif
