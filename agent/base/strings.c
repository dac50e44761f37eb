/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names, their spelling, and text that is safe to show. */
#include "base/strings.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

#define NAME_MAX_LENGTH 63
#define HOST_NAME_MAX_LENGTH 253
#define INTERFACE_NAME_MAX_LENGTH 15
#define NEAREST_LENGTH_MAX 64

static bool is_lower(char c)
{
        return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}

static char to_lower(char c)
{
        return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool pg_name_is_valid(const char *name)
{
        size_t i;

        for (i = 0; name[i] && i <= NAME_MAX_LENGTH; i++)
                if (!is_lower(name[i]) && !is_digit(name[i]) && (i == 0 || name[i] != '-'))
                        return false;
        return i > 0 && i <= NAME_MAX_LENGTH;
}

bool pg_param_name_is_valid(const char *name)
{
        size_t i;

        for (i = 0; name[i] && i <= NAME_MAX_LENGTH; i++)
                if (!is_lower(name[i]) && (i == 0 || (!is_digit(name[i]) && name[i] != '_')))
                        return false;
        return i > 0 && i <= NAME_MAX_LENGTH;
}

static bool is_host_label(const char *label, size_t length)
{
        if (length == 0 || length > 63 || label[0] == '-' || label[length - 1] == '-')
                return false;
        for (size_t i = 0; i < length; i++)
                if (!is_lower(to_lower(label[i])) && !is_digit(label[i]) && label[i] != '-')
                        return false;
        return true;
}

bool pg_host_name_is_valid(const char *name)
{
        size_t length = strnlen(name, HOST_NAME_MAX_LENGTH + 1), start = 0;
        bool letter = false;

        if (length > HOST_NAME_MAX_LENGTH || !memchr(name, '.', length))
                return false;
        for (size_t i = 0; i <= length; i++) {
                letter |= is_lower(to_lower(name[i]));
                if (name[i] != '.' && name[i] != '\0')
                        continue;
                if (!is_host_label(name + start, i - start))
                        return false;
                start = i + 1;
        }
        return letter;
}

bool pg_interface_name_is_valid(const char *name)
{
        size_t length = strnlen(name, INTERFACE_NAME_MAX_LENGTH + 1);

        if (length == 0 || length > INTERFACE_NAME_MAX_LENGTH)
                return false;
        /* A lone star is every interface, which is the scope `any`. */
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, "*") == 0)
                return false;
        for (size_t i = 0; i < length; i++)
                if (name[i] <= ' ' || name[i] > '~' || strchr("/:\"'`\\", name[i]) ||
                    (name[i] == '*' && i + 1 < length))
                        return false;
        return true;
}

static unsigned least(unsigned a, unsigned b)
{
        return a < b ? a : b;
}

/* Damerau-Levenshtein in its restricted form: a pair of swapped letters counts as one change. */
static unsigned edit_distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
        unsigned rows[3][NEAREST_LENGTH_MAX + 1];
        unsigned *before = rows[0], *last = rows[1], *now = rows[2];

        for (size_t j = 0; j <= n_b; j++)
                last[j] = (unsigned)j;
        for (size_t i = 1; i <= n_a; i++) {
                unsigned *spare = before;

                now[0] = (unsigned)i;
                for (size_t j = 1; j <= n_b; j++) {
                        unsigned differs = to_lower(a[i - 1]) != to_lower(b[j - 1]);

                        now[j] = least(last[j] + 1, now[j - 1] + 1);
                        now[j] = least(now[j], last[j - 1] + differs);
                        if (i > 1 && j > 1 && to_lower(a[i - 1]) == to_lower(b[j - 2]) &&
                            to_lower(a[i - 2]) == to_lower(b[j - 1]))
                                now[j] = least(now[j], before[j - 2] + 1);
                }
                before = last;
                last = now;
                now = spare;
        }
        return last[n_b];
}

const char *pg_nearest(const char *name, const char *const *candidates, size_t n)
{
        size_t length = strnlen(name, NEAREST_LENGTH_MAX + 1);
        unsigned best = NEAREST_LENGTH_MAX + 1;
        const char *nearest = NULL;

        if (length > NEAREST_LENGTH_MAX)
                return NULL;
        for (size_t i = 0; i < n; i++) {
                size_t other = strnlen(candidates[i], NEAREST_LENGTH_MAX + 1);
                unsigned distance;

                if (other > NEAREST_LENGTH_MAX)
                        continue;
                distance = edit_distance(name, length, candidates[i], other);
                if (distance < best && distance <= (length > other ? length : other) / 3) {
                        best = distance;
                        nearest = candidates[i];
                }
        }
        return nearest;
}

