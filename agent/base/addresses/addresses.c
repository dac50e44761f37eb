/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of addresses as intervals: a million of them must cost little time and no more memory. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/addresses/internal.h"
#include "base/array.h"
#include "base/cleanup.h"

void pg_addresses_done(struct pg_addresses *addresses)
{
        bool is_last = !addresses->users || --*addresses->users == 0;

        if (is_last) {
                free(addresses->v4);
                free(addresses->v6);
                free(addresses->users);
        }
        *addresses = (struct pg_addresses){0};
}

int pg_addresses_seal(struct pg_addresses *addresses)
{
        if (addresses->users)
                return 0;
        addresses->users = malloc(sizeof(*addresses->users));
        if (!addresses->users)
                return -ENOMEM;
        *addresses->users = 1;
        return 0;
}

struct pg_addresses pg_addresses_share(const struct pg_addresses *sealed)
{
        ++*sealed->users;
        return *sealed;
}

static int append(struct pg_addresses *addresses, const struct pg_addresses *other)
{
        if (!PG_ARRAY_EXTEND(addresses->v4, addresses->n_v4, other->n_v4) ||
            !PG_ARRAY_EXTEND(addresses->v6, addresses->n_v6, other->n_v6))
                return -ENOMEM;
        if (other->n_v4 > 0)
                memcpy(addresses->v4 + addresses->n_v4, other->v4, other->n_v4 * sizeof(*other->v4));
        if (other->n_v6 > 0)
                memcpy(addresses->v6 + addresses->n_v6, other->v6, other->n_v6 * sizeof(*other->v6));
        addresses->n_v4 += other->n_v4;
        addresses->n_v6 += other->n_v6;
        return 0;
}

/* Before ranges are appended: a copy of those that are shared. */
static int make_own(struct pg_addresses *addresses)
{
        _cleanup_(pg_addresses_done) struct pg_addresses own = {0};

        if (!addresses->users)
                return 0;
        if (append(&own, addresses) < 0)
                return -ENOMEM;
        pg_addresses_done(addresses);
        *addresses = PG_TAKE(own);
        return 0;
}

static uint32_t read_v4(const uint8_t address[static 4])
{
        return (uint32_t)address[0] << 24 | (uint32_t)address[1] << 16 | (uint32_t)address[2] << 8 |
               address[3];
}

static int add_v4(struct pg_addresses *addresses, uint32_t first, uint32_t last)
{
        struct pg_range4 *range;

        if (make_own(addresses) < 0)
                return -ENOMEM;
        range = PG_ARRAY_ADD(addresses->v4, addresses->n_v4);
        if (!range)
                return -ENOMEM;
        range->first = first;
        range->last = last;
        return 0;
}

int pg_addresses_add_prefix(struct pg_addresses *addresses, const struct pg_prefix *prefix)
{
        struct pg_range6 *range;

        if (!prefix->is_v6) {
                uint32_t first = read_v4(prefix->address);
                uint32_t rest = prefix->length < 32 ? UINT32_MAX >> prefix->length : 0;

                return add_v4(addresses, first, first | rest);
        }
        if (make_own(addresses) < 0)
                return -ENOMEM;
        range = PG_ARRAY_ADD(addresses->v6, addresses->n_v6);
        if (!range)
                return -ENOMEM;
        memcpy(range->first, prefix->address, 16);
        memcpy(range->last, prefix->address, 16);
        for (unsigned bit = prefix->length; bit < 128; bit += 8 - bit % 8)
                range->last[bit / 8] |= (uint8_t)(0xffU >> (bit % 8));
        return 0;
}

int pg_addresses_add_range(struct pg_addresses *addresses, bool is_v6, const uint8_t *first,
                           const uint8_t *last)
{
        struct pg_range6 *range;

        if (!is_v6)
                return add_v4(addresses, read_v4(first), read_v4(last));
        if (make_own(addresses) < 0)
                return -ENOMEM;
        range = PG_ARRAY_ADD(addresses->v6, addresses->n_v6);
        if (!range)
                return -ENOMEM;
        memcpy(range->first, first, 16);
        memcpy(range->last, last, 16);
        return 0;
}

int pg_addresses_add_all(struct pg_addresses *addresses, const struct pg_addresses *other)
{
        if (other->users && other->users == addresses->users)
                return 0;
        if (other->users && pg_addresses_empty(addresses)) {
                pg_addresses_done(addresses);
                *addresses = pg_addresses_share(other);
                return 0;
        }
        return make_own(addresses) < 0 ? -ENOMEM : append(addresses, other);
}

