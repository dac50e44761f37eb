/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Another try, from the reading on, while somebody else commits between the reading and the change. */
#ifndef PG_ENGINE_RETRY_H
#define PG_ENGINE_RETRY_H

#define PG_TRIES_MAX 16

/* Calls `attempt` until it returns something else than -ERESTART, at most PG_TRIES_MAX times. Returns
 * what the last one did. */
int pg_retry(int (*attempt)(void *data), void *data);

#endif
