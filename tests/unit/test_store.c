/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The history on real files: what is stored comes back, and follows from what happened. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/policy_json/policy_json.h"
#include "state/store/store.h"
#include "unit/stores.h"

static int ignore(const char *digest, const void *bytes, size_t length, void *context)
{
        (void)digest;
        (void)bytes;
        (void)length;
        (void)context;
        return 0;
}

static char *text_of(const struct pg_policy *policy)
{
        char *text = NULL;

        assert_int_equal(pg_policy_to_json(policy, ignore, NULL, &text), 0);
        return text;
}

static void check_same(const struct pg_policy *a, const struct pg_policy *b)
{
        char *text = text_of(a), *other = text_of(b);

        assert_string_equal(text, other);
        free(text);
        free(other);
}

static void a_generation_comes_back(void **state)
{
        const char *folder = *state;
        struct pg_store *store = store_open(folder, PG_STORE_WRITE);
        struct pg_policy *policy = make_shipped_policy("ssh", ""), *copy = NULL;
        struct pg_generation got = {0};
        struct pg_error error;
        const struct pg_generation given = {
                .number = 7,
                .parent = 5,
                .restores = 3,
                .time = 1700000000,
                .actor = {.uid = 0,
                          .login_uid = 1000,
                          .sudo_user = (char *)"anna",
                          .ssh_peer = (char *)"203.0.113.9 51234",
                          .process = (char *)"bash"},
                .message = (char *)"because \xff of\nthis",
                .profiles = (char *[]){(char *)"ssh", (char *)"k8s-worker"},
                .n_profiles = 2,
                .parameters = (char *[]){(char *)"--set cni=x", (char *)"", (char *)"--group g=\xfe"},
                .n_parameters = 3,
                .digest = (char *)DIGEST,
        };

        CHECK(pg_store_add(store, &given, policy, &error));
        pg_store_close(store);

        store = store_open(folder, PG_STORE_READ);
        CHECK(pg_store_generation(store, 7, &got, &error));
        assert_int_equal(got.number, 7);
        assert_int_equal(got.parent, 5);
        assert_int_equal(got.restores, 3);
        assert_int_equal(got.time, 1700000000);
        assert_int_equal(got.actor.uid, 0);
        assert_int_equal(got.actor.login_uid, 1000);
        assert_string_equal(got.actor.sudo_user, "anna");
        assert_string_equal(got.actor.ssh_peer, "203.0.113.9 51234");
        assert_string_equal(got.actor.process, "bash");
        assert_string_equal(got.message, given.message);
        assert_int_equal(got.n_profiles, 2);
        assert_string_equal(got.profiles[1], "k8s-worker");
        assert_int_equal(got.n_parameters, 3);
        assert_string_equal(got.parameters[1], "");
        assert_string_equal(got.parameters[2], "--group g=\xfe");
        assert_string_equal(got.digest, DIGEST);
        assert_int_equal(got.state, PG_GENERATION_STORED);
        assert_false(got.is_enforced);
        CHECK(pg_store_policy(store, 7, NULL, &copy, &error));
        check_same(policy, copy);
        pg_policy_free(copy);
        pg_policy_free(policy);
        pg_generation_done(&got);
        pg_store_close(store);
}

static void what_is_not_known_stays_unknown(void **state)
{
        struct pg_store *store = store_open(*state, PG_STORE_WRITE);
        struct pg_generation got = {0};
        struct pg_error error;

        store_add(store, UINT32_MAX);
        CHECK(pg_store_generation(store, UINT32_MAX, &got, &error));
        assert_int_equal(got.number, UINT32_MAX);
        assert_int_equal(got.actor.uid, PG_UID_UNKNOWN);
        assert_int_equal(got.actor.login_uid, PG_UID_UNKNOWN);
        assert_null(got.actor.sudo_user);
        assert_null(got.actor.ssh_peer);
        assert_null(got.actor.process);
        assert_null(got.message);
        assert_int_equal(got.n_parameters, 0);
        pg_generation_done(&got);
        pg_store_close(store);
}

static void numbers_that_are_not_there(void **state)
{
        struct pg_store *store = store_open(*state, PG_STORE_WRITE);
        struct pg_generation got = {0};
        struct pg_policy *policy = NULL;
        struct pg_error error;

        assert_int_equal(pg_store_generation(store, 4, &got, &error), -ENOENT);
        assert_non_null(strstr(error.message, "empty"));
        store_add(store, 4);
        store_add(store, 9);
        assert_int_equal(pg_store_generation(store, 5, &got, &error), -ENOENT);
        assert_non_null(strstr(error.message, "oldest that is kept is 4, the newest 9"));
        assert_int_equal(pg_store_policy(store, 5, NULL, &policy, &error), -ENOENT);
        assert_null(policy);
        assert_int_equal(pg_store_event(store, 5, PG_EVENT_CONFIRMED, NULL, NULL, &error), -ENOENT);
        pg_store_close(store);
}

static void a_number_is_given_once(void **state)
{
        struct pg_store *store = store_open(*state, PG_STORE_WRITE);
        struct pg_generation generation = {.number = 3, .digest = (char *)DIGEST};
        struct pg_policy *policy = make_shipped_policy("ssh", "");
        struct pg_error error;

        store_add(store, 3);
        assert_int_equal(pg_store_add(store, &generation, policy, &error), -EEXIST);
        generation.number = 0;
        assert_int_equal(pg_store_add(store, &generation, policy, &error), -EINVAL);
        assert_int_equal(query_sql(*state, "SELECT count(*) FROM policies"), 1);
        /* The failure left no transaction open. */
        store_add(store, 4);
        pg_policy_free(policy);
        pg_store_close(store);
}

