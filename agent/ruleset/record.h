/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel carries about the generation it enforces: number, digest, and the profiles asked for.
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

struct pg_record {
        uint32_t generation; /* 0: there is none */
        char digest[PG_DIGEST_TEXT_SIZE];
        char **profiles;
        size_t n_profiles;
};

void pg_record_done(struct pg_record *record);

/* Reads the newest record of a slot. A missing or broken one gives generation 0. 0 or -ENOMEM. */
int pg_record_read(const struct pg_ruleset *ruleset, char slot, struct pg_record *ret);

/* Appends a record to the slot's set in a compiled ruleset. 0 or -ENOMEM. */
int pg_record_write(struct pg_ruleset *ruleset, char slot, const struct pg_record *record);

/* Whether the slot's set, as it was read from the kernel, has room for one more record. */
bool pg_record_has_room(const struct pg_ruleset *ruleset, char slot, const struct pg_record *record);

/* Makes the record of a compiled ruleset: its digest and the names. 0 or -ENOMEM. */
int pg_record_make(const struct pg_ruleset *ruleset, char slot, uint32_t generation,
                   char *const *profiles, size_t n_profiles, struct pg_record *ret);

/* Whether two records say the same, their generations' numbers apart. */
bool pg_record_equal(const struct pg_record *a, const struct pg_record *b);

#endif
