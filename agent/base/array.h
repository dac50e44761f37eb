/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Growing arrays: a pointer, a length and nothing else. */
#ifndef PG_BASE_ARRAY_H
#define PG_BASE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Makes room for one more element of `size` bytes in `*items`, which holds `length`, and zeroes it. The
 * room doubles at powers of two, so no capacity needs to be kept.
 * Returns false, with the array untouched, when memory is short or the size would overflow. */
bool pg_array_reserve(void *items, size_t length, size_t size);

/* Makes room for `more` elements of `size` bytes behind the `length` in `*items`; nothing is zeroed.
 * Returns false as pg_array_reserve() does. */
bool pg_array_extend(void *items, size_t length, size_t more, size_t size);

/* pg_array_reserve(), which is called only where the room is used up: a group has a million elements.
 */
static inline bool pg_array_has_room(void *items, size_t length, size_t size)
{
        char *memory;

        if ((length & (length - 1)) == 0)
                return pg_array_reserve(items, length, size);
        memcpy(&memory, items, sizeof(memory));
        memset(memory + length * size, 0, size);
        return true;
}

/* Adds a zeroed element to the array `items` of `length` elements. Gives a pointer to it, or NULL. */
#define PG_ARRAY_ADD(items, length) \
        (pg_array_has_room(&(items), (length), sizeof(*(items))) ? &(items)[(length)++] : NULL)

/* Makes room for `more` elements, which the caller fills in and counts. Gives false where memory is
 * short. */
#define PG_ARRAY_EXTEND(items, length, more) \
        pg_array_extend(&(items), (length), (more), sizeof(*(items)))

#endif
