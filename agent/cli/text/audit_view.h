/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What listens, and how it fits the policy: as text and as JSON. */
#ifndef PG_CLI_AUDIT_VIEW_H
#define PG_CLI_AUDIT_VIEW_H

#include <jansson.h>

#include "portguard/portguard.h"

/* Prints the findings, with `all` every listener too, and a line that counts. */
void pg_audit_print(const struct pg_audit *audit, bool all);
/* The object without its warnings. */
json_t *pg_audit_json(const struct pg_audit *audit);

#endif
