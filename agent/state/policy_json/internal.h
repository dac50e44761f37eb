/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of state/policy_json/ share. */
#ifndef PG_STATE_POLICY_JSON_INTERNAL_H
#define PG_STATE_POLICY_JSON_INTERNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sha256.h"
#include "state/policy_json/policy_json.h"

/* A set of addresses as bytes, the same on every machine: how many IPv4 ranges and how many IPv6 ranges
 * there are (4 bytes each), then the IPv4 ranges (first and last, 4 bytes each), then the IPv6 ranges
 * (16 bytes each). All numbers are in network byte order, and both ends of a range are in it.
 *
 * Writes normalised addresses into fresh memory that the caller frees. 0 or -ENOMEM. */
int pg_addresses_to_bytes(const struct pg_addresses *addresses, uint8_t **ret, size_t *ret_length);

/* Reads them to where they stay; the caller ends the addresses. Their digest may be another than the
 * one they are kept by: `found` is what it is. -EBADMSG: they are cut, or not sorted, disjoint and
 * non-adjacent; -ENOMEM; or what `open` or `read` returned. */
int pg_addresses_read(const struct pg_address_bytes *bytes, const char *digest,
                      struct pg_addresses *ret, char found[static PG_DIGEST_TEXT_SIZE]);

/* Whether the ranges are as pg_addresses_normalise() leaves them. */
bool pg_addresses_are_normalised(const struct pg_addresses *addresses);

/* Reads one range as pg_range_format() writes it, and in no other spelling, and appends it. 0, -EBADMSG
 * or -ENOMEM. */
int pg_addresses_add_text(struct pg_addresses *addresses, const char *text);

/* Address sets of more ranges than this are kept outside the text, by digest. */
#define PG_POLICY_JSON_INLINE_MAX 64

/* Raised when the text has other parts, or they mean something else: those who only know the older ones
 * then say so, and do not call it damaged. The older ones are read for ever. */
#define PG_POLICY_JSON_FORMAT 1

/* What a text of a policy may be. */
enum pg_text_kind {
        PG_TEXT_NAME,    /* one printable line, not empty, of at most PG_TEXT_NAME_MAX bytes */
        PG_TEXT_LABEL,   /* the same, as long as it likes: scopes joined */
        PG_TEXT_SUMMARY, /* the same; may be empty, or missing */
        PG_TEXT_FILE,    /* any bytes, not empty; may be missing */
};
#define PG_TEXT_NAME_MAX 255
#define PG_TEXT_MAX (1024 * 1024)

/* What the parts of the reader work at. */
struct pg_reading {
        const struct pg_address_bytes *bytes;
        const struct pg_site *guess; /* whose groups stand for large sets; or NULL */
        struct pg_policy *policy;
        struct pg_error *error;
};

/* Tells what is wrong with the text. Returns -EBADMSG. */
int pg_reading_damaged(const struct pg_reading *reading, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* The texts of a policy. */
bool pg_text_is_utf8(const char *text);
/* Reads a member of an object, or an array's item where `key` is NULL, into fresh memory. `where` and
 * `index` name the object in the error. */
int pg_read_text(const struct pg_reading *reading, const json_t *value, enum pg_text_kind kind,
                 const char *where, size_t index, char **ret);

/* The sources, with their addresses. */
int pg_read_sources(const struct pg_reading *reading, const json_t *array);
/* policy_json_origin.c: what the scopes were written as. */
int pg_read_origins(const struct pg_reading *reading, const json_t *array);
/* Reads file, line and column of an object. */
int pg_read_place(const struct pg_reading *reading, const json_t *object, const char *where,
                  size_t index, char **ret_file, unsigned *ret_line, unsigned *ret_column);
/* Reads a whole number of 0 to `max`. */
bool pg_read_number(const json_t *value, uint64_t max, uint64_t *ret);

#endif
