/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making a set of addresses sorted and disjoint, in place: a list of a million may come in any order.
 */
#include <stdlib.h>
#include <string.h>

#include "base/addresses/addresses.h"
#include "base/cleanup.h"

/* Below this the tables of a radix sort cost more than they save. */
#define RADIX_MIN 32
/* Of an IPv4 address, in one of three steps. */
#define DIGIT_BITS 11
#define DIGIT_MASK ((1U << DIGIT_BITS) - 1)

static bool is_behind_v4(const void *a, const void *b)
{
        const struct pg_range4 *x = a, *y = b;

        return x->first > y->first;
}

static bool is_behind_v6(const void *a, const void *b)
{
        const struct pg_range6 *x = a, *y = b;

        return memcmp(x->first, y->first, 16) > 0;
}

/* One step of a radix sort in place ("American flag"): items with the same byte at `at` come together,
 * in the order of that byte. ends[] is where each byte's items end. Inlined, so that `size` is known.
 */
static inline __attribute__((always_inline)) void partition(uint8_t *items, size_t n, size_t size,
                                                            size_t at, size_t ends[static 256])
{
        size_t next[256], sum = 0;

        memset(ends, 0, 256 * sizeof(*ends));
        for (size_t i = 0; i < n; i++)
                ends[items[i * size + at]]++;
        for (size_t i = 0; i < 256; i++) {
                next[i] = sum;
                sum += ends[i];
                ends[i] = sum;
        }
        for (size_t i = 0; i < 256; i++) {
                while (next[i] < ends[i]) {
                        uint8_t *item = items + next[i] * size;
                        uint8_t swapped[32];

                        if (item[at] == i) {
                                next[i]++;
                                continue;
                        }
                        memcpy(swapped, items + next[item[at]] * size, size);
                        memcpy(items + next[item[at]]++ * size, item, size);
                        memcpy(item, swapped, size);
                }
        }
}
_Static_assert(sizeof(struct pg_range6) == 32, "partition() swaps as much");

static int compare_v4(const void *a, const void *b)
{
        const struct pg_range4 *x = a, *y = b;

        return x->first < y->first ? -1 : x->first > y->first;
}

/* One step of a radix sort: to `to` in the order of the DIGIT_BITS from `shift` on, and as they came
 * where these are equal. False, with nothing done, where they are equal in all. */
static bool scatter_v4(const struct pg_range4 *from, struct pg_range4 *to, size_t n, unsigned shift)
{
        uint32_t next[1U << DIGIT_BITS] = {0}, sum = 0;

        for (size_t i = 0; i < n; i++)
                next[from[i].first >> shift & DIGIT_MASK]++;
        if (next[from[0].first >> shift & DIGIT_MASK] == n)
                return false;
        for (size_t i = 0; i <= DIGIT_MASK; i++) {
                uint32_t count = next[i];

                next[i] = sum;
                sum += count;
        }
        for (size_t i = 0; i < n; i++)
                to[next[from[i].first >> shift & DIGIT_MASK]++] = from[i];
        return true;
}

/* By way of a copy; where memory is short, qsort() sorts slowly in place. */
static void sort_v4(struct pg_range4 *ranges, size_t n)
{
        _cleanup_(pg_freep) struct pg_range4 *copy = n < RADIX_MIN ? NULL : malloc(n * sizeof(*ranges));
        struct pg_range4 *from = ranges, *to = copy;

        if (!copy) {
                qsort(ranges, n, sizeof(*ranges), compare_v4);
                return;
        }
        for (unsigned shift = 0; shift < 32; shift += DIGIT_BITS)
                if (scatter_v4(from, to, n, shift)) {
                        struct pg_range4 *sorted = to;

                        to = from;
                        from = sorted;
                }
        if (from != ranges)
                memcpy(ranges, from, n * sizeof(*ranges));
}

static void insert_v6(struct pg_range6 *ranges, size_t n)
{
        for (size_t i = 1; i < n; i++) {
                struct pg_range6 range = ranges[i];
                size_t at = i;

                for (; at > 0 && is_behind_v6(&ranges[at - 1], &range); at--)
                        ranges[at] = ranges[at - 1];
                ranges[at] = range;
        }
}

static void sort_v6(struct pg_range6 *ranges, size_t n, unsigned byte)
{
        size_t ends[256], start = 0;

        if (n < RADIX_MIN) {
                insert_v6(ranges, n);
                return;
        }
        if (byte == 16)
                return;
        partition((uint8_t *)ranges, n, sizeof(*ranges), byte, ends);
        for (size_t i = 0; i < 256; start = ends[i++])
                sort_v6(ranges + start, ends[i] - start, byte + 1);
}

/* Merges two runs in ascending order, of which the second begins at `at`, by way of a copy of the
 * first. False where memory is short. Inlined, so that `size` and `is_behind` are known. */
