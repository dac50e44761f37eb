/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy as services and scopes; and as a graph and a page, whatever its texts are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "cli/report/internal.h"

#define HOSTILE "\"'><script>&lt;\\"

static char *ab[] = {"a", "b"}, *any[] = {"any"}, *local[] = {"local"}, *c[] = {"c"};
static char *s[] = {"p/s"}, *two[] = {"p/s", "o/t"}, *more[] = {"p/s-more"}, *leaves[] = {"p/out"};

static struct pg_exposure exposures[] = {
        {.protocol = "tcp",
         .ports = "1",
         .scopes = ab,
         .n_scopes = 2,
         .services = s,
         .n_services = 1,
         .packets = 1,
         .bytes = 10},
        {.protocol = "tcp",
         .ports = "2",
         .scopes = any,
         .n_scopes = 1,
         .is_any = true,
         .services = two,
         .n_services = 2,
         .packets = 2},
        {.protocol = "tcp",
         .ports = "3",
         .scopes = ab,
         .n_scopes = 2,
         .services = s,
         .n_services = 1,
         .packets = 4,
         .bytes = 40},
        {.protocol = "udp",
         .ports = "4",
         .scopes = local,
         .n_scopes = 1,
         .services = more,
         .n_services = 1,
         .packets = 8},
        {.protocol = "udp",
         .ports = "5",
         .scopes = c,
         .n_scopes = 1,
         .services = leaves,
         .n_services = 1,
         .outbound = true},
};

static struct pg_view view = {
        .state = PG_STATE_CONFIRMED,
        .egress_strict = true,
        .exposures = exposures,
        .n_exposures = PG_ELEMENTSOF(exposures),
};

static void test_rows(void **state)
{
        _cleanup_(pg_reach_done) struct pg_reach reach;

        (void)state;
        pg_reach_make(&view, false, &reach);
        assert_int_equal(reach.n_rows, 4);
        assert_int_equal(reach.n_services, 3);
        assert_string_equal(reach.rows[0].service, "o/t");
        assert_true(reach.rows[0].is_shared);
        assert_string_equal(reach.rows[1].service, "p/s");
        assert_true(reach.rows[1].is_first);
        assert_false(reach.rows[1].is_shared);
        assert_int_equal(reach.rows[1].n_exposures, 2);
        assert_string_equal(reach.rows[1].exposures[1]->ports, "3");
        assert_int_equal(reach.rows[1].packets, 5);
        assert_int_equal(reach.rows[1].bytes, 50);
        assert_string_equal(reach.rows[2].exposures[0]->scopes[0], "any");
        assert_false(reach.rows[2].is_first);
        assert_string_equal(reach.rows[3].service, "p/s-more");
}

static void test_scopes(void **state)
{
        static const char *const expected[] = {"any", "a", "b", "local"};
        _cleanup_(pg_reach_done) struct pg_reach reach;

        (void)state;
        pg_reach_make(&view, false, &reach);
        assert_int_equal(reach.n_scopes, PG_ELEMENTSOF(expected));
        for (size_t i = 0; i < reach.n_scopes; i++)
                assert_string_equal(reach.scopes[i], expected[i]);
}

static void test_outbound_counts_where_it_is_limited(void **state)
{
        struct pg_view open = view;
        struct pg_reach reach;

        (void)state;
        pg_reach_make(&view, true, &reach);
        assert_int_equal(reach.n_rows, 1);
        pg_reach_done(&reach);
        open.egress_strict = false;
        pg_reach_make(&open, true, &reach);
        assert_int_equal(reach.n_rows, 0);
        pg_reach_done(&reach);
}

/* What stands between names in a sentence may stand in one: the history and the kernel say what they
 * do.
 */
static void test_names_are_taken_whole(void **state)
{
        static char *scopes[] = {"a, bc", "d"}, *services[] = {"p/s, old", "p/t"};
        struct pg_exposure odd = {.protocol = "tcp",
                                  .ports = "1",
                                  .scopes = scopes,
                                  .n_scopes = 2,
                                  .services = services,
                                  .n_services = 2};
        const struct pg_view of_one = {.exposures = &odd, .n_exposures = 1};
        _cleanup_(pg_reach_done) struct pg_reach reach;

        (void)state;
        pg_reach_make(&of_one, false, &reach);
        assert_int_equal(reach.n_rows, 2);
        assert_string_equal(reach.rows[0].service, "p/s, old");
        assert_int_equal(reach.n_scopes, 2);
        assert_string_equal(reach.scopes[0], "a, bc");
        assert_true(pg_row_has_scope(&reach.rows[0], "a, bc"));
        assert_true(pg_row_has_scope(&reach.rows[0], "d"));
        assert_false(pg_row_has_scope(&reach.rows[0], "bc"));
        assert_false(pg_row_has_scope(&reach.rows[0], "a"));
}

static void test_profile_of_a_service(void **state)
{
        (void)state;
        assert_int_equal(pg_profile_length("profile/service"), 8);
        assert_int_equal(pg_profile_length("service"), 0);
}

