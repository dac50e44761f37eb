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

        assert_int_equal(pg_record_make(ruleset, 'a', 7, profiles, n, &record), 0);
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
        assert_int_equal(pg_record_make(ruleset, 'a', 7, names, PG_CATALOG_PROFILES_MAX, &record), 0);
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
                assert_int_equal(pg_record_make(ruleset, 'a', generation, name, 1, &record), 0);
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

/* Somebody may have put anything there. */
static void a_broken_record_is_none(void **state)
{
        static const char *const broken[] = {"", " ", "x", "0123 ssh", NULL};
        char *name[] = {(char *)"ssh"};

        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(broken); i++) {
                struct pg_ruleset *ruleset = compile();
                struct pg_record record = {0}, again = {0};
                struct pg_set *set;

                assert_int_equal(pg_record_make(ruleset, 'a', 7, name, 1, &record), 0);
                assert_int_equal(pg_record_write(ruleset, 'a', &record), 0);
                set = pg_ruleset_set(ruleset, "generation_a");
                assert_int_equal(set->n_elements, 1);
                free(set->elements[0].comment);
                set->elements[0].comment = broken[i] ? strdup(broken[i]) : NULL;
                assert_int_equal(pg_record_read(ruleset, 'a', &again), 0);
                assert_false(pg_record_equal(&record, &again));
                pg_record_done(&record);
                pg_record_done(&again);
                pg_ruleset_free(ruleset);
        }
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
                cmocka_unit_test(a_digest_has_a_form_of_its_own),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
