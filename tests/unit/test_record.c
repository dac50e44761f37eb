/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record of a generation that the kernel carries. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/catalog/catalog.h"
#include "ruleset/compile/compile.h"
#include "ruleset/digest.h"
#include "ruleset/record.h"
#include "unit/policies.h"

static struct pg_ruleset *compile(void)
{
        const struct pg_ruleset_options options = {.slot = 'a'};
        struct pg_policy *policy = make_shipped_policy("ssh", "");
        struct pg_ruleset *ruleset = NULL;
        struct pg_error error;

        assert_int_equal(pg_ruleset_compile(policy, &options, &ruleset, &error), 0);
        pg_policy_free(policy);
        return ruleset;
}

static void check_there_and_back(char *const *profiles, size_t n)
{
        struct pg_ruleset *ruleset = compile();
        struct pg_record record = {0}, again = {0};

        assert_int_equal(pg_record_make(ruleset, 'a', 7, NULL, profiles, n, &record), 0);
        assert_int_equal(pg_record_write(ruleset, 'a', &record), 0);
        assert_int_equal(pg_record_read(ruleset, 'a', &again), 0);
        assert_int_equal(again.generation, 7);
        assert_true(pg_record_equal(&record, &again));
        assert_int_equal(again.n_profiles, n);
        for (size_t i = 0; i < n; i++)
                assert_string_equal(again.profiles[i], profiles[i]);
        pg_record_done(&record);
        pg_record_done(&again);
        pg_ruleset_free(ruleset);
}

static void a_record_is_read_as_it_was_written(void **state)
{
        char *one[] = {(char *)"ssh"}, *two[] = {(char *)"k8s-worker", (char *)"https"};

        (void)state;
        check_there_and_back(one, 1);
        check_there_and_back(two, 2);
        check_there_and_back(NULL, 0);
}

static void a_long_record_takes_several_elements(void **state)
{
        char *names[100];

        (void)state;
        for (int i = 0; i < 100; i++)
                assert_true(asprintf(&names[i], "a-profile-with-a-rather-long-name-%d", i) > 0);
        check_there_and_back(names, 100);
        for (int i = 0; i < 100; i++)
                free(names[i]);
}

/* As many as a request may have, each as long as a name may be; no comment longer than nft reads. */
static void the_longest_record_is_read_whole(void **state)
{
        char *names[PG_CATALOG_PROFILES_MAX];
        struct pg_ruleset *ruleset = compile();
        struct pg_record record = {0};
        const struct pg_set *set;

        (void)state;
        for (int i = 0; i < PG_CATALOG_PROFILES_MAX; i++)
                assert_int_equal(asprintf(&names[i], "%060d-%02x", 0, i), 63);
        check_there_and_back(names, PG_CATALOG_PROFILES_MAX);
        assert_int_equal(pg_record_make(ruleset, 'a', 7, NULL, names, PG_CATALOG_PROFILES_MAX, &record),
                         0);
        assert_int_equal(pg_record_write(ruleset, 'a', &record), 0);
        set = pg_ruleset_set(ruleset, "generation_a");
        for (size_t i = 0; i < set->n_elements; i++)
                assert_in_range(strlen(set->elements[i].comment), 1, 128);
        for (int i = 0; i < PG_CATALOG_PROFILES_MAX; i++)
                free(names[i]);
        pg_record_done(&record);
        pg_ruleset_free(ruleset);
}

static void the_newest_record_counts(void **state)
{
        char *name[] = {(char *)"ssh"};
        struct pg_ruleset *ruleset = compile();
        struct pg_record record = {0}, again = {0};

        (void)state;
        for (uint32_t generation = 9; generation < 12; generation++) {
                assert_int_equal(pg_record_make(ruleset, 'a', generation, NULL, name, 1, &record), 0);
                assert_int_equal(pg_record_write(ruleset, 'a', &record), 0);
                pg_record_done(&record);
        }
        assert_int_equal(pg_record_read(ruleset, 'a', &again), 0);
        assert_int_equal(again.generation, 11);
        pg_record_done(&again);
        pg_ruleset_free(ruleset);
}

static void no_record_is_generation_0(void **state)
{
        struct pg_ruleset *ruleset = compile(), empty = {0};
        struct pg_record record = {0};

        (void)state;
        assert_int_equal(pg_record_read(ruleset, 'a', &record), 0);
        assert_int_equal(record.generation, 0);
        assert_int_equal(pg_record_read(ruleset, 'b', &record), 0);
        assert_int_equal(record.generation, 0);
        assert_int_equal(pg_record_read(&empty, 'a', &record), 0);
        assert_int_equal(record.generation, 0);
        pg_record_done(&record);
        pg_ruleset_free(ruleset);
}

#define D "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define E "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

/* What a record of that text is read as; the caller ends it. */
static struct pg_record read_text(const char *text)
{
        char *name[] = {(char *)"ssh"};
        struct pg_ruleset *ruleset = compile();
        struct pg_record record = {0}, again = {0};
        struct pg_set *set = pg_ruleset_set(ruleset, "generation_a");

