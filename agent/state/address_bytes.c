/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of addresses as bytes or text to be stored, and back, with nothing taken on trust. */
#include "state/address_bytes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define HEADER_SIZE 8
#define RANGE4_SIZE 8
#define RANGE6_SIZE 32

static uint8_t *put_number(uint8_t *at, uint32_t number)
{
        number = htonl(number);
        memcpy(at, &number, sizeof(number));
        return at + sizeof(number);
}

static uint32_t get_number(const uint8_t *at)
{
        uint32_t number;

        memcpy(&number, at, sizeof(number));
        return ntohl(number);
}

int pg_addresses_to_bytes(const struct pg_addresses *addresses, uint8_t **ret, size_t *ret_length)
{
        size_t length = HEADER_SIZE + addresses->n_v4 * RANGE4_SIZE + addresses->n_v6 * RANGE6_SIZE;
        uint8_t *bytes = malloc(length), *at = bytes;

        if (!bytes)
                return -ENOMEM;
        at = put_number(at, (uint32_t)addresses->n_v4);
        at = put_number(at, (uint32_t)addresses->n_v6);
        for (size_t i = 0; i < addresses->n_v4; i++) {
                at = put_number(at, addresses->v4[i].first);
                at = put_number(at, addresses->v4[i].last);
        }
        /* In network byte order already. */
        if (addresses->n_v6 > 0)
                memcpy(at, addresses->v6, addresses->n_v6 * RANGE6_SIZE);
        *ret = bytes;
        *ret_length = length;
        return 0;
}
_Static_assert(sizeof(struct pg_range6) == RANGE6_SIZE, "ranges are copied as they are");

/* As much as pg_array_reserve() would have made, so that the array may grow. */
static void *allocate(size_t n, size_t size)
{
        size_t room = 1;

        while (room < n)
                room *= 2;
        return malloc(room * size);
}

static int read_ranges(const uint8_t *at, struct pg_addresses *addresses, size_t n_v4, size_t n_v6)
{
        if (n_v4 > 0) {
                addresses->v4 = allocate(n_v4, sizeof(*addresses->v4));
                if (!addresses->v4)
                        return -ENOMEM;
        }
        for (; addresses->n_v4 < n_v4; addresses->n_v4++, at += RANGE4_SIZE)
                addresses->v4[addresses->n_v4] =
                        (struct pg_range4){.first = get_number(at), .last = get_number(at + 4)};
        if (n_v6 == 0)
                return 0;
        addresses->v6 = allocate(n_v6, sizeof(*addresses->v6));
        if (!addresses->v6)
                return -ENOMEM;
        memcpy(addresses->v6, at, n_v6 * RANGE6_SIZE);
        addresses->n_v6 = n_v6;
        return 0;
}

int pg_addresses_from_bytes(const uint8_t *bytes, size_t length, struct pg_addresses *ret)
{
        _cleanup_(pg_addresses_done) struct pg_addresses addresses = {0};
        uint32_t n_v4, n_v6;
        int r;

        if (length < HEADER_SIZE)
                return -EBADMSG;
        n_v4 = get_number(bytes);
        n_v6 = get_number(bytes + 4);
        if (length != HEADER_SIZE + (uint64_t)n_v4 * RANGE4_SIZE + (uint64_t)n_v6 * RANGE6_SIZE)
                return -EBADMSG;
        r = read_ranges(bytes + HEADER_SIZE, &addresses, n_v4, n_v6);
        if (r < 0)
                return r;
        if (!pg_addresses_are_normalised(&addresses))
                return -EBADMSG;
        *ret = addresses;
        addresses = (struct pg_addresses){0};
        return 0;
}

/* Whether an address lies between the two, so that the ranges neither touch nor overlap. */
static bool are_apart_v6(const uint8_t last[static 16], const uint8_t first[static 16])
{
        uint8_t behind[16];
        int i = 16;

        memcpy(behind, last, 16);
        while (i > 0 && ++behind[i - 1] == 0)
                i--;
        return i > 0 && memcmp(behind, first, 16) < 0;
}

bool pg_addresses_are_normalised(const struct pg_addresses *addresses)
{
        const struct pg_range4 *v4 = addresses->v4;
        const struct pg_range6 *v6 = addresses->v6;

        for (size_t i = 0; i < addresses->n_v4; i++)
                if (v4[i].first > v4[i].last || (i > 0 && (uint64_t)v4[i - 1].last + 1 >= v4[i].first))
                        return false;
        for (size_t i = 0; i < addresses->n_v6; i++)
                if (memcmp(v6[i].first, v6[i].last, 16) > 0 ||
                    (i > 0 && !are_apart_v6(v6[i - 1].last, v6[i].first)))
                        return false;
        return true;
}

/* "FIRST", "FIRST/LENGTH" or "FIRST-LAST", loosely. */
static bool parse_range(char *text, int family, uint8_t first[static 16], uint8_t last[static 16])
{
        char *rest = text + strcspn(text, "/-"), kind = *rest, *end;
        unsigned long length, bits = family == AF_INET6 ? 128 : 32;

        *rest = '\0';
        if (inet_pton(family, text, first) != 1)
                return false;
        if (kind == '-')
                return inet_pton(family, rest + 1, last) == 1;
        memcpy(last, first, 16);
        if (kind == '\0')
                return true;
        length = strtoul(rest + 1, &end, 10);
        if (end == rest + 1 || *end || length > bits)
                return false;
        for (unsigned long bit = length; bit < bits; bit += 8 - bit % 8)
                last[bit / 8] |= (uint8_t)(0xffU >> (bit % 8));
        return true;
}

int pg_addresses_add_text(struct pg_addresses *addresses, const char *text)
{
        int family = strchr(text, ':') ? AF_INET6 : AF_INET;
        char copy[2 * INET6_ADDRSTRLEN], written[2 * INET6_ADDRSTRLEN];
        uint8_t first[16] = {0}, last[16] = {0};

        if (strlen(text) >= sizeof(copy))
                return -EBADMSG;
        memcpy(copy, text, strlen(text) + 1);
        if (!parse_range(copy, family, first, last))
                return -EBADMSG;
        pg_range_format(family, first, last, written, sizeof(written));
        if (strcmp(written, text) != 0)
                return -EBADMSG;
        return pg_addresses_add_range(addresses, family == AF_INET6, first, last);
}
