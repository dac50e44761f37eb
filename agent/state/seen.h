/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was last seen in the kernel: notes that save reading all of it again, and may be lost. */
#ifndef PG_STATE_SEEN_H
#define PG_STATE_SEEN_H

#include <stdbool.h>

/* A note is one line, with its end. */
#define PG_SEEN_MAX 256

/* Whether that is what was noted last in the state directory. In doubt, no. */
bool pg_seen_is(const char *directory, const char *note);

/* Notes it, where the directory can be written to. */
void pg_seen_set(const char *directory, const char *note);

/* The text that was noted last, if with that note: in fresh memory, which the caller frees. In doubt,
 * NULL. */
char *pg_seen_text(const char *directory, const char *note);

/* Notes it, where the directory can be written to. */
void pg_seen_set_text(const char *directory, const char *note, const char *text);

#endif
