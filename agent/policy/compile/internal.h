/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of policy/compile/ share. */
#ifndef PG_POLICY_COMPILE_INTERNAL_H
#define PG_POLICY_COMPILE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/compile/compile.h"

/* What one service wants of one range of ports. */
struct pg_claim {
        enum pg_direction direction;
        struct pg_ports ports;
        size_t service; /* index into the policy's services */
        bool answers_any_port;
        const char **scopes; /* sorted, each once; borrowed from catalog and site */
        size_t n_scopes;
};

struct pg_compiler {
        const struct pg_catalog *catalog;
        const struct pg_site *site;
        struct pg_policy *policy;
        struct pg_diagnostics *diagnostics;
        struct pg_error *error;
        struct pg_claim *claims;
        size_t n_claims;
        size_t n_ranges; /* of the sources */
};

/* Stage 1, claims.c: services that are wanted, with parameters filled in, become claims. */
int pg_compile_claims(struct pg_compiler *compiler);

/* With strict egress, protocols without ports also leave to whom they come from: nobody can
 * tell there who asks and who answers. */
int pg_compile_answers(struct pg_compiler *compiler);

/* Stage 2, segments.c: claims become disjoint segments; joined and carved ones are reported. */
int pg_compile_segments(struct pg_compiler *compiler);

/* What the scopes of the claims, and of ping, were written as. */
int pg_compile_origins(struct pg_compiler *compiler);

/* The value that holds for a parameter of a profile: the site's for this profile, else the
 * site's for all, else the default. Borrowed. */
const struct pg_words *pg_setting_values(const struct pg_compiler *compiler,
                                         const struct pg_profile *profile,
                                         const struct pg_param *param);
/* Checks every setting of the site against the catalog, and that there is what the site names. */
void pg_check_settings(struct pg_compiler *compiler);
/* unknown.c: tells the parameters, groups and services that the site names and no applied profile has.
 */
void pg_check_names(const struct pg_compiler *compiler);

/* The index of the source that unites the scopes (made when it is new), or a negative errno
 * value. `place` is kept for messages. */
int pg_source_intern(struct pg_compiler *compiler, const char *const *scopes, size_t n_scopes,
                     struct pg_place place, size_t *ret);
/* The built-in addresses of `internal`, ended by NULL. */
extern const char *const pg_internal_default[];
/* Where a profile declares the group; borrowed, or NULL. */
const struct pg_group_declaration *pg_group_declaration(const struct pg_catalog *catalog,
                                                        const char *name);
/* Whether a group of this name is declared by a profile or filled by the site. */
bool pg_group_is_known(const struct pg_compiler *compiler, const char *name);
/* Whether a scope that is a group, `internal` or a host lets nobody in. */
bool pg_scope_is_empty(const struct pg_compiler *compiler, const char *scope);
/* Reports group declarations that contradict each other. */
void pg_check_groups(struct pg_compiler *compiler);
/* Sorts sources by label and renumbers what refers to them. 0 or -ENOMEM. */
int pg_sources_sort(struct pg_policy *policy);

#endif
