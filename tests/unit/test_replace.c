/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which sets of addresses are changed in place, which are replaced, and under which name. */
#include "ruleset/compile/compile.h"
#include "ruleset/delta/delta.h"
#include "ruleset/digest.h"

#include <stdlib.h>
#include <string.h>

#include "unit/policies.h"

static struct pg_policy *policies[2];
static struct pg_ruleset *actual, *wanted;
static struct pg_delta delta;

static struct pg_ruleset *compile(const struct pg_policy *policy)
{
        const struct pg_ruleset_options options = {.slot = 'a'};
        struct pg_ruleset *ruleset = NULL;
        struct pg_error error;

        assert_int_equal(pg_ruleset_compile(policy, &options, &ruleset, &error), 0);
        return ruleset;
}

static struct pg_policy *policy_for(const char *cluster)
{
        char site[200];

        snprintf(site, sizeof(site), "groups: {cluster: [%s], control-plane: []}", cluster);
        return make_shipped_policy("k8s-worker", site);
}

/* Returns how many sets are to be replaced when the group goes from the one to the other. It is in two
 * sources: from it alone, and from it and the empty control-plane. */
static int choose(const char *from, const char *to)
{
        const struct pg_delta_scope scope = {.slot = 'a'};

        policies[0] = policy_for(from);
        policies[1] = policy_for(to);
        actual = compile(policies[0]);
        wanted = compile(policies[1]);
        assert_int_equal(pg_ruleset_compare(actual, wanted, &scope, &delta), 0);
        assert_true(delta.addresses_only);
        return pg_replace_choose(wanted, &delta);
}

static int clear(void **state)
{
        (void)state;
        pg_delta_done(&delta);
        delta = (struct pg_delta){0};
        pg_ruleset_free(actual);
        pg_ruleset_free(wanted);
        pg_policy_free(policies[0]);
        pg_policy_free(policies[1]);
        actual = wanted = NULL;
        return 0;
}

static size_t rules_with(const struct pg_ruleset *ruleset, const char *name)
{
        size_t n = 0;

        for (size_t i = 0; i < ruleset->n_chains; i++)
                for (size_t j = 0; j < ruleset->chains[i].n_rules; j++) {
                        const struct pg_rule *rule = &ruleset->chains[i].rules[j];

                        for (size_t k = 0; k < rule->n_exprs; k++)
                                n += rule->exprs[k].kind == PG_EXPR_LOOKUP &&
                                     strcmp(rule->exprs[k].lookup.set, name) == 0;
                }
        return n;
}

/* The set and all rules that look into it have that name, and none the other. */
static void check_name(const char *name, const char *other, enum pg_set_change change)
{
        const struct pg_set *set = pg_ruleset_set(wanted, name);

        assert_non_null(set);
        assert_int_equal(set->change, change);
        assert_null(pg_ruleset_set(wanted, other));
        assert_true(rules_with(wanted, name) > 0);
        assert_int_equal(rules_with(wanted, other), 0);
}

static void a_single_address_is_changed_in_place(void **state)
{
        (void)state;
        assert_int_equal(choose("192.0.2.1, 198.51.100.0/24", "192.0.2.9, 198.51.100.0/24"), 0);
        check_name("cluster_v4_a", "cluster_v4-2_a", PG_SET_CHANGES);
        check_name("cluster_v4nets_a", "cluster_v4nets-2_a", PG_SET_STAYS);
}

static void a_prefix_replaces_its_set_alone(void **state)
{
        (void)state;
        assert_int_equal(choose("192.0.2.1, 198.51.100.0/24", "192.0.2.1, 198.51.100.0/25"), 2);
        check_name("cluster_v4_a", "cluster_v4-2_a", PG_SET_STAYS);
        check_name("cluster_v4nets-2_a", "cluster_v4nets_a", PG_SET_IS_REPLACED);
}

/* From 192.0.2.1 to 192.0.2.0/24 the address leaves the hash set: a packet in the old rules that looks
 * there after the flip, and before it had looked into the old prefixes, would be refused by neither
 * policy. */
