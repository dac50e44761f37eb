/* SPDX-License-Identifier: GPL-2.0-or-later */
/* I7: one writer at a time. */
#ifndef PG_STATE_LOCK_H
#define PG_STATE_LOCK_H

#include "base/cleanup.h"
#include "portguard/error.h"

struct pg_lock;

/* Takes the lock of the state directory, which is made (0700) when it is missing; waits at most
 * `wait_ms`. -EBUSY: another process holds it, named in the error. The kernel lets go of the lock when
 * the process dies, however it dies. */
int pg_lock_take(const char *directory, unsigned wait_ms, struct pg_lock **ret, struct pg_error *error);

struct pg_lock *pg_lock_release(struct pg_lock *lock);
PG_DEFINE_CLEANUP(struct pg_lock, pg_lock_release)

#endif
