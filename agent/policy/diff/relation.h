/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two sources side by side: whom the second lets in beyond the first, and whom it no longer does. */
#ifndef PG_POLICY_RELATION_H
#define PG_POLICY_RELATION_H

#include "policy/policy.h"
#include "portguard/extent.h"

/* Families, as bits. */
enum { PG_V4 = 1, PG_V6 = 2, PG_V4_AND_V6 = 3 };

/* What one source lets in and the other does not. */
struct pg_surplus {
        unsigned families;             /* in which there is anybody at all */
        struct pg_addresses addresses; /* exactly; empty where `is_rest` */
        char **interfaces;             /* borrowed from the source */
        size_t n_interfaces;
        bool is_rest;  /* the source is anybody: all but whom the other lets in */
        bool is_whole; /* `addresses` are all the source's, and borrowed from it */
};

struct pg_relation {
        struct pg_surplus gained, lost;
};

/* Compares whom the sources let in; NULL is nobody. Who comes in by an interface does so with any
 * address: that counts in both families. The caller ends it with pg_relation_done(), while the sources
 * live. 0 or -ENOMEM. */
int pg_relation_find(const struct pg_source *before, const struct pg_source *after,
                     struct pg_relation *ret);
void pg_relation_done(struct pg_relation *relation);

/* How much of the packets of one source another lets in. */
enum pg_extent pg_source_extent(const struct pg_source *of, const struct pg_source *by);

/* The families in which the source lets anybody in; NULL is nobody. */
unsigned pg_source_families(const struct pg_source *source);

#endif
