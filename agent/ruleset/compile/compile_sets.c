/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses become two sets. Single addresses stand in a hash set, which may gain and lose keys while
 * rules look into it; prefixes stand in an interval set, which is replaced instead: until Linux 6.18.14
 * the kernel's tree can miss elements that are there while it is changed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ruleset/compile/compile.h"

/* Runs of up to so many addresses are single addresses: those of neighbours that a site lists one by
 * one stay in the hash set. */
#define SINGLES_RUN 4

/* A hash set says how many elements it may have: the kernel then takes a table of fixed size. One that
 * grows by itself cannot be dumped while it does, after it was filled: elements are missing from the
 * dump (rhashtable_walk_next()). In few steps, since where the size is another, so is the set; each is
 * the most that its table is for (nft_hash_buckets()). A part of a large group has the third from the
 * beginning, and at most SINGLES_RUN * PG_SHARD_RANGES elements. */
static const uint32_t sizes[] = {384, 3072, 12288, 49152};
#define SHARD_STEP 2

static uint32_t size_for(size_t n, bool is_shard)
{
        size_t step = is_shard ? SHARD_STEP : 0;

        while (step + 1 < PG_ELEMENTSOF(sizes) && n > sizes[step])
                step++;
        return sizes[step];
}

static const char *suffix_of(bool is_v6, enum pg_set_kind kind)
{
        if (kind == PG_SET_NETS)
                return is_v6 ? "_v6nets" : "_v4nets";
        return is_v6 ? "_v6" : "_v4";
}

struct pg_set *pg_compile_address_set(struct pg_compilation *c, const struct pg_source *source,
                                      bool is_v6, uint32_t flags, const char *name)
{
        struct pg_set *set = pg_ruleset_add_set(c->ruleset, name);

        if (!set)
                return NULL;
        set->flags = flags;
        set->key_type = is_v6 ? PG_TYPE_IPV6 : PG_TYPE_IPV4;
        set->key_length = is_v6 ? 16 : 4;
        set->field_lengths[0] = is_v6 ? 16 : 4;
        set->n_fields = 1;
        set->place = (struct pg_place){source->file, source->line, source->column};
        return set;
}

/* The set takes the addresses over where they are `owned`, and borrows them else. */
static int add_set(struct pg_compilation *c, const struct pg_source *source, bool is_v6,
                   enum pg_set_kind kind, bool is_shard, const char *name,
                   struct pg_addresses *addresses, bool owned)
{
        struct pg_set *set = pg_compile_address_set(c, source, is_v6,
                                                    kind == PG_SET_NETS ? PG_SET_INTERVAL : 0, name);

        if (!set)
                return -ENOMEM;
        if (kind == PG_SET_SINGLES)
                set->size = size_for(addresses->n_v4 + addresses->n_v6, is_shard);
        set->addresses = *addresses;
        set->owns_addresses = owned;
        *addresses = (struct pg_addresses){0};
        return 0;
}

/* Most groups are single addresses or prefixes, and need no copy. */
static int divide(const struct pg_addresses *addresses, struct pg_addresses parts[static PG_SET_KINDS],
                  bool *ret_owned)
{
        bool are_singles;

        *ret_owned = !pg_addresses_are_alike(addresses, SINGLES_RUN, &are_singles);
        if (*ret_owned)
                return pg_addresses_split(addresses, SINGLES_RUN, &parts[PG_SET_SINGLES],
                                          &parts[PG_SET_NETS]);
        parts[are_singles ? PG_SET_SINGLES : PG_SET_NETS] = *addresses;
        return 0;
}

int pg_compile_sets(struct pg_compilation *c, const struct pg_source *source,
                    const struct pg_addresses *ranges, bool is_v6, const struct pg_set_names *names,
                    bool is_shard)
{
        const struct pg_addresses one_family = {
                .v4 = ranges->v4,
                .n_v4 = is_v6 ? 0 : ranges->n_v4,
                .v6 = ranges->v6,
                .n_v6 = is_v6 ? ranges->n_v6 : 0,
        };
        struct pg_addresses parts[PG_SET_KINDS] = {0};
        bool owned;
        int r;

        if (pg_ruleset_set(c->ruleset, names->of[PG_SET_SINGLES]) ||
            pg_ruleset_set(c->ruleset, names->of[PG_SET_NETS]))
                return 0;
        r = divide(&one_family, parts, &owned);
        for (enum pg_set_kind kind = 0; r >= 0 && kind < PG_SET_KINDS; kind++)
                if (is_shard || !pg_addresses_empty(&parts[kind]))
                        r = add_set(c, source, is_v6, kind, is_shard, names->of[kind], &parts[kind],
                                    owned);
        for (enum pg_set_kind kind = 0; owned && kind < PG_SET_KINDS; kind++)
                pg_addresses_done(&parts[kind]);
        return r;
}

void pg_set_names(const char *label, const char *prefix, bool is_v6, const char *region, char slot,
                  struct pg_set_names *ret)
{
        for (enum pg_set_kind kind = 0; kind < PG_SET_KINDS; kind++) {
                char suffix[PG_NAME_MAX];

                snprintf(suffix, sizeof(suffix), "%s%s", suffix_of(is_v6, kind), region);
                pg_source_name(label, prefix, suffix, slot, ret->of[kind]);
        }
}

struct pg_set *pg_compile_sides_set(struct pg_compilation *c, const char *name, bool is_v6,
                                    uint64_t timeout_ms, uint32_t size)
{
        struct pg_set *set = pg_ruleset_add_set(c->ruleset, name);

        if (!set)
                return NULL;
        set->flags = PG_SET_TIMEOUT | PG_SET_DYNAMIC;
        set->key_type = ((is_v6 ? PG_TYPE_IPV6 : PG_TYPE_IPV4) << 12) | (PG_TYPE_PROTOCOL << 6) |
                        PG_TYPE_SERVICE;
        set->n_fields = 3;
        set->field_lengths[0] = is_v6 ? 16 : 4;
        set->field_lengths[1] = 1;
        set->field_lengths[2] = 2;
        set->key_length = (is_v6 ? 16 : 4) + 4 + 4;
        set->timeout_ms = timeout_ms;
        set->size = size;
        return set;
}

struct pg_set *pg_compile_ports_set(struct pg_compilation *c, const char *name)
{
        struct pg_set *set = pg_ruleset_add_set(c->ruleset, name);

        if (!set)
                return NULL;
        set->flags = PG_SET_INTERVAL | PG_SET_CONCAT;
        set->key_type = (PG_TYPE_PROTOCOL << 6) | PG_TYPE_SERVICE;
        set->n_fields = 2;
        set->field_lengths[0] = 1;
        set->field_lengths[1] = 2;
        set->key_length = 8;
        return set;
}

struct pg_element *pg_compile_ports_element(struct pg_set *set, const struct pg_segment *segment)
{
        struct pg_element *element = pg_set_add_element(set);
        const uint16_t first = htons(segment->ports.first), last = htons(segment->ports.last);
        const size_t at = set->flags & PG_SET_CONCAT ? 4 : 0;

        if (!element)
                return NULL;
        if (set->key_type != PG_TYPE_SERVICE)
                element->key[0] = element->key_end[0] = segment->ports.protocol;
        if (set->key_type != PG_TYPE_PROTOCOL) {
                memcpy(element->key + at, &first, sizeof(first));
                memcpy(element->key_end + at, &last, sizeof(last));
        }
        return element;
}
