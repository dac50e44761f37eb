/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of chains and sets: what nft and the kernel take, and never two of the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ruleset/model/model.h"

static void check(const char *label, const char *prefix, const char *suffix, const char *wanted)
{
        char name[PG_NAME_MAX];

        pg_source_name(label, prefix, suffix, 'a', name);
        assert_string_equal(name, wanted);
}

static void a_plain_label_stays_readable(void **state)
{
        (void)state;
        check("cluster", "from_", "", "from_cluster_a");
        check("cluster, control-plane", "from_", "", "from_cluster_control-plane_a");
        check("cluster", "", "_v4", "cluster_v4_a");
}

static void a_name_begins_with_a_letter(void **state)
{
        char name[PG_NAME_MAX];

        (void)state;
        check("192.0.2.0/24", "", "_v4", "net_192.0.2.0/24_v4_a");
        pg_source_name("2001:db8::/32", "", "_v6", 'b', name);
        assert_true(strncmp(name, "net_", 4) == 0);
        assert_null(strchr(name, ':'));
}

static void harmed_labels_are_told_apart(void **state)
{
        static const char *const labels[] = {"2001:db8::/32", "2001-db8--/32", "2001:db8::1/128",
                                             "a*b",           "a-b",           "a:b",
                                             "eth0+",         "eth0-"};
        char names[PG_ELEMENTSOF(labels)][PG_NAME_MAX];

        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(labels); i++) {
                pg_source_name(labels[i], "from_", "", 'a', names[i]);
                for (size_t j = 0; j < i; j++)
                        assert_string_not_equal(names[i], names[j]);
        }
}

static void long_labels_are_cut_and_told_apart(void **state)
{
        char label[2000], one[PG_NAME_MAX], two[PG_NAME_MAX];

        (void)state;
        memset(label, 'x', sizeof(label));
        label[sizeof(label) - 1] = '\0';
        pg_source_name(label, "from_", "_v4", 'a', one);
        label[sizeof(label) - 2] = 'y';
        pg_source_name(label, "from_", "_v4", 'a', two);
        assert_true(strlen(one) < 128);
        assert_string_not_equal(one, two);
        assert_int_equal(pg_slot_of_name(one), 'a');
}

static void the_slot_is_read_off_the_name(void **state)
{
        char name[PG_NAME_MAX];

        (void)state;
        pg_slot_name("input", 'b', name);
        assert_string_equal(name, "input_b");
        assert_int_equal(pg_slot_of_name("input_b"), 'b');
        assert_int_equal(pg_slot_of_name("input"), 0);
        assert_int_equal(pg_slot_of_name("input_c"), 0);
        assert_int_equal(pg_slot_of_name(""), 0);
        assert_int_equal(pg_slot_of_name("_"), 0);
        assert_int_equal(pg_slot_of_name("denied4"), 0);
}

static void a_set_that_is_replaced_has_two_names(void **state)
{
        static const char *const names[][2] = {
                {"cluster_v4_a", "cluster_v4-2_a"},
                {"cluster_v4nets_b", "cluster_v4nets-2_b"},
                {"cluster_v6nets.2001-db8--/32_a", "cluster_v6nets-2.2001-db8--/32_a"},
                {"cluster_v4.10.0.0.0/12_a", "cluster_v4-2.10.0.0.0/12_a"},
                {"cluster_v4nets.example.org_v4_a", "cluster_v4nets.example.org_v4-2_a"},
        };
        char name[PG_NAME_MAX];

        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(names); i++) {
                pg_name_twin(names[i][0], name);
                assert_string_equal(name, names[i][1]);
                pg_name_twin(names[i][1], name);
                assert_string_equal(name, names[i][0]);
                pg_name_first(names[i][1], name);
                assert_string_equal(name, names[i][0]);
                pg_name_first(names[i][0], name);
                assert_string_equal(name, names[i][0]);
        }
}

static void other_names_have_no_second(void **state)
{
        static const char *const names[] = {"denied4", "generation_a", "input_tcp_ports_b",
                                            "trial2",  "from_x-2_a",   "a_v4-2.b_v4nets-3_a",
                                            "v4_a",    "_a",           "cluster_v4-2",
                                            "x_v5_a",  "input_hits_a", ""};
        char name[PG_NAME_MAX];

        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(names); i++) {
                pg_name_twin(names[i], name);
                assert_string_equal(name, names[i]);
                pg_name_first(names[i], name);
                assert_string_equal(name, names[i]);
        }
}

static void a_shard_is_known_by_its_region(void **state)
{
        (void)state;
        assert_true(pg_name_is_shard("cluster_v4.10.0.0.0/12_a"));
        assert_true(pg_name_is_shard("cluster_v6nets-2.2001-db8--/32_b"));
        assert_false(pg_name_is_shard("cluster_v4_a"));
        assert_false(pg_name_is_shard("cluster_v4nets-2_a"));
        assert_false(pg_name_is_shard("x_v4.example.org_v4_a"));
}

static void the_order_is_that_of_the_first_names(void **state)
{
        (void)state;
        assert_true(pg_name_compare("c_v4-2.9_a", "c_v4.10_a") > 0);
        assert_true(pg_name_compare("c_v4.10_a", "c_v4-2.9_a") < 0);
        assert_true(pg_name_compare("c_v4-2_a", "c_v4nets_a") < 0);
        assert_int_equal(pg_name_compare("c_v4-2_a", "c_v4-2_a"), 0);
        assert_true(pg_name_compare("c_v4-2_a", "c_v4_a") != 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_plain_label_stays_readable),
                cmocka_unit_test(a_name_begins_with_a_letter),
                cmocka_unit_test(harmed_labels_are_told_apart),
                cmocka_unit_test(long_labels_are_cut_and_told_apart),
                cmocka_unit_test(the_slot_is_read_off_the_name),
                cmocka_unit_test(a_set_that_is_replaced_has_two_names),
                cmocka_unit_test(other_names_have_no_second),
                cmocka_unit_test(a_shard_is_known_by_its_region),
                cmocka_unit_test(the_order_is_that_of_the_first_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
