/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stored policies from anybody: no crash, no leak, and what is accepted is a policy that compiles. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "ruleset/compile/compile.h"
#include "state/policy_json/policy_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
        if (!holds)
                abort();
}

/* The input's bytes behind its first zero byte are the one large set that there is. */
struct input {
        const uint8_t *bytes;
        size_t length;
};

static int open_bytes(const char *digest, size_t *ret_length, void *context)
{
        const struct input *input = context;

        require(strlen(digest) == PG_DIGEST_TEXT_SIZE - 1);
        if (!input->bytes)
                return -ENOENT;
        *ret_length = input->length;
        return 0;
}

static int read_bytes(void *bytes, size_t length, size_t offset, void *context)
{
        const struct input *input = context;

        require(offset <= input->length && length <= input->length - offset);
        memcpy(bytes, input->bytes + offset, length);
        return 0;
}

static int put(const char *digest, const void *bytes, size_t length, void *context)
{
        const struct input *input = context;

        (void)digest;
        require(length == input->length && memcmp(bytes, input->bytes, length) == 0);
        return 0;
}

static void check_policy(const struct pg_policy *policy, struct input *input)
{
        const struct pg_ruleset_options options = {.slot = 'a'};
        const struct pg_address_bytes bytes = {open_bytes, read_bytes, input};
        struct pg_policy *copy = NULL;
        struct pg_ruleset *ruleset = NULL;
        struct pg_error error = {0};
        char *text, *again;

        require(pg_policy_to_json(policy, put, input, &text) == 0);
        require(pg_policy_from_json(text, strlen(text), &bytes, NULL, &copy, &error) == 0);
        require(pg_policy_to_json(copy, put, input, &again) == 0);
        require(strcmp(text, again) == 0);
        require(pg_ruleset_compile(copy, &options, &ruleset, &error) == 0);
        pg_ruleset_free(ruleset);
        pg_policy_free(copy);
        free(text);
        free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const uint8_t *zero = size > 0 ? memchr(data, 0, size) : NULL;
        size_t length = zero ? (size_t)(zero - data) : size;
        struct input input = {.bytes = zero ? zero + 1 : NULL, .length = zero ? size - length - 1 : 0};
        const struct pg_address_bytes bytes = {open_bytes, read_bytes, &input};
        struct pg_policy *policy = NULL;
        struct pg_error error = {0};
        int r;

        r = pg_policy_from_json((const char *)data, length, &bytes, NULL, &policy, &error);
        require(r == error.number);
        require(r == 0 || ((r == -EBADMSG || r == -ENOTSUP) && !policy));
        for (const char *c = error.message; *c; c++)
                require((unsigned char)*c >= ' ' && *c != 0x7f);
        if (policy)
                check_policy(policy, &input);
        pg_policy_free(policy);
        return 0;
}
