/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The error object and the list of diagnostics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "portguard/error.h"

static void test_error_is_filled(void **state)
{
        struct pg_error error;

        (void)state;
        assert_int_equal(pg_error_set(&error, PG_STATUS_INVALID, -EINVAL, "%s:%d", "a", 7), -EINVAL);
        assert_int_equal(error.status, PG_STATUS_INVALID);
        assert_int_equal(error.number, -EINVAL);
        assert_string_equal(error.message, "a:7");
        assert_int_equal(pg_error_memory(&error), -ENOMEM);
        assert_int_equal(error.status, PG_STATUS_FAILED);
        assert_int_equal(pg_error_set(NULL, PG_STATUS_FAILED, -EIO, "x"), -EIO);
}

static void test_error_is_cut(void **state)
{
        struct pg_error error;
        char text[PG_ERROR_MESSAGE_MAX + 100];

        (void)state;
        memset(text, 'a', sizeof(text) - 1);
        text[sizeof(text) - 1] = '\0';
        pg_error_set(&error, PG_STATUS_FAILED, -EIO, "%s", text);
        assert_int_equal(strlen(error.message), PG_ERROR_MESSAGE_MAX - 1);
}

static void test_diagnostics_are_copied(void **state)
{
        struct pg_diagnostics *diagnostics;
        const struct pg_diagnostic *item;
        char file[] = "a.yaml";

        (void)state;
        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        pg_diagnostics_add(diagnostics, PG_SEVERITY_ERROR, (struct pg_place){file, 3, 9}, "no %s", "x");
        pg_diagnostics_add(diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0}, "y");
        memset(file, '?', sizeof(file) - 1);
        assert_int_equal(pg_diagnostics_length(diagnostics), 2);
        assert_int_equal(pg_diagnostics_count(diagnostics, PG_SEVERITY_ERROR), 1);
        assert_int_equal(pg_diagnostics_count(diagnostics, PG_SEVERITY_WARNING), 1);
        assert_int_equal(pg_diagnostics_count(diagnostics, PG_SEVERITY_NOTE), 0);
        item = pg_diagnostics_at(diagnostics, 0);
        assert_string_equal(item->file, "a.yaml");
        assert_int_equal(item->line, 3);
        assert_int_equal(item->column, 9);
        assert_string_equal(item->text, "no x");
        assert_null(pg_diagnostics_at(diagnostics, 1)->file);
        assert_null(pg_diagnostics_free(diagnostics));
        assert_null(pg_diagnostics_free(NULL));
}

static void test_surplus_is_counted(void **state)
{
        struct pg_diagnostics *diagnostics;

        (void)state;
        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        for (int i = 0; i < PG_DIAGNOSTICS_MAX; i++)
                pg_diagnostics_add(diagnostics, PG_SEVERITY_NOTE, (struct pg_place){0}, "%d", i);
        pg_diagnostics_add(diagnostics, PG_SEVERITY_ERROR, (struct pg_place){0}, "last");
        assert_int_equal(pg_diagnostics_length(diagnostics), PG_DIAGNOSTICS_MAX);
        assert_int_equal(pg_diagnostics_count(diagnostics, PG_SEVERITY_ERROR), 1);
        pg_diagnostics_free(diagnostics);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_error_is_filled),
                cmocka_unit_test(test_error_is_cut),
                cmocka_unit_test(test_diagnostics_are_copied),
                cmocka_unit_test(test_surplus_is_counted),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