static void an_address_that_moves_to_the_prefixes_replaces_both(void **state)
{
        (void)state;
        assert_int_equal(choose("192.0.2.1, 203.0.113.1, 198.51.100.0/24",
                                "192.0.2.0/24, 203.0.113.1, 198.51.100.0/24"),
                         4);
        check_name("cluster_v4-2_a", "cluster_v4_a", PG_SET_IS_REPLACED);
        check_name("cluster_v4nets-2_a", "cluster_v4nets_a", PG_SET_IS_REPLACED);
}

/* The other way round it is found in the old prefixes or, since the flip, in the hash set. */
static void an_address_that_comes_from_the_prefixes_is_added_in_place(void **state)
{
        (void)state;
        assert_int_equal(choose("192.0.2.0/24, 203.0.113.1, 198.51.100.0/24",
                                "192.0.2.1, 203.0.113.1, 198.51.100.0/24"),
                         2);
        check_name("cluster_v4_a", "cluster_v4-2_a", PG_SET_CHANGES);
        check_name("cluster_v4nets-2_a", "cluster_v4nets_a", PG_SET_IS_REPLACED);
}

static void the_names_of_the_kernel_are_taken_over(void **state)
{
        (void)state;
        assert_int_equal(choose("192.0.2.1, 198.51.100.0/24", "192.0.2.1, 198.51.100.0/25"), 2);
        /* What was wanted is there now, and a policy with the names that it is compiled with. */
        pg_ruleset_free(actual);
        actual = wanted;
        wanted = compile(policies[0]);
        pg_replace_adopt(wanted, actual);
        check_name("cluster_v4nets-2_a", "cluster_v4nets_a", PG_SET_STAYS);
        check_name("cluster_v4_a", "cluster_v4-2_a", PG_SET_STAYS);
}

static void what_no_rule_looks_into_beside_its_twin_is_left_over(void **state)
{
        const char *first = "cluster_v4nets_a", *second = "cluster_v4nets-2_a";

        (void)state;
        choose("192.0.2.1, 198.51.100.0/24", "192.0.2.2, 198.51.100.0/24");
        assert_false(pg_replace_is_leftover(actual, pg_ruleset_set(actual, first)));
        assert_non_null(pg_ruleset_add_set(actual, second));
        pg_ruleset_sort(actual);
        assert_false(pg_replace_is_leftover(actual, pg_ruleset_set(actual, first)));
        assert_true(pg_replace_is_leftover(actual, pg_ruleset_set(actual, second)));
        pg_replace_adopt(wanted, actual);
        assert_non_null(pg_ruleset_set(wanted, first));
}

static void both_names_have_one_digest(void **state)
{
        char one[PG_DIGEST_TEXT_SIZE], other[PG_DIGEST_TEXT_SIZE];
        struct pg_ruleset *plain;

        (void)state;
        assert_int_equal(choose("192.0.2.1, 198.51.100.0/24", "192.0.2.1, 198.51.100.0/25"), 2);
        plain = compile(policies[1]);
        pg_ruleset_digest(plain, 'a', one);
        pg_ruleset_digest(wanted, 'a', other);
        assert_string_equal(one, other);
        pg_ruleset_free(plain);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_teardown(a_single_address_is_changed_in_place, clear),
                cmocka_unit_test_teardown(a_prefix_replaces_its_set_alone, clear),
                cmocka_unit_test_teardown(an_address_that_moves_to_the_prefixes_replaces_both, clear),
                cmocka_unit_test_teardown(an_address_that_comes_from_the_prefixes_is_added_in_place,
                                          clear),
                cmocka_unit_test_teardown(the_names_of_the_kernel_are_taken_over, clear),
                cmocka_unit_test_teardown(what_no_rule_looks_into_beside_its_twin_is_left_over, clear),
                cmocka_unit_test_teardown(both_names_have_one_digest, clear),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
