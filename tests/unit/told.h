/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a parser told, as text that a test can look into. */
#ifndef PG_TESTS_TOLD_H
#define PG_TESTS_TOLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "portguard/error.h"

/* Each diagnostic as a line "LINE:COLUMN: TEXT", in the order of their making, warnings as
 * "LINE:COLUMN: warning: TEXT". The caller frees it. */
static inline char *told(const struct pg_diagnostics *diagnostics)
{
        char *text = NULL;
        size_t size = 0;
        FILE *stream = open_memstream(&text, &size);

        assert_non_null(stream);
        for (size_t i = 0; i < pg_diagnostics_length(diagnostics); i++) {
                const struct pg_diagnostic *item = pg_diagnostics_at(diagnostics, i);

                fprintf(stream, "%u:%u: %s%s\n", item->line, item->column,
                        item->severity == PG_SEVERITY_ERROR ? "" : "warning: ", item->text);
        }
        assert_int_equal(fclose(stream), 0);
        return text;
}

/* Fails unless the lines wanted are those told, each as a beginning, in this order and no others. */
static inline void check_told(const struct pg_diagnostics *diagnostics, const char *wanted)
{
        char *text = told(diagnostics), *line = text;

        while (*wanted) {
                size_t length = strcspn(wanted, "\n");

                if (strncmp(line, wanted, length) != 0)
                        fail_msg("wanted: %.*s\ntold:\n%s", (int)length, wanted, text);
                line += strcspn(line, "\n");
                line += *line == '\n';
                wanted += length;
                wanted += *wanted == '\n';
        }
        if (*line)
                fail_msg("not wanted: %s", line);
        free(text);
}

#endif
