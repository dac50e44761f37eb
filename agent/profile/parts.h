/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sections of a profile: what profile.c reads through other files, and how it is freed. */
#ifndef PG_PROFILE_PARTS_H
#define PG_PROFILE_PARTS_H

#include "profile/yaml/read.h"

/* Each reads one section of the file into the profile (`target`); see struct pg_field. */
int pg_read_includes(struct pg_reader *reader, const struct pg_node *node, void *target);
int pg_read_groups(struct pg_reader *reader, const struct pg_node *node, void *target);
int pg_read_params(struct pg_reader *reader, const struct pg_node *node, void *target);
int pg_read_services(struct pg_reader *reader, const struct pg_node *node, void *target);
int pg_read_egress(struct pg_reader *reader, const struct pg_node *node, void *target);

/* A service's `ports` and `when`. */
int pg_read_ports(struct pg_reader *reader, const struct pg_node *node,
                  void *target); /* struct pg_words */
int pg_read_when(struct pg_reader *reader, const struct pg_node *node,
                 void *target); /* struct pg_service */

/* What can be known only when the whole profile was read: groups and parameters that are referred to,
 * names that stand twice, parameters that nothing uses. */
int pg_check_references(struct pg_reader *reader, const struct pg_profile *profile);

/* Whether values stand for groups that the profile declares; told when not. */
void pg_check_scope_names(struct pg_reader *reader, const struct pg_profile *profile,
                          const struct pg_words *scopes);

void pg_includes_done(struct pg_profile *profile);
void pg_groups_done(struct pg_profile *profile);
void pg_params_done(struct pg_profile *profile);
void pg_services_done(struct pg_profile *profile);

/* Like pg_profile_parse(), but gives a profile also when it has faults, as far as it could be read, so
 * that its includes can be followed and their faults told too. Returns 0 (see *ret_good), -EINVAL where
 * nothing could be read, or another negative errno value. */
int pg_profile_read(const char *file, const char *name, const char *text, size_t length,
                    struct pg_profile **ret, bool *ret_good, struct pg_diagnostics *diagnostics,
                    struct pg_error *error);

#endif
