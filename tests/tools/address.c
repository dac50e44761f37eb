/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tools share. */
#include "tools/address.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void must(int ok, const char *what)
{
        if (ok)
                return;
        fprintf(stderr, "%s: %s\n", what, strerror(errno));
        exit(99);
}

socklen_t parse_address(const char *text, unsigned port, struct sockaddr_storage *ret)
{
        const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_DGRAM};
        struct addrinfo *found = NULL;
        char service[16];
        socklen_t length;

        snprintf(service, sizeof(service), "%u", port);
        errno = EINVAL;
        must(getaddrinfo(text, service, &hints, &found) == 0, text);
        length = found->ai_addrlen;
        memcpy(ret, found->ai_addr, length);
        freeaddrinfo(found);
        return length;
}

size_t parse_bytes(const char *text, uint8_t *bytes, size_t size)
{
        size_t n = 0;

        for (; text[0] != '\0' && text[1] != '\0' && n < size; text += 2) {
                const char digits[] = {text[0], text[1], '\0'};

                bytes[n++] = (uint8_t)strtoul(digits, NULL, 16);
        }
        return n;
}

uint32_t checksum_add(uint32_t sum, const void *data, size_t length)
{
        const uint8_t *bytes = data;

        for (size_t i = 0; i < length; i++)
                sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
        return sum;
}

uint16_t checksum_fold(uint32_t sum)
{
        while (sum >> 16)
                sum = (sum & 0xffff) + (sum >> 16);
        return (uint16_t)~sum;
}

long now_ms(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * 1000L + now.tv_nsec / 1000000L;
}