/* The kernel's texts may hold what no profile may. */
static struct pg_view *hostile_view(void)
{
        static char *texts[] = {HOSTILE}, *names[] = {HOSTILE "/" HOSTILE};
        static struct pg_view_service service = {.name = HOSTILE "/" HOSTILE,
                                                 .summary = HOSTILE,
                                                 .file = HOSTILE,
                                                 .empty_scope = HOSTILE};
        static struct pg_closed_service closed = {.name = HOSTILE,
                                                  .ports = HOSTILE,
                                                  .summary = HOSTILE};
        static struct pg_generation about = {.message = HOSTILE,
                                             .parameters = texts,
                                             .n_parameters = 1,
                                             .actor.process = HOSTILE};
        static struct pg_exposure hostile[2];
        static struct pg_view bad = {.state = PG_STATE_TRIAL,
                                     .generation = 7,
                                     .problem = HOSTILE,
                                     .digest = HOSTILE,
                                     .egress_strict = true,
                                     .profiles = texts,
                                     .n_profiles = 1,
                                     .exposures = hostile,
                                     .n_exposures = 2,
                                     .closed = &closed,
                                     .n_closed = 1,
                                     .about = &about,
                                     .services = &service,
                                     .n_services = 1,
                                     .ping_scopes = texts,
                                     .n_ping_scopes = 1};

        for (int i = 0; i < 2; i++)
                hostile[i] = (struct pg_exposure){.outbound = i,
                                                  .protocol = HOSTILE,
                                                  .ports = HOSTILE,
                                                  .scopes = texts,
                                                  .n_scopes = 1,
                                                  .addresses = texts,
                                                  .n_addresses = 1,
                                                  .n_addresses_all = 3,
                                                  .interfaces = texts,
                                                  .n_interfaces = 1,
                                                  .services = names,
                                                  .n_services = 1};
        return &bad;
}

static void test_page_escapes_everything(void **state)
{
        _cleanup_(pg_reach_done) struct pg_reach in = {0}, out = {0};
        _cleanup_(pg_freep) char *text = NULL;
        const struct pg_view *bad = hostile_view();
        struct pg_diagnostics *diagnostics;
        struct pg_page page = {.view = bad,
                               .stored = bad,
                               .in = &in,
                               .out = &out,
                               .host = HOSTILE,
                               .command = HOSTILE};
        size_t size;
        FILE *stream;

        (void)state;
        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        pg_diagnostics_add(diagnostics, PG_SEVERITY_WARNING, (struct pg_place){.file = HOSTILE},
                           HOSTILE);
        page.diagnostics = diagnostics;
        pg_reach_make(bad, false, &in);
        pg_reach_make(bad, true, &out);
        pg_reach_measure(&in);
        stream = open_memstream(&text, &size);
        pg_page_print(stream, &page);
        fclose(stream);
        pg_diagnostics_free(diagnostics);
        assert_null(strstr(text, "<script"));
        assert_null(strstr(text, "\"'>"));
        assert_null(strstr(text, "'><"));
        assert_non_null(strstr(text, "data-scope=\"&quot;&#39;&gt;&lt;script&gt;&amp;lt;\\\""));
}

static void test_graph_escapes_everything(void **state)
{
        _cleanup_(pg_freep) char *text = NULL;
        size_t size, quotes = 0;
        FILE *stream = open_memstream(&text, &size);

        (void)state;
        pg_graph_print(stream, hostile_view());
        fclose(stream);
        for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
                quotes = 0;
                for (const char *p = line; *p; p++) {
                        if (*p == '\\' && p[1])
                                p++;
                        else
                                quotes += *p == '"';
                }
                assert_int_equal(quotes % 2, 0);
                assert_null(strstr(line, "&lt;"));
        }
}

static void test_numbers(void **state)
{
        _cleanup_(pg_freep) char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        (void)state;
        pg_html_number(stream, 0);
        fputc(' ', stream);
        pg_html_number(stream, 1000);
        fputc(' ', stream);
        pg_html_count(stream, UINT64_MAX, "packet");
        fputc(' ', stream);
        pg_html_count(stream, 1, "packet");
        fclose(stream);
        assert_string_equal(text, "0 1,000 18,446,744,073,709,551,615 packets 1 packet");
}

static void test_long_texts_are_cut(void **state)
{
        _cleanup_(pg_freep) char *text = NULL, *lengthy = malloc(100001);
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        (void)state;
        assert_non_null(lengthy);
        memset(lengthy, 'x', 100000);
        lengthy[100000] = '\0';
        pg_html_text(stream, lengthy);
        fputc('\n', stream);
        pg_html_lines(stream, lengthy);
        fputc('\n', stream);
        pg_html_lines(stream, "a\nb\a");
        fclose(stream);
        assert_true(size < PG_HTML_TEXT_MAX + PG_HTML_LINES_MAX + 64);
        assert_non_null(strstr(text, "xxx...\n"));
        assert_non_null(strstr(text, "xxx ... (cut)\na<br>b\\x07"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_scopes),
                cmocka_unit_test(test_outbound_counts_where_it_is_limited),
                cmocka_unit_test(test_names_are_taken_whole),
                cmocka_unit_test(test_profile_of_a_service),
                cmocka_unit_test(test_page_escapes_everything),
                cmocka_unit_test(test_graph_escapes_everything),
                cmocka_unit_test(test_numbers),
                cmocka_unit_test(test_long_texts_are_cut),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
