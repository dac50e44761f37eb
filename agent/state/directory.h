/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state directory, which holds the lock and the history. */
#ifndef PG_STATE_DIRECTORY_H
#define PG_STATE_DIRECTORY_H

#include <stdbool.h>

#include "portguard/error.h"

#define PG_STATE_HISTORY "state.db"
#define PG_STATE_LOCK "lock"
#define PG_STATE_CACHE "cache"

/* Opens the state directory; with `make` it is made (0700) when it is missing, its parent must be
 * there; one that is there must be empty or have a history, or what a writer left before it had one.
 * Refused are a symbolic link, and what others than root and the caller may change: the directory
 * itself, or one above it (pg_trust_walk()). Returns a descriptor that the caller closes, or a negative
 * errno value; -ENOENT where there is no such directory, -ENOLINK where a symbolic link on the way to
 * it leads nowhere. */
int pg_state_directory_open(const char *path, bool make, struct pg_error *error);

/* Whether portguard has put anything into the directory. */
bool pg_state_directory_is_used(int directory);

#endif
