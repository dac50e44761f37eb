/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names, nearest names, and text that is safe to show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strings.h"

#define TEN "aaaaaaaaaa"
#define SIXTY TEN TEN TEN TEN TEN TEN

static void check_word(const char *word, const char *expected)
{
        _cleanup_(pg_freep) char *found = pg_shell_word(word);

        assert_string_equal(found, expected);
}

static void test_shell_word(void **state)
{
        (void)state;
        check_word("cluster=10.0.0.0/8,fd00::/8", "cluster=10.0.0.0/8,fd00::/8");
        check_word("/var/lib/portguard", "/var/lib/portguard");
        check_word("", "''");
        check_word("a b", "'a b'");
        check_word("x;touch y;", "'x;touch y;'");
        check_word("g=%wg*", "'g=%wg*'");
        check_word("it's", "'it'\\''s'");
        check_word("$(reboot)", "'$(reboot)'");
        check_word("~", "'~'");
}

static void test_names(void **state)
{
        (void)state;
        assert_true(pg_name_is_valid("a"));
        assert_true(pg_name_is_valid("k8s-worker"));
        assert_true(pg_name_is_valid("0-"));
        assert_true(pg_name_is_valid(SIXTY "aaa"));
        assert_false(pg_name_is_valid(SIXTY "aaaa"));
        assert_false(pg_name_is_valid(""));
        assert_false(pg_name_is_valid("-a"));
        assert_false(pg_name_is_valid("a_b"));
        assert_false(pg_name_is_valid("A"));
        assert_false(pg_name_is_valid("a/b"));
        assert_false(pg_name_is_valid(".."));
        assert_false(pg_name_is_valid("a\n"));
        assert_true(pg_param_name_is_valid("a_1"));
        assert_true(pg_param_name_is_valid(SIXTY "aaa"));
        assert_false(pg_param_name_is_valid(SIXTY "aaaa"));
        assert_false(pg_param_name_is_valid(""));
        assert_false(pg_param_name_is_valid("_a"));
        assert_false(pg_param_name_is_valid("1a"));
        assert_false(pg_param_name_is_valid("a-b"));
}

static void test_host_names(void **state)
{
        (void)state;
        assert_true(pg_host_name_is_valid("msg.argo.grnet.gr"));
        assert_true(pg_host_name_is_valid("A-1.example"));
        assert_true(pg_host_name_is_valid("1.2.3.4a"));
        assert_true(pg_host_name_is_valid(SIXTY "aaa.b"));
        assert_false(pg_host_name_is_valid(SIXTY "aaaa.b"));
        assert_false(pg_host_name_is_valid(SIXTY "." SIXTY "." SIXTY "." SIXTY "." TEN));
        assert_false(pg_host_name_is_valid("localhost"));
        assert_false(pg_host_name_is_valid("1.2.3.4"));
        assert_false(pg_host_name_is_valid("a..b"));
        assert_false(pg_host_name_is_valid(".a"));
        assert_false(pg_host_name_is_valid("a.b."));
        assert_false(pg_host_name_is_valid("-a.b"));
        assert_false(pg_host_name_is_valid("a-.b"));
        assert_false(pg_host_name_is_valid("a_b.c"));
        assert_false(pg_host_name_is_valid("a.b c"));
}

static void test_interface_names(void **state)
{
        (void)state;
        assert_true(pg_interface_name_is_valid("eth0"));
        assert_true(pg_interface_name_is_valid("wg*"));
        assert_true(pg_interface_name_is_valid("br-0123456789ab"));
        assert_false(pg_interface_name_is_valid("br-0123456789abc"));
        assert_false(pg_interface_name_is_valid(""));
        assert_false(pg_interface_name_is_valid("*"));
        assert_false(pg_interface_name_is_valid("e*h"));
        assert_false(pg_interface_name_is_valid("."));
        assert_false(pg_interface_name_is_valid(".."));
        assert_false(pg_interface_name_is_valid("a/b"));
        assert_false(pg_interface_name_is_valid("a b"));
        assert_false(pg_interface_name_is_valid("a\"b"));
        assert_false(pg_interface_name_is_valid("a:1"));
        assert_false(pg_interface_name_is_valid("\xc3\xa9"));
}

static void test_nearest(void **state)
{
        static const char *const names[] = {"control-plane", "cluster", "ssh", "metrics"};
        const size_t n = PG_ELEMENTSOF(names);

        (void)state;
        assert_string_equal(pg_nearest("custer", names, n), "cluster");
        assert_string_equal(pg_nearest("Cluster", names, n), "cluster");
        assert_string_equal(pg_nearest("shs", names, n), "ssh");
        assert_string_equal(pg_nearest("controlplane", names, n), "control-plane");
        assert_string_equal(pg_nearest("metric", names, n), "metrics");
        assert_null(pg_nearest("web", names, n));
        assert_null(pg_nearest("", names, n));
        assert_null(pg_nearest("ssh", names, 0));
        assert_null(pg_nearest(SIXTY TEN, names, n));
}

