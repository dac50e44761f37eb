/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stored policies that are damaged or made up: none is believed, and each is told. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "state/policy_json/policy_json.h"
#include "unit/stored.h"

/* Reads the text, and fails unless it is damaged and the error says so. */
static void check_damaged(const char *text, size_t length, struct shelf *shelf, const char *what)
{
        struct pg_policy *policy = NULL;
        struct pg_error error = {0};
        int r = try_policy(text, length, shelf, &policy, &error);

        if (r != -EBADMSG || policy)
                fail_msg("accepted: %s", what);
        assert_int_equal(error.number, -EBADMSG);
        assert_int_equal(strncmp(error.message, "the stored policy is damaged: ", 30), 0);
}

static void every_cut_is_noticed(void **state)
{
        struct pg_policy *policy = make_small();
        struct shelf shelf = {0};
        char *text = write_policy(policy, &shelf);

        (void)state;
        for (size_t length = 0; length < strlen(text); length++)
                check_damaged(text, length, &shelf, "a beginning");
        pg_policy_free(policy);
        free(text);
}

/* What is still accepted is a policy as any other. */
static void check_accepted(const struct pg_policy *policy)
{
        struct shelf shelf = {0};
        char *text = write_policy(policy, &shelf), *again;
        struct pg_policy *copy = read_policy(text, &shelf);

        again = write_policy(copy, &shelf);
        assert_string_equal(text, again);
        free(text);
        free(again);
        pg_policy_free(copy);
}

static void flipped_bytes(void **state)
{
        static const char flips[] = {0x01, 0x02, 0x10, 0x20, (char)0x80, 0x7f};
        struct pg_policy *policy = make_small();
        struct shelf shelf = {0};
        char *text = write_policy(policy, &shelf);
        size_t length = strlen(text), accepted = 0;

        (void)state;
        for (size_t i = 0; i < length * sizeof(flips); i++) {
                struct pg_policy *copy = NULL;
                struct pg_error error = {0};

                text[i / sizeof(flips)] ^= flips[i % sizeof(flips)];
                if (try_policy(text, length, &shelf, &copy, &error) < 0) {
                        /* The one byte of the format may become a newer one's. */
                        if (error.number != -ENOTSUP)
                                assert_int_equal(error.number, -EBADMSG);
                        assert_true(strlen(error.message) > 0);
                } else {
                        check_accepted(copy);
                        pg_policy_free(copy);
                        accepted++;
                }
                text[i / sizeof(flips)] ^= flips[i % sizeof(flips)];
        }
        /* In names and summaries, mostly. */
        assert_true(accepted < length * sizeof(flips) / 2);
        pg_policy_free(policy);
        free(text);
}

/* The text with the first `from` replaced. The caller frees it. */
static char *edit(const char *text, const char *from, const char *to)
{
        const char *at = strstr(text, from);
        char *edited = NULL;

        if (!at)
                fail_msg("no %s in %s", from, text);
        assert_true(asprintf(&edited, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) > 0);
        return edited;
}

