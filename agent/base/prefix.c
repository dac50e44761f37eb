/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Address prefixes: read strictly, written so that they are read back. */
#include "base/prefix.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/strings.h"

/* A number of up to three digits, without the leading zeros that some programs read as octal. Returns
 * the number of bytes used, or 0. Addresses are random: nothing here branches on how many digits there
 * are, which a processor would guess wrong once for every octet of a long list. */
static inline size_t parse_number(const char *text, size_t length, unsigned max, unsigned *ret)
{
        bool has_second = length > 1, has_third = length > 2;
        unsigned first, second, third, value;
        bool is_second, is_third;

        if (length == 0)
                return 0;
        first = (unsigned)text[0] - '0';
        second = (unsigned)text[has_second] - '0';
        third = (unsigned)text[has_third ? 2 : 0] - '0';
        is_second = has_second & (second < 10);
        is_third = has_third & is_second & (third < 10);
        value = first * (1 + 9U * is_second) + (second & -(unsigned)is_second);
        value = value * (1 + 9U * is_third) + (third & -(unsigned)is_third);
        if (first > 9 || value > max || (is_second & (first == 0)))
                return 0;
        *ret = value;
        return 1U + is_second + is_third;
}

/* Reads an address at the start of `text`. Returns the number of bytes used, or 0. */
static inline size_t parse_v4(const char *text, size_t length, uint8_t address[static 4])
{
        size_t at = 0, used;
        unsigned octet;

        for (int i = 0; i < 4; i++) {
                if (i > 0 && (at >= length || text[at++] != '.'))
                        return 0;
                used = parse_number(text + at, length - at, 255, &octet);
                if (used == 0)
                        return 0;
                address[i] = (uint8_t)octet;
                at += used;
        }
        return at;
}

