/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A set of addresses as bytes, the same on every machine: how many IPv4 ranges and how many IPv6 ranges
 * there are (4 bytes each), then the IPv4 ranges (first and last, 4 bytes each), then the IPv6 ranges
 * (16 bytes each). All numbers are in network byte order, and both ends of a range are in it.
 */
#ifndef PG_STATE_ADDRESS_BYTES_H
#define PG_STATE_ADDRESS_BYTES_H

#include "base/addresses/addresses.h"
#include "base/digest.h"

/* Writes normalised addresses into fresh memory that the caller frees. 0 or -ENOMEM. */
int pg_addresses_to_bytes(const struct pg_addresses *addresses, uint8_t **ret, size_t *ret_length);

/* Where they are kept, by digest. */
struct pg_address_bytes {
        /* Opens those of a digest, for `read`, and closes those that were open. -ENOENT: there are
         * none. */
        int (*open)(const char *digest, size_t *ret_length, void *context);
        /* Reads some of them: `offset` and `length` lie within. */
        int (*read)(void *bytes, size_t length, size_t offset, void *context);
        void *context;
};

/* Reads them to where they stay; the caller ends the addresses. Their digest may be another than the
 * one they are kept by: `found` is what it is. -EBADMSG: they are cut, or not sorted, disjoint and
 * non-adjacent; -ENOMEM; or what `open` or `read` returned. */
int pg_addresses_read(const struct pg_address_bytes *bytes, const char *digest,
                      struct pg_addresses *ret, char found[static PG_DIGEST_TEXT_SIZE]);

/* Whether the ranges are as pg_addresses_normalise() leaves them. */
bool pg_addresses_are_normalised(const struct pg_addresses *addresses);

/* Reads one range as pg_range_format() writes it, and in no other spelling, and appends it. 0, -EBADMSG
 * or -ENOMEM. */
int pg_addresses_add_text(struct pg_addresses *addresses, const char *text);

#endif
