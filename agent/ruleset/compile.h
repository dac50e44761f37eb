/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the compiler share. */
#ifndef PG_RULESET_COMPILE_H
#define PG_RULESET_COMPILE_H

#include "ruleset/comments.h"
#include "ruleset/ruleset.h"

struct pg_compilation {
        const struct pg_policy *policy;
        struct pg_ruleset *ruleset;
        struct pg_set *names; /* that comments do not take (ruleset/comments.h) */
        char slot;
};

/* The chain from_NAME or to_NAME, which accepts whom the source lets in and refuses the rest, and the
 * sets that it needs; nothing where they are there already. 0 or -ENOMEM. */
int pg_compile_source(struct pg_compilation *c, const struct pg_source *source,
                      enum pg_direction direction);

/* The source's addresses of one family as one set of that name, unless there are none or it is there.
 */
int pg_compile_set(struct pg_compilation *c, const struct pg_source *source, bool is_v6,
                   const char *name);

#endif
