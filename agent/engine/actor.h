/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who calls, as far as the system tells. */
#ifndef PG_ENGINE_ACTOR_H
#define PG_ENGINE_ACTOR_H

#include "engine/caller.h"
#include "portguard/history.h"

/* Who calls, as far as the system tells, over `session` or NULL. The caller ends it with
 * pg_actor_done(). */
void pg_actor_find(struct pg_actor *ret, const struct pg_ssh_session *session);
void pg_actor_done(struct pg_actor *actor);

#endif
