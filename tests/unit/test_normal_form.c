/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules as versions of nft write them, and as portguard does: what means the same is the same, and what
 * does not is not. The messages are those of libnftnl, read as those of the kernel are. */
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/nft/internal.h"
#include "ruleset/compile/compile.h"
#include "ruleset/digest.h"
#include "ruleset/normal_form.h"
#include "unit/policies.h"

static struct nftnl_rule *sent;
static struct pg_ruleset *ruleset;
static struct pg_rule ours;

static int begin(void **state)
{
        (void)state;
        sent = nftnl_rule_alloc();
        ruleset = calloc(1, sizeof(*ruleset));
        assert_non_null(sent);
        assert_non_null(ruleset);
        assert_non_null(pg_ruleset_add_chain(ruleset, "c"));
        nftnl_rule_set_str(sent, NFTNL_RULE_TABLE, PG_TABLE_NAME);
        nftnl_rule_set_str(sent, NFTNL_RULE_CHAIN, "c");
        ours = (struct pg_rule){0};
        return 0;
}

static int end(void **state)
{
        (void)state;
        nftnl_rule_free(sent);
        pg_ruleset_free(ruleset);
        pg_rule_done(&ours);
        return 0;
}

static struct nftnl_expr *add(const char *name)
{
        struct nftnl_expr *e = nftnl_expr_alloc(name);

        assert_non_null(e);
        nftnl_rule_add_expr(sent, e);
        return e;
}

static void add_meta(uint32_t key)
{
        struct nftnl_expr *e = add("meta");

        nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, key);
        nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, NFT_REG_1);
}

static void add_payload(uint32_t base, uint32_t offset, uint32_t length)
{
        struct nftnl_expr *e = add("payload");

        nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, base);
        nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
        nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, length);
        nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, NFT_REG_1);
}

static void add_cmp(const void *data, uint32_t length)
{
        struct nftnl_expr *e = add("cmp");

        nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
        nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, NFT_CMP_EQ);
        nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, data, length);
}

static void add_byte_match(uint32_t key, uint8_t value)
{
        add_meta(key);
        add_cmp(&value, 1);
}

static void add_mask(const void *mask, const void * xor, uint32_t length)
{
        struct nftnl_expr *e = add("bitwise");

        nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
        nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
        nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, length);
        nftnl_expr_set(e, NFTNL_EXPR_BITWISE_MASK, mask, length);
        nftnl_expr_set(e, NFTNL_EXPR_BITWISE_XOR, xor, length);
}

static void add_lookup(const char *set)
{
        struct nftnl_expr *e = add("lookup");

        nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
        nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, set);
}

static void add_accept(void)
{
        struct nftnl_expr *e = add("immediate");

        nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
        nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, NF_ACCEPT);
}

/* Of the chain "c", as the kernel's message would be read. */
static const struct pg_rule *read_back(void)
{
        char buffer[4096];
        struct nlmsghdr *message =
                nftnl_rule_nlmsg_build_hdr(buffer, NFT_MSG_NEWRULE, NFPROTO_INET, 0, 0);

        nftnl_rule_nlmsg_build_payload(message, sent);
        assert_int_equal(pg_rule_decode(message, ruleset), 0);
        return &ruleset->chains[0].rules[ruleset->chains[0].n_rules - 1];
}

static void check(bool is_equal)
{
        assert_int_equal(pg_do_verdict(&ours, NF_ACCEPT, NULL), 0);
        assert_int_equal(pg_rule_normalise(&ours), 0);
        add_accept();
        assert_int_equal(pg_rule_equal(read_back(), &ours), is_equal);
}

