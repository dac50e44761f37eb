/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is enforced, and who made use of it or was refused, told to people and to programs. */
#ifndef PG_CLI_STATUS_VIEW_H
#define PG_CLI_STATUS_VIEW_H

#include <jansson.h>
#include <stdio.h>

#include "portguard/portguard.h"

/* So many of those who were refused are shown when nobody asks for another number. */
#define PG_REFUSED_ROWS 10

/* How many happened a second between two looks. */
struct pg_rates {
        bool is_known; /* there was a look before, at the same generation */
        double seconds;
        double connections, refused;
};

/* At most `width` columns wide, where that is not 0; of those who were refused as many as the view has.
 * With `rates`, which may be NULL, it is shown again and again: what changes stands first. */
void pg_status_print(FILE *out, size_t width, const struct pg_view *view, const struct pg_rates *rates);

json_t *pg_status_json(const struct pg_view *view, const struct pg_diagnostics *diagnostics);

#endif
