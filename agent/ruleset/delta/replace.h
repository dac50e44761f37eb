/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of addresses that are replaced while rules look into them. What cannot be changed in place is
 * filled anew under the second of the set's two names, beside the first; then each rule that looks into
 * the one is replaced by one that looks into the other, for all of them in one batch.
 */
#ifndef PG_RULESET_REPLACE_H
#define PG_RULESET_REPLACE_H

#include "ruleset/delta/delta.h"

/* Gives the sets of `wanted` those of their two names that the rules of `actual` look into, so that the
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
