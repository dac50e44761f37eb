/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy, told to people and to programs: status and show. */
#ifndef PG_CLI_VIEW_H
#define PG_CLI_VIEW_H

#include <jansson.h>
#include <stdio.h>

#include "portguard/portguard.h"

/* Which columns and keys an open port range gets. */
enum pg_detail {
        PG_DETAIL_HITS,      /* new connections and bytes */
        PG_DETAIL_ADDRESSES, /* who is behind the scope */
};

/* "off", "confirmed", "trial"; or, of what is off and `refuses` packets all the same, "changed". */
const char *pg_state_name(enum pg_state state, bool refuses);

/* The line that stands for a policy where there is none. */
#define PG_OFF_TEXT "portguard is off: nothing is enforced (portguard apply PROFILE)"

/* Why nothing is enforced; borrowed from the view. */
static inline const char *pg_view_off_text(const struct pg_view *view)
{
        return view->fault ? view->fault : PG_OFF_TEXT;
}

/* The line that says whether what leaves this host is limited. */
void pg_view_print_egress(FILE *out, const struct pg_view *view);
/* One table for each direction that is enforced; of at most `width` columns with PG_DETAIL_HITS, where
 * that is not 0. */
void pg_view_print_exposures(FILE *out, size_t width, const struct pg_view *view,
                             enum pg_detail detail);

/* state, generation, digest, profiles, egress, services */
json_t *pg_view_json(const struct pg_view *view, enum pg_detail detail);

#endif
