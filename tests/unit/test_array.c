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

/* Whatever comes before and after: the sanitizers see a write behind the room. */
static void test_extends_by_many(void **state)
{
        static const size_t steps[] = {0, 1, 1, 3, 0, 59, 64, 1, 300};
        _cleanup_(pg_freep) unsigned *items = NULL;
        size_t n = 0;

        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(steps); i++) {
                unsigned *one;

                assert_true(PG_ARRAY_EXTEND(items, n, steps[i]));
                for (size_t j = 0; j < steps[i]; j++, n++)
                        items[n] = (unsigned)n;
                one = PG_ARRAY_ADD(items, n);
                assert_non_null(one);
                *one = (unsigned)n - 1;
        }
        for (size_t i = 0; i < n; i++)
                assert_int_equal(items[i], i);
}

static void test_refuses_overflow(void **state)
{
        char *items = NULL;

        (void)state;
        assert_false(pg_array_reserve(&items, (size_t)1 << 63, 2));
        assert_false(pg_array_reserve(&items, (size_t)1 << 62, 2));
        assert_false(pg_array_reserve(&items, 1, SIZE_MAX / 2));
        assert_false(pg_array_extend(&items, 1, SIZE_MAX, 1));
        assert_false(pg_array_extend(&items, 0, SIZE_MAX / 2 + 2, 1));
        assert_false(pg_array_extend(&items, 0, SIZE_MAX / 4, 8));
        assert_null(items);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_grows_and_keeps),
                cmocka_unit_test(test_zeroes_what_was_used_before),
                cmocka_unit_test(test_extends_by_many),
                cmocka_unit_test(test_refuses_overflow),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
