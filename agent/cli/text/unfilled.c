/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups that nobody filled in, told to people and to programs. */
#include "cli/text/unfilled.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/json/json.h"
#include "cli/text/print.h"

/* As it stands in the site file. */
static char *line_of(const struct pg_unfilled *unfilled)
{
        return pg_must(pg_format("%s: [ADDRESS, ...]", unfilled->group));
}

char *pg_unfilled_text(const struct pg_unfilled *unfilled)
{
        _cleanup_(pg_freep) char *line = line_of(unfilled);

        return pg_must(pg_format("%s: not filled in: %s; write in the site file, below groups: %s",
                                 unfilled->group, unfilled->instead, line));
}

void pg_unfilled_print(FILE *out, size_t width, const struct pg_unfilled *unfilled, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                _cleanup_(pg_freep) char *text = pg_unfilled_text(&unfilled[i]);

                pg_print_wrapped_at(out, width, 2, text);
        }
}

json_t *pg_unfilled_json(const struct pg_unfilled *unfilled, size_t n)
{
        json_t *array = pg_json_array();

        for (size_t i = 0; i < n; i++) {
                _cleanup_(pg_freep) char *line = line_of(&unfilled[i]);
                json_t *object = pg_json_object();

                pg_json_put(object, "group", pg_json_text(unfilled[i].group));
                pg_json_put(object, "instead", pg_json_text(unfilled[i].instead));
                pg_json_put(object, "line", pg_json_text(line));
                pg_json_add(array, object);
        }
        return array;
}
