/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What other tables have at the hooks, and whether a packet may end there: tables of nft(8), read back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <linux/netfilter.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/foreign/foreign.h"
#include "kernel/pair.h"

static struct pg_nft *nft;
static struct pg_foreign_chains foreign_chains;
static struct pg_error error;

/* Whether nft and the kernel take it. */
static bool add(const char *ruleset)
{
        FILE *pipe = popen("nft -f -", "we");

        assert_non_null(pipe);
        fputs(ruleset, pipe);
        return pclose(pipe) == 0;
}

static void load(const char *ruleset)
{
        assert_true(add("flush ruleset\n") && add(ruleset));
}

static void read_all(void)
{
        pg_foreign_chains_done(&foreign_chains);
        if (pg_foreign_chains_read(nft, &foreign_chains, &error) < 0)
                fail_msg("%s", error.message);
}

static void load_and_read(const char *ruleset)
{
        load(ruleset);
        read_all();
        assert_int_equal(foreign_chains.n, foreign_chains.n_all);
}

/* "ip filter INPUT filter input 0 accept 2 drops", one a line. */
static void check(const char *wanted)
{
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);

        assert_non_null(out);
        for (size_t i = 0; i < foreign_chains.n; i++) {
                const struct pg_foreign_chain *n = &foreign_chains.items[i];

                fprintf(out, "%s %s %s %s %s %d %s %zu%s%s\n", pg_family_name(n->family), n->table,
                        n->chain, n->type, pg_hook_name(n->family, n->hook), n->priority,
                        n->policy == NF_DROP ? "drop" : "accept", n->n_rules,
                        n->drops_listed ? " drops listed"
                        : n->may_drop   ? " drops"
                                        : "",
                        n->is_dormant ? " dormant" : "");
        }
        fclose(out);
        assert_string_equal(text, wanted);
        free(text);
}

static void our_table_is_not_foreign(void **state)
{
        (void)state;
        load_and_read("");
        check("");
        load_and_read("table inet portguard { chain input { type filter hook input priority 0; policy "
                      "drop; }\n}\n");
        check("");
        load_and_read("table ip portguard { chain input { type filter hook input priority 0; }\n}\n");
        check("ip portguard input filter input 0 accept 0\n");
}

static void base_chains_are_told_as_a_packet_meets_them(void **state)
{
        (void)state;
        load_and_read(
                "table ip6 z { chain out { type filter hook output priority 5; policy drop; }\n}\n"
                "table inet m {\n"
                "  chain unhooked { drop; }\n"
                "  chain late { type filter hook input priority 300; }\n"
                "  chain early { type filter hook input priority -300; accept; accept; }\n"
                "  chain after { type nat hook postrouting priority srcnat; masquerade; }\n"
                "}\n"
                "table ip nat { chain pre { type nat hook prerouting priority dstnat; tcp dport 80 "
                "dnat to 10.0.0.1; }\n}\n"
                "table netdev d { chain in { type filter hook ingress device lo priority 0; }\n}\n"
                "table inet mangle { chain out { type route hook output priority mangle; }\n}\n");
        check("netdev d in filter ingress 0 accept 0\n"
              "ip nat pre nat prerouting -100 accept 1\n"
              "inet m early filter input -300 accept 2\n"
              "inet m late filter input 300 accept 0\n"
              "inet mangle out route output -150 accept 0\n"
              "ip6 z out filter output 5 drop 0 drops\n"
              "inet m after nat postrouting 100 accept 1\n");
}

/* NAT comes where the kernel's is; among each other its chains go by their priorities. */
static void nat_comes_at_its_own_place(void **state)
{
        (void)state;
        load_and_read("table ip t {\n"
                      "  chain f { type filter hook output priority 0; }\n"
                      "  chain m { type filter hook output priority -150; }\n"
                      "  chain a { type nat hook output priority 50; }\n"
                      "  chain b { type nat hook output priority 10; }\n"
                      "  chain i { type nat hook input priority -50; }\n"
                      "  chain j { type filter hook input priority 50; }\n"
                      "}\n");
        check("ip t j filter input 50 accept 0\n"
              "ip t i nat input -50 accept 0\n"
              "ip t m filter output -150 accept 0\n"
              "ip t b nat output 10 accept 0\n"
              "ip t a nat output 50 accept 0\n"
              "ip t f filter output 0 accept 0\n");
}

