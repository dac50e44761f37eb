/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk through NAT chains ends, whatever they are: also such as the kernel would refuse. */
#include <linux/netfilter.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "kernel/foreign/nat/internal.h"

static struct pg_nat_tables tables;
static struct pg_nat nat;

static void begin(size_t n_chains)
{
        struct pg_nat_table *table = PG_ARRAY_ADD(tables.items, tables.n);

        assert_non_null(table);
        table->family = NFPROTO_IPV4;
        table->name = strdup("nat");
        table->has_base = true;
        for (size_t i = 0; i < n_chains; i++) {
                struct pg_nat_chain *chain = PG_ARRAY_ADD(table->chains, table->n_chains);
                char name[32];

                assert_non_null(chain);
                snprintf(name, sizeof(name), "c%02zu", i);
                chain->name = strdup(name);
                chain->is_base = i == 0;
        }
}

static struct pg_nat_rule *add_rule(size_t chain)
{
        struct pg_nat_chain *to = &tables.items[0].chains[chain];
        struct pg_nat_rule *rule = PG_ARRAY_ADD(to->rules, to->n);

        assert_non_null(rule);
        rule->family = NFPROTO_IPV4;
        return rule;
}

static void add_verdict(size_t chain, int32_t code, size_t to)
{
        struct pg_nat_op *op = pg_nat_add_op(add_rule(chain), PG_NAT_VERDICT);
        char name[32];

        assert_non_null(op);
        snprintf(name, sizeof(name), "c%02zu", to);
        op->verdict.code = code;
        op->verdict.chain = strdup(name);
}

/* A range of TCP's ports goes to another host. */
static void add_translation(size_t chain, uint16_t first, uint16_t last)
{
        struct pg_nat_rule *rule = add_rule(chain);
        struct pg_nat_op *op = pg_nat_add_op(rule, PG_NAT_PORTS);

        assert_non_null(op);
        op->ports.protocol = IPPROTO_TCP;
        op->ports.n = 1;
        op->ports.first[0] = first;
        op->ports.last[0] = last;
        op = pg_nat_add_op(rule, PG_NAT_TRANSLATE);
        assert_non_null(op);
        op->translation.has_address = true;
}

static int end(void **state)
{
        (void)state;
        pg_nat_tables_done(&tables);
        pg_nat_done(&nat);
        return 0;
}

static void every_way_is_followed(void **state)
{
        (void)state;
        begin(3);
        add_verdict(0, NFT_JUMP, 1);
        add_verdict(0, NFT_GOTO, 2);
        add_translation(1, 80, 81);
        add_translation(2, 443, 443);
        assert_int_equal(pg_nat_walk(&tables, &nat), 0);
        assert_false(nat.is_cut);
        assert_int_equal(nat.n, 2);
        assert_int_equal(nat.items[0].first, 80);
        assert_int_equal(nat.items[0].last, 81);
        assert_string_equal(nat.items[0].chain, "c01");
        assert_int_equal(nat.items[1].first, 443);
        assert_int_equal(nat.items[1].protocol, IPPROTO_TCP);
}

static void a_circle_ends(void **state)
{
        (void)state;
        begin(2);
        add_translation(0, 80, 80);
        add_verdict(0, NFT_JUMP, 1);
        add_verdict(1, NFT_JUMP, 0);
        assert_int_equal(pg_nat_walk(&tables, &nat), 0);
        assert_true(nat.is_cut);
        assert_int_equal(nat.n, 1);
}

static void more_ways_than_can_be_followed_end(void **state)
{
        (void)state;
        begin(16);
        for (size_t i = 0; i < 15; i++)
                for (size_t j = 0; j < 10; j++)
                        add_verdict(i, NFT_JUMP, i + 1);
        add_translation(15, 80, 80);
        assert_int_equal(pg_nat_walk(&tables, &nat), 0);
        assert_true(nat.is_cut);
        assert_int_equal(nat.n, 1);
}

