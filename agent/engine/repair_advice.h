/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands that repair what somebody did to the table, as it is and as the history calls for. */
#ifndef PG_ENGINE_REPAIR_ADVICE_H
#define PG_ENGINE_REPAIR_ADVICE_H

#include <stdbool.h>

#include "engine/table.h"
#include "portguard/portguard.h"

/* Whether what the trial falls back to was changed, or is not known. */
bool pg_fallback_is_uncertain(const struct pg_table *table);

/* Of what differs in a table of which a slot is in force. The caller frees it; NULL: memory is short.
 */
char *pg_table_advice(const struct pg_table *table);

/* "portguard verify --repair repairs it", where `does` is "repairs it"; where portguard was disabled,
 * or the history has nothing to restore, "to settle it: ". The caller frees it; NULL: memory is short.
 */
char *pg_repair_text(const struct pg_settings *settings, const struct pg_table *table,
                     const char *does);

/* Of a table that belongs to a process (flags owner), what comes before any other advice; in *ret NULL
 * where it does not. The caller frees it. 0 or -ENOMEM. */
int pg_owner_advice(const struct pg_settings *settings, const struct pg_table *table, char **ret);

/* Fills in the advice of a verification where it has none. 0 or -ENOMEM. */
int pg_advise_verified(const struct pg_settings *settings, const struct pg_table *table,
                       struct pg_verification *verification);

#endif
