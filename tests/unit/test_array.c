/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Growing arrays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

static void test_grows_and_keeps(void **state)
{
        _cleanup_(pg_freep) unsigned *items = NULL;
        size_t n = 0;

        (void)state;
        for (unsigned i = 0; i < 1000; i++) {
                unsigned *item = PG_ARRAY_ADD(items, n);

                assert_non_null(item);
                assert_int_equal(*item, 0);
                *item = i;
        }
        assert_int_equal(n, 1000);
        for (unsigned i = 0; i < 1000; i++)
                assert_int_equal(items[i], i);
}

static void test_zeroes_what_was_used_before(void **state)
{
        _cleanup_(pg_freep) char *items = NULL;
        size_t n = 0;

        (void)state;
        for (; n < 5; n++) {
                assert_true(pg_array_reserve(&items, n, sizeof(*items)));
                items[n] = 'x';
        }
        n = 3;
        assert_true(pg_array_reserve(&items, n, sizeof(*items)));
        assert_int_equal(items[3], 0);
        assert_int_equal(items[2], 'x');
}

static void test_refuses_overflow(void **state)
{
        char *items = NULL;

        (void)state;
        assert_false(pg_array_reserve(&items, (size_t)1 << 63, 2));
        assert_false(pg_array_reserve(&items, (size_t)1 << 62, 2));
        assert_false(pg_array_reserve(&items, 1, SIZE_MAX / 2));
        assert_null(items);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_grows_and_keeps),
                cmocka_unit_test(test_zeroes_what_was_used_before),
                cmocka_unit_test(test_refuses_overflow),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
