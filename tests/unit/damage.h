/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files with something wrong in them, and histories made of such. */
#ifndef PG_TESTS_DAMAGE_H
#define PG_TESTS_DAMAGE_H

#include "state/store/store.h"
#include "unit/stores.h"

struct bytes {
        uint8_t *data; /* the caller frees it */
        size_t length;
};

struct bytes read_bytes(const char *path);
void write_bytes(const char *path, const void *data, size_t length);

/* Makes a history of three generations, of which the last has a large set of addresses. */
struct bytes make_history(const char *folder);

/* Opens the history and calls everything that reads, or also what writes. Fails where a call does not
 * tell why it failed; returns how many failed. */
int use_all(const char *folder, enum pg_store_access access);

#endif
