/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text for people. */
#include "cli/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/array.h"
#include "base/strings.h"
#include "portguard/error.h"

#define PAGE_WIDTH 96
#define COLUMN_GAP 2
#define COLUMN_MIN 12 /* below that a cut cell says nothing */

static bool wants_colours(FILE *out)
{
        const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

        if (no_color && *no_color)
                return false;
        return isatty(fileno(out)) && term && strcmp(term, "dumb") != 0;
}

const char *pg_style(FILE *out, enum pg_style style)
{
        static const char *const sequences[] = {
                [PG_STYLE_PLAIN] = "\033[0m",  [PG_STYLE_BOLD] = "\033[1m",
                [PG_STYLE_FAINT] = "\033[2m",  [PG_STYLE_RED] = "\033[31m",
                [PG_STYLE_GREEN] = "\033[32m", [PG_STYLE_YELLOW] = "\033[33m",
                [PG_STYLE_CYAN] = "\033[36m",  [PG_STYLE_MAGENTA] = "\033[35m",
        };

        return wants_colours(out) ? sequences[style] : "";
}

void *pg_must(void *pointer)
{
        if (pointer)
                return pointer;
        fputs("portguard: not enough memory to print the result\n", stderr);
        exit(PG_STATUS_FAILED);
}

char *pg_safe(const char *text)
{
        size_t length = text ? strlen(text) : 0, size = 4 * length + 4;
        char *safe = pg_must(malloc(size)); /* \xNN: four for one */

        pg_printable(text, length, safe, size);
        return safe;
}

void pg_print_text(FILE *out, const char *text)
{
        _cleanup_(pg_freep) char *safe = pg_safe(text);

        fputs(safe, out);
}

void pg_print_lines(FILE *out, const char *text)
{
        while (*text) {
                size_t length = strcspn(text, "\n\t");
                _cleanup_(pg_freep) char *part = pg_must(strndup(text, length));

                pg_print_text(out, part);
                text += length;
                if (*text)
                        fputc(*text++, out);
        }
}

/* In characters; wide and combining ones count as one, which costs no more than a crooked column. */
static size_t width_of(const char *text)
{
        size_t width = 0;

        for (; *text; text++)
                width += ((unsigned char)*text & 0xc0) != 0x80;
        return width;
}

void pg_print_wrapped_at(FILE *out, size_t page_width, size_t indent, const char *text)
{
        _cleanup_(pg_freep) char *safe = pg_safe(text);
        char *rest = safe, *word;
        size_t column = indent;

        while ((word = strsep(&rest, " "))) {
                size_t width = width_of(word);

                if (page_width > 0 && column > indent && column + 1 + width > page_width) {
                        fprintf(out, "\n%*s", (int)indent, "");
                        column = indent;
                } else if (word != safe) {
                        fputc(' ', out);
                        column++;
                }
                fputs(word, out);
                column += width;
        }
        fputc('\n', out);
}

void pg_print_wrapped(FILE *out, size_t indent, const char *text)
{
        pg_print_wrapped_at(out, PAGE_WIDTH, indent, text);
}

size_t pg_terminal_width(FILE *out)
{
        struct winsize size = {0};

        if (!isatty(fileno(out)) || ioctl(fileno(out), TIOCGWINSZ, &size) < 0)
                return 0;
        return size.ws_col;
}

char *pg_join(char *const *items, size_t n)
{
        char *text = NULL;
        size_t length;
        FILE *stream = pg_must(open_memstream(&text, &length));

        for (size_t i = 0; i < n; i++) {
                fputs(i > 0 ? ", " : "", stream);
                pg_print_text(stream, items[i]);
        }
        return pg_must(pg_stream_end(stream, &text));
}

const char *pg_bytes_text(uint64_t bytes, char buffer[static PG_COUNT_TEXT_MAX])
{
        static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
        double value = (double)bytes;
        size_t unit = 0;

        if (bytes < 1024) {
                snprintf(buffer, PG_COUNT_TEXT_MAX, "%u B", (unsigned)bytes);
                return buffer;
        }
        for (value /= 1024; value >= 1024 && unit + 1 < PG_ELEMENTSOF(units); unit++)
                value /= 1024;
        snprintf(buffer, PG_COUNT_TEXT_MAX, "%.1f %s", value, units[unit]);
        return buffer;
}

void pg_columns_done(struct pg_columns *table)
{
        for (size_t i = 0; i < table->n; i++)
                for (size_t j = 0; j < PG_COLUMNS_MAX; j++)
                        free(table->rows[i].cells[j]);
        free(table->rows);
}

void pg_columns_add(struct pg_columns *table, enum pg_style style, const char *const *cells, size_t n)
{
        struct pg_columns_row *row = pg_must(PG_ARRAY_ADD(table->rows, table->n));

        row->style = style;
        for (size_t i = 0; i < n; i++) {
                row->cells[i] = pg_safe(cells[i]);
                if (*row->cells[i])
                        row->n = i + 1;
        }
}

/* Prints at most `width` characters, of which the last is "…" where there are more. */
static void print_cut(FILE *out, const char *text, size_t width)
{
        size_t bytes = 0;

        if (width_of(text) <= width) {
                fputs(text, out);
                return;
        }
        for (size_t n = 0; n + 1 < width; n++)
                do
                        bytes++;
                while (((unsigned char)text[bytes] & 0xc0) == 0x80);
        fprintf(out, "%.*s…", (int)bytes, text);
}

static size_t smaller(size_t a, size_t b)
{
        return a < b ? a : b;
}

static void print_row(const struct pg_columns *table, const struct pg_columns_row *row,
                      const size_t *widths, FILE *out)
{
        fprintf(out, "%*s", (int)table->indent, "");
        for (size_t i = 0; i < row->n; i++) {
                size_t pad = widths[i] - smaller(width_of(row->cells[i]), widths[i]);
                bool right = table->right & (1U << i), has_style = i == 0 && row->style;

                fprintf(out, "%*s%s", right ? (int)pad : 0, "",
                        has_style ? pg_style(out, row->style) : "");
                print_cut(out, row->cells[i], widths[i]);
                fputs(has_style ? pg_style(out, PG_STYLE_PLAIN) : "", out);
                if (i + 1 < row->n)
                        fprintf(out, "%*s", (int)(right ? 0 : pad) + COLUMN_GAP, "");
        }
        fputc('\n', out);
}

/* Takes columns from the widest one that may be cut, again and again, until a line fits. */
static void fit(const struct pg_columns *table, size_t *widths)
{
        for (;;) {
                size_t line = table->indent, widest = PG_COLUMNS_MAX;

                for (size_t i = 0; i < PG_COLUMNS_MAX; i++) {
                        line += widths[i] + (widths[i] > 0 && i > 0 ? COLUMN_GAP : 0);
                        if ((table->cut & (1U << i)) && widths[i] > COLUMN_MIN &&
                            (widest == PG_COLUMNS_MAX || widths[i] > widths[widest]))
                                widest = i;
                }
                if (table->width == 0 || line <= table->width || widest == PG_COLUMNS_MAX)
                        return;
                widths[widest]--;
        }
}

void pg_columns_print(const struct pg_columns *table, FILE *out)
{
        size_t widths[PG_COLUMNS_MAX] = {0};

        for (size_t i = 0; i < table->n; i++)
                for (size_t j = 0; j < table->rows[i].n; j++) {
                        size_t width = width_of(table->rows[i].cells[j]);

                        widths[j] = width > widths[j] ? width : widths[j];
                }
        fit(table, widths);
        for (size_t i = 0; i < table->n; i++)
                print_row(table, &table->rows[i], widths, out);
}
