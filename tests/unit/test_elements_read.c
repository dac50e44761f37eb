/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements of a dump: also of somebody else's sets, whose keys may be of any length. */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/nft/internal.h"

/* A name of an interface and more: 64 bytes, which is the most that the kernel allows. */
static void keys_that_are_too_long_are_not_written(void **state)
{
        struct pg_set set = {.flags = PG_SET_INTERVAL | PG_SET_MAP, .key_length = 64};

        (void)state;
        for (int i = 0; i < 2; i++) {
                struct pg_element *element = pg_set_add_element(&set);

                assert_non_null(element);
                element->verdict.code = NF_ACCEPT;
                memcpy(element->verdict.chain, "kept", sizeof("kept"));
                element->is_end = i == 1;
        }
        pg_elements_finish(&set);
        assert_int_equal(set.n_elements, 1);
        assert_int_equal(set.elements[0].verdict.code, NF_ACCEPT);
        assert_string_equal(set.elements[0].verdict.chain, "kept");
        pg_element_done(&set.elements[0]);
        free(set.elements);
}

static void the_end_of_an_interval_is_its_last_key(void **state)
{
        struct pg_set set = {.flags = PG_SET_INTERVAL | PG_SET_MAP, .key_length = 4};
        static const uint8_t first[] = {10, 0, 0, 0}, behind[] = {10, 1, 0, 0};

        (void)state;
        for (int i = 0; i < 2; i++) {
                struct pg_element *element = pg_set_add_element(&set);

                assert_non_null(element);
                memcpy(element->key, i == 0 ? first : behind, 4);
                element->is_end = i == 1;
        }
        pg_elements_finish(&set);
        assert_int_equal(set.n_elements, 1);
        assert_memory_equal(set.elements[0].key_end, ((uint8_t[]){10, 0, 255, 255, 0}), 5);
        pg_element_done(&set.elements[0]);
        free(set.elements);
}

/* One element of an address set, 192.0.2.7, or for all others; with an expression of that name. */
static void decode_address(struct pg_set *set, bool is_catch_all, const char *expression)
{
        char buffer[512];
        struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
        struct nlattr *list, *element, *nest;

        mnl_nlmsg_put_extra_header(message, sizeof(struct nfgenmsg));
        list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
        element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
        if (is_catch_all) {
                mnl_attr_put_u32(message, NFTA_SET_ELEM_FLAGS, htonl(NFT_SET_ELEM_CATCHALL));
        } else {
                nest = mnl_attr_nest_start(message, NFTA_SET_ELEM_KEY);
                mnl_attr_put_u32(message, NFTA_DATA_VALUE, inet_addr("192.0.2.7"));
                mnl_attr_nest_end(message, nest);
        }
        if (expression) {
                nest = mnl_attr_nest_start(message, NFTA_SET_ELEM_EXPR);
                mnl_attr_put_strz(message, NFTA_EXPR_NAME, expression);
                mnl_attr_nest_end(message, nest);
        }
        mnl_attr_nest_end(message, element);
        mnl_attr_nest_end(message, list);
        assert_int_equal(pg_elements_decode(message, set), 0);
}

static void an_address_with_a_limit_is_not_ours(void **state)
{
        struct pg_set set = {.key_type = PG_TYPE_IPV4, .key_length = 4, .owns_addresses = true};

        (void)state;
        decode_address(&set, false, NULL);
        assert_false(set.has_foreign);
        decode_address(&set, false, "limit");
        assert_true(set.has_foreign);
        pg_set_done(&set);
}

static void a_catch_all_element_is_every_address(void **state)
{
        struct pg_set set = {.key_type = PG_TYPE_IPV4, .key_length = 4, .owns_addresses = true};

        (void)state;
        decode_address(&set, false, NULL);
        decode_address(&set, true, NULL);
        assert_int_equal(pg_elements_finish(&set), 0);
        assert_true(set.has_foreign);
        assert_int_equal(set.addresses.n_v4, 1);
        assert_int_equal(set.addresses.v4[0].first, 0);
        assert_int_equal(set.addresses.v4[0].last, UINT32_MAX);
        pg_set_done(&set);
}

static void add_key(struct pg_set *set, uint8_t high, uint8_t low, bool is_end)
{
        struct pg_element *element = pg_set_add_element(set);

        assert_non_null(element);
        element->key[0] = element->key_end[0] = high;
        element->key[1] = element->key_end[1] = low;
        element->verdict.code = NF_DROP;
        element->is_end = is_end;
}

/* 0 and 256-511 are there: 1-255 and 512-65535 are left. */
static void a_catch_all_element_is_what_lies_between_others(void **state)
{
        struct pg_set set = {
                .flags = PG_SET_INTERVAL | PG_SET_MAP,
                .key_length = 2,
                .has_catch_all = true,
                .catch_all = {.code = NF_ACCEPT},
        };
        static const uint8_t gaps[2][2][2] = {{{0, 1}, {0, 255}}, {{2, 0}, {255, 255}}};
        size_t n = 0;

        (void)state;
        add_key(&set, 0, 0, false);
        add_key(&set, 0, 1, true);
        add_key(&set, 1, 0, false);
        add_key(&set, 2, 0, true);
        assert_int_equal(pg_elements_finish(&set), 0);
        assert_int_equal(set.n_elements, 4);
        for (size_t i = 0; i < 4; i++) {
                if (set.elements[i].verdict.code == NF_DROP)
                        continue;
                assert_in_range(n, 0, 1);
                assert_memory_equal(set.elements[i].key, gaps[n][0], 2);
                assert_memory_equal(set.elements[i].key_end, gaps[n++][1], 2);
        }
        assert_int_equal(n, 2);
        pg_set_done(&set);
}

static void a_catch_all_element_of_a_full_map_is_nothing(void **state)
{
        struct pg_set set = {.flags = PG_SET_INTERVAL | PG_SET_MAP,
                             .key_length = 2,
                             .has_catch_all = true};

        (void)state;
        add_key(&set, 0, 0, false);
        assert_int_equal(pg_elements_finish(&set), 0);
        assert_int_equal(set.n_elements, 1);
        pg_set_done(&set);
}

static void a_catch_all_element_is_each_other_protocol(void **state)
{
        struct pg_set set = {.flags = PG_SET_MAP, .key_length = 1, .has_catch_all = true};

        (void)state;
        add_key(&set, 47, 0, false);
        assert_int_equal(pg_elements_finish(&set), 0);
        assert_int_equal(set.n_elements, 256);
        for (size_t i = 0; i < 256; i++)
                assert_int_equal(set.elements[i].verdict.code == NF_DROP &&
                                         set.elements[i].key[0] == 47,
                                 i == 0);
        pg_set_done(&set);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(keys_that_are_too_long_are_not_written),
                cmocka_unit_test(the_end_of_an_interval_is_its_last_key),
                cmocka_unit_test(an_address_with_a_limit_is_not_ours),
                cmocka_unit_test(a_catch_all_element_is_every_address),
                cmocka_unit_test(a_catch_all_element_is_what_lies_between_others),
                cmocka_unit_test(a_catch_all_element_of_a_full_map_is_nothing),
                cmocka_unit_test(a_catch_all_element_is_each_other_protocol),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
