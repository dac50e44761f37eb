/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much of one set of senders is in another. */
#ifndef PORTGUARD_EXTENT_H
#define PORTGUARD_EXTENT_H

enum pg_extent {
        PG_EXTENT_UNKNOWN, /* the kernel has no such set by itself, and the history does not know it */
        PG_EXTENT_NONE,
        PG_EXTENT_PART,
        PG_EXTENT_ALL,
};

#endif
