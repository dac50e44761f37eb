/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements of a dump into a set. */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "kernel/nft/internal.h"

/* The attributes of one element; every length is checked before it is used. */
struct attributes {
        const struct nlattr *by_type[NFTA_SET_ELEM_MAX + 1];
};

static const struct nlattr *find(const struct nlattr *nest, uint16_t type)
{
        const struct nlattr *attribute;

        mnl_attr_for_each_nested(attribute,
                                 nest) if (mnl_attr_get_type(attribute) == type) return attribute;
        return NULL;
}

static bool decode_key(const struct nlattr *nest, uint8_t *key, uint32_t length)
{
        const struct nlattr *value = nest ? find(nest, NFTA_DATA_VALUE) : NULL;

        if (!value || mnl_attr_get_payload_len(value) != length || length > PG_KEY_MAX)
                return false;
        memcpy(key, mnl_attr_get_payload(value), length);
        return true;
}

static uint32_t decode_u32(const struct nlattr *attribute)
{
        if (!attribute || mnl_attr_validate(attribute, MNL_TYPE_U32) < 0)
                return 0;
        return ntohl(mnl_attr_get_u32(attribute));
}

static uint64_t decode_u64(const struct nlattr *attribute)
{
        if (!attribute || mnl_attr_validate(attribute, MNL_TYPE_U64) < 0)
                return 0;
        return be64toh(mnl_attr_get_u64(attribute));
}

static bool decode_verdict(const struct nlattr *data, struct pg_verdict *verdict)
{
        const struct nlattr *nest = data ? find(data, NFTA_DATA_VERDICT) : NULL;
        const struct nlattr *code = nest ? find(nest, NFTA_VERDICT_CODE) : NULL;
        const struct nlattr *chain = nest ? find(nest, NFTA_VERDICT_CHAIN) : NULL;

        if (!code)
                return false;
        verdict->code = (int32_t)decode_u32(code);
        if (chain && mnl_attr_validate(chain, MNL_TYPE_NUL_STRING) >= 0)
                snprintf(verdict->chain, sizeof(verdict->chain), "%s", mnl_attr_get_str(chain));
        return true;
}

/* False: of another kind, such as a limit, which decides whether the element is found. */
static bool decode_counter(const struct nlattr *nest, struct pg_element *element)
{
        const struct nlattr *name = find(nest, NFTA_EXPR_NAME);
        const struct nlattr *data = find(nest, NFTA_EXPR_DATA);

        if (!name || !data || mnl_attr_validate(name, MNL_TYPE_NUL_STRING) < 0 ||
            strcmp(mnl_attr_get_str(name), "counter") != 0)
                return false;
        element->has_counter = true;
        element->packets = decode_u64(find(data, NFTA_COUNTER_PACKETS));
        element->bytes = decode_u64(find(data, NFTA_COUNTER_BYTES));
        return true;
}

/* What has no key is for all that no other element is for (NFT_SET_ELEM_CATCHALL). */
static void decode_catch_all(const struct attributes *a, struct pg_set *set)
{
        set->has_foreign = true;
        set->has_catch_all = decode_u32(a->by_type[NFTA_SET_ELEM_FLAGS]) & NFT_SET_ELEM_CATCHALL;
        if (set->flags & PG_SET_MAP)
                decode_verdict(a->by_type[NFTA_SET_ELEM_DATA], &set->catch_all);
}

