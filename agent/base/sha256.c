/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256 over values whose lengths are part of what is digested. */
#include "base/sha256.h"

#include <string.h>

void pg_digest_begin(struct pg_digest *digest)
{
        sha256_init(&digest->context);
}

void pg_digest_add(struct pg_digest *digest, const void *data, size_t length)
{
        sha256_update(&digest->context, length, data);
}

void pg_digest_add_string(struct pg_digest *digest, const char *text)
{
        size_t length = strlen(text);

        pg_digest_add_number(digest, length);
        pg_digest_add(digest, text, length);
}

void pg_digest_add_number(struct pg_digest *digest, uint64_t number)
{
        uint8_t bytes[8];

        /* The same on every machine: a digest is stored, and compared elsewhere. */
        for (int i = 0; i < 8; i++)
                bytes[i] = (uint8_t)(number >> (56 - 8 * i));
        pg_digest_add(digest, bytes, sizeof(bytes));
}

void pg_digest_end(struct pg_digest *digest, char text[static PG_DIGEST_TEXT_SIZE])
{
        static const char digits[] = "0123456789abcdef";
        uint8_t sum[PG_DIGEST_SIZE];

        sha256_digest(&digest->context, sizeof(sum), sum);
        for (size_t i = 0; i < sizeof(sum); i++) {
                text[2 * i] = digits[sum[i] >> 4];
                text[2 * i + 1] = digits[sum[i] & 15];
        }
        text[PG_DIGEST_TEXT_SIZE - 1] = '\0';
}