/* The value of a hexadecimal digit plus one; 0: none. Addresses are random: a table does not branch. */
static const uint8_t hex_digits[256] = {
        ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
        ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
        ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* Up to four hexadecimal digits. Returns the number of bytes used. */
static size_t parse_group(const char *text, size_t length, unsigned *ret)
{
        unsigned value = 0;
        size_t i;

        for (i = 0; i < length && i < 4; i++) {
                uint8_t digit = hex_digits[(unsigned char)text[i]];

                if (digit == 0)
                        break;
                value = value << 4 | (digit - 1U);
        }
        *ret = value;
        return i;
}

/* RFC 4291, section 2.2. By hand, because inet_pton() takes longer than all the rest for a list of a
 * million, and wants terminated text. */
static bool parse_v6(const char *text, size_t length, uint8_t address[static 16])
{
        uint8_t bytes[16] = {0};
        size_t n = 0, gap = SIZE_MAX, at = 0;
        unsigned group;

        if (length >= 2 && text[0] == ':' && text[1] == ':') {
                gap = 0;
                at = 2;
        }
        while (at < length) {
                size_t used = parse_group(text + at, length - at, &group);

                if (used == 0 || n > 14)
                        return false;
                if (at + used < length && text[at + used] == '.') {
                        if (n > 12 || parse_v4(text + at, length - at, bytes + n) != length - at)
                                return false;
                        n += 4;
                        break;
                }
                bytes[n++] = (uint8_t)(group >> 8);
                bytes[n++] = (uint8_t)group;
                at += used;
                if (at == length)
                        break;
                if (text[at++] != ':' || at == length)
                        return false;
                if (text[at] != ':')
                        continue;
                if (gap != SIZE_MAX)
                        return false;
                gap = n;
                at++;
        }
        /* "::" stands for one group at least. */
        if (gap == SIZE_MAX ? n != 16 : n > 14)
                return false;
        memset(address, 0, 16);
        memcpy(address, bytes, gap < n ? gap : n);
        if (gap < n)
                memcpy(address + 16 - (n - gap), bytes + gap, n - gap);
        return true;
}

/* Clears the bits behind the prefix length; returns whether any was set. */
static bool mask(uint8_t *address, size_t size, unsigned length)
{
        bool cleared = false;

        for (size_t i = length / 8; i < size; i++) {
                unsigned kept = length > 8 * i ? length - 8 * (unsigned)i : 0;
                uint8_t bits = kept >= 8 ? 0xff : (uint8_t)(0xff00U >> kept);

                cleared |= (address[i] & ~bits) != 0;
                address[i] &= bits;
        }
        return cleared;
}

static bool is_mapped(const uint8_t address[static 16])
{
        static const uint8_t start[12] = {[10] = 0xff, [11] = 0xff};

        return memcmp(address, start, sizeof(start)) == 0;
}

/* The kernel never sees a packet from such an address: an element for it would match nothing. */
static void unmap(const uint8_t address[static 16], unsigned length, struct pg_prefix *ret)
{
        *ret = (struct pg_prefix){.is_v6 = true};
        if (length >= 96)
                length -= 96;
        else if (length > 32)
                return;
        ret->is_v6 = false;
        ret->length = (uint8_t)length;
        memcpy(ret->address, address + 12, 4);
        mask(ret->address, 4, length);
}

enum pg_prefix_problem pg_prefix_parse(const char *text, size_t length, struct pg_prefix *ret)
{
        struct pg_prefix prefix = {0};
        size_t end = parse_v4(text, length, prefix.address);
        unsigned bits = 32;

        if (end == 0 || (end < length && text[end] != '/')) {
                const char *slash = memchr(text, '/', length);

                end = slash ? (size_t)(slash - text) : length;
                if (!parse_v6(text, end, prefix.address))
                        return PG_PREFIX_SYNTAX;
                prefix.is_v6 = true;
                bits = 128;
        }
        if (end < length) {
                size_t rest = length - end - 1, used;

                used = parse_number(text + end + 1, rest, bits, &bits);
                if (used == 0 || used != rest)
                        return PG_PREFIX_LENGTH;
        }
        prefix.length = (uint8_t)bits;
        if (prefix.is_v6 && is_mapped(prefix.address)) {
                unmap(prefix.address, bits, ret);
                return PG_PREFIX_MAPPED;
        }
        if (mask(prefix.address, prefix.is_v6 ? 16 : 4, bits)) {
                *ret = prefix;
                return PG_PREFIX_HOST_BITS;
        }
        *ret = prefix;
        return PG_PREFIX_GOOD;
}

void pg_prefix_format(const struct pg_prefix *prefix, char buffer[static PG_PREFIX_TEXT_MAX])
{
        size_t used;

        inet_ntop(prefix->is_v6 ? AF_INET6 : AF_INET, prefix->address, buffer, PG_PREFIX_TEXT_MAX);
        if (prefix->length == (prefix->is_v6 ? 128 : 32))
                return;
        used = strlen(buffer);
        snprintf(buffer + used, PG_PREFIX_TEXT_MAX - used, "/%u", prefix->length);
}

void pg_prefix_explain(enum pg_prefix_problem problem, const char *text, size_t length,
                       const struct pg_prefix *prefix, char *buffer, size_t size)
{
        char shown[80], meant[PG_PREFIX_TEXT_MAX];
        const char *slash = text ? memchr(text, '/', length) : NULL;
        int length_max = slash && memchr(text, ':', (size_t)(slash - text)) ? 128 : 32;

        if (text)
                pg_printable(text, length, shown, sizeof(shown));
        else
                snprintf(shown, sizeof(shown), "...");
        switch (problem) {
        case PG_PREFIX_GOOD:
                snprintf(buffer, size, "'%s' is a good prefix", shown);
                break;
        case PG_PREFIX_SYNTAX:
                snprintf(buffer, size,
                         "'%s' is no address (write one as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32)",
                         shown);
                break;
        case PG_PREFIX_LENGTH:
                snprintf(buffer, size,
                         "'%s' has no right prefix length (write /0 to /%d behind the address, "
                         "without leading zeros)",
                         shown, text ? length_max : 128);
                break;
        case PG_PREFIX_HOST_BITS:
                if (!text) {
                        snprintf(buffer, size,
                                 "'%s' has address bits set behind its prefix length (clear them)",
                                 shown);
                        break;
                }
                pg_prefix_format(prefix, meant);
                snprintf(buffer, size,
                         "'%s' has address bits set behind its prefix length (did you mean %s?)", shown,
                         meant);
                break;
        case PG_PREFIX_MAPPED:
                if (!text || prefix->is_v6) {
                        snprintf(buffer, size,
                                 "'%s' is an IPv4 address written as IPv6 (write it as IPv4)", shown);
                        break;
                }
                pg_prefix_format(prefix, meant);
                snprintf(buffer, size, "'%s' is an IPv4 address written as IPv6 (did you mean %s?)",
                         shown, meant);
                break;
        }
}
