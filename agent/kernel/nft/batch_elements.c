/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements of sets in a batch. */
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "kernel/nft/internal.h"

/* A list of elements is closed at this size: its length has 16 bits. */
#define ELEMENTS_MAX (60 * 1024)

/* An open message of elements of one set, closed and opened anew when it is full. */
struct element_writer {
        struct pg_batch *batch;
        const struct pg_set *set;
        bool is_addition;
        struct nlmsghdr *message;
        struct nlattr *list;
};

static void open_elements(struct element_writer *w)
{
        if (w->is_addition)
                w->message = pg_batch_open(w->batch, NFT_MSG_NEWSETELEM, NLM_F_CREATE | NLM_F_EXCL,
                                           "adding elements to the set", w->set->name, w->set->place);
        else
                w->message = pg_batch_open(w->batch, NFT_MSG_DELSETELEM, 0,
                                           "deleting elements of the set", w->set->name, w->set->place);
        if (!w->message)
                return;
        mnl_attr_put_strz(w->message, NFTA_SET_ELEM_LIST_TABLE, PG_TABLE_NAME);
        mnl_attr_put_strz(w->message, NFTA_SET_ELEM_LIST_SET, w->set->name);
        w->list = mnl_attr_nest_start(w->message, NFTA_SET_ELEM_LIST_ELEMENTS);
}

static void close_elements(struct element_writer *w)
{
        if (!w->message)
                return;
        mnl_attr_nest_end(w->message, w->list);
        pg_batch_close(w->batch, w->message);
        w->message = NULL;
}

static bool room_for_element(struct element_writer *w)
{
        if (w->message && w->message->nlmsg_len > ELEMENTS_MAX)
                close_elements(w);
        if (!w->message)
                open_elements(w);
        return w->message != NULL;
}

/* The bound behind the last address; false where there is no address behind it. */
static bool behind(uint8_t *key, uint32_t length)
{
        for (uint32_t i = length; i > 0; i--)
                if (++key[i - 1] != 0)
                        return true;
        return false;
}

/* The end of an interval; only concatenations have theirs in the element itself. */
static void write_end(struct element_writer *w, const uint8_t *last)
{
        uint8_t end[16];

        if ((w->set->flags & PG_SET_CONCAT) || !(w->set->flags & PG_SET_INTERVAL))
                return;
        memcpy(end, last, w->set->key_length);
        if (behind(end, w->set->key_length))
                pg_bound_encode(w->message, w->set, end, true);
}

static void write_element(struct element_writer *w, const struct pg_element *element)
{
        struct pg_cause *cause;

        if (!room_for_element(w))
                return;
        cause = &w->batch->causes[w->batch->n_causes - 1];
        if (!cause->elements)
                cause->elements = element;
        cause->n_elements++;
        pg_element_encode(w->message, w->set, element, w->is_addition);
        write_end(w, element->key_end);
}

static void write_range(struct element_writer *w, const uint8_t *first, const uint8_t *last)
{
        if (!room_for_element(w))
                return;
        pg_bound_encode(w->message, w->set, first, false);
        write_end(w, last);
}

void pg_batch_add_elements(struct pg_batch *batch, const struct pg_set *set)
{
        struct element_writer w = {.batch = batch, .set = set, .is_addition = true};

        for (size_t i = 0; i < set->n_elements; i++)
                write_element(&w, &set->elements[i]);
        close_elements(&w);
}

void pg_batch_add_ranges(struct pg_batch *batch, const struct pg_set *set, size_t from, size_t to)
{
        struct element_writer w = {.batch = batch, .set = set, .is_addition = true};
        const struct pg_addresses *addresses = &set->addresses;

        for (size_t i = from; i < to && set->key_type == PG_TYPE_IPV4; i++) {
                uint32_t first = htonl(addresses->v4[i].first), last = htonl(addresses->v4[i].last);

                write_range(&w, (const uint8_t *)&first, (const uint8_t *)&last);
        }
        for (size_t i = from; i < to && set->key_type == PG_TYPE_IPV6; i++)
                write_range(&w, addresses->v6[i].first, addresses->v6[i].last);
        close_elements(&w);
}

void pg_batch_change_elements(struct pg_batch *batch, const struct pg_element_change *changes, size_t n,
                              bool is_addition)
{
        struct element_writer w = {.batch = batch,
                                   .set = n > 0 ? changes[0].set : NULL,
                                   .is_addition = is_addition};

        for (size_t i = 0; i < n; i++) {
                const struct pg_element_change *change = &changes[i];

                if (change->set != w.set)
                        close_elements(&w);
                w.set = change->set;
                if (change->element) {
                        write_element(&w, change->element);
                        /* Changes do not stand side by side in memory: only the first is known. */
                        if (w.message)
                                batch->causes[batch->n_causes - 1].n_elements = 1;
                } else {
                        write_range(&w, change->first, change->last);
                }
        }
        close_elements(&w);
}
