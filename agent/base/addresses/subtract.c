/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One set of addresses without another: both sorted, so each is walked once. */
#include <errno.h>
#include <string.h>

#include "base/addresses/addresses.h"
#include "base/array.h"

static int add_v4(struct pg_addresses *ret, uint32_t first, uint32_t last)
{
        struct pg_range4 *item = PG_ARRAY_ADD(ret->v4, ret->n_v4);

        if (!item)
                return -ENOMEM;
        *item = (struct pg_range4){first, last};
        return 0;
}

static int subtract_v4(const struct pg_addresses *set, const struct pg_addresses *other,
                       struct pg_addresses *ret)
{
        size_t at = 0;

        for (size_t i = 0; i < set->n_v4; i++) {
                uint64_t next = set->v4[i].first; /* everything below is done */
                uint32_t last = set->v4[i].last;

                while (at < other->n_v4 && other->v4[at].last < next)
                        at++;
                /* Most groups that are compared are nearly equal. */
                if (at < other->n_v4 && other->v4[at].first <= next && other->v4[at].last >= last)
                        continue;
                for (size_t j = at; next <= last && j < other->n_v4 && other->v4[j].first <= last;
                     j++) {
                        if (other->v4[j].first > next &&
                            add_v4(ret, (uint32_t)next, other->v4[j].first - 1) < 0)
                                return -ENOMEM;
                        next = (uint64_t)other->v4[j].last + 1;
                }
                if (next <= last && add_v4(ret, (uint32_t)next, last) < 0)
                        return -ENOMEM;
        }
        return 0;
}

/* The address behind, or before; false where there is none. */
static bool step(const uint8_t from[static 16], bool is_up, uint8_t ret[static 16])
{
        memmove(ret, from, 16);
        for (int i = 15; i >= 0; i--) {
                if (is_up ? ++ret[i] != 0 : ret[i]-- != 0)
                        return true;
        }
        return false;
}

/* A range of `set` without the ranges of `other` from `at` on. */
static int cut_v6(const struct pg_range6 *range, const struct pg_addresses *other, size_t at,
                  struct pg_addresses *ret)
{
        struct pg_range6 rest = *range;

        for (; at < other->n_v6 && memcmp(other->v6[at].first, rest.last, 16) <= 0; at++) {
                uint8_t before[16];

                if (memcmp(other->v6[at].first, rest.first, 16) > 0 &&
                    step(other->v6[at].first, false, before) &&
                    pg_addresses_add_range(ret, true, rest.first, before) < 0)
                        return -ENOMEM;
                if (memcmp(other->v6[at].last, rest.last, 16) >= 0 ||
                    !step(other->v6[at].last, true, rest.first))
                        return 0;
        }
        return pg_addresses_add_range(ret, true, rest.first, rest.last);
}

static int subtract_v6(const struct pg_addresses *set, const struct pg_addresses *other,
                       struct pg_addresses *ret)
{
        size_t at = 0;

        for (size_t i = 0; i < set->n_v6; i++) {
                while (at < other->n_v6 && memcmp(other->v6[at].last, set->v6[i].first, 16) < 0)
                        at++;
                if (cut_v6(&set->v6[i], other, at, ret) < 0)
                        return -ENOMEM;
        }
        return 0;
}

int pg_addresses_subtract(const struct pg_addresses *set, const struct pg_addresses *other,
                          struct pg_addresses *ret)
{
        int r = subtract_v4(set, other, ret);

        return r < 0 ? r : subtract_v6(set, other, ret);
}
