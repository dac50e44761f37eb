/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What follows from the events, what is forgotten, and writers and readers side by side. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "state/directory.h"
#include "state/lock.h"
#include "state/store/store.h"
#include "unit/stores.h"

struct step {
        uint32_t generation;
        enum pg_event_kind kind;
        uint32_t confirmed, previous;
        bool is_disabling, is_disabled;
};

static void check_intended(struct pg_store *store, const struct step *step)
{
        struct pg_intended intended = {0};
        struct pg_error error;

        CHECK(pg_store_intended(store, &intended, &error));
        assert_int_equal(intended.confirmed, step->confirmed);
        assert_int_equal(intended.previous, step->previous);
        assert_int_equal(intended.is_disabling, step->is_disabling);
        assert_int_equal(intended.is_disabled, step->is_disabled);
        pg_intended_done(&intended);
}

static void what_is_intended(void **state)
{
        static const struct step steps[] = {
                {1, PG_EVENT_TRIAL, 0, 0, false, false},
                {1, PG_EVENT_EXPIRED, 0, 0, false, false},
                {2, PG_EVENT_CONFIRMED, 2, 2, false, false},
                {3, PG_EVENT_TRIAL, 2, 2, false, false},
                {3, PG_EVENT_CONFIRMED, 3, 3, false, false},
                {3, PG_EVENT_FAILED, 2, 2, false, false},
                {4, PG_EVENT_CONFIRMED, 4, 4, false, false},
                {0, PG_EVENT_DISABLING, 4, 4, true, false},
                {4, PG_EVENT_RESTORED, 4, 4, false, false},
                {0, PG_EVENT_DISABLING, 4, 4, true, false},
                {0, PG_EVENT_DISABLED, 0, 4, false, true},
                {0, PG_EVENT_DISABLED, 0, 4, false, true},
                {5, PG_EVENT_TRIAL, 0, 4, false, true},
                {5, PG_EVENT_ENDED, 0, 4, false, true},
                {0, PG_EVENT_DISABLING, 0, 4, true, true},
                {4, PG_EVENT_CONFIRMED, 4, 4, false, false},
                {2, PG_EVENT_CONFIRMED, 2, 2, false, false},
        };
        struct pg_store *store = store_open(*state, PG_STORE_WRITE);

        check_intended(store, &(const struct step){0});
        for (uint32_t number = 1; number <= 5; number++)
                store_add(store, number);
        for (size_t i = 0; i < PG_ELEMENTSOF(steps); i++) {
                store_event(store, steps[i].generation, steps[i].kind);
                check_intended(store, &steps[i]);
        }
        pg_store_close(store);
}

static void check_unsettled(struct pg_store *store, uint32_t last, size_t n, const uint32_t *numbers)
{
        struct pg_intended intended = {0};
        struct pg_error error;

        CHECK(pg_store_intended(store, &intended, &error));
        assert_int_equal(intended.last, last);
        assert_int_equal(intended.n_unsettled, n);
        for (size_t i = 0; i < n; i++)
                assert_int_equal(intended.unsettled[i], numbers[i]);
        pg_intended_done(&intended);
}

static void what_has_no_end_yet(void **state)
{
        struct pg_store *store = store_open(*state, PG_STORE_WRITE);
        uint32_t many[PG_UNSETTLED_MAX];

        check_unsettled(store, 0, 0, NULL);
        for (uint32_t number = 1; number <= 6; number++)
                store_add(store, number);
        store_event(store, 1, PG_EVENT_CONFIRMED);
        store_event(store, 2, PG_EVENT_FAILED);
        store_event(store, 3, PG_EVENT_TRIAL);
        store_event(store, 4, PG_EVENT_TRIAL);
        store_event(store, 4, PG_EVENT_EXPIRED);
        store_event(store, 5, PG_EVENT_ENDED);
        check_unsettled(store, 6, 2, (const uint32_t[]){6, 3});
        for (uint32_t number = 7; number <= 6 + PG_UNSETTLED_MAX; number++)
                store_add(store, number);
        for (uint32_t i = 0; i < PG_UNSETTLED_MAX; i++)
                many[i] = 6 + PG_UNSETTLED_MAX - i;
        check_unsettled(store, 6 + PG_UNSETTLED_MAX, PG_UNSETTLED_MAX, many);
        pg_store_close(store);
}

static void check_before(struct pg_store *store, uint32_t number, uint32_t wanted)
{
        struct pg_error error;
        uint32_t got = 99;

        CHECK(pg_store_before(store, number, &got, &error));
        assert_int_equal(got, wanted);
}

