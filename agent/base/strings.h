/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small help with strings. */
#ifndef PG_BASE_STRINGS_H
#define PG_BASE_STRINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* [a-z0-9][a-z0-9-]{0,62}: profiles, services and groups. */
bool pg_name_is_valid(const char *name);

/* [a-z][a-z0-9_]{0,62}: parameters. */
bool pg_param_name_is_valid(const char *name);

/* A host name by RFC 1123 with at least one dot and a letter: "msg.argo.grnet.gr". */
bool pg_host_name_is_valid(const char *name);

/* A network interface's name as Linux takes it (1-15 bytes, no '/', no blanks, not "." or ".."), in
 * printable ASCII without quotes; a trailing '*' matches every name that begins so. */
bool pg_interface_name_is_valid(const char *name);

/* The candidate nearest to `name` by edit distance, or NULL when none is near enough to be what was
 * meant (more than a third of the letters differ). Borrowed from `candidates`. */
const char *pg_nearest(const char *name, const char *const *candidates, size_t n);

/* Decodes the UTF-8 character at `text`. Returns its bytes, 1-4, or 0 where it is broken. */
size_t pg_utf8_decode(const char *text, size_t length, uint32_t *ret);

/* Whether a character shows as itself: no control character (newline and tab are such), no line
 * separator, nothing that changes the direction of writing. */
bool pg_character_is_printable(uint32_t character);

/* A copy of `text` in which control characters and broken UTF-8 are shown as \xNN, cut with "..." at
 * `size`: what comes from a file may be printed to a terminal only through this. Returns `buffer`. */
const char *pg_printable(const char *text, size_t length, char *buffer, size_t size);

/* printf() into fresh memory; NULL when memory is short. The caller frees it. */
char *pg_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes a word of a command that somebody may type into a shell: in quotes where the shell would take
 * any of it for something else. */
void pg_shell_print(FILE *out, const char *word);

/* The same into fresh memory; NULL when memory is short. The caller frees it. */
char *pg_shell_word(const char *word);

/* Adds a copy of the text to *ret, which the caller frees with pg_strings_free(). 0 or -ENOMEM. */
int pg_strings_add(const char *text, char ***ret, size_t *ret_n);

/* Adds copies of all of them. 0 or -ENOMEM. */
int pg_copy_strings(char *const *from, size_t n, char ***ret, size_t *ret_n);

void pg_strings_free(char **strings, size_t n);

bool pg_strings_have(char *const *strings, size_t n, const char *string);

/* Orders lists by their first difference, as strcmp() does; 0: they are equal. */
int pg_strings_compare(char *const *a, size_t n_a, char *const *b, size_t n_b);

/* The strings with `between` between each two; NULL when memory is short. The caller frees it. */
char *pg_strings_join(char *const *strings, size_t n, const char *between);

/* Ends a stream of open_memstream(): what was written to it, which the caller frees; NULL when memory
 * was short. */
char *pg_stream_end(FILE *stream, char **text);

/* Adds what stands between each two `between` of the text to *ret, at least one string. 0 or -ENOMEM;
 * the caller frees the list either way. */
int pg_strings_split(const char *text, const char *between, char ***ret, size_t *ret_n);

#endif
