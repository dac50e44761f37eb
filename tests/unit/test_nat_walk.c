/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk through NAT chains ends, whatever they are: also such as the kernel would refuse. */
#include <linux/netfilter.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "kernel/foreign/nat/internal.h"

static struct pg_nat_tables tables;
static struct pg_nat nat;

/* A table with chains "c00", "c01"..., of which packets come to the first. */
static void begin(size_t n_chains)
{
        struct pg_nat_table *table = PG_ARRAY_ADD(tables.items, tables.n);

        assert_non_null(table);
        table->family = NFPROTO_IPV4;
        table->has_base = true;
        strcpy(table->name, "nat");
        table->chains = nftnl_chain_list_alloc();
        table->sets = nftnl_set_list_alloc();
        for (size_t i = 0; i < n_chains; i++) {
                struct nftnl_chain *chain = nftnl_chain_alloc();
                char name[32];

                assert_non_null(chain);
                snprintf(name, sizeof(name), "c%02zu", i);
                nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, name);
                if (i == 0) {
                        nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, NF_INET_PRE_ROUTING);
                        nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, "nat");
                }
                nftnl_chain_list_add_tail(chain, table->chains);
        }
}

static struct nftnl_rule *add_rule(size_t chain)
{
        struct nftnl_rule *rule = nftnl_rule_alloc();
        char name[32];

        assert_non_null(rule);
        snprintf(name, sizeof(name), "c%02zu", chain);
        nftnl_chain_rule_add_tail(rule, nftnl_chain_list_lookup_byname(tables.items[0].chains, name));
        return rule;
}

static struct nftnl_expr *add_expr(struct nftnl_rule *rule, const char *name)
{
        struct nftnl_expr *e = nftnl_expr_alloc(name);

        assert_non_null(e);
        nftnl_rule_add_expr(rule, e);
        return e;
}

static void add_verdict(size_t chain, uint32_t code, size_t to)
{
        struct nftnl_expr *e = add_expr(add_rule(chain), "immediate");
        char name[32];

        snprintf(name, sizeof(name), "c%02zu", to);
        nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
        nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, code);
        nftnl_expr_set_str(e, NFTNL_EXPR_IMM_CHAIN, name);
}

/* A range of TCP's ports goes to another host. */
static void add_translation(size_t chain, uint16_t first, uint16_t last)
{
        struct nftnl_rule *rule = add_rule(chain);
        struct nftnl_expr *e = add_expr(rule, "match");
        struct xt_tcp *info = calloc(1, sizeof(*info)); /* the expression's then */

        assert_non_null(info);
        *info = (struct xt_tcp){.spts = {0, UINT16_MAX}, .dpts = {first, last}};
        nftnl_expr_set_str(e, NFTNL_EXPR_MT_NAME, "tcp");
        nftnl_expr_set_u32(e, NFTNL_EXPR_MT_REV, 0);
        nftnl_expr_set(e, NFTNL_EXPR_MT_INFO, info, sizeof(*info));
        e = add_expr(rule, "nat");
        nftnl_expr_set_u32(e, NFTNL_EXPR_NAT_TYPE, NFT_NAT_DNAT);
        nftnl_expr_set_u32(e, NFTNL_EXPR_NAT_FAMILY, NFPROTO_IPV4);
        nftnl_expr_set_u32(e, NFTNL_EXPR_NAT_REG_ADDR_MIN, NFT_REG_1);
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

/* A map of ports to chains, in which one is for all others, and one leads nowhere. */
static void add_set(const char *name)
{
        struct nftnl_set *set = nftnl_set_alloc();

        assert_non_null(set);
        nftnl_set_set_str(set, NFTNL_SET_NAME, name);
        nftnl_set_set_u32(set, NFTNL_SET_KEY_LEN, (uint32_t)random() % (PG_NAT_KEY_MAX + 1));
        nftnl_set_set_u32(set, NFTNL_SET_FLAGS, (uint32_t)random() % 256);
        for (uint32_t i = 0; i < 6; i++) {
                struct nftnl_set_elem *element = nftnl_set_elem_alloc();
                uint8_t key[PG_NAT_KEY_MAX] = {(uint8_t)random(), (uint8_t)random()};

                assert_non_null(element);
                if (i > 0)
                        nftnl_set_elem_set(element, NFTNL_SET_ELEM_KEY, key,
                                           1 + (uint32_t)random() % sizeof(key));
                if (i > 3)
                        nftnl_set_elem_set_u32(element, NFTNL_SET_ELEM_FLAGS,
                                               NFT_SET_ELEM_INTERVAL_END);
                if (i % 2) {
                        nftnl_set_elem_set_u32(element, NFTNL_SET_ELEM_VERDICT, (uint32_t)NFT_JUMP);
                        nftnl_set_elem_set_str(element, NFTNL_SET_ELEM_CHAIN, i == 3 ? "c09" : "c03");
                } else {
                        nftnl_set_elem_set(element, NFTNL_SET_ELEM_DATA, key, sizeof(key));
                }
                nftnl_set_elem_add(set, element);
        }
        nftnl_set_list_add_tail(set, tables.items[0].sets);
}

/* Registers that there are and are not, and any data. */
static void add_nonsense(struct nftnl_rule *rule)
{
        static const char *const names[] = {"meta",   "payload", "bitwise",   "cmp",   "range",
                                            "lookup", "nat",     "immediate", "redir", "byteorder",
                                            "numgen", "hash",    "counter",   "fib",   "reject"};
        const char *name = names[(size_t)random() % PG_ELEMENTSOF(names)];
        struct nftnl_expr *e = add_expr(rule, name);
        uint8_t bytes[PG_NAT_KEY_MAX];

        for (size_t i = 0; i < sizeof(bytes); i++)
                bytes[i] = (uint8_t)random();
        if (strcmp(name, "lookup") == 0)
                nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, "set");
        for (uint16_t attribute = NFTNL_EXPR_BASE; attribute < NFTNL_EXPR_BASE + 8; attribute++) {
                bool is_data = (strcmp(name, "cmp") == 0 && attribute == NFTNL_EXPR_CMP_DATA) ||
                               (strcmp(name, "range") == 0 && attribute > NFTNL_EXPR_RANGE_OP) ||
                               (strcmp(name, "bitwise") == 0 && attribute > NFTNL_EXPR_BITWISE_LEN) ||
                               (strcmp(name, "immediate") == 0 && attribute == NFTNL_EXPR_IMM_DATA);

                if ((strcmp(name, "lookup") == 0 && attribute == NFTNL_EXPR_LOOKUP_SET) ||
                    (strcmp(name, "immediate") == 0 && attribute == NFTNL_EXPR_IMM_CHAIN) ||
                    random() % 4 == 0)
                        continue;
                if (is_data)
                        nftnl_expr_set(e, attribute, bytes, 1 + (uint32_t)random() % sizeof(bytes));
                else
                        nftnl_expr_set_u32(e, attribute, (uint32_t)random() % 26);
        }
}

static void nonsense_ends(void **state)
{
        (void)state;
        srandom(4);
        for (int round = 0; round < 500; round++) {
                begin(4);
                add_set("set");
                for (size_t i = 0; i < 12; i++) {
                        struct nftnl_rule *rule = add_rule((size_t)random() % 4);

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