static void edited_texts(void **state)
{
        static const char *const edits[][2] = {
                {"\"format\":1", "\"format\":0"},
                {"\"format\":1", "\"format\":4294967296"},
                {"\"format\":1", "\"format\":\"1\""},
                {"\"format\":1,", ""},
                {"\"format\":1", "\"format\":1,\"more\":1"},
                {"\"format\":1", "\"format\":1,\"format\":1"},
                {"\"egress_strict\":false", "\"egress_strict\":0"},
                {"\"profiles\":[\"p\"]", "\"profiles\":[1]"},
                {"\"profiles\":[\"p\"]", "\"profiles\":[\"\"]"},
                {"\"profiles\":[\"p\"]", "\"profiles\":[\"\\u001b[2J\"]"},
                {"\"profiles\":[\"p\"]", "\"profiles\":{}"},
                {"\"profiles\":[\"p\"]", "\"profiles\":null"},
                {"\"ping\":{", "\"ping\":{\"x\":0,"},
                {"\"count\":10", "\"count\":-10"},
                {"\"count\":10", "\"count\":99999999999"},
                {"\"seconds\":1", "\"seconds\":2"},
                {"\"seconds\":1", "\"seconds\":0"},
                {"\"tcp/80\"", "\"tcp/81\""},
                {"\"tcp/80\"", "\"tcp/080\""},
                {"\"tcp/80\"", "\"tcp/0\""},
                {"\"tcp/80\"", "\"tcp/80-90\""},
                {"\"tcp/80\"", "\"tcp/90-80\""},
                {"\"tcp/80\"", "\"udp/80\""},
                {"\"tcp/80\"", "\"tcp/80-80\""},
                {"\"tcp/80\"", "80"},
                {"\"protocol/gre\"", "\"protocol/47\""},
                {"\"direction\":\"in\"", "\"direction\":\"out\""},
                {"\"direction\":\"in\"", "\"direction\":\"sideways\""},
                {"\"services\":[0]", "\"services\":[]"},
                {"\"services\":[0]", "\"services\":[99]"},
                {"\"services\":[0]", "\"services\":[0,0]"},
                {"\"services\":[0]", "\"services\":[1,0]"},
                {"\"services\":[0]", "\"services\":[-1]"},
                {"\"services\":[0]", "\"services\":0"},
                {"\"name\":\"p/a\"", "\"name\":null"},
                {"\"name\":\"p/d\"", "\"name\":\"\""},
                {"\"ports\":\"tcp/90\"", "\"ports\":90"},
                {"\"line\":", "\"line\":-"},
                {"\"line\":", "\"line\":99999999999"},
                {"\"column\":", "\"column\":0."},
                {"\"file\":\"", "\"file\":\"\\u0000"},
                {"\"file\":\"", "\"file\":{},\"x\":\""},
                {"\"any\":false", "\"any\":true"},
                {"\"any\":false", "\"any\":null"},
                {"\"label\":\"any\"", "\"label\":\"\""},
                {"\"label\":\"any\"", "\"label\":\"\\u202eany\""},
                {"[\"cni*\",\"eth0\"]", "[\"eth0\",\"cni*\"]"},
                {"[\"cni*\",\"eth0\"]", "[\"eth0\",\"eth0\"]"},
                {"[\"cni*\",\"eth0\"]", "[\"eth/0\"]"},
                {"[\"cni*\",\"eth0\"]", "\"eth0\""},
                {"[\"10.0.0.0/8\"", "[\"10.0.0.1/8\""},
                {"[\"10.0.0.0/8\"", "[\"10.0.0.0/08\""},
                {"[\"10.0.0.0/8\"", "[\"10.0.0.0/33\""},
                {"[\"10.0.0.0/8\"", "[\"10.0.0.0-10.255.255.255\""},
                {"[\"10.0.0.0/8\"", "[\"10.0.0.9-10.0.0.5\""},
                {"[\"10.0.0.0/8\"", "[\"10.0.0.0/8\",\"11.0.0.0/8\""},
                {"[\"10.0.0.0/8\"", "[\"200.0.0.0/8\""},
                {"[\"10.0.0.0/8\"", "[\"10.0.0.0/8\\u0000\""},
                {"[\"10.0.0.0/8\"", "[\"2001:d00::/64\",\"10.0.0.0/8\""},
                {"[\"10.0.0.0/8\"", "[\"2001:DB8::/64\""},
                {"[\"10.0.0.0/8\"", "[\"\""},
                {"[\"10.0.0.0/8\"", "[10"},
                {"\"text\":\"10.0.0.0/8\"", "\"text\":\"10.0.0.1/8\""},
                {"\"text\":\"10.0.0.0/8\"", "\"text\":\"\""},
                {"\"text\":\"10.0.0.0/8\"", "\"text\":\"%a/b\""},
                {"\"text\":\"10.0.0.0/8\"", "\"text\":null"},
                {"\"scope\":\"g\"", "\"scope\":\"\""},
                {"\"origins\":[", "\"origins\":[1,"},
                {"\"beaten\":[", "\"beaten\":[1,"},
                {"\"beaten\":[]", "\"beaten\":[{\"ports\":\"tcp/1\",\"service\":99}]"},
                {"\"beaten\":[]", "\"beaten\":{}"},
        };
        struct pg_policy *policy = make_small();
        struct shelf shelf = {0};
        char *text = write_policy(policy, &shelf);

        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(edits); i++) {
                char *edited = edit(text, edits[i][0], edits[i][1]);

                check_damaged(edited, strlen(edited), &shelf, edits[i][1]);
                free(edited);
        }
        pg_policy_free(policy);
        free(text);
}