static int decode_element(const struct attributes *a, struct pg_set *set)
{
        const struct nlattr *userdata = a->by_type[NFTA_SET_ELEM_USERDATA];
        struct pg_element *element;
        uint8_t key[PG_KEY_MAX] = {0};

        if (!decode_key(a->by_type[NFTA_SET_ELEM_KEY], key, set->key_length)) {
                decode_catch_all(a, set);
                return 0;
        }
        element = pg_set_add_element(set);
        if (!element)
                return -ENOMEM;
        memcpy(element->key, key, sizeof(key));
        memcpy(element->key_end, element->key, sizeof(element->key));
        element->is_end = decode_u32(a->by_type[NFTA_SET_ELEM_FLAGS]) & NFT_SET_ELEM_INTERVAL_END;
        if (a->by_type[NFTA_SET_ELEM_KEY_END])
                decode_key(a->by_type[NFTA_SET_ELEM_KEY_END], element->key_end, set->key_length);
        if ((set->flags & PG_SET_MAP) && !element->is_end &&
            !decode_verdict(a->by_type[NFTA_SET_ELEM_DATA], &element->verdict))
                set->has_foreign = true;
        if (a->by_type[NFTA_SET_ELEM_EXPRESSIONS] ||
            (a->by_type[NFTA_SET_ELEM_EXPR] &&
             !decode_counter(a->by_type[NFTA_SET_ELEM_EXPR], element)))
                set->has_foreign = true;
        element->timeout_ms = decode_u64(a->by_type[NFTA_SET_ELEM_TIMEOUT]);
        element->expires_ms = decode_u64(a->by_type[NFTA_SET_ELEM_EXPIRATION]);
        if (userdata)
                element->comment = pg_comment_decode(mnl_attr_get_payload(userdata),
                                                     mnl_attr_get_payload_len(userdata));
        return 0;
}

/* Until pg_elements_finish(), a range's `first` is a bound and its `last` says whether that is an end.
 */
static int decode_bound(const struct attributes *a, struct pg_set *set)
{
        bool is_end = decode_u32(a->by_type[NFTA_SET_ELEM_FLAGS]) & NFT_SET_ELEM_INTERVAL_END;
        uint8_t key[PG_KEY_MAX];

        if (!decode_key(a->by_type[NFTA_SET_ELEM_KEY], key, set->key_length)) {
                decode_catch_all(a, set);
                return 0;
        }
        if (a->by_type[NFTA_SET_ELEM_EXPR] || a->by_type[NFTA_SET_ELEM_EXPRESSIONS])
                set->has_foreign = true;
        if (set->key_type == PG_TYPE_IPV4) {
                struct pg_range4 *bound = PG_ARRAY_ADD(set->addresses.v4, set->addresses.n_v4);

                if (!bound)
                        return -ENOMEM;
                memcpy(&bound->first, key, sizeof(bound->first));
                bound->first = ntohl(bound->first);
                bound->last = is_end;
        } else {
                struct pg_range6 *bound = PG_ARRAY_ADD(set->addresses.v6, set->addresses.n_v6);

                if (!bound)
                        return -ENOMEM;
                memcpy(bound->first, key, sizeof(bound->first));
                bound->last[0] = is_end;
        }
        return 0;
}

