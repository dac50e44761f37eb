/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A note of what was last found in the kernel: it saves reading all of it again, and may be lost. */
#ifndef PG_STATE_CACHE_H
#define PG_STATE_CACHE_H

#include <stdbool.h>

/* A note is one line, with its end. */
#define PG_CACHE_NOTE_MAX 256

/* Whether that is what was noted last in the state directory. In doubt, no. */
bool pg_cache_is(const char *directory, const char *note);

/* Notes it, where the directory can be written to. */
void pg_cache_set(const char *directory, const char *note);

#endif
