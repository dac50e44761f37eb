/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The heap of a process that is about to hold large groups. */
#ifndef PG_BASE_MEMORY_H
#define PG_BASE_MEMORY_H

#include <stddef.h>

/* From how many bytes on a group is large. */
#define PG_MEMORY_LARGE (512UL * 1024)

/* Lets the heap of the process grow in one piece of huge pages, and keep what is freed: where a page
 * costs a fault, and in a virtual machine two, most of the time that a large group takes would go into
 * faults. Does nothing where fewer than PG_MEMORY_LARGE `bytes` are to come, and no harm where there
 * are no huge pages. */
void pg_memory_expect(size_t bytes);

#endif
