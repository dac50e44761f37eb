/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of base/addresses/ share. */
#ifndef PG_BASE_ADDRESSES_INTERNAL_H
#define PG_BASE_ADDRESSES_INTERNAL_H

#include "base/addresses/addresses.h"

/* Another set with the ranges of a sealed one; whatever is appended to either makes it one of its own.
 */
struct pg_addresses pg_addresses_share(const struct pg_addresses *sealed);

#endif
