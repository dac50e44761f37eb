/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A large group in many small sets. */
#include "ruleset/model/shards.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

struct division {
        const struct pg_addresses *addresses;
        bool is_v6;
        struct pg_shard *shards;
        size_t n;
};

static size_t width_of(bool is_v6)
{
        return is_v6 ? 16 : 4;
}

static void put4(uint32_t value, uint8_t bytes[static 16])
{
        value = htonl(value);
        memcpy(bytes, &value, sizeof(value));
}

static void first_of(const struct division *d, size_t i, uint8_t bytes[static 16])
{
        if (d->is_v6)
                memcpy(bytes, d->addresses->v6[i].first, 16);
        else
                put4(d->addresses->v4[i].first, bytes);
}

static void last_of(const struct division *d, size_t i, uint8_t bytes[static 16])
{
        if (d->is_v6)
                memcpy(bytes, d->addresses->v6[i].last, 16);
        else
                put4(d->addresses->v4[i].last, bytes);
}

void pg_prefix_last(const struct pg_prefix *prefix, uint8_t last[static 16])
{
        memcpy(last, prefix->address, 16);
        for (size_t bit = prefix->length; bit < 8 * width_of(prefix->is_v6); bit++)
                last[bit / 8] |= (uint8_t)(0x80 >> (bit % 8));
}

/* The first range in [from, to) that ends at or behind the region's beginning. */
static size_t lower_bound(const struct division *d, const struct pg_prefix *region, size_t from,
                          size_t to)
{
        while (from < to) {
                size_t middle = from + (to - from) / 2;
                uint8_t last[16];

                last_of(d, middle, last);
                if (memcmp(last, region->address, width_of(d->is_v6)) < 0)
                        from = middle + 1;
                else
                        to = middle;
        }
        return from;
}

/* The first range in [from, to) that begins behind the region's end. */
static size_t upper_bound(const struct division *d, const struct pg_prefix *region, size_t from,
                          size_t to)
{
        uint8_t end[16];

        pg_prefix_last(region, end);
        while (from < to) {
                size_t middle = from + (to - from) / 2;
                uint8_t first[16];

                first_of(d, middle, first);
                if (memcmp(first, end, width_of(d->is_v6)) <= 0)
                        from = middle + 1;
                else
                        to = middle;
        }
        return from;
}

/* At most as deep as an address has bits. */
static int divide(struct division *d, const struct pg_prefix *region, size_t from, size_t to)
{
        size_t begin = lower_bound(d, region, from, to), end = upper_bound(d, region, from, to);
        struct pg_prefix half = *region;
        struct pg_shard *shard;
        int r;

        if (end - begin > PG_SHARD_RANGES && region->length < 8 * width_of(d->is_v6)) {
                half.length++;
                r = divide(d, &half, begin, end);
                half.address[region->length / 8] |= (uint8_t)(0x80 >> (region->length % 8));
                return r < 0 ? r : divide(d, &half, begin, end);
        }
        shard = PG_ARRAY_ADD(d->shards, d->n);
        if (!shard)
                return -ENOMEM;
        *shard = (struct pg_shard){.region = *region, .from = begin, .to = end};
        return 0;
}

int pg_shards_divide(const struct pg_addresses *addresses, bool is_v6, struct pg_shard **ret,
                     size_t *ret_n)
{
        struct division d = {.addresses = addresses, .is_v6 = is_v6};
        struct pg_prefix all = {.is_v6 = is_v6};
        int r = divide(&d, &all, 0, is_v6 ? addresses->n_v6 : addresses->n_v4);

        if (r < 0) {
                free(d.shards);
                return r;
        }
        *ret = d.shards;
        *ret_n = d.n;
        return 0;
}

static int copy_ranges(const struct pg_addresses *addresses, const struct pg_shard *shard,
                       struct pg_addresses *ret)
{
        size_t n = shard->to - shard->from;

        if (shard->region.is_v6) {
                ret->v6 = reallocarray(NULL, n, sizeof(*ret->v6));
                if (!ret->v6)
                        return -ENOMEM;
                memcpy(ret->v6, addresses->v6 + shard->from, n * sizeof(*ret->v6));
        } else {
                ret->v4 = reallocarray(NULL, n, sizeof(*ret->v4));
                if (!ret->v4)
                        return -ENOMEM;
                memcpy(ret->v4, addresses->v4 + shard->from, n * sizeof(*ret->v4));
        }
        return 0;
}

static void cut_ranges(const struct pg_shard *shard, const uint8_t *first, const uint8_t *last,
                       struct pg_addresses *ranges)
{
        size_t n = shard->to - shard->from;
        uint32_t first4, last4;

        if (shard->region.is_v6) {
                if (memcmp(ranges->v6[0].first, first, 16) < 0)
                        memcpy(ranges->v6[0].first, first, 16);
                if (memcmp(ranges->v6[n - 1].last, last, 16) > 0)
                        memcpy(ranges->v6[n - 1].last, last, 16);
                return;
        }
        memcpy(&first4, first, sizeof(first4));
        memcpy(&last4, last, sizeof(last4));
        first4 = ntohl(first4);
        last4 = ntohl(last4);
        if (ranges->v4[0].first < first4)
                ranges->v4[0].first = first4;
        if (ranges->v4[n - 1].last > last4)
                ranges->v4[n - 1].last = last4;
}

int pg_shard_ranges(const struct pg_addresses *addresses, const struct pg_shard *shard,
                    struct pg_addresses *ret, bool *ret_owned)
{
        const struct division d = {.addresses = addresses, .is_v6 = shard->region.is_v6};
        struct pg_addresses ranges = {0};
        uint8_t first[16], last[16], end[16];
        bool sticks_out;

        if (shard->from == shard->to) {
                *ret = ranges;
                *ret_owned = false;
                return 0;
        }
        first_of(&d, shard->from, first);
        last_of(&d, shard->to - 1, last);
        pg_prefix_last(&shard->region, end);
        sticks_out = memcmp(first, shard->region.address, width_of(d.is_v6)) < 0 ||
                     memcmp(last, end, width_of(d.is_v6)) > 0;
        if (sticks_out) {
                if (copy_ranges(addresses, shard, &ranges) < 0)
                        return -ENOMEM;
                cut_ranges(shard, shard->region.address, end, &ranges);
        } else if (d.is_v6) {
                ranges.v6 = addresses->v6 + shard->from;
        } else {
                ranges.v4 = addresses->v4 + shard->from;
        }
        ranges.n_v6 = d.is_v6 ? shard->to - shard->from : 0;
        ranges.n_v4 = d.is_v6 ? 0 : shard->to - shard->from;
        *ret = ranges;
        *ret_owned = sticks_out;
        return 0;
}
