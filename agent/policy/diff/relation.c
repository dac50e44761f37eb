/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Set algebra over addresses and interfaces: a source is the union of both. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strings.h"
#include "policy/diff/internal.h"

static void surplus_done(struct pg_surplus *surplus)
{
        if (!surplus->is_whole)
                pg_addresses_done(&surplus->addresses);
        free(surplus->interfaces);
}

void pg_relation_done(struct pg_relation *relation)
{
        surplus_done(&relation->gained);
        surplus_done(&relation->lost);
        *relation = (struct pg_relation){0};
}

static bool is_whole_v4(const struct pg_addresses *addresses)
{
        return addresses->n_v4 == 1 && addresses->v4[0].first == 0 &&
               addresses->v4[0].last == UINT32_MAX;
}

static bool is_whole_v6(const struct pg_addresses *addresses)
{
        static const uint8_t first[16];
        uint8_t last[16];

        memset(last, 0xff, sizeof(last));
        return addresses->n_v6 == 1 && memcmp(addresses->v6[0].first, first, 16) == 0 &&
               memcmp(addresses->v6[0].last, last, 16) == 0;
}

/* The families that it lets in whole, whatever it is called. */
static unsigned whole_families(const struct pg_source *source)
{
        if (!source)
                return 0;
        if (source->any)
                return PG_V4_AND_V6;
        return (is_whole_v4(&source->addresses) ? PG_V4 : 0U) |
               (is_whole_v6(&source->addresses) ? PG_V6 : 0U);
}

/* What comes in by `lo` is let in by every policy. */
static bool counts(const char *interface)
{
        return strcmp(interface, "lo") != 0;
}

unsigned pg_source_families(const struct pg_source *source)
{
        if (!source)
                return 0;
        if (source->any)
                return PG_V4_AND_V6;
        for (size_t i = 0; i < source->n_interfaces; i++)
                if (counts(source->interfaces[i]))
                        return PG_V4_AND_V6;
        return (source->addresses.n_v4 > 0 ? PG_V4 : 0U) | (source->addresses.n_v6 > 0 ? PG_V6 : 0U);
}

/* Whether every interface that `inner` stands for is one that `outer` stands for. */
static bool covers(const char *outer, const char *inner)
{
        size_t length = strlen(outer);

        if (length > 0 && outer[length - 1] == '*')
                return strncmp(outer, inner, length - 1) == 0;
        return strcmp(outer, inner) == 0;
}

static bool has_interface(const struct pg_source *source, const char *interface)
{
        for (size_t i = 0; source && i < source->n_interfaces; i++)
                if (covers(source->interfaces[i], interface))
                        return true;
        return false;
}

static int find_interfaces(const struct pg_source *source, const struct pg_source *other,
                           struct pg_surplus *ret)
{
        for (size_t i = 0; i < source->n_interfaces; i++) {
                char **item;

                if (!counts(source->interfaces[i]) || has_interface(other, source->interfaces[i]))
                        continue;
                item = PG_ARRAY_ADD(ret->interfaces, ret->n_interfaces);
                if (!item)
                        return -ENOMEM;
                *item = source->interfaces[i];
        }
        return 0;
}

static int find_surplus(const struct pg_source *source, const struct pg_source *other,
                        struct pg_surplus *ret)
{
        unsigned open = PG_V4_AND_V6 & ~whole_families(other);
        int r = 0;

        if (!source || open == 0)
                return 0;
        if (source->any) {
                ret->is_rest = true;
                ret->families = open;
                return 0;
        }
        ret->is_whole = !other || pg_addresses_empty(&other->addresses);
        if (ret->is_whole)
                ret->addresses = source->addresses;
        else
                r = pg_addresses_subtract(&source->addresses, &other->addresses, &ret->addresses);
        if (r >= 0)
                r = find_interfaces(source, other, ret);
        if (r < 0)
                return r;
        ret->families = (ret->addresses.n_v4 > 0 ? PG_V4 : 0U) | (ret->addresses.n_v6 > 0 ? PG_V6 : 0U);
        if (ret->n_interfaces > 0)
                ret->families |= open;
        return 0;
}

static bool shares_interface(const struct pg_source *a, const struct pg_source *b)
{
        for (size_t i = 0; i < a->n_interfaces; i++)
                for (size_t j = 0; j < b->n_interfaces; j++)
                        if (covers(a->interfaces[i], b->interfaces[j]) ||
                            covers(b->interfaces[j], a->interfaces[i]))
                                return true;
        return false;
}

/* Whether `by` lets in whatever `of` does. */
static bool is_within(const struct pg_source *of, const struct pg_source *by)
{
        if (whole_families(by) == PG_V4_AND_V6)
                return true;
        if (of->any || !pg_addresses_contain(&by->addresses, &of->addresses))
                return false;
        for (size_t i = 0; i < of->n_interfaces; i++)
                if (!has_interface(by, of->interfaces[i]))
                        return false;
        return true;
}

enum pg_extent pg_source_extent(const struct pg_source *of, const struct pg_source *by)
{
        bool of_addresses = !pg_addresses_empty(&of->addresses);
        bool by_addresses = !pg_addresses_empty(&by->addresses);

        if (!pg_source_opens(of) || !pg_source_opens(by))
                return PG_EXTENT_NONE;
        if (is_within(of, by))
                return PG_EXTENT_ALL;
        /* Who comes in by an interface may have any address, and the other way round. */
        if (of->any || pg_addresses_overlap(&of->addresses, &by->addresses) ||
            shares_interface(of, by) || (of->n_interfaces > 0 && by_addresses) ||
            (by->n_interfaces > 0 && of_addresses))
                return PG_EXTENT_PART;
        return PG_EXTENT_NONE;
}

static bool is_equal(const struct pg_source *a, const struct pg_source *b)
{
        return a && b && a->any == b->any &&
               pg_strings_compare(a->interfaces, a->n_interfaces, b->interfaces, b->n_interfaces) ==
                       0 &&
               pg_addresses_equal(&a->addresses, &b->addresses);
}

int pg_relation_find(const struct pg_source *before, const struct pg_source *after,
                     struct pg_relation *ret)
{
        _cleanup_(pg_relation_done) struct pg_relation relation = {0};
        int r = 0;

        if (!is_equal(before, after)) {
                r = find_surplus(after, before, &relation.gained);
                if (r >= 0)
                        r = find_surplus(before, after, &relation.lost);
        }
        if (r >= 0)
                *ret = PG_TAKE(relation);
        return r;
}
