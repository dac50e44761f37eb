/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The beginning and the end of every command. */
#include "engine/context.h"

#include <errno.h>

#include "engine/actor.h"
#include "engine/intended.h"

void pg_context_find_caller(struct pg_context *c)
{
        c->has_caller = pg_ssh_session_find(&c->caller);
        pg_actor_find(&c->actor, c->has_caller ? &c->caller : NULL);
}

uint32_t pg_context_intended(const struct pg_context *c)
{
        return c->store ? c->intended.confirmed : pg_intended_generation(c->settings);
}

void pg_context_done(struct pg_context *context)
{
        pg_actor_done(&context->actor);
        pg_intended_done(&context->intended);
        pg_store_close(context->store);
        pg_lock_release(context->lock);
        *context = (struct pg_context){0};
}

int pg_context_event(struct pg_context *context, uint32_t generation, enum pg_event_kind kind,
                     const char *detail)
{
        if (!context->store)
                return 0;
        return pg_store_event(context->store, generation, kind, detail, &context->actor,
                              context->error);
}

static void report_missing(struct pg_context *context, const struct pg_error *error)
{
        pg_diagnostics_add(context->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                           "done, but not in the history: %s", error->message);
        pg_lock_stay_left(context->lock);
}

void pg_context_try_event(struct pg_context *context, uint32_t generation, enum pg_event_kind kind)
{
        struct pg_error error;

        if (!context->store)
                pg_lock_stay_left(context->lock);
        if (context->store && !context->is_read_only &&
            pg_store_event(context->store, generation, kind, NULL, &context->actor, &error) < 0)
                report_missing(context, &error);
}

void pg_context_take_back(struct pg_context *context, uint32_t generation, enum pg_event_kind kind,
                          const char *detail)
{
        int r = 0;

        if (context->store)
                r = pg_store_event(context->store, generation, kind, detail, &context->actor, NULL);
        /* -ENOENT: it is not there. */
        if (r < 0 && r != -ENOENT)
                pg_lock_stay_left(context->lock);
}
