/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the writer and the reader of policies as JSON share. */
#ifndef PG_STATE_POLICY_JSON_PARTS_H
#define PG_STATE_POLICY_JSON_PARTS_H

#include <jansson.h>
#include <stdbool.h>

#include "portguard/error.h"
#include "state/policy_json/policy_json.h"

/* Raised when the text's meaning changes. */
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

/* policy_json_text.c: the texts of a policy. */
bool pg_text_is_utf8(const char *text);
/* Reads a member of an object, or an array's item where `key` is NULL, into fresh memory. `where` and
 * `index` name the object in the error. */
int pg_read_text(const struct pg_reading *reading, const json_t *value, enum pg_text_kind kind,
                 const char *where, size_t index, char **ret);

/* policy_json_source.c: the sources, with their addresses. */
int pg_read_sources(const struct pg_reading *reading, const json_t *array);
/* policy_json_origin.c: what the scopes were written as. */
int pg_read_origins(const struct pg_reading *reading, const json_t *array);
/* Reads file, line and column of an object. */
int pg_read_place(const struct pg_reading *reading, const json_t *object, const char *where,
                  size_t index, char **ret_file, unsigned *ret_line, unsigned *ret_column);
/* Reads a whole number of 0 to `max`. */
bool pg_read_number(const json_t *value, uint64_t max, uint64_t *ret);

#endif
