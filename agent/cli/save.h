/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Results that go to a file instead of standard output. */
#ifndef PG_CLI_SAVE_H
#define PG_CLI_SAVE_H

#include <stddef.h>

#include "portguard/error.h"

/* How far into a file its mark may stand. */
#define PG_SAVE_MARK_WITHIN 1024

/* Puts the bytes into the file, whole or not at all: they are written beside it, and take its place.
 * A new file is its owner's only; one that is there keeps its mode and group. It is replaced only where
 * it is empty or portguard made it, which `mark` in its first PG_SAVE_MARK_WITHIN bytes shows, and
 * where it belongs to who runs this; and refused is what is no regular file, a symbolic link too. */
int pg_save(const char *path, const char *bytes, size_t length, const char *mark,
            struct pg_error *error);

#endif
