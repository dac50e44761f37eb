/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of policy/diff/ share. */
#ifndef PG_POLICY_DIFF_INTERNAL_H
#define PG_POLICY_DIFF_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/admit.h"
#include "policy/diff/diff.h"

enum pg_line_subject {
        PG_LINE_PORTS,
        PG_LINE_PING,   /* echo requests, ICMP and ICMPv6 */
        PG_LINE_EGRESS, /* whatever leaves and that the strict one of both policies does not list */
};

/* What one source lets in and the other does not. */
struct pg_surplus {
        unsigned families;             /* in which there is anybody at all */
        struct pg_addresses addresses; /* exactly; empty where `is_rest` */
        char **interfaces;             /* borrowed from the source */
        size_t n_interfaces;
        bool is_rest;  /* the source is anybody: all but whom the other lets in */
        bool is_whole; /* `addresses` are all the source's, and borrowed from it */
};

/* One change for one range of ports. All of it is borrowed from the policies and the difference. */
struct pg_line {
        enum pg_change_kind kind;
        enum pg_line_subject subject;
        enum pg_direction direction;
        struct pg_ports ports;
        unsigned families;                 /* in which it is a change: PG_V4, PG_V6 or both */
        bool is_partial;                   /* the other family is reachable, and stays as it is */
        const struct pg_segment *was, *is; /* who owns the ports; NULL: nobody, or no PG_LINE_PORTS */
        const struct pg_source *before, *after; /* NULL: nobody */
        const struct pg_surplus *surplus;       /* whom it is about */
};

struct pg_difference;

/* Compares what new connections can do: ports, ping, and egress. `before` NULL: portguard is off, and
 * what opens is all that will be open. Both policies must outlive the result, which the caller frees.
 */
int pg_difference_find(const struct pg_policy *before, const struct pg_policy *after,
                       struct pg_difference **ret, struct pg_error *error);
struct pg_difference *pg_difference_free(struct pg_difference *difference);
PG_DEFINE_CLEANUP(struct pg_difference, pg_difference_free)

/* Inbound first, by protocol and port; then ping; then egress as a whole. */
size_t pg_difference_length(const struct pg_difference *difference);
const struct pg_line *pg_difference_line(const struct pg_difference *difference, size_t index);

/* Whether the flow is one of those that the line is about. */
bool pg_difference_has(const struct pg_difference *difference, size_t index,
                       const struct pg_flow *flow);

/* Families, as bits. */
enum { PG_V4 = 1, PG_V6 = 2, PG_V4_AND_V6 = 3 };

struct pg_relation {
        struct pg_surplus gained, lost;
};

/* Compares whom the sources let in; NULL is nobody. Who comes in by an interface does so with any
 * address: that counts in both families. The caller ends it with pg_relation_done(), while the sources
 * live. 0 or -ENOMEM. */
int pg_relation_find(const struct pg_source *before, const struct pg_source *after,
                     struct pg_relation *ret);
void pg_relation_done(struct pg_relation *relation);

/* The families in which the source lets anybody in; NULL is nobody. */
unsigned pg_source_families(const struct pg_source *source);

#endif
