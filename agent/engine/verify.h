/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What somebody changed of the table that is in force. */
#ifndef PG_ENGINE_VERIFY_H
#define PG_ENGINE_VERIFY_H

#include <stdbool.h>

#include "engine/table.h"
#include "portguard/portguard.h"

/* What somebody changed of a whole table that is in force, in words that the caller frees; in *ret NULL
 * where it is what was enforced. *ret_rules_hold: only ports and addresses differ, of which a policy
 * that is read back from the table tells. */
int pg_table_change(const struct pg_settings *settings, const struct pg_table *table, char **ret,
                    bool *ret_rules_hold, struct pg_error *error);

#endif
