/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON for programs. */
#include <stdio.h>
#include <string.h>

#include "base/strings.h"
#include "cli/json/internal.h"
#include "cli/print.h"

json_t *pg_json_object(void)
{
        return pg_must(json_object());
}

json_t *pg_json_array(void)
{
        return pg_must(json_array());
}

json_t *pg_json_text(const char *text)
{
        _cleanup_(pg_freep) char *safe = NULL;
        json_t *value;

        if (!text)
                return json_null();
        value = json_string(text);
        if (value)
                return value;
        safe = pg_safe(text);
        return pg_must(json_string(safe));
}

json_t *pg_json_texts(char *const *items, size_t n)
{
        json_t *array = pg_json_array();

        for (size_t i = 0; i < n; i++)
                pg_json_add(array, pg_json_text(items[i]));
        return array;
}

json_t *pg_json_joined(char *const *items, size_t n)
{
        _cleanup_(pg_freep) char *text = pg_must(pg_strings_join(items, n, ", "));

        return pg_json_text(text);
}

json_t *pg_json_generation(unsigned generation)
{
        return generation == 0 ? json_null() : pg_must(json_integer(generation));
}

json_t *pg_json_error(const struct pg_error *error)
{
        json_t *object = pg_json_object();

        pg_json_put(object, "status", json_integer(error->status));
        pg_json_put(object, "message", pg_json_text(error->message));
        return object;
}

json_t *pg_json_diagnostics(const struct pg_diagnostics *diagnostics)
{
        static const char *const severities[] = {
                [PG_SEVERITY_ERROR] = "error",
                [PG_SEVERITY_WARNING] = "warning",
                [PG_SEVERITY_NOTE] = "note",
        };
        json_t *array = pg_json_array();

        for (size_t i = 0; i < pg_diagnostics_length(diagnostics); i++) {
                const struct pg_diagnostic *item = pg_diagnostics_at(diagnostics, i);
                json_t *object = pg_json_object();

                pg_json_put(object, "severity", pg_json_text(severities[item->severity]));
                pg_json_put(object, "file", pg_json_text(item->file));
                pg_json_put(object, "line", item->line ? json_integer(item->line) : json_null());
                pg_json_put(object, "column", item->column ? json_integer(item->column) : json_null());
                pg_json_put(object, "text", pg_json_text(item->text));
                pg_json_add(array, object);
        }
        return array;
}

void pg_json_put(json_t *object, const char *key, json_t *value)
{
        pg_must(json_object_set_new(object, key, pg_must(value)) == 0 ? object : NULL);
}

void pg_json_add(json_t *array, json_t *value)
{
        pg_must(json_array_append_new(array, pg_must(value)) == 0 ? array : NULL);
}

/* ASCII: what a terminal would act on, in a name from outside, stays escaped. A full disk is found when
 * standard output is flushed. */
static void print(json_t *object, size_t flags)
{
        json_dumpf(object, stdout, flags | JSON_ENSURE_ASCII);
        putchar('\n');
        json_decref(object);
}

void pg_json_print(json_t *object)
{
        print(object, JSON_INDENT(2));
}

void pg_json_print_line(json_t *object)
{
        print(object, JSON_COMPACT);
}
