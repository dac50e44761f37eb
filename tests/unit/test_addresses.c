/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of addresses: normal form, and the questions asked of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addresses/internal.h"
#include "base/cleanup.h"

static void add(struct pg_addresses *addresses, const char *text)
{
        struct pg_prefix prefix;

        assert_int_equal(pg_prefix_parse(text, strlen(text), &prefix), PG_PREFIX_GOOD);
        assert_int_equal(pg_addresses_add_prefix(addresses, &prefix), 0);
}

/* "10.0.0.0/8 192.0.2.1-192.0.2.5", the whole set. */
static const char *describe(const struct pg_addresses *addresses)
{
        static char text[4096];
        char range[100];

        text[0] = '\0';
        for (size_t i = 0; i < addresses->n_v4; i++) {
                uint32_t first = htonl(addresses->v4[i].first), last = htonl(addresses->v4[i].last);

                pg_range_format(AF_INET, (uint8_t *)&first, (uint8_t *)&last, range, sizeof(range));
                sprintf(text + strlen(text), "%s%s", *text ? " " : "", range);
        }
        for (size_t i = 0; i < addresses->n_v6; i++) {
                pg_range_format(AF_INET6, addresses->v6[i].first, addresses->v6[i].last, range,
                                sizeof(range));
                sprintf(text + strlen(text), "%s%s", *text ? " " : "", range);
        }
        return text;
}

