/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies written as JSON and read back: the same bytes, the same rules. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ruleset/compile/compile.h"
#include "ruleset/decompile.h"
#include "ruleset/digest.h"
#include "state/policy_json/internal.h"
#include "unit/stored.h"

#define HOSTS "hosts: {msg.argo.grnet.gr: [192.0.2.1], aai.egi.eu: [\"2001:db8::1\"]}\n"

static void digest_rules(const struct pg_policy *policy, char text[static PG_DIGEST_TEXT_SIZE])
{
        const struct pg_ruleset_options options = {.slot = 'a'};
        struct pg_ruleset *ruleset = NULL;
        struct pg_error error;

        assert_int_equal(pg_ruleset_compile(policy, &options, &ruleset, &error), 0);
        pg_ruleset_digest(ruleset, 'a', text);
        pg_ruleset_free(ruleset);
}

static void check_there_and_back(const struct pg_policy *policy)
{
        char before[PG_DIGEST_TEXT_SIZE], after[PG_DIGEST_TEXT_SIZE];
        struct shelf shelf = {0}, other = {0};
        char *text = write_policy(policy, &shelf), *again;
        struct pg_policy *copy = read_policy(text, &shelf);

        again = write_policy(copy, &other);
        assert_string_equal(text, again);
        assert_int_equal(shelf.n, other.n);
        digest_rules(policy, before);
        digest_rules(copy, after);
        assert_string_equal(before, after);
        pg_policy_free(copy);
        free(text);
        free(again);
        shelf_done(&shelf);
        shelf_done(&other);
}

/* What a table says that it enforces can be stored as well. */
static void check_read_back(const struct pg_policy *policy)
{
        const struct pg_ruleset_options options = {.slot = 'a'};
        struct pg_ruleset *ruleset = NULL;
        struct pg_policy *copy = NULL;
        struct pg_error error;

        assert_int_equal(pg_ruleset_compile(policy, &options, &ruleset, &error), 0);
        assert_int_equal(pg_ruleset_to_policy(ruleset, 'a', false, &copy, &error), 0);
        check_there_and_back(copy);
        pg_policy_free(copy);
        pg_ruleset_free(ruleset);
}

static void check_all(const char *site)
{
        DIR *folder = opendir(PORTGUARD_SOURCE "/profiles");
        const struct dirent *entry;
        size_t n = 0;

        assert_non_null(folder);
        while ((entry = readdir(folder))) {
                const char *end = strstr(entry->d_name, ".yaml");
                struct pg_policy *policy;
                char name[256];

                if (!end)
                        continue;
                snprintf(name, sizeof(name), "%.*s", (int)(end - entry->d_name), entry->d_name);
                policy = make_shipped_policy(name, site);
                check_there_and_back(policy);
                check_read_back(policy);
                pg_policy_free(policy);
                n++;
        }
        closedir(folder);
        assert_true(n > 50);
}

static void every_profile(void **state)
{
        (void)state;
        check_all(HOSTS);
        check_all("enable: all\negress: strict\nparams: {ping_rate: none}\n" HOSTS);
        check_all("egress: strict\nparams: {ping_from: [192.0.2.0/24, \"2001:db8::/32\"], "
                  "ping_rate: 3/minute}\n" HOSTS);
}

static void assert_same_strings(char *const *a, size_t n_a, char *const *b, size_t n_b)
{
        assert_int_equal(n_a, n_b);
        for (size_t i = 0; i < n_a; i++)
                assert_string_equal(a[i], b[i]);
}

static void every_part_comes_back(void **state)
{
        struct pg_policy *policy = make_small(), *copy;
        struct shelf shelf = {0};
        char *text = write_policy(policy, &shelf);

        (void)state;
        copy = read_policy(text, &shelf);
        assert_int_equal(shelf.n, 0);
        assert_int_equal(copy->n_profiles, policy->n_profiles);
        assert_string_equal(copy->profiles[0], "p");
        assert_int_equal(copy->n_services, policy->n_services);
        for (size_t i = 0; i < policy->n_services; i++) {
                assert_string_equal(copy->services[i].name, policy->services[i].name);
                assert_string_equal(copy->services[i].summary, policy->services[i].summary);
                assert_int_equal(copy->services[i].line, policy->services[i].line);
                assert_int_equal(copy->services[i].column, policy->services[i].column);
                if (policy->services[i].file)
                        assert_string_equal(copy->services[i].file, policy->services[i].file);
                else
                        assert_null(copy->services[i].file);
        }
        assert_int_equal(copy->n_sources, policy->n_sources);
        for (size_t i = 0; i < policy->n_sources; i++) {
                const struct pg_source *a = &policy->sources[i], *b = &copy->sources[i];

                assert_string_equal(a->label, b->label);
                assert_same_strings(a->scopes, a->n_scopes, b->scopes, b->n_scopes);
                assert_int_equal(a->any, b->any);
                assert_true(pg_addresses_equal(&a->addresses, &b->addresses));
                assert_same_strings(a->interfaces, a->n_interfaces, b->interfaces, b->n_interfaces);
                assert_int_equal(a->line, b->line);
                assert_int_equal(a->column, b->column);
        }
        assert_int_equal(copy->n_closed, 1);
        assert_string_equal(copy->closed[0].name, "p/d");
        assert_string_equal(copy->closed[0].summary, "D");
        assert_string_equal(copy->closed[0].ports, "tcp/90");
        assert_int_equal(copy->egress_strict, policy->egress_strict);
        assert_int_equal(copy->ping_rate.count, policy->ping_rate.count);
        assert_int_equal(copy->ping_rate.seconds, policy->ping_rate.seconds);
        assert_int_equal(copy->ping_source, policy->ping_source);
        assert_int_equal(strncmp(text, "{\"closed\":[{\"name\":", 19), 0);
        /* What is no prefix stays one range. */
        assert_non_null(strstr(text, "\"192.0.2.8-192.0.2.13\""));
        pg_policy_free(policy);
        pg_policy_free(copy);
        free(text);
}

