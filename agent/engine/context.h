/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a command works with: the kernel, the history, the lock, and what an interrupted run left. */
#ifndef PG_ENGINE_CONTEXT_H
#define PG_ENGINE_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/caller.h"
#include "kernel/nft/nft.h"
#include "portguard/portguard.h"
#include "state/lock.h"
#include "state/store/store.h"

struct pg_context {
        const struct pg_settings *settings;
        struct pg_diagnostics *diagnostics;
        struct pg_error *error;
        struct pg_nft *nft; /* the outcome's */
        struct pg_lock *lock;
        struct pg_store *store;      /* NULL where the history is not needed and cannot be used */
        bool is_read_only;           /* it cannot be written */
        struct pg_intended intended; /* empty without a store */
        struct pg_actor actor;
        struct pg_ssh_session caller; /* the ssh session that this was typed in */
        bool has_caller;
};

enum pg_history_need {
        PG_HISTORY_UNUSED,   /* what writes nothing need not wait for a writer: no lock, either */
        PG_HISTORY_NEEDED,   /* without it nothing is done */
        PG_HISTORY_READ,     /* to read it is enough; a warning tells when it cannot be written */
        PG_HISTORY_OPTIONAL, /* a warning tells that it cannot be used */
};

void pg_context_done(struct pg_context *context);

/* The generation that the history says is enforced for good; 0: none, or it cannot be asked. */
uint32_t pg_context_intended(const struct pg_context *context);

/* Fills in who calls. */
void pg_context_find_caller(struct pg_context *context);

/* Adds an event by the context's actor; does nothing without a store. */
int pg_context_event(struct pg_context *context, uint32_t generation, enum pg_event_kind kind,
                     const char *detail);

/* The same for what is done in any case; when it cannot be written a warning says so, and the next
 * command finds out, as it does without a store. */
void pg_context_try_event(struct pg_context *context, uint32_t generation, enum pg_event_kind kind);

/* After a failure: that what may have been written of the generation does not hold. When this cannot be
 * written either, the next command finds it out. */
void pg_context_take_back(struct pg_context *context, uint32_t generation, enum pg_event_kind kind,
                          const char *detail);

#endif
