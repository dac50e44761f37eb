/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes, and their sockets, by /proc. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "host/processes.h"

static void a_process_is_told_by_its_name(void **state)
{
        char name[PG_PROCESS_NAME_MAX] = "before";

        (void)state;
        assert_int_equal(prctl(PR_SET_NAME, "a (name) 7\n89012345"), 0);
        assert_true(pg_process_name(getpid(), name));
        assert_string_equal(name, "a (name) 7");
        assert_int_equal(prctl(PR_SET_NAME, "fifteen bytes 5"), 0);
        assert_true(pg_process_name(getpid(), name));
        assert_string_equal(name, "fifteen bytes 5");
        assert_false(pg_process_name(-1, name));
        assert_string_equal(name, "");
}

struct count {
        unsigned n;
        unsigned n_own;
        int result;
};

static int count_process(pid_t pid, void *data)
{
        struct count *count = data;

        count->n++;
        count->n_own += pid == getpid();
        return count->result;
}

static void every_process_is_given_once(void **state)
{
        struct count count = {0};

        (void)state;
        assert_int_equal(pg_processes_walk(count_process, &count), 0);
        assert_int_equal(count.n_own, 1);
        count = (struct count){.result = -EDOM};
        assert_int_equal(pg_processes_walk(count_process, &count), -EDOM);
        assert_int_equal(count.n, 1);
}

static int count_socket(uint64_t inode, void *data)
{
        struct count *count = data;

        assert_true(inode > 0);
        count->n++;
        return count->result;
}

static void sockets_are_given_up_to_the_limit(void **state)
{
        struct count count = {0};
        int fds[8];
        unsigned n_before;

        (void)state;
        assert_int_equal(pg_process_sockets_walk(getpid(), 100, count_socket, &count), 0);
        n_before = count.n;
        for (size_t i = 0; i < PG_ELEMENTSOF(fds); i++)
                fds[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        count.n = 0;
        assert_int_equal(pg_process_sockets_walk(getpid(), 100, count_socket, &count), 0);
        assert_int_equal(count.n, n_before + PG_ELEMENTSOF(fds));
        count.n = 0;
        assert_int_equal(pg_process_sockets_walk(getpid(), 10, count_socket, &count), 0);
        assert_in_range(count.n, 1, n_before + PG_ELEMENTSOF(fds) - 1);
        count = (struct count){.result = -EDOM};
        assert_int_equal(pg_process_sockets_walk(getpid(), 100, count_socket, &count), -EDOM);
        assert_int_equal(count.n, 1);
        for (size_t i = 0; i < PG_ELEMENTSOF(fds); i++)
                close(fds[i]);
}

static void a_process_that_has_ended_has_no_sockets(void **state)
{
        struct count count = {0};

        (void)state;
        assert_int_equal(pg_process_sockets_walk(-1, 100, count_socket, &count), 0);
        assert_int_equal(count.n, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_process_is_told_by_its_name),
                cmocka_unit_test(every_process_is_given_once),
                cmocka_unit_test(sockets_are_given_up_to_the_limit),
                cmocka_unit_test(a_process_that_has_ended_has_no_sockets),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