static void the_one_before(void **state)
{
        struct pg_store *store = store_open(*state, PG_STORE_WRITE);

        check_before(store, 1, 0);
        for (uint32_t number = 1; number <= 5; number++)
                store_add(store, number);
        store_event(store, 1, PG_EVENT_CONFIRMED);
        check_before(store, 1, 0);
        store_event(store, 2, PG_EVENT_CONFIRMED);
        store_event(store, 3, PG_EVENT_CONFIRMED);
        store_event(store, 3, PG_EVENT_FAILED);
        store_event(store, 4, PG_EVENT_CONFIRMED);
        store_event(store, 5, PG_EVENT_TRIAL);
        check_before(store, 1, 0);
        check_before(store, 2, 1);
        check_before(store, 4, 2);
        /* Never confirmed: whatever was confirmed last. */
        check_before(store, 5, 4);
        check_before(store, 0, 4);
        store_event(store, 1, PG_EVENT_CONFIRMED);
        check_before(store, 1, 4);
        store_event(store, 1, PG_EVENT_CONFIRMED);
        check_before(store, 1, 4);
        pg_store_close(store);
}

/* The numbers that are kept, the newest first, as text. */
static void check_numbers(struct pg_store *store, const char *wanted)
{
        struct pg_history *history = NULL;
        struct pg_error error;
        char text[512] = "";

        CHECK(pg_store_history(store, &history, &error));
        for (size_t i = 0; i < history->n; i++)
                sprintf(text + strlen(text), "%s%u", i > 0 ? " " : "", history->items[i].number);
        assert_string_equal(text, wanted);
        pg_history_free(history);
}

static void what_is_too_much_is_forgotten(void **state)
{
        struct pg_store *store = store_open(*state, PG_STORE_WRITE);
        struct pg_error error;

        CHECK(pg_store_keep(store, 2, &error));
        store_event(store, 0, PG_EVENT_DISABLED);
        for (uint32_t number = 1; number <= 7; number++)
                store_add(store, number);
        store_event(store, 1, PG_EVENT_CONFIRMED);
        store_event(store, 2, PG_EVENT_FAILED);
        store_event(store, 3, PG_EVENT_CONFIRMED);
        check_numbers(store, "7 6 5 4 3 2 1");
        assert_int_equal(query_sql(*state, "SELECT count(*) FROM events WHERE generation IS NULL"), 1);
        /* 1 is one too many, and 2, which failed, is older than the oldest that is kept. */
        store_event(store, 5, PG_EVENT_CONFIRMED);
        check_numbers(store, "7 6 5 4 3");
        assert_int_equal(query_sql(*state, "SELECT count(*) FROM events WHERE generation IS NULL"), 0);
        assert_int_equal(query_sql(*state, "SELECT count(*) FROM events"), 2);
        /* Confirmed anew, 3 is newer than 5. */
        store_event(store, 3, PG_EVENT_CONFIRMED);
        store_event(store, 6, PG_EVENT_CONFIRMED);
        check_numbers(store, "7 6 4 3");
        /* What failed does not count. */
        store_event(store, 6, PG_EVENT_FAILED);
        CHECK(pg_store_keep(store, 1, &error));
        check_numbers(store, "7 6 4 3");
        store_event(store, 4, PG_EVENT_CONFIRMED);
        check_numbers(store, "7 6 4");
        assert_int_equal(query_sql(*state, "SELECT count(*) FROM policies"), 3);
        pg_store_close(store);
}

static void the_highest_number_stays(void **state)
{
        struct pg_store *store = store_open(*state, PG_STORE_WRITE);
        struct pg_error error;

        for (uint32_t number = 1; number <= 3; number++)
                store_add(store, number);
        for (uint32_t number = 3; number >= 1; number--)
                store_event(store, number, PG_EVENT_CONFIRMED);
        CHECK(pg_store_keep(store, 1, &error));
        check_numbers(store, "3 1");
        check_unsettled(store, 3, 0, NULL);
        pg_store_close(store);
}

static void how_many_are_kept(void **state)
{
        struct pg_store *store = store_open(*state, PG_STORE_WRITE);
        struct pg_history *history = NULL;
        struct pg_error error;

        CHECK(pg_store_history(store, &history, &error));
        assert_int_equal(history->keep, PG_HISTORY_KEEP_DEFAULT);
        assert_int_equal(history->n, 0);
        pg_history_free(history);
        assert_int_equal(pg_store_keep(store, 0, &error), -EINVAL);
        assert_int_equal(pg_store_keep(store, PG_HISTORY_KEEP_MAX + 1, &error), -EINVAL);
        CHECK(pg_store_keep(store, PG_HISTORY_KEEP_MAX, &error));
        CHECK(pg_store_keep(store, 7, &error));
        CHECK(pg_store_history(store, &history, &error));
        assert_int_equal(history->keep, 7);
        pg_history_free(history);
        pg_store_close(store);
}

