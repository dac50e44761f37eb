/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The beginning of every command: what an interrupted run left is settled first (I2). */
#ifndef PG_ENGINE_BEGIN_H
#define PG_ENGINE_BEGIN_H

#include "engine/context.h"
#include "engine/table.h"

/* Begins a change: opens the kernel and, unless the history is unused, takes the lock (I7), opens the
 * history, and settles what an interrupted run left (I2). The socket is the outcome's. The caller ends
 * the context with pg_context_done(), also on failure. */
int pg_context_begin(struct pg_context *context, const struct pg_settings *settings,
                     enum pg_history_need need, struct pg_outcome *outcome,
                     struct pg_diagnostics *diagnostics, struct pg_error *error);

/* For who only looks: reads the table, settles what an interrupted run left unless somebody is at work,
 * and reads it anew then. The caller ends the table; after an error it is empty. */
int pg_table_read_settled(const struct pg_settings *settings, struct pg_nft *nft, enum pg_read what,
                          struct pg_table *ret, struct pg_diagnostics *diagnostics,
                          struct pg_error *error);

/* The same for who has no use for the table; who may not ask the kernel goes on without. */
void pg_recover_if_needed(const struct pg_settings *settings, struct pg_diagnostics *diagnostics);

#endif
