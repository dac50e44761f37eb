/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One profile, told to people and to programs. */
#ifndef PG_CLI_PROFILE_VIEW_H
#define PG_CLI_PROFILE_VIEW_H

#include <jansson.h>

#include "portguard/portguard.h"

/* Everything there is to know before applying it; ends with a command to try. */
void pg_profile_view_print(const struct pg_profile_view *profile);
json_t *pg_profile_view_json(const struct pg_profile_view *profile);

#endif
