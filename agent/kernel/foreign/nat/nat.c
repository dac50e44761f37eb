/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports whose packets are sent elsewhere before the input hook sees them. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "host/facts.h"
#include "host/own_addresses.h"
#include "kernel/foreign/nat/internal.h"

/* Each reads all of it again. */
#define TRIES_MAX 8

void pg_nat_done(struct pg_nat *nat)
{
        for (size_t i = 0; i < nat->n; i++) {
                free(nat->items[i].table);
                free(nat->items[i].chain);
        }
        free(nat->items);
        *nat = (struct pg_nat){0};
}

/* An address that packets from outside have: those to loopback are dropped before. */
static bool is_loopback(bool is_v6, const uint8_t address[static 16])
{
        static const uint8_t loopback6[16] = {[15] = 1};

        return is_v6 ? memcmp(address, loopback6, sizeof(loopback6)) == 0
                     : address[0] == IN_LOOPBACKNET;
}

static bool is_ours(const struct pg_own_addresses *own, bool is_v6, const uint8_t *first,
                    const uint8_t *last)
{
        size_t size = is_v6 ? 16 : 4;

        for (size_t i = 0; i < own->n; i++) {
                const uint8_t *address = own->items[i].bytes;

                if (own->items[i].is_v6 == is_v6 && !is_loopback(is_v6, address) &&
                    memcmp(address, first, size) >= 0 && memcmp(address, last, size) <= 0)
                        return true;
        }
        return false;
}

/* What is not for this host goes, and what is sent to this host itself is marked so. */
static void sort_out(struct pg_nat *nat, const struct pg_own_addresses *own)
{
        size_t n = 0;

        for (size_t i = 0; i < nat->n; i++) {
                struct pg_forward *item = &nat->items[i];
                bool is_elsewhere = item->has_target &&
                                    !is_ours(own, item->is_v6, item->target_first, item->target_last);

                nat->n_elsewhere += is_elsewhere && !is_loopback(item->is_v6, item->target_first);
                if (is_elsewhere || strcmp(item->interface, "lo") == 0) {
                        free(item->table);
                        free(item->chain);
                        continue;
                }
                item->stays = item->stays ||
                              (item->has_to && (is_loopback(item->to_is_v6, item->to) ||
                                                is_ours(own, item->to_is_v6, item->to, item->to)));
                nat->items[n++] = *item;
        }
        nat->n = n;
}

static int compare(const void *a, const void *b)
{
        const struct pg_forward *x = a, *y = b;
        int r;

        if (x->protocol != y->protocol)
                return x->protocol < y->protocol ? -1 : 1;
        if (x->first != y->first)
                return x->first < y->first ? -1 : 1;
        if (x->last != y->last)
                return x->last < y->last ? -1 : 1;
        if (x->family != y->family)
                return x->family < y->family ? -1 : 1;
        r = strcmp(x->table, y->table);
        return r != 0 ? r : strcmp(x->chain, y->chain);
}

/* The same rule, found for one own address after the other, stands for all of them. */
static void merge(struct pg_nat *nat)
{
        size_t n = 0;

        for (size_t i = 0; i < nat->n; i++) {
                struct pg_forward *item = &nat->items[i], *last = n > 0 ? &nat->items[n - 1] : NULL;

                if (!last || compare(last, item) != 0 || last->stays != item->stays ||
                    strcmp(last->interface, item->interface) != 0) {
                        nat->items[n++] = *item;
                        continue;
                }
                if (item->n_targets > last->n_targets)
                        last->n_targets = item->n_targets;
                last->has_target = false;
                last->is_conditional |= item->is_conditional;
                free(item->table);
                free(item->chain);
        }
        nat->n = n;
}

/* -EINTR: somebody committed while it was read, and what was read first may not fit the rest. */
static int read_once(struct pg_nft *nft, struct pg_nat *nat)
{
        struct pg_nat_tables tables = {.nft = nft};
        uint32_t before = 0, after = 0;
        int r = pg_nft_genid(nft, &before, NULL);

        if (r >= 0)
                r = pg_nat_tables_read(&tables);
        if (r >= 0)
                r = pg_nat_walk(&tables, nat);
        if (r >= 0)
                r = pg_nft_genid(nft, &after, NULL);
        pg_nat_tables_done(&tables);
        return r >= 0 && after != before ? -EINTR : r;
}

int pg_nat_read(struct pg_nft *nft, struct pg_nat *ret, struct pg_error *error)
{
        struct pg_nat nat = {0};
        struct pg_own_addresses own = {0};
        int r = -EINTR;

        for (int i = 0; i < TRIES_MAX && (r == -EINTR || r == -ENOBUFS); i++) {
                pg_nat_done(&nat);
                r = read_once(nft, &nat);
                /* A dump that was broken off leaves its rest in the socket; a new one has none. */
                if (r < 0 && pg_nft_reopen(nft, NULL) < 0)
                        break;
        }
        if (r >= 0)
                r = pg_own_addresses_read(&own);
        if (r < 0) {
                pg_nat_done(&nat);
                return pg_nft_error(error, -r, "reading the NAT rules of other tables",
                                    (struct pg_place){0});
        }
        sort_out(&nat, &own);
        pg_own_addresses_done(&own);
        if (nat.n > 1)
                qsort(nat.items, nat.n, sizeof(*nat.items), compare);
        merge(&nat);
        nat.is_legacy = pg_legacy_has_nat(false) || pg_legacy_has_nat(true);
        *ret = nat;
        return 0;
}
