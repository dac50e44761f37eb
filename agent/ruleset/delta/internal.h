/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of ruleset/delta/ share. */
#ifndef PG_RULESET_DELTA_INTERNAL_H
#define PG_RULESET_DELTA_INTERNAL_H

#include <stddef.h>

#include "ruleset/delta/delta.h"

/* A place where two chains differ: a rule of one, of the other, or one of each that stands where the
 * other should. Borrowed from the chains; never both NULL. */
struct pg_rule_pair {
        const struct pg_rule *actual; /* NULL: a wanted rule is missing */
        const struct pg_rule *wanted; /* NULL: the rule is one too many */
};

/* The fewest places that make the one chain the other, in the order of the rules; rules that are equal
 * are left out. Where the chains have more than 1,000,000 pairs of rules between their first and last
 * difference, rules are compared one by one there, each with the one that has its number. The caller
 * frees the array. 0 or -ENOMEM. */
int pg_rules_align(const struct pg_chain *actual, const struct pg_chain *wanted,
                   struct pg_rule_pair **ret, size_t *ret_n);

#define PG_DIFFERENCES_MAX 200

#endif