static void check_shown(const char *text, size_t length, size_t size, const char *expected)
{
        char buffer[64];

        memset(buffer, '#', sizeof(buffer));
        assert_ptr_equal(pg_printable(text, length, buffer, size), buffer);
        assert_string_equal(buffer, expected);
        assert_int_equal(buffer[size], '#');
}

static void test_printable(void **state)
{
        (void)state;
        check_shown("abc", 3, 32, "abc");
        check_shown("", 0, 32, "");
        check_shown("a\x1b[0m\n", 6, 32, "a\\x1b[0m\\x0a");
        check_shown("a\0b", 3, 32, "a\\x00b");
        check_shown("\xc3\xa9\xf0\x9f\x90\xa7", 6, 32, "\xc3\xa9\xf0\x9f\x90\xa7");
        check_shown("\xc3", 1, 32, "\\xc3");
        check_shown("\xc0\x80", 2, 32, "\\xc0\\x80");
        check_shown("\xed\xa0\x80", 3, 32, "\\xed\\xa0\\x80");
        check_shown("\xe0\x80\xaf", 3, 32, "\\xe0\\x80\\xaf");
        check_shown("\xc2\x9b", 2, 32, "\\xc2\\x9b");                   /* CSI in one character */
        check_shown("\xe2\x80\xae", 3, 32, "\\xe2\\x80\\xae");          /* right-to-left override */
        check_shown("\xf4\x90\x80\x80", 4, 32, "\\xf4\\x90\\x80\\x80"); /* above U+10FFFF */
        check_shown("abcdefgh", 8, 9, "abcdefgh");
        check_shown("abcdefgh", 8, 8, "abcd...");
        check_shown("abc\x1b", 4, 8, "abc\\x1b");
        check_shown("abcd\x1b", 5, 8, "abcd...");
        check_shown("ab\xc3\xa9\xc3\xa9z", 7, 7, "ab...");
        check_shown("abcdefgh", 8, 1, "");
}

static void test_format(void **state)
{
        _cleanup_(pg_freep) char *text = pg_format("%s-%d", "a", 5);

        (void)state;
        assert_string_equal(text, "a-5");
}

static void check_split(const char *text, const char *const *parts, size_t n)
{
        _cleanup_(pg_freep) char *again = NULL;
        char **strings = NULL;
        size_t n_strings = 0;

        assert_int_equal(pg_strings_split(text, ", ", &strings, &n_strings), 0);
        assert_int_equal(n_strings, n);
        for (size_t i = 0; i < n; i++)
                assert_string_equal(strings[i], parts[i]);
        again = pg_strings_join(strings, n_strings, ", ");
        assert_string_equal(again, text);
        pg_strings_free(strings, n_strings);
}

static void test_split(void **state)
{
        (void)state;
        check_split("a", (const char *[]){"a"}, 1);
        check_split("a, b, c", (const char *[]){"a", "b", "c"}, 3);
        check_split("a,b", (const char *[]){"a,b"}, 1);
        check_split("", (const char *[]){""}, 1);
        check_split(", ", (const char *[]){"", ""}, 2);
        assert_true(pg_strings_have((char *[]){"a", "b"}, 2, "b"));
        assert_false(pg_strings_have((char *[]){"a", "b"}, 2, "a, b"));
        assert_false(pg_strings_have(NULL, 0, "a"));
}

static void test_compare(void **state)
{
        char *ab[] = {"a", "b"}, *ac[] = {"a", "c"}, *joined[] = {"a, b"};

        (void)state;
        assert_int_equal(pg_strings_compare(ab, 2, ab, 2), 0);
        assert_int_equal(pg_strings_compare(NULL, 0, NULL, 0), 0);
        assert_true(pg_strings_compare(ab, 2, ac, 2) < 0);
        assert_true(pg_strings_compare(ac, 2, ab, 2) > 0);
        assert_true(pg_strings_compare(ab, 1, ab, 2) < 0);
        assert_true(pg_strings_compare(ab, 2, ab, 1) > 0);
        assert_true(pg_strings_compare(ab, 2, joined, 1) != 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_names),           cmocka_unit_test(test_host_names),
                cmocka_unit_test(test_interface_names), cmocka_unit_test(test_nearest),
                cmocka_unit_test(test_printable),       cmocka_unit_test(test_format),
                cmocka_unit_test(test_split),           cmocka_unit_test(test_compare),
                cmocka_unit_test(test_shell_word),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
