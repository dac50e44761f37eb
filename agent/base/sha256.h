/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256 (FIPS 180-4), by nettle, which uses the processor's instructions for it: groups are large. */
#ifndef PG_BASE_SHA256_H
#define PG_BASE_SHA256_H

#include <nettle/sha2.h>
#include <stddef.h>
#include <stdint.h>

#define PG_DIGEST_SIZE 32
#define PG_DIGEST_TEXT_SIZE 65 /* lower-case hexadecimal, terminated */

struct pg_digest {
        struct sha256_ctx context;
};

void pg_digest_begin(struct pg_digest *digest);
void pg_digest_add(struct pg_digest *digest, const void *data, size_t length);
/* Adds the length and the bytes of a string, so that "ab" "c" differs from "a" "bc". */
void pg_digest_add_string(struct pg_digest *digest, const char *text);
void pg_digest_add_number(struct pg_digest *digest, uint64_t number);
void pg_digest_end(struct pg_digest *digest, char text[static PG_DIGEST_TEXT_SIZE]);

#endif
