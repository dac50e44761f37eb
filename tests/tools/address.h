/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tools share. */
#ifndef TOOLS_ADDRESS_H
#define TOOLS_ADDRESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* Ends the program with a message where `ok` is false. */
void must(int ok, const char *what);

/* An address with a port; an IPv6 one may have %INTERFACE. Returns its length. */
socklen_t parse_address(const char *text, unsigned port, struct sockaddr_storage *ret);

/* Hexadecimal digits to bytes; returns how many. */
size_t parse_bytes(const char *text, uint8_t *bytes, size_t size);

/* The internet checksum over the bytes, continued from `sum`, not yet folded; and the folding. */
uint32_t checksum_add(uint32_t sum, const void *data, size_t length);
uint16_t checksum_fold(uint32_t sum);

/* Milliseconds of a clock that only goes forward. */
long now_ms(void);

#endif
