/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON for programs. Running out of memory here ends the program, as in print.h. */
#ifndef PG_CLI_JSON_H
#define PG_CLI_JSON_H

#include <jansson.h>
#include <stddef.h>

#include "portguard/error.h"

json_t *pg_json_object(void);
json_t *pg_json_array(void);
/* A string; null for NULL. What is no UTF-8 is shown as \xNN. */
json_t *pg_json_text(const char *text);
json_t *pg_json_texts(char *const *items, size_t n);
/* "a, b" as ["a", "b"]. */
json_t *pg_json_split(const char *text);
/* A generation's number; null for 0, which is none. */
json_t *pg_json_generation(unsigned generation);
json_t *pg_json_error(const struct pg_error *error);
json_t *pg_json_diagnostics(const struct pg_diagnostics *diagnostics);

/* Both take `value`. */
void pg_json_put(json_t *object, const char *key, json_t *value);
void pg_json_add(json_t *array, json_t *value);

/* Prints the object on standard output, and frees it. */
void pg_json_print(json_t *object);
/* The same on one line: one of several. */
void pg_json_print_line(json_t *object);

#endif
