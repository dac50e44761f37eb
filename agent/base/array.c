/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arrays that grow at powers of two, so that the length alone tells the room. */
#include "base/array.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool pg_array_reserve(void *items, size_t length, size_t size)
{
        size_t room, bytes;
        char *memory;

        memcpy(&memory, items, sizeof(memory));
        /* At 0, 1, 2, 4, 8 ... the room is used up. */
        if ((length & (length - 1)) == 0) {
                room = length ? length * 2 : 1;
                if (length > SIZE_MAX / 2 || __builtin_mul_overflow(room, size, &bytes) ||
                    bytes > PTRDIFF_MAX)
                        return false;
                memory = realloc(memory, bytes);
                if (!memory)
                        return false;
                memcpy(items, &memory, sizeof(memory));
        }
        /* Only the element given out: zeroing the whole new half would make its pages resident. */
        memset(memory + length * size, 0, size);
        return true;
}

bool pg_array_extend(void *items, size_t length, size_t more, size_t size)
{
        size_t room = 1, wanted, bytes;
        char *memory;

        if (more == 0)
                return true;
        if (__builtin_add_overflow(length, more, &wanted) || wanted > SIZE_MAX / 2)
                return false;
        while (room < wanted)
                room *= 2;
        /* The length tells that there is as much already. */
        if (length > room / 2)
                return true;
        if (__builtin_mul_overflow(room, size, &bytes) || bytes > PTRDIFF_MAX)
                return false;
        memcpy(&memory, items, sizeof(memory));
        memory = realloc(memory, bytes);
        if (!memory)
                return false;
        memcpy(items, &memory, sizeof(memory));
        return true;
}
