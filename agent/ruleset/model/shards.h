/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A large group in many small sets. The kernel dumps a set in chunks and walks it from its beginning
 * for each (nft_rbtree_walk), so that reading back costs with the square of its size: 72 s for a
 * million ranges in one set, under a second in a hundred. A change of one element costs with the size
 * of its set, too. Up to PG_SHARD_RANGES a group is one set; above, a verdict map leads to one set for
 * each part.
 *
 * Parts are prefixes of the address space, halved until each is small enough: adding an element to a
 * group moves no other element to another part, but for the rare one that makes its part split. They
 * cover the address space: a part may be empty, so that an address that comes in later has one.
 */
#ifndef PG_RULESET_MODEL_SHARDS_H
#define PG_RULESET_MODEL_SHARDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addresses/addresses.h"

#define PG_SHARD_RANGES 4096

struct pg_shard {
        struct pg_prefix region;
        size_t from, to; /* the ranges [from, to) reach into the region; the outer two may stick out */
};

/* Divides the ranges of one family. The caller frees *ret. 0 or -ENOMEM. */
int pg_shards_divide(const struct pg_addresses *addresses, bool is_v6, struct pg_shard **ret,
                     size_t *ret_n);

/* The ranges of a shard, cut at the region's borders. Borrowed from `addresses` where nothing is cut
 * (*ret_owned false), else the caller frees them. 0 or -ENOMEM. */
int pg_shard_ranges(const struct pg_addresses *addresses, const struct pg_shard *shard,
                    struct pg_addresses *ret, bool *ret_owned);

/* The last address of a prefix. */
void pg_prefix_last(const struct pg_prefix *prefix, uint8_t last[static 16]);

#endif