/* A base chain with this rule; and other chains. */
static bool may_drop(const char *rule, const char *chains)
{
        char text[2048];

        snprintf(text, sizeof(text),
                 "table inet t {\n%s\n"
                 "chain c { type filter hook input priority 0; policy accept; %s; }\n}\n",
                 chains, rule);
        load_and_read(text);
        assert_int_equal(foreign_chains.n, 1);
        return foreign_chains.items[0].may_drop;
}

static void what_ends_a_packet_is_seen(void **state)
{
        (void)state;
        assert_true(may_drop("drop", ""));
        assert_true(may_drop("tcp dport 22 counter drop", ""));
        assert_true(may_drop("reject", ""));
        assert_true(may_drop("tcp dport 22 reject with tcp reset", ""));
        /* Not every kernel has it. */
        if (add("table ip q { chain c { queue num 0; }\n}\n"))
                assert_true(may_drop("queue num 0", ""));
        assert_true(may_drop("tcp dport vmap { 22 : accept, 23 : drop }", ""));
        assert_true(may_drop("tcp dport vmap @m", "map m { type inet_service : verdict; }"));
        assert_true(may_drop("tcp dport 22 synproxy mss 1460 wscale 7", ""));
}

static void what_ends_none_is_not_taken_for_it(void **state)
{
        (void)state;
        assert_false(may_drop("accept", ""));
        assert_false(may_drop("return", ""));
        assert_false(may_drop("tcp dport 22 counter", ""));
        assert_false(may_drop("tcp dport { 22, 80-90 } ip saddr 10.0.0.0/8 accept", ""));
        assert_false(may_drop("limit rate 5/second log prefix \"x\" counter accept", ""));
        assert_false(may_drop("meta mark set ct mark", ""));
        assert_false(may_drop("ct state established,related meta mark set 5", ""));
        assert_false(may_drop("update @s { ip saddr counter }",
                              "set s { type ipv4_addr; size 10; flags dynamic,timeout; timeout 1m; }"));
        assert_false(may_drop("fib daddr type local accept", ""));
        assert_false(may_drop("meta mark set numgen inc mod 2", ""));
        assert_false(may_drop("meta mark set tcp dport map { 22 : 1, 23 : 2 }", ""));
}

static void a_drop_is_found_behind_jumps(void **state)
{
        const char *deep =
                "chain x3 { tcp dport 23 drop; }\nchain x2 { udp dport 53 accept; goto x3; }\n"
                "chain x1 { jump x2; }\n";
        const char *harmless = "chain x3 { drop; }\nchain x2 { accept; }\nchain x1 { jump x2; }\n";

        (void)state;
        assert_true(may_drop("jump x1", deep));
        assert_true(may_drop("goto x1", deep));
        assert_true(may_drop("udp dport 53 accept; jump x1", deep));
        assert_false(may_drop("jump x1", harmless));
        assert_false(may_drop("accept", deep));
}

/* A rule that takes every packet leaves none for those behind it, or for those that they lead to. */
static void what_no_packet_comes_to_drops_none(void **state)
{
        const char *refuse = "chain refuse { drop; }\nchain pass { accept; drop; }\n"
                             "chain back { counter return; drop; }\n"
                             "chain away { goto pass; drop; }\n";

        (void)state;
        assert_false(may_drop("accept; drop", refuse));
        assert_false(may_drop("counter accept; tcp dport 22 drop; jump refuse", refuse));
        assert_false(may_drop("return; reject", refuse));
        assert_false(may_drop("goto pass; drop", refuse));
        assert_false(may_drop("jump pass; jump back; jump away", refuse));
        assert_true(may_drop("drop; accept", refuse));
        assert_true(may_drop("goto refuse; accept", refuse));
        assert_true(may_drop("jump back; drop", refuse));
        assert_true(may_drop("jump refuse; accept", refuse));
        assert_true(may_drop("counter; drop", refuse));
        assert_true(may_drop("continue; drop", refuse));
        /* Some packets go on. */
        assert_true(may_drop("ip protocol tcp accept; drop", refuse));
        assert_true(may_drop("limit rate 5/second accept; drop", refuse));
        assert_true(may_drop("ct state established return; drop", refuse));
}

/* The policy is asked where a packet comes to the end of its base chain: not behind an accept, but
 * behind a return, and when what a goto leads to is at its end. */
