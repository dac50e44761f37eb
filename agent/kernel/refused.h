/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who was refused lately: the elements of the sets denied4 and denied6, and where this host was refused
 * to go: denied_out4 and denied_out6. Packets add them by themselves. */
#ifndef PG_KERNEL_REFUSED_H
#define PG_KERNEL_REFUSED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/nft/nft.h"

/* More of one family are counted, not kept: our sets have no more. */
#define PG_REFUSED_LIST_MAX 4096

struct pg_refused_entry {
        int family;          /* AF_INET or AF_INET6 */
        uint8_t address[16]; /* the other side's */
        uint8_t protocol;
        uint16_t port; /* of the host; outbound of the other side */
        uint64_t packets, bytes;
        uint64_t ago_ms; /* since the last one */
};

struct pg_refused_list {
        struct pg_refused_entry *items; /* sorted by family, address, protocol and port */
        size_t n;
        size_t n_all;
        bool is_full; /* one of the sets is: who comes now and is not in it is not remembered */
};

/* Reads both sets of a direction, of which one that is not there, or is no such set, has nothing. What
 * packets change meanwhile may be seen or not; nothing is seen twice. The caller ends the list with
 * pg_refused_list_done(). */
int pg_refused_list_read(struct pg_nft *nft, enum pg_direction direction, struct pg_refused_list *ret,
                         struct pg_error *error);
void pg_refused_list_done(struct pg_refused_list *list);

#endif
