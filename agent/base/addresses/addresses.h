/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A set of addresses: sorted, disjoint, non-adjacent intervals, IPv4 and IPv6 apart. */
#ifndef PG_BASE_ADDRESSES_ADDRESSES_H
#define PG_BASE_ADDRESSES_ADDRESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/prefix.h"

struct pg_range4 {
        uint32_t first, last; /* host byte order, both ends included */
};

struct pg_range6 {
        uint8_t first[16], last[16]; /* network byte order, both ends included */
};

/* Ranges are appended in any order and made sorted and disjoint by pg_addresses_normalise(); every
 * function but those that append wants it so. */
struct pg_addresses {
        struct pg_range4 *v4;
        size_t n_v4;
        struct pg_range6 *v6;
        size_t n_v6;
        unsigned *users; /* how many sets share these ranges; NULL: they are this one's own */
};

void pg_addresses_done(struct pg_addresses *addresses);

/* Makes a normalised set one that can be shared, from one thread: a large group is in many sources, and
 * stands in memory once. 0 or -ENOMEM. */
int pg_addresses_seal(struct pg_addresses *addresses);

/* Each returns 0 or -ENOMEM. Adding all of a sealed set to an empty one shares it. */
int pg_addresses_add_prefix(struct pg_addresses *addresses, const struct pg_prefix *prefix);
int pg_addresses_add_range(struct pg_addresses *addresses, bool is_v6, const uint8_t *first,
                           const uint8_t *last);
int pg_addresses_add_all(struct pg_addresses *addresses, const struct pg_addresses *other);
/* Adds what `other` has of one family between two addresses, in network byte order, both included. */
int pg_addresses_add_part(struct pg_addresses *addresses, const struct pg_addresses *other, bool is_v6,
                          const uint8_t *first, const uint8_t *last);
void pg_addresses_normalise(struct pg_addresses *addresses);
/* Sorts the ranges of a set that shares them with nobody, and joins none. */
void pg_addresses_sort(struct pg_addresses *addresses);

bool pg_addresses_empty(const struct pg_addresses *addresses);
bool pg_addresses_equal(const struct pg_addresses *a, const struct pg_addresses *b);
/* Whether every address of `inner` is in `outer`. */
bool pg_addresses_contain(const struct pg_addresses *outer, const struct pg_addresses *inner);
/* Whether any address is in both. */
bool pg_addresses_overlap(const struct pg_addresses *a, const struct pg_addresses *b);
/* Whether the ranges of one family of `set` are those of `part` and those of `other`, and each is in
 * one of them. */
bool pg_addresses_divided(const struct pg_addresses *set, bool is_v6, const struct pg_addresses *part,
                          const struct pg_addresses *other);
/* The ranges of `set` that `other` does not have whole, uncut, appended to *ret. 0 or -ENOMEM. */
int pg_addresses_beyond(const struct pg_addresses *set, const struct pg_addresses *other,
                        struct pg_addresses *ret);
/* Exactly the addresses of `set` that `other` does not have, normalised, appended to the empty *ret. 0
 * or -ENOMEM. In addresses_subtract.c. */
int pg_addresses_subtract(const struct pg_addresses *set, const struct pg_addresses *other,
                          struct pg_addresses *ret);
/* The same addresses apart: ranges of up to `run` addresses become single addresses, the others are
 * copied whole. The caller ends both. 0 or -ENOMEM. In addresses_split.c. */
int pg_addresses_split(const struct pg_addresses *set, size_t run, struct pg_addresses *ret_singles,
                       struct pg_addresses *ret_others);
/* Whether pg_addresses_split() would give a copy of the set and nothing: all of it single addresses
 * (*ret_singles), or ranges of more than `run`. */
bool pg_addresses_are_alike(const struct pg_addresses *set, size_t run, bool *ret_singles);
/* Whether the address is in the set, and the index of the range in v4 or v6 that has it. */
bool pg_addresses_find(const struct pg_addresses *addresses, bool is_v6, const uint8_t *address,
                       size_t *ret);
/* Whether the address (4 or 16 bytes, network byte order) is in the set. */
bool pg_addresses_have(const struct pg_addresses *addresses, bool is_v6, const uint8_t *address);

/* Writes a range as text: one address, a prefix where the range is one, or FIRST-LAST. `family` is
 * AF_INET or AF_INET6, first and last in network byte order. */
void pg_range_format(int family, const uint8_t *first, const uint8_t *last, char *buffer, size_t size);

#endif