static void a_policy_that_no_packet_comes_to_drops_none(void **state)
{
        (void)state;
        load_and_read(
                "table inet t {\n"
                "  chain pass { accept; }\n"
                "  chain empty { }\n"
                "  chain a { type filter hook input priority 0; policy drop; accept; }\n"
                "  chain b { type filter hook input priority 1; policy drop; counter accept; }\n"
                "  chain c { type filter hook input priority 2; policy drop; return; }\n"
                "  chain d { type filter hook input priority 3; policy drop; goto empty; }\n"
                "  chain e { type filter hook input priority 4; policy drop; tcp dport 22 accept; "
                "}\n"
                "  chain f { type filter hook input priority 5; policy drop; accept; drop; }\n"
                "}\n");
        check("inet t a filter input 0 drop 1\n"
              "inet t b filter input 1 drop 1\n"
              "inet t c filter input 2 drop 1 drops\n"
              "inet t d filter input 3 drop 1 drops\n"
              "inet t e filter input 4 drop 1 drops\n"
              "inet t f filter input 5 drop 2\n");
}

/* What fail2ban 1.0 (nftables-multiport, nftables-allports, iptables-multiport) and CrowdSec's bouncer
 * 0.0.25 put there. */
static void lists_of_sources_are_told_from_other_drops(void **state)
{
        (void)state;
        load_and_read(
                "table inet f2b-table {\n"
                "  set addr-set-sshd { type ipv4_addr; flags interval; }\n"
                "  set addr6-set-sshd { type ipv6_addr; flags interval; }\n"
                "  chain f2b-chain { type filter hook input priority -1; policy accept;\n"
                "    tcp dport { 22, 2222 } ip saddr @addr-set-sshd reject\n"
                "    meta l4proto { tcp } ip saddr @addr-set-sshd reject with icmp "
                "port-unreachable\n"
                "    tcp dport 22 ip6 saddr @addr6-set-sshd drop\n  }\n}\n"
                "table ip crowdsec {\n"
                "  set crowdsec-blacklists { type ipv4_addr; flags timeout; }\n"
                "  chain crowdsec-chain { type filter hook input priority -10; policy accept;\n"
                "    ip saddr @crowdsec-blacklists counter log prefix \"crowdsec: \" drop\n  }\n}\n"
                "table ip filter {\n"
                "  chain f2b-sshd { ip saddr 192.0.2.7 counter reject\n    counter return\n  }\n"
                "  chain INPUT { type filter hook input priority 0; policy accept;\n"
                "    meta l4proto tcp tcp dport 22 counter jump f2b-sshd\n  }\n}\n");
        check("ip crowdsec crowdsec-chain filter input -10 accept 1 drops listed\n"
              "inet f2b-table f2b-chain filter input -1 accept 3 drops listed\n"
              "ip filter INPUT filter input 0 accept 1 drops listed\n");
}

static bool drops_listed(const char *rule, const char *chains)
{
        return may_drop(rule, chains) && foreign_chains.items[0].drops_listed;
}

static void what_only_looks_like_a_list_is_none(void **state)
{
        const char *set = "set s { type ipv4_addr; }\nset p { type inet_service; }\n"
                          "set c { type ipv4_addr . inet_service; }\n"
                          "chain refuse { counter drop; }\n";

        (void)state;
        assert_true(drops_listed("ip saddr @s drop", set));
        assert_true(drops_listed("ip saddr @s jump refuse", set));
        assert_true(
                drops_listed("ip saddr @s drop; tcp dport 22 accept; ip saddr 192.0.2.1 drop", set));
        assert_false(drops_listed("ip saddr != @s drop", set));
        /* It might be one, and is not looked into so far. */
        assert_false(drops_listed("ip saddr . tcp dport @c drop", set));
        assert_false(drops_listed("ip daddr @s drop", set));
        assert_false(drops_listed("tcp dport @p drop", set));
        assert_false(drops_listed("ip saddr & 255.255.255.0 == @s drop", set));
        assert_false(drops_listed("ip saddr @s accept; drop", set));
        assert_false(drops_listed("ip saddr @s drop; jump refuse", set));
        assert_false(drops_listed("ip saddr @s jump refuse; tcp dport 22 goto refuse", set));
        assert_false(drops_listed("ip saddr { 192.0.2.1, 198.51.100.0/24 } drop", set));
        assert_false(drops_listed("ip saddr 198.51.100.0/24 drop", set));
        assert_false(drops_listed("ip saddr 0.0.0.0/0 drop", set));
        assert_false(drops_listed("ip saddr != 192.0.2.1 drop", set));
        assert_false(drops_listed("ip saddr vmap { 192.0.2.1 : drop }", set));
        load_and_read(
                "table ip t { set s { type ipv4_addr; }\n"
                "  chain c { type filter hook input priority 0; policy drop; ip saddr @s drop; }\n}\n");
        check("ip t c filter input 0 drop 1 drops\n");
}

