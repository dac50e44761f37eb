/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of profile/site/ share. */
#ifndef PG_PROFILE_SITE_INTERNAL_H
#define PG_PROFILE_SITE_INTERNAL_H

#include <stdbool.h>

#include "profile/site/site.h"

#define PG_GROUP_FILE_SIZE_MAX (512L * 1024 * 1024)
#define PG_GROUP_ENTRIES_MAX 4000000

/* Reads a group file into `addresses`, which the caller normalises; there may be some in it also on
 * failure. Bad lines are reported, at most 20 of them, and make it fail with -EINVAL; why a file cannot
 * be read is reported in `error` only. Of one that is private (base/private.h) no text is reported. In
 * group_file.c. */
int pg_group_file_read(const char *path, struct pg_addresses *addresses,
                       struct pg_diagnostics *diagnostics, struct pg_error *error);

/* Each reads one section of the file into the site (`target`); see struct pg_field. */
int pg_read_site_groups(struct pg_reader *reader, const struct pg_node *node, void *target);
int pg_read_site_hosts(struct pg_reader *reader, const struct pg_node *node, void *target);
int pg_read_site_params(struct pg_reader *reader, const struct pg_node *node, void *target);
int pg_read_site_enable(struct pg_reader *reader, const struct pg_node *node, void *target);

/* What an entry of a group may be, wherever it is from; errors are reported at the word's place. */
int pg_group_add_prefix(struct pg_reader *reader, struct pg_group *group, const struct pg_word *word);
int pg_group_add_interface(struct pg_reader *reader, struct pg_group *group,
                           const struct pg_word *word);
/* `base` is the path of the file to whose folder a relative path refers; NULL: the working directory.
 */
int pg_group_add_file(struct pg_reader *reader, struct pg_group *group, const struct pg_word *word,
                      const char *base);
/* Whether a site may fill a group of this name; reported when not. */
bool pg_group_name_is_good(struct pg_reader *reader, const struct pg_word *word);

/* Splits "NAME" or "PROFILE.NAME" into the setting; 0, -EINVAL (reported) or -ENOMEM. */
int pg_setting_name(struct pg_reader *reader, struct pg_setting *setting, const char *text,
                    struct pg_place place);
/* Whether the text is SERVICE, PROFILE/SERVICE or all; reported when not. */
bool pg_enable_is_good(struct pg_reader *reader, const struct pg_word *word);

void pg_group_done(struct pg_group *group);
void pg_setting_done(struct pg_setting *setting);

#endif
