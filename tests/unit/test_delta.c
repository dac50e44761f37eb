/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs between two rulesets, and whether elements alone can make one the other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ruleset/compile/compile.h"
#include "ruleset/delta/internal.h"
#include "unit/policies.h"

static struct pg_policy *policies[2];
static struct pg_ruleset *actual, *wanted;
static struct pg_delta delta;
static struct pg_delta_scope scope;

static struct pg_ruleset *compile(const struct pg_policy *policy)
{
        const struct pg_ruleset_options options = {.slot = 'a'};
        struct pg_ruleset *ruleset = NULL;
        struct pg_error error;

        assert_int_equal(pg_ruleset_compile(policy, &options, &ruleset, &error), 0);
        return ruleset;
}

static void load(const char *actual_site, const char *wanted_site)
{
        policies[0] = make_shipped_policy("k8s-worker", actual_site);
        policies[1] = make_shipped_policy("k8s-worker", wanted_site);
        actual = compile(policies[0]);
        wanted = compile(policies[1]);
        scope = (struct pg_delta_scope){.slot = 'a'};
}

static void compare(void)
{
        pg_delta_done(&delta);
        delta = (struct pg_delta){0};
        assert_int_equal(pg_ruleset_compare(actual, wanted, &scope, &delta), 0);
        assert_int_equal(delta.equal, delta.n_differences == 0);
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
        return 0;
}

static void check_differs(const char *part)
{
        compare();
        assert_false(delta.equal);
        for (size_t i = 0; i < delta.n_differences; i++)
                if (strstr(delta.differences[i], part))
                        return;
        fail_msg("not told: %s (but %s)", part, delta.differences[0]);
}

static void the_same_is_equal(void **state)
{
        (void)state;
        load("", "");
        compare();
        assert_true(delta.equal);
        assert_int_equal(delta.deletions.n, 0);
        assert_int_equal(delta.additions.n, 0);
}

static void counters_do_not_count(void **state)
{
        struct pg_chain *deny;

        (void)state;
        load("", "");
        deny = pg_ruleset_chain(actual, "deny_a");
        for (size_t i = 0; i < deny->n_rules; i++)
                for (size_t j = 0; j < deny->rules[i].n_exprs; j++)
                        if (deny->rules[i].exprs[j].kind == PG_EXPR_COUNTER)
                                deny->rules[i].exprs[j].counter.packets = 77;
        pg_ruleset_set(actual, "input_hits_a")->elements[0].packets = 99;
        compare();
        assert_true(delta.equal);
}

static void a_port_is_more_than_addresses(void **state)
{
        (void)state;
        load("", "params: {nodeport_udp: true}");
        compare();
        assert_false(delta.equal);
        assert_false(delta.addresses_only);
        check_differs("set input_udp_ports_a: missing: 30000-32767");
}

static void what_goes_and_what_comes_are_apart(void **state)
{
        (void)state;
        load("groups: {cluster: [192.0.2.1, 192.0.2.9]}", "groups: {cluster: [192.0.2.5, 192.0.2.9]}");
        compare();
        assert_true(delta.addresses_only);
        assert_true(delta.deletions.n > 0);
        for (size_t i = 0; i < delta.deletions.n; i++)
                assert_memory_equal(delta.deletions.items[i].first, ((uint8_t[]){192, 0, 2, 1}), 4);
        assert_int_equal(delta.additions.n, delta.deletions.n);
        for (size_t i = 0; i < delta.additions.n; i++)
                assert_memory_equal(delta.additions.items[i].first, ((uint8_t[]){192, 0, 2, 5}), 4);
}

static void an_address_is_a_range(void **state)
{
        (void)state;
        load("groups: {cluster: [192.0.2.0/24, 198.51.100.3]}",
             "groups: {cluster: [192.0.2.0/24, 198.51.100.3, 198.51.100.7]}");
        compare();
        assert_true(delta.addresses_only);
        assert_int_equal(delta.deletions.n, 0);
        assert_true(delta.additions.n > 0);
        for (size_t i = 0; i < delta.additions.n; i++) {
                assert_int_equal(delta.additions.items[i].set->flags & PG_SET_INTERVAL, 0);
                assert_memory_equal(delta.additions.items[i].first, ((uint8_t[]){198, 51, 100, 7}), 4);
                assert_memory_equal(delta.additions.items[i].last, ((uint8_t[]){198, 51, 100, 7}), 4);
        }
}

static void a_new_scope_is_more_than_addresses(void **state)
{
        (void)state;
        load("", "params: {ssh_from: 192.0.2.0/24}");
        compare();
        assert_false(delta.equal);
        assert_false(delta.addresses_only);
}

static void a_rule_that_is_gone_or_foreign(void **state)
{
        struct pg_chain *chain;

        (void)state;
        load("", "");
        chain = pg_ruleset_chain(wanted, "input_a");
        chain->rules[0].exprs[0].meta.key++;
        check_differs("chain input_a, rule 1");
        assert_false(delta.addresses_only);
}

/* An empty rule at that place of the chain, the rules behind it one further on. */
static struct pg_rule *insert_rule(struct pg_chain *chain, size_t place)
{
        struct pg_rule added;

        assert_non_null(pg_chain_add_rule(chain));
        added = chain->rules[chain->n_rules - 1];
        memmove(&chain->rules[place + 1], &chain->rules[place],
                (chain->n_rules - 1 - place) * sizeof(*chain->rules));
        chain->rules[place] = added;
        return &chain->rules[place];
}

static void make_foreign(struct pg_rule *rule)
{
        assert_int_equal(pg_match_protocol(rule, 6), 0);
        assert_int_equal(pg_match_port(rule, false, 9999), 0);
        assert_int_equal(pg_do_verdict(rule, 1, NULL), 0);
}

