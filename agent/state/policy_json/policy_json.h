/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A policy as canonical JSON: equal policies give equal bytes, and come back equal, places included.
 * Keys are sorted and there is no white space. Texts stand as they are; one that is no UTF-8, as a
 * file's name may be, is {"hex": "2f..."}. Address sets of more than PG_POLICY_JSON_INLINE_MAX ranges
 * are
 * {"digest": SHA-256, "v4": COUNT, "v6": COUNT} of bytes that are kept elsewhere (internal.h).
 */
#ifndef PG_STATE_POLICY_JSON_POLICY_JSON_H
#define PG_STATE_POLICY_JSON_POLICY_JSON_H

#include <stddef.h>

#include "policy/policy.h"
#include "profile/site/site.h"

/* Where they are kept, by digest. */
struct pg_address_bytes {
        /* Opens those of a digest, for `read`, and closes those that were open. -ENOENT: there are
         * none. */
        int (*open)(const char *digest, size_t *ret_length, void *context);
        /* Reads some of them: `offset` and `length` lie within. */
        int (*read)(void *bytes, size_t length, size_t offset, void *context);
        void *context;
};

/* Writes the text into fresh memory that the caller frees. Of an address set that is too large,
 * `put` is called with its digest and its bytes, and must keep them; a negative value of it ends the
 * writing and is returned. 0, -ENOMEM or what `put` returned. */
int pg_policy_to_json(const struct pg_policy *policy,
                      int (*put)(const char *digest, const void *bytes, size_t length, void *context),
                      void *context, char **ret);

/* Reads such a text. Large sets are read from `bytes`, whose functions return 0 or a negative value,
 * and fill no error in. Whatever the text says, it is checked: indexes, orders, lengths and digests.
 * The caller frees the policy. -EBADMSG: the text is damaged, with what is wrong in the error.
 * -ENOTSUP: it is of a newer version ("written by ..."). What else `bytes` returns is returned, without
 * an error.
 *
 * With `guess`, groups of that site stand for the large sets that are named after them and have as many
 * ranges: it is for the caller to find out whether that was right. */
int pg_policy_from_json(const char *text, size_t length, const struct pg_address_bytes *bytes,
                        const struct pg_site *guess, struct pg_policy **ret, struct pg_error *error);

/* Reads only what the scopes were written as, into a policy that has nothing of it yet. 0, -ENOMEM, or
 * -EBADMSG with what is wrong in the error; what was read is the policy's then, too. */
int pg_policy_origins_from_json(const char *text, size_t length, struct pg_policy *policy,
                                struct pg_error *error);

#endif