/* nft 1.0.6, of "icmp type 8 ip saddr @x" in an inet table. */
static void the_family_is_asked_once_and_first(void **state)
{
        (void)state;
        add_byte_match(NFT_META_NFPROTO, NFPROTO_IPV4);
        add_byte_match(NFT_META_L4PROTO, IPPROTO_ICMP);
        add_payload(NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1);
        add_cmp("\10", 1);
        add_payload(NFT_PAYLOAD_NETWORK_HEADER, 12, 4);
        add_lookup("x");
        assert_int_equal(pg_match_protocol(&ours, IPPROTO_ICMP), 0);
        assert_int_equal(pg_match_type(&ours, 8, 8), 0);
        assert_int_equal(pg_match_set(&ours, false, true, "x"), 0);
        check(true);
}

static void another_family_is_another_rule(void **state)
{
        (void)state;
        add_byte_match(NFT_META_L4PROTO, IPPROTO_ICMP);
        assert_int_equal(pg_match_family(&ours, NFPROTO_IPV4), 0);
        assert_int_equal(pg_match_protocol(&ours, IPPROTO_ICMP), 0);
        check(false);
}

/* Never true: not the same as either. */
static void two_families_are_not_one(void **state)
{
        (void)state;
        add_byte_match(NFT_META_NFPROTO, NFPROTO_IPV4);
        add_byte_match(NFT_META_NFPROTO, NFPROTO_IPV6);
        assert_int_equal(pg_match_family(&ours, NFPROTO_IPV4), 0);
        check(false);
}

/* Any nft, of "udp sport 67 udp dport 68". */
static void two_ports_in_one_load(void **state)
{
        (void)state;
        add_byte_match(NFT_META_L4PROTO, IPPROTO_UDP);
        add_payload(NFT_PAYLOAD_TRANSPORT_HEADER, 0, 4);
        add_cmp("\0\103\0\104", 4);
        assert_int_equal(pg_match_protocol(&ours, IPPROTO_UDP), 0);
        assert_int_equal(pg_match_port(&ours, true, 67), 0);
        assert_int_equal(pg_match_port(&ours, false, 68), 0);
        check(true);
}

static void ports_that_are_turned_round_are_others(void **state)
{
        (void)state;
        add_byte_match(NFT_META_L4PROTO, IPPROTO_UDP);
        add_payload(NFT_PAYLOAD_TRANSPORT_HEADER, 0, 4);
        add_cmp("\0\104\0\103", 4);
        assert_int_equal(pg_match_protocol(&ours, IPPROTO_UDP), 0);
        assert_int_equal(pg_match_port(&ours, true, 67), 0);
        assert_int_equal(pg_match_port(&ours, false, 68), 0);
        check(false);
}

/* nft 1.0.6, of "meta l4proto . th dport vmap @x". */
static void a_byteorder_that_turns_nothing(void **state)
{
        struct nftnl_expr *e;

        (void)state;
        add_meta(NFT_META_L4PROTO);
        e = add("byteorder");
        nftnl_expr_set_u32(e, NFTNL_EXPR_BYTEORDER_SREG, NFT_REG_1);
        nftnl_expr_set_u32(e, NFTNL_EXPR_BYTEORDER_DREG, NFT_REG_1);
        nftnl_expr_set_u32(e, NFTNL_EXPR_BYTEORDER_OP, NFT_BYTEORDER_HTON);
        nftnl_expr_set_u32(e, NFTNL_EXPR_BYTEORDER_LEN, 1);
        nftnl_expr_set_u32(e, NFTNL_EXPR_BYTEORDER_SIZE, 2);
        add_cmp("\6", 1);
        assert_int_equal(pg_match_protocol(&ours, IPPROTO_TCP), 0);
        check(true);
}

