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

/* Reads the table. Where it holds what an interrupted run left, or what another portguard is in the
 * middle of, writers are held off, and it is read anew; not so where the caller has the lock. The
 * caller ends the table; after an error it is empty. */
int pg_table_read_settled(const struct pg_settings *settings, struct pg_nft *nft, bool is_locked,
                          enum pg_read what, struct pg_table *ret, struct pg_diagnostics *diagnostics,
                          struct pg_error *error);

/* For who found something wrong with a table that was read without the lock, at `genid`: whether it may
 * be another portguard's doing, which was at work then, or is. */
bool pg_is_outrun(const struct pg_settings *settings, struct pg_nft *nft, uint32_t genid);

/* For who looks again: waits for another portguard that is at work, as long as the settings say, keeps
 * others from beginning, and settles what an interrupted run left. Returns the lock, which the caller
 * releases; or NULL, and a warning tells why, and that what was seen may be half of a change. */
struct pg_lock *pg_hold_off_writers(const struct pg_settings *settings, struct pg_nft *nft,
                                    struct pg_diagnostics *diagnostics);

/* The same for who has no use for the table; who may not ask the kernel goes on without. */
void pg_recover_if_needed(const struct pg_settings *settings, struct pg_diagnostics *diagnostics);

#endif
