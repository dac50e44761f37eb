/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a change does, told to people and to programs: plan, apply, disable. */
#ifndef PG_CLI_OUTCOME_H
#define PG_CLI_OUTCOME_H

#include <jansson.h>

#include "portguard/portguard.h"

enum pg_tense {
        PG_TENSE_PLAN,    /* looked at only */
        PG_TENSE_DRY_RUN, /* the kernel checked it */
        PG_TENSE_DONE,
};

/* The lines on changed ports, on what stays closed, and the last line that sums up. */
void pg_outcome_print(const struct pg_outcome *outcome, enum pg_tense tense);

/* The keys of plan and apply; the caller may add some. */
json_t *pg_outcome_json(const struct pg_outcome *outcome, const struct pg_diagnostics *diagnostics);

/* [{name, ports, summary}] */
json_t *pg_closed_json(const struct pg_closed_service *closed, size_t n);
/* The lines "closed  udp/10000-11000  optional: --with ...". */
void pg_closed_print(const struct pg_closed_service *closed, size_t n);

#endif
