/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports whose packets are sent elsewhere before the input hook sees them. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "host/facts.h"
#include "host/own_addresses.h"
#include "host/routes.h"
#include "kernel/foreign/nat/internal.h"

static void drop(struct pg_forward *item)
{
        free(item->table);
        free(item->chain);
}

void pg_nat_done(struct pg_nat *nat)
{
        for (size_t i = 0; i < nat->n; i++)
                drop(&nat->items[i]);
        free(nat->items);
        *nat = (struct pg_nat){0};
}

/* What is not for this host goes. */
static void sort_out(struct pg_nat *nat, const struct pg_own_addresses *own)
{
        size_t n = 0;

        for (size_t i = 0; i < nat->n; i++) {
                struct pg_forward *item = &nat->items[i];
                bool is_elsewhere =
                        item->has_target &&
                        !pg_nat_is_ours(own, item->is_v6, item->target_first, item->target_last);

                nat->n_elsewhere +=
                        is_elsewhere && !pg_nat_is_loopback(item->is_v6, item->target_first);
                if (is_elsewhere || strcmp(item->interface, "lo") == 0) {
                        drop(item);
                        continue;
                }
                nat->items[n++] = *item;
        }
        nat->n = n;
}

static bool takes_all(const struct pg_forward *item)
{
        return (item->stays || item->has_to) && !item->has_target && !item->is_limited &&
               !item->is_conditional && !item->is_balanced && item->interface[0] == '\0';
}

/* Whether the one leaves nothing for the other. */
static bool hides(const struct pg_forward *item, const struct pg_forward *other)
{
        bool is_family = true;

        for (int is_v6 = 0; is_v6 < 2; is_v6++)
                is_family &= pg_forward_has_family(item, is_v6) || !pg_forward_has_family(other, is_v6);
        return is_family && pg_forward_precedes(item, other) && item->first <= other->first &&
               item->last >= other->last && (item->protocol == 0 || item->protocol == other->protocol);
}

/* What no packet comes to goes. */
static void drop_hidden(struct pg_nat *nat)
{
        size_t n = 0;

        for (size_t i = 0; i < nat->n; i++) {
                bool is_hidden = false;

                /* Those before it, as the walk met them. */
                for (size_t j = 0; j < n && !is_hidden; j++)
                        is_hidden = takes_all(&nat->items[j]) && hides(&nat->items[j], &nat->items[i]);
                if (is_hidden)
                        drop(&nat->items[i]);
                else
                        nat->items[n++] = nat->items[i];
        }
        nat->n = n;
}

static int compare(const void *a, const void *b)
{
        const struct pg_forward *x = a, *y = b;
        int r = x->protocol - y->protocol;

        r = r ? r : x->first - y->first;
        r = r ? r : x->last - y->last;
        r = r ? r : x->family - y->family;
        r = r ? r : strcmp(x->table, y->table);
        r = r ? r : strcmp(x->chain, y->chain);
        r = r ? r : (x->base > y->base) - (x->base < y->base);
        r = r ? r : strcmp(x->interface, y->interface);
        r = r ? r : x->stays - y->stays;
        r = r ? r : memcmp(x->to, y->to, sizeof(x->to));
        r = r ? r : x->to_port - y->to_port;
        return r ? r : (x->place > y->place) - (x->place < y->place);
}

static bool same_rules(const struct pg_forward *a, const struct pg_forward *b)
{
        return a->protocol == b->protocol && a->first == b->first && a->last == b->last &&
               a->base == b->base && a->family == b->family && strcmp(a->table, b->table) == 0 &&
               strcmp(a->chain, b->chain) == 0 && strcmp(a->interface, b->interface) == 0 &&
               pg_nat_same_target(a, b);
}

/* The same rule, found for one own address after the other, stands for all of them. */
static void merge(struct pg_nat *nat)
{
        size_t n = 0;

        for (size_t i = 0; i < nat->n; i++) {
                struct pg_forward *item = &nat->items[i], *last = n > 0 ? &nat->items[n - 1] : NULL;

                if (!last || !same_rules(last, item)) {
                        nat->items[n++] = *item;
                        continue;
                }
                if (item->n_targets > last->n_targets)
                        last->n_targets = item->n_targets;
                /* This host may have another address. */
                last->is_conditional |= item->is_conditional || last->has_target;
                last->is_limited &= item->is_limited;
                last->is_balanced |= item->is_balanced;
                last->has_target = false;
                last->place = item->place; /* all that it takes is over behind the last of them */
                drop(item);
        }
        nat->n = n;
}

/* Addresses that this host takes packets of, beside those of its interfaces (ip_route_input_slow()):
 * broadcast, anycast, routes of the type local; a group where it has joined that. */
static bool is_taken(struct pg_forward *item)
{
        static const uint8_t zero[16];
        bool is_limited_broadcast = !item->to_is_v6 && memcmp(item->to, "\xff\xff\xff\xff", 4) == 0;

        if (memcmp(item->to, zero, sizeof(zero)) == 0)
                return false;
        if (is_limited_broadcast || pg_forward_is_multicast(item))
                return true;
        switch (pg_route_type(item->to_is_v6, item->to)) {
        case RTN_BROADCAST:
                item->is_conditional |= pg_forwards_broadcast();
                return true;
        case RTN_LOCAL:
        case RTN_ANYCAST:
                return true;
        default:
                return false;
        }
}

static void keep_taken(struct pg_nat *nat)
{
        for (size_t i = 0; i < nat->n; i++) {
                struct pg_forward *item = &nat->items[i];

                if (item->has_to && !item->stays &&
                    memcmp(item->to, item->to_last, sizeof(item->to)) == 0)
                        item->stays = is_taken(item);
        }
}

struct reading {
        struct pg_own_addresses own;
        struct pg_nat nat;
};

static int read_once(struct pg_nft *nft, void *data, struct pg_error *error)
{
        struct reading *reading = data;
        struct pg_nat_tables tables = {.nft = nft, .own = &reading->own};
        uint32_t before = 0, after = 0;
        int r = pg_nft_genid(nft, &before, NULL);

        pg_nat_done(&reading->nat);
        if (r >= 0)
                r = pg_nat_tables_read(&tables);
        if (r >= 0)
                r = pg_nat_walk(&tables, &reading->nat);
        if (r >= 0)
                r = pg_nft_genid(nft, &after, NULL);
        if (r >= 0 && after != before)
                r = -EINTR;
        pg_nat_tables_done(&tables);
        return r < 0 ? pg_nft_error(error, -r, "reading the NAT rules of other tables",
                                    (struct pg_place){0})
                     : 0;
}

int pg_nat_read(struct pg_nft *nft, struct pg_nat *ret, struct pg_error *error)
{
        struct reading reading = {0};
        struct pg_nat *nat = &reading.nat;
        int r = pg_own_addresses_read(&reading.own);

        if (r < 0)
                pg_nft_error(error, -r, "reading this host's addresses", (struct pg_place){0});
        else
                r = pg_nft_retry(nft, read_once, &reading, error);
        if (r >= 0)
                sort_out(nat, &reading.own);
        pg_own_addresses_done(&reading.own);
        if (r < 0) {
                pg_nat_done(nat);
                return r;
        }
        drop_hidden(nat);
        if (nat->n > 1)
                qsort(nat->items, nat->n, sizeof(*nat->items), compare);
        merge(nat);
        keep_taken(nat);
        nat->is_legacy = pg_legacy_has_nat(false) || pg_legacy_has_nat(true);
        *ret = *nat;
        return 0;
}