static void a_generation_never_changes(void **state)
{
        struct pg_store *store = store_open(*state, PG_STORE_WRITE);

        store_add(store, 1);
        store_event(store, 1, PG_EVENT_CONFIRMED);
        pg_store_close(store);
        check_sql_refused(*state, "UPDATE generations SET message = 'x'", "a generation never changes");
        check_sql_refused(*state, "UPDATE policies SET text = 'x'", "a policy never changes");
        check_sql_refused(*state, "UPDATE events SET kind = 5", "an event never changes");
}

static void check_state(struct pg_store *store, uint32_t number, enum pg_generation_state wanted)
{
        struct pg_history *history = NULL;
        struct pg_generation got = {0};
        struct pg_error error;
        bool found = false;

        CHECK(pg_store_generation(store, number, &got, &error));
        assert_int_equal(got.state, wanted);
        pg_generation_done(&got);
        CHECK(pg_store_history(store, &history, &error));
        for (size_t i = 0; i < history->n; i++) {
                assert_true(i == 0 || history->items[i].number < history->items[i - 1].number);
                if (history->items[i].number != number)
                        continue;
                assert_int_equal(history->items[i].state, wanted);
                found = true;
        }
        assert_true(found);
        pg_history_free(history);
}

static void the_state_follows_from_the_events(void **state)
{
        static const struct {
                enum pg_event_kind kind;
                enum pg_generation_state state;
        } steps[] = {
                {PG_EVENT_RESTORED, PG_GENERATION_STORED},
                {PG_EVENT_TRIAL, PG_GENERATION_TRIAL},
                {PG_EVENT_EXTENDED, PG_GENERATION_TRIAL},
                {PG_EVENT_EXPIRED, PG_GENERATION_EXPIRED},
                {PG_EVENT_ENDED, PG_GENERATION_ENDED},
                {PG_EVENT_CONFIRMED, PG_GENERATION_CONFIRMED},
                {PG_EVENT_RESTORED, PG_GENERATION_CONFIRMED},
                {PG_EVENT_CONFIRMED, PG_GENERATION_CONFIRMED},
                {PG_EVENT_FAILED, PG_GENERATION_FAILED},
        };
        struct pg_store *store = store_open(*state, PG_STORE_WRITE);

        store_add(store, 1);
        store_add(store, 2);
        store_add(store, 3);
        check_state(store, 2, PG_GENERATION_STORED);
        for (size_t i = 0; i < PG_ELEMENTSOF(steps); i++) {
                store_event(store, 2, steps[i].kind);
                check_state(store, 2, steps[i].state);
                check_state(store, 1, PG_GENERATION_STORED);
        }
        pg_store_close(store);
}

static void what_repeats_is_bounded(void **state)
{
        struct pg_store *store = store_open(*state, PG_STORE_WRITE);

        store_add(store, 1);
        store_event(store, 1, PG_EVENT_CONFIRMED);
        for (int i = 0; i < 100; i++) {
                store_event(store, 1, PG_EVENT_RESTORED);
                store_event(store, 0, PG_EVENT_DISABLED);
        }
        pg_store_close(store);
        assert_int_equal(query_sql(*state, "SELECT count(*) FROM events"), 1 + 64 + 64);
        assert_int_equal(query_sql(*state, "SELECT count(*) FROM events WHERE seq > 201 - 128"), 128);
}

static void large_sets_are_stored_once(void **state)
{
        char site[4096] = "groups: {cluster: [";
        struct pg_store *store = store_open(*state, PG_STORE_WRITE);
        struct pg_policy *policy, *copy = NULL;
        struct pg_error error;

        for (int i = 0; i < 100; i++)
                sprintf(site + strlen(site), "%s192.0.2.%d, 198.51.%d.0/24", i ? ", " : "", 2 * i,
                        2 * i);
        strcat(site, "]}\n");
        policy = make_shipped_policy("k8s-worker", site);
        for (uint32_t number = 1; number <= 3; number++) {
                const struct pg_generation generation = {.number = number, .digest = (char *)DIGEST};

                CHECK(pg_store_add(store, &generation, policy, &error));
        }
        CHECK(pg_store_policy(store, 3, NULL, &copy, &error));
        check_same(policy, copy);
        /* Of "cluster" and of "cluster, control-plane". */
        assert_int_equal(query_sql(*state, "SELECT count(*) FROM addresses"), 2);
        assert_int_equal(query_sql(*state, "SELECT count(*) FROM generation_addresses"), 6);
        check_sql_refused(*state, "UPDATE addresses SET bytes = x''", "stored addresses never change");

        /* They go with the last generation that needs them. */
        store_add(store, 4);
        CHECK(pg_store_keep(store, 1, &error));
        store_event(store, 3, PG_EVENT_CONFIRMED);
        assert_int_equal(query_sql(*state, "SELECT count(*) FROM addresses"), 2);
        store_event(store, 4, PG_EVENT_CONFIRMED);
        assert_int_equal(query_sql(*state, "SELECT count(*) FROM addresses"), 0);
        assert_int_equal(query_sql(*state, "SELECT count(*) FROM generation_addresses"), 0);
        assert_int_equal(query_sql(*state, "SELECT count(*) FROM policies"), 1);
        pg_policy_free(copy);
        pg_policy_free(policy);
        pg_store_close(store);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                STORE_TEST(a_generation_comes_back),    STORE_TEST(what_is_not_known_stays_unknown),
                STORE_TEST(numbers_that_are_not_there), STORE_TEST(a_number_is_given_once),
                STORE_TEST(a_generation_never_changes), STORE_TEST(the_state_follows_from_the_events),
                STORE_TEST(what_repeats_is_bounded),    STORE_TEST(large_sets_are_stored_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
