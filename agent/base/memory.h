/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The heap of a short-lived process. */
#ifndef PG_BASE_MEMORY_H
#define PG_BASE_MEMORY_H

#include <stddef.h>

/* Once, when the program starts: has the kernel give the heap its first pages in one call, and keep
 * what is freed. In a virtual machine the fault that each page costs otherwise takes longer than most
 * of what a command does. */
void pg_memory_begin(void);

/* From how many bytes on a group is large. */
#define PG_MEMORY_LARGE (512UL * 1024)

/* Lets the heap of the process grow in one piece of huge pages, and keep what is freed: where a page
 * costs a fault, and in a virtual machine two, most of the time that a large group takes would go into
 * faults. Does nothing where fewer than PG_MEMORY_LARGE `bytes` are to come, and no harm where there
 * are no huge pages. */
void pg_memory_expect(size_t bytes);

#endif
