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
                        drop(item);
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
        int r = x->protocol - y->protocol;

        r = r ? r : x->first - y->first;
        r = r ? r : x->last - y->last;
        r = r ? r : x->family - y->family;
        r = r ? r : strcmp(x->table, y->table);
        return r ? r : strcmp(x->chain, y->chain);
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
                /* This host may have another address. */
                last->is_conditional |= item->is_conditional || last->has_target;
                last->is_limited &= item->is_limited;
                last->has_target = false;
                drop(item);
        }
        nat->n = n;
}

static int read_once(struct pg_nft *nft, void *data, struct pg_error *error)
{
        struct pg_nat_tables tables = {.nft = nft};
        uint32_t before = 0, after = 0;
        int r = pg_nft_genid(nft, &before, NULL);

        pg_nat_done(data);
        if (r >= 0)
                r = pg_nat_tables_read(&tables);
        if (r >= 0)
                r = pg_nat_walk(&tables, data);
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
        struct pg_nat nat = {0};
        struct pg_own_addresses own = {0};
        int r = pg_nft_retry(nft, read_once, &nat, error);

        if (r >= 0) {
                r = pg_own_addresses_read(&own);
                if (r < 0)
                        pg_nft_error(error, -r, "reading this host's addresses", (struct pg_place){0});
        }
        if (r < 0) {
                pg_nat_done(&nat);
                return r;
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
