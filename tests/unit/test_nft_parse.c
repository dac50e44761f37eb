/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules and sets that a later kernel may have, and this libnftnl does not know. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <endian.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/nft/internal.h"

static _Alignas(struct nlmsghdr) char buffer[4096];

static struct nlmsghdr *begin(uint16_t type)
{
        struct nlmsghdr *message = pg_message_begin(buffer, type, 0, 1);

        mnl_attr_put_strz(message, NFTA_RULE_TABLE, PG_TABLE_NAME); /* a set's, too */
        return message;
}

/* An expression of that name: the verdict "accept", or with an attribute that nobody knows. Of one that
 * it knows in another size libnftnl says that the kernel is broken, and ends the program. */
static void put_expr(struct nlmsghdr *message, uint16_t type, const char *name)
{
        struct nlattr *element = mnl_attr_nest_start(message, type), *data, *nest, *verdict;

        mnl_attr_put_strz(message, NFTA_EXPR_NAME, name);
        data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
        if (strcmp(name, "immediate") == 0) {
                mnl_attr_put_u32(message, NFTA_IMMEDIATE_DREG, htonl(NFT_REG_VERDICT));
                nest = mnl_attr_nest_start(message, NFTA_IMMEDIATE_DATA);
                verdict = mnl_attr_nest_start(message, NFTA_DATA_VERDICT);
                mnl_attr_put_u32(message, NFTA_VERDICT_CODE, htonl(NF_ACCEPT));
                mnl_attr_nest_end(message, verdict);
                mnl_attr_nest_end(message, nest);
        } else {
                mnl_attr_put_u8(message, 1000, 7);
        }
        mnl_attr_nest_end(message, data);
        mnl_attr_nest_end(message, element);
}

static struct nlmsghdr *begin_rule(void)
{
        struct nlmsghdr *message = begin(NFT_MSG_NEWRULE);

        mnl_attr_put_strz(message, NFTA_RULE_CHAIN, "input_a");
        mnl_attr_put_u64(message, NFTA_RULE_HANDLE, htobe64(42));
        return message;
}

/* The rule as it is read; the caller frees it with the ruleset. */
static const struct pg_rule *decode(const struct nlmsghdr *message, struct pg_ruleset **ret)
{
        struct pg_chain *chain;

        *ret = calloc(1, sizeof(**ret));
        assert_non_null(*ret);
        assert_non_null(pg_ruleset_add_chain(*ret, "input_a"));
        assert_int_equal(pg_rule_decode(message, *ret), 0);
        chain = pg_ruleset_chain(*ret, "input_a");
        assert_int_equal(chain->n_rules, 1);
        assert_int_equal(chain->rules[0].handle, 42);
        return &chain->rules[0];
}

static void an_unknown_expression_keeps_its_name_and_place(void **state)
{
        struct nlmsghdr *message = begin_rule();
        struct nlattr *list = mnl_attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
        struct pg_ruleset *ruleset;
        const struct pg_rule *rule;

        (void)state;
        put_expr(message, NFTA_LIST_ELEM, "counter");
        put_expr(message, NFTA_LIST_ELEM, "of_a_later_kernel");
        put_expr(message, NFTA_LIST_ELEM, "immediate");
        mnl_attr_nest_end(message, list);
        rule = decode(message, &ruleset);
        assert_int_equal(rule->n_exprs, 3);
        assert_int_equal(rule->exprs[0].kind, PG_EXPR_COUNTER);
        assert_int_equal(rule->exprs[1].kind, PG_EXPR_FOREIGN);
        assert_string_equal(rule->exprs[1].foreign, "of_a_later_kernel");
        assert_int_equal(rule->exprs[2].kind, PG_EXPR_VERDICT);
        assert_int_equal(rule->exprs[2].verdict.code, NF_ACCEPT);
        pg_ruleset_free(ruleset);
}

static void a_rule_may_have_no_expressions(void **state)
{
        struct pg_ruleset *ruleset;

        (void)state;
        assert_int_equal(decode(begin_rule(), &ruleset)->n_exprs, 0);
        pg_ruleset_free(ruleset);
}

/* Such a set is equal to none of portguard's. */
static void a_set_with_an_unknown_expression_is_read_and_foreign(void **state)
{
        static const uint16_t types[] = {NFTA_SET_EXPR, NFTA_SET_EXPRESSIONS};

        (void)state;
        for (size_t i = 0; i < 2; i++) {
                struct nlmsghdr *message = begin(NFT_MSG_NEWSET);
                struct pg_ruleset *ruleset = calloc(1, sizeof(*ruleset));
                struct nlattr *list;
                struct pg_set *set;

                assert_non_null(ruleset);
                mnl_attr_put_strz(message, NFTA_SET_NAME, "denied4");
                mnl_attr_put_u32(message, NFTA_SET_KEY_LEN, htonl(4));
                if (types[i] == NFTA_SET_EXPR) {
                        put_expr(message, NFTA_SET_EXPR, "of_a_later_kernel");
                } else {
                        list = mnl_attr_nest_start(message, NFTA_SET_EXPRESSIONS);
                        put_expr(message, NFTA_LIST_ELEM, "of_a_later_kernel");
                        mnl_attr_nest_end(message, list);
                }
                assert_int_equal(pg_set_decode(message, ruleset), 0);
                set = pg_ruleset_set(ruleset, "denied4");
                assert_non_null(set);
                assert_int_equal(set->key_length, 4);
                assert_true(set->has_foreign);
                pg_ruleset_free(ruleset);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_unknown_expression_keeps_its_name_and_place),
                cmocka_unit_test(a_rule_may_have_no_expressions),
                cmocka_unit_test(a_set_with_an_unknown_expression_is_read_and_foreign),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
