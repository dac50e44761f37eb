/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The element of a set or map for all keys that no other is for: `*`, since Linux 5.13. */
#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "kernel/nft/internal.h"

static int spread_addresses(struct pg_set *set)
{
        struct pg_addresses *addresses = &set->addresses;

        if (set->key_type == PG_TYPE_IPV4) {
                struct pg_range4 *range = PG_ARRAY_ADD(addresses->v4, addresses->n_v4);

                if (!range)
                        return -ENOMEM;
                range->last = UINT32_MAX;
        } else {
                struct pg_range6 *range = PG_ARRAY_ADD(addresses->v6, addresses->n_v6);

                if (!range)
                        return -ENOMEM;
                memset(range->last, 0xff, sizeof(range->last));
        }
        pg_addresses_normalise(addresses);
        return 0;
}

/* Adds 1 or -1 to a key; false: there is no such key. */
static bool step_key(uint8_t *key, uint32_t length, int step)
{
        for (uint32_t i = length; i > 0; i--) {
                key[i - 1] = (uint8_t)(key[i - 1] + step);
                if (key[i - 1] != (step > 0 ? 0 : UINT8_MAX))
                        return true;
        }
        return false;
}

static int add_element(struct pg_set *set, const uint8_t *first, const uint8_t *last)
{
        struct pg_element *element = pg_set_add_element(set);

        if (!element)
                return -ENOMEM;
        memcpy(element->key, first, set->key_length);
        memcpy(element->key_end, last, set->key_length);
        element->verdict = set->catch_all;
        return 0;
}

/* One for each range of keys between the others. */
static int spread_intervals(struct pg_set *set)
{
        const size_t n = set->n_elements;
        uint8_t first[PG_KEY_MAX] = {0}, last[PG_KEY_MAX];
        bool has_more = true;
        int r = 0;

        for (size_t i = 0; r >= 0 && has_more && i < n; i++) {
                memcpy(last, set->elements[i].key, sizeof(last));
                if (memcmp(last, first, set->key_length) > 0) {
                        step_key(last, set->key_length, -1);
                        r = add_element(set, first, last);
                }
                memcpy(first, set->elements[i].key_end, sizeof(first));
                has_more = step_key(first, set->key_length, 1);
        }
        memset(last, UINT8_MAX, sizeof(last));
        return r >= 0 && has_more ? add_element(set, first, last) : r;
}

/* Of the map of protocols, the only one without intervals: each number. */
static int spread_numbers(struct pg_set *set)
{
        bool is_there[UINT8_MAX + 1] = {false};
        int r = 0;

        for (size_t i = 0; i < set->n_elements; i++)
                is_there[set->elements[i].key[0]] = true;
        for (unsigned i = 0; r >= 0 && i <= UINT8_MAX; i++) {
                const uint8_t key[PG_KEY_MAX] = {(uint8_t)i};

                r = is_there[i] ? 0 : add_element(set, key, key);
        }
        return r;
}

int pg_catch_all_spread(struct pg_set *set)
{
        if (pg_set_has_addresses(set))
                return spread_addresses(set);
        if (!(set->flags & PG_SET_MAP) || (set->flags & PG_SET_CONCAT) || set->key_length > PG_KEY_MAX)
                return 0;
        if (set->flags & PG_SET_INTERVAL)
                return spread_intervals(set);
        return set->key_length == 1 ? spread_numbers(set) : 0;
}
