/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who gains and who loses access between two policies. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/diff/diff.h"
#include "unit/policies.h"

static const char *const kinds[] = {
        [PG_CHANGE_OPENS] = "opens",
        [PG_CHANGE_CLOSES] = "closes",
        [PG_CHANGE_WIDENS] = "widens",
        [PG_CHANGE_NARROWS] = "narrows",
};

/* Profiles that differ in their services: "PORTS FROM" pairs. */
static struct pg_policy *make(const char *services)
{
        char profile[4096];
        char *text = NULL;
        struct pg_policy *policy;

        snprintf(profile, sizeof(profile), "name: p\nsummary: P\ninclude: [base]\nservices:\n%s",
                 services);
        policy = MAKE_POLICY("", &text, profile);
        if (!policy)
                fail_msg("%s", text);
        free(text);
        return policy;
}

/* The changes as text, which the caller frees; or those of them that let more in or out. */
static char *describe(const struct pg_changes *changes, bool only_gains)
{
        char *text = NULL;
        size_t size = 0;
        FILE *stream = open_memstream(&text, &size);

        for (size_t i = 0; i < changes->n; i++) {
                const struct pg_change *change = &changes->items[i];

                if (only_gains &&
                    (change->kind == PG_CHANGE_CLOSES || change->kind == PG_CHANGE_NARROWS))
                        continue;
                fprintf(stream, "%s %s/%s %s -> %s\n", kinds[change->kind], change->protocol,
                        change->ports, change->before ? change->before : "nobody",
                        change->after ? change->after : "nobody");
        }
        fclose(stream);
        return text;
}

static void check_policies(const struct pg_policy *before, const struct pg_policy *after,
                           const char *wanted)
{
        struct pg_changes *changes = NULL, *gains = NULL;
        struct pg_error error;
        char *text, *more;

        assert_int_equal(pg_policy_compare(before, after, &changes, &error), 0);
        text = describe(changes, false);
        assert_string_equal(text, wanted);
        free(text);
        assert_int_equal(pg_policy_gains(before, after, &gains, &error), 0);
        text = describe(changes, true);
        more = describe(gains, false);
        assert_string_equal(more, text);
        free(text);
        free(more);
        pg_changes_free(changes);
        pg_changes_free(gains);
}

static void check(const char *before, const char *after, const char *wanted)
{
        struct pg_policy *a = make(before), *b = make(after);

        check_policies(a, b, wanted);
        pg_policy_free(a);
        pg_policy_free(b);
}

#define SERVICE(name, ports, from) "  " name ": {summary: S, ports: [" ports "], from: " from "}\n"

static void ports_open_and_close(void **state)
{
        (void)state;
        check(SERVICE("a", "tcp/80", "any"), SERVICE("b", "tcp/443", "any"),
              "closes tcp/80 any -> nobody\nopens tcp/443 nobody -> any\n");
        check(SERVICE("a", "tcp/80", "any"), SERVICE("a", "tcp/80", "local"),
              "closes tcp/80 any -> nobody\n");
}

static void access_widens_and_narrows(void **state)
{
        (void)state;
        check(SERVICE("a", "tcp/80", "192.0.2.0/24"), SERVICE("a", "tcp/80", "any"),
              "widens tcp/80 192.0.2.0/24 -> any\n");
        check(SERVICE("a", "tcp/80", "any"), SERVICE("a", "tcp/80", "192.0.2.0/24"),
              "narrows tcp/80 any -> 192.0.2.0/24\n");
        check(SERVICE("a", "tcp/80", "192.0.2.0/24"), SERVICE("a", "tcp/80", "192.0.0.0/16"),
              "widens tcp/80 192.0.2.0/24 -> 192.0.0.0/16\n");
}

static void a_part_of_a_range_changes(void **state)
{
        (void)state;
        check(SERVICE("a", "tcp/80-90", "any"), SERVICE("a", "tcp/80-85", "any"),
              "closes tcp/86-90 any -> nobody\n");
        check(SERVICE("a", "tcp/80-90", "any"),
              SERVICE("a", "tcp/80-90", "any") SERVICE("b", "tcp/85", "192.0.2.1"),
              "narrows tcp/85 any -> 192.0.2.1\n");
}

static void another_spelling_of_the_same_is_no_change(void **state)
{
        (void)state;
        check(SERVICE("a", "tcp/80-90", "any"),
              SERVICE("b", "tcp/80-84", "any") SERVICE("c", "tcp/85-90", "any"), "");
        check(SERVICE("a", "tcp/80", "192.0.2.0/24"),
              SERVICE("a", "tcp/80", "[192.0.2.0/25, 192.0.2.128/25]"), "");
        check(SERVICE("a", "tcp/80", "internal"),
              SERVICE("a", "tcp/80", "[10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, \"fc00::/7\"]"), "");
}

static void all_is_new_where_nothing_was(void **state)
{
        struct pg_policy *policy =
                make(SERVICE("a", "tcp/80", "any") SERVICE("b", "udp/53", "192.0.2.1"));

        (void)state;
        check_policies(NULL, policy, "opens tcp/80 nobody -> any\nopens udp/53 nobody -> 192.0.2.1\n");
        check_policies(policy, policy, "");
        pg_policy_free(policy);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(ports_open_and_close),
                cmocka_unit_test(access_widens_and_narrows),
                cmocka_unit_test(a_part_of_a_range_changes),
                cmocka_unit_test(another_spelling_of_the_same_is_no_change),
                cmocka_unit_test(all_is_new_where_nothing_was),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