        assert_int_equal(pg_record_make(ruleset, 'a', 7, NULL, name, 1, &record), 0);
        assert_int_equal(pg_parts_add(set, 7, text && *text ? text : "x"), 0);
        if (!text || !*text) {
                free(set->elements[0].comment);
                set->elements[0].comment = text ? strdup("") : NULL;
        }
        assert_int_equal(pg_record_read(ruleset, 'a', &again), 0);
        assert_false(pg_record_equal(&record, &again));
        pg_record_done(&record);
        pg_ruleset_free(ruleset);
        return again;
}

/* Somebody may have put anything there. */
static void a_broken_record_is_none(void **state)
{
        static const char *const broken[] = {"",
                                             " ",
                                             "x",
                                             "0123 ssh",
                                             D "0 ssh",
                                             D "+ ssh",
                                             D "+1 ssh",
                                             D "+1/ ssh",
                                             D "+/1 ssh",
                                             D "+x/0.1 ssh",
                                             D "+ 1/0 s",
                                             D "+-9/1 s",
                                             D "+1/0.1/x",
                                             D "+1/0.1/",
                                             "x+1/0.1 ssh",
                                             D "+1/0.1\x1b",
                                             D "+99999999999/9.9 ssh",
                                             D "+999/Version ssh",
                                             D "+1/1234567890123456789012345678901234567890 ssh",
                                             NULL};

        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(broken); i++) {
                struct pg_record record = read_text(broken[i]);

                assert_int_equal(record.compiler, 0);
                assert_false(pg_record_is_newer(&record));
                pg_record_done(&record);
        }
}

static void a_record_without_a_maker_is_of_the_first_compiler(void **state)
{
        struct pg_record record = read_text(D " ssh base");

        (void)state;
        assert_int_equal(record.generation, 7);
        assert_int_equal(record.compiler, 1);
        assert_string_equal(record.version, "0.1.0");
        assert_string_equal(record.digest, D);
        assert_string_equal(record.table_digest, D);
        assert_int_equal(record.n_profiles, 2);
        assert_string_equal(record.profiles[1], "base");
        assert_false(pg_record_is_newer(&record));
        pg_record_done(&record);
}

/* Who brings it back writes the names down, and advice names them. */
static void a_record_has_only_names_that_a_profile_may_have(void **state)
{
        struct pg_record record = read_text(D " ssh;reboot \x1b[2J SSH  https - ../etc\n");

        (void)state;
        assert_int_equal(record.generation, 7);
        assert_int_equal(record.n_profiles, 1);
        assert_string_equal(record.profiles[0], "https");
        pg_record_done(&record);
}

static void a_record_tells_an_older_compiler(void **state)
{
        struct pg_record record = read_text(D "+0/0.0.9~rc1 ssh");

        (void)state;
        assert_int_equal(record.generation, 7);
        assert_int_equal(record.compiler, 0);
        assert_string_equal(record.version, "0.0.9~rc1");
        assert_false(pg_record_is_current(&record));
        assert_false(pg_record_is_newer(&record));
        pg_record_done(&record);
}

/* Whatever else a newer version writes. */
static void a_newer_record_is_told_from_none(void **state)
{
        static const struct {
                const char *text, *digest, *table;
        } newer[] = {
                {D "+999/9.9 ssh", D, D},
                {D "+999/9.9/" E " ssh", D, E},
                {D "+999/9.9/b3:17 ssh", D, ""},
                {"b3:17+999/9.9 ssh", "", ""},
                {"b3:17+999/9.9/" E "/more ssh", "", ""},
                {"+999/9.9 ssh", "", ""},
        };

        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(newer); i++) {
                struct pg_record record = read_text(newer[i].text);

                assert_int_equal(record.generation, 7);
                assert_true(pg_record_is_newer(&record));
                assert_int_equal(record.compiler, 999);
                assert_string_equal(record.version, "9.9");
                assert_string_equal(record.digest, newer[i].digest);
                assert_string_equal(record.table_digest, newer[i].table);
                assert_int_equal(record.n_profiles, 1);
                pg_record_done(&record);
        }
}

/* A generation that an older version stored, compiled anew. */
static void a_record_keeps_the_name_that_the_history_has(void **state)
{
        char *name[] = {(char *)"ssh"};
        struct pg_ruleset *ruleset = compile();
        struct pg_record record = {0}, again = {0}, new = {0};

        (void)state;
        assert_int_equal(pg_record_make(ruleset, 'a', 7, D, name, 1, &record), 0);
        assert_int_equal(pg_record_write(ruleset, 'a', &record), 0);
        assert_int_equal(pg_record_read(ruleset, 'a', &again), 0);
        assert_string_equal(again.digest, D);
        assert_string_equal(again.table_digest, record.table_digest);
        assert_string_not_equal(again.table_digest, D);
        assert_int_equal(again.compiler, PG_COMPILER);
        assert_string_equal(again.version, record.version);
        assert_true(pg_record_is_current(&again));
        assert_int_equal(pg_record_make(ruleset, 'a', 8, NULL, name, 1, &new), 0);
        assert_string_equal(new.digest, new.table_digest);
        assert_true(pg_record_equal(&again, &new));
        new.compiler++;
        assert_false(pg_record_equal(&again, &new));
        pg_record_done(&record);
        pg_record_done(&again);
        pg_record_done(&new);
        pg_ruleset_free(ruleset);
}

