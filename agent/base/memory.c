/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By mallopt(3) and madvise(2). */
#include "base/memory.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* What most commands need. */
#define FIRST (256UL * 1024)
#define PAGE 4096UL
#define HUGE_PAGE (2UL * 1024 * 1024)
/* Address space; memory is taken as it is used. */
#define ROOM (64UL * 1024 * 1024)
/* What is larger than this is mapped by itself: the largest that malloc() lets one choose. */
#define MAPPED_MIN (32UL * 1024 * 1024)

/* The heap grows by at least that much, and is never cut. */
static void grow_by(size_t bytes)
{
        mallopt(M_MMAP_THRESHOLD, MAPPED_MIN);
        mallopt(M_TRIM_THRESHOLD, INT32_MAX);
        mallopt(M_TOP_PAD, (int)bytes);
}

void pg_memory_begin(void)
{
        char *block, *first, *end;

        grow_by(FIRST);
        block = malloc(1);
        end = sbrk(0);
        if (!block || (intptr_t)end == -1)
                return;
        first = block + (PAGE - (uintptr_t)block % PAGE);
        /* Another malloc() may have its heap elsewhere. */
        if (first < end && (size_t)(end - first) <= 2 * FIRST)
                madvise(first, (size_t)(end - first), MADV_POPULATE_WRITE);
        free(block);
}

void pg_memory_expect(size_t bytes)
{
        char *block;

        if (bytes < PG_MEMORY_LARGE)
                return;
        grow_by(ROOM);
        block = malloc(PG_MEMORY_LARGE);
        if (!block)
                return;
        madvise(block + (HUGE_PAGE - (uintptr_t)block % HUGE_PAGE), ROOM - HUGE_PAGE, MADV_HUGEPAGE);
        free(block);
}