static void a_chain_of_the_same_name_elsewhere_is_another(void **state)
{
        (void)state;
        load_and_read("table ip t { chain x { drop; }\n"
                      "  chain c { type filter hook input priority 0; accept; }\n}\n"
                      "table ip6 t { chain x { accept; }\n"
                      "  chain c { type filter hook input priority 0; jump x; }\n}\n"
                      "table ip u { chain x { accept; }\n"
                      "  chain c { type filter hook input priority 0; jump x; }\n}\n");
        check("ip t c filter input 0 accept 1\n"
              "ip u c filter input 0 accept 1\n"
              "ip6 t c filter input 0 accept 1\n");
}

static void a_dormant_table_is_reported(void **state)
{
        (void)state;
        load_and_read(
                "table ip t { flags dormant; chain c { type filter hook input priority 0; drop; }\n}\n"
                "table ip6 t { chain c { type filter hook input priority 0; drop; }\n}\n");
        check("ip t c filter input 0 accept 1 drops dormant\n"
              "ip6 t c filter input 0 accept 1 drops\n");
}

/* As kube-proxy does it: thousands of chains, each with a few rules. A user's netlink buffer takes a
 * few thousand at a time. */
static void thousands_of_chains_are_walked(void **state)
{
        enum { CHAINS = 5000, PART = 250 };

        (void)state;
        load("table ip k { chain c { type filter hook input priority 0; }\n"
             "chain o { type filter hook output priority 0; }\n}\n");
        for (int i = 0; i < CHAINS; i += PART) {
                char *text = NULL;
                size_t size = 0;
                FILE *out = open_memstream(&text, &size);

                assert_non_null(out);
                for (int j = i; j < i + PART; j++)
                        fprintf(out,
                                "add chain ip k s%d\nadd rule ip k s%d tcp dport %d %s\n"
                                "add rule ip k c ip daddr 10.0.0.1 jump s%d\n",
                                j, j, j, j == CHAINS - 1 ? "drop" : "accept", j);
                fclose(out);
                assert_true(add(text));
                free(text);
        }
        assert_true(add("add rule ip k o jump s1\nadd rule ip k o jump s2\n"));
        read_all();
        check("ip k c filter input 0 accept 5000 drops\n"
              "ip k o filter output 0 accept 2\n");
}

static void what_is_too_many_is_counted(void **state)
{
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);

        (void)state;
        assert_non_null(out);
        fputs("table ip k {\n", out);
        for (int i = 0; i < PG_FOREIGN_CHAINS_MAX + 10; i++)
                fprintf(out, "chain c%d { type filter hook input priority %d; }\n", i, i);
        fputs("}\n", out);
        fclose(out);
        load(text);
        free(text);
        read_all();
        assert_int_equal(foreign_chains.n, PG_FOREIGN_CHAINS_MAX);
        assert_int_equal(foreign_chains.n_all, PG_FOREIGN_CHAINS_MAX + 10);
}

static int begin(void **state)
{
        return pair_make(state) < 0 ? -1 : pg_nft_open(&nft, &error);
}

static int end(void **state)
{
        (void)state;
        load("");
        pg_foreign_chains_done(&foreign_chains);
        pg_nft_close(nft);
        return 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(our_table_is_not_foreign),
                cmocka_unit_test(base_chains_are_told_as_a_packet_meets_them),
                cmocka_unit_test(nat_comes_at_its_own_place),
                cmocka_unit_test(what_ends_a_packet_is_seen),
                cmocka_unit_test(what_ends_none_is_not_taken_for_it),
                cmocka_unit_test(a_drop_is_found_behind_jumps),
                cmocka_unit_test(what_no_packet_comes_to_drops_none),
                cmocka_unit_test(a_policy_that_no_packet_comes_to_drops_none),
                cmocka_unit_test(lists_of_sources_are_told_from_other_drops),
                cmocka_unit_test(what_only_looks_like_a_list_is_none),
                cmocka_unit_test(a_chain_of_the_same_name_elsewhere_is_another),
                cmocka_unit_test(a_dormant_table_is_reported),
                cmocka_unit_test(thousands_of_chains_are_walked),
                cmocka_unit_test(what_is_too_many_is_counted),
        };

        return cmocka_run_group_tests(tests, begin, end);
}
