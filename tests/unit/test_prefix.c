/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Address prefixes: what is read, what is refused, and what is said of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/prefix.h"

static const struct {
        const char *text;
        enum pg_prefix_problem problem;
        const char *meant; /* as it is written back; NULL where there is none */
} cases[] = {
        {"10.0.0.0/8", PG_PREFIX_GOOD, "10.0.0.0/8"},
        {"192.0.2.7", PG_PREFIX_GOOD, "192.0.2.7"},
        {"192.0.2.7/32", PG_PREFIX_GOOD, "192.0.2.7"},
        {"0.0.0.0/0", PG_PREFIX_GOOD, "0.0.0.0/0"},
        {"255.255.255.255", PG_PREFIX_GOOD, "255.255.255.255"},
        {"::", PG_PREFIX_GOOD, "::"},
        {"::/0", PG_PREFIX_GOOD, "::/0"},
        {"::1", PG_PREFIX_GOOD, "::1"},
        {"2001:db8::/32", PG_PREFIX_GOOD, "2001:db8::/32"},
        {"2001:DB8::1/128", PG_PREFIX_GOOD, "2001:db8::1"},
        {"fe80::/10", PG_PREFIX_GOOD, "fe80::/10"},
        {"1:2:3:4:5:6:7:8", PG_PREFIX_GOOD, "1:2:3:4:5:6:7:8"},
        {"1:2:3:4:5:6:7::", PG_PREFIX_GOOD, "1:2:3:4:5:6:7:0"},
        {"64:ff9b::192.0.2.33", PG_PREFIX_GOOD, "64:ff9b::c000:221"},
        {"10.1.2.3/8", PG_PREFIX_HOST_BITS, "10.0.0.0/8"},
        {"10.0.0.1/31", PG_PREFIX_HOST_BITS, "10.0.0.0/31"},
        {"10.0.0.1/0", PG_PREFIX_HOST_BITS, "0.0.0.0/0"},
        {"2001:db8::1/32", PG_PREFIX_HOST_BITS, "2001:db8::/32"},
        {"2001:db8:ffff::/33", PG_PREFIX_HOST_BITS, "2001:db8:8000::/33"},
        {"::ffff:192.0.2.1", PG_PREFIX_MAPPED, "192.0.2.1"},
        {"::ffff:10.0.0.0/104", PG_PREFIX_MAPPED, "10.0.0.0/8"},
        {"::ffff:10.1.2.3/104", PG_PREFIX_MAPPED, "10.0.0.0/8"},
        {"::ffff:10.0.0.0/8", PG_PREFIX_MAPPED, "10.0.0.0/8"},
        {"::ffff:0:0/96", PG_PREFIX_MAPPED, "0.0.0.0/0"},
        {"::ffff:0:0/64", PG_PREFIX_MAPPED, NULL},
        {"", PG_PREFIX_SYNTAX, NULL},
        {"/", PG_PREFIX_SYNTAX, NULL},
        {"10.0.0", PG_PREFIX_SYNTAX, NULL},
        {"10.0.0.0.0", PG_PREFIX_SYNTAX, NULL},
        {"10.0.0.", PG_PREFIX_SYNTAX, NULL},
        {"10.0.0.256", PG_PREFIX_SYNTAX, NULL},
        {"10.0.0.01", PG_PREFIX_SYNTAX, NULL},
        {"10.0.0.1000", PG_PREFIX_SYNTAX, NULL},
        {" 10.0.0.1", PG_PREFIX_SYNTAX, NULL},
        {"10.0.0.1 ", PG_PREFIX_SYNTAX, NULL},
        {"10.0.0.1-10.0.0.9", PG_PREFIX_SYNTAX, NULL},
        {":", PG_PREFIX_SYNTAX, NULL},
        {":::", PG_PREFIX_SYNTAX, NULL},
        {"1::2::3", PG_PREFIX_SYNTAX, NULL},
        {"1:2:3:4:5:6:7", PG_PREFIX_SYNTAX, NULL},
        {"1:2:3:4:5:6:7:8:9", PG_PREFIX_SYNTAX, NULL},
        {"1:2:3:4:5:6:7:8::", PG_PREFIX_SYNTAX, NULL},
        {"12345::", PG_PREFIX_SYNTAX, NULL},
        {"fe80::1%eth0", PG_PREFIX_SYNTAX, NULL},
        {"[::1]", PG_PREFIX_SYNTAX, NULL},
        {"localhost", PG_PREFIX_SYNTAX, NULL},
        {"10.0.0.0/", PG_PREFIX_LENGTH, NULL},
        {"10.0.0.0/33", PG_PREFIX_LENGTH, NULL},
        {"10.0.0.0/08", PG_PREFIX_LENGTH, NULL},
        {"10.0.0.0/-1", PG_PREFIX_LENGTH, NULL},
        {"10.0.0.0/8/8", PG_PREFIX_LENGTH, NULL},
        {"10.0.0.0/255.0.0.0", PG_PREFIX_LENGTH, NULL},
        {"::/129", PG_PREFIX_LENGTH, NULL},
        {"::/1000", PG_PREFIX_LENGTH, NULL},
};

