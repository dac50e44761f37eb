/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A set of addresses as bytes, the same on every machine: how many IPv4 ranges and how many IPv6 ranges
 * there are (4 bytes each), then the IPv4 ranges (first and last, 4 bytes each), then the IPv6 ranges
 * (16 bytes each). All numbers are in network byte order, and both ends of a range are in it.
 */
#ifndef PG_STATE_ADDRESS_BYTES_H
#define PG_STATE_ADDRESS_BYTES_H

#include "base/addresses.h"

/* Writes normalised addresses into fresh memory that the caller frees. 0 or -ENOMEM. */
int pg_addresses_to_bytes(const struct pg_addresses *addresses, uint8_t **ret, size_t *ret_length);

/* Reads them; the caller ends the addresses. -EBADMSG: they are cut, or not sorted, disjoint and
 * non-adjacent; or -ENOMEM. */
int pg_addresses_from_bytes(const uint8_t *bytes, size_t length, struct pg_addresses *ret);

/* Whether the ranges are as pg_addresses_normalise() leaves them. */
bool pg_addresses_are_normalised(const struct pg_addresses *addresses);

/* Reads one range as pg_range_format() writes it, and in no other spelling, and appends it. 0, -EBADMSG
 * or -ENOMEM. */
int pg_addresses_add_text(struct pg_addresses *addresses, const char *text);

#endif