/* Whatever else it has. */
static void a_newer_format_is_no_damage(void **state)
{
        static const char *const newer[] = {"\"format\":2", "\"format\":4294967295,\"more\":{}"};
        struct pg_policy *policy = make_small(), *read = NULL;
        struct shelf shelf = {0};
        char *text = write_policy(policy, &shelf);

        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(newer); i++) {
                char *edited = edit(text, "\"format\":1", newer[i]);
                struct pg_error error = {0};

                assert_int_equal(try_policy(edited, strlen(edited), &shelf, &read, &error), -ENOTSUP);
                assert_null(read);
                assert_non_null(strstr(error.message, "written by a newer portguard"));
                free(edited);
        }
        pg_policy_free(policy);
        free(text);
}

/* The bytes of a large set, changed and with their digest made right again. */
static void check_bytes_damaged(const char *text, struct shelf *shelf, size_t at, uint8_t value,
                                size_t length)
{
        struct shelf changed = {.n = 1};
        uint8_t bytes[1024];
        struct pg_digest digest;
        char *edited;

        assert_true(length <= sizeof(bytes));
        memcpy(bytes, shelf->items[0].bytes, length);
        bytes[at] = value;
        changed.items[0].bytes = bytes;
        changed.items[0].length = length;
        pg_digest_begin(&digest);
        pg_digest_add(&digest, bytes, length);
        pg_digest_end(&digest, changed.items[0].digest);
        edited = edit(text, shelf->items[0].digest, changed.items[0].digest);
        check_damaged(edited, strlen(edited), &changed, "bytes");
        free(edited);
        /* And with the digest as it was. */
        memcpy(changed.items[0].digest, shelf->items[0].digest, PG_DIGEST_TEXT_SIZE);
        check_damaged(text, strlen(text), &changed, "bytes of another digest");
}

static void large_sets_are_not_believed(void **state)
{
        struct pg_policy *policy = make_small();
        size_t group = group_of(policy);
        struct shelf shelf = {0}, empty = {0}, failing = {.failure = -EIO};
        char *text, *edited;

        (void)state;
        pg_addresses_done(&policy->sources[group].addresses);
        for (uint32_t i = 0; i < 65; i++)
                add_range(policy, group, 0x0a000000 + 16 * i, 0x0a000000 + 16 * i + 3);
        text = write_policy(policy, &shelf);
        check_bytes_damaged(text, &shelf, 3, 66, shelf.items[0].length);    /* another count */
        check_bytes_damaged(text, &shelf, 7, 1, shelf.items[0].length);     /* of IPv6 too */
        check_bytes_damaged(text, &shelf, 11, 4, shelf.items[0].length);    /* first behind last */
        check_bytes_damaged(text, &shelf, 15, 15, shelf.items[0].length);   /* adjacent */
        check_bytes_damaged(text, &shelf, 15, 99, shelf.items[0].length);   /* overlapping */
        check_bytes_damaged(text, &shelf, 0, 0, shelf.items[0].length - 1); /* cut */
        check_bytes_damaged(text, &shelf, 0, 0, 7);                         /* cut in the counts */
        /* Other addresses that are in order are noticed too. */
        shelf.items[0].bytes[15]--;
        check_damaged(text, strlen(text), &shelf, "other addresses");
        shelf.items[0].bytes[15]++;
        pg_policy_free(read_policy(text, &shelf));
        check_damaged(text, strlen(text), &empty, "no bytes");
        edited = edit(text, "\"v4\":65", "\"v4\":66");
        check_damaged(edited, strlen(edited), &shelf, "a count that is wrong");
        free(edited);
        edited = edit(text, "\"digest\":\"", "\"digest\":\"../");
        check_damaged(edited, strlen(edited), &shelf, "no digest");
        free(edited);
        /* What the callee says is passed on. */
        assert_int_equal(try_policy(text, strlen(text), &failing, &(struct pg_policy *){0}, NULL),
                         -EIO);
        assert_int_equal(pg_policy_to_json(policy, shelf_put, &failing, &edited), -EIO);
        shelf_done(&shelf);
        pg_policy_free(policy);
        free(text);
}

