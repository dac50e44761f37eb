/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel holds is read back as the policy that it was made of: for every shipped profile. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ruleset/compile/compile.h"
#include "ruleset/decompile.h"
#include "ruleset/delta/delta.h"
#include "ruleset/digest.h"
#include "ruleset/text/text.h"
#include "unit/policies.h"

#define SITE(egress, ping)                                      \
        "enable: all\negress: " egress "\nparams: {" ping "}\n" \
        "hosts: {msg.argo.grnet.gr: [192.0.2.1], aai.egi.eu: [\"2001:db8::1\"]}\n"

static struct pg_ruleset *compile(const struct pg_policy *policy, char slot)
{
        const struct pg_ruleset_options options = {.slot = slot};
        struct pg_ruleset *ruleset = NULL;
        struct pg_error error;

        assert_int_equal(pg_ruleset_compile(policy, &options, &ruleset, &error), 0);
        return ruleset;
}

static char *print(const struct pg_ruleset *ruleset)
{
        char *text = NULL;
        size_t size = 0;
        FILE *stream = open_memstream(&text, &size);

        pg_ruleset_print(ruleset, stream);
        fclose(stream);
        return text;
}

static void check_there_and_back(const char *name, const char *site)
{
        struct pg_policy *policy = make_shipped_policy(name, site), *again = NULL;
        struct pg_ruleset *ruleset = compile(policy, 'a'), *remade, *other = compile(policy, 'b');
        const struct pg_delta_scope scope = {.slot = 'a'};
        char digest[PG_DIGEST_TEXT_SIZE], remade_digest[PG_DIGEST_TEXT_SIZE];
        struct pg_delta delta = {0};
        struct pg_error error;
        char *text, *remade_text;

        assert_int_equal(pg_ruleset_to_policy(ruleset, 'a', false, &again, &error), 0);
        remade = compile(again, 'a');
        text = print(ruleset);
        remade_text = print(remade);
        if (strcmp(text, remade_text) != 0)
                fail_msg("%s:\n%s\nbecame:\n%s", name, text, remade_text);
        assert_int_equal(pg_ruleset_compare(remade, ruleset, &scope, &delta), 0);
        assert_true(delta.equal);

        pg_ruleset_digest(ruleset, 'a', digest);
        pg_ruleset_digest(remade, 'a', remade_digest);
        assert_string_equal(digest, remade_digest);
        pg_ruleset_digest(other, 'b', remade_digest);
        assert_string_equal(digest, remade_digest);

        pg_delta_done(&delta);
        free(text);
        free(remade_text);
        pg_ruleset_free(ruleset);
        pg_ruleset_free(remade);
        pg_ruleset_free(other);
        pg_policy_free(policy);
        pg_policy_free(again);
}

static void check_all(const char *site)
{
        DIR *folder = opendir(PORTGUARD_SOURCE "/profiles");
        const struct dirent *entry;
        size_t n = 0;

        assert_non_null(folder);
        while ((entry = readdir(folder))) {
                const char *end = strstr(entry->d_name, ".yaml");
                char name[256];

                if (!end)
                        continue;
                snprintf(name, sizeof(name), "%.*s", (int)(end - entry->d_name), entry->d_name);
                check_there_and_back(name, site);
                n++;
        }
        closedir(folder);
        assert_true(n > 50);
}

static void every_profile_with_open_egress(void **state)
{
        (void)state;
        check_all(SITE("open", ""));
}

static void every_profile_with_strict_egress(void **state)
{
        (void)state;
        check_all(SITE("strict", ""));
}

/* Segments are searched and compared by protocol and port (policy/admit.c, policy/diff/difference.c),
 * and the maps that they come from are several. */
static void protocols_with_and_without_ports_come_in_order(void **state)
{
        char *told = NULL;
        struct pg_policy *again = NULL,
                         *policy = MAKE_POLICY(
                                 "egress: strict\ngroups: {peers: [192.0.2.0/24]}\n", &told,
                                 "name: mixed\nsummary: Protocols\nservices:\n"
                                 "  a: {summary: A, ports: [tcp/22, udp/1-65535, sctp/5], from: any}\n"
                                 "  b: {summary: B, ports: [protocol/ipip, protocol/gre, protocol/253],"
                                 " from: any}\n"
                                 "  c: {summary: C, ports: [tcp/1, udplite/65535, protocol/vrrp],"
                                 " from: peers}\n"
                                 "egress:\n"
                                 "  d: {summary: D, ports: [tcp/80, protocol/esp, udp/53], to: any}\n"
                                 "groups: {peers: {default: none, summary: Peers}}\n");
        struct pg_ruleset *ruleset;
        struct pg_error error;
        char *text;

        (void)state;
        assert_non_null(policy);
        ruleset = compile(policy, 'a');
        assert_int_equal(pg_ruleset_to_policy(ruleset, 'a', false, &again, &error), 0);
        text = outline(policy);
        check_outline(again, text);
        free(text);
        free(told);
        pg_ruleset_free(ruleset);
        pg_policy_free(policy);
        pg_policy_free(again);
}

static void every_profile_with_ping_for_some(void **state)
{
        (void)state;
        check_all(SITE("strict", "ping_from: [192.0.2.0/24, \"2001:db8::/32\"], ping_rate: 3/minute"));
        check_all(SITE("open", "ping_from: none"));
        check_all(SITE("open", "ping_from: internal, ping_rate: none"));
}

static void a_group_of_both_families(void **state)
{
        (void)state;
        check_there_and_back("k8s-worker", "groups: {cluster: [192.0.2.0/24, \"2001:db8::/32\"]}\n");
}

