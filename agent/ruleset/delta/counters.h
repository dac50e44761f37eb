/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hits outlive a change of policy. */
#ifndef PG_RULESET_COUNTERS_H
#define PG_RULESET_COUNTERS_H

#include "ruleset/model/ruleset.h"

/* Gives the counters of `wanted` the values that the same things have in the slot `from` of `actual`:
 * the same ports for the same services, and the drop rules. What is counted between the reading of
 * `actual` and the flip is lost; a counter is for people. */
void pg_counters_carry(const struct pg_ruleset *actual, char from, struct pg_ruleset *wanted, char to);

/* Whether the counter of `to` goes on from that of `from`: the same ports for the same services. */
bool pg_element_continues(const struct pg_element *from, const struct pg_element *to);

#endif
