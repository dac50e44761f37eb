/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Generations of the history, told to people and to programs: history and show. */
#ifndef PG_CLI_HISTORY_VIEW_H
#define PG_CLI_HISTORY_VIEW_H

#include <jansson.h>

#include "portguard/history.h"

/* One line for each of the newest `limit` generations; 0: all. */
void pg_history_print(const struct pg_history *history, size_t limit);

/* Who, when and why, and what became of it. */
void pg_generation_print(const struct pg_generation *generation);

/* "confirmed", "ended: the trial was taken back" */
const char *pg_generation_sentence(const struct pg_generation *generation);
/* "alice as root, by ssh from 203.0.113.9 51234, called by bash": all that is known. Fresh memory that
 * the caller frees, never NULL. */
char *pg_generation_who(const struct pg_generation *generation);

/* generation, parent, restores, time, actor, message, state, enforced, profiles, parameters, digest */
json_t *pg_generation_json(const struct pg_generation *generation);
/* generations, keep */
json_t *pg_history_json(const struct pg_history *history, size_t limit);

#endif