int pg_addresses_add_part(struct pg_addresses *addresses, const struct pg_addresses *other, bool is_v6,
                          const uint8_t *first, const uint8_t *last)
{
        const uint32_t first4 = read_v4(first), last4 = read_v4(last);
        int r = 0;

        for (size_t i = 0; !is_v6 && r >= 0 && i < other->n_v4; i++) {
                const struct pg_range4 *range = &other->v4[i];

                if (range->last >= first4 && range->first <= last4)
                        r = add_v4(addresses, range->first > first4 ? range->first : first4,
                                   range->last < last4 ? range->last : last4);
        }
        for (size_t i = 0; is_v6 && r >= 0 && i < other->n_v6; i++) {
                const struct pg_range6 *range = &other->v6[i];

                if (memcmp(range->last, first, 16) >= 0 && memcmp(range->first, last, 16) <= 0)
                        r = pg_addresses_add_range(addresses, true,
                                                   memcmp(range->first, first, 16) > 0 ? range->first
                                                                                       : first,
                                                   memcmp(range->last, last, 16) < 0 ? range->last
                                                                                     : last);
        }
        return r;
}

/* Whether the sorted ranges of `set` are those of `part` and of `other`, each of them in one. */
static bool are_divided(const void *set, size_t n, const void *part, size_t n_part, const void *other,
                        size_t n_other, size_t size)
{
        const uint8_t *at = set, *in_part = part, *in_other = other;

        if (n_part + n_other != n)
                return false;
        for (size_t i = 0; i < n; i++, at += size) {
                if (n_part > 0 && memcmp(at, in_part, size) == 0) {
                        in_part += size;
                        n_part--;
                } else if (n_other > 0 && memcmp(at, in_other, size) == 0) {
                        in_other += size;
                        n_other--;
                } else {
                        return false;
                }
        }
        return true;
}

bool pg_addresses_divided(const struct pg_addresses *set, bool is_v6, const struct pg_addresses *part,
                          const struct pg_addresses *other)
{
        if (is_v6)
                return are_divided(set->v6, set->n_v6, part->v6, part->n_v6, other->v6, other->n_v6,
                                   sizeof(*set->v6));
        return are_divided(set->v4, set->n_v4, part->v4, part->n_v4, other->v4, other->n_v4,
                           sizeof(*set->v4));
}

bool pg_addresses_empty(const struct pg_addresses *addresses)
{
        return addresses->n_v4 == 0 && addresses->n_v6 == 0;
}

bool pg_addresses_equal(const struct pg_addresses *a, const struct pg_addresses *b)
{
        if (a->n_v4 != b->n_v4 || a->n_v6 != b->n_v6)
                return false;
        if (a->n_v4 > 0 && memcmp(a->v4, b->v4, a->n_v4 * sizeof(*a->v4)) != 0)
                return false;
        return a->n_v6 == 0 || memcmp(a->v6, b->v6, a->n_v6 * sizeof(*a->v6)) == 0;
}

bool pg_addresses_contain(const struct pg_addresses *outer, const struct pg_addresses *inner)
{
        size_t at = 0;

        for (size_t i = 0; i < inner->n_v4; i++) {
                while (at < outer->n_v4 && outer->v4[at].last < inner->v4[i].first)
                        at++;
                if (at == outer->n_v4 || outer->v4[at].first > inner->v4[i].first ||
                    outer->v4[at].last < inner->v4[i].last)
                        return false;
        }
        at = 0;
        for (size_t i = 0; i < inner->n_v6; i++) {
                while (at < outer->n_v6 && memcmp(outer->v6[at].last, inner->v6[i].first, 16) < 0)
                        at++;
                if (at == outer->n_v6 || memcmp(outer->v6[at].first, inner->v6[i].first, 16) > 0 ||
                    memcmp(outer->v6[at].last, inner->v6[i].last, 16) < 0)
                        return false;
        }
        return true;
}

