/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scopes and references to parameters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "profile/profile/profile.h"

static const struct {
        const char *text;
        enum pg_scope_kind kind;
} kinds[] = {
        {"any", PG_SCOPE_ANY},
        {"internal", PG_SCOPE_INTERNAL},
        {"local", PG_SCOPE_LOCAL},
        {"none", PG_SCOPE_NONE},
        {"${x_1}", PG_SCOPE_PARAM},
        {"${X}", PG_SCOPE_BAD},
        {"${x", PG_SCOPE_BAD},
        {"$x", PG_SCOPE_BAD},
        {"${x}y", PG_SCOPE_BAD},
        {"10.0.0.0/8", PG_SCOPE_PREFIX},
        {"10.0.0.1", PG_SCOPE_PREFIX},
        {"::1", PG_SCOPE_PREFIX},
        {"300.1", PG_SCOPE_PREFIX},
        {"12", PG_SCOPE_PREFIX},
        {"a/b", PG_SCOPE_PREFIX},
        {"www.example.com", PG_SCOPE_HOST},
        {"cluster", PG_SCOPE_GROUP},
        {"control-plane", PG_SCOPE_GROUP},
        {"0a", PG_SCOPE_GROUP},
        {"Cluster", PG_SCOPE_BAD},
        {"", PG_SCOPE_BAD},
        {"-a", PG_SCOPE_BAD},
        {"a b", PG_SCOPE_BAD},
        {"any ", PG_SCOPE_BAD},
};

static void test_kinds(void **state)
{
        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(kinds); i++)
                if (pg_scope_kind(kinds[i].text) != kinds[i].kind)
                        fail_msg("'%s' is %d", kinds[i].text, pg_scope_kind(kinds[i].text));
}

static void test_references(void **state)
{
        char name[64] = "untouched", small[3];

        (void)state;
        assert_true(pg_param_reference("tcp/${range}", name, sizeof(name)));
        assert_string_equal(name, "range");
        assert_true(pg_param_reference("${from}", name, sizeof(name)));
        assert_string_equal(name, "from");
        assert_false(pg_param_reference("tcp/443", name, sizeof(name)));
        assert_false(pg_param_reference("tcp/${a}-${b}", name, sizeof(name)));
        assert_false(pg_param_reference("tcp/${a}0", name, sizeof(name)));
        assert_false(pg_param_reference("tcp/${}", name, sizeof(name)));
        assert_false(pg_param_reference("tcp/${a", name, sizeof(name)));
        assert_false(pg_param_reference("${a${b}", name, sizeof(name)));
        assert_string_equal(name, "from");
        assert_false(pg_param_reference("${abc}", small, sizeof(small)));
        assert_true(pg_param_reference("${ab}", small, sizeof(small)));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_kinds),
                cmocka_unit_test(test_references),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
