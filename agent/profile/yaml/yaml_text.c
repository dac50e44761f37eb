/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes of a YAML file: only plain text goes to the parser, which is written for more. */
#include <stdint.h>
#include <string.h>

#include "base/strings.h"
#include "profile/yaml/internal.h"

/* libfyaml 0.7.12 reads far ahead before it gives the first event, with 350 bytes of memory for each
 * bracket, and for each blank line in a text it takes stack, and time for all of them. */
#define LINE_LENGTH_MAX 16384
#define BLANK_LINES_MAX 100
#define BRACKETS_MAX (2 * PG_YAML_NODES_MAX)

struct lines {
        struct pg_place place;
        size_t n_blank; /* so many before this one */
        struct pg_diagnostics *diagnostics;
};

static bool is_printable_ascii(char c)
{
        return c >= ' ' && c <= '~';
}

size_t pg_yaml_find_unprintable(const char *text, size_t length)
{
        size_t i = 0;

        while (i < length) {
                uint32_t character;
                size_t size;

                if (is_printable_ascii(text[i]) || text[i] == '\n' || text[i] == '\t') {
                        i++;
                        continue;
                }
                size = pg_utf8_decode(text + i, length - i, &character);
                if (size == 0 || !pg_character_is_printable(character))
                        return i;
                i += size;
        }
        return length;
}

/* Columns count characters, as the YAML parser does. */
static unsigned column_of(const char *line, size_t offset)
{
        unsigned column = 1;

        for (size_t i = 0; i < offset; i++)
                column += ((unsigned char)line[i] & 0xc0) != 0x80;
        return column;
}

static bool report(struct lines *lines, const char *line, size_t offset, const char *problem)
{
        struct pg_place place = lines->place;

        place.column = column_of(line, offset);
        pg_diagnostics_add_plain(lines->diagnostics, PG_SEVERITY_ERROR, place, "%s", problem);
        return false;
}

static bool report_unprintable(struct lines *lines, const char *line, size_t length, size_t offset)
{
        struct pg_place place = lines->place;
        uint32_t character;

        if (line[offset] == '\0')
                return report(lines, line, offset, "this is no text file: it holds a zero byte");
        if (pg_utf8_decode(line + offset, length - offset, &character) == 0)
                return report(lines, line, offset, "this is no UTF-8 text (save the file as UTF-8)");
        place.column = column_of(line, offset);
        pg_diagnostics_add(lines->diagnostics, PG_SEVERITY_ERROR, place,
                           "the control character U+%04X is not allowed (remove it)",
                           (unsigned)character);
        return false;
}

static bool size_is_good(struct lines *lines, const char *line, size_t length, bool is_blank)
{
        if (length > LINE_LENGTH_MAX)
                return report(lines, line, 0, "the line is longer than 16384 bytes (break it)");
        lines->n_blank = is_blank ? lines->n_blank + 1 : 0;
        if (lines->n_blank == BLANK_LINES_MAX + 1)
                return report(lines, line, 0,
                              "more than 100 blank lines follow one another (remove some)");
        return true;
}

static bool line_is_good(struct lines *lines, const char *line, size_t length)
{
        size_t bad, blanks = 0;
        const char *tab;

        if (length > 0 && line[length - 1] == '\r')
                length--;
        bad = pg_yaml_find_unprintable(line, length);
        if (bad < length)
                return report_unprintable(lines, line, length, bad);
        while (blanks < length && (line[blanks] == ' ' || line[blanks] == '\t'))
                blanks++;
        /* Also because of what libfyaml 0.7.12 makes of "? a:\t:", which is a use after free. */
        tab = memchr(line, '\t', length);
        if (tab)
                return report(lines, line, (size_t)(tab - line),
                              (size_t)(tab - line) < blanks
                                      ? "a tab stands in the indentation (indent with spaces)"
                                      : "a tab stands here (write a space)");
        if (length > 0 && line[0] == '%')
                return report(lines, line, 0,
                              "YAML directives are not part of this format (remove the line)");
        return size_is_good(lines, line, length, blanks == length);
}

static bool brackets_are_few(const char *file, const char *text, size_t length,
                             struct pg_diagnostics *diagnostics)
{
        size_t n = 0;

        if (length <= BRACKETS_MAX)
                return true;
        for (size_t i = 0; i < length; i++)
                n += text[i] == '[' || text[i] == '{';
        if (n <= BRACKETS_MAX)
                return true;
        pg_diagnostics_add(diagnostics, PG_SEVERITY_ERROR, (struct pg_place){.file = file},
                           "the file has more than %d opening brackets (split it)", BRACKETS_MAX);
        return false;
}

/* In a quoted text libfyaml 0.7.12 aborts the process there. */
static bool end_is_good(const char *file, const char *text, size_t length,
                        struct pg_diagnostics *diagnostics)
{
        if (length == 0 || text[length - 1] != '\\')
                return true;
        pg_diagnostics_add(diagnostics, PG_SEVERITY_ERROR, (struct pg_place){.file = file},
                           "the file ends with a backslash (add what follows it, or a line end)");
        return false;
}

bool pg_yaml_text_is_good(const char *file, const char *text, size_t length,
                          struct pg_diagnostics *diagnostics)
{
        struct lines lines = {.place = {.file = file}, .diagnostics = diagnostics};
        const char *line = text, *end = text + length;
        bool good = brackets_are_few(file, text, length, diagnostics);

        good &= end_is_good(file, text, length, diagnostics);
        while (line < end) {
                const char *newline = memchr(line, '\n', (size_t)(end - line));
                size_t line_length = (size_t)((newline ? newline : end) - line);

                lines.place.line++;
                good &= line_is_good(&lines, line, line_length);
                /* What follows a zero byte is not worth reading. */
                if (!good && memchr(line, '\0', line_length))
                        return false;
                line += line_length + 1;
        }
        return good;
}
