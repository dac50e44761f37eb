/* SPDX-License-Identifier: GPL-2.0-or-later */
/* I7: one writer at a time. */
#ifndef PG_STATE_LOCK_H
#define PG_STATE_LOCK_H

#include <stdbool.h>

#include "base/cleanup.h"
#include "portguard/error.h"

struct pg_lock;

/* Takes the lock of the state directory, which is made (0700) when it is missing; waits at most
 * `wait_ms`. -EBUSY: another process holds it, named in the error. The kernel lets go of the lock when
 * the process dies, however it dies; the file then still holds its number, which tells that it did. */
int pg_lock_take(const char *directory, unsigned wait_ms, struct pg_lock **ret, struct pg_error *error);

/* Empties the file and lets go of the lock; NULL is allowed. Returns NULL. */
struct pg_lock *pg_lock_release(struct pg_lock *lock);
PG_DEFINE_CLEANUP(struct pg_lock, pg_lock_release)

/* Whether the file was not empty when the lock was taken: whoever held it last died, and what it was at
 * may be half done. */
bool pg_lock_was_left(const struct pg_lock *lock);

/* What an earlier run left, or this one, is not cleaned up: the release leaves the file as it is, so
 * that the next run is given too. */
void pg_lock_stay_left(struct pg_lock *lock);

enum pg_lock_state {
        PG_LOCK_UNUSED, /* there is no directory, or no file in it */
        PG_LOCK_FREE,
        PG_LOCK_OURS, /* this process holds it, and could write its number */
        PG_LOCK_HELD,
        PG_LOCK_LEFT, /* nobody holds it, and who held it last died */
};

/* For those that only read: makes nothing, and waits for nobody. Returns one of these, or a negative
 * errno value, such as -EACCES where only root may look. */
int pg_lock_peek(const char *directory);

#endif
