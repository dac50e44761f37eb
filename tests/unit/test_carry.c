/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which options of before a request says something of itself, and which are of use to its profiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/request/internal.h"
#include "policy/compile/compile.h"

#define LIST(...)             \
        (const char *const[]) \
        {                     \
                __VA_ARGS__   \
        }

static void what_is_given_is_not_carried(void **state)
{
        const struct pg_request request = {
                .sets = LIST("ssh_from=any", "lab.port=1"),
                .n_sets = 2,
                .groups = LIST("cluster=192.0.2.1"),
                .n_groups = 1,
                .with = LIST("extra"),
                .n_with = 1,
        };
        const struct pg_request strict = {.egress = "strict"};

        (void)state;
        assert_true(pg_carry_is_given("--set ssh_from=internal", &request));
        assert_true(pg_carry_is_given("--set ssh.ssh_from=internal", &request));
        assert_true(pg_carry_is_given("--set lab.port=2", &request));
        /* What is set for one profile leaves what is set for the others. */
        assert_false(pg_carry_is_given("--set port=2", &request));
        assert_false(pg_carry_is_given("--set web.port=2", &request));
        /* A dot of the value is none of the name. */
        assert_false(pg_carry_is_given("--set host=www.ssh_from=1", &request));
        assert_false(pg_carry_is_given("--set ssh_from_all=1", &request));
        assert_true(pg_carry_is_given("--group cluster=none", &request));
        assert_false(pg_carry_is_given("--group cluster-two=none", &request));
        assert_false(pg_carry_is_given("--group clust=none", &request));
        assert_true(pg_carry_is_given("--with extra", &request));
        assert_false(pg_carry_is_given("--with lab/extra", &request));
        assert_false(pg_carry_is_given("--egress strict", &request));
        assert_true(pg_carry_is_given("--egress open", &strict));
        assert_false(pg_carry_is_given("--later thing", &request));
}

static void only_what_is_neither_given_nor_dropped_is_more(void **state)
{
        char *parameters[] = {(char *)"--with a", (char *)"--with b"};
        enum pg_carry options[] = {PG_CARRY_TAKEN, PG_CARRY_TAKEN};
        struct pg_carried carried = {.applied = {.parameters = parameters, .n_parameters = 2},
                                     .options = options};
        const struct pg_request one = {.with = LIST("a"), .n_with = 1};
        const struct pg_request both = {.with = LIST("b", "a"), .n_with = 2};
        const struct pg_carried nothing = {0};

        (void)state;
        assert_true(pg_carried_has_more(&carried, &one));
        assert_false(pg_carried_has_more(&carried, &both));
        options[1] = PG_CARRY_DROPPED;
        assert_false(pg_carried_has_more(&carried, &one));
        assert_false(pg_carried_has_more(&nothing, &one));
}

static void names_are_of_use_to_the_profiles_that_have_them(void **state)
{
        const char *names[] = {"k8s-worker", "anbox-lxd"};
        static const char text[] = "params: {ssh_from: ops}\n";
        struct pg_diagnostics *diagnostics;
        struct pg_catalog *catalog;
        struct pg_site *site;
        struct pg_error error;

        (void)state;
        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        assert_int_equal(pg_catalog_load(PORTGUARD_SOURCE "/profiles", names, 2, &catalog, diagnostics,
                                         &error),
                         0);
        assert_int_equal(pg_site_parse("site.yaml", text, sizeof(text) - 1, &site, diagnostics, &error),
                         0);
        assert_true(pg_policy_has_use(catalog, site, PG_NAME_PARAM, "nodeport_udp=true"));
        /* Included ones count. */
        assert_true(pg_policy_has_use(catalog, site, PG_NAME_PARAM, "ssh.ssh_from=any"));
        assert_true(pg_policy_has_use(catalog, site, PG_NAME_PARAM, "k8s-node.cni=none"));
        assert_false(pg_policy_has_use(catalog, site, PG_NAME_PARAM, "k8s-worker.cni=none"));
        assert_false(pg_policy_has_use(catalog, site, PG_NAME_PARAM, "ssh.nodeport_udp=true"));
        assert_false(pg_policy_has_use(catalog, site, PG_NAME_PARAM, "nodeport=true"));
        assert_true(pg_policy_has_use(catalog, site, PG_NAME_GROUP, "cluster=192.0.2.1"));
        assert_true(pg_policy_has_use(catalog, site, PG_NAME_GROUP, "internal=192.0.2.1"));
        assert_true(pg_policy_has_use(catalog, site, PG_NAME_GROUP, "ops=192.0.2.1"));
        assert_false(pg_policy_has_use(catalog, site, PG_NAME_GROUP, "opsy=192.0.2.1"));
        assert_true(pg_policy_has_use(catalog, site, PG_NAME_SERVICE, "instances-udp"));
        assert_true(pg_policy_has_use(catalog, site, PG_NAME_SERVICE, "anbox-instances/instances-udp"));
        assert_true(pg_policy_has_use(catalog, site, PG_NAME_SERVICE, "all"));
        assert_false(pg_policy_has_use(catalog, site, PG_NAME_SERVICE, "k8s-worker/instances-udp"));
        pg_site_free(site);
        pg_catalog_free(catalog);
        pg_diagnostics_free(diagnostics);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_given_is_not_carried),
                cmocka_unit_test(only_what_is_neither_given_nor_dropped_is_more),
                cmocka_unit_test(names_are_of_use_to_the_profiles_that_have_them),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
