/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names that comments carry: the services of a port, the label of a source. Where they are longer
 * than a comment may be, the comment is what fits and "... 0x1a2b3c4d", and the whole is the text of
 * that number in the slot's set `names` (ruleset/model/parts.h).
 */
#ifndef PG_RULESET_MODEL_COMMENTS_H
#define PG_RULESET_MODEL_COMMENTS_H

#include "ruleset/model/ruleset.h"

/* The comment for a text, in *ret, which the caller frees; a text that does not fit is added to the set
 * `names`. Equal texts have equal comments, and others have others. 0 or -ENOMEM. */
int pg_comment_make(struct pg_set *names, const char *text, char **ret);

/* The text that a comment was made for, in *ret, which the caller frees: as much as the comment has
 * where somebody took the rest out of the slot's set. 0 or -ENOMEM. */
int pg_comment_read(const struct pg_ruleset *ruleset, char slot, const char *comment, char **ret);

#endif
