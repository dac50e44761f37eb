/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel refuses is told with what it was, the profile's place, and the advice; nothing
 * changes.
 */
#include <linux/netfilter/nf_tables.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/nft/internal.h"

static struct pg_nft *nft;
static struct pg_batch *batch;
static struct pg_error error;

/* Fails unless the message begins and goes on with these. */
static void check_message(const char *begin, const char *part)
{
        if (strncmp(error.message, begin, strlen(begin)) != 0 || !strstr(error.message, part))
                fail_msg("wanted: %s ... %s\nis: %s", begin, part, error.message);
}

static uint32_t generation(void)
{
        uint32_t id = 0;

        assert_int_equal(pg_nft_genid(nft, &id, &error), 0);
        return id;
}

static void commit_or_fail(void)
{
        if (pg_batch_commit(batch, PG_COMMIT, 0, &error) < 0)
                fail_msg("%s", error.message);
}

static void commit_refused(int number)
{
        uint32_t before = generation();

        error = (struct pg_error){0};
        assert_int_equal(pg_batch_commit(batch, PG_COMMIT, 0, &error), -number);
        assert_int_equal(error.number, -number);
        assert_int_equal(error.status, number == EPERM ? PG_STATUS_NO_PERMISSION : PG_STATUS_FAILED);
        assert_int_equal(generation(), before);
}

static struct pg_set make_ports(struct pg_element *elements, size_t n)
{
        struct pg_set set = {
                .name = "input_ports_a",
                .flags = PG_SET_INTERVAL | PG_SET_MAP | PG_SET_CONCAT,
                .key_type = (PG_TYPE_PROTOCOL << 6) | PG_TYPE_SERVICE,
                .n_fields = 2,
                .field_lengths = {1, 2},
                .key_length = 8,
                .elements = elements,
                .n_elements = n,
        };

        return set;
}

static struct pg_element make_element(uint16_t first, uint16_t last, const char *file, unsigned line,
                                      const char *comment)
{
        struct pg_element element = {
                .key = {IPPROTO_TCP},
                .key_end = {IPPROTO_TCP},
                .verdict = {.code = NF_ACCEPT},
                .comment = (char *)comment,
                .place = {.file = file, .line = line, .column = 3},
        };

        first = htons(first);
        last = htons(last);
        memcpy(element.key + 4, &first, sizeof(first));
        memcpy(element.key_end + 4, &last, sizeof(last));
        return element;
}

static int begin(void **state)
{
        (void)state;
        assert_int_equal(pg_nft_open(&nft, &error), 0);
        assert_int_equal(pg_batch_new(nft, &batch, &error), 0);
        return 0;
}

static int end(void **state)
{
        (void)state;
        pg_batch_add_table(batch);
        pg_batch_delete_table(batch);
        commit_or_fail();
        pg_batch_free(batch);
        pg_nft_close(nft);
        return 0;
}

static void elements_that_overlap_are_told_with_their_line(void **state)
{
        struct pg_element elements[] = {
                make_element(80, 80, "web.yaml", 7, "web/http"),
                make_element(100, 200, "wide.yaml", 8, "wide/range"),
                make_element(150, 250, "overlap.yaml", 9, "overlap/range"),
                make_element(443, 443, "web.yaml", 10, "web/https"),
        };
        struct pg_set set = make_ports(elements, PG_ELEMENTSOF(elements));

        (void)state;
        pg_batch_add_table(batch);
        pg_batch_add_set(batch, &set);
        pg_batch_add_elements(batch, &set);
        commit_refused(EEXIST);
        check_message("overlap.yaml:9:3: adding elements to the set input_ports_a for overlap/range: ",
                      "(EEXIST)");
        check_message("", "nft list table inet portguard");
}

/* In a message of a set of intervals each has two: its beginning, and its end. */
static void intervals_that_overlap_are_told_with_their_line(void **state)
{
        struct pg_element elements[] = {
                {.key = {10}, .key_end = {10, 255, 255, 255}, .place = {.file = "a.yaml", .line = 1}},
                {.key = {20}, .key_end = {20, 255, 255, 255}, .place = {.file = "b.yaml", .line = 2}},
                {.key = {30}, .key_end = {30, 255, 255, 255}, .place = {.file = "c.yaml", .line = 3}},
                {.key = {30, 1}, .key_end = {30, 2, 255, 255}, .place = {.file = "d.yaml", .line = 4}},
        };
        struct pg_set set = {
                .name = "cluster_v4_a",
                .flags = PG_SET_INTERVAL | PG_SET_MAP,
                .key_type = PG_TYPE_IPV4,
                .n_fields = 1,
                .field_lengths = {4},
                .key_length = 4,
                .elements = elements,
                .n_elements = PG_ELEMENTSOF(elements),
        };

        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(elements); i++)
                elements[i].verdict.code = NF_ACCEPT;
        pg_batch_add_table(batch);
        pg_batch_add_set(batch, &set);
        pg_batch_add_elements(batch, &set);
        commit_refused(EEXIST);
        check_message("d.yaml:4:", "(EEXIST)");
}

