/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors and remarks, as a compiler prints them. */
#include "cli/diagnostics.h"

#include <stdio.h>

#include "cli/json/json.h"
#include "cli/print.h"

static const struct {
        const char *one, *many;
        const char *label; /* errors have none: they are what is expected on standard error */
        enum pg_style style;
} severities[] = {
        [PG_SEVERITY_ERROR] = {"error", "errors", "", PG_STYLE_PLAIN},
        [PG_SEVERITY_WARNING] = {"warning", "warnings", "warning: ", PG_STYLE_MAGENTA},
        [PG_SEVERITY_NOTE] = {"note", "notes", "note: ", PG_STYLE_CYAN},
};

static void print_place(const struct pg_diagnostic *item)
{
        fputs(pg_style(stderr, PG_STYLE_BOLD), stderr);
        pg_print_text(stderr, item->file ? item->file : "portguard");
        if (item->file && item->line > 0)
                fprintf(stderr, ":%u", item->line);
        if (item->file && item->line > 0 && item->column > 0)
                fprintf(stderr, ":%u", item->column);
        fprintf(stderr, ": %s", pg_style(stderr, PG_STYLE_PLAIN));
}

static void print_diagnostic(const struct pg_diagnostic *item)
{
        print_place(item);
        if (item->severity != PG_SEVERITY_ERROR)
                fprintf(stderr, "%s%s%s", pg_style(stderr, severities[item->severity].style),
                        severities[item->severity].label, pg_style(stderr, PG_STYLE_PLAIN));
        pg_print_text(stderr, item->text);
        fputc('\n', stderr);
}

void pg_report_diagnostics(const struct pg_diagnostics *diagnostics, enum pg_notes notes)
{
        size_t kept[PG_ELEMENTSOF(severities)] = {0};

        for (size_t i = 0; i < pg_diagnostics_length(diagnostics); i++) {
                const struct pg_diagnostic *item = pg_diagnostics_at(diagnostics, i);

                if (item->severity == PG_SEVERITY_NOTE && notes == PG_NOTES_COUNT)
                        continue;
                kept[item->severity]++;
                print_diagnostic(item);
        }
        for (size_t i = 0; i < PG_ELEMENTSOF(severities); i++) {
                size_t left = pg_diagnostics_count(diagnostics, (enum pg_severity)i) - kept[i];
                const char *what = left == 1 ? severities[i].one : severities[i].many;

                if (left > 0 && i == PG_SEVERITY_NOTE && notes == PG_NOTES_COUNT)
                        fprintf(stderr, "portguard: %zu %s on shared ports (see: portguard plan)\n",
                                left, what);
                else if (left > 0)
                        fprintf(stderr, "portguard: %zu more %s\n", left, what);
        }
}

void pg_report_new_diagnostics(const struct pg_diagnostics *diagnostics, size_t reported)
{
        for (size_t i = reported; i < pg_diagnostics_length(diagnostics); i++)
                if (pg_diagnostics_at(diagnostics, i)->severity != PG_SEVERITY_NOTE)
                        print_diagnostic(pg_diagnostics_at(diagnostics, i));
}

void pg_report_message(const struct pg_error *error)
{
        fprintf(stderr, "%sportguard:%s ", pg_style(stderr, PG_STYLE_BOLD),
                pg_style(stderr, PG_STYLE_PLAIN));
        pg_print_text(stderr, *error->message ? error->message : "failed for an unknown reason");
        fputc('\n', stderr);
}

int pg_report_error(const struct pg_call *call)
{
        struct pg_error error = call->error;

        /* A failure without a status would read as success to a script. */
        if (error.status == PG_STATUS_DONE)
                error.status = PG_STATUS_FAILED;
        pg_report_message(&error);
        if (call->options.json) {
                json_t *object = pg_json_object();

                pg_json_put(object, "error", pg_json_error(&error));
                pg_json_put(object, "diagnostics", pg_json_diagnostics(call->diagnostics));
                pg_json_print(object);
        }
        return error.status;
}
