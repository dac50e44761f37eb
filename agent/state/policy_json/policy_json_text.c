/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The texts of a stored policy, checked as the files were that they came from. */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "state/policy_json/policy_json_parts.h"

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
