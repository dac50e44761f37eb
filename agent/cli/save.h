/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Results that go to a file instead of standard output. */
#ifndef PG_CLI_SAVE_H
#define PG_CLI_SAVE_H

#include <stddef.h>

#include "portguard/error.h"

/* Puts the bytes into the file, whole or not at all: they are written beside it, and take its place.
 * The file is its owner's only. What is there and is no regular file is refused; a symbolic link too.
 */
int pg_save(const char *path, const char *bytes, size_t length, struct pg_error *error);

#endif
