/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of profile/profile/ share. */
#ifndef PG_PROFILE_PROFILE_INTERNAL_H
#define PG_PROFILE_PROFILE_INTERNAL_H

#include "profile/profile/profile.h"

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

/* Whether values stand for groups that the profile declares; reported when not. */
void pg_check_scope_names(struct pg_reader *reader, const struct pg_profile *profile,
                          const struct pg_words *scopes);

void pg_includes_done(struct pg_profile *profile);
void pg_groups_done(struct pg_profile *profile);
void pg_params_done(struct pg_profile *profile);
void pg_services_done(struct pg_profile *profile);

#endif
