/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A policy on trial: a rule in front of the hook's own that goes to the new slot while an element of a
 * set lives. When the element expires the lookup fails and the old policy rules again, with no process
 * involved: the clock is the kernel's, and does not move with the time of day.
 *
 *     set trial { type nf_proto; flags timeout; elements = { ipv4 timeout 2m, ipv6 timeout 2m } }
 *     chain input { ...; meta nfproto @trial goto input_b; goto input_a; }
 *
 * Every hook asks the same set, so that all of them go back together.
 */
#ifndef PG_RULESET_TRIAL_H
#define PG_RULESET_TRIAL_H

#include "ruleset/ruleset.h"

#define PG_TRIAL_NAME "trial"

/* The set with its two elements, which live that long. The caller ends it with pg_trial_set_done().
 * 0 or -ENOMEM. */
int pg_trial_set_make(uint64_t timeout_ms, struct pg_set *ret);
void pg_trial_set_done(struct pg_set *set);

/* Fills an empty rule for a hook that, on trial, goes to `chain`, or with NULL lets everything pass.
 * 0 or -ENOMEM. */
int pg_trial_rule_make(struct pg_rule *rule, const char *chain);

/* Whether a rule of a hook is such a one. */
bool pg_trial_rule_is(const struct pg_rule *rule);

/* What a table says of a trial. */
struct pg_trial {
        bool is_there;    /* the set, or a rule that asks it */
        char slot;        /* on trial now; 0 when none is, or its time is up */
        uint64_t left_ms; /* of the element that expires first */
};

/* Reads it from a snapshot, whose elements of the set must have been read. */
struct pg_trial pg_trial_find(const struct pg_ruleset *ruleset);

#endif
