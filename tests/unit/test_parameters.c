/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options of a request as the history has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strings.h"
#include "engine/request/request.h"

#define REQUEST(...) (&(const struct pg_request){__VA_ARGS__})
#define LIST(...)             \
        (const char *const[]) \
        {                     \
                __VA_ARGS__   \
        }

/* The request's parameters, joined by ';'. The caller frees it. */
static char *describe(const struct pg_request *request)
{
        char **parameters = NULL, *text = NULL;
        size_t n = 0, length;
        FILE *out = open_memstream(&text, &length);

        assert_non_null(out);
        assert_int_equal(pg_parameters_of(request, &parameters, &n), 0);
        for (size_t i = 0; i < n; i++)
                fprintf(out, "%s%s", i > 0 ? ";" : "", parameters[i]);
        assert_int_equal(fclose(out), 0);
        pg_strings_free(parameters, n);
        return text;
}

static void check(const struct pg_request *request, const char *wanted)
{
        char *text = describe(request);

        assert_string_equal(text, wanted);
        free(text);
}

static void each_option_has_its_kind_and_value(void **state)
{
        const char *value;

        (void)state;
        check(REQUEST(.sets = LIST("a=1"), .n_sets = 1, .groups = LIST("g=192.0.2.1", "h=none"),
                      .n_groups = 2, .with = LIST("all"), .n_with = 1, .egress = "strict"),
              "--set a=1;--group g=192.0.2.1;--group h=none;--with all;--egress strict");
        check(REQUEST(.n_sets = 0), "");
        assert_int_equal(pg_parameter_kind("--set a=1", &value), PG_PARAMETER_SET);
        assert_string_equal(value, "a=1");
        assert_int_equal(pg_parameter_kind("--group g=192.0.2.1", &value), PG_PARAMETER_GROUP);
        assert_string_equal(value, "g=192.0.2.1");
        assert_int_equal(pg_parameter_kind("--with all", &value), PG_PARAMETER_WITH);
        assert_string_equal(value, "all");
        assert_int_equal(pg_parameter_kind("--egress strict", &value), PG_PARAMETER_EGRESS);
        assert_string_equal(value, "strict");
        assert_int_equal(pg_parameter_kind("--groups g", &value), PG_PARAMETER_UNKNOWN);
        assert_string_equal(value, "--groups g");
}

static void move_to(const char *directory)
{
        assert_true(mkdir(directory, 0700) == 0 || access(directory, X_OK) == 0);
        assert_int_equal(chdir(directory), 0);
}

static void paths_of_group_files_are_whole(void **state)
{
        (void)state;
        move_to("/tmp");
        check(REQUEST(.groups = LIST("g=@nodes,192.0.2.1,@./more/nodes,%wg0,@/srv/all"), .n_groups = 1),
              "--group g=@/tmp/nodes,192.0.2.1,@/tmp/./more/nodes,%wg0,@/srv/all");
        /* No other option has files. */
        check(REQUEST(.sets = LIST("a=@nodes"), .n_sets = 1, .with = LIST("@nodes"), .n_with = 1),
              "--set a=@nodes;--with @nodes");
        assert_int_equal(chdir("/"), 0);
        check(REQUEST(.groups = LIST("g=@nodes"), .n_groups = 1), "--group g=@/nodes");
}

static void a_directory_that_cannot_be_written_is_left_out(void **state)
{
        char *parent = strdup("/tmp/portguard-parameters-XXXXXX");

        (void)state;
        assert_non_null(mkdtemp(parent));
        move_to(parent);
        move_to("a,b");
        check(REQUEST(.groups = LIST("g=@nodes"), .n_groups = 1), "--group g=@nodes");
        assert_int_equal(chdir(parent), 0);
        assert_int_equal(rmdir("a,b"), 0);
        assert_int_equal(rmdir(parent), 0);
        /* Now there is no directory at all. */
        check(REQUEST(.groups = LIST("g=@nodes"), .n_groups = 1), "--group g=@nodes");
        assert_int_equal(chdir("/"), 0);
        free(parent);
}

static void relative_paths_are_known(void **state)
{
        (void)state;
        assert_true(pg_parameter_is_relative("--group g=@nodes"));
        assert_true(pg_parameter_is_relative("--group g=192.0.2.1,@nodes"));
        assert_true(pg_parameter_is_relative("--group g=@/srv/nodes,@nodes"));
        assert_false(pg_parameter_is_relative("--group g=@/srv/nodes,192.0.2.1"));
        assert_false(pg_parameter_is_relative("--group g"));
        assert_false(pg_parameter_is_relative("--group @nodes"));
        assert_false(pg_parameter_is_relative("--set a=@nodes"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(each_option_has_its_kind_and_value),
                cmocka_unit_test(paths_of_group_files_are_whole),
                cmocka_unit_test(a_directory_that_cannot_be_written_is_left_out),
                cmocka_unit_test(relative_paths_are_known),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
