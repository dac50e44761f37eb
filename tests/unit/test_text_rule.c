/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules in nft's words: what portguard makes, and what somebody else put into the table. */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ruleset/text/text.h"
#include "unit/policies.h"

static struct pg_rule rule;

static int clear(void **state)
{
        (void)state;
        pg_rule_done(&rule);
        rule = (struct pg_rule){0};
        return 0;
}

static void check_text(const char *expected)
{
        char *text = NULL;
        size_t size = 0;
        FILE *stream = open_memstream(&text, &size);

        assert_non_null(stream);
        pg_rule_print(&rule, stream);
        assert_int_equal(fclose(stream), 0);
        assert_string_equal(text, expected);
        free(text);
}

static void add(const struct pg_expr *expr)
{
        assert_int_equal(pg_rule_add_expr(&rule, expr), 0);
}

static void add_verdict(void)
{
        assert_int_equal(pg_do_verdict(&rule, NF_ACCEPT, NULL), 0);
}

static void add_meta(uint32_t key)
{
        add(&(struct pg_expr){.kind = PG_EXPR_META, .meta = {.key = key}});
}

static void add_payload(uint32_t base, uint32_t offset, uint32_t length)
{
        add(&(struct pg_expr){.kind = PG_EXPR_PAYLOAD,
                              .payload = {.base = base, .offset = offset, .length = length}});
}

static void add_cmp(uint32_t op, const void *data, uint32_t length)
{
        struct pg_expr expr = {.kind = PG_EXPR_CMP, .cmp = {.op = op, .length = length}};

        memcpy(expr.cmp.data, data, length);
        add(&expr);
}

/* Whoever reads what was loaded before the mask finds nothing. */
static void a_mask_comes_first(void **state)
{
        (void)state;
        add(&(struct pg_expr){.kind = PG_EXPR_BITWISE, .bitwise = {.length = 4, .mask = {1}}});
        add_cmp(NFT_CMP_NEQ, "\0\0\0", 4);
        check_text("(unknown) & 0x01000000 ^ 0x00000000 != 0x00000000");
}

static void other_comparisons_than_equal(void **state)
{
        (void)state;
        add_meta(NFT_META_IIFNAME);
        add_cmp(NFT_CMP_NEQ, "eth0\0\0\0\0\0\0\0\0\0\0\0", 16);
        add_meta(NFT_META_NFPROTO);
        add_cmp(NFT_CMP_NEQ, (uint8_t[]){NFPROTO_IPV6}, 1);
        add_payload(NFT_PAYLOAD_NETWORK_HEADER, 12, 4);
        add_cmp(NFT_CMP_NEQ, (uint8_t[]){192, 0, 2, 1}, 4);
        add_verdict();
        check_text("iifname != \"eth0\" meta nfproto != ipv6 ip saddr != 192.0.2.1 accept");
}

/* "meta l4proto != tcp th dport 22" is not "tcp dport 22". */
static void a_denied_protocol_is_not_implied(void **state)
{
        (void)state;
        assert_int_equal(pg_match_other_protocol(&rule, IPPROTO_TCP), 0);
        assert_int_equal(pg_match_port(&rule, false, 22), 0);
        check_text("meta l4proto != tcp th dport 22");
}

static void protocols_of_their_own_name(void **state)
{
        (void)state;
        assert_int_equal(pg_match_protocol(&rule, IPPROTO_SCTP), 0);
        assert_int_equal(pg_match_port(&rule, true, 22), 0);
        check_text("sctp sport 22");
        clear(state);
        assert_int_equal(pg_match_protocol(&rule, 99), 0);
        assert_int_equal(pg_match_port(&rule, true, 22), 0);
        check_text("meta l4proto 99 th sport 22");
}

/* The bytes of an ICMP header where others have their ports are none. */
static void icmp_has_no_ports(void **state)
{
        (void)state;
        assert_int_equal(pg_match_protocol(&rule, IPPROTO_ICMP), 0);
        assert_int_equal(pg_match_port(&rule, false, 22), 0);
        check_text("meta l4proto icmp @th,16,16 0x0016");
}

static void addresses_in_other_places_are_raw(void **state)
{
        (void)state;
        assert_int_equal(pg_match_family(&rule, NFPROTO_IPV4), 0);
        add_payload(NFT_PAYLOAD_NETWORK_HEADER, 4, 4);
        add_cmp(NFT_CMP_EQ, (uint8_t[]){1, 2, 3, 4}, 4);
        check_text("meta nfproto ipv4 @nh,32,32 0x01020304");
}

