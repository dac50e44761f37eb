/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text for people: tables, colours, line breaks, and nothing unprintable from outside. */
#ifndef PG_CLI_PRINT_H
#define PG_CLI_PRINT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/cleanup.h"

enum pg_style {
        PG_STYLE_PLAIN,
        PG_STYLE_BOLD,
        PG_STYLE_FAINT,
        PG_STYLE_RED,
        PG_STYLE_GREEN,
        PG_STYLE_YELLOW,
        PG_STYLE_CYAN,
        PG_STYLE_MAGENTA,
};

/* The escape sequence that begins a style (PG_STYLE_PLAIN ends it), or "" where `out` is no terminal
 * that wants colours. */
const char *pg_style(FILE *out, enum pg_style style);

/* Ends the program when `pointer` is NULL: what is left to do is to print, and that takes memory. */
void *pg_must(void *pointer);

/* A copy of `text` that is safe to print. Never NULL; NULL reads as "". The caller frees it. */
char *pg_safe(const char *text);

/* Prints what came from outside on one line. */
void pg_print_text(FILE *out, const char *text);
/* The same, where newlines and tabs may stay. */
void pg_print_lines(FILE *out, const char *text);
/* Prints words up to the width of the page, further lines indented, and a newline. */
void pg_print_wrapped(FILE *out, size_t indent, const char *text);
/* The same up to `width` columns; 0: on one line. */
void pg_print_wrapped_at(FILE *out, size_t width, size_t indent, const char *text);

/* How many columns the terminal has; 0 where `out` is none, or does not say. */
size_t pg_terminal_width(FILE *out);

/* "a, b, c", safe to print. The caller frees it. */
char *pg_join(char *const *items, size_t n);

#define PG_COUNT_TEXT_MAX 32
/* "812 B", "1.5 KiB". Returns `buffer`. */
const char *pg_bytes_text(uint64_t bytes, char buffer[static PG_COUNT_TEXT_MAX]);

#define PG_COLUMNS_MAX 6

struct pg_columns_row {
        enum pg_style style; /* of the first cell */
        char *cells[PG_COLUMNS_MAX];
        size_t n; /* without empty ones at the end */
};

/* Rows whose columns are as wide as their widest cell. */
struct pg_columns {
        struct pg_columns_row *rows;
        size_t n;
        size_t indent;
        unsigned right; /* bit i: column i is aligned to the right */
        size_t width;   /* that a line may have at most; 0: any */
        unsigned cut; /* bit i: where lines are wider than that, cells of column i are cut, with "…" */
};

void pg_columns_done(struct pg_columns *table);
/* Adds a row of at most PG_COLUMNS_MAX cells, copied and made safe. */
void pg_columns_add(struct pg_columns *table, enum pg_style style, const char *const *cells, size_t n);
#define PG_COLUMNS_ADD(table, style, ...)                                    \
        pg_columns_add((table), (style), (const char *const[]){__VA_ARGS__}, \
                       PG_ELEMENTSOF(((const char *const[]){__VA_ARGS__})))
void pg_columns_print(const struct pg_columns *table, FILE *out);

#endif