static void a_set_that_is_there_is_told(void **state)
{
        struct pg_set set = make_ports(NULL, 0);

        (void)state;
        set.place = (struct pg_place){.file = "cluster.yaml", .line = 4, .column = 5};
        pg_batch_add_table(batch);
        pg_batch_add_set(batch, &set);
        commit_or_fail();
        pg_batch_add_set(batch, &set);
        commit_refused(EEXIST);
        check_message("cluster.yaml:4:5: adding the set input_ports_a: ", "is there already");
}

static void a_chain_in_use_is_told(void **state)
{
        struct pg_chain inner = {.name = "from_cluster_a"}, outer = {.name = "input_a"};
        struct pg_rule rule = {0};

        (void)state;
        assert_int_equal(pg_do_verdict(&rule, NFT_GOTO, inner.name), 0);
        pg_batch_add_table(batch);
        pg_batch_add_chain(batch, &inner);
        pg_batch_add_chain(batch, &outer);
        pg_batch_add_rule(batch, &outer, &rule, false);
        commit_or_fail();
        pg_batch_delete_chain(batch, inner.name);
        commit_refused(EBUSY);
        check_message(
                "deleting the chain from_cluster_a: somebody else's rule refers to it: remove that rule",
                "(EBUSY)");
        free(rule.exprs);
}

static void what_is_not_there_is_told(void **state)
{
        (void)state;
        pg_batch_add_table(batch);
        pg_batch_delete_set(batch, "none_a");
        commit_refused(ENOENT);
        check_message("deleting the set none_a: ", "(ENOENT)");
}

/* I7 */
static void a_stale_generation_is_refused(void **state)
{
        uint32_t stale = generation();

        (void)state;
        pg_batch_add_table(batch);
        commit_or_fail();
        pg_batch_delete_table(batch);
        error = (struct pg_error){0};
        assert_int_equal(pg_batch_commit(batch, PG_COMMIT, stale, &error), -ERESTART);
        check_message("", "somebody else changed the ruleset meanwhile");
        pg_batch_delete_table(batch);
        assert_int_equal(pg_batch_commit(batch, PG_COMMIT, generation(), &error), 0);
}

static void a_check_changes_nothing_and_refuses_the_same(void **state)
{
        uint32_t before = generation();

        (void)state;
        pg_batch_add_table(batch);
        assert_int_equal(pg_batch_commit(batch, PG_COMMIT_CHECK, before, &error), 0);
        assert_int_equal(generation(), before);
        pg_batch_add_table(batch);
        pg_batch_delete_set(batch, "none_a");
        assert_int_equal(pg_batch_commit(batch, PG_COMMIT_CHECK, before, &error), -ENOENT);
        assert_int_equal(generation(), before);
}

/* Every error that nf_tables is known to give has advice, or says what happened in words of its own. */
static void every_known_error_is_explained(void **state)
{
        static const struct {
                int number;
                const char *part;
        } known[] = {
                {EPERM, "CAP_NET_ADMIN"},
                {EACCES, "CAP_NET_ADMIN"},
                {ENOENT, "modprobe"},
                {EOPNOTSUPP, "Linux 5.10"},
                {EAFNOSUPPORT, "inet"},
                {EPROTONOSUPPORT, "nf_tables"},
                {EEXIST, "nft list table inet"},
                {EBUSY, "remove that rule"},
                {ENOBUFS, "rmem_max"},
                {ENOMEM, "memory"},
                {EMSGSIZE, "wmem_max"},
                {ENOSPC, "full"},
                {ERESTART, "try again"},
                {EINTR, "try again"},
                {EMLINK, "jumps"},
        };

        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(known); i++)
                if (!strstr(pg_nft_error_explain(known[i].number), known[i].part))
                        fail_msg("%s: %s", strerrorname_np(known[i].number),
                                 pg_nft_error_explain(known[i].number));
        assert_string_equal(pg_nft_error_explain(EDOM), strerror(EDOM));
}

/* A module may give a number that has no name. */
static void an_error_without_a_name_is_told(void **state)
{
        const struct pg_place place = {"ssh.yaml", 3, 5};

        (void)state;
        assert_int_equal(pg_nft_error(&error, 514, "adding a rule", place), -514);
        assert_string_equal(error.message,
                            "ssh.yaml:3:5: adding a rule: Unknown error 514 (unknown error)");
        assert_int_equal(pg_nft_error(&error, 514, "adding a rule", (struct pg_place){0}), -514);
        assert_string_equal(error.message, "adding a rule: Unknown error 514 (unknown error)");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(elements_that_overlap_are_told_with_their_line, begin,
                                                end),
                cmocka_unit_test_setup_teardown(intervals_that_overlap_are_told_with_their_line, begin,
                                                end),
                cmocka_unit_test_setup_teardown(a_set_that_is_there_is_told, begin, end),
                cmocka_unit_test_setup_teardown(a_chain_in_use_is_told, begin, end),
                cmocka_unit_test_setup_teardown(what_is_not_there_is_told, begin, end),
                cmocka_unit_test_setup_teardown(a_stale_generation_is_refused, begin, end),
                cmocka_unit_test_setup_teardown(a_check_changes_nothing_and_refuses_the_same, begin,
                                                end),
                cmocka_unit_test(every_known_error_is_explained),
                cmocka_unit_test(an_error_without_a_name_is_told),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
