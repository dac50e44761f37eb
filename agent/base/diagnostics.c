/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of faults and remarks that a command tells in one go. */
#include "portguard/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

struct pg_diagnostics {
        struct pg_diagnostic *items;
        size_t n_items;
        size_t counts[PG_SEVERITY_NOTE + 1];
};

int pg_diagnostics_new(struct pg_diagnostics **ret)
{
        struct pg_diagnostics *diagnostics;

        diagnostics = calloc(1, sizeof(*diagnostics));
        if (!diagnostics)
                return -ENOMEM;
        *ret = diagnostics;
        return 0;
}

struct pg_diagnostics *pg_diagnostics_free(struct pg_diagnostics *diagnostics)
{
        if (!diagnostics)
                return NULL;
        for (size_t i = 0; i < diagnostics->n_items; i++) {
                free(diagnostics->items[i].file);
                free(diagnostics->items[i].text);
        }
        free(diagnostics->items);
        free(diagnostics);
        return NULL;
}

static bool same_text(const char *a, const char *b)
{
        return a == b || (a && b && strcmp(a, b) == 0);
}

/* A fault of a profile that ten others include is one fault. */
static bool is_told(const struct pg_diagnostics *diagnostics, const struct pg_diagnostic *told)
{
        for (size_t i = 0; i < diagnostics->n_items; i++) {
                const struct pg_diagnostic *item = &diagnostics->items[i];

                if (item->severity == told->severity && item->line == told->line &&
                    item->column == told->column && same_text(item->file, told->file) &&
                    same_text(item->text, told->text))
                        return true;
        }
        return false;
}

static void keep(struct pg_diagnostics *diagnostics, enum pg_severity severity, struct pg_place place,
                 const char *format, va_list arguments)
{
        _cleanup_(pg_freep) char *text = NULL;
        _cleanup_(pg_freep) char *file = NULL;
        struct pg_diagnostic *item, told;

        if (vasprintf(&text, format, arguments) < 0) {
                text = NULL;
                return;
        }
        if (place.file) {
                file = strdup(place.file);
                if (!file)
                        return;
        }
        told = (struct pg_diagnostic){severity, file, place.line, place.column, text};
        if (is_told(diagnostics, &told)) {
                diagnostics->counts[severity]--;
                return;
        }
        item = PG_ARRAY_ADD(diagnostics->items, diagnostics->n_items);
        if (!item)
                return;
        *item = told;
        file = NULL;
        text = NULL;
}

void pg_diagnostics_add(struct pg_diagnostics *diagnostics, enum pg_severity severity,
                        struct pg_place place, const char *format, ...)
{
        va_list arguments;

        diagnostics->counts[severity]++;
        if (diagnostics->n_items >= PG_DIAGNOSTICS_MAX)
                return;
        va_start(arguments, format);
        keep(diagnostics, severity, place, format, arguments);
        va_end(arguments);
}

size_t pg_diagnostics_count(const struct pg_diagnostics *diagnostics, enum pg_severity severity)
{
        return diagnostics->counts[severity];
}

size_t pg_diagnostics_length(const struct pg_diagnostics *diagnostics)
{
        return diagnostics->n_items;
}

const struct pg_diagnostic *pg_diagnostics_at(const struct pg_diagnostics *diagnostics, size_t index)
{
        return &diagnostics->items[index];
}