bool pg_addresses_overlap(const struct pg_addresses *a, const struct pg_addresses *b)
{
        for (size_t i = 0, j = 0; i < a->n_v4 && j < b->n_v4;)
                if (a->v4[i].last < b->v4[j].first)
                        i++;
                else if (b->v4[j].last < a->v4[i].first)
                        j++;
                else
                        return true;
        for (size_t i = 0, j = 0; i < a->n_v6 && j < b->n_v6;)
                if (memcmp(a->v6[i].last, b->v6[j].first, 16) < 0)
                        i++;
                else if (memcmp(b->v6[j].last, a->v6[i].first, 16) < 0)
                        j++;
                else
                        return true;
        return false;
}

int pg_addresses_beyond(const struct pg_addresses *set, const struct pg_addresses *other,
                        struct pg_addresses *ret)
{
        size_t at = 0;

        for (size_t i = 0; i < set->n_v4; i++) {
                const struct pg_range4 *range = &set->v4[i];
                struct pg_range4 *item;

                while (at < other->n_v4 && other->v4[at].last < range->first)
                        at++;
                if (at < other->n_v4 && other->v4[at].first <= range->first &&
                    other->v4[at].last >= range->last)
                        continue;
                item = PG_ARRAY_ADD(ret->v4, ret->n_v4);
                if (!item)
                        return -ENOMEM;
                *item = *range;
        }
        at = 0;
        for (size_t i = 0; i < set->n_v6; i++) {
                const struct pg_range6 *range = &set->v6[i];
                struct pg_range6 *item;

                while (at < other->n_v6 && memcmp(other->v6[at].last, range->first, 16) < 0)
                        at++;
                if (at < other->n_v6 && memcmp(other->v6[at].first, range->first, 16) <= 0 &&
                    memcmp(other->v6[at].last, range->last, 16) >= 0)
                        continue;
                item = PG_ARRAY_ADD(ret->v6, ret->n_v6);
                if (!item)
                        return -ENOMEM;
                *item = *range;
        }
        return 0;
}

static int find_v4(const void *key, const void *item)
{
        const struct pg_range4 *range = item;
        uint32_t address = *(const uint32_t *)key;

        return address < range->first ? -1 : address > range->last;
}

static int find_v6(const void *key, const void *item)
{
        const struct pg_range6 *range = item;

        return memcmp(key, range->first, 16) < 0 ? -1 : memcmp(key, range->last, 16) > 0;
}

bool pg_addresses_find(const struct pg_addresses *addresses, bool is_v6, const uint8_t *address,
                       size_t *ret)
{
        uint32_t number;

        if (is_v6) {
                const struct pg_range6 *range = NULL;

                if (addresses->n_v6 > 0)
                        range = bsearch(address, addresses->v6, addresses->n_v6, sizeof(*addresses->v6),
                                        find_v6);
                if (range)
                        *ret = (size_t)(range - addresses->v6);
                return range;
        }
        const struct pg_range4 *range = NULL;

        number = read_v4(address);
        if (addresses->n_v4 > 0)
                range = bsearch(&number, addresses->v4, addresses->n_v4, sizeof(*addresses->v4),
                                find_v4);
        if (range)
                *ret = (size_t)(range - addresses->v4);
        return range;
}

bool pg_addresses_have(const struct pg_addresses *addresses, bool is_v6, const uint8_t *address)
{
        size_t ignored;

        return pg_addresses_find(addresses, is_v6, address, &ignored);
}

/* The prefix length if FIRST-LAST is exactly a prefix, else -1. */
static int prefix_length(const uint8_t *first, const uint8_t *last, int bits)
{
        int length = 0;

        while (length < bits && ((first[length / 8] ^ last[length / 8]) >> (7 - length % 8) & 1) == 0)
                length++;
        for (int i = length; i < bits; i++)
                if ((first[i / 8] >> (7 - i % 8) & 1) || !(last[i / 8] >> (7 - i % 8) & 1))
                        return -1;
        return length;
}

void pg_range_format(int family, const uint8_t *first, const uint8_t *last, char *buffer, size_t size)
{
        int bits = family == AF_INET6 ? 128 : 32;
        int length = prefix_length(first, last, bits);
        char low[INET6_ADDRSTRLEN], high[INET6_ADDRSTRLEN];

        inet_ntop(family, first, low, sizeof(low));
        inet_ntop(family, last, high, sizeof(high));
        if (length == bits)
                snprintf(buffer, size, "%s", low);
        else if (length >= 0)
                snprintf(buffer, size, "%s/%d", low, length);
        else
                snprintf(buffer, size, "%s-%s", low, high);
}
