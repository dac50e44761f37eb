/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The addresses that this network namespace has. */
#ifndef PG_HOST_OWN_ADDRESSES_H
#define PG_HOST_OWN_ADDRESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pg_own_address {
        uint32_t interface; /* by index */
        bool is_v6;
        uint8_t bytes[16]; /* network byte order; 4 used for IPv4 */
};

struct pg_own_addresses {
        struct pg_own_address *items;
        size_t n;
};

/* *ret: the addresses of all interfaces, those of `lo` too, in the kernel's order. The caller ends it
 * with pg_own_addresses_done(). Returns 0 or a negative errno value, as pg_rtnetlink_request() does;
 * -E2BIG for more than 1,048,576. */
int pg_own_addresses_read(struct pg_own_addresses *ret);

/* Frees what it holds; it can be read into again. */
void pg_own_addresses_done(struct pg_own_addresses *addresses);

#endif