static void expect_bytes(struct pg_digest *digest, const char *bytes, size_t length)
{
        pg_digest_add(digest, bytes, length);
}

/* One rule "th dport 22", a set of prefixes and one of single addresses, byte by byte: the same on
 * every machine and by every compiler. */
static void a_digest_has_a_form_of_its_own(void **state)
{
        struct pg_ruleset *ruleset = calloc(1, sizeof(*ruleset));
        char text[PG_DIGEST_TEXT_SIZE], expected[PG_DIGEST_TEXT_SIZE];
        struct pg_range4 range = {0x0a000001, 0x0a0000ff}, single = {0x0a000002, 0x0a000002};
        struct pg_range6 single6 = {{[15] = 1}, {[15] = 1}};
        struct pg_digest digest;
        struct pg_set *set;

        (void)state;
        assert_int_equal(pg_match_port(pg_chain_add_rule(pg_ruleset_add_chain(ruleset, "input_a")),
                                       false, 22),
                         0);
        set = pg_ruleset_add_set(ruleset, "x_a");
        *set = (struct pg_set){.flags = PG_SET_INTERVAL, .key_type = PG_TYPE_IPV4};
        snprintf(set->name, sizeof(set->name), "x_a");
        set->addresses = (struct pg_addresses){.v4 = &range, .n_v4 = 1};
        set = pg_ruleset_add_set(ruleset, "y_a");
        *set = (struct pg_set){.key_type = PG_TYPE_IPV4};
        snprintf(set->name, sizeof(set->name), "y_a");
        set->addresses = (struct pg_addresses){.v4 = &single, .n_v4 = 1, .v6 = &single6, .n_v6 = 1};
        pg_ruleset_digest(ruleset, 'a', text);

        pg_digest_begin(&digest);
        pg_digest_add_string(&digest, "portguard ruleset 4");
        pg_digest_add_string(&digest, "input");
        pg_digest_add_string(&digest, ""); /* the comment */
        pg_digest_add_number(&digest, 1);
        pg_digest_add_number(&digest, 2);
        pg_digest_add_number(&digest, PG_EXPR_PAYLOAD);
        expect_bytes(&digest, "\2\0\0\0\2\0\0\0\2\0\0\0\0\0\0\0", 16);
        pg_digest_add_number(&digest, PG_EXPR_CMP);
        expect_bytes(&digest, "\0\0\0\0\0\0\0\0\2\0\0\0", 12);
        expect_bytes(&digest, "\0\26\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
        pg_digest_add_string(&digest, "x");
        pg_digest_add_number(&digest, PG_SET_INTERVAL);
        pg_digest_add_number(&digest, PG_TYPE_IPV4);
        pg_digest_add_number(&digest, 0);
        pg_digest_add_number(&digest, 1);
        expect_bytes(&digest, "\1\0\0\12\377\0\0\12", 8);
        pg_digest_add_number(&digest, 0);
        pg_digest_add_string(&digest, "y");
        pg_digest_add_number(&digest, 0);
        pg_digest_add_number(&digest, PG_TYPE_IPV4);
        pg_digest_add_number(&digest, 0);
        pg_digest_add_number(&digest, 1);
        expect_bytes(&digest, "\2\0\0\12", 4);
        pg_digest_add_number(&digest, 1);
        expect_bytes(&digest, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
        pg_digest_end(&digest, expected);
        assert_string_equal(text, expected);
        /* Of the same bytes by Python's hashlib, with 2 and 4 for the two kinds of expressions, 7 for
         * the type, and each number and length as eight bytes, the highest first: tables and histories
         * hold digests of this kind, and another kind would not be equal to them (ruleset/digest.h). */
        assert_string_equal(text, "0bc7f04acb4cc5e604faf97f5feaa15f889bdc11c364403c4e767c0e659752d3");
        pg_ruleset_free(ruleset);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_record_is_read_as_it_was_written),
                cmocka_unit_test(a_long_record_takes_several_elements),
                cmocka_unit_test(the_longest_record_is_read_whole),
                cmocka_unit_test(the_newest_record_counts),
                cmocka_unit_test(no_record_is_generation_0),
                cmocka_unit_test(a_broken_record_is_none),
                cmocka_unit_test(a_record_without_a_maker_is_of_the_first_compiler),
                cmocka_unit_test(a_record_has_only_names_that_a_profile_may_have),
                cmocka_unit_test(a_record_tells_an_older_compiler),
                cmocka_unit_test(a_newer_record_is_told_from_none),
                cmocka_unit_test(a_record_keeps_the_name_that_the_history_has),
                cmocka_unit_test(a_digest_has_a_form_of_its_own),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
