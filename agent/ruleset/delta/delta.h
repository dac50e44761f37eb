/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The difference between what the kernel holds and what it should hold. */
#ifndef PG_RULESET_DELTA_DELTA_H
#define PG_RULESET_DELTA_DELTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ruleset/model/model.h"

/* One element that one side has more than the other, of a set that both have: a range of addresses of
 * the set's own family; or, where nothing was compared, an element. */
struct pg_element_change {
        const struct pg_set *set;         /* the wanted side's */
        const struct pg_element *element; /* borrowed; NULL for a range of addresses */
        uint8_t first[16], last[16];      /* network byte order */
};

struct pg_element_changes {
        struct pg_element_change *items;
        size_t n;
};

struct pg_delta {
        bool equal;
        bool addresses_only; /* deletions and additions alone make the one the other */
        struct pg_element_changes deletions, additions; /* of addresses */
        char **differences; /* in words, for people; at most PG_DIFFERENCES_MAX */
        size_t n_differences;
};

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

/* Gives the counters of `wanted` the values that the same things have in the slot `from` of `actual`:
 * the same ports for the same services, and the drop rules. What is counted between the reading of
 * `actual` and the flip is lost; a counter is for people. */
void pg_counters_carry(const struct pg_ruleset *actual, char from, struct pg_ruleset *wanted, char to);

/* Whether the counter of `to` goes on from that of `from`: the same ports for the same services. */
bool pg_element_continues(const struct pg_element *from, const struct pg_element *to);

/* Sets of addresses that are replaced while rules look into them. What cannot be changed in place is
 * filled anew under the second of the set's two names, beside the first; then each rule that looks into
 * the one is replaced by one that looks into the other, for all of them in one batch.
 *
 * Gives the sets of `wanted` those of their two names that the rules of `actual` look into, so that the
 * two can be compared. */
void pg_replace_adopt(struct pg_ruleset *wanted, const struct pg_ruleset *actual);

/* Of what a comparison of addresses found, decides which sets of `wanted` are to be replaced, and gives
 * them, and their rules, the other name: every interval set; and a set of single addresses that loses
 * one which another set gains, since a packet that is in the old rules would find it in neither. Notes
 * at each set what becomes of it. Returns how many are replaced, or -ENOMEM. */
int pg_replace_choose(struct pg_ruleset *wanted, const struct pg_delta *delta);

/* Whether a rule of the wanted ruleset looks into a set that is to be replaced. */
bool pg_replace_has_rule(const struct pg_ruleset *wanted, const struct pg_rule *rule);

/* Whether the set is what an interrupted replacement left: its other name is there, and no rule looks
 * into this one. */
bool pg_replace_is_leftover(const struct pg_ruleset *ruleset, const struct pg_set *set);

#endif
