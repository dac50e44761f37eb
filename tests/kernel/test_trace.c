/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A trace that cannot be begun because memory is short, at each object that libnftnl makes for it. */
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "kernel/foreign/foreign.h"

/* More than the marking of a packet takes. */
#define OBJECTS 40

static int objects_left = -1; /* before there is no memory for one; -1: there is always */

static bool is_out_of_memory(void)
{
        return objects_left >= 0 && objects_left-- == 0;
}

/* These take the places of libnftnl's for the whole program. */
struct nftnl_expr *nftnl_expr_alloc(const char *name)
{
        struct nftnl_expr *(*next)(const char *);

        *(void **)&next = dlsym(RTLD_NEXT, "nftnl_expr_alloc");
        return is_out_of_memory() ? NULL : next(name);
}

struct nftnl_rule *nftnl_rule_alloc(void)
{
        struct nftnl_rule *(*next)(void);

        *(void **)&next = dlsym(RTLD_NEXT, "nftnl_rule_alloc");
        return is_out_of_memory() ? NULL : next();
}

struct nftnl_chain *nftnl_chain_alloc(void)
{
        struct nftnl_chain *(*next)(void);

        *(void **)&next = dlsym(RTLD_NEXT, "nftnl_chain_alloc");
        return is_out_of_memory() ? NULL : next();
}

static void a_lack_of_memory_is_told(void **state)
{
        const struct pg_flow flow = {.direction = PG_IN,
                                     .protocol = IPPROTO_TCP,
                                     .port = 22,
                                     .address = {203, 0, 113, 9}};
        int n_failed = 0;

        (void)state;
        for (int at = 0; at < OBJECTS; at++) {
                struct pg_trace_steps steps = {0};
                struct pg_error error = {0};
                int r;

                objects_left = at;
                r = pg_trace_packet(&flow, 1, &steps, &error);
                if (objects_left < 0) {
                        assert_int_equal(r, -ENOMEM);
                        assert_non_null(strstr(error.message, "memory"));
                        n_failed++;
                } else {
                        assert_int_equal(r, 0);
                        assert_int_equal(steps.n, 0);
                }
                objects_left = -1;
                pg_trace_steps_done(&steps);
        }
        /* Chain, rule, matches and mark; and it was tried with enough, too. */
        assert_in_range(n_failed, 6, OBJECTS - 1);
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(a_lack_of_memory_is_told)};

        return cmocka_run_group_tests(tests, NULL, NULL);
}