static void large_sets_are_put_aside(void **state)
{
        struct pg_policy *policy = make_small(), *copy;
        size_t group = group_of(policy);
        struct pg_addresses *addresses = &policy->sources[group].addresses;
        struct shelf shelf = {0};
        char *text;

        (void)state;
        while (addresses->n_v4 + addresses->n_v6 < PG_POLICY_JSON_INLINE_MAX)
                add_range(policy, group, 0xc6000000 + 4 * (uint32_t)addresses->n_v4,
                          0xc6000001 + 4 * (uint32_t)addresses->n_v4);
        text = write_policy(policy, &shelf);
        assert_int_equal(shelf.n, 0);
        free(text);
        check_there_and_back(policy);

        add_range(policy, group, 0xc7000000, 0xc7000000);
        text = write_policy(policy, &shelf);
        assert_int_equal(shelf.n, 1);
        assert_non_null(strstr(text, shelf.items[0].digest));
        copy = read_policy(text, &shelf);
        assert_true(pg_addresses_equal(addresses, &copy->sources[group].addresses));
        /* What was read can grow as what was made can. */
        for (uint32_t i = 0; i < 200; i++)
                add_range(copy, group, 0xd0000000 + 2 * i, 0xd0000000 + 2 * i);
        pg_policy_free(copy);
        check_there_and_back(policy);
        free(text);
        shelf_done(&shelf);
        pg_policy_free(policy);
}

/* The form of the bytes is on disks: it must not change unseen. */
static void the_bytes_are_the_same_everywhere(void **state)
{
        struct pg_policy *policy = make_small();
        size_t group = group_of(policy);
        struct pg_addresses *addresses = &policy->sources[group].addresses;
        struct shelf shelf = {0};
        char *text;

        (void)state;
        pg_addresses_done(addresses);
        for (uint32_t i = 0; i < 65; i++)
                add_range(policy, group, 0x0a000000 + 16 * i, 0x0a000000 + 16 * i + 3);
        text = write_policy(policy, &shelf);
        assert_int_equal(shelf.items[0].length, 8 + 65 * 8);
        assert_memory_equal(shelf.items[0].bytes,
                            ((const uint8_t[]){0, 0, 0,  65, 0, 0, 0,  0, 10, 0,
                                               0, 0, 10, 0,  0, 3, 10, 0, 0,  16}),
                            20);
        assert_string_equal(shelf.items[0].digest,
                            "c60a5f065a30d4869ceb463e8617291c3538b9e49bf6569e54f9f238f50226c1");
        free(text);
        shelf_done(&shelf);
        pg_policy_free(policy);
}

static void a_million_prefixes(void **state)
{
        struct pg_policy *policy = make_small(), *copy;
        size_t group = group_of(policy);
        struct shelf shelf = {0};
        char *text;

        (void)state;
        pg_addresses_done(&policy->sources[group].addresses);
        for (uint32_t i = 0; i < 1000000; i++)
                add_range(policy, group, 0x0a000000 + 4 * i, 0x0a000000 + 4 * i);
        text = write_policy(policy, &shelf);
        assert_true(strlen(text) < 20000);
        assert_int_equal(shelf.items[0].length, 8 + 8000000);
        copy = read_policy(text, &shelf);
        assert_true(
                pg_addresses_equal(&policy->sources[group].addresses, &copy->sources[group].addresses));
        pg_policy_free(copy);
        free(text);
        shelf_done(&shelf);
        pg_policy_free(policy);
}

/* IPv4 addresses written as IPv6, where such a range only ends or begins in them. */
static void ranges_at_the_edges(void **state)
{
        static const uint8_t none[16], low[16] = {[8] = 0x40},
                                       high[16] = {[10] = 0xff, 255, 255, 255, 255, 255},
                                       all[16] = {[0 ... 15] = 255};
        struct pg_policy *policy = make_small();
        size_t group = group_of(policy);
        struct pg_addresses *addresses = &policy->sources[group].addresses;

        (void)state;
        pg_addresses_done(addresses);
        add_range(policy, group, 0, 0);
        add_range(policy, group, UINT32_MAX, UINT32_MAX);
        assert_int_equal(pg_addresses_add_range(addresses, true, none, high), 0);
        assert_int_equal(pg_addresses_add_range(addresses, true, low, all), 0);
        check_there_and_back(policy);
        pg_addresses_done(addresses);
        add_range(policy, group, 0, UINT32_MAX);
        assert_int_equal(pg_addresses_add_range(addresses, true, none, all), 0);
        check_there_and_back(policy);
        pg_policy_free(policy);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_profile),
                cmocka_unit_test(every_part_comes_back),
                cmocka_unit_test(large_sets_are_put_aside),
                cmocka_unit_test(the_bytes_are_the_same_everywhere),
                cmocka_unit_test(a_million_prefixes),
                cmocka_unit_test(ranges_at_the_edges),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
