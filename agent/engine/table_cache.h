/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Large groups that need not be read again: the table cache. */
#ifndef PG_ENGINE_TABLE_CACHE_H
#define PG_ENGINE_TABLE_CACHE_H

#include <stdint.h>

#include "engine/table.h"
#include "portguard/portguard.h"
#include "state/store/store.h"

/* Completes what was read as PG_READ_SMALL. The ranges of large groups, which take the kernel longer to
 * tell than everything else takes together, come from the history, or from the groups of `site` (or
 * NULL), when nobody committed anything since the table was last read whole and found equal, and what
 * they make has the digest that the kernel's record says; else all is read. Of a table that another
 * version made the ranges stay unread, where the history tells its policy. After an error the table is
 * empty. */
int pg_table_complete(const struct pg_settings *settings, struct pg_nft *nft,
                      const struct pg_site *site, struct pg_table *table, struct pg_error *error);

/* The policy of a generation of the history, which the caller frees, with the groups of the site for
 * its large sets: NULL unless it has the digest that the history says, compiled with the options. */
struct pg_policy *pg_table_cache_guess(struct pg_store *store, uint32_t number,
                                       const struct pg_site *site,
                                       const struct pg_ruleset_options *options);

/* Notes that the table was read whole at that generation id, and the slot in force has the digest. */
void pg_table_cache_note(const struct pg_settings *settings, const struct pg_nft *nft,
                         const struct pg_ruleset *ruleset, uint32_t genid, const char *digest);

#endif
