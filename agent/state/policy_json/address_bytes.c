/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of addresses as bytes or text to be stored, and back, with nothing taken on trust. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "state/policy_json/internal.h"

#define HEADER_SIZE 8
#define RANGE4_SIZE 8
#define RANGE6_SIZE 32
#define READ_SIZE (64UL * 1024)

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

struct reading {
        const struct pg_address_bytes *bytes;
        size_t offset;
        struct pg_digest digest;
};

/* In pieces that the processor still holds when they are digested; there is at least one byte. */
static int read_some(struct reading *reading, uint8_t *to, size_t length)
{
        int r;

        do {
                size_t some = length < READ_SIZE ? length : READ_SIZE;

                r = reading->bytes->read(to, some, reading->offset, reading->bytes->context);
                if (r >= 0)
                        pg_digest_add(&reading->digest, to, some);
                reading->offset += some;
                to += some;
                length -= some;
        } while (r >= 0 && length > 0);
        return r;
}

static int read_ranges(struct reading *reading, struct pg_addresses *addresses, size_t n_v4,
                       size_t n_v6)
{
        int r;

        if (n_v4 > 0) {
                addresses->v4 = allocate(n_v4, sizeof(*addresses->v4));
                if (!addresses->v4)
                        return -ENOMEM;
                r = read_some(reading, (uint8_t *)addresses->v4, n_v4 * RANGE4_SIZE);
                if (r < 0)
                        return r;
        }
        for (; addresses->n_v4 < n_v4; addresses->n_v4++) {
                struct pg_range4 *range = &addresses->v4[addresses->n_v4];

                *range = (struct pg_range4){.first = ntohl(range->first), .last = ntohl(range->last)};
        }
        if (n_v6 == 0)
                return 0;
        addresses->v6 = allocate(n_v6, sizeof(*addresses->v6));
        if (!addresses->v6)
                return -ENOMEM;
        addresses->n_v6 = n_v6;
        return read_some(reading, (uint8_t *)addresses->v6, n_v6 * RANGE6_SIZE);
}
_Static_assert(sizeof(struct pg_range4) == RANGE4_SIZE, "ranges are read to where they stay");

int pg_addresses_read(const struct pg_address_bytes *bytes, const char *digest,
                      struct pg_addresses *ret, char found[static PG_DIGEST_TEXT_SIZE])
{
        _cleanup_(pg_addresses_done) struct pg_addresses addresses = {0};
        struct reading reading = {.bytes = bytes};
        uint8_t header[HEADER_SIZE];
        uint32_t n_v4, n_v6;
        size_t length;
        int r = bytes->open(digest, &length, bytes->context);

        if (r < 0)
                return r;
        if (length < HEADER_SIZE)
                return -EBADMSG;
        pg_digest_begin(&reading.digest);
        r = read_some(&reading, header, sizeof(header));
        if (r < 0)
                return r;
        n_v4 = get_number(header);
        n_v6 = get_number(header + 4);
        if (length != HEADER_SIZE + (uint64_t)n_v4 * RANGE4_SIZE + (uint64_t)n_v6 * RANGE6_SIZE)
                return -EBADMSG;
        r = read_ranges(&reading, &addresses, n_v4, n_v6);
        if (r < 0)
                return r;
        pg_digest_end(&reading.digest, found);
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
