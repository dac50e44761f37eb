/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets and maps that other programs' rules look into. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/set.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "kernel/foreign/nat/internal.h"

struct reading {
        struct pg_nat_tables *tables;
        struct pg_nat_table *table;
        struct pg_nat_set *set;
        int error;
};

void pg_nat_set_done(struct pg_nat_set *set)
{
        for (size_t i = 0; i < set->n; i++)
                free(set->elements[i].chain);
        free(set->elements);
        free(set->name);
}

static int take_set(const struct nlmsghdr *message, void *data)
{
        struct nftnl_set *s = nftnl_set_alloc();
        struct reading *reading = data;
        struct pg_nat_set *set = NULL;
        const char *name;

        if (s && nftnl_set_nlmsg_parse(message, s) >= 0 && pg_nat_may_add(reading->tables))
                set = PG_ARRAY_ADD(reading->table->sets, reading->table->n_sets);
        if (set) {
                name = nftnl_set_get_str(s, NFTNL_SET_NAME);
                set->name = strdup(name ? name : "");
                set->flags = nftnl_set_get_u32(s, NFTNL_SET_FLAGS);
                set->key_length = nftnl_set_get_u32(s, NFTNL_SET_KEY_LEN);
        }
        if (s)
                nftnl_set_free(s);
        errno = ENOMEM;
        return (set && set->name) || reading->tables->is_cut ? MNL_CB_OK : MNL_CB_ERROR;
}

static int compare_sets(const void *a, const void *b)
{
        return strcmp(((const struct pg_nat_set *)a)->name, ((const struct pg_nat_set *)b)->name);
}

int pg_nat_sets_read(struct pg_nat_tables *tables, struct pg_nat_table *table)
{
        struct reading reading = {.tables = tables, .table = table};
        struct pg_nft *nft = tables->nft;
        char buffer[512];
        struct nlmsghdr *request = nftnl_nlmsg_build_hdr(buffer, NFT_MSG_GETSET, table->family,
                                                         NLM_F_DUMP, ++nft->sequence);
        int r;

        mnl_attr_put_strz(request, NFTA_SET_TABLE, table->name);
        r = pg_nft_request(nft, request, take_set, &reading);
        if (r >= 0 && table->n_sets > 1)
                qsort(table->sets, table->n_sets, sizeof(*table->sets), compare_sets);
        return r;
}

/* Returns how many bytes there are, none where they are more than `size`. */
static uint32_t copy(struct nftnl_set_elem *e, uint16_t attribute, uint8_t *buffer, size_t size)
{
        uint32_t length = 0;
        const void *data =
                nftnl_set_elem_is_set(e, attribute) ? nftnl_set_elem_get(e, attribute, &length) : NULL;

        if (!data || length > size)
                return 0;
        memcpy(buffer, data, length);
        return length;
}

static int take_element(struct nftnl_set_elem *e, void *data)
{
        struct reading *reading = data;
        struct pg_nat_set *set = reading->set;
        struct pg_nat_element *element;
        const char *chain;

        if (!pg_nat_may_add(reading->tables))
                return 0;
        element = PG_ARRAY_ADD(set->elements, set->n);
        if (!element)
                return reading->error = -ENOMEM;
        /* What stands for all that no other element has is none of those, and has no key. */
        if (copy(e, NFTNL_SET_ELEM_KEY, element->first, sizeof(element->first)) == 0)
                memset(element->last, 0xff, sizeof(element->last));
        else if (copy(e, NFTNL_SET_ELEM_KEY_END, element->last, sizeof(element->last)) == 0)
                memcpy(element->last, element->first, sizeof(element->last));
        element->is_end = nftnl_set_elem_is_set(e, NFTNL_SET_ELEM_FLAGS) &&
                          (nftnl_set_elem_get_u32(e, NFTNL_SET_ELEM_FLAGS) & NFT_SET_ELEM_INTERVAL_END);
        element->data_length =
                (uint8_t)copy(e, NFTNL_SET_ELEM_DATA, element->data, sizeof(element->data));
        if (nftnl_set_elem_is_set(e, NFTNL_SET_ELEM_VERDICT))
                element->code = (int32_t)nftnl_set_elem_get_u32(e, NFTNL_SET_ELEM_VERDICT);
        chain = nftnl_set_elem_is_set(e, NFTNL_SET_ELEM_CHAIN)
                        ? nftnl_set_elem_get_str(e, NFTNL_SET_ELEM_CHAIN)
                        : NULL;
        if (!chain)
                return 0;
        element->chain = strdup(chain);
        return reading->error = element->chain ? 0 : -ENOMEM;
}