static void delete_rule(struct pg_chain *chain, size_t place)
{
        pg_rule_done(&chain->rules[place]);
        chain->n_rules--;
        memmove(&chain->rules[place], &chain->rules[place + 1],
                (chain->n_rules - place) * sizeof(*chain->rules));
}

static void check_only(const char *text)
{
        compare();
        assert_int_equal(delta.n_differences, 1);
        assert_string_equal(delta.differences[0], text);
        assert_false(delta.addresses_only);
}

static void one_inserted_rule_is_one_difference(void **state)
{
        (void)state;
        load("", "");
        make_foreign(insert_rule(pg_ruleset_chain(actual, "input_a"), 2));
        check_only("chain input_a, rule 3: not ours: tcp dport 9999 accept");
}

static void one_deleted_rule_is_one_difference(void **state)
{
        (void)state;
        load("", "");
        delete_rule(pg_ruleset_chain(actual, "input_a"), 1);
        check_only("chain input_a, rule 2: missing: ip saddr 127.0.0.0/8 drop");
}

static void one_replaced_rule_is_one_difference(void **state)
{
        struct pg_chain *chain;

        (void)state;
        load("", "");
        chain = pg_ruleset_chain(actual, "input_a");
        delete_rule(chain, 1);
        make_foreign(insert_rule(chain, 1));
        check_only("chain input_a, rule 2: is: tcp dport 9999 accept; should be: ip saddr "
                   "127.0.0.0/8 drop");
}

/* Far apart: what lies between them is equal. */
static void an_inserted_and_a_deleted_rule(void **state)
{
        struct pg_chain *chain;
        size_t last;

        (void)state;
        load("", "");
        chain = pg_ruleset_chain(actual, "input_a");
        last = chain->n_rules - 1;
        delete_rule(chain, last);
        make_foreign(insert_rule(chain, 0));
        compare();
        assert_int_equal(delta.n_differences, 2);
        assert_string_equal(delta.differences[0],
                            "chain input_a, rule 1: not ours: tcp dport 9999 accept");
        assert_non_null(strstr(delta.differences[1], "missing: goto deny_a"));
}

/* So many that no table of them is made: told in bounded time and memory, and not as equal. */
static void a_chain_of_many_foreign_rules(void **state)
{
        struct pg_chain *chain;
        const size_t n = 200000;

        (void)state;
        load("", "");
        chain = pg_ruleset_chain(actual, "input_a");
        for (size_t i = 0; i < n; i++) {
                struct pg_rule *rule = pg_chain_add_rule(chain);

                assert_non_null(rule);
                assert_int_equal(pg_do_verdict(rule, 0, NULL), 0);
        }
        delete_rule(chain, 0);
        compare();
        assert_false(delta.equal);
        assert_int_equal(delta.n_differences, PG_DIFFERENCES_MAX);
}

static void a_comment_that_is_gone(void **state)
{
        struct pg_chain *chain;

        (void)state;
        load("", "");
        chain = pg_ruleset_chain(actual, "from_cluster_a");
        assert_non_null(chain);
        free(chain->comment);
        chain->comment = NULL;
        check_only("chain from_cluster_a: its comment is \"\", should be \"cluster\"");
}

static void a_set_that_is_foreign(void **state)
{
        (void)state;
        load("", "");
        assert_non_null(pg_ruleset_add_set(actual, "theirs"));
        pg_ruleset_sort(actual);
        check_differs("theirs");
        assert_false(delta.addresses_only);
}

static void a_chain_that_is_missing(void **state)
{
        (void)state;
        load("", "");
        assert_non_null(pg_ruleset_add_chain(wanted, "more_a"));
        pg_ruleset_sort(wanted);
        check_differs("more_a");
}

static void the_other_slot_is_not_looked_at(void **state)
{
        (void)state;
        load("", "");
        assert_non_null(pg_ruleset_add_chain(actual, "input_b"));
        assert_non_null(pg_ruleset_add_set(actual, "input_tcp_ports_b"));
        pg_ruleset_sort(actual);
        compare();
        assert_true(delta.equal);
}

static void the_policy_of_a_hook(void **state)
{
        (void)state;
        load("", "");
        pg_ruleset_chain(actual, "input")->policy = 1;
        check_differs("chain input: its policy is accept, should be drop");
        scope.ignore_hooks = true;
        compare();
        assert_true(delta.equal);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_teardown(the_same_is_equal, clear),
                cmocka_unit_test_teardown(counters_do_not_count, clear),
                cmocka_unit_test_teardown(a_port_is_more_than_addresses, clear),
                cmocka_unit_test_teardown(what_goes_and_what_comes_are_apart, clear),
                cmocka_unit_test_teardown(an_address_is_a_range, clear),
                cmocka_unit_test_teardown(a_new_scope_is_more_than_addresses, clear),
                cmocka_unit_test_teardown(a_rule_that_is_gone_or_foreign, clear),
                cmocka_unit_test_teardown(one_inserted_rule_is_one_difference, clear),
                cmocka_unit_test_teardown(one_deleted_rule_is_one_difference, clear),
                cmocka_unit_test_teardown(one_replaced_rule_is_one_difference, clear),
                cmocka_unit_test_teardown(an_inserted_and_a_deleted_rule, clear),
                cmocka_unit_test_teardown(a_chain_of_many_foreign_rules, clear),
                cmocka_unit_test_teardown(a_comment_that_is_gone, clear),
                cmocka_unit_test_teardown(a_set_that_is_foreign, clear),
                cmocka_unit_test_teardown(a_chain_that_is_missing, clear),
                cmocka_unit_test_teardown(the_other_slot_is_not_looked_at, clear),
                cmocka_unit_test_teardown(the_policy_of_a_hook, clear),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