static void a_byteorder_that_turns_is_foreign(void **state)
{
        struct nftnl_expr *e;

        (void)state;
        add_payload(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
        e = add("byteorder");
        nftnl_expr_set_u32(e, NFTNL_EXPR_BYTEORDER_SREG, NFT_REG_1);
        nftnl_expr_set_u32(e, NFTNL_EXPR_BYTEORDER_DREG, NFT_REG_1);
        nftnl_expr_set_u32(e, NFTNL_EXPR_BYTEORDER_OP, NFT_BYTEORDER_HTON);
        nftnl_expr_set_u32(e, NFTNL_EXPR_BYTEORDER_LEN, 2);
        nftnl_expr_set_u32(e, NFTNL_EXPR_BYTEORDER_SIZE, 2);
        add_cmp("\0\26", 2);
        assert_int_equal(pg_match_port(&ours, false, 22), 0);
        check(false);
}

static void add_range(uint32_t op)
{
        struct nftnl_expr *e = add("range");

        nftnl_expr_set_u32(e, NFTNL_EXPR_RANGE_SREG, NFT_REG_1);
        nftnl_expr_set_u32(e, NFTNL_EXPR_RANGE_OP, op);
        nftnl_expr_set(e, NFTNL_EXPR_RANGE_FROM_DATA, "\1", 1);
        nftnl_expr_set(e, NFTNL_EXPR_RANGE_TO_DATA, "\4", 1);
}

static void a_range_is_two_comparisons(void **state)
{
        (void)state;
        add_byte_match(NFT_META_L4PROTO, IPPROTO_ICMPV6);
        add_payload(NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1);
        add_range(NFT_RANGE_EQ);
        assert_int_equal(pg_match_protocol(&ours, IPPROTO_ICMPV6), 0);
        assert_int_equal(pg_match_type(&ours, 1, 4), 0);
        check(true);
}

static void a_range_that_is_left_out_is_foreign(void **state)
{
        (void)state;
        add_byte_match(NFT_META_L4PROTO, IPPROTO_ICMPV6);
        add_payload(NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1);
        add_range(NFT_RANGE_NEQ);
        assert_int_equal(pg_match_protocol(&ours, IPPROTO_ICMPV6), 0);
        assert_int_equal(pg_match_type(&ours, 1, 4), 0);
        check(false);
}

/* Prefixes of whole bytes: with a mask, or fewer bytes loaded. */
static void a_prefix_with_a_mask_or_without(void **state)
{
        static const uint8_t loopback[4] = {127};

        (void)state;
        add_byte_match(NFT_META_NFPROTO, NFPROTO_IPV4);
        add_payload(NFT_PAYLOAD_NETWORK_HEADER, 12, 4);
        add_mask("\377\0\0\0", "\0\0\0\0", 4);
        add_cmp("\177\0\0\0", 4);
        assert_int_equal(pg_match_family(&ours, NFPROTO_IPV4), 0);
        assert_int_equal(pg_match_prefix4(&ours, true, loopback, 8), 0);
        check(true);
}

static void a_longer_prefix_is_another(void **state)
{
        static const uint8_t loopback[4] = {127};

        (void)state;
        add_byte_match(NFT_META_NFPROTO, NFPROTO_IPV4);
        add_payload(NFT_PAYLOAD_NETWORK_HEADER, 12, 4);
        add_mask("\377\377\0\0", "\0\0\0\0", 4);
        add_cmp("\177\0\0\0", 4);
        assert_int_equal(pg_match_family(&ours, NFPROTO_IPV4), 0);
        assert_int_equal(pg_match_prefix4(&ours, true, loopback, 8), 0);
        check(false);
}

static void a_mask_of_all_bits_is_none(void **state)
{
        (void)state;
        add_payload(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
        add_mask("\377\377", "\0\0", 2);
        add_cmp("\0\26", 2);
        assert_int_equal(pg_match_port(&ours, false, 22), 0);
        check(true);
}

static void a_mask_that_turns_bits_is_not_none(void **state)
{
        (void)state;
        add_payload(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
        add_mask("\377\377", "\0\1", 2);
        add_cmp("\0\26", 2);
        assert_int_equal(pg_match_port(&ours, false, 22), 0);
        check(false);
}

/* Programs of iptables-nft compare a name up to its end. */
static void the_name_of_an_interface_up_to_its_end(void **state)
{
        (void)state;
        add_meta(NFT_META_IIFNAME);
        add_cmp("eth0", 5);
        assert_int_equal(pg_match_interface(&ours, true, "eth0"), 0);
        check(true);
}

static void the_beginning_of_a_name_is_another(void **state)
{
        (void)state;
        add_meta(NFT_META_IIFNAME);
        add_cmp("eth0", 4);
        assert_int_equal(pg_match_interface(&ours, true, "eth0"), 0);
        check(false);
}

/* Whoever looks up the family in a set of addresses asks for something else. */
static void what_is_still_asked_for_is_not_moved(void **state)
{
        (void)state;
        add_payload(NFT_PAYLOAD_NETWORK_HEADER, 12, 4);
        add_byte_match(NFT_META_NFPROTO, NFPROTO_IPV4);
        add_lookup("x");
        assert_int_equal(pg_match_set(&ours, false, true, "x"), 0);
        check(false);
}

/* What a limit lets pass before it is compared, it has counted. */
static void what_stands_behind_a_limit_stays_there(void **state)
{
        struct nftnl_expr *e = add("limit");

        (void)state;
        nftnl_expr_set_u64(e, NFTNL_EXPR_LIMIT_RATE, 5);
        nftnl_expr_set_u64(e, NFTNL_EXPR_LIMIT_UNIT, 1);
        nftnl_expr_set_u32(e, NFTNL_EXPR_LIMIT_BURST, 5);
        nftnl_expr_set_u32(e, NFTNL_EXPR_LIMIT_TYPE, NFT_LIMIT_PKTS);
        nftnl_expr_set_u32(e, NFTNL_EXPR_LIMIT_FLAGS, 0);
        add_byte_match(NFT_META_NFPROTO, NFPROTO_IPV4);
        assert_int_equal(pg_match_family(&ours, NFPROTO_IPV4), 0);
        assert_int_equal(pg_do_limit(&ours, 5, 1, 5), 0);
        check(false);
}

/* Else a digest of the table would not be that of the policy. */
static void what_is_compiled_is_in_the_form(void **state)
{
        const struct pg_ruleset_options options = {.slot = 'a'};
        struct pg_policy *policy = make_shipped_policy(
                "k8s-worker",
                "egress: strict\ngroups: {cluster: {addresses: [192.0.2.0/24], interfaces: [eth0]}}");
        struct pg_ruleset *compiled = NULL;
        struct pg_error error;
        char before[PG_DIGEST_TEXT_SIZE], after[PG_DIGEST_TEXT_SIZE];

        (void)state;
        assert_int_equal(pg_ruleset_compile(policy, &options, &compiled, &error), 0);
        pg_ruleset_digest(compiled, 'a', before);
        assert_int_equal(pg_ruleset_normalise(compiled), 0);
        pg_ruleset_digest(compiled, 'a', after);
        assert_string_equal(before, after);
        pg_ruleset_free(compiled);
        pg_policy_free(policy);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(the_family_is_asked_once_and_first),
                TEST(another_family_is_another_rule),
                TEST(two_families_are_not_one),
                TEST(two_ports_in_one_load),
                TEST(ports_that_are_turned_round_are_others),
                TEST(a_byteorder_that_turns_nothing),
                TEST(a_byteorder_that_turns_is_foreign),
                TEST(a_range_is_two_comparisons),
                TEST(a_range_that_is_left_out_is_foreign),
                TEST(a_prefix_with_a_mask_or_without),
                TEST(a_longer_prefix_is_another),
                TEST(a_mask_of_all_bits_is_none),
                TEST(a_mask_that_turns_bits_is_not_none),
                TEST(the_name_of_an_interface_up_to_its_end),
                TEST(the_beginning_of_a_name_is_another),
                TEST(what_is_still_asked_for_is_not_moved),
                TEST(what_stands_behind_a_limit_stays_there),
                TEST(what_is_compiled_is_in_the_form),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
