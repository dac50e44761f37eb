/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Digests: the published vectors, and lengths that count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/sha256.h"

static void test_vectors(void **state)
{
        struct pg_digest digest;
        char text[PG_DIGEST_TEXT_SIZE];

        (void)state;
        pg_digest_begin(&digest);
        pg_digest_end(&digest, text);
        assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        pg_digest_begin(&digest);
        pg_digest_add(&digest, "a", 1);
        pg_digest_add(&digest, "bc", 2);
        pg_digest_end(&digest, text);
        assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void digest_two(const char *first, const char *second, char text[static PG_DIGEST_TEXT_SIZE])
{
        struct pg_digest digest;

        pg_digest_begin(&digest);
        pg_digest_add_string(&digest, first);
        pg_digest_add_string(&digest, second);
        pg_digest_end(&digest, text);
}

static void test_lengths_count(void **state)
{
        char a[PG_DIGEST_TEXT_SIZE], b[PG_DIGEST_TEXT_SIZE];

        (void)state;
        digest_two("ab", "c", a);
        digest_two("a", "bc", b);
        assert_string_not_equal(a, b);
        digest_two("ab", "c", b);
        assert_string_equal(a, b);
}

/* printf '\0\0\0\0\0\0\1\2' | sha256sum */
static void test_numbers_are_big_endian(void **state)
{
        struct pg_digest digest;
        char number[PG_DIGEST_TEXT_SIZE], bytes[PG_DIGEST_TEXT_SIZE];

        (void)state;
        pg_digest_begin(&digest);
        pg_digest_add_number(&digest, 0x102);
        pg_digest_end(&digest, number);
        pg_digest_begin(&digest);
        pg_digest_add(&digest, "\0\0\0\0\0\0\1\2", 8);
        pg_digest_end(&digest, bytes);
        assert_string_equal(number, bytes);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_vectors),
                cmocka_unit_test(test_lengths_count),
                cmocka_unit_test(test_numbers_are_big_endian),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
