/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who owns a port that several services claim. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"
#include "unit/policies.h"

#define HEAD                                              \
        "name: p\nsummary: P\ninclude: [base]\ngroups:\n" \
        "  g: {default: none, summary: G}\n  h: {default: none, summary: H}\nservices:\n"
#define SITE "groups: {g: [192.0.2.0/24], h: [198.51.100.0/24]}\n"

/* Services as "  NAME: {summary: S, ports: [PORTS], from: SCOPE}". */
#define SERVICE(name, ports, from) "  " name ": {summary: S, ports: [" ports "], from: " from "}\n"

static char *told_of_last;

static void check(const char *services, const char *wanted)
{
        char profile[4096];
        struct pg_policy *policy;

        snprintf(profile, sizeof(profile), "%s%s", HEAD, services);
        free(told_of_last);
        policy = MAKE_POLICY(SITE, &told_of_last, profile);
        if (!policy)
                fail_msg("%s", told_of_last);
        check_outline(policy, wanted);
        pg_policy_free(policy);
}

static void check_tells(const char *part)
{
        if (!strstr(told_of_last, part))
                fail_msg("not told: %s\ntold:\n%s", part, told_of_last);
}

static void the_narrower_claim_wins(void **state)
{
        (void)state;
        check(SERVICE("wide", "tcp/10000-11000", "any") SERVICE("narrow", "tcp/10250", "g"),
              "in tcp/10000-10249 any: p/wide\n"
              "in tcp/10250 g: p/narrow\n"
              "in tcp/10251-11000 any: p/wide\n");
        check_tells(
                "9:3: warning: carved: tcp/10250 of p/narrow (g) is taken out of tcp/10000-11000 of p/wide (any) at");
        check_tells("p.yaml:8:3");
}

static void the_order_of_services_does_not_matter(void **state)
{
        (void)state;
        check(SERVICE("narrow", "tcp/10250", "g") SERVICE("wide", "tcp/10000-11000", "any"),
              "in tcp/10000-10249 any: p/wide\n"
              "in tcp/10250 g: p/narrow\n"
              "in tcp/10251-11000 any: p/wide\n");
}

static void a_narrow_claim_may_also_widen(void **state)
{
        (void)state;
        check(SERVICE("wide", "tcp/100-200", "g") SERVICE("narrow", "tcp/100-150", "any"),
              "in tcp/100-150 any: p/narrow\n"
              "in tcp/151-200 g: p/wide\n");
}

static void equal_claims_are_joined(void **state)
{
        (void)state;
        check(SERVICE("one", "tcp/80", "g") SERVICE("two", "tcp/80", "h"),
              "in tcp/80 g, h: p/one, p/two\n");
        check_tells("joined: tcp/80 of p/one (g) is also claimed by p/two (h)");
        check(SERVICE("one", "tcp/80", "g") SERVICE("two", "tcp/80", "any"),
              "in tcp/80 any: p/one, p/two\n");
        check(SERVICE("one", "tcp/80", "g") SERVICE("two", "tcp/80", "g"),
              "in tcp/80 g: p/one, p/two\n");
}

static void claims_of_equal_width_are_joined_where_they_overlap(void **state)
{
        (void)state;
        check(SERVICE("one", "tcp/80-90", "g") SERVICE("two", "tcp/85-95", "h"),
              "in tcp/80-84 g: p/one\n"
              "in tcp/85-90 g, h: p/one, p/two\n"
              "in tcp/91-95 h: p/two\n");
}

static void three_claims_overlap(void **state)
{
        (void)state;
        check(SERVICE("a", "tcp/1-1000", "any") SERVICE("b", "tcp/100-500", "g")
                      SERVICE("c", "tcp/400-600", "h"),
              "in tcp/1-99 any: p/a\n"
              "in tcp/100-399 g: p/b\n"
              "in tcp/400-600 h: p/c\n"
              "in tcp/601-1000 any: p/a\n");
}

static void a_claim_is_cut_into_many(void **state)
{
        (void)state;
        check(SERVICE("a", "tcp/1-65535", "any") SERVICE("b", "tcp/1, tcp/3, tcp/65535", "g"),
              "in tcp/1 g: p/b\n"
              "in tcp/2 any: p/a\n"
              "in tcp/3 g: p/b\n"
              "in tcp/4-65534 any: p/a\n"
              "in tcp/65535 g: p/b\n");
}

static void neighbours_of_one_service_become_one(void **state)
{
        (void)state;
        check(SERVICE("a", "tcp/80, tcp/81, tcp/82-90, tcp/92", "any"), "in tcp/80-90 any: p/a\n"
                                                                        "in tcp/92 any: p/a\n");
}

static void neighbours_of_two_services_stay_two(void **state)
{
        (void)state;
        check(SERVICE("a", "tcp/80", "any") SERVICE("b", "tcp/81", "any"), "in tcp/80 any: p/a\n"
                                                                           "in tcp/81 any: p/b\n");
}

static void protocols_do_not_meet(void **state)
{
        (void)state;
        check(SERVICE("a", "tcp/1-100", "any") SERVICE("b", "udp/50", "g")
                      SERVICE("c", "protocol/gre", "h"),
              "in tcp/1-100 any: p/a\n"
              "in udp/50 g: p/b\n"
              "in protocol/gre h: p/c\n");
        assert_null(strstr(told_of_last, "carved"));
}

static int drop_told(void **state)
{
        (void)state;
        free(told_of_last);
        return 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_narrower_claim_wins),
                cmocka_unit_test(the_order_of_services_does_not_matter),
                cmocka_unit_test(a_narrow_claim_may_also_widen),
                cmocka_unit_test(equal_claims_are_joined),
                cmocka_unit_test(claims_of_equal_width_are_joined_where_they_overlap),
                cmocka_unit_test(three_claims_overlap),
                cmocka_unit_test(a_claim_is_cut_into_many),
                cmocka_unit_test(neighbours_of_one_service_become_one),
                cmocka_unit_test(neighbours_of_two_services_stay_two),
                cmocka_unit_test(protocols_do_not_meet),
        };

        return cmocka_run_group_tests(tests, NULL, drop_told);
}
