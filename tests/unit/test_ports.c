/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports and protocols. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/ports.h"

static const struct {
        const char *text;
        uint8_t protocol;
        uint16_t first, last;
        const char *back; /* NULL: as it was */
} good[] = {
        {"tcp/1", IPPROTO_TCP, 1, 1, NULL},
        {"tcp/65535", IPPROTO_TCP, 65535, 65535, NULL},
        {"tcp/443-443", IPPROTO_TCP, 443, 443, "tcp/443"},
        {"udp/50000-51000", IPPROTO_UDP, 50000, 51000, NULL},
        {"sctp/1-65535", IPPROTO_SCTP, 1, 65535, NULL},
        {"udplite/5", IPPROTO_UDPLITE, 5, 5, NULL},
        {"protocol/gre", 47, 0, 65535, NULL},
        {"protocol/47", 47, 0, 65535, "protocol/gre"},
        {"protocol/esp", 50, 0, 65535, NULL},
        {"protocol/ah", 51, 0, 65535, NULL},
        {"protocol/ipip", 4, 0, 65535, NULL},
        {"protocol/vrrp", 112, 0, 65535, NULL},
        {"protocol/ospf", 89, 0, 65535, NULL},
        {"protocol/255", 255, 0, 65535, NULL},
};

static void test_good(void **state)
{
        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(good); i++) {
                struct pg_ports ports;
                char text[PG_PORTS_TEXT_MAX];
                const char *problem = pg_ports_parse(good[i].text, &ports);

                if (problem)
                        fail_msg("%s: %s", good[i].text, problem);
                assert_int_equal(ports.protocol, good[i].protocol);
                assert_int_equal(ports.first, good[i].first);
                assert_int_equal(ports.last, good[i].last);
                pg_ports_format(&ports, text);
                assert_string_equal(text, good[i].back ? good[i].back : good[i].text);
        }
}

/* The word that the advice must hold. */
static const struct {
        const char *text, *word;
} bad[] = {
        {"", "PROTOCOL/PORT"},
        {"443", "PROTOCOL/PORT"},
        {"tcp", "PROTOCOL/PORT"},
        {"tcp/", "number"},
        {"tcp/0", "no port 0"},
        {"tcp/65536", "65535"},
        {"tcp/99999999999999999999", "65535"},
        {"tcp/080", "leading"},
        {"tcp/-1", "number"},
        {"tcp/+1", "number"},
        {"tcp/ 1", "number"},
        {"tcp/1 ", "number"},
        {"tcp/1-", "number"},
        {"tcp/1-2-3", "number"},
        {"tcp/2-1", "lower port first"},
        {"tcp/0-5", "no port 0"},
        {"tcp/1-70000", "65535"},
        {"tcp/http", "number"},
        {"TCP/1", "tcp, udp"},
        {"icmp/8", "tcp, udp"},
        {"gre/1", "protocol/NAME"},
        {"443/tcp", "tcp, udp"},
        {"protocol/", "number 1-255"},
        {"protocol/0", "1 to 255"},
        {"protocol/256", "1 to 255"},
        {"protocol/047", "1 to 255"},
        {"protocol/tcp", "has ports"},
        {"protocol/17", "has ports"},
        {"protocol/136", "has ports"},
        {"protocol/1", "ICMP"},
        {"protocol/58", "ICMP"},
        {"protocol/43", "extension header"},
        {"protocol/44", "extension header"},
        {"protocol/60", "extension header"},
        {"protocol/59", "nothing follows"},
        {"protocol/foo", "gre"},
        {"tcp/\x1b", "number"},
};

static void test_bad(void **state)
{
        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(bad); i++) {
                struct pg_ports ports = {.first = 7};
                const char *problem = pg_ports_parse(bad[i].text, &ports);

                if (!problem || !strstr(problem, bad[i].word))
                        fail_msg("'%s': %s", bad[i].text, problem ? problem : "taken");
                assert_int_equal(ports.first, 7);
        }
}

static void test_range_need_not_end(void **state)
{
        uint16_t first, last;

        (void)state;
        assert_null(pg_port_range_parse("80-903", 5, &first, &last));
        assert_int_equal(first, 80);
        assert_int_equal(last, 90);
        assert_non_null(pg_port_range_parse("80", 0, &first, &last));
}

static void test_protocols(void **state)
{
        char text[16];

        (void)state;
        assert_true(pg_protocol_has_ports(IPPROTO_SCTP));
        assert_false(pg_protocol_has_ports(IPPROTO_GRE));
        assert_int_equal(pg_protocol_with_ports("udp", 3), IPPROTO_UDP);
        assert_int_equal(pg_protocol_with_ports("udpx", 3), IPPROTO_UDP);
        assert_int_equal(pg_protocol_with_ports("gre", 3), 0);
        assert_int_equal(pg_protocol_with_ports("", 0), 0);
        pg_protocol_format(99, text, sizeof(text));
        assert_string_equal(text, "99");
        pg_protocol_format(IPPROTO_GRE, text, sizeof(text));
        assert_string_equal(text, "gre");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_good),
                cmocka_unit_test(test_bad),
                cmocka_unit_test(test_range_need_not_end),
                cmocka_unit_test(test_protocols),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
