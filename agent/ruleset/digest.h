/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What decides about packets in a slot, as one number. */
#ifndef PG_RULESET_DIGEST_H
#define PG_RULESET_DIGEST_H

#include "base/sha256.h"
#include "ruleset/model/model.h"

/* The digest of all that decides about packets in a slot: its chains and sets, expression by
 * expression, whatever the slot is called and whatever its counters say. Equal policies have equal
 * digests. The record itself, the base chains and the sets that belong to no slot are not in it.
 *
 * It is for ever: tables and histories hold digests that an older version made, and compare them with
 * what this one makes of the same objects. Who has to change it raises PG_COMPILER, and gives digests
 * of the new kind another form in the record (record.h), which older versions then take for one that
 * they cannot read, and not for drift. */
void pg_ruleset_digest(const struct pg_ruleset *ruleset, char slot,
                       char text[static PG_DIGEST_TEXT_SIZE]);

#endif
