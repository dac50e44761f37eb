/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel carries about the generation it enforces: number, digest, who compiled it, and the
 * profiles asked for.
 * It lives in a set of the slot, as comments on elements, because elements can be added without
 * deleting anything: a commit that deletes makes the closing of the socket wait for an RCU grace
 * period.
 */
#ifndef PG_RULESET_RECORD_H
#define PG_RULESET_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sha256.h"
#include "ruleset/model/model.h"

/* Older records may stand beside the newest up to this many elements; a change of slot forgets them. */
#define PG_RECORD_ELEMENTS_MAX 256

#define PG_RECORD_VERSION_MAX 32

/*
 * In words, "DIGEST+COMPILER/VERSION[/TABLE] PROFILE ...". A record without "+..." is of 0.1.0 before
 * its release, and of compiler 1. Whatever newer versions write before the "+", and behind VERSION,
 * COMPILER and VERSION stay where they are: so an older one can say whose table it is.
 */
struct pg_record {
        uint32_t generation; /* 0: there is none */
        /* The generation's name in the history: of what it compiled to when it was first applied. Of a
         * newer version's it may be "". */
        char digest[PG_DIGEST_TEXT_SIZE];
        /* What the slot holds: another one where a generation that an older version stored was compiled
         * anew. "" where a newer version says it in another form. */
        char table_digest[PG_DIGEST_TEXT_SIZE];
        unsigned compiler; /* PG_COMPILER of the version that made the slot */
        char version[PG_RECORD_VERSION_MAX];
        char **profiles; /* names that a profile may have, at most PG_CATALOG_PROFILES_MAX */
        size_t n_profiles;
};

void pg_record_done(struct pg_record *record);

/* Reads the newest record of a slot. A missing or broken one gives generation 0; one that a newer
 * version wrote is neither. 0 or -ENOMEM. */
int pg_record_read(const struct pg_ruleset *ruleset, char slot, struct pg_record *ret);

/* Appends a record to the slot's set in a compiled ruleset. 0 or -ENOMEM. */
int pg_record_write(struct pg_ruleset *ruleset, char slot, const struct pg_record *record);

/* Whether the slot's set, as it was read from the kernel, has room for one more record, which would be
 * the newest in it: what of a newer or a broken one is there would stand in its way. */
bool pg_record_has_room(const struct pg_ruleset *ruleset, char slot, const struct pg_record *record);

/* Makes the record of a ruleset that this version compiled. `digest`: what the history calls the
 * generation; NULL: it is new, and gets its name from the ruleset. 0 or -ENOMEM. */
int pg_record_make(const struct pg_ruleset *ruleset, char slot, uint32_t generation, const char *digest,
                   char *const *profiles, size_t n_profiles, struct pg_record *ret);

/* Whether two records are of the same table, made of the same profiles by the same compiler; which
 * generation it is does not count. */
bool pg_record_equal(const struct pg_record *a, const struct pg_record *b);

/* Whether this version's compiler made the slot, as far as is known; and whether one did that this
 * version does not know. */
bool pg_record_is_current(const struct pg_record *record);
bool pg_record_is_newer(const struct pg_record *record);

#endif
