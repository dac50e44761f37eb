/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies as JSON: where their large sets are put, and a small policy that has some of everything. */
#ifndef PG_TESTS_STORED_H
#define PG_TESTS_STORED_H

#include "base/sha256.h"
#include "policy/policy.h"
#include "unit/policies.h"

/* Sets of addresses that were put aside, as the store does. */
struct shelf {
        struct {
                char digest[PG_DIGEST_TEXT_SIZE];
                uint8_t *bytes;
                size_t length;
        } items[8];
        size_t n;
        size_t opened; /* which one is read */
        int failure;   /* what is returned, where it is not 0 */
};

int shelf_put(const char *digest, const void *bytes, size_t length, void *context);
void shelf_done(struct shelf *shelf);

/* Write and read, or fail. */
char *write_policy(const struct pg_policy *policy, struct shelf *shelf);
struct pg_policy *read_policy(const char *text, struct shelf *shelf);
/* Reads, and returns what that says. */
int try_policy(const char *text, size_t length, struct shelf *shelf, struct pg_policy **ret,
               struct pg_error *error);

/* Of profile "p": services a (tcp/80 and udp/1000-2000 from group g and an address), b (GRE from any),
 * c (tcp/81 from local) and d, which is closed. Group g has addresses and interfaces. */
struct pg_policy *make_small(void);
/* The index of the source that has interfaces. */
size_t group_of(const struct pg_policy *policy);
/* Appends a range of IPv4 addresses to a source. */
void add_range(struct pg_policy *policy, size_t source, uint32_t first, uint32_t last);

#endif
