/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a table says of a trial: whether one is open, of which slot, and for how long. */
#include "ruleset/trial.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { TRIAL_FIRST, LIVE_FIRST, FOREIGN_FIRST, WITHOUT_TRIAL };

static void add_jump(struct pg_chain *hook, char slot)
{
        char name[PG_NAME_MAX] = "input_?";

        name[6] = slot;
        assert_int_equal(pg_do_verdict(pg_chain_add_rule(hook), NFT_GOTO, name), 0);
}

/* The witness, and as many of the two families as there are times. */
static void add_set(struct pg_ruleset *ruleset, const char *name, const uint64_t *left_ms, size_t n)
{
        struct pg_set *set = pg_ruleset_add_set(ruleset, name);

        assert_int_equal(pg_trial_set_make(name, 120000, set), 0);
        assert_int_equal(set->n_elements, 3);
        assert_int_equal(pg_trial_witness(set)->key[0], NFPROTO_INET);
        set->n_elements = 1 + n;
        set->elements[0].expires_ms = 1;
        for (size_t i = 0; i < n; i++)
                set->elements[1 + i].expires_ms = left_ms[i];
}

/* A hook whose live slot is a, and the set with as many elements as there are times. */
static struct pg_ruleset *make_table(int order, const uint64_t *left_ms, size_t n)
{
        struct pg_ruleset *ruleset = calloc(1, sizeof(*ruleset));
        struct pg_chain *hook;

        assert_non_null(ruleset);
        hook = pg_ruleset_add_chain(ruleset, "input");
        hook->is_base = true;
        if (order == LIVE_FIRST)
                add_jump(hook, 'a');
        if (order == FOREIGN_FIRST) {
                struct pg_rule *rule = pg_chain_add_rule(hook);

                assert_int_equal(pg_match_protocol(rule, IPPROTO_TCP), 0);
                assert_int_equal(pg_do_verdict(rule, NF_ACCEPT, NULL), 0);
        }
        if (order != WITHOUT_TRIAL)
                assert_int_equal(pg_trial_rule_make(pg_chain_add_rule(hook), PG_TRIAL_NAME, "input_b"),
                                 0);
        if (order != LIVE_FIRST)
                add_jump(hook, 'a');
        if (!left_ms)
                return ruleset;
        add_set(ruleset, PG_TRIAL_NAME, left_ms, n);
        return ruleset;
}

static void check(int order, const uint64_t *left_ms, size_t n, struct pg_trial wanted)
{
        struct pg_ruleset *ruleset = make_table(order, left_ms, n);
        struct pg_trial trial = pg_trial_find(ruleset);

        assert_int_equal(trial.is_there, wanted.is_there);
        assert_int_equal(trial.slot, wanted.slot);
        assert_int_equal(trial.left_ms, wanted.left_ms);
        assert_int_equal(trial.is_behind, wanted.is_behind);
        /* What it falls back to is live all the time. */
        assert_int_equal(pg_ruleset_live_slot(ruleset), 'a');
        pg_ruleset_free(ruleset);
}

static void an_open_one_ends_with_its_first_element(void **state)
{
        (void)state;
        check(TRIAL_FIRST, (const uint64_t[]){5000, 7000}, 2,
              (struct pg_trial){.is_there = true, .slot = 'b', .left_ms = 5000});
        check(TRIAL_FIRST, (const uint64_t[]){7000, 1}, 2,
              (struct pg_trial){.is_there = true, .slot = 'b', .left_ms = 1});
}

static void one_that_is_over_leaves_its_rule(void **state)
{
        const struct pg_trial over = {.is_there = true};

        (void)state;
        check(TRIAL_FIRST, (const uint64_t[]){5000}, 1, over);
        check(TRIAL_FIRST, (const uint64_t[]){0}, 0, over);
        check(TRIAL_FIRST, (const uint64_t[]){0, 5000}, 2, over);
        check(TRIAL_FIRST, NULL, 0, over);
        check(WITHOUT_TRIAL, (const uint64_t[]){5000, 5000}, 2, over);
}

static void the_rule_that_is_not_reached_is_none(void **state)
{
        (void)state;
        check(LIVE_FIRST, (const uint64_t[]){5000, 5000}, 2, (struct pg_trial){.is_there = true});
}

/* The kernel still holds what it holds: who takes it for over would say so in the history. */
static void a_foreign_rule_in_front_does_not_end_it(void **state)
{
        (void)state;
        check(FOREIGN_FIRST, (const uint64_t[]){5000, 7000}, 2,
              (struct pg_trial){.is_there = true, .slot = 'b', .left_ms = 5000, .is_behind = true});
        check(FOREIGN_FIRST, (const uint64_t[]){5000}, 1,
              (struct pg_trial){.is_there = true, .is_behind = true});
}