static int take_elements(const struct nlmsghdr *message, void *data)
{
        struct nftnl_set *s = nftnl_set_alloc();
        struct reading *reading = data;

        reading->error = s ? 0 : -ENOMEM;
        if (s && nftnl_set_elems_nlmsg_parse(message, s) < 0)
                reading->error = -EPROTO;
        else if (s && nftnl_set_elem_foreach(s, take_element, reading) < 0 && reading->error == 0)
                reading->error = -ENOMEM;
        if (s)
                nftnl_set_free(s);
        errno = -reading->error;
        return reading->error < 0 ? MNL_CB_ERROR : MNL_CB_OK;
}

static int compare_elements(const void *a, const void *b)
{
        const struct pg_nat_element *x = a, *y = b;
        int r = memcmp(x->first, y->first, sizeof(x->first));

        return r != 0 ? r : (int)y->is_end - (int)x->is_end;
}

/* Start and end of an interval come as two elements, of which one remains. */
static void pair_elements(struct pg_nat_set *set)
{
        size_t n = 0;

        for (size_t i = 0; i < set->n; i++) {
                struct pg_nat_element *element = &set->elements[i];

                if (element->is_end) {
                        free(element->chain);
                        continue;
                }
                memset(element->last, 0xff, sizeof(element->last));
                if (i + 1 < set->n && element[1].is_end && set->key_length <= sizeof(element->last)) {
                        memcpy(element->last, element[1].first, set->key_length);
                        for (uint32_t j = set->key_length; j > 0 && element->last[j - 1]-- == 0; j--)
                                ;
                }
                set->elements[n++] = *element;
        }
        set->n = n;
}

static int read_elements(struct pg_nat_tables *tables, struct pg_nat_table *table,
                         struct pg_nat_set *set)
{
        struct reading reading = {.tables = tables, .table = table, .set = set};
        struct pg_nft *nft = tables->nft;
        char buffer[1024];
        struct nlmsghdr *request = nftnl_nlmsg_build_hdr(buffer, NFT_MSG_GETSETELEM, table->family,
                                                         NLM_F_DUMP, ++nft->sequence);
        int r;

        mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_TABLE, table->name);
        mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_SET, set->name);
        r = pg_nft_request(nft, request, take_elements, &reading);
        /* A hash table gives them in another order each time. */
        if (set->n > 1)
                qsort(set->elements, set->n, sizeof(*set->elements), compare_elements);
        if (r >= 0 && (set->flags & PG_SET_INTERVAL) && !(set->flags & PG_SET_CONCAT))
                pair_elements(set);
        set->is_read = true;
        return r == -ENOENT ? -EINTR : r;
}

int pg_nat_set_get(struct pg_nat_tables *tables, struct pg_nat_table *table, const char *name,
                   const struct pg_nat_set **ret)
{
        const struct pg_nat_set key = {.name = (char *)name};
        struct pg_nat_set *set = NULL;
        int r = 0;

        if (table->n_sets > 0)
                set = bsearch(&key, table->sets, table->n_sets, sizeof(key), compare_sets);
        if (set && !set->is_read)
                r = read_elements(tables, table, set);
        if (r >= 0)
                *ret = set;
        return r;
}
