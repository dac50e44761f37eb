/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The elements of denied4 and denied6, denied_out4 and denied_out6. */
#include "kernel/refused.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"

/* The fields of a key are padded to words: address, protocol, port. */
#define ADDRESS_LENGTH(family) ((family) == AF_INET6 ? 16U : 4U)
#define KEY_LENGTH(family) (ADDRESS_LENGTH(family) + 8)

struct reading {
        enum pg_direction direction;
        int family;
        struct pg_ruleset definition; /* of the set, and no more */
        struct pg_set part;           /* one message's elements */
        struct pg_refused_list *list;
        size_t n, n_all;
};

static void part_done(struct pg_set *part)
{
        for (size_t i = 0; i < part->n_elements; i++)
                pg_element_done(&part->elements[i]);
        free(part->elements);
        part->elements = NULL;
        part->n_elements = 0;
}

static int add(struct reading *reading, const struct pg_element *element)
{
        uint64_t timeout_ms = reading->definition.sets[0].timeout_ms;
        size_t length = ADDRESS_LENGTH(reading->family);
        struct pg_refused_list *list = reading->list;
        struct pg_refused_entry *entry;

        reading->n_all++;
        /* Of no packet, or of protocol 0, which none has: somebody added that by hand. */
        if (reading->n >= PG_REFUSED_LIST_MAX || element->key[length] == 0 || element->packets == 0)
                return 0;
        entry = PG_ARRAY_ADD(list->items, list->n);
        if (!entry)
                return -ENOMEM;
        reading->n++;
        entry->family = reading->family;
        memcpy(entry->address, element->key, length);
        entry->protocol = element->key[length];
        entry->port = (uint16_t)(element->key[length + 4] << 8 | element->key[length + 5]);
        entry->packets = element->packets;
        entry->bytes = element->bytes;
        if (element->expires_ms < timeout_ms)
                entry->ago_ms = timeout_ms - element->expires_ms;
        return 0;
}

static int take_elements(const struct nlmsghdr *message, void *data)
{
        struct reading *reading = data;
        int r = pg_elements_decode(message, &reading->part);

        for (size_t i = 0; r >= 0 && i < reading->part.n_elements; i++)
                r = add(reading, &reading->part.elements[i]);
        part_done(&reading->part);
        if (r >= 0)
                return MNL_CB_OK;
        errno = -r;
        return MNL_CB_ERROR;
}

static int take_definition(const struct nlmsghdr *message, void *data)
{
        struct reading *reading = data;
        int r = pg_set_decode(message, &reading->definition);

        if (r >= 0)
                return MNL_CB_OK;
        errno = -r;
        return MNL_CB_ERROR;
}

static int ask(struct pg_nft *nft, uint16_t type, uint16_t flags, uint16_t table_attribute,
               uint16_t set_attribute, const char *set, mnl_cb_t callback, struct reading *reading)
{
        char buffer[512];
        struct nlmsghdr *request = pg_message_begin(buffer, type, flags, ++nft->sequence);

        mnl_attr_put_strz(request, table_attribute, PG_TABLE_NAME);
        mnl_attr_put_strz(request, set_attribute, set);
        return pg_nft_request(nft, request, callback, reading);
}

/* Somebody else may have put another set in its place. */
static bool is_ours(const struct reading *reading)
{
        const struct pg_set *set = reading->definition.sets;

        return reading->definition.n_sets == 1 && set->key_length == KEY_LENGTH(reading->family) &&
               (set->flags & (PG_SET_DYNAMIC | PG_SET_INTERVAL | PG_SET_MAP)) == PG_SET_DYNAMIC;
}

static const char *set_name(const struct reading *reading)
{
        bool is_v6 = reading->family == AF_INET6;

        if (reading->direction == PG_IN)
                return is_v6 ? PG_REFUSED6_NAME : PG_REFUSED4_NAME;
        return is_v6 ? PG_REFUSED_OUT6_NAME : PG_REFUSED_OUT4_NAME;
}

static int read_set(struct pg_nft *nft, struct reading *reading)
{
        const char *name = set_name(reading);
        int r = ask(nft, NFT_MSG_GETSET, NLM_F_ACK, NFTA_SET_TABLE, NFTA_SET_NAME, name,
                    take_definition, reading);

        if (r < 0 || !is_ours(reading))
                return r;
        reading->part = (struct pg_set){.key_length = KEY_LENGTH(reading->family)};
        r = ask(nft, NFT_MSG_GETSETELEM, NLM_F_DUMP, NFTA_SET_ELEM_LIST_TABLE, NFTA_SET_ELEM_LIST_SET,
                name, take_elements, reading);
        if (r < 0)
                return r;
        reading->list->n_all += reading->n_all;
        if (reading->definition.sets->size > 0 && reading->n_all >= reading->definition.sets->size)
                reading->list->is_full = true;
        return 0;
}

static int compare(const void *a, const void *b)
{
        const struct pg_refused_entry *x = a, *y = b;
        int r = x->family - y->family;

        if (r == 0)
                r = memcmp(x->address, y->address, sizeof(x->address));
        if (r == 0)
                r = (int)x->protocol - (int)y->protocol;
        return r != 0 ? r : (int)x->port - (int)y->port;
}

/* A table that the kernel resizes while it is dumped may show an element again. */
static void finish(struct pg_refused_list *list)
{
        size_t n = 0;

        if (list->n > 1)
                qsort(list->items, list->n, sizeof(*list->items), compare);
        for (size_t i = 0; i < list->n; i++)
                if (n == 0 || compare(&list->items[n - 1], &list->items[i]) != 0)
                        list->items[n++] = list->items[i];
        list->n_all -= list->n - n;
        list->n = n;
}

static int read_all(struct pg_nft *nft, enum pg_direction direction, struct pg_refused_list *list)
{
        static const int families[] = {AF_INET, AF_INET6};
        int r = 0;

        for (size_t i = 0; r >= 0 && i < PG_ELEMENTSOF(families); i++) {
                struct reading reading = {.direction = direction, .family = families[i], .list = list};

                r = read_set(nft, &reading);
                if (r == -ENOENT)
                        r = 0;
                for (size_t j = 0; j < reading.definition.n_sets; j++)
                        free(reading.definition.sets[j].elements);
                free(reading.definition.sets);
        }
        return r;
}

struct question {
        enum pg_direction direction;
        struct pg_refused_list *ret;
};

static int read_once(struct pg_nft *nft, void *data, struct pg_error *error)
{
        const struct question *question = data;
        _cleanup_(pg_refused_list_done) struct pg_refused_list list = {0};
        int r = read_all(nft, question->direction, &list);

        if (r < 0)
                return pg_nft_error(error, -r, "reading who was refused lately", (struct pg_place){0});
        finish(&list);
        *question->ret = PG_TAKE(list);
        return 0;
}

int pg_refused_list_read(struct pg_nft *nft, enum pg_direction direction, struct pg_refused_list *ret,
                         struct pg_error *error)
{
        struct question question = {.direction = direction, .ret = ret};

        return pg_nft_retry(nft, read_once, &question, error);
}

void pg_refused_list_done(struct pg_refused_list *list)
{
        free(list->items);
        *list = (struct pg_refused_list){0};
}
