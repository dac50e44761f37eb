/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting for the packets that are under way, processor by processor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdlib.h>

#include "kernel/rcu.h"

#define PATIENT_MS (60 * 1000)

static unsigned count_threads(void)
{
        DIR *folder = opendir("/proc/self/task");
        unsigned n = 0;

        assert_non_null(folder);
        for (const struct dirent *entry; (entry = readdir(folder));)
                n += entry->d_name[0] != '.';
        closedir(folder);
        return n;
}

/* Who was joined may be listed for a moment yet. */
static void assert_nobody_is_left(void)
{
        for (unsigned i = 0; count_threads() > 1; i++) {
                assert_true(i < 1000 * 1000);
                sched_yield();
        }
}

static void test_processors_are_those_of_the_kernel(void **state)
{
        cpu_set_t online, own, both;

        (void)state;
        assert_true(pg_rcu_processors(&online));
        assert_int_equal(sched_getaffinity(0, sizeof(own), &own), 0);
        CPU_AND(&both, &online, &own);
        assert_true(CPU_EQUAL(&both, &own));
}

static void test_visit_goes_where_this_process_does_not_run(void **state)
{
        cpu_set_t before, after, one, other;
        int first = -1;

        (void)state;
        assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
        for (int i = CPU_SETSIZE - 1; i >= 0; i--)
                if (CPU_ISSET(i, &before))
                        first = i;
        CPU_ZERO(&one);
        CPU_SET(first, &one);
        other = before;
        CPU_CLR(first, &other);
        assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
        if (CPU_COUNT(&other) > 0)
                assert_true(pg_rcu_visit(&other, PATIENT_MS));
        assert_true(pg_rcu_visit(&before, PATIENT_MS));
        assert_int_equal(sched_getaffinity(0, sizeof(after), &after), 0);
        assert_true(CPU_EQUAL(&after, &one));
        assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
        assert_nobody_is_left();
}

static void test_visit_fails_where_it_cannot_go(void **state)
{
        cpu_set_t processors, before, after;

        (void)state;
        assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
        processors = before;
        CPU_SET(CPU_SETSIZE - 1, &processors); /* there is none of that number */
        assert_false(pg_rcu_visit(&processors, PATIENT_MS));
        for (int i = 0; i < CPU_SETSIZE; i++)
                CPU_SET(i, &processors);
        assert_false(pg_rcu_visit(&processors, PATIENT_MS));
        assert_int_equal(sched_getaffinity(0, sizeof(after), &after), 0);
        assert_true(CPU_EQUAL(&after, &before));
        assert_nobody_is_left();
}

/* Whether they come in no time at all is not sure; that nobody is left is. */
static void test_nobody_is_left_after_the_time(void **state)
{
        cpu_set_t own;

        (void)state;
        assert_int_equal(sched_getaffinity(0, sizeof(own), &own), 0);
        for (int i = 0; i < 100; i++) {
                pg_rcu_visit(&own, 0);
                assert_nobody_is_left();
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_processors_are_those_of_the_kernel),
                cmocka_unit_test(test_visit_goes_where_this_process_does_not_run),
                cmocka_unit_test(test_visit_fails_where_it_cannot_go),
                cmocka_unit_test(test_nobody_is_left_after_the_time),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
