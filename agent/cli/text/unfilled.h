/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups that nobody filled in: plan, apply, status, report, show. */
#ifndef PG_CLI_UNFILLED_H
#define PG_CLI_UNFILLED_H

#include <jansson.h>
#include <stdio.h>

#include "portguard/portguard.h"

/* A line for each, of at most `width` columns (0: any), with what to write in the site file. */
void pg_unfilled_print(FILE *out, size_t width, const struct pg_unfilled *unfilled, size_t n);

/* "cluster: not filled in: every private address; ..." The caller frees it. */
char *pg_unfilled_text(const struct pg_unfilled *unfilled);

/* [{group, instead, line}] */
json_t *pg_unfilled_json(const struct pg_unfilled *unfilled, size_t n);

#endif
