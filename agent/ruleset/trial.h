/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A policy on trial: a rule in front of the hook's own that goes to the new slot while an element of a
 * set lives. When the element expires the lookup fails and the old policy rules again, with no process
 * involved: the clock is the kernel's, and does not move with the time of day.
 *
 *     set trial { type nf_proto; flags timeout; elements = { 1 timeout 2m, ipv4 timeout 2m, ipv6
 * timeout 2m } } chain input { ...; meta nfproto @trial goto input_b; goto input_a; }
 *
 * Every hook asks the same set, so that all of them go back together. A trial is made longer by a
 * second set, trial2, whose rules come in front; then the first goes. No element is deleted that a
 * packet may look for. The element 1 is of no packet's family (NFPROTO_INET): whoever makes the trial
 * longer deletes it in the same batch, which the kernel refuses when it has expired, and so have the
 * others.
 */
#ifndef PG_RULESET_TRIAL_H
#define PG_RULESET_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "ruleset/model/model.h"

#define PG_TRIAL_NAME "trial"
#define PG_TRIAL_NAME_2 "trial2"

/* The set of that name with its elements, which live that long. The caller ends it with
 * pg_trial_set_done(). 0 or -ENOMEM. */
int pg_trial_set_make(const char *name, uint64_t timeout_ms, struct pg_set *ret);
void pg_trial_set_done(struct pg_set *set);
/* Whether it is one of the two, by its name. */
bool pg_trial_set_is(const struct pg_set *set);
/* The element that is of no family: the first of a set that pg_trial_set_make() made. */
const struct pg_element *pg_trial_witness(const struct pg_set *set);

/* Fills an empty rule for a hook that, while the set's elements live, goes to `chain`, or with NULL
 * lets everything pass. 0 or -ENOMEM. */
int pg_trial_rule_make(struct pg_rule *rule, const char *set, const char *chain);

/* The name of the set that a rule of a hook asks, borrowed; NULL where it is no such rule. */
const char *pg_trial_rule_set(const struct pg_rule *rule);

/* What a table says of a trial. */
struct pg_trial {
        bool is_there;    /* a set, or a rule that asks one */
        char slot;        /* on trial now; 0 when none is, or its time is up */
        uint64_t left_ms; /* until the last of the sets that are asked has an element expired */
        bool has_run_out; /* it is there, and its time is up, or somebody deleted what measures it */
        bool is_behind;   /* somebody else's rule comes before its own */
        bool is_uneven;   /* it ends for one family before the other */
        /* Of the set that is asked first: somebody changed which elements it has, or when they end; so
         * that the witness, as long as there is time, does not end with the first of the others. */
        bool is_altered, lacks_witness;
        const char *set; /* the name of the set that is asked first and lives; or NULL */
};

/* Reads it from a snapshot, whose elements of the sets must have been read. */
struct pg_trial pg_trial_find(const struct pg_ruleset *ruleset);

#endif
