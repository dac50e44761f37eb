/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies as JSON: where their large sets are put, and a small policy that has some of everything. */
#include "unit/stored.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "state/policy_json/policy_json.h"

int shelf_put(const char *digest, const void *bytes, size_t length, void *context)
{
        struct shelf *shelf = context;

        if (shelf->failure < 0)
                return shelf->failure;
        assert_true(shelf->n < PG_ELEMENTSOF(shelf->items));
        assert_int_equal(strlen(digest), PG_DIGEST_TEXT_SIZE - 1);
        memcpy(shelf->items[shelf->n].digest, digest, PG_DIGEST_TEXT_SIZE);
        shelf->items[shelf->n].bytes = malloc(length);
        memcpy(shelf->items[shelf->n].bytes, bytes, length);
        shelf->items[shelf->n++].length = length;
        return 0;
}

static int shelf_open(const char *digest, size_t *ret_length, void *context)
{
        struct shelf *shelf = context;

        if (shelf->failure < 0)
                return shelf->failure;
        for (size_t i = 0; i < shelf->n; i++)
                if (strcmp(shelf->items[i].digest, digest) == 0) {
                        shelf->opened = i;
                        *ret_length = shelf->items[i].length;
                        return 0;
                }
        return -ENOENT;
}

static int shelf_read(void *bytes, size_t length, size_t offset, void *context)
{
        const struct shelf *shelf = context;

        assert_true(offset + length <= shelf->items[shelf->opened].length);
        memcpy(bytes, shelf->items[shelf->opened].bytes + offset, length);
        return 0;
}

int try_policy(const char *text, size_t length, struct shelf *shelf, struct pg_policy **ret,
               struct pg_error *error)
{
        const struct pg_address_bytes bytes = {shelf_open, shelf_read, shelf};

        return pg_policy_from_json(text, length, &bytes, NULL, ret, error);
}

void shelf_done(struct shelf *shelf)
{
        for (size_t i = 0; i < shelf->n; i++)
                free(shelf->items[i].bytes);
        *shelf = (struct shelf){0};
}

char *write_policy(const struct pg_policy *policy, struct shelf *shelf)
{
        char *text = NULL;

        assert_int_equal(pg_policy_to_json(policy, shelf_put, shelf, &text), 0);
        assert_non_null(text);
        return text;
}

struct pg_policy *read_policy(const char *text, struct shelf *shelf)
{
        struct pg_policy *policy = NULL;
        struct pg_error error = {0};

        if (try_policy(text, strlen(text), shelf, &policy, &error) < 0)
                fail_msg("%s\nin %.2000s", error.message, text);
        return policy;
}

struct pg_policy *make_small(void)
{
        static const char profile[] =
                "name: p\nsummary: P\ninclude: [base]\ngroups: {g: {summary: G, default: none}}\n"
                "services:\n"
                "  a: {summary: \"Ä \\\\ <b>\", ports: [tcp/80, udp/1000-2000], "
                "from: [g, 192.0.2.1]}\n"
                "  b: {summary: B, ports: [protocol/gre], from: any}\n"
                "  c: {summary: C, ports: [tcp/81], from: local}\n"
                "  d: {summary: D, ports: [tcp/90], from: any, required: false}\n";
        struct pg_policy *policy;
        char *text;

        policy = MAKE_POLICY("groups: {g: {addresses: [10.0.0.0/8, 192.0.2.8/30, 192.0.2.12/31, "
                             "\"2001:db8::/64\"], interfaces: [eth0, \"cni*\"]}}\n",
                             &text, profile);
        if (!policy)
                fail_msg("%s", text);
        free(text);
        return policy;
}

void add_range(struct pg_policy *policy, size_t source, uint32_t first, uint32_t last)
{
        const uint8_t low[] = {first >> 24, first >> 16 & 255, first >> 8 & 255, first & 255};
        const uint8_t high[] = {last >> 24, last >> 16 & 255, last >> 8 & 255, last & 255};

        assert_int_equal(pg_addresses_add_range(&policy->sources[source].addresses, false, low, high),
                         0);
}

size_t group_of(const struct pg_policy *policy)
{
        for (size_t i = 0; i < policy->n_sources; i++)
                if (policy->sources[i].n_interfaces > 0)
                        return i;
        fail_msg("no group");
        return 0;
}
