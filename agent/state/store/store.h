/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The history: generations and what became of them, in an SQLite database of the state directory.
 *
 * I5: a generation is on the disk before the kernel hears of it, and no row of it ever changes: what
 * happens to it is reported by events, which are only added. Each function that writes is one
 * transaction, and has reached the disk when it returns (synchronous=FULL, journal_mode=TRUNCATE).
 *
 * Writers hold the lock (lock.h); readers need none. Both wait a few seconds for one another.
 */
#ifndef PG_STATE_STORE_STORE_H
#define PG_STATE_STORE_STORE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"
#include "portguard/history.h"
#include "profile/site/site.h"

struct pg_store;

enum pg_store_access {
        PG_STORE_READ,  /* -ENOENT where there is no database, or an empty one; none is made */
        PG_STORE_WRITE, /* the directory must be there (the lock makes it); the database is made */
};

/* Opens the database of a state directory. Refused are a symbolic link (-ELOOP), a file that others may
 * write to or that is somebody else's (-EPERM), and a database of a newer version (-ENOTSUP). -EBADMSG:
 * it is damaged, or no database of portguard's. What an interrupted write left is undone, also by those
 * who only read. The caller closes the store. */
int pg_store_open(const char *directory, enum pg_store_access access, struct pg_store **ret,
                  struct pg_error *error);
/* The same to write, where another program may have it locked: waits for as long, and a few seconds at
 * least. */
int pg_store_open_to_write(const char *directory, unsigned wait_ms, struct pg_store **ret,
                           struct pg_error *error);
struct pg_store *pg_store_close(struct pg_store *store);
PG_DEFINE_CLEANUP(struct pg_store, pg_store_close)

/* Reads the whole database. -EBADMSG: it is damaged. */
int pg_store_check(struct pg_store *store, struct pg_error *error);

/* Stores a generation with its policy. The number must be new (-EEXIST) and not 0, and the digest be
 * there; `state`, `is_enforced` are not looked at. Large address sets are stored once for all
 * generations, by digest. Nothing is kept of the arguments. -ENOSPC, -EROFS, -EIO and the like with a
 * message that says the advice. */
int pg_store_add(struct pg_store *store, const struct pg_generation *generation,
                 const struct pg_policy *policy, struct pg_error *error);

enum pg_event_kind {
        PG_EVENT_TRIAL,     /* the generation is enforced on trial */
        PG_EVENT_EXTENDED,  /* its trial was made longer */
        PG_EVENT_CONFIRMED, /* it is enforced for good, and read back */
        PG_EVENT_EXPIRED,
        PG_EVENT_ENDED,
        PG_EVENT_FAILED,    /* it was never enforced, or taken back at once */
        PG_EVENT_DISABLING, /* generation 0: the table is about to be removed */
        PG_EVENT_DISABLED,  /* generation 0: it is removed; nothing is to be enforced */
        PG_EVENT_RESTORED,  /* enforced again at boot, or after somebody changed the table */
        PG_EVENT_KINDS,
};

/* Adds an event. -ENOENT: the generation is not in the history. `detail` is for people and may be NULL,
 * `actor` too. Of equal events of a generation the newest 64 are remembered.
 *
 * With PG_EVENT_CONFIRMED, the generations that are too many are forgotten, in the same transaction:
 * confirmed ones (that did not fail since) beyond `keep`, the newest confirmation first, and all others
 * whose number is lower than that of every kept one. The newest confirmed one stays, and the highest
 * number. */
int pg_store_event(struct pg_store *store, uint32_t generation, enum pg_event_kind kind,
                   const char *detail, const struct pg_actor *actor, struct pg_error *error);

/* What is intended. */
struct pg_intended {
        uint32_t last;      /* the highest number that was ever given away; 0: none */
        uint32_t confirmed; /* what is to be enforced for good; 0: nothing, or disabled */
        uint32_t previous;  /* the newest confirmed one that is there, even when disabled; or 0 */
        /* The last word on the table, among PG_EVENT_TRIAL, _CONFIRMED, _RESTORED, _DISABLING and
         * _DISABLED, was _DISABLING: it was not heard how that ended. */
        bool is_disabling;
        bool is_disabled; /* PG_EVENT_DISABLED is newer than the confirmation of `previous` */
        /* Stored or on trial, and no word on how it ended: at most the newest PG_UNSETTLED_MAX. */
        uint32_t *unsettled;
        size_t n_unsettled;
};
#define PG_UNSETTLED_MAX 64
int pg_store_intended(struct pg_store *store, struct pg_intended *ret, struct pg_error *error);
void pg_intended_done(struct pg_intended *intended);

/* One generation, without its policy; the caller ends it with pg_generation_done(). -ENOENT: there is
 * none of that number (the message says which there are). */
int pg_store_generation(struct pg_store *store, uint32_t number, struct pg_generation *ret,
                        struct pg_error *error);

/* The policy of a generation, equal to the one that was stored, or with `guess` perhaps equal
 * (pg_policy_from_json()); the caller frees it. -EBADMSG: what is stored is damaged (it carries a
 * digest of its own). -ENOTSUP: a newer version wrote it, in a format of its own. */
int pg_store_policy(struct pg_store *store, uint32_t number, const struct pg_site *guess,
                    struct pg_policy **ret, struct pg_error *error);

/* Only what the scopes of that policy were written as, into a policy that has nothing of it yet. Large
 * sets are not read. */
int pg_store_origins(struct pg_store *store, uint32_t number, struct pg_policy *policy,
                     struct pg_error *error);

/* The newest confirmed generation before `number`, as rollback without an argument wants it: confirmed
 * before `number` was for the last time (ever, where it never was), not failed since, and not `number`
 * itself. *ret is 0 where there is none. */
int pg_store_before(struct pg_store *store, uint32_t number, uint32_t *ret, struct pg_error *error);

/* All generations, the newest first. The caller frees it with pg_history_free(). */
int pg_store_history(struct pg_store *store, struct pg_history **ret, struct pg_error *error);

/* How many confirmed generations are kept, 1 to PG_HISTORY_KEEP_MAX (else -EINVAL); what is too many is
 * forgotten at once. */
int pg_store_keep(struct pg_store *store, unsigned keep, struct pg_error *error);

struct pg_store {
        sqlite3 *database;
        char *path;
        unsigned wait_ms; /* for others that have it locked */
};

#endif
