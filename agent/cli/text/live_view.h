/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What else a packet meets, and the way of a real one, as text and as JSON. */
#ifndef PG_CLI_LIVE_VIEW_H
#define PG_CLI_LIVE_VIEW_H

#include <jansson.h>

#include "portguard/explain.h"

void pg_translations_print(const struct pg_translations *translations);
json_t *pg_translations_json(const struct pg_translations *translations);

void pg_others_print(const struct pg_other_chains *others);
json_t *pg_others_json(const struct pg_other_chains *others);
void pg_trace_print(const struct pg_trace_report *report);
json_t *pg_trace_json(const struct pg_trace_report *report);

#endif