static inline __attribute__((always_inline)) bool merge_runs(uint8_t *items, size_t n, size_t at,
                                                             size_t size,
                                                             bool (*is_behind)(const void *a,
                                                                               const void *b))
{
        uint8_t *first = malloc(at * size), *next = first, *end = first + at * size, *to = items;
        const uint8_t *second = items + at * size, *second_end = items + n * size;

        if (!first)
                return false;
        memcpy(first, items, at * size);
        while (next < end && second < second_end) {
                bool is_second = is_behind(next, second);

                memcpy(to, is_second ? second : next, size);
                to += size;
                second += is_second ? size : 0;
                next += is_second ? 0 : size;
        }
        memcpy(to, next, (size_t)(end - next));
        free(first);
        return true;
}

static size_t merge_v4(struct pg_range4 *ranges, size_t n)
{
        size_t kept = 0;

        for (size_t i = 0; i < n; i++) {
                struct pg_range4 *last = &ranges[kept - (kept > 0)];

                if (kept > 0 && (last->last == UINT32_MAX || ranges[i].first <= last->last + 1)) {
                        if (ranges[i].last > last->last)
                                last->last = ranges[i].last;
                        continue;
                }
                ranges[kept++] = ranges[i];
        }
        return kept;
}

/* Whether `next` begins at or before the address behind `last`. */
static bool touches_v6(const uint8_t last[static 16], const uint8_t next[static 16])
{
        uint8_t behind[16];
        int i = 16;

        memcpy(behind, last, 16);
        while (i > 0 && ++behind[i - 1] == 0)
                i--;
        return i == 0 || memcmp(next, behind, 16) <= 0;
}

static size_t merge_v6(struct pg_range6 *ranges, size_t n)
{
        size_t kept = 0;

        for (size_t i = 0; i < n; i++) {
                struct pg_range6 *last = &ranges[kept - (kept > 0)];

                if (kept > 0 && touches_v6(last->last, ranges[i].first)) {
                        if (memcmp(ranges[i].last, last->last, 16) > 0)
                                memcpy(last->last, ranges[i].last, 16);
                        continue;
                }
                ranges[kept++] = ranges[i];
        }
        return kept;
}

/* Gives back what a merge left over, as long as the array still has the room that its new length says
 * (pg_array_reserve). */
static void *shrink(void *items, size_t length, size_t size)
{
        size_t room = 1;
        void *memory;

        while (room < length)
                room *= 2;
        memory = realloc(items, room * size);
        return memory ? memory : items;
}

/* Where the run in ascending order that begins at `from` ends. */
static size_t run_v4(const struct pg_range4 *ranges, size_t n, size_t from)
{
        if (from < n)
                from++;
        while (from < n && !is_behind_v4(&ranges[from - 1], &ranges[from]))
                from++;
        return from;
}

static size_t run_v6(const struct pg_range6 *ranges, size_t n, size_t from)
{
        if (from < n)
                from++;
        while (from < n && !is_behind_v6(&ranges[from - 1], &ranges[from]))
                from++;
        return from;
}

/* What unites two groups is two runs: those are merged. */
static void normalise_v4(struct pg_addresses *addresses)
{
        size_t second = run_v4(addresses->v4, addresses->n_v4, 0), n;

        if (second < addresses->n_v4 &&
            (run_v4(addresses->v4, addresses->n_v4, second) < addresses->n_v4 ||
             !merge_runs((uint8_t *)addresses->v4, addresses->n_v4, second, sizeof(*addresses->v4),
                         is_behind_v4)))
                sort_v4(addresses->v4, addresses->n_v4);
        n = merge_v4(addresses->v4, addresses->n_v4);
        if (n < addresses->n_v4 / 2)
                addresses->v4 = shrink(addresses->v4, n, sizeof(*addresses->v4));
        addresses->n_v4 = n;
}

static void normalise_v6(struct pg_addresses *addresses)
{
        size_t second = run_v6(addresses->v6, addresses->n_v6, 0), n;

        if (second < addresses->n_v6 &&
            (run_v6(addresses->v6, addresses->n_v6, second) < addresses->n_v6 ||
             !merge_runs((uint8_t *)addresses->v6, addresses->n_v6, second, sizeof(*addresses->v6),
                         is_behind_v6)))
                sort_v6(addresses->v6, addresses->n_v6, 0);
        n = merge_v6(addresses->v6, addresses->n_v6);
        if (n < addresses->n_v6 / 2)
                addresses->v6 = shrink(addresses->v6, n, sizeof(*addresses->v6));
        addresses->n_v6 = n;
}

void pg_addresses_sort(struct pg_addresses *addresses)
{
        if (addresses->n_v4 > 1)
                sort_v4(addresses->v4, addresses->n_v4);
        sort_v6(addresses->v6, addresses->n_v6, 0);
}

void pg_addresses_normalise(struct pg_addresses *addresses)
{
        if (addresses->users)
                return;
        normalise_v4(addresses);
        normalise_v6(addresses);
}