static const struct {
        const char *in[6];
        const char *out;
} cases[] = {
        {{NULL}, ""},
        {{"10.0.0.0/8"}, "10.0.0.0/8"},
        {{"10.0.0.1", "10.0.0.0"}, "10.0.0.0/31"},
        {{"10.0.0.0/9", "10.128.0.0/9"}, "10.0.0.0/8"},
        {{"10.0.0.3", "10.0.0.1", "10.0.0.2"}, "10.0.0.1-10.0.0.3"},
        {{"10.1.0.0/16", "10.0.0.0/8", "10.2.0.0/16", "11.0.0.0/8"}, "10.0.0.0/7"},
        {{"10.0.0.0/8", "10.0.0.0/8"}, "10.0.0.0/8"},
        {{"255.255.255.255", "0.0.0.0"}, "0.0.0.0 255.255.255.255"},
        {{"128.0.0.0/1", "0.0.0.0/1"}, "0.0.0.0/0"},
        {{"255.255.255.255", "255.255.255.254", "255.255.255.255"}, "255.255.255.254/31"},
        {{"::1", "::"}, "::/127"},
        {{"2001:db8::/33", "2001:db8:8000::/33"}, "2001:db8::/32"},
        {{"8000::/1", "::/1"}, "::/0"},
        {{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::", "8000::/1"}, ":: 8000::/1"},
        {{"fe80::ff", "fe80::100"}, "fe80::ff-fe80::100"},
        {{"fc00::/7", "10.0.0.0/8"}, "10.0.0.0/8 fc00::/7"},
};

static void test_normal_form(void **state)
{
        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(cases); i++) {
                struct pg_addresses addresses = {0};

                for (size_t j = 0; j < PG_ELEMENTSOF(cases[i].in) && cases[i].in[j]; j++)
                        add(&addresses, cases[i].in[j]);
                pg_addresses_normalise(&addresses);
                assert_string_equal(describe(&addresses), cases[i].out);
                pg_addresses_normalise(&addresses);
                assert_string_equal(describe(&addresses), cases[i].out);
                pg_addresses_done(&addresses);
                assert_true(pg_addresses_empty(&addresses));
        }
}

static void test_part(void **state)
{
        static const uint8_t first4[] = {10, 0, 0, 0}, last4[] = {10, 0, 255, 255};
        static const uint8_t first6[16] = {0x20, 0x01}, last6[16] = {0x20, 0x01, 0xff};
        struct pg_addresses all = {0}, part = {0};

        (void)state;
        add(&all, "9.255.255.0/24");
        add(&all, "10.0.255.0/24");
        add(&all, "10.1.0.0/24");
        add(&all, "10.0.1.8");
        add(&all, "203.0.113.9");
        add(&all, "2001:fe00::/23");
        pg_addresses_normalise(&all);
        assert_int_equal(pg_addresses_add_part(&part, &all, false, first4, last4), 0);
        assert_string_equal(describe(&part), "10.0.1.8 10.0.255.0/24");
        pg_addresses_done(&part);
        assert_int_equal(pg_addresses_add_part(&part, &all, true, first6, last6), 0);
        assert_string_equal(describe(&part), "2001:fe00::-2001:ff00::");
        pg_addresses_done(&part);
        pg_addresses_done(&all);
}

static void check_sorted(const struct pg_addresses *addresses)
{
        for (size_t i = 1; i < addresses->n_v4; i++)
                assert_true(addresses->v4[i].first > addresses->v4[i - 1].last &&
                            addresses->v4[i].first - addresses->v4[i - 1].last > 1);
        for (size_t i = 1; i < addresses->n_v6; i++)
                assert_true(memcmp(addresses->v6[i].first, addresses->v6[i - 1].last, 16) > 0);
}

/* Many, so that every level of the sort is used; few bits, so that there are equal ones and neighbours.
 */
static void check_many(size_t n, unsigned bits)
{
        struct pg_addresses addresses = {0};
        uint32_t *wanted = calloc(n, sizeof(*wanted));

        assert_non_null(wanted);
        for (size_t i = 0; i < n; i++) {
                uint8_t v6[16] = {0x20, 0x01};
                uint32_t address = ((uint32_t)random() << 1 ^ (uint32_t)random()) >> (32 - bits);

                wanted[i] = htonl(address);
                memcpy(v6 + (i % 2 ? 12 : 8), &wanted[i], 4);
                assert_int_equal(pg_addresses_add_range(&addresses, false, (uint8_t *)&wanted[i],
                                                        (uint8_t *)&wanted[i]),
                                 0);
                assert_int_equal(pg_addresses_add_range(&addresses, true, v6, v6), 0);
        }
        pg_addresses_normalise(&addresses);
        check_sorted(&addresses);
        for (size_t i = 0; i < n; i++) {
                uint8_t v6[16] = {0x20, 0x01};

                memcpy(v6 + (i % 2 ? 12 : 8), &wanted[i], 4);
                assert_true(pg_addresses_have(&addresses, false, (uint8_t *)&wanted[i]));
                assert_true(pg_addresses_have(&addresses, true, v6));
        }
        free(wanted);
        pg_addresses_done(&addresses);
}

static void test_many(void **state)
{
        (void)state;
        srandom(11);
        check_many(50000, 32);
        check_many(50000, 12);
        check_many(5000, 5);
        check_many(63, 32);
}

static void add_random(struct pg_addresses *addresses, size_t n, unsigned bits)
{
        for (size_t i = 0; i < n; i++) {
                uint32_t address = htonl(((uint32_t)random() << 1 ^ (uint32_t)random()) >> (32 - bits));
                uint8_t v6[16] = {0x20, 0x01};

                memcpy(v6 + 8, &address, 4);
                assert_int_equal(pg_addresses_add_range(addresses, false, (uint8_t *)&address,
                                                        (uint8_t *)&address),
                                 0);
                assert_int_equal(pg_addresses_add_range(addresses, true, v6, v6), 0);
        }
}

/* Two sorted sets behind each other are merged, three are sorted: both give what sorting all anew does.
 */
static void check_union(size_t n, size_t m, unsigned bits)
{
        struct pg_addresses sets[3] = {0}, all = {0}, united = {0};

        for (size_t i = 0; i < PG_ELEMENTSOF(sets); i++) {
                add_random(&sets[i], i == 0 ? n : m, bits);
                assert_int_equal(pg_addresses_add_all(&all, &sets[i]), 0);
                pg_addresses_normalise(&sets[i]);
                if (i == 0)
                        continue;
                assert_int_equal(pg_addresses_add_all(&united, &sets[i - 1]), 0);
                assert_int_equal(pg_addresses_add_all(&united, &sets[i]), 0);
                pg_addresses_normalise(&united);
                check_sorted(&united);
        }
        pg_addresses_normalise(&all);
        assert_true(pg_addresses_equal(&all, &united));
        for (size_t i = 0; i < PG_ELEMENTSOF(sets); i++)
                pg_addresses_done(&sets[i]);
        pg_addresses_done(&all);
        pg_addresses_done(&united);
}

static void test_union(void **state)
{
        (void)state;
        srandom(12);
        check_union(1, 1, 32);
        check_union(1, 100, 32);
        check_union(100, 1, 32);
        check_union(3000, 2000, 32);
        check_union(3000, 3000, 13);
        check_union(500, 500, 9);
}

static void test_adding_after_merge(void **state)
{
        struct pg_addresses addresses = {0};

        (void)state;
        for (uint32_t i = 0; i < 1000; i++) {
                uint32_t address = htonl(0x0a000000 + i);

                assert_int_equal(pg_addresses_add_range(&addresses, false, (uint8_t *)&address,
                                                        (uint8_t *)&address),
                                 0);
        }
        pg_addresses_normalise(&addresses);
        assert_int_equal(addresses.n_v4, 1);
        for (int i = 0; i < 20; i++) {
                add(&addresses, "192.0.2.0/24");
                add(&addresses, "2001:db8::/32");
        }
        pg_addresses_normalise(&addresses);
        assert_string_equal(describe(&addresses), "10.0.0.0-10.0.3.231 192.0.2.0/24 2001:db8::/32");
        pg_addresses_done(&addresses);
}

static bool contains(const char *outer, const char *inner)
{
        struct pg_addresses sets[2] = {0};
        char text[200], *word, *rest = text;
        bool result;

        for (int i = 0; i < 2; i++) {
                snprintf(text, sizeof(text), "%s", i ? inner : outer);
                rest = text;
                while ((word = strsep(&rest, " ")))
                        if (*word)
                                add(&sets[i], word);
                pg_addresses_normalise(&sets[i]);
        }
        result = pg_addresses_contain(&sets[0], &sets[1]);
        pg_addresses_done(&sets[0]);
        pg_addresses_done(&sets[1]);
        return result;
}

static void test_contain(void **state)
{
        (void)state;
        assert_true(contains("10.0.0.0/8", "10.1.0.0/16 10.255.255.255"));
        assert_true(contains("10.0.0.0/8", ""));
        assert_true(contains("", ""));
        assert_true(contains("1.0.0.0 10.0.0.0/8 fe80::/10", "10.0.0.0/8 fe80::1"));
        assert_false(contains("10.0.0.0/8", "9.255.255.255"));
        assert_false(contains("10.0.0.0/8", "11.0.0.0"));
        assert_false(contains("10.0.0.0/8", "0.0.0.0/0"));
        assert_false(contains("10.0.0.0/8", "::1"));
        assert_false(contains("10.0.0.0/9 10.192.0.0/10", "10.0.0.0/8"));
        assert_false(contains("2001:db8::/33", "2001:db8::/32"));
        assert_false(contains("", "10.0.0.1"));
}

static void test_have(void **state)
{
        struct pg_addresses addresses = {0};
        uint8_t v4[4], v6[16];

        (void)state;
        assert_false(pg_addresses_have(&addresses, false, (uint8_t[4]){10, 0, 0, 1}));
        add(&addresses, "10.0.0.0/8");
        add(&addresses, "192.0.2.4");
        add(&addresses, "2001:db8::/32");
        pg_addresses_normalise(&addresses);
        inet_pton(AF_INET, "10.255.255.255", v4);
        assert_true(pg_addresses_have(&addresses, false, v4));
        inet_pton(AF_INET, "11.0.0.0", v4);
        assert_false(pg_addresses_have(&addresses, false, v4));
        inet_pton(AF_INET, "9.255.255.255", v4);
        assert_false(pg_addresses_have(&addresses, false, v4));
        inet_pton(AF_INET6, "2001:db8:ffff::1", v6);
        assert_true(pg_addresses_have(&addresses, true, v6));
        inet_pton(AF_INET6, "2001:db9::", v6);
        assert_false(pg_addresses_have(&addresses, true, v6));
        pg_addresses_done(&addresses);
}

static void test_equal_and_all(void **state)
{
        struct pg_addresses a = {0}, b = {0};

        (void)state;
        assert_true(pg_addresses_equal(&a, &b));
        add(&a, "10.0.0.0/8");
        add(&a, "fe80::/10");
        assert_false(pg_addresses_equal(&a, &b));
        assert_int_equal(pg_addresses_add_all(&b, &a), 0);
        assert_true(pg_addresses_equal(&a, &b));
        b.v6[0].last[15] = 0;
        assert_false(pg_addresses_equal(&a, &b));
        pg_addresses_done(&a);
        pg_addresses_done(&b);
}

/* What is shared stays as it is, whatever is appended to the other, and whoever goes first. */
static void test_sharing(void **state)
{
        struct pg_addresses a = {0}, b = {0}, c = {0};
        const struct pg_range4 *ranges;

        (void)state;
        add(&a, "10.0.0.0/8");
        add(&a, "fe80::/10");
        assert_int_equal(pg_addresses_seal(&a), 0);
        assert_int_equal(pg_addresses_seal(&a), 0);
        ranges = a.v4;
        assert_int_equal(pg_addresses_add_all(&b, &a), 0);
        c = pg_addresses_share(&b);
        assert_ptr_equal(b.v4, ranges);
        assert_ptr_equal(c.v4, ranges);
        assert_int_equal(pg_addresses_add_all(&b, &a), 0);
        assert_string_equal(describe(&b), "10.0.0.0/8 fe80::/10");
        pg_addresses_normalise(&b);
        assert_ptr_equal(b.v4, ranges);
        pg_addresses_done(&a);
        add(&b, "192.0.2.1");
        add(&c, "2001:db8::1");
        pg_addresses_normalise(&b);
        pg_addresses_normalise(&c);
        assert_string_equal(describe(&b), "10.0.0.0/8 192.0.2.1 fe80::/10");
        assert_string_equal(describe(&c), "10.0.0.0/8 2001:db8::1 fe80::/10");
        pg_addresses_done(&b);
        pg_addresses_done(&c);
}

static void check_divided(const char *const *part, const char *const *other, bool wanted)
{
        struct pg_addresses a = {0}, b = {0}, all = {0};

        for (; *part; part++)
                add(&a, *part);
        for (; *other; other++)
                add(&b, *other);
        pg_addresses_normalise(&a);
        pg_addresses_normalise(&b);
        assert_int_equal(pg_addresses_add_all(&all, &a), 0);
        assert_int_equal(pg_addresses_add_all(&all, &b), 0);
        pg_addresses_normalise(&all);
        for (int is_v6 = 0; is_v6 < 2; is_v6++) {
                assert_int_equal(pg_addresses_divided(&all, is_v6, &a, &b), wanted);
                assert_int_equal(pg_addresses_divided(&all, is_v6, &b, &a), wanted);
        }
        pg_addresses_done(&a);
        pg_addresses_done(&b);
        pg_addresses_done(&all);
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_divided(void **state)
{
        (void)state;
        check_divided(LIST("10.0.0.1", "10.0.0.5", "2001:db8::1"), LIST("10.0.0.3", "2001:db8::3"),
                      true);
        /* They touch, or overlap. */
        check_divided(LIST("10.0.0.1", "2001:db8::1"), LIST("10.0.0.2", "2001:db8::2"), false);
        check_divided(LIST("10.0.0.0/24", "2001:db8::/64"), LIST("10.0.0.7", "2001:db8::7"), false);
        check_divided(LIST("10.0.0.1", "2001:db8::1"), LIST("10.0.0.1", "2001:db8::1"), false);
        for (int is_v6 = 0; is_v6 < 2; is_v6++) {
                struct pg_addresses a = {0}, b = {0}, all = {0};

                add(&a, is_v6 ? "2001:db8::1" : "10.0.0.1");
                add(&b, is_v6 ? "2001:db8::3" : "10.0.0.3");
                add(&all, is_v6 ? "2001:db8::1" : "10.0.0.1");
                add(&all, is_v6 ? "2001:db8::5" : "10.0.0.5");
                assert_false(pg_addresses_divided(&all, is_v6, &a, &b));
                add(&all, is_v6 ? "2001:db8::7" : "10.0.0.7");
                assert_false(pg_addresses_divided(&all, is_v6, &a, &b));
                pg_addresses_done(&a);
                pg_addresses_done(&b);
                pg_addresses_done(&all);
        }
}

static void check_subtract(const char *const *set, const char *const *other, const char *wanted)
{
        struct pg_addresses a = {0}, b = {0}, rest = {0};

        for (; *set; set++)
                add(&a, *set);
        for (; *other; other++)
                add(&b, *other);
        pg_addresses_normalise(&a);
        pg_addresses_normalise(&b);
        assert_int_equal(pg_addresses_subtract(&a, &b, &rest), 0);
        assert_string_equal(describe(&rest), wanted);
        pg_addresses_done(&a);
        pg_addresses_done(&b);
        pg_addresses_done(&rest);
}

#define CHECK_SUBTRACT(wanted, set, ...)                 \
        check_subtract((const char *const[]){set, NULL}, \
                       (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL}, wanted)
#define SET(...) __VA_ARGS__

static void test_subtract(void **state)
{
        (void)state;
        CHECK_SUBTRACT("10.0.0.0/8", SET("10.0.0.0/8"));
        CHECK_SUBTRACT("", SET("10.0.0.0/8"), "10.0.0.0/8");
        CHECK_SUBTRACT("", SET("10.1.0.0/16"), "10.0.0.0/8");
        CHECK_SUBTRACT("10.128.0.0/9", SET("10.0.0.0/8"), "10.0.0.0/9");
        CHECK_SUBTRACT("10.0.0.0/9", SET("10.0.0.0/8"), "10.128.0.0/9", "11.0.0.0/8");
        CHECK_SUBTRACT("10.0.0.0/16 10.2.0.0-10.255.255.255 12.0.0.0/8",
                       SET("10.0.0.0/8", "12.0.0.0/8"), "10.1.0.0/16", "11.0.0.0/8");
        CHECK_SUBTRACT("0.0.0.0-255.255.255.254", SET("0.0.0.0/0"), "255.255.255.255");
        CHECK_SUBTRACT("", SET("255.255.255.255", "0.0.0.0"), "0.0.0.0/0");
        CHECK_SUBTRACT("2001:db8::/33", SET("2001:db8::/32"), "2001:db8:8000::/33");
        CHECK_SUBTRACT("2001:db8:8000::/33", SET("2001:db8::/32"), "2001:db8::/33");
        CHECK_SUBTRACT("2001:db8::/127 2001:db8::3", SET("2001:db8::/126"), "2001:db8::2");
        CHECK_SUBTRACT("::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", SET("::/0"),
                       "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
        CHECK_SUBTRACT("", SET("2001:db8::5", "2001:db8::7"), "2001:db8::/32", "10.0.0.0/8");
}

/* Alike is a set of which a split would be a copy. */
static void check_alike(const struct pg_addresses *set, const struct pg_addresses *singles,
                        const struct pg_addresses *others)
{
        bool are_singles, is_copy = pg_addresses_equal(set, singles) || pg_addresses_equal(set, others);

        assert_int_equal(pg_addresses_are_alike(set, 4, &are_singles), is_copy);
        if (is_copy)
                assert_int_equal(are_singles, pg_addresses_equal(set, singles));
}

/* In an order that no normalised set has, and with neighbours that are not to be joined. */
static void test_sort(void **state)
{
        struct pg_addresses set = {0};

        (void)state;
        for (uint32_t i = 0; i < 3000; i++) {
                const uint32_t address = htonl(i * 2654435761U); /* odd: no two are the same */
                const uint8_t long_address[16] = {0x20, (uint8_t)(i * 7), (uint8_t)(i >> 3), [15] = 1};

                assert_int_equal(pg_addresses_add_range(&set, false, (const uint8_t *)&address,
                                                        (const uint8_t *)&address),
                                 0);
                assert_int_equal(pg_addresses_add_range(&set, true, long_address, long_address), 0);
        }
        set.v4[0] = (struct pg_range4){1, 1};
        set.v4[1] = (struct pg_range4){2, 2};
        pg_addresses_sort(&set);
        assert_int_equal(set.n_v4, 3000);
        assert_int_equal(set.n_v6, 3000);
        assert_int_equal(set.v4[0].first, 1);
        assert_int_equal(set.v4[1].first, 2);
        for (size_t i = 1; i < 3000; i++) {
                assert_true(set.v4[i - 1].first < set.v4[i].first);
                assert_int_equal(set.v4[i].first, set.v4[i].last);
                assert_true(memcmp(set.v6[i - 1].first, set.v6[i].first, 16) <= 0);
        }
        pg_addresses_done(&set);
}

static void test_split(void **state)
{
        static const struct {
                const char *in[4], *singles, *others;
        } splits[] = {
                {{NULL}, "", ""},
                {{"10.0.0.1"}, "10.0.0.1", ""},
                {{"10.0.0.0/8"}, "", "10.0.0.0/8"},
                {{"10.0.0.255", "10.0.1.0", "10.0.1.1"}, "10.0.0.255 10.0.1.0 10.0.1.1", ""},
                {{"10.0.0.4/30", "10.0.0.16/29"},
                 "10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7",
                 "10.0.0.16/29"},
                {{"10.0.0.4/30", "10.0.0.8"}, "", "10.0.0.4-10.0.0.8"},
                {{"0.0.0.0", "255.255.255.254/31"}, "0.0.0.0 255.255.255.254 255.255.255.255", ""},
                {{"0.0.0.0/0", "::/0"}, "", "0.0.0.0/0 ::/0"},
                {{"2001:db8::ff", "2001:db8::100"}, "2001:db8::ff 2001:db8::100", ""},
                {{"2001:db8::/126", "fd00::/125"},
                 "2001:db8:: 2001:db8::1 2001:db8::2 2001:db8::3",
                 "fd00::/125"},
                {{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127"},
                 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                 ""},
        };

        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(splits); i++) {
                struct pg_addresses set = {0}, singles = {0}, others = {0};

                for (size_t j = 0; j < PG_ELEMENTSOF(splits[i].in) && splits[i].in[j]; j++)
                        add(&set, splits[i].in[j]);
                pg_addresses_normalise(&set);
                assert_int_equal(pg_addresses_split(&set, 4, &singles, &others), 0);
                assert_string_equal(describe(&singles), splits[i].singles);
                assert_string_equal(describe(&others), splits[i].others);
                check_alike(&set, &singles, &others);
                pg_addresses_done(&set);
                pg_addresses_done(&singles);
                pg_addresses_done(&others);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_normal_form),   cmocka_unit_test(test_many),
                cmocka_unit_test(test_split),         cmocka_unit_test(test_sort),
                cmocka_unit_test(test_union),         cmocka_unit_test(test_sharing),
                cmocka_unit_test(test_divided),       cmocka_unit_test(test_adding_after_merge),
                cmocka_unit_test(test_contain),       cmocka_unit_test(test_have),
                cmocka_unit_test(test_equal_and_all), cmocka_unit_test(test_subtract),
                cmocka_unit_test(test_part),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