/* nft reads no longer ones. */
static void check_comments(const struct pg_ruleset *ruleset)
{
        for (size_t i = 0; i < ruleset->n_chains; i++)
                if (ruleset->chains[i].comment)
                        assert_in_range(strlen(ruleset->chains[i].comment), 1, 128);
        for (size_t i = 0; i < ruleset->n_sets; i++)
                for (size_t j = 0; j < ruleset->sets[i].n_elements; j++)
                        if (ruleset->sets[i].elements[j].comment)
                                assert_in_range(strlen(ruleset->sets[i].elements[j].comment), 1, 128);
}

static bool has_source(const struct pg_policy *policy, const struct pg_source *wanted)
{
        for (size_t i = 0; i < policy->n_sources; i++) {
                const struct pg_source *source = &policy->sources[i];

                if (strcmp(source->label, wanted->label) != 0)
                        continue;
                assert_int_equal(source->n_scopes, wanted->n_scopes);
                for (size_t j = 0; j < source->n_scopes; j++)
                        assert_string_equal(source->scopes[j], wanted->scopes[j]);
                return true;
        }
        return false;
}

/* Labels that nft takes for no identifier, and that are longer than one. */
static void long_and_odd_labels(void **state)
{
        static const char profile[] =
                "name: p\nsummary: P\ninclude: [base]\nservices:\n"
                "  a: {summary: A, ports: [tcp/1], from: [192.0.2.1, 192.0.2.3, 192.0.2.5, 192.0.2.7, 192.0.2.9, "
                "192.0.2.11, 192.0.2.13, 192.0.2.15, 192.0.2.17, 192.0.2.19, 192.0.2.21, 192.0.2.23, "
                "192.0.2.25, 192.0.2.27, 192.0.2.29, 192.0.2.31, 192.0.2.33, 192.0.2.35, 192.0.2.37]}\n"
                "  b: {summary: B, ports: [tcp/2], from: [\"2001:db8:0:1::/64\", \"2001:db8:0:3::/64\"]}\n"
                "  c: {summary: C, ports: [tcp/3], from: 192.0.2.0/24}\n";
        static const char site[] = "params: {ping_from: [192.0.2.0/24, 198.51.100.1, internal, "
                                   "\"2001:db8:1:2::/64\"]}\n";
        struct pg_policy *policy = MAKE_POLICY(site, NULL, profile), *again = NULL;
        struct pg_ruleset *ruleset = compile(policy, 'a'), *remade;
        struct pg_error error;
        char *text = print(ruleset), *remade_text;

        (void)state;
        for (size_t i = 0; i < ruleset->n_chains; i++)
                assert_true(strlen(ruleset->chains[i].name) < 128);
        assert_int_equal(pg_ruleset_to_policy(ruleset, 'a', false, &again, &error), 0);
        remade = compile(again, 'a');
        remade_text = print(remade);
        assert_string_equal(text, remade_text);
        check_comments(ruleset);
        assert_int_equal(again->n_sources, 4);
        for (size_t i = 0; i < again->n_sources; i++)
                assert_true(has_source(policy, &again->sources[i]));
        free(text);
        free(remade_text);
        pg_ruleset_free(ruleset);
        pg_ruleset_free(remade);
        pg_policy_free(policy);
        pg_policy_free(again);
}

/* More services at one port than a comment takes: each is read back, in its place. */
static void all_services_of_a_port(void **state)
{
        char *profile = NULL;
        size_t size = 0, found = 0;
        FILE *stream = open_memstream(&profile, &size);
        struct pg_policy *policy, *again = NULL;
        struct pg_ruleset *ruleset;
        struct pg_error error;
        char *outline_is, *outline_was;

        (void)state;
        fprintf(stream, "name: p%062d\nsummary: P\ninclude: [base]\nservices:\n", 0);
        for (int i = 0; i < 40; i++)
                fprintf(stream, "  s%062d: {summary: S, ports: [tcp/80, udp/80], from: any}\n", i);
        fclose(stream);
        policy = MAKE_POLICY("", NULL, profile);
        ruleset = compile(policy, 'b');
        check_comments(ruleset);
        assert_int_equal(pg_ruleset_to_policy(ruleset, 'b', false, &again, &error), 0);
        outline_was = outline(policy);
        outline_is = outline(again);
        assert_string_equal(outline_is, outline_was);
        for (const char *at = outline_is; (at = strstr(at, "/s000")); at++)
                found++;
        assert_int_equal(found, 80);
        free(outline_is);
        free(outline_was);
        free(profile);
        pg_ruleset_free(ruleset);
        pg_policy_free(policy);
        pg_policy_free(again);
}

static void the_digest_tells_policies_apart(void **state)
{
        struct pg_policy *one = make_shipped_policy("ssh", ""),
                         *two = make_shipped_policy("ssh", "params: {ssh_port: 23}");
        struct pg_ruleset *a = compile(one, 'a'), *b = compile(two, 'a');
        char first[PG_DIGEST_TEXT_SIZE], second[PG_DIGEST_TEXT_SIZE];

        (void)state;
        pg_ruleset_digest(a, 'a', first);
        pg_ruleset_digest(b, 'a', second);
        assert_string_not_equal(first, second);
        pg_ruleset_free(a);
        pg_ruleset_free(b);
        pg_policy_free(one);
        pg_policy_free(two);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_profile_with_open_egress),
                cmocka_unit_test(every_profile_with_strict_egress),
                cmocka_unit_test(every_profile_with_ping_for_some),
                cmocka_unit_test(protocols_with_and_without_ports_come_in_order),
                cmocka_unit_test(a_group_of_both_families),
                cmocka_unit_test(long_and_odd_labels),
                cmocka_unit_test(all_services_of_a_port),
                cmocka_unit_test(the_digest_tells_policies_apart),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
