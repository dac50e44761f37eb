/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts that are longer than a comment may be, in the elements of a set. */
#include "ruleset/model/parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"

void pg_parts_define(struct pg_set *set)
{
        set->key_type = (PG_TYPE_MARK << 6) | PG_TYPE_MARK;
        set->n_fields = 2;
        set->field_lengths[0] = set->field_lengths[1] = 4;
        set->key_length = 8;
}

int pg_parts_add(struct pg_set *set, uint32_t number, const char *text)
{
        size_t length = strlen(text);

        for (uint32_t part = 0; (size_t)part * PG_COMMENT_MAX < length; part++) {
                struct pg_element *element = pg_set_add_element(set);

                if (!element)
                        return -ENOMEM;
                memcpy(element->key, &number, sizeof(number));
                memcpy(element->key + 4, &part, sizeof(part));
                memcpy(element->key_end, element->key, sizeof(element->key));
                element->comment =
                        pg_format("%.*s", PG_COMMENT_MAX, text + (size_t)part * PG_COMMENT_MAX);
                if (!element->comment)
                        return -ENOMEM;
        }
        return 0;
}

static uint32_t key_part(const struct pg_element *element, size_t index)
{
        uint32_t value;

        memcpy(&value, element->key + 4 * index, sizeof(value));
        return value;
}

uint32_t pg_parts_number(const struct pg_element *element)
{
        return key_part(element, 0);
}

/* A part beyond the number of elements has a gap before it. */
static void collect(const struct pg_set *set, uint32_t number, const char **parts)
{
        for (size_t i = 0; i < set->n_elements; i++) {
                const struct pg_element *element = &set->elements[i];

                if (key_part(element, 0) == number && key_part(element, 1) < set->n_elements)
                        parts[key_part(element, 1)] = element->comment;
        }
}

int pg_parts_read(const struct pg_set *set, uint32_t number, char **ret)
{
        size_t n = set ? set->n_elements : 0, size = 0;
        _cleanup_(pg_freep) const char **parts = calloc(n + 1, sizeof(*parts));
        char *text = NULL;
        FILE *stream = parts ? open_memstream(&text, &size) : NULL;

        if (!stream)
                return -ENOMEM;
        if (n > 0)
                collect(set, number, parts);
        for (size_t i = 0; i < n && parts[i]; i++)
                fputs(parts[i], stream);
        *ret = pg_stream_end(stream, &text);
        return *ret ? 0 : -ENOMEM;
}
