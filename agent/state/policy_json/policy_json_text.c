/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The texts of a stored policy, checked as the files were that they came from. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "state/policy_json/internal.h"

bool pg_text_is_utf8(const char *text)
{
        size_t length = strlen(text);
        uint32_t character;

        for (size_t i = 0, size; i < length; i += size) {
                size = pg_utf8_decode(text + i, length - i, &character);
                if (size == 0)
                        return false;
        }
        return true;
}

static bool is_printable(const char *text, size_t length)
{
        uint32_t character;

        for (size_t i = 0, size; i < length; i += size) {
                size = pg_utf8_decode(text + i, length - i, &character);
                if (size == 0 || !pg_character_is_printable(character))
                        return false;
        }
        return true;
}

static bool is_good(const char *text, size_t length, enum pg_text_kind kind)
{
        switch (kind) {
        case PG_TEXT_NAME:
                return length > 0 && length <= PG_TEXT_NAME_MAX && is_printable(text, length);
        case PG_TEXT_LABEL:
                return length > 0 && length <= PG_TEXT_MAX && is_printable(text, length);
        case PG_TEXT_SUMMARY:
                return length <= PG_TEXT_MAX && is_printable(text, length);
        case PG_TEXT_FILE:
                return length > 0 && length <= PG_TEXT_MAX && !memchr(text, '\0', length);
        }
        return false;
}

static int hex_value(char c)
{
        return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A file's name that is no UTF-8. Returns NULL where it is broken, with *ret_short set when memory is
 * short. */
static char *read_hex(const json_t *object, bool *ret_short)
{
        const json_t *value = json_object_get(object, "hex");
        const char *hex = json_string_value(value);
        size_t length = hex ? json_string_length(value) : 0;
        _cleanup_(pg_freep) char *text = NULL;

        *ret_short = false;
        if (length == 0 || length % 2 != 0 || length > 2 * PG_TEXT_MAX || json_object_size(object) != 1)
                return NULL;
        text = calloc(length / 2 + 1, 1);
        if (!text) {
                *ret_short = true;
                return NULL;
        }
        for (size_t i = 0; i < length / 2; i++) {
                int high = hex_value(hex[2 * i]), low = hex_value(hex[2 * i + 1]);

                if (high < 0 || low < 0 || (high | low) == 0)
                        return NULL;
                text[i] = (char)(high << 4 | low);
        }
        /* Each text has one form. */
        return pg_text_is_utf8(text) ? NULL : PG_TAKE(text);
}

int pg_read_text(const struct pg_reading *reading, const json_t *value, enum pg_text_kind kind,
                 const char *where, size_t index, char **ret)
{
        const char *text = json_string_value(value);
        bool is_short = false;
        char *copy;

        if (json_is_null(value) && (kind == PG_TEXT_FILE || kind == PG_TEXT_SUMMARY)) {
                *ret = NULL;
                return 0;
        }
        if (kind == PG_TEXT_FILE && json_is_object(value)) {
                copy = read_hex(value, &is_short);
        } else {
                if (!text || !is_good(text, json_string_length(value), kind))
                        return pg_reading_damaged(reading, "%s %zu has no right text", where, index);
                copy = strdup(text);
                is_short = !copy;
        }
        if (is_short)
                return pg_error_memory(reading->error);
        if (!copy)
                return pg_reading_damaged(reading, "%s %zu has no right file name", where, index);
        *ret = copy;
        return 0;
}

int pg_reading_damaged(const struct pg_reading *reading, const char *format, ...)
{
        va_list arguments;
        char text[256];

        va_start(arguments, format);
        vsnprintf(text, sizeof(text), format, arguments);
        va_end(arguments);
        return pg_error_set(reading->error, PG_STATUS_FAILED, -EBADMSG,
                            "the stored policy is damaged: %s", text);
}

bool pg_read_number(const json_t *value, uint64_t max, uint64_t *ret)
{
        if (!json_is_integer(value) || json_integer_value(value) < 0 ||
            (uint64_t)json_integer_value(value) > max)
                return false;
        *ret = (uint64_t)json_integer_value(value);
        return true;
}

int pg_read_place(const struct pg_reading *reading, const json_t *object, const char *where,
                  size_t index, char **ret_file, unsigned *ret_line, unsigned *ret_column)
{
        uint64_t line, column;

        if (!pg_read_number(json_object_get(object, "line"), UINT32_MAX, &line) ||
            !pg_read_number(json_object_get(object, "column"), UINT32_MAX, &column))
                return pg_reading_damaged(reading, "%s %zu has no right place", where, index);
        *ret_line = (unsigned)line;
        *ret_column = (unsigned)column;
        return pg_read_text(reading, json_object_get(object, "file"), PG_TEXT_FILE, where, index,
                            ret_file);
}
