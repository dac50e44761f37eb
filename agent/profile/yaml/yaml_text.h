/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is checked in a file's bytes before a YAML parser sees them. */
#ifndef PG_PROFILE_YAML_TEXT_H
#define PG_PROFILE_YAML_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "portguard/error.h"

/* Whether the bytes are UTF-8 text without control characters, tabs and directives.
 * Lines, and what a parser has to pile up, are
 * bounded too. Every line that is not so is told. */
bool pg_yaml_text_is_good(const char *file, const char *text, size_t length,
                          struct pg_diagnostics *diagnostics);

/* The first character of a scalar's text that has no place in one, or `length`: an escape such as
 * "\x1b" may bring in what the file itself could not. Newline and tab are allowed. */
size_t pg_yaml_find_unprintable(const char *text, size_t length);

#endif
