/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Protocols and port ranges: "tcp/443", "udp/50000-51000", "protocol/gre". */
#ifndef PG_BASE_PORTS_H
#define PG_BASE_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PG_PORTS_TEXT_MAX 40

/* A protocol without ports has the range 0-65535: the key's port field then matches whatever the
 * packet has there. */
struct pg_ports {
        uint8_t protocol; /* IPPROTO_* */
        uint16_t first, last;
};

/* Whether the protocol has ports where TCP has them: tcp, udp, udplite, sctp. */
bool pg_protocol_has_ports(uint8_t protocol);

/* Whether it is udp or udplite. */
bool pg_is_datagram(uint8_t protocol);

/* The number of a protocol that has ports, by name; 0 for any other name. */
uint8_t pg_protocol_with_ports(const char *name, size_t length);

/* Parses "443" or "30000-32767". Returns NULL, or what is wrong with it and how to repair it (static).
 */
const char *pg_port_range_parse(const char *text, size_t length, uint16_t *ret_first,
                                uint16_t *ret_last);

/* Parses a whole "tcp/443", "udp/50000-51000" or "protocol/gre". Returns NULL, or the problem (static).
 */
const char *pg_ports_parse(const char *text, struct pg_ports *ret);

/* Writes "tcp/443", "udp/1000-2000", "protocol/gre"; pg_ports_parse() reads it back. */
void pg_ports_format(const struct pg_ports *ports, char buffer[static PG_PORTS_TEXT_MAX]);

/* "tcp", "gre", or a number in decimal. */
void pg_protocol_format(uint8_t protocol, char *buffer, size_t size);

#endif