static void more_ports_than_can_be_kept_are_cut(void **state)
{
        (void)state;
        begin(1);
        for (size_t i = 0; i < PG_FORWARDS_MAX; i++)
                add_translation(0, (uint16_t)(2 * i + 1), (uint16_t)(2 * i + 1));
        assert_int_equal(pg_nat_walk(&tables, &nat), 0);
        assert_false(nat.is_cut);
        assert_int_equal(nat.n, PG_FORWARDS_MAX);
        pg_nat_done(&nat);
        add_translation(0, 60000, 60000);
        assert_int_equal(pg_nat_walk(&tables, &nat), 0);
        assert_true(nat.is_cut);
        assert_int_equal(nat.n, PG_FORWARDS_MAX);
}

static void a_chain_that_is_not_there_is_passed_over(void **state)
{
        (void)state;
        begin(1);
        add_verdict(0, NFT_JUMP, 7);
        add_translation(0, 80, 80);
        assert_int_equal(pg_nat_walk(&tables, &nat), 0);
        assert_int_equal(nat.n, 1);
}

static bool maybe(void)
{
        return random() % 2;
}

/* An operation of random bytes, within what the decoders promise. */
static void add_nonsense(struct pg_nat_rule *rule)
{
        struct pg_nat_op *op = pg_nat_add_op(rule, PG_NAT_CONDITION);
        enum pg_nat_kind kind = (enum pg_nat_kind)(random() % 9);

        assert_non_null(op);
        for (size_t i = 0; i < sizeof(*op); i++)
                ((uint8_t *)op)[i] = (uint8_t)random();
        op->kind = kind;
        if (kind == PG_NAT_LOAD)
                op->load.field = (enum pg_nat_field)(random() % 7);
        if (kind == PG_NAT_MASK)
                op->mask.length %= 17;
        if (kind == PG_NAT_DATA)
                op->data.length %= PG_NAT_DATA_MAX + 1;
        if (kind == PG_NAT_COMPARE) {
                op->compare.length %= 17;
                op->compare.is_negated = maybe();
        }
        if (kind == PG_NAT_PORTS)
                op->ports.n %= PG_NAT_PORTS_MAX + 1;
        if (kind == PG_NAT_VERDICT)
                op->verdict.chain = strdup(maybe() ? "c01" : "c02");
        if (kind == PG_NAT_LOOKUP) {
                op->lookup.set = strdup("none");
                op->lookup.is_negated = maybe();
                op->lookup.has_verdict = op->lookup.has_data = false;
        }
        if (kind == PG_NAT_TRANSLATE) {
                op->translation.is_v6 = maybe();
                op->translation.has_address = maybe();
                op->translation.address_in_register = maybe();
                op->translation.port_in_register = maybe();
                op->translation.has_port = maybe();
        }
}

static void nonsense_ends(void **state)
{
        (void)state;
        srandom(4);
        for (int round = 0; round < 2000; round++) {
                begin(4);
                for (size_t i = 0; i < 12; i++) {
                        struct pg_nat_rule *rule = add_rule((size_t)random() % 4);

                        for (long n = random() % 6; n > 0; n--)
                                add_nonsense(rule);
                }
                assert_int_equal(pg_nat_walk(&tables, &nat), 0);
                for (size_t i = 0; i < nat.n; i++)
                        assert_true(nat.items[i].first <= nat.items[i].last);
                end(NULL);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_teardown(every_way_is_followed, end),
                cmocka_unit_test_teardown(a_circle_ends, end),
                cmocka_unit_test_teardown(more_ways_than_can_be_followed_end, end),
                cmocka_unit_test_teardown(more_ports_than_can_be_kept_are_cut, end),
                cmocka_unit_test_teardown(a_chain_that_is_not_there_is_passed_over, end),
                cmocka_unit_test_teardown(nonsense_ends, end),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
