/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An explanation as text and as JSON. */
#ifndef PG_CLI_EXPLAIN_VIEW_H
#define PG_CLI_EXPLAIN_VIEW_H

#include <jansson.h>

#include "portguard/explain.h"

/* "accept", "drop", "reject"; NULL: not known. */
const char *pg_explanation_verdict(const struct pg_explanation *explanation);

void pg_explanation_print(const struct pg_explanation *explanation);
json_t *pg_explanation_json(const struct pg_explanation *explanation);

#endif