int pg_elements_decode(const struct nlmsghdr *message, struct pg_set *set)
{
        const struct nlattr *attribute, *element, *part;
        int r = 0;

        mnl_attr_for_each(attribute, message, sizeof(struct nfgenmsg))
        {
                if (mnl_attr_get_type(attribute) != NFTA_SET_ELEM_LIST_ELEMENTS)
                        continue;
                mnl_attr_for_each_nested(element, attribute)
                {
                        struct attributes a = {0};

                        mnl_attr_for_each_nested(part, element) if (mnl_attr_get_type(part) <=
                                                                    NFTA_SET_ELEM_MAX)
                                a.by_type[mnl_attr_get_type(part)] = part;
                        r = pg_set_has_addresses(set) ? decode_bound(&a, set) : decode_element(&a, set);
                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

/* At one address, the end of a range comes before the start of the next. */
static int compare_bounds4(const void *a, const void *b)
{
        const struct pg_range4 *x = a, *y = b;

        if (x->first != y->first)
                return x->first < y->first ? -1 : 1;
        return (int)y->last - (int)x->last;
}

static int compare_bounds6(const void *a, const void *b)
{
        const struct pg_range6 *x = a, *y = b;
        int r = memcmp(x->first, y->first, sizeof(x->first));

        return r != 0 ? r : (int)y->last[0] - (int)x->last[0];
}

/* The kernel walks its tree in descending order: turning the dump round sorts it. */
static void sort_bounds(void *items, size_t n, size_t size, int (*compare)(const void *, const void *))
{
        uint8_t *bytes = items, swap[sizeof(struct pg_range6)];
        bool is_sorted = true;

        if (n < 2)
                return;
        if (compare(bytes, bytes + (n - 1) * size) > 0)
                for (size_t i = 0; i < n / 2; i++) {
                        memcpy(swap, bytes + i * size, size);
                        memcpy(bytes + i * size, bytes + (n - 1 - i) * size, size);
                        memcpy(bytes + (n - 1 - i) * size, swap, size);
                }
        for (size_t i = 0; is_sorted && i + 1 < n; i++)
                is_sorted = compare(bytes + i * size, bytes + (i + 1) * size) <= 0;
        if (!is_sorted)
                qsort(items, n, size, compare);
}

static void pair_bounds4(struct pg_addresses *addresses)
{
        struct pg_range4 *bounds = addresses->v4;
        size_t n = addresses->n_v4, n_ranges = 0;

        for (size_t i = 0; i < n; i++) {
                bool has_end = i + 1 < n && bounds[i + 1].last;

                if (bounds[i].last) /* an end without a start: nft's marker before the first range */
                        continue;
                bounds[n_ranges].first = bounds[i].first;
                bounds[n_ranges++].last = has_end ? bounds[i + 1].first - 1 : UINT32_MAX;
        }
        addresses->n_v4 = n_ranges;
}

static void pair_bounds6(struct pg_addresses *addresses)
{
        struct pg_range6 *bounds = addresses->v6;
        size_t n = addresses->n_v6, n_ranges = 0;

        for (size_t i = 0; i < n; i++) {
                struct pg_range6 range;

                if (bounds[i].last[0])
                        continue;
                memcpy(range.first, bounds[i].first, sizeof(range.first));
                memset(range.last, 0xff, sizeof(range.last));
                if (i + 1 < n && bounds[i + 1].last[0]) {
                        memcpy(range.last, bounds[i + 1].first, sizeof(range.last));
                        for (int j = 15; j >= 0 && range.last[j]-- == 0; j--)
                                ;
                }
                bounds[n_ranges++] = range;
        }
        addresses->n_v6 = n_ranges;
}

static int compare_elements(const void *a, const void *b)
{
        const struct pg_element *x = a, *y = b;
        int r = memcmp(x->key, y->key, PG_KEY_MAX);

        return r != 0 ? r : (int)y->is_end - (int)x->is_end;
}

/* Start and end of a map's intervals come as two elements; one remains. */
static void pair_elements(struct pg_set *set)
{
        /* Of somebody else's set whose keys are longer, nothing was read. */
        const uint32_t length = set->key_length < PG_KEY_MAX ? set->key_length : PG_KEY_MAX;
        size_t n = 0;

        if (set->n_elements > 1)
                qsort(set->elements, set->n_elements, sizeof(*set->elements), compare_elements);
        for (size_t i = 0; i < set->n_elements; i++) {
                struct pg_element *element = &set->elements[i];

                if (element->is_end) {
                        pg_element_done(element);
                        continue;
                }
                memset(element->key_end, 0xff, length);
                if (i + 1 < set->n_elements && element[1].is_end) {
                        memcpy(element->key_end, element[1].key, length);
                        for (uint32_t j = length; j > 0 && element->key_end[j - 1]-- == 0; j--)
                                ;
                }
                set->elements[n++] = *element;
        }
        set->n_elements = n;
}

/* Of a set without intervals, each address is a range of its own. */
static void end_singles(struct pg_addresses *addresses)
{
        for (size_t i = 0; i < addresses->n_v4; i++)
                addresses->v4[i].last = addresses->v4[i].first;
        for (size_t i = 0; i < addresses->n_v6; i++)
                memcpy(addresses->v6[i].last, addresses->v6[i].first, sizeof(addresses->v6[i].last));
}

int pg_elements_finish(struct pg_set *set)
{
        struct pg_addresses *addresses = &set->addresses;

        if ((set->flags & PG_SET_INTERVAL) && !(set->flags & PG_SET_CONCAT))
                pair_elements(set);
        if (!(set->flags & PG_SET_INTERVAL)) {
                end_singles(addresses);
                pg_addresses_sort(addresses);
        } else {
                sort_bounds(addresses->v4, addresses->n_v4, sizeof(*addresses->v4), compare_bounds4);
                sort_bounds(addresses->v6, addresses->n_v6, sizeof(*addresses->v6), compare_bounds6);
                pair_bounds4(addresses);
                pair_bounds6(addresses);
        }
        return set->has_catch_all ? pg_catch_all_spread(set) : 0;
}
