/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of cli/json/ share. */
#ifndef PG_CLI_JSON_INTERNAL_H
#define PG_CLI_JSON_INTERNAL_H

#include <jansson.h>
#include <stddef.h>

#include "cli/json/json.h"

/* Several names as one text, "a, b". */
json_t *pg_json_joined(char *const *items, size_t n);

/* Those of one kind, as objects. */
json_t *pg_changes_json(const struct pg_changes *changes, enum pg_change_kind kind);

/* {generation, options, unused}, or null where options were not asked to be kept. */
json_t *pg_kept_options_json(const struct pg_kept_options *kept);

/* {generation, options, opens, widens, problem}, or null. */
json_t *pg_left_out_json(const struct pg_left_out *left_out);

/* [{group, instead, line}] */
json_t *pg_unfilled_json(const struct pg_unfilled *unfilled, size_t n);

#endif
