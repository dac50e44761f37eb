/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a policy says of one new connection. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/explain.h"
#include "unit/policies.h"

static const char profile[] = "name: p\n"
                              "summary: P\n"
                              "include: [base]\n"
                              "groups:\n"
                              "  cluster: {default: none, summary: C}\n"
                              "  mixed: {default: none, summary: M}\n"
                              "  nobody: {default: none, summary: N}\n"
                              "services:\n"
                              "  ssh: {summary: S, ports: [tcp/22], from: any}\n"
                              "  web: {summary: S, ports: [tcp/8000-8010, udp/8005], from: cluster}\n"
                              "  next: {summary: S, ports: [tcp/8011], from: 192.0.2.7}\n"
                              "  vpn: {summary: S, ports: [udp/51820], from: mixed}\n"
                              "  pair: {summary: S, ports: [tcp/9000], from: [cluster, mixed]}\n"
                              "  closed: {summary: S, ports: [tcp/9001], from: nobody}\n"
                              "  own: {summary: S, ports: [tcp/9002], from: local}\n"
                              "  tunnel: {summary: S, ports: [protocol/gre], from: cluster}\n"
                              "  edge: {summary: S, ports: [tcp/65535, tcp/1], from: any}\n"
                              "egress:\n"
                              "  mail: {summary: S, ports: [tcp/25], to: cluster}\n"
                              "  names: {summary: S, ports: [udp/5300], to: any}\n";

static const char site[] = "groups:\n"
                           "  cluster: [10.30.0.0/24, 10.30.2.1, \"2001:db8::/64\"]\n"
                           "  mixed: {addresses: [198.51.100.1], interfaces: [wg0, \"cni*\"]}\n";

static struct pg_policy *policy, *strict;

static struct pg_policy *make(const char *more)
{
        char text[sizeof(site) + 64];
        struct pg_policy *made;
        char *told = NULL;

        snprintf(text, sizeof(text), "%s%s", site, more);
        made = MAKE_POLICY(text, &told, profile);
        if (!made)
                fail_msg("%s", told);
        free(told);
        return made;
}

static int begin(void **state)
{
        (void)state;
        policy = make("");
        strict = make("egress: strict\n");
        return 0;
}

static int end(void **state)
{
        (void)state;
        pg_policy_free(policy);
        pg_policy_free(strict);
        return 0;
}

/* "tcp/22 192.0.2.1" or "tcp/22 192.0.2.1 eth0". */
static struct pg_flow parse(const char *text)
{
        static char interface[32];
        char protocol[8], address[64];
        struct pg_flow flow = {0};
        int n;

        interface[0] = '\0';
        n = sscanf(text, "%7[a-z]/%hu %63s %31s", protocol, &flow.port, address, interface);
        assert_in_range(n, 3, 4);
        flow.protocol = strcmp(protocol, "gre") == 0
                                ? IPPROTO_GRE
                                : pg_protocol_with_ports(protocol, strlen(protocol));
        flow.is_v6 = strchr(address, ':') != NULL;
        assert_int_equal(inet_pton(flow.is_v6 ? AF_INET6 : AF_INET, address, flow.address), 1);
        flow.interface = n == 4 ? interface : NULL;
        return flow;
}

/* Fails unless the answer, and the services of the segment (NULL: none), are these. */
static void check(const struct pg_policy *asked, enum pg_direction direction, const char *text,
                  bool admitted, const char *services)
{
        _cleanup_(pg_freep) char *found = NULL;
        const struct pg_segment *segment;
        struct pg_flow flow = parse(text);

        flow.direction = direction;
        segment = pg_policy_segment(asked, &flow);
        if (pg_policy_admits(asked, &flow) != admitted)
                fail_msg("%s should %sbe admitted", text, admitted ? "" : "not ");
        if (segment)
                found = pg_segment_services(asked, segment);
        if (!found != !services || (found && strcmp(found, services) != 0))
                fail_msg("%s: %s", text, found ? found : "no segment");
}