/* Between the steps of extend there are two sets. */
static void a_second_set_goes_on_with_it(void **state)
{
        static const uint64_t short_ms[] = {3000, 3000}, long_ms[] = {9000, 9000};
        const struct {
                const uint64_t *first, *second;
                size_t n_first, n_second;
                uint64_t left_ms;
                const char *set;
        } cases[] = {
                {short_ms, long_ms, 2, 2, 9000, PG_TRIAL_NAME_2},
                {long_ms, short_ms, 2, 2, 9000, PG_TRIAL_NAME_2},
                {short_ms, long_ms, 0, 2, 9000, PG_TRIAL_NAME_2},
                {long_ms, short_ms, 2, 1, 9000, PG_TRIAL_NAME},
                {long_ms, short_ms, 1, 0, 0, NULL},
        };

        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(cases); i++) {
                struct pg_ruleset *ruleset = calloc(1, sizeof(*ruleset));
                struct pg_chain *hook = pg_ruleset_add_chain(ruleset, "input");
                struct pg_trial trial;

                hook->is_base = true;
                assert_int_equal(pg_trial_rule_make(pg_chain_add_rule(hook), PG_TRIAL_NAME_2,
                                                    "input_b"),
                                 0);
                assert_int_equal(pg_trial_rule_make(pg_chain_add_rule(hook), PG_TRIAL_NAME, "input_b"),
                                 0);
                add_jump(hook, 'a');
                add_set(ruleset, PG_TRIAL_NAME, cases[i].first, cases[i].n_first);
                add_set(ruleset, PG_TRIAL_NAME_2, cases[i].second, cases[i].n_second);
                trial = pg_trial_find(ruleset);
                assert_true(trial.is_there);
                assert_int_equal(trial.left_ms, cases[i].left_ms);
                assert_int_equal(trial.slot, cases[i].set ? 'b' : 0);
                if (cases[i].set)
                        assert_string_equal(trial.set, cases[i].set);
                else
                        assert_null(trial.set);
                pg_ruleset_free(ruleset);
        }
}

/* Confirm and extend ask for the witness whether the trial is over. */
static void a_witness_that_does_not_end_with_it_is_lacking(void **state)
{
        static const struct {
                uint64_t witness_ms, left_ms[2];
                bool lacks_witness;
        } cases[] = {
                {5000, {5000, 5000}, false},      {5000, {5010, 5020}, false},
                {5000, {5000, 3600000}, false},   {1, {900, 900}, false},
                {2000, {3600000, 3600000}, true}, {3600000, {2000, 2000}, true},
                {3600000, {2000, 3600000}, true},
        };

        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(cases); i++) {
                struct pg_ruleset *ruleset = make_table(TRIAL_FIRST, cases[i].left_ms, 2);
                struct pg_set *set = &ruleset->sets[0];

                set->elements[0].expires_ms = cases[i].witness_ms;
                assert_int_equal(pg_trial_find(ruleset).lacks_witness, cases[i].lacks_witness);
                assert_int_equal(pg_trial_find(ruleset).is_altered, cases[i].lacks_witness);
                /* Where it is gone, it ended at once. */
                set->elements[0] = set->elements[2];
                set->n_elements = 2;
                assert_int_equal(pg_trial_find(ruleset).lacks_witness, cases[i].left_ms[0] > 1000);
                pg_ruleset_free(ruleset);
        }
}

static void one_element_more_is_told(void **state)
{
        static const uint64_t left_ms[] = {5000, 5000};
        struct pg_ruleset *ruleset = make_table(TRIAL_FIRST, left_ms, 2);
        struct pg_set *set = &ruleset->sets[0];
        struct pg_element *more;

        (void)state;
        set->elements[0].expires_ms = 5000;
        assert_false(pg_trial_find(ruleset).is_altered);
        more = pg_set_add_element(set);
        assert_non_null(more);
        more->key[0] = more->key_end[0] = NFPROTO_ARP;
        more->expires_ms = 5000;
        assert_true(pg_trial_find(ruleset).is_altered);
        assert_false(pg_trial_find(ruleset).lacks_witness);
        pg_ruleset_free(ruleset);
}

static void a_table_without_one_has_none(void **state)
{
        (void)state;
        check(WITHOUT_TRIAL, NULL, 0, (struct pg_trial){0});
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_open_one_ends_with_its_first_element),
                cmocka_unit_test(one_that_is_over_leaves_its_rule),
                cmocka_unit_test(the_rule_that_is_not_reached_is_none),
                cmocka_unit_test(a_foreign_rule_in_front_does_not_end_it),
                cmocka_unit_test(a_second_set_goes_on_with_it),
                cmocka_unit_test(a_witness_that_does_not_end_with_it_is_lacking),
                cmocka_unit_test(one_element_more_is_told),
                cmocka_unit_test(a_table_without_one_has_none),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
