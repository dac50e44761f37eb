/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Texts that are longer than a comment may be, in the elements of a set: the keys are (number, part),
 * and the comments of the parts, joined, are the text of that number.
 */
#ifndef PG_RULESET_MODEL_PARTS_H
#define PG_RULESET_MODEL_PARTS_H

#include <stdint.h>

#include "ruleset/model/ruleset.h"

/* Bytes of a comment, its end not counted: nft lists a longer one, and refuses to read its own listing
 * (NFTNL_UDATA_COMMENT_MAXLEN of libnftnl/udata.h). */
#define PG_COMMENT_MAX 128

/* Gives an empty set the type that holds texts. */
void pg_parts_define(struct pg_set *set);

/* Adds a text, which must not be empty, as that number; sort the ruleset afterwards. 0 or -ENOMEM. */
int pg_parts_add(struct pg_set *set, uint32_t number, const char *text);

/* The text of a number as far as it is there without a gap, in *ret: "" where there is none, or no set
 * at all. The caller frees it. 0 or -ENOMEM. */
int pg_parts_read(const struct pg_set *set, uint32_t number, char **ret);

/* The number of the text that an element is a part of. */
uint32_t pg_parts_number(const struct pg_element *element);

#endif