#define WRITERS 2
#define EACH 25

/* One generation after the other, each under the lock, as apply does. */
static int write_some(const char *folder)
{
        for (int i = 0; i < EACH; i++) {
                struct pg_intended intended = {0};
                struct pg_lock *lock = NULL;
                struct pg_store *store;
                struct pg_error error;

                CHECK(pg_lock_take(folder, 60000, &lock, &error));
                store = store_open(folder, PG_STORE_WRITE);
                CHECK(pg_store_intended(store, &intended, &error));
                store_add(store, intended.last + 1);
                store_event(store, intended.last + 1, PG_EVENT_CONFIRMED);
                pg_intended_done(&intended);
                pg_store_close(store);
                pg_lock_release(lock);
        }
        return 0;
}

static bool is_running(pid_t pid)
{
        siginfo_t info = {0};

        assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT), 0);
        return info.si_pid == 0;
}

static void writers_and_a_reader(void **state)
{
        const char *folder = *state;
        pid_t writers[WRITERS];
        uint32_t last = 0;
        int status;

        pg_store_close(store_open(folder, PG_STORE_WRITE));
        for (size_t i = 0; i < WRITERS; i++) {
                writers[i] = fork();
                assert_true(writers[i] >= 0);
                if (writers[i] == 0)
                        _exit(write_some(folder));
        }
        while (is_running(writers[0]) || is_running(writers[1])) {
                struct pg_store *store = store_open(folder, PG_STORE_READ);
                struct pg_history *history = NULL;
                struct pg_error error;

                CHECK(pg_store_history(store, &history, &error));
                assert_true(history->n >= last);
                last = (uint32_t)history->n;
                pg_history_free(history);
                pg_store_close(store);
        }
        for (size_t i = 0; i < WRITERS; i++) {
                assert_int_equal(waitpid(writers[i], &status, 0), writers[i]);
                assert_int_equal(status, 0);
        }
        assert_int_equal(query_sql(folder, "SELECT count(*) FROM generations"), WRITERS * EACH);
        assert_int_equal(query_sql(folder, "SELECT max(number) FROM generations"), WRITERS * EACH);
}

/* A writer that dies when half of its transaction is in the file. */
static void die_while_writing(const char *folder)
{
        sqlite3 *database;

        if (sqlite3_open(in_folder(folder, PG_STATE_HISTORY), &database) != SQLITE_OK ||
            sqlite3_exec(database,
                         "PRAGMA cache_size=2;BEGIN;DELETE FROM events;"
                         "INSERT INTO addresses VALUES('x', zeroblob(1000000));"
                         "INSERT INTO addresses VALUES('y', zeroblob(1000000))",
                         NULL, NULL, NULL) != SQLITE_OK)
                _exit(1);
        _exit(0);
}

static void an_interrupted_write_is_undone(void **state)
{
        const char *folder = *state;
        struct pg_store *store = store_open(folder, PG_STORE_WRITE);
        struct stat before, after;
        int status;
        pid_t pid;

        store_add(store, 1);
        store_event(store, 1, PG_EVENT_CONFIRMED);
        pg_store_close(store);
        assert_int_equal(stat(in_folder(folder, PG_STATE_HISTORY), &before), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
                die_while_writing(folder);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        assert_int_equal(stat(in_folder(folder, PG_STATE_HISTORY), &after), 0);
        assert_true(after.st_size > before.st_size);

        store = store_open(folder, PG_STORE_READ);
        check_intended(store, &(const struct step){.confirmed = 1, .previous = 1});
        pg_store_close(store);
        assert_int_equal(stat(in_folder(folder, PG_STATE_HISTORY), &after), 0);
        assert_int_equal(after.st_size, before.st_size);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                STORE_TEST(what_is_intended),         STORE_TEST(what_has_no_end_yet),
                STORE_TEST(the_one_before),           STORE_TEST(what_is_too_much_is_forgotten),
                STORE_TEST(the_highest_number_stays), STORE_TEST(how_many_are_kept),
                STORE_TEST(writers_and_a_reader),     STORE_TEST(an_interrupted_write_is_undone),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
