/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One address prefix, IPv4 or IPv6. */
#ifndef PG_BASE_PREFIX_H
#define PG_BASE_PREFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PG_PREFIX_TEXT_MAX 64

struct pg_prefix {
        bool is_v6;
        uint8_t length;      /* 0-32 or 0-128 */
        uint8_t address[16]; /* network byte order; 4 bytes used for IPv4 */
};

enum pg_prefix_problem {
        PG_PREFIX_GOOD,
        PG_PREFIX_SYNTAX,    /* not an address */
        PG_PREFIX_LENGTH,    /* the prefix length is missing, not a number, or too large */
        PG_PREFIX_HOST_BITS, /* bits behind the prefix length are set; *ret holds the masked prefix */
        PG_PREFIX_MAPPED,    /* ::ffff:a.b.c.d; *ret is the IPv4 prefix meant, or is_v6: none */
};

/* Parses "10.0.0.0/8", "2001:db8::/32" or a lone address (/32, /128), `length` bytes at `text`,
 * which need not be terminated. Scope ids and leading or trailing blanks are errors. */
enum pg_prefix_problem pg_prefix_parse(const char *text, size_t length, struct pg_prefix *ret);

/* Writes the prefix as pg_prefix_parse() reads it, without the length for a single address. */
void pg_prefix_format(const struct pg_prefix *prefix, char buffer[static PG_PREFIX_TEXT_MAX]);

/* Puts the problem into words, with the advice, into `buffer` of `size` bytes. `text` NULL: without the
 * text, and without what may have been meant; `prefix` is then not looked at. */
void pg_prefix_explain(enum pg_prefix_problem problem, const char *text, size_t length,
                       const struct pg_prefix *prefix, char *buffer, size_t size);

#endif