static void test_table(void **state)
{
        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(cases); i++) {
                struct pg_prefix prefix;
                char text[PG_PREFIX_TEXT_MAX], why[256], private[256];
                enum pg_prefix_problem problem =
                        pg_prefix_parse(cases[i].text, strlen(cases[i].text), &prefix);

                if (problem != cases[i].problem)
                        fail_msg("'%s': problem %d, expected %d", cases[i].text, problem,
                                 cases[i].problem);
                pg_prefix_explain(problem, cases[i].text, strlen(cases[i].text), &prefix, why,
                                  sizeof(why));
                assert_non_null(strstr(why, cases[i].text));
                pg_prefix_explain(problem, NULL, 0, NULL, private, sizeof(private));
                assert_int_equal(strncmp(private, "'...' ", 6), 0);
                if (cases[i].meant && problem != PG_PREFIX_GOOD)
                        assert_null(strstr(private, cases[i].meant));
                if (!cases[i].meant)
                        continue;
                pg_prefix_format(&prefix, text);
                assert_string_equal(text, cases[i].meant);
                if (problem != PG_PREFIX_GOOD)
                        assert_non_null(strstr(why, cases[i].meant));
        }
}

static void test_text_need_not_end(void **state)
{
        struct pg_prefix prefix;

        (void)state;
        assert_int_equal(pg_prefix_parse("10.0.0.0/81", 10, &prefix), PG_PREFIX_GOOD);
        assert_int_equal(prefix.length, 8);
        assert_int_equal(pg_prefix_parse("::12", 3, &prefix), PG_PREFIX_GOOD);
        assert_int_equal(prefix.address[15], 1);
        assert_int_equal(pg_prefix_parse("10.0.0.1\0", 9, &prefix), PG_PREFIX_SYNTAX);
        assert_int_equal(pg_prefix_parse("::\0", 3, &prefix), PG_PREFIX_SYNTAX);
}

static void test_problem_leaves_output(void **state)
{
        struct pg_prefix prefix = {.length = 77};

        (void)state;
        pg_prefix_parse("nothing", 7, &prefix);
        pg_prefix_parse("10.0.0.0/99", 11, &prefix);
        assert_int_equal(prefix.length, 77);
}

/* Text of the letters that addresses are made of, judged by inet_pton() too. */
static void test_agrees_with_inet_pton(void **state)
{
        static const char letters[] = "::::::00129af.F";
        unsigned n_valid = 0;

        (void)state;
        srandom(7);
        for (int round = 0; round < 300000; round++) {
                char text[40];
                size_t length = (size_t)random() % 16;
                uint8_t address[16];
                struct pg_prefix prefix;
                enum pg_prefix_problem problem;
                bool valid;

                for (size_t i = 0; i < length; i++)
                        text[i] = letters[(size_t)random() % (sizeof(letters) - 1)];
                text[length] = '\0';
                valid = inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, address) == 1;
                problem = pg_prefix_parse(text, length, &prefix);
                if (valid != (problem == PG_PREFIX_GOOD || problem == PG_PREFIX_MAPPED))
                        fail_msg("'%s'", text);
                if (problem == PG_PREFIX_GOOD)
                        assert_memory_equal(prefix.address, address, prefix.is_v6 ? 16 : 4);
                n_valid += valid;
        }
        assert_true(n_valid > 1000);
}

static void test_explains_without_control_characters(void **state)
{
        char why[256];

        (void)state;
        pg_prefix_explain(PG_PREFIX_SYNTAX, "\x1b[31m", 5, NULL, why, sizeof(why));
        assert_null(strchr(why, '\x1b'));
        assert_non_null(strstr(why, "\\x1b[31m"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_table),
                cmocka_unit_test(test_text_need_not_end),
                cmocka_unit_test(test_problem_leaves_output),
                cmocka_unit_test(test_agrees_with_inet_pton),
                cmocka_unit_test(test_explains_without_control_characters),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