static void a_mask_that_is_no_prefix_is_raw(void **state)
{
        (void)state;
        assert_int_equal(pg_match_family(&rule, NFPROTO_IPV4), 0);
        add_payload(NFT_PAYLOAD_NETWORK_HEADER, 12, 4);
        add(&(struct pg_expr){.kind = PG_EXPR_BITWISE,
                              .bitwise = {.length = 4, .mask = {255, 0, 255, 0}}});
        add_cmp(NFT_CMP_EQ, (uint8_t[]){10, 0, 1, 0}, 4);
        check_text("@nh,96,32 & 0xff00ff00 ^ 0x00000000 0x0a000100");
}

static void states(void **state)
{
        (void)state;
        assert_int_equal(pg_match_ct_state(&rule, 64 | 8), 0);
        check_text("ct state new,untracked");
        clear(state);
        assert_int_equal(pg_match_ct_state(&rule, 2), 0);
        rule.exprs[2].cmp.op = NFT_CMP_EQ;
        check_text("ct state ! established");
}

static void other_keys_are_told_with_what_they_are_compared(void **state)
{
        (void)state;
        add_meta(NFT_META_MARK);
        add_cmp(NFT_CMP_EQ, (uint8_t[]){1, 0, 0, 0}, 4);
        check_text("meta mark 0x01000000");
}

static void a_range_of_ports(void **state)
{
        (void)state;
        assert_int_equal(pg_match_protocol(&rule, IPPROTO_TCP), 0);
        add_payload(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
        add_cmp(NFT_CMP_GTE, (uint8_t[]){0x03, 0xe8}, 2);
        add_cmp(NFT_CMP_LTE, (uint8_t[]){0x07, 0xd0}, 2);
        check_text("tcp dport 1000-2000");
}

static void a_range_of_others(void **state)
{
        (void)state;
        add_meta(NFT_META_MARK);
        add_cmp(NFT_CMP_GTE, (uint8_t[]){1}, 1);
        add_cmp(NFT_CMP_LTE, (uint8_t[]){5}, 1);
        check_text("meta mark >= 0x01 meta mark <= 0x05");
}

static void limits_of_every_unit(void **state)
{
        static const struct {
                uint64_t unit;
                const char *text;
        } cases[] = {
                {1, "limit rate 3/second burst 5 packets"},
                {60, "limit rate 3/minute burst 5 packets"},
                {3600, "limit rate 3/hour burst 5 packets"},
                {86400, "limit rate 3/day burst 5 packets"},
                {604800, "limit rate 3/week burst 5 packets"},
                {7, "limit rate 3/(7 seconds) burst 5 packets"},
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                assert_int_equal(pg_do_limit(&rule, 3, cases[i].unit, 5), 0);
                check_text(cases[i].text);
                clear(state);
        }
}

static void logs_of_every_level(void **state)
{
        static const char *const names[] = {"emerg",  "alert", "crit",  "err",  "warn",
                                            "notice", "info",  "debug", "audit"};
        char expected[64];

        for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                add(&(struct pg_expr){.kind = PG_EXPR_LOG, .log = {.prefix = "x: ", .level = i}});
                snprintf(expected, sizeof(expected), "log prefix \"x: \" level %s", names[i]);
                check_text(expected);
                clear(state);
        }
}

static void the_trials_rule(void **state)
{
        (void)state;
        assert_int_equal(pg_match_family_set(&rule, "trial"), 0);
        assert_int_equal(pg_do_verdict(&rule, NFT_GOTO, "input_b"), 0);
        check_text("meta nfproto @trial goto input_b");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_teardown(a_mask_comes_first, clear),
                cmocka_unit_test_teardown(other_comparisons_than_equal, clear),
                cmocka_unit_test_teardown(a_denied_protocol_is_not_implied, clear),
                cmocka_unit_test_teardown(protocols_of_their_own_name, clear),
                cmocka_unit_test_teardown(icmp_has_no_ports, clear),
                cmocka_unit_test_teardown(addresses_in_other_places_are_raw, clear),
                cmocka_unit_test_teardown(a_mask_that_is_no_prefix_is_raw, clear),
                cmocka_unit_test_teardown(states, clear),
                cmocka_unit_test_teardown(other_keys_are_told_with_what_they_are_compared, clear),
                cmocka_unit_test_teardown(a_range_of_ports, clear),
                cmocka_unit_test_teardown(a_range_of_others, clear),
                cmocka_unit_test_teardown(limits_of_every_unit, clear),
                cmocka_unit_test_teardown(logs_of_every_level, clear),
                cmocka_unit_test_teardown(the_trials_rule, clear),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
