/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether two expressions do the same. */
#ifndef PG_RULESET_MODEL_EXPR_EQUAL_H
#define PG_RULESET_MODEL_EXPR_EQUAL_H

#include "ruleset/model/expr.h"

/* Whether two expressions do the same; counters' values do not count. */
bool pg_expr_equal(const struct pg_expr *a, const struct pg_expr *b);

#endif
