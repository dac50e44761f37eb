/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Short runs of addresses apart from long ones. */
#include <errno.h>
#include <string.h>

#include "base/addresses/addresses.h"
#include "base/array.h"
#include "base/cleanup.h"

static int add_v4(struct pg_addresses *ret, uint32_t first, uint32_t last)
{
        struct pg_range4 *item = PG_ARRAY_ADD(ret->v4, ret->n_v4);

        if (!item)
                return -ENOMEM;
        *item = (struct pg_range4){first, last};
        return 0;
}

static int split_v4(const struct pg_addresses *set, size_t run, struct pg_addresses *singles,
                    struct pg_addresses *others)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < set->n_v4; i++) {
                const struct pg_range4 *range = &set->v4[i];

                if (range->last - range->first >= run) {
                        r = add_v4(others, range->first, range->last);
                        continue;
                }
                for (uint32_t n = 0; r >= 0 && n <= range->last - range->first; n++)
                        r = add_v4(singles, range->first + n, range->first + n);
        }
        return r;
}

static void increase(uint8_t address[static 16])
{
        for (size_t i = 16; i > 0 && ++address[i - 1] == 0; i--)
                ;
}

/* How many addresses the range has; 0 where it has more than `run`. */
static size_t count_v6(const struct pg_range6 *range, size_t run)
{
        uint8_t address[16];

        memcpy(address, range->first, sizeof(address));
        for (size_t n = 1; n <= run; n++) {
                if (memcmp(address, range->last, sizeof(address)) == 0)
                        return n;
                increase(address);
        }
        return 0;
}

static int add_v6(struct pg_addresses *ret, const uint8_t *first, const uint8_t *last)
{
        struct pg_range6 *item = PG_ARRAY_ADD(ret->v6, ret->n_v6);

        if (!item)
                return -ENOMEM;
        memcpy(item->first, first, sizeof(item->first));
        memcpy(item->last, last, sizeof(item->last));
        return 0;
}

static int split_v6(const struct pg_addresses *set, size_t run, struct pg_addresses *singles,
                    struct pg_addresses *others)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < set->n_v6; i++) {
                size_t n = count_v6(&set->v6[i], run);
                uint8_t address[16];

                if (n == 0)
                        r = add_v6(others, set->v6[i].first, set->v6[i].last);
                memcpy(address, set->v6[i].first, sizeof(address));
                for (; r >= 0 && n > 0; n--, increase(address))
                        r = add_v6(singles, address, address);
        }
        return r;
}

bool pg_addresses_are_alike(const struct pg_addresses *set, size_t run, bool *ret_singles)
{
        size_t singles = 0, others = 0, n = set->n_v4 + set->n_v6;

        for (size_t i = 0; i < set->n_v4; i++) {
                singles += set->v4[i].first == set->v4[i].last;
                others += set->v4[i].last - set->v4[i].first >= run;
        }
        for (size_t i = 0; i < set->n_v6; i++) {
                size_t addresses = count_v6(&set->v6[i], run);

                singles += addresses == 1;
                others += addresses == 0;
        }
        *ret_singles = singles == n;
        return singles == n || others == n;
}

int pg_addresses_split(const struct pg_addresses *set, size_t run, struct pg_addresses *ret_singles,
                       struct pg_addresses *ret_others)
{
        _cleanup_(pg_addresses_done) struct pg_addresses singles = {0}, others = {0};
        int r = split_v4(set, run, &singles, &others);

        if (r >= 0)
                r = split_v6(set, run, &singles, &others);
        if (r < 0)
                return r;
        *ret_singles = PG_TAKE(singles);
        *ret_others = PG_TAKE(others);
        return 0;
}
