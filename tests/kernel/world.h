/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random policies, as profile and site would be written, and random packets that meet their edges:
 * ranges that overlap, nested groups, both families, interfaces, parameters. All of it follows from a
 * seed, and can be made smaller piece by piece.
 */
#ifndef PG_TESTS_WORLD_H
#define PG_TESTS_WORLD_H

#include "kernel/pair.h"

#include <stdbool.h>

#include "policy/admit.h"

#define WORLD_SERVICES 8
#define WORLD_GROUPS 4
#define WORLD_ENTRIES 4
#define WORLD_SCOPES 2

struct world_service {
        bool outbound;
        bool by_parameter; /* the ports are a parameter's value */
        uint8_t protocol;
        uint16_t first, last;
        const char *scopes[WORLD_SCOPES];
        size_t n_scopes;
};

struct world_group {
        const char *entries[WORLD_ENTRIES]; /* prefixes; "%wg0" for an interface */
        size_t n_entries;
};

struct world {
        struct world_service services[WORLD_SERVICES];
        size_t n_services;
        struct world_group groups[WORLD_GROUPS]; /* g0 to g3 */
        size_t n_groups; /* the site fills these; the others have their default, which is `internal` */
        bool is_strict;
        const char *ping_from;
};

/* A generator of numbers of its own: the same on every machine. */
struct chance {
        uint64_t state;
};
uint32_t draw(struct chance *chance, uint32_t below);

/* The seed of PORTGUARD_SEED, or one of the clock; printed in either case. */
uint64_t world_seed(void);

void world_make(struct chance *chance, struct world *ret);
/* Another world that has much in common with `from`. */
void world_change(struct chance *chance, const struct world *from, struct world *ret);
/* A packet of a new connection; from a peer of pair.h through `interface`, or to one. */
void world_packet(struct chance *chance, const struct world *world, struct pg_flow *ret);

/* Writes p.yaml and site.yaml. */
void world_write(const struct world *world, const char *folder);
/* Compiles what was written. The caller frees it. */
struct pg_policy *world_compile(const char *folder);
/* Prints both files, and the packet. */
void world_print(const struct world *world, const struct pg_flow *flow);

/* The next smaller world, for `at` counted from 0; false when there is none. */
bool world_without(const struct world *world, size_t at, struct world *ret);

#endif
