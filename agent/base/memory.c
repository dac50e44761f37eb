/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By mallopt(3) and madvise(2). */
#include "base/memory.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define HUGE_PAGE (2UL * 1024 * 1024)
/* Address space; memory is taken as it is used. */
#define ROOM (64UL * 1024 * 1024)
/* What is larger than this is mapped by itself: the largest that malloc() lets one choose. */
#define MAPPED_MIN (32UL * 1024 * 1024)

void pg_memory_expect(size_t bytes)
{
        char *block;

        if (bytes < PG_MEMORY_LARGE)
                return;
        mallopt(M_MMAP_THRESHOLD, MAPPED_MIN);
        mallopt(M_TRIM_THRESHOLD, INT32_MAX);
        mallopt(M_TOP_PAD, ROOM);
        block = malloc(PG_MEMORY_LARGE);
        if (!block)
                return;
        madvise(block + (HUGE_PAGE - (uintptr_t)block % HUGE_PAGE), ROOM - HUGE_PAGE, MADV_HUGEPAGE);
        free(block);
}