#define ADMITS(text, services) check(policy, PG_IN, text, true, services)
#define REFUSES(text, services) check(policy, PG_IN, text, false, services)

static void anybody_is_admitted_where_it_is_open(void **state)
{
        (void)state;
        ADMITS("tcp/22 203.0.113.9", "p/ssh");
        ADMITS("tcp/22 2001:db8:9::9", "p/ssh");
        ADMITS("tcp/22 203.0.113.9 eth0", "p/ssh");
        ADMITS("tcp/1 203.0.113.9", "p/edge");
        ADMITS("tcp/65535 203.0.113.9", "p/edge");
}

static void a_port_that_nobody_claims_is_closed(void **state)
{
        (void)state;
        REFUSES("tcp/0 203.0.113.9", NULL);
        REFUSES("tcp/2 203.0.113.9", NULL);
        REFUSES("tcp/21 203.0.113.9", NULL);
        REFUSES("tcp/23 10.30.0.1", NULL);
        REFUSES("tcp/65534 203.0.113.9", NULL);
        REFUSES("udp/22 203.0.113.9", NULL);
        REFUSES("udp/65535 203.0.113.9", NULL);
        /* What is open in the other direction. */
        REFUSES("tcp/25 10.30.0.1", NULL);
        REFUSES("udp/5300 10.30.0.1", NULL);
}

static void a_range_has_both_its_ends(void **state)
{
        (void)state;
        REFUSES("tcp/7999 10.30.0.1", NULL);
        ADMITS("tcp/8000 10.30.0.1", "p/web");
        ADMITS("tcp/8005 10.30.0.1", "p/web");
        ADMITS("tcp/8010 10.30.0.1", "p/web");
        REFUSES("tcp/8011 10.30.0.1", "p/next");
        ADMITS("tcp/8011 192.0.2.7", "p/next");
        REFUSES("tcp/8012 192.0.2.7", NULL);
        ADMITS("udp/8005 10.30.0.1", "p/web");
        REFUSES("udp/8004 10.30.0.1", NULL);
}

