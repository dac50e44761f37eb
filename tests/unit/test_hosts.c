/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host names of outbound services: what has no answer stays unknown. */
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/request/internal.h"
#include "policy/compile/compile.h"

/* Stands in for libc's, which needs a thread. None of the requests is begun. */
int getaddrinfo_a(int mode, struct gaicb *list[], int n, struct sigevent *event)
{
        (void)mode;
        (void)event;
        assert_int_equal(n, 1);
        assert_string_equal(list[0]->ar_name, "www.example.com");
        return EAI_AGAIN;
}

static void a_request_that_fails_at_once_is_no_answer(void **state)
{
        static const char text[] = "name: web\n"
                                   "summary: S\n"
                                   "egress:\n"
                                   "  out: {summary: S, ports: [tcp/443], to: www.example.com}\n";
        struct pg_catalog_entry entry = {0};
        struct pg_catalog catalog = {.entries = &entry, .n_entries = 1};
        struct pg_site site = {.egress_strict = true};
        struct pg_diagnostics *diagnostics;
        struct pg_words unknown = {0};
        struct pg_error error = {0};

        (void)state;
        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        assert_int_equal(pg_profile_parse("web.yaml", "web", text, strlen(text), &entry.profile,
                                          diagnostics, &error),
                         0);
        assert_int_equal(pg_resolve_hosts(&catalog, &site, &error), 0);
        assert_int_equal(site.n_hosts, 0);
        assert_int_equal(pg_policy_unknown_hosts(&catalog, &site, &unknown), 0);
        assert_int_equal(unknown.n, 1);
        pg_words_done(&unknown);
        pg_profile_free(entry.profile);
        pg_diagnostics_free(diagnostics);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_request_that_fails_at_once_is_no_answer),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