static void file_names_of_any_bytes(void **state)
{
        struct pg_policy *policy = make_small(), *copy;
        struct shelf shelf = {0};
        char *text, *edited;

        (void)state;
        free(policy->services[0].file);
        policy->services[0].file = strdup("/srv/\xff\xfe \"\\/p.yaml");
        text = write_policy(policy, &shelf);
        copy = read_policy(text, &shelf);
        assert_string_equal(copy->services[0].file, policy->services[0].file);
        pg_policy_free(copy);
        edited = edit(text, "{\"hex\":\"", "{\"hex\":\"00");
        check_damaged(edited, strlen(edited), &shelf, "a zero byte");
        free(edited);
        edited = edit(text, "{\"hex\":\"", "{\"hex\":\"A0");
        check_damaged(edited, strlen(edited), &shelf, "a capital");
        free(edited);
        edited = edit(text, "fffe", "");
        check_damaged(edited, strlen(edited), &shelf, "a name that needs no such form");
        free(edited);
        edited = edit(text, "fffe", "f");
        check_damaged(edited, strlen(edited), &shelf, "half a byte");
        free(edited);
        pg_policy_free(policy);
        free(text);
}

static size_t allocations_left;

static void *allocate(size_t size)
{
        return allocations_left > 0 ? allocations_left--, malloc(size) : NULL;
}

/* Each allocation of jansson's fails once: told as such, and nothing is lost. */
static void memory_that_is_short(void **state)
{
        struct pg_policy *policy = make_small();
        struct shelf shelf = {0};
        char *text = write_policy(policy, &shelf), *again = NULL;
        size_t n;

        (void)state;
        json_set_alloc_funcs(allocate, free);
        for (n = 0;; n++) {
                allocations_left = n;
                if (pg_policy_to_json(policy, shelf_put, &shelf, &again) == 0)
                        break;
                assert_null(again);
        }
        assert_true(n > 100);
        assert_string_equal(text, again);
        free(again);
        for (n = 0;; n++) {
                struct pg_policy *copy = NULL;
                struct pg_error error = {0};
                int r;

                allocations_left = n;
                r = try_policy(text, strlen(text), &shelf, &copy, &error);
                pg_policy_free(copy);
                if (r == 0)
                        break;
                assert_int_equal(r, error.number);
                assert_true(strlen(error.message) > 0);
        }
        assert_true(n > 100);
        json_set_alloc_funcs(malloc, free);
        pg_policy_free(policy);
        free(text);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_cut_is_noticed),
                cmocka_unit_test(flipped_bytes),
                cmocka_unit_test(edited_texts),
                cmocka_unit_test(a_newer_format_is_no_damage),
                cmocka_unit_test(large_sets_are_not_believed),
                cmocka_unit_test(file_names_of_any_bytes),
                cmocka_unit_test(memory_that_is_short),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
