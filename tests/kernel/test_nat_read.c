/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NAT rules that somebody replaces while they are read, at every answer of the kernel in turn: what is
 * told stood in the kernel at one moment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/foreign/nat/nat.h"

/* More than one reading of the three tables takes. */
#define ANSWERS 40

/* Port 8080 is led elsewhere by one of the tables. */
#define TABLE(name, port)                                                              \
        "table ip " name " {\nchain pre { type nat hook prerouting priority dstnat;\n" \
        "tcp dport " port " dnat to 198.51.100.9\n}\n}\n"
#define EMPTY(name) "table ip " name " {\nchain pre { type nat hook prerouting priority dstnat;\n}\n}\n"
#define FIRST "flush ruleset\n" TABLE("a", "8080") TABLE("b", "9090") EMPTY("c")
#define SECOND "flush ruleset\n" EMPTY("a") TABLE("b", "9090") TABLE("c", "8080")

static struct pg_nft *nft;
static int answers_left = -1; /* before the tables are replaced; -1: they are not */

static void run_nft(const char *text)
{
        FILE *pipe = popen("nft -f -", "we");

        assert_non_null(pipe);
        fputs(text, pipe);
        assert_int_equal(pclose(pipe), 0);
}

/* Takes the place of libc's for the whole program. */
ssize_t recvmsg(int fd, struct msghdr *header, int flags)
{
        if (answers_left >= 0 && answers_left-- == 0)
                run_nft(SECOND);
        return syscall(SYS_recvmsg, fd, header, flags);
}

static void count_ports(const struct pg_nat *nat, size_t *ret_8080, size_t *ret_9090)
{
        *ret_8080 = 0;
        *ret_9090 = 0;
        for (size_t i = 0; i < nat->n; i++) {
                *ret_8080 += nat->items[i].first == 8080;
                *ret_9090 += nat->items[i].first == 9090;
        }
}

static void what_is_read_stood_at_one_moment(void **state)
{
        size_t n_replaced = 0, n_8080, n_9090;
        struct pg_error error;

        (void)state;
        for (int at = 0; at < ANSWERS; at++) {
                struct pg_nat nat = {0};

                run_nft(FIRST);
                answers_left = at;
                assert_int_equal(pg_nat_read(nft, &nat, &error), 0);
                n_replaced += answers_left < 0;
                answers_left = -1;
                count_ports(&nat, &n_8080, &n_9090);
                if (n_8080 != 1 || n_9090 != 1)
                        fail_msg("replaced before answer %d: %zu and %zu ports", at, n_8080, n_9090);
                pg_nat_done(&nat);
        }
        /* It was tried within a reading, and behind the last answer of one. */
        assert_in_range(n_replaced, 8, ANSWERS - 1);
}

static int begin(void **state)
{
        struct pg_error error;

        (void)state;
        return pg_nft_open(&nft, &error);
}

static int end(void **state)
{
        (void)state;
        nft = pg_nft_close(nft);
        run_nft("flush ruleset\n");
        return 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_read_stood_at_one_moment)};

        return cmocka_run_group_tests(tests, begin, end);
}