size_t pg_utf8_decode(const char *text, size_t length, uint32_t *ret)
{
        static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
        const unsigned char *bytes = (const unsigned char *)text;
        uint32_t value;
        size_t size;

        if (length == 0)
                return 0;
        if (bytes[0] < 0x80) {
                *ret = bytes[0];
                return 1;
        }
        size = bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : 2;
        if (bytes[0] < 0xc2 || bytes[0] > 0xf4 || size > length)
                return 0;
        value = bytes[0] & (0x7fU >> size);
        for (size_t i = 1; i < size; i++) {
                if ((bytes[i] & 0xc0) != 0x80)
                        return 0;
                value = value << 6 | (bytes[i] & 0x3f);
        }
        if (value < lowest[size] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
                return 0;
        *ret = value;
        return size;
}

bool pg_character_is_printable(uint32_t character)
{
        if (character < 0x20 || (character >= 0x7f && character <= 0x9f))
                return false;
        /* Line separators, and what reorders a line so that it reads as something else. */
        if ((character >= 0x2028 && character <= 0x202e) ||
            (character >= 0x2066 && character <= 0x2069) || character == 0x200e ||
            character == 0x200f || character == 0x061c)
                return false;
        return character != 0xfeff && character != 0xfffe && character != 0xffff;
}

const char *pg_printable(const char *text, size_t length, char *buffer, size_t size)
{
        static const char digits[] = "0123456789abcdef";
        size_t used = 0, cut = 0; /* `cut`: how much may stay when "..." has to follow */

        if (size == 0)
                return buffer;
        for (size_t i = 0, taken; i < length; i += taken) {
                uint32_t character;
                size_t needed;

                taken = pg_utf8_decode(text + i, length - i, &character);
                bool shown = taken > 0 && pg_character_is_printable(character);

                taken = shown ? taken : 1;
                needed = shown ? taken : 4;
                if (used + 4 <= size)
                        cut = used;
                if (used + needed >= size) {
                        snprintf(buffer + cut, size - cut, "...");
                        return buffer;
                }
                if (shown) {
                        memcpy(buffer + used, text + i, taken);
                } else {
                        buffer[used] = '\\';
                        buffer[used + 1] = 'x';
                        buffer[used + 2] = digits[(unsigned char)text[i] >> 4];
                        buffer[used + 3] = digits[(unsigned char)text[i] & 15];
                }
                used += needed;
        }
        buffer[used] = '\0';
        return buffer;
}

char *pg_format(const char *format, ...)
{
        va_list arguments;
        char *text;
        int r;

        va_start(arguments, format);
        r = vasprintf(&text, format, arguments);
        va_end(arguments);
        return r < 0 ? NULL : text;
}

void pg_strings_free(char **strings, size_t n)
{
        for (size_t i = 0; i < n; i++)
                free(strings[i]);
        free(strings);
}

int pg_strings_add(const char *text, char ***ret, size_t *ret_n)
{
        char **item = PG_ARRAY_ADD(*ret, *ret_n);

        if (!item)
                return -ENOMEM;
        *item = strdup(text);
        return *item ? 0 : -ENOMEM;
}

int pg_copy_strings(char *const *from, size_t n, char ***ret, size_t *ret_n)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < n; i++)
                r = pg_strings_add(from[i], ret, ret_n);
        return r;
}

bool pg_strings_have(char *const *strings, size_t n, const char *string)
{
        for (size_t i = 0; i < n; i++)
                if (strcmp(strings[i], string) == 0)
                        return true;
        return false;
}

int pg_strings_compare(char *const *a, size_t n_a, char *const *b, size_t n_b)
{
        for (size_t i = 0; i < n_a && i < n_b; i++) {
                int order = strcmp(a[i], b[i]);

                if (order != 0)
                        return order;
        }
        return n_a < n_b ? -1 : n_a > n_b;
}

char *pg_stream_end(FILE *stream, char **text)
{
        if (fclose(stream) == 0)
                return *text;
        free(*text);
        return NULL;
}

char *pg_strings_join(char *const *strings, size_t n, const char *between)
{
        char *text = NULL;
        size_t size = 0;
        FILE *stream = open_memstream(&text, &size);

        if (!stream)
                return NULL;
        for (size_t i = 0; i < n; i++)
                fprintf(stream, "%s%s", i > 0 ? between : "", strings[i]);
        return pg_stream_end(stream, &text);
}

int pg_strings_split(const char *text, const char *between, char ***ret, size_t *ret_n)
{
        for (;;) {
                const char *end = strstr(text, between);
                char **item = PG_ARRAY_ADD(*ret, *ret_n);

                if (!item)
                        return -ENOMEM;
                *item = end ? strndup(text, (size_t)(end - text)) : strdup(text);
                if (!*item)
                        return -ENOMEM;
                if (!end)
                        return 0;
                text = end + strlen(between);
        }
}

void pg_shell_print(FILE *out, const char *word)
{
        static const char plain[] =
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=/.,:@%+";

        if (*word && word[strspn(word, plain)] == '\0') {
                fputs(word, out);
                return;
        }
        fputc('\'', out);
        for (const char *p = word; *p; p++)
                fputs(*p == '\'' ? "'\\''" : (char[]){*p, '\0'}, out);
        fputc('\'', out);
}

char *pg_shell_word(const char *word)
{
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);

        if (!out)
                return NULL;
        pg_shell_print(out, word);
        return pg_stream_end(out, &text);
}
