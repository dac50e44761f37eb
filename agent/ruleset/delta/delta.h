/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The difference between what the kernel holds and what it should hold. */
#ifndef PG_RULESET_DELTA_H
#define PG_RULESET_DELTA_H

#include "ruleset/model/ruleset.h"

/* One element to add to, or delete from, a set that both sides have: a range of addresses of the set's
 * own family; or, where nothing was compared, an element. */
struct pg_element_change {
        const struct pg_set *set;         /* the wanted side's */
        const struct pg_element *element; /* borrowed; NULL for a range of addresses */
        uint8_t first[16], last[16];      /* network byte order */
        bool is_addition;
};

struct pg_delta {
        bool equal;
        bool addresses_only;               /* `changes` alone makes the one the other */
        struct pg_element_change *changes; /* of addresses; deletions first */
        size_t n_changes;
        char **differences; /* in words, for people; at most PG_DIFFERENCES_MAX */
        size_t n_differences;
};

#define PG_DIFFERENCES_MAX 200

/* What to compare. */
struct pg_delta_scope {
        char slot;          /* objects of this slot; those of no slot are always compared */
        bool ignore_record; /* leave the record's elements out */
        /* A base chain may have another policy, and other rules beside the wanted; there may be objects
         * that belong to no slot: all that goes when the old slot is retired. */
        bool lenient;
        bool ignore_unread; /* elements that were not read are known to be right; else they differ */
        bool on_trial;      /* the sets of an open trial are to be there */
        bool ignore_hooks;  /* leave the base chains out: the slot is prepared, not yet in force */
};

/* Compares by name, object by object, expression by expression; counters' values and the elements of
 * dynamic sets do not count. Objects of the other slot are not looked at. The caller ends the delta
 * with pg_delta_done(). 0 or -ENOMEM. */
int pg_ruleset_compare(const struct pg_ruleset *actual, const struct pg_ruleset *wanted,
                       const struct pg_delta_scope *scope, struct pg_delta *ret);

void pg_delta_done(struct pg_delta *delta);

#endif
