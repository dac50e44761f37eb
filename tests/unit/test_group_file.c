/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of addresses: lines, errors with their places, and size. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profile/site/internal.h"
#include "told.h"

static char folder[] = "/tmp/test_group_file.XXXXXX";

static int enter(void **state)
{
        (void)state;
        return mkdtemp(folder) && chmod(folder, 0755) == 0 && chdir(folder) == 0 ? 0 : -1;
}

static int leave(void **state)
{
        (void)state;
        return unlink("list") == 0 && chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void write_list(const char *text, size_t length)
{
        _cleanup_(pg_closep) int fd = open("list", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, length), length);
}

/* Reads the list; checks what is told, and how many IPv4 and IPv6 ranges there are. */
static void check_bytes(const char *text, size_t length, const char *wanted, size_t n_v4, size_t n_v6)
{
        struct pg_addresses addresses = {0};
        struct pg_diagnostics *diagnostics;
        struct pg_error error = {0};
        int r;

        write_list(text, length);
        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        r = pg_group_file_read("list", &addresses, diagnostics, &error);
        check_told(diagnostics, wanted);
        assert_int_equal(r, *wanted ? -EINVAL : 0);
        assert_int_equal(error.number, r);
        if (pg_diagnostics_length(diagnostics) > 0)
                assert_string_equal(pg_diagnostics_at(diagnostics, 0)->file, "list");
        assert_int_equal(addresses.n_v4, n_v4);
        assert_int_equal(addresses.n_v6, n_v6);
        pg_addresses_done(&addresses);
        pg_diagnostics_free(diagnostics);
}

static void check(const char *text, const char *wanted, size_t n_v4, size_t n_v6)
{
        check_bytes(text, strlen(text), wanted, n_v4, n_v6);
}

static void test_lines(void **state)
{
        (void)state;
        check("", "", 0, 0);
        check("\n\n", "", 0, 0);
        check("10.0.0.1", "", 1, 0);
        check("# all\n10.0.0.0/8 # one\n\n  \t2001:db8::/32\t\n#10.0.0.2\n", "", 1, 1);
        check("10.0.0.1\r\n\r\n# x\r\n10.0.0.3\r\n", "", 2, 0);
        check("\xef\xbb\xbf"
              "10.0.0.1\n10.0.0.3\n",
              "", 2, 0);
        check("\xef\xbb\xbf", "", 0, 0);
        check("\xef\xbb\xbf# all\n10.0.0.3\n", "", 1, 0);
        check("10.0.0.1\n\xef\xbb\xbf"
              "10.0.0.3\n",
              "2:1: '\\xef\\xbb\\xbf10.0.0.3' is no address", 1, 0);
        check("\xef\xbb\xbf"
              "10.0.0.256\n",
              "1:4: '10.0.0.256' is no address", 0, 0);
}

static void test_errors(void **state)
{
        (void)state;
        check("10.0.0.1\n  10.0.0.256\n10.1.2.3/8 # x\n::ffff:10.0.0.1\n0.0.0.0/0\n10.0.0.2 10.0.0.3\n",
              "2:3: '10.0.0.256' is no address\n"
              "3:1: '10.1.2.3/8' has address bits set behind its prefix length (did you mean "
              "10.0.0.0/8?)\n"
              "4:1: '::ffff:10.0.0.1' is an IPv4 address written as IPv6 (did you mean 10.0.0.1?)\n"
              "5:1: a prefix of length 0 is everybody\n"
              "6:1: '10.0.0.2 10.0.0.3' is no address",
              1, 0);
        check_bytes("10.0.0.1\0\n\x1b[2J\n\xff\n", 17,
                    "1:1: '10.0.0.1\\x00' is no address\n"
                    "2:1: '\\x1b[2J' is no address\n"
                    "3:1: '\\xff' is no address",
                    0, 0);
}

static void test_many_errors_are_cut(void **state)
{
        char text[400], wanted[1000];
        int length = 0;

        (void)state;
        for (int i = 1; i <= 30; i++)
                length += sprintf(text + length, "x\n");
        length = 0;
        for (int i = 1; i <= 20; i++)
                length += sprintf(wanted + length, "%d:1: 'x' is no address\n", i);
        sprintf(wanted + length, "0:0: and more: lines behind this one were not looked at");
        check(text, wanted, 0, 0);
}

/* Lines that lie across the borders of what is read at once. */
static void test_long_file(void **state)
{
        const size_t n = 20000;
        char *text = malloc(n * 40);
        size_t length = 0;

        (void)state;
        assert_non_null(text);
        for (size_t i = 0; i < n; i++)
                length += (size_t)sprintf(text + length, "10.%zu.%zu.%zu%s\n", i >> 15, i >> 7 & 255,
                                          2 * (i & 127), i % 3 ? "" : " # a comment");
        check_bytes(text, length, "", n, 0);
        free(text);
}

static void test_long_line(void **state)
{
        char *text = malloc(70000);

        (void)state;
        assert_non_null(text);
        memset(text, ' ', 70000);
        text[sprintf(text, "10.0.0.1\n#")] = ' ';
        text[65535] = '\n';
        check_bytes(text, 65536, "", 1, 0);
        text[65535] = ' ';
        check_bytes(text, 70000, "2:1: the line is too long", 1, 0);
        free(text);
}

static void test_not_to_be_read(void **state)
{
        struct pg_addresses addresses = {0};
        struct pg_diagnostics *diagnostics;
        struct pg_error error = {0};

        (void)state;
        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        assert_int_equal(pg_group_file_read("absent", &addresses, diagnostics, &error), -ENOENT);
        assert_int_equal(error.number, -ENOENT);
        assert_int_equal(pg_group_file_read("/dev/zero", &addresses, diagnostics, &error), -EINVAL);
        assert_non_null(strstr(error.message, "no regular file"));
        assert_int_equal(pg_diagnostics_length(diagnostics), 0);
        pg_diagnostics_free(diagnostics);
}

static void test_million(void **state)
{
        const size_t n = 1000000;
        char *text = malloc(n * 16);
        struct pg_addresses addresses = {0};
        struct pg_diagnostics *diagnostics;
        size_t length = 0;

        (void)state;
        assert_non_null(text);
        /* The order of a linear congruence: all of them, once each, in no order that helps. */
        for (size_t i = 0; i < n; i++) {
                uint32_t address = (uint32_t)((i * 611953) % n) * 2 + 0x0a000000;

                length += (size_t)sprintf(text + length, "%u.%u.%u.%u\n", address >> 24,
                                          address >> 16 & 255, address >> 8 & 255, address & 255);
        }
        write_list(text, length);
        free(text);
        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        assert_int_equal(pg_group_file_read("list", &addresses, diagnostics, NULL), 0);
        pg_addresses_normalise(&addresses);
        assert_int_equal(addresses.n_v4, n);
        for (size_t i = 0; i < n; i++)
                assert_true(addresses.v4[i].first == 0x0a000000 + 2 * i);
        pg_addresses_done(&addresses);
        pg_diagnostics_free(diagnostics);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_lines),
                cmocka_unit_test(test_errors),
                cmocka_unit_test(test_many_errors_are_cut),
                cmocka_unit_test(test_long_file),
                cmocka_unit_test(test_long_line),
                cmocka_unit_test(test_not_to_be_read),
                cmocka_unit_test(test_million),
        };

        return cmocka_run_group_tests(tests, enter, leave);
}
