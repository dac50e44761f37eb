/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the scopes of a stored policy were written as. */
#include <string.h>

#include "base/array.h"
#include "base/strings.h"
#include "state/policy_json/internal.h"

/* As pg_group's `written` and the defaults of groups have them. */
static bool is_entry(const char *text)
{
        struct pg_prefix prefix;

        if (text[0] == '%')
                return pg_interface_name_is_valid(text + 1);
        return (text[0] == '@' && text[1] != '\0') || strcmp(text, "internal") == 0 ||
               strcmp(text, "none") == 0 ||
               pg_prefix_parse(text, strlen(text), &prefix) == PG_PREFIX_GOOD;
}

static int read_entries(const struct pg_reading *reading, const json_t *array, size_t index,
                        struct pg_origin *origin)
{
        size_t n = json_array_size(array);

        if (!json_is_array(array) || n > PG_GROUP_WRITTEN_MAX)
                return pg_reading_damaged(reading, "origin %zu has no right list of entries", index);
        for (size_t i = 0; i < n; i++) {
                const json_t *object = json_array_get(array, i);
                struct pg_entry *entry = PG_ARRAY_ADD(origin->entries, origin->n_entries);
                int r;

                if (!entry)
                        return pg_error_memory(reading->error);
                if (json_object_size(object) != 4)
                        return pg_reading_damaged(reading,
                                                  "an entry of origin %zu is not as it should be",
                                                  index);
                r = pg_read_text(reading, json_object_get(object, "text"), PG_TEXT_FILE,
                                 "an entry of origin", index, &entry->text);
                if (r >= 0 && (!entry->text || !is_entry(entry->text)))
                        return pg_reading_damaged(reading, "an entry of origin %zu is none", index);
                if (r >= 0)
                        r = pg_read_place(reading, object, "an entry of origin", index, &entry->file,
                                          &entry->line, &entry->column);
                if (r < 0)
                        return r;
        }
        return 0;
}

int pg_read_origins(const struct pg_reading *reading, const json_t *array)
{
        struct pg_policy *policy = reading->policy;
        size_t n = json_array_size(array);

        if (!json_is_array(array) || n > PG_CLAIMS_MAX)
                return pg_reading_damaged(reading, "there is no right list of origins");
        for (size_t i = 0; i < n; i++) {
                const json_t *object = json_array_get(array, i);
                struct pg_origin *origin = PG_ARRAY_ADD(policy->origins, policy->n_origins);
                int r;

                if (!origin)
                        return pg_error_memory(reading->error);
                if (json_object_size(object) != 2)
                        return pg_reading_damaged(reading, "origin %zu is not as it should be", i);
                r = pg_read_text(reading, json_object_get(object, "scope"), PG_TEXT_NAME, "origin", i,
                                 &origin->scope);
                if (r >= 0)
                        r = read_entries(reading, json_object_get(object, "entries"), i, origin);
                if (r < 0)
                        return r;
                if (i > 0 && strcmp(origin[-1].scope, origin->scope) >= 0)
                        return pg_reading_damaged(reading, "origin %zu is not behind the one before",
                                                  i);
        }
        return 0;
}
