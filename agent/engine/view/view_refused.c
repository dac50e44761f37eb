/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who was refused lately, and where this host was; and which profile would open that. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strings.h"
#include "engine/advice/advice.h"
#include "engine/view/view.h"

_Static_assert(PG_REFUSED_MAX == PG_REFUSED_LIST_MAX, "what is promised must be read");

void pg_refused_done(struct pg_refused *refused)
{
        free(refused->source);
        free(refused->protocol);
        free(refused->process);
        free(refused->advice);
        free(refused->command);
        pg_strings_free(refused->candidates, refused->n_candidates);
}

/* Most packets first; of equal ones, who came last. */
static int compare(const void *a, const void *b)
{
        const struct pg_refused_entry *x = a, *y = b;

        if (x->packets != y->packets)
                return x->packets > y->packets ? -1 : 1;
        return (x->ago_ms > y->ago_ms) - (x->ago_ms < y->ago_ms);
}

/* What stands in place of the port of a protocol that has none is many values, and means nothing. */
static void join_portless(struct pg_refused_list *list)
{
        size_t n = 0;

        for (size_t i = 0; i < list->n; i++) {
                struct pg_refused_entry *entry = &list->items[i],
                                        *before = n > 0 ? &list->items[n - 1] : NULL;

                if (!pg_protocol_has_ports(entry->protocol))
                        entry->port = 0;
                if (before && !pg_protocol_has_ports(entry->protocol) &&
                    before->family == entry->family && before->protocol == entry->protocol &&
                    memcmp(before->address, entry->address, sizeof(entry->address)) == 0) {
                        before->packets += entry->packets;
                        before->bytes += entry->bytes;
                        if (entry->ago_ms < before->ago_ms)
                                before->ago_ms = entry->ago_ms;
                } else {
                        list->items[n++] = *entry;
                }
        }
        list->n = n;
}

static int add(struct pg_refused **items, size_t *n, const struct pg_refused_entry *entry)
{
        struct pg_refused *refused = PG_ARRAY_ADD(*items, *n);
        char address[INET6_ADDRSTRLEN] = "", protocol[16];

        if (!refused)
                return -ENOMEM;
        inet_ntop(entry->family, entry->address, address, sizeof(address));
        pg_protocol_format(entry->protocol, protocol, sizeof(protocol));
        refused->source = strdup(address);
        refused->protocol = strdup(protocol);
        refused->has_port = pg_protocol_has_ports(entry->protocol);
        refused->port = entry->port;
        refused->packets = entry->packets;
        refused->bytes = entry->bytes;
        refused->last_seconds_ago = (unsigned)(entry->ago_ms / 1000);
        return refused->source && refused->protocol ? 0 : -ENOMEM;
}

static bool is_same_policy(const struct pg_view *a, const struct pg_view *b)
{
        return a->digest && b->digest && strcmp(a->digest, b->digest) == 0;
}

static int fill(struct pg_refused_list *list, size_t max, struct pg_refused **items, size_t *n)
{
        int r = 0;

        join_portless(list);
        if (list->n > 1)
                qsort(list->items, list->n, sizeof(*list->items), compare);
        for (size_t i = 0; r >= 0 && i < list->n && i < max; i++)
                r = add(items, n, &list->items[i]);
        return r;
}

/* One direction: what the kernel remembers, and what would repair it. */
static int read_direction(struct pg_nft *nft, enum pg_direction direction,
                          const struct pg_settings *settings, struct pg_view *view, size_t max,
                          const struct pg_view *last, struct pg_diagnostics *diagnostics,
                          struct pg_error *error)
{
        struct pg_refused **items = direction == PG_IN ? &view->refused : &view->refused_out;
        size_t *n = direction == PG_IN ? &view->n_refused : &view->n_refused_out;
        _cleanup_(pg_refused_list_done) struct pg_refused_list list = {0};
        int r = pg_refused_list_read(nft, direction, &list, error);

        *(direction == PG_IN ? &view->n_refused_all : &view->n_refused_out_all) = list.n_all;
        *(direction == PG_IN ? &view->refused_full : &view->refused_out_full) = list.is_full;
        if (r >= 0 && (fill(&list, max, items, n) < 0 ||
                       pg_refused_advise(settings, view, direction, &list, last, diagnostics) < 0))
                r = pg_error_memory(error);
        return r;
}

int pg_view_refused(const struct pg_settings *settings, struct pg_view *view, size_t max,
                    const struct pg_view *last, struct pg_diagnostics *diagnostics,
                    struct pg_error *error)
{
        _cleanup_(pg_nft_closep) struct pg_nft *nft = NULL;
        int r;

        if (view->state == PG_STATE_OFF)
                return 0;
        if (last && !is_same_policy(view, last))
                last = NULL;
        r = pg_nft_open(&nft, error);
        if (r >= 0)
                r = read_direction(nft, PG_IN, settings, view, max, last, diagnostics, error);
        return r < 0 ? r : read_direction(nft, PG_OUT, settings, view, max, last, diagnostics, error);
}
