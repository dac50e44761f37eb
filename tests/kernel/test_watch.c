/* SPDX-License-Identifier: GPL-2.0-or-later */
/* I7: what others commit is told, also where it can be read before the kernel tells it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/nft/nft.h"
#include "portguard/portguard.h"

/* Their flush takes the kernel tens of milliseconds, of which it tells at the end. One batch does not
 * take them all where a user owns the namespace. */
#define SLOW_BATCHES 40
#define SLOW_ELEMENTS 5000

static struct pg_nft *nft;
static struct pg_watch *watch;
static struct pg_error error;

static uint32_t generation(void)
{
        uint32_t id = 0;

        assert_int_equal(pg_nft_genid(nft, &id, &error), 0);
        return id;
}

static void run_nft(const char *text)
{
        FILE *pipe = popen("nft -f -", "we");

        assert_non_null(pipe);
        fputs(text, pipe);
        assert_int_equal(pclose(pipe), 0);
}

static int begin(void **state)
{
        (void)state;
        run_nft("add table inet portguard; add table ip foreign\n");
        assert_int_equal(pg_nft_open(&nft, &error), 0);
        assert_int_equal(pg_watch_open(nft, &watch, &error), 0);
        return 0;
}

static int end(void **state)
{
        (void)state;
        watch = pg_watch_close(watch);
        nft = pg_nft_close(nft);
        run_nft("flush ruleset\n");
        return 0;
}

static void add_many_elements(void)
{
        run_nft("add set ip foreign many { type ipv4_addr; }\n");
        for (int i = 0; i < SLOW_BATCHES; i++) {
                FILE *pipe = popen("nft -f -", "we");

                assert_non_null(pipe);
                fputs("add element ip foreign many {", pipe);
                for (int j = 0; j < SLOW_ELEMENTS; j++)
                        fprintf(pipe, "10.%d.%d.%d,", i, j / 256, j % 256);
                fputs("}\n", pipe);
                assert_int_equal(pclose(pipe), 0);
        }
}

static pid_t begin_nft(const char *text)
{
        char *words[] = {"nft", (char *)text, NULL};
        pid_t pid;

        assert_int_equal(posix_spawnp(&pid, words[0], NULL, NULL, words, environ), 0);
        return pid;
}

static void other_tables_are_nobodys_concern(void **state)
{
        char culprit[PG_CULPRIT_MAX];

        (void)state;
        run_nft("add chain ip foreign there\n");
        assert_int_equal(pg_watch_ask(watch, culprit), PG_FOREIGN_NONE);
}

static void who_touched_the_table_is_named_once(void **state)
{
        char culprit[PG_CULPRIT_MAX];

        (void)state;
        run_nft("add chain inet portguard there\n");
        assert_int_equal(pg_watch_ask(watch, culprit), PG_FOREIGN_TOUCHED);
        assert_non_null(strstr(culprit, "(nft)"));
        assert_int_equal(pg_watch_ask(watch, culprit), PG_FOREIGN_NONE);
}

static void what_can_be_read_is_told(void **state)
{
        char culprit[PG_CULPRIT_MAX];
        uint32_t before;
        pid_t pid;
        int status;

        (void)state;
        add_many_elements();
        pg_watch_ask(watch, culprit);
        before = generation();
        pid = begin_nft("delete table inet portguard; flush set ip foreign many");
        while (generation() == before)
                if (waitpid(pid, &status, WNOHANG) == pid)
                        fail_msg("nft ended and nothing was committed");
        /* The new generation is there; nft(8) has its answer when all of it is told. */
        assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
        assert_int_equal(pg_watch_ask(watch, culprit), PG_FOREIGN_TOUCHED);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
}

/* His change is in the next view, and so is his name. */
static void who_comes_between_the_view_and_the_asking_is_named_next(void **state)
{
        struct pg_change_listener *listener = NULL;
        struct pg_view before = {0}, after = {.problem = (char *)"somebody changed it"}, repaired = {0};

        (void)state;
        assert_int_equal(pg_change_listener_open(&listener, &error), 0);
        run_nft("add chain inet portguard theirs\n");
        assert_int_equal(pg_change_listener_name(listener, &before), 0);
        assert_null(before.changed_by);
        assert_int_equal(pg_change_listener_name(listener, &after), 0);
        assert_non_null(after.changed_by);
        assert_non_null(strstr(after.changed_by, "(nft)"));
        free(after.changed_by);
        after.changed_by = NULL;
        /* Of what was repaired since, nobody is named any more. */
        assert_int_equal(pg_change_listener_name(listener, &repaired), 0);
        assert_null(repaired.changed_by);
        assert_int_equal(pg_change_listener_name(listener, &after), 0);
        assert_null(after.changed_by);
        pg_change_listener_close(listener);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(other_tables_are_nobodys_concern, begin, end),
                cmocka_unit_test_setup_teardown(who_touched_the_table_is_named_once, begin, end),
                cmocka_unit_test_setup_teardown(what_can_be_read_is_told, begin, end),
                cmocka_unit_test_setup_teardown(who_comes_between_the_view_and_the_asking_is_named_next,
                                                begin, end),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
