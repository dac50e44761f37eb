/* SPDX-License-Identifier: GPL-2.0-or-later */
/* I2: what an interrupted run left in kernel and history. */
#ifndef PG_ENGINE_RECOVER_H
#define PG_ENGINE_RECOVER_H

#include <stdbool.h>

#include "engine/context.h"
#include "engine/table.h"

/* I2. Under the lock: brings the kernel's leftovers and the history's open ends together,
 * and tells each as a warning. `was_left` says that the last holder of the lock died. */
int pg_recover(struct pg_context *context, bool was_left);
/* Whether the table shows that something is to be settled. */
bool pg_needs_recovery(const struct pg_table *table);
/* Ends an expired or broken off trial and an interrupted change in the kernel: what is in force stays,
 * all else that has the name of a slot goes. `with_policies`: the hooks get the policy to drop back
 * that an interrupted removal of the table took from them. */
int pg_settle_table(struct pg_nft *nft, bool with_policies, struct pg_error *error);

#endif
