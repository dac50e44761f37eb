/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table as it stands, where most of it is known already. */
#ifndef PG_ENGINE_KNOWN_H
#define PG_ENGINE_KNOWN_H

#include <stdint.h>

#include "kernel/nft/nft.h"
#include "portguard/portguard.h"
#include "state/store/store.h"

struct pg_known {
        struct pg_snapshot snapshot;
        struct pg_policy *policy;    /* of the history, and exactly what the table holds; or NULL */
        struct pg_ruleset *compiled; /* `snapshot` borrows from it */
};

/* Completes what was read as PG_READ_SMALL. The ranges of large groups, which take the kernel longer to
 * tell than everything else takes together, come from the history, or from the groups of `site` (or
 * NULL), when nobody committed anything since the table was last read whole and found equal, and what
 * they make has the digest that the kernel's record says; else all is read. The caller ends it with
 * pg_known_done(); after an error it is empty. */
int pg_known_complete(const struct pg_settings *settings, struct pg_nft *nft,
                      const struct pg_site *site, struct pg_known *known, struct pg_error *error);
void pg_known_done(struct pg_known *known);

/* The table and what is known of it, for who holds the lock and has settled what was left. */
int pg_known_read_locked(const struct pg_settings *settings, struct pg_nft *nft,
                         const struct pg_site *site, struct pg_known *ret, struct pg_error *error);

/* The policy of a generation of the history, which the caller frees, with the groups of the site for
 * its large sets: NULL unless it has the digest that the history says, compiled with the options. */
struct pg_policy *pg_known_guess(struct pg_store *store, uint32_t number, const struct pg_site *site,
                                 const struct pg_ruleset_options *options);

/* Notes that the table was read whole at that generation id, and the slot in force has the digest. */
void pg_known_note(const struct pg_settings *settings, const struct pg_nft *nft,
                   const struct pg_ruleset *ruleset, uint32_t generation_id, const char *digest);

#endif
