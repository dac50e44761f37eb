/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of profiles and site gets into the policy: conditions, options, parameters, groups. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"
#include "unit/policies.h"

/* Fails unless the profiles compile to the outline, and something like `told` is told (NULL: nothing).
 */
static void check(const char *site, const char *wanted, const char *told, const char *const *profiles,
                  size_t n)
{
        char *text = NULL;
        struct pg_policy *policy = make_policy(profiles, n, site, &text);

        if (wanted && !policy)
                fail_msg("refused:\n%s", text);
        if (wanted)
                check_outline(policy, wanted);
        else
                assert_null(policy);
        if (told && !strstr(text, told))
                fail_msg("not told: %s\ntold:\n%s", told, text);
        if (!told)
                assert_string_equal(text, "");
        pg_policy_free(policy);
        free(text);
}

#define CHECK(site, wanted, told, ...)                                \
        check(site, wanted, told, (const char *const[]){__VA_ARGS__}, \
              sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void a_condition_opens_its_service(void **state)
{
        const char *profile =
                "name: p\nsummary: P\ninclude: [base]\n"
                "params:\n"
                "  on: {type: bool, default: false, summary: S}\n"
                "  kind: {type: choice, choices: [x, y, z], default: x, summary: S}\n"
                "services:\n"
                "  a: {summary: A, ports: [tcp/1], from: any, when: on}\n"
                "  b: {summary: B, ports: [tcp/2], from: any, when: {kind: [y, z]}}\n"
                "  c: {summary: C, ports: [tcp/3], from: any, when: {on: true, kind: x}}\n";

        (void)state;
        CHECK("", "", NULL, profile);
        CHECK("params: {on: true}", "in tcp/1 any: p/a\nin tcp/3 any: p/c\n", NULL, profile);
        CHECK("params: {kind: z}", "in tcp/2 any: p/b\n", NULL, profile);
        CHECK("params: {kind: y, on: true}", "in tcp/1 any: p/a\nin tcp/2 any: p/b\n", NULL, profile);
        CHECK("params: {kind: q}", NULL, "'q'", profile);
}

static void a_parameter_fills_ports_and_scopes(void **state)
{
        const char *profile = "name: p\nsummary: P\ninclude: [base]\n"
                              "params:\n"
                              "  port: {type: ports, default: 80-90, summary: S}\n"
                              "  who: {type: scope, default: none, summary: S}\n"
                              "services:\n"
                              "  a: {summary: A, ports: \"tcp/${port}\", from: \"${who}\"}\n";

        (void)state;
        CHECK("", "", NULL, profile);
        CHECK("params: {who: any}", "in tcp/80-90 any: p/a\n", NULL, profile);
        CHECK("params: {who: 192.0.2.0/24, port: 7}", "in tcp/7 192.0.2.0/24: p/a\n", NULL, profile);
        CHECK("params: {port: 0}", NULL, "there is no port 0", profile);
}

static void optional_services_stay_closed_until_asked_for(void **state)
{
        const char *profile = "name: p\nsummary: P\ninclude: [base]\nservices:\n"
                              "  a: {summary: A, ports: [tcp/1], from: any}\n"
                              "  b: {summary: B, ports: [tcp/2], from: any, required: false}\n"
                              "  c: {summary: C, ports: [tcp/3], from: any, required: false}\n";
        struct pg_policy *policy = MAKE_POLICY("", NULL, profile);

        (void)state;
        check_outline(policy, "in tcp/1 any: p/a\n");
        assert_int_equal(policy->n_closed, 2);
        assert_string_equal(policy->closed[0].name, "p/b");
        assert_string_equal(policy->closed[0].ports, "tcp/2");
        pg_policy_free(policy);
        CHECK("enable: [b]", "in tcp/1 any: p/a\nin tcp/2 any: p/b\n", NULL, profile);
        CHECK("enable: [p/c]", "in tcp/1 any: p/a\nin tcp/3 any: p/c\n", NULL, profile);
        CHECK("enable: all", "in tcp/1 any: p/a\nin tcp/2 any: p/b\nin tcp/3 any: p/c\n", NULL,
              profile);
        CHECK("enable: [d]", "in tcp/1 any: p/a\n", "'d'", profile);
}

static void an_include_may_make_services_optional(void **state)
{
        const char *outer =
                "name: outer\nsummary: O\ninclude: [base, {profile: inner, optional: [b]}]\n";
        const char *all = "name: outer\nsummary: O\ninclude: [base, {profile: inner, optional: all}]\n";
        const char *inner = "name: inner\nsummary: I\ninclude: [base]\nservices:\n"
                            "  a: {summary: A, ports: [tcp/1], from: any}\n"
                            "  b: {summary: B, ports: [tcp/2], from: any}\n";

        (void)state;
        CHECK("", "in tcp/1 any: inner/a\n", NULL, outer, inner);
        CHECK("enable: [b]", "in tcp/1 any: inner/a\nin tcp/2 any: inner/b\n", NULL, outer, inner);
        CHECK("", "", NULL, all, inner);
        CHECK("enable: all", "in tcp/1 any: inner/a\nin tcp/2 any: inner/b\n", NULL, all, inner);
        CHECK("", "in tcp/1 any: inner/a\nin tcp/2 any: inner/b\n", NULL, inner);
}

static void what_must_not_be_open_to_any_is_refused(void **state)
{
        const char *profile =
                "name: p\nsummary: P\ninclude: [base]\n"
                "params:\n"
                "  who: {type: scope, default: internal, summary: S}\n"
                "  i_know: {type: bool, default: false, summary: S}\n"
                "services:\n"
                "  a: {summary: A, ports: [tcp/1], from: \"${who}\", never_any_unless: i_know}\n";

        (void)state;
        CHECK("", "in tcp/1 internal: p/a\n", NULL, profile);
        CHECK("params: {who: any}", NULL, "8:3: p/a must not be open to any", profile);
        CHECK("params: {who: any, i_know: true}", "in tcp/1 any: p/a\n", NULL, profile);
}

static void an_empty_group_opens_nothing_and_is_told(void **state)
{
        const char *profile = "name: p\nsummary: P\ninclude: [base]\n"
                              "groups: {g: {default: none, summary: G}}\n"
                              "services:\n  a: {summary: A, ports: [tcp/1], from: g}\n";
        struct pg_policy *policy = MAKE_POLICY("", NULL, profile);

        (void)state;
        for (size_t i = 0; i < policy->n_segments; i++)
                assert_false(pg_source_opens(&policy->sources[policy->segments[i].source]));
        pg_policy_free(policy);
        CHECK("", "in tcp/1 g: p/a\n", "6:3: warning: group 'g' is empty and opens nothing", profile);
        CHECK("groups: {g: [192.0.2.1]}", "in tcp/1 g: p/a\n", NULL, profile);
}

static void one_group_has_one_default(void **state)
{
        const char *outer = "name: outer\nsummary: O\ninclude: [base, inner]\n"
                            "groups: {g: {default: internal, summary: G}}\n"
                            "services:\n  a: {summary: A, ports: [tcp/1], from: g}\n";
        const char *inner = "name: inner\nsummary: I\ninclude: [base]\n"
                            "groups: {g: {default: none, summary: G}}\n"
                            "services:\n  b: {summary: B, ports: [tcp/2], from: g}\n";

        (void)state;
        CHECK("", NULL, "group 'g' has another default at", outer, inner);
}

static void local_scopes_are_nobody_from_outside(void **state)
{
        struct pg_policy *policy = MAKE_POLICY(
                "", NULL,
                "name: p\nsummary: P\ninclude: [base]\nservices:\n  a: {summary: A, ports: [tcp/1], from: local}\n");

        (void)state;
        assert_non_null(policy);
        for (size_t i = 0; i < policy->n_segments; i++)
                assert_false(pg_source_opens(&policy->sources[policy->segments[i].source]));
        pg_policy_free(policy);
}

static void outbound_services_count_with_strict_egress_only(void **state)
{
        const char *profile = "name: p\nsummary: P\ninclude: [base]\n"
                              "egress:\n  a: {summary: A, ports: [tcp/443], to: partner.example.net}\n";
        const char *site = "egress: strict\nhosts: {partner.example.net: [192.0.2.1]}\n";
        struct pg_policy *policy = MAKE_POLICY("", NULL, profile);

        (void)state;
        assert_false(policy->egress_strict);
        pg_policy_free(policy);
        policy = MAKE_POLICY(site, NULL, profile);
        assert_true(policy->egress_strict);
        _cleanup_(pg_freep) char *text = outline(policy);
        assert_non_null(strstr(text, "out tcp/443 partner.example.net: p/a\n"));
        assert_non_null(strstr(text, "out udp/53 any: base/dns\n"));
        assert_non_null(strstr(text, "out udp/123 any: base/ntp\n"));
        pg_policy_free(policy);
        CHECK("egress: strict", text, "no address is known for 'partner.example.net'", profile);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_condition_opens_its_service),
                cmocka_unit_test(a_parameter_fills_ports_and_scopes),
                cmocka_unit_test(optional_services_stay_closed_until_asked_for),
                cmocka_unit_test(an_include_may_make_services_optional),
                cmocka_unit_test(what_must_not_be_open_to_any_is_refused),
                cmocka_unit_test(an_empty_group_opens_nothing_and_is_told),
                cmocka_unit_test(one_group_has_one_default),
                cmocka_unit_test(local_scopes_are_nobody_from_outside),
                cmocka_unit_test(outbound_services_count_with_strict_egress_only),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