static void an_address_must_be_the_groups(void **state)
{
        (void)state;
        ADMITS("tcp/8000 10.30.0.0", "p/web");
        ADMITS("tcp/8000 10.30.0.255", "p/web");
        REFUSES("tcp/8000 10.29.255.255", "p/web");
        REFUSES("tcp/8000 10.30.1.0", "p/web");
        ADMITS("tcp/8000 10.30.2.1", "p/web");
        REFUSES("tcp/8000 10.30.2.2", "p/web");
        ADMITS("tcp/8000 2001:db8::", "p/web");
        ADMITS("tcp/8000 2001:db8::ffff:ffff:ffff:ffff", "p/web");
        REFUSES("tcp/8000 2001:db8:0:1::", "p/web");
        REFUSES("tcp/8000 2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "p/web");
        /* The bytes of an IPv4 address are no IPv6 one, and the other way round. */
        REFUSES("tcp/8000 a1e:1::", "p/web");
        REFUSES("tcp/8000 32.1.13.184", "p/web");
}

static void an_interface_admits_as_an_address_does(void **state)
{
        (void)state;
        ADMITS("udp/51820 198.51.100.1", "p/vpn");
        ADMITS("udp/51820 198.51.100.1 eth0", "p/vpn");
        REFUSES("udp/51820 198.51.100.2", "p/vpn");
        REFUSES("udp/51820 198.51.100.2 eth0", "p/vpn");
        ADMITS("udp/51820 198.51.100.2 wg0", "p/vpn");
        ADMITS("udp/51820 2001:db8:9::9 wg0", "p/vpn");
        REFUSES("udp/51820 198.51.100.2 wg", "p/vpn");
        REFUSES("udp/51820 198.51.100.2 wg01", "p/vpn");
        ADMITS("udp/51820 198.51.100.2 cni", "p/vpn");
        ADMITS("udp/51820 198.51.100.2 cni0", "p/vpn");
        REFUSES("udp/51820 198.51.100.2 cn", "p/vpn");
        REFUSES("udp/51820 198.51.100.2 xcni0", "p/vpn");
        REFUSES("tcp/8000 198.51.100.2 wg0", "p/web");
}

static void of_several_scopes_one_is_enough(void **state)
{
        (void)state;
        ADMITS("tcp/9000 10.30.0.1", "p/pair");
        ADMITS("tcp/9000 198.51.100.1", "p/pair");
        ADMITS("tcp/9000 203.0.113.9 wg0", "p/pair");
        REFUSES("tcp/9000 203.0.113.9 eth0", "p/pair");
}

static void an_empty_source_admits_nobody(void **state)
{
        (void)state;
        REFUSES("tcp/9001 10.30.0.1", "p/closed");
        REFUSES("tcp/9001 0.0.0.0", "p/closed");
        REFUSES("tcp/9001 ::", "p/closed");
        REFUSES("tcp/9001 10.30.0.1 wg0", "p/closed");
        REFUSES("tcp/9002 10.30.0.1", "p/own");
        REFUSES("tcp/9002 127.0.0.1", "p/own");
}

static void loopback_passes_always(void **state)
{
        (void)state;
        ADMITS("tcp/9001 127.0.0.1 lo", "p/closed");
        ADMITS("tcp/9002 ::1 lo", "p/own");
        ADMITS("tcp/4 203.0.113.9 lo", NULL);
        REFUSES("tcp/4 203.0.113.9 lo0", NULL);
        check(strict, PG_OUT, "tcp/4 203.0.113.9 lo", true, NULL);
}

static void a_protocol_without_ports_has_any(void **state)
{
        (void)state;
        ADMITS("gre/0 10.30.0.1", "p/tunnel");
        ADMITS("gre/65535 10.30.0.1", "p/tunnel");
        REFUSES("gre/0 203.0.113.9", "p/tunnel");
}

static void outbound_is_asked_only_where_it_is_strict(void **state)
{
        (void)state;
        check(policy, PG_OUT, "tcp/25 203.0.113.9 eth0", true, "p/mail");
        check(policy, PG_OUT, "tcp/22 203.0.113.9 eth0", true, NULL);
        check(strict, PG_OUT, "tcp/25 10.30.0.1 eth0", true, "p/mail");
        check(strict, PG_OUT, "tcp/25 203.0.113.9 eth0", false, "p/mail");
        check(strict, PG_OUT, "udp/5300 203.0.113.9", true, "p/names");
        check(strict, PG_OUT, "tcp/22 203.0.113.9", false, NULL);
        check(strict, PG_IN, "tcp/22 203.0.113.9", true, "p/ssh");
        check(strict, PG_IN, "udp/5300 203.0.113.9", false, NULL);
}

static void a_policy_without_ports_admits_nobody(void **state)
{
        struct pg_policy none = {0};

        (void)state;
        check(&none, PG_IN, "tcp/22 203.0.113.9", false, NULL);
        check(&none, PG_IN, "tcp/22 203.0.113.9 lo", true, NULL);
        check(&none, PG_OUT, "tcp/22 203.0.113.9", true, NULL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(anybody_is_admitted_where_it_is_open),
                cmocka_unit_test(a_port_that_nobody_claims_is_closed),
                cmocka_unit_test(a_range_has_both_its_ends),
                cmocka_unit_test(an_address_must_be_the_groups),
                cmocka_unit_test(an_interface_admits_as_an_address_does),
                cmocka_unit_test(of_several_scopes_one_is_enough),
                cmocka_unit_test(an_empty_source_admits_nobody),
                cmocka_unit_test(loopback_passes_always),
                cmocka_unit_test(a_protocol_without_ports_has_any),
                cmocka_unit_test(outbound_is_asked_only_where_it_is_strict),
                cmocka_unit_test(a_policy_without_ports_admits_nobody),
        };

        return cmocka_run_group_tests(tests, begin, end);
}
