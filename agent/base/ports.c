/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Protocols and port ranges, read strictly and written back. */
#include "base/ports.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define IPPROTO_VRRP 112
#define IPPROTO_OSPF 89

struct protocol {
        const char *name;
        uint8_t number;
        bool has_ports;
};

static const struct protocol protocols[] = {
        {"tcp", IPPROTO_TCP, true},    {"udp", IPPROTO_UDP, true},
        {"sctp", IPPROTO_SCTP, true},  {"udplite", IPPROTO_UDPLITE, true},
        {"gre", IPPROTO_GRE, false},   {"esp", IPPROTO_ESP, false},
        {"ah", IPPROTO_AH, false},     {"ipip", IPPROTO_IPIP, false},
        {"vrrp", IPPROTO_VRRP, false}, {"ospf", IPPROTO_OSPF, false},
};

bool pg_protocol_has_ports(uint8_t protocol)
{
        return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE ||
               protocol == IPPROTO_SCTP;
}

static const struct protocol *protocol_by_name(const char *name, size_t length)
{
        for (size_t i = 0; i < PG_ELEMENTSOF(protocols); i++)
                if (strlen(protocols[i].name) == length && memcmp(protocols[i].name, name, length) == 0)
                        return &protocols[i];
        return NULL;
}

uint8_t pg_protocol_with_ports(const char *name, size_t length)
{
        const struct protocol *protocol = protocol_by_name(name, length);

        return protocol && protocol->has_ports ? protocol->number : 0;
}

/* Up to five digits, and nothing else. */
static bool parse_number(const char *text, size_t length, unsigned *ret)
{
        unsigned value = 0;

        if (length == 0 || length > 5)
                return false;
        for (size_t i = 0; i < length; i++) {
                if (text[i] < '0' || text[i] > '9')
                        return false;
                value = value * 10 + (unsigned)(text[i] - '0');
        }
        *ret = value;
        return true;
}

bool pg_is_datagram(uint8_t protocol)
{
        return protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE;
}

static bool is_all_digits(const char *text, size_t length)
{
        for (size_t i = 0; i < length; i++)
                if (text[i] < '0' || text[i] > '9')
                        return false;
        return length > 0;
}

static const char *parse_port(const char *text, size_t length, unsigned *ret)
{
        if (!is_all_digits(text, length))
                return "a port is a number, or a range written LOWEST-HIGHEST (443, 30000-32767)";
        if (length > 1 && text[0] == '0')
                return "a port is written without leading zeros";
        if (!parse_number(text, length, ret) || *ret > 65535)
                return "the highest port is 65535";
        if (*ret == 0)
                return "there is no port 0 (write a port from 1 to 65535)";
        return NULL;
}

const char *pg_port_range_parse(const char *text, size_t length, uint16_t *ret_first,
                                uint16_t *ret_last)
{
        const char *dash = memchr(text, '-', length), *problem;
        size_t first_length = dash ? (size_t)(dash - text) : length;
        unsigned first, last;

        problem = parse_port(text, first_length, &first);
        if (problem)
                return problem;
        last = first;
        if (dash) {
                problem = parse_port(dash + 1, length - first_length - 1, &last);
                if (problem)
                        return problem;
        }
        if (last < first)
                return "the range is reversed (write the lower port first)";
        *ret_first = (uint16_t)first;
        *ret_last = (uint16_t)last;
        return NULL;
}

static const char *parse_protocol(const char *text, size_t length, struct pg_ports *ret)
{
        const struct protocol *protocol = protocol_by_name(text, length);
        unsigned number;

        if (protocol) {
                number = protocol->number;
        } else {
                if (!parse_number(text, length, &number))
                        return "an IP protocol is gre, esp, ah, ipip, vrrp, ospf or a number 1-255";
                if (text[0] == '0' || number > 255)
                        return "the number of an IP protocol is 1 to 255, without leading zeros";
        }
        if (pg_protocol_has_ports((uint8_t)number))
                return "this protocol has ports (write tcp/PORT, udp/PORT, sctp/PORT or udplite/PORT)";
        if (number == IPPROTO_ICMP || number == IPPROTO_ICMPV6)
                return "what is needed of ICMP is always open: leave this out";
        if (number == IPPROTO_ROUTING || number == IPPROTO_FRAGMENT || number == IPPROTO_DSTOPTS)
                return "this is an extension header of IPv6, and what stands behind it is judged: name that one";
        if (number == IPPROTO_NONE)
                return "nothing follows in such a packet (IPv6), and connection tracking takes it for invalid";
        *ret = (struct pg_ports){.protocol = (uint8_t)number, .first = 0, .last = 65535};
        return NULL;
}

const char *pg_ports_parse(const char *text, struct pg_ports *ret)
{
        const char *slash = strchr(text, '/'), *problem;
        struct pg_ports ports;
        size_t length;

        if (!slash)
                return "write PROTOCOL/PORT: tcp/443, udp/50000-51000 or protocol/gre";
        length = (size_t)(slash - text);
        if (length == strlen("protocol") && memcmp(text, "protocol", length) == 0)
                return parse_protocol(slash + 1, strlen(slash + 1), ret);
        ports.protocol = pg_protocol_with_ports(text, length);
        if (ports.protocol == 0)
                return protocol_by_name(text, length)
                               ? "this protocol has no ports (write protocol/NAME)"
                               : "the protocols with ports are tcp, udp, sctp and udplite; others are "
                                 "written protocol/NAME or protocol/NUMBER";
        problem = pg_port_range_parse(slash + 1, strlen(slash + 1), &ports.first, &ports.last);
        if (problem)
                return problem;
        *ret = ports;
        return NULL;
}

void pg_protocol_format(uint8_t protocol, char *buffer, size_t size)
{
        for (size_t i = 0; i < PG_ELEMENTSOF(protocols); i++) {
                if (protocols[i].number == protocol) {
                        snprintf(buffer, size, "%s", protocols[i].name);
                        return;
                }
        }
        snprintf(buffer, size, "%u", protocol);
}

void pg_ports_format(const struct pg_ports *ports, char buffer[static PG_PORTS_TEXT_MAX])
{
        char name[16];

        pg_protocol_format(ports->protocol, name, sizeof(name));
        if (!pg_protocol_has_ports(ports->protocol))
                snprintf(buffer, PG_PORTS_TEXT_MAX, "protocol/%s", name);
        else if (ports->first == ports->last)
                snprintf(buffer, PG_PORTS_TEXT_MAX, "%s/%u", name, ports->first);
        else
                snprintf(buffer, PG_PORTS_TEXT_MAX, "%s/%u-%u", name, ports->first, ports->last);
}
