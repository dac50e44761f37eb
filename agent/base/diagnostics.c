/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of errors and remarks that a command reports in one go. */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/private.h"
#include "portguard/error.h"

struct pg_diagnostics {
        struct pg_diagnostic *items;
        size_t n_items;
        size_t counts[PG_SEVERITY_NOTE + 1];
        char **concealed; /* files */
        size_t n_concealed;
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
        for (size_t i = 0; i < diagnostics->n_concealed; i++)
                free(diagnostics->concealed[i]);
        free(diagnostics->concealed);
        free(diagnostics->items);
        free(diagnostics);
        return NULL;
}

static bool same_text(const char *a, const char *b)
{
        return a == b || (a && b && strcmp(a, b) == 0);
}

/* An error of a profile that ten others include is one error. */
static bool is_told(const struct pg_diagnostics *diagnostics, const struct pg_diagnostic *reported)
{
        for (size_t i = 0; i < diagnostics->n_items; i++) {
                const struct pg_diagnostic *item = &diagnostics->items[i];

                if (item->severity == reported->severity && item->line == reported->line &&
                    item->column == reported->column && same_text(item->file, reported->file) &&
                    same_text(item->text, reported->text))
                        return true;
        }
        return false;
}

static size_t find_concealed(const struct pg_diagnostics *diagnostics, const char *file)
{
        size_t i = 0;

        while (i < diagnostics->n_concealed && strcmp(diagnostics->concealed[i], file) != 0)
                i++;
        return i;
}

int pg_diagnostics_conceal(struct pg_diagnostics *diagnostics, const char *file)
{
        _cleanup_(pg_freep) char *copy = NULL;
        char **slot;

        if (pg_diagnostics_conceals(diagnostics, file))
                return 0;
        copy = strdup(file);
        slot = copy ? PG_ARRAY_ADD(diagnostics->concealed, diagnostics->n_concealed) : NULL;
        if (!slot)
                return -ENOMEM;
        *slot = PG_TAKE(copy);
        return 0;
}

void pg_diagnostics_reveal(struct pg_diagnostics *diagnostics, const char *file)
{
        size_t i = find_concealed(diagnostics, file);

        if (i == diagnostics->n_concealed)
                return;
        free(diagnostics->concealed[i]);
        diagnostics->concealed[i] = diagnostics->concealed[--diagnostics->n_concealed];
}

bool pg_diagnostics_conceals(const struct pg_diagnostics *diagnostics, const char *file)
{
        return file && find_concealed(diagnostics, file) < diagnostics->n_concealed;
}

/* Takes the text over, which may be NULL. */
static void keep(struct pg_diagnostics *diagnostics, enum pg_severity severity, struct pg_place place,
                 char *new)
{
        _cleanup_(pg_freep) char *text = new;
        _cleanup_(pg_freep) char *file = NULL;
        struct pg_diagnostic *item, reported;

        diagnostics->counts[severity]++;
        if (!text || diagnostics->n_items >= PG_DIAGNOSTICS_MAX)
                return;
        if (place.file) {
                file = strdup(place.file);
                if (!file)
                        return;
        }
        reported = (struct pg_diagnostic){severity, file, place.line, place.column, text};
        if (is_told(diagnostics, &reported)) {
                diagnostics->counts[severity]--;
                return;
        }
        item = PG_ARRAY_ADD(diagnostics->items, diagnostics->n_items);
        if (!item)
                return;
        *item = reported;
        file = NULL;
        text = NULL;
}

/* Says once why the messages on a file are so short. */
static void report_concealed(struct pg_diagnostics *diagnostics, const char *file)
{
        if (pg_diagnostics_conceals(diagnostics, file))
                keep(diagnostics, PG_SEVERITY_WARNING, (struct pg_place){.file = file},
                     strdup("its text is not shown: it lies outside " PG_CONFIGURATION_FOLDER
                            ", and not everybody may read it"));
}

void pg_diagnostics_add(struct pg_diagnostics *diagnostics, enum pg_severity severity,
                        struct pg_place place, const char *format, ...)
{
        char *text = NULL;
        va_list arguments;

        va_start(arguments, format);
        if (pg_diagnostics_conceals(diagnostics, place.file))
                text = pg_format_private(format, arguments);
        else if (vasprintf(&text, format, arguments) < 0)
                text = NULL;
        va_end(arguments);
        keep(diagnostics, severity, place, text);
        report_concealed(diagnostics, place.file);
}

void pg_diagnostics_add_plain(struct pg_diagnostics *diagnostics, enum pg_severity severity,
                              struct pg_place place, const char *format, ...)
{
        char *text = NULL;
        va_list arguments;

        va_start(arguments, format);
        if (vasprintf(&text, format, arguments) < 0)
                text = NULL;
        va_end(arguments);
        keep(diagnostics, severity, place, text);
        report_concealed(diagnostics, place.file);
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
