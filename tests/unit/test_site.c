/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The site file, and what options add to it. */
#include <arpa/inet.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profile/site/site.h"
#include "told.h"

static char folder[] = "/tmp/test_site.XXXXXX";

static int enter(void **state)
{
        (void)state;
        return mkdtemp(folder) && chmod(folder, 0755) == 0 && chdir(folder) == 0 &&
                               mkdir("etc", 0755) == 0
                       ? 0
                       : -1;
}

static int leave(void **state)
{
        char command[64];

        (void)state;
        snprintf(command, sizeof(command), "rm -r %s", folder);
        return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static void write_file(const char *name, const char *text)
{
        _cleanup_(pg_fclosep) FILE *file = fopen(name, "we");

        assert_non_null(file);
        assert_int_equal(fchmod(fileno(file), 0644), 0);
        assert_true(fputs(text, file) >= 0);
}

static struct pg_site *parse(const char *text, const char *wanted)
{
        _cleanup_(pg_site_freep) struct pg_site *site = NULL;
        struct pg_diagnostics *diagnostics;
        struct pg_error error = {0};
        int r;

        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        r = pg_site_parse("etc/site.yaml", text, strlen(text), &site, diagnostics, &error);
        check_told(diagnostics, wanted);
        assert_int_equal(r, *wanted ? -EINVAL : 0);
        assert_int_equal(error.number, r);
        assert_int_equal(site == NULL, r < 0);
        pg_diagnostics_free(diagnostics);
        return PG_TAKE(site);
}

static void check(const char *text, const char *wanted)
{
        pg_site_free(parse(text, wanted));
}

static bool holds(const struct pg_addresses *addresses, const char *text)
{
        uint8_t address[16];
        bool is_v6 = strchr(text, ':');

        assert_int_equal(inet_pton(is_v6 ? AF_INET6 : AF_INET, text, address), 1);
        return pg_addresses_have(addresses, is_v6, address);
}

static void test_whole(void **state)
{
        _cleanup_(pg_site_freep) struct pg_site *site = NULL;
        const struct pg_group *group;

        (void)state;
        write_file("etc/list", "192.0.2.9\n");
        site = parse("profiles: [k8s-worker, ssh]\n"
                     "groups:\n"
                     "  cluster: [10.0.0.1, 10.0.0.0, 2001:db8::/32]\n"
                     "  mixed: {addresses: [10.0.0.0/8], interfaces: [wg0, lxdbr*, wg0], file: "
                     "list}\n"
                     "  internal: []\n"
                     "params:\n"
                     "  api_port: 8443\n"
                     "  k8s-worker.nodeport_from: [cluster, internal]\n"
                     "enable: [metrics, etcd/peer]\n"
                     "egress: strict\n"
                     "hosts:\n"
                     "  www.example.com: [192.0.2.7, '2001:db8::7']\n",
                     "");
        assert_int_equal(site->profiles.n, 2);
        assert_int_equal(site->n_groups, 3);
        group = pg_site_find_group(site, "cluster");
        assert_int_equal(group->addresses.n_v4, 1);
        assert_true(holds(&group->addresses, "10.0.0.1"));
        assert_true(holds(&group->addresses, "2001:db8:1::"));
        assert_false(holds(&group->addresses, "10.0.0.2"));
        group = pg_site_find_group(site, "mixed");
        assert_int_equal(group->interfaces.n, 2);
        assert_string_equal(group->interfaces.items[1].text, "lxdbr*");
        assert_true(holds(&group->addresses, "192.0.2.9"));
        assert_int_equal(group->place.line, 4);
        assert_true(pg_addresses_empty(&pg_site_find_group(site, "internal")->addresses));
        assert_null(pg_site_find_group(site, "absent"));
        assert_int_equal(site->n_settings, 2);
        assert_null(site->settings[0].profile);
        assert_string_equal(site->settings[0].param, "api_port");
        assert_string_equal(site->settings[1].profile, "k8s-worker");
        assert_int_equal(site->settings[1].values.n, 2);
        assert_int_equal(site->enable.n, 2);
        assert_true(site->egress_strict);
        assert_true(holds(&pg_site_find_host(site, "WWW.example.com")->addresses, "192.0.2.7"));
        assert_null(pg_site_find_host(site, "example.com"));
}

static void test_empty(void **state)
{
        _cleanup_(pg_site_freep) struct pg_site *site = parse("# nothing yet\n", "");

        (void)state;
        assert_false(site->egress_strict);
        assert_int_equal(site->n_groups, 0);
        check("enable: all\negress: open\n", "");
}

static void test_errors(void **state)
{
        (void)state;
        check("group: {}\nprofiles: ssh\negress: closed\nenable: some\n"
              "hosts: []\nparams: x\ngroups: x\n",
              "1:1: unknown key 'group' in a site file (allowed: egress, enable, groups, hosts, "
              "params, profiles; did you mean 'groups'?)\n"
              "2:11: 'profiles' must be a list of profiles\n"
              "3:9: 'egress' must be open or strict\n"
              "4:9: 'enable' must be all, or a list\n"
              "5:8: 'hosts' must be a map\n"
              "6:9: 'params' must be a map\n"
              "7:9: 'groups' must be a map");
        check("profiles: [../x, K8s]\nenable: [a/b/c, A, /a, a/]\n",
              "1:12: '../x' is no name of a profile\n"
              "1:18: 'K8s' is no name of a profile\n"
              "2:10: 'a/b/c' is no service\n"
              "2:17: 'A' is no service\n"
              "2:20: '/a' is no service\n"
              "2:24: 'a/' is no service");
        check("params: {a-b: 1, x.y.z: 2, P.a: 3, good: [], worse: {}}\n",
              "1:10: 'a-b' is no parameter\n"
              "1:18: 'x.y.z' is no parameter\n"
              "1:28: 'P.a' is no parameter\n"
              "1:42: the parameter 'good' must be a value\n"
              "1:53: the parameter 'worse' must be a value");
        check("hosts: {localhost: [10.0.0.1], a.b: 10.0.0.1, c.d: [], e.f: [10.0.0.0/8, '::/0', x]}\n",
              "1:9: 'localhost' is no host name\n"
              "1:37: a host must be a list of addresses\n"
              "1:52: a host must be a list of addresses\n"
              "1:62: '10.0.0.0/8' is a network, but a host has addresses\n"
              "1:74: '::/0' is everybody\n"
              "1:82: 'x' is no address");
}

static void test_group_errors(void **state)
{
        (void)state;
        check("groups:\n  any: []\n  local: []\n  none: []\n  A: []\n  12: []\n",
              "2:3: 'any' means the same everywhere and cannot be redefined\n"
              "3:3: 'local' means the same\n"
              "4:3: 'none' means the same\n"
              "5:3: 'A' is no name for a group\n"
              "6:3: '12' is no name for a group");
        check("groups:\n  a: 10.0.0.0/8\n  b: {}\n  c: {adresses: []}\n"
              "  d: [10.0.0.1/8, any, 0.0.0.0/0]\n",
              "2:6: the group 'a' must be a list of prefixes\n"
              "3:6: the group 'b' must be a list of prefixes\n"
              "4:7: unknown key 'adresses' in the group 'c' (allowed: addresses, file, interfaces; "
              "did you mean 'addresses'?)\n"
              "5:7: '10.0.0.1/8' has address bits set\n"
              "5:19: 'any' is no address\n"
              "5:24: '0.0.0.0/0' is everybody");
        check("groups:\n  a: {interfaces: [eth0/1, '*', \"a b\"], file: absent}\n  b: {file: [x]}\n",
              "2:20: 'eth0/1' is no name of an interface\n"
              "2:28: '*' is no name of an interface\n"
              "2:33: 'a b' is no name of an interface\n"
              "2:47: the group file etc/absent does not exist\n"
              "3:13: 'file' must be the path");
}

static void test_group_file_errors(void **state)
{
        (void)state;
        write_file("etc/list", "10.0.0.0/8\n10.0.0.300\n");
        check("groups: {a: {file: list}}\n", "2:1: '10.0.0.300' is no address");
        check("groups: {a: {file: /dev/null}}\n", "1:20: the group file /dev/null is no regular file");
}

static void test_load(void **state)
{
        _cleanup_(pg_site_freep) struct pg_site *site = NULL;
        struct pg_diagnostics *diagnostics;
        struct pg_error error = {0};

        (void)state;
        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        assert_int_equal(pg_site_load("absent.yaml", true, &site, diagnostics, &error), -ENOENT);
        assert_non_null(strstr(error.message, "absent.yaml does not exist"));
        assert_null(site);
        assert_int_equal(pg_site_load("absent.yaml", false, &site, diagnostics, &error), 0);
        assert_null(site->file);
        site = pg_site_free(site);
        write_file("etc/site.yaml", "egress: strict\n");
        assert_int_equal(pg_site_load("etc/site.yaml", true, &site, diagnostics, &error), 0);
        assert_string_equal(site->file, "etc/site.yaml");
        assert_true(site->egress_strict);
        assert_int_equal(pg_diagnostics_length(diagnostics), 0);
        pg_diagnostics_free(diagnostics);
}

typedef int option_function(struct pg_site *site, const char *text, struct pg_diagnostics *diagnostics);

static void add(struct pg_site *site, option_function *function, const char *text, const char *wanted)
{
        struct pg_diagnostics *diagnostics;
        int r;

        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        r = function(site, text, diagnostics);
        check_told(diagnostics, wanted);
        assert_int_equal(r, *wanted ? -EINVAL : 0);
        pg_diagnostics_free(diagnostics);
}

static void test_set(void **state)
{
        _cleanup_(pg_site_freep) struct pg_site *site = parse("params: {a: 1}\n", "");

        (void)state;
        add(site, pg_site_set, "a=2", "");
        add(site, pg_site_set, "ssh.from=internal,10.0.0.0/8", "");
        add(site, pg_site_set, "url=a=b", "");
        assert_int_equal(site->n_settings, 4);
        assert_string_equal(site->settings[1].values.items[0].text, "2");
        assert_string_equal(site->settings[1].place.file, "--set");
        assert_int_equal(site->settings[1].place.line, 0);
        assert_string_equal(site->settings[2].profile, "ssh");
        assert_int_equal(site->settings[2].values.n, 2);
        assert_string_equal(site->settings[3].values.items[0].text, "a=b");
        add(site, pg_site_set, "a", "0:0: 'a' lacks a value (write NAME=VALUE)");
        add(site, pg_site_set, "a=", "0:0: a value is empty");
        add(site, pg_site_set, "a=1,,2", "0:0: a value is empty");
        add(site, pg_site_set, "=1", "0:0: '' is no parameter");
        add(site, pg_site_set, "a-b=1", "0:0: 'a-b' is no parameter");
        add(site, pg_site_set, "p.=1", "0:0: 'p.' is no parameter");
        assert_int_equal(site->n_settings, 4);
}

static void test_group(void **state)
{
        _cleanup_(pg_site_freep) struct pg_site *site = parse("groups: {a: [10.0.0.0/8]}\n", "");
        const struct pg_group *group;

        (void)state;
        write_file("list", "192.0.2.9\n");
        add(site, pg_site_group, "a=203.0.113.1,%wg0,@list", "");
        group = pg_site_find_group(site, "a");
        assert_false(holds(&group->addresses, "10.0.0.1"));
        assert_true(holds(&group->addresses, "203.0.113.1"));
        assert_true(holds(&group->addresses, "192.0.2.9"));
        assert_string_equal(group->interfaces.items[0].text, "wg0");
        add(site, pg_site_group, "a=198.51.100.0/24,%wg0,%wg1", "");
        group = pg_site_find_group(site, "a");
        assert_true(holds(&group->addresses, "203.0.113.1"));
        assert_true(holds(&group->addresses, "198.51.100.7"));
        assert_int_equal(group->interfaces.n, 2);
        add(site, pg_site_group, "b=none", "");
        assert_true(pg_addresses_empty(&pg_site_find_group(site, "b")->addresses));
        add(site, pg_site_group, "b=none", "");
        add(site, pg_site_group, "b=10.0.0.1", "");
        add(site, pg_site_group, "b=none",
            "0:0: group 'b' has addresses, and is none: leave one of the two out");
        add(site, pg_site_group, "internal=10.0.0.0/8", "");
        assert_int_equal(site->n_groups, 3);
        add(site, pg_site_group, "any=10.0.0.1", "0:0: 'any' means the same everywhere");
        assert_int_equal(site->n_groups, 3);
        /* It is wrong, and yet not unknown. */
        add(site, pg_site_group, "c=", "0:0: a value is empty");
        assert_int_equal(site->n_groups, 4);
        add(site, pg_site_group, "c", "0:0: 'c' lacks a value");
        add(site, pg_site_group, "c=10.0.0.1/8,none,%a/b,@absent",
            "0:0: '10.0.0.1/8' has address bits set\n"
            "0:0: 'none' is no address\n"
            "0:0: 'a/b' is no name of an interface\n"
            "0:0: the group file absent does not exist");
        assert_int_equal(site->n_groups, 4);
}

static void test_enable(void **state)
{
        _cleanup_(pg_site_freep) struct pg_site *site = parse("", "");

        (void)state;
        add(site, pg_site_enable, "all", "");
        add(site, pg_site_enable, "etcd/peer", "");
        add(site, pg_site_enable, "Peer",
            "0:0: 'Peer' is no service (write SERVICE, PROFILE/SERVICE or all)");
        assert_int_equal(site->enable.n, 2);
        assert_string_equal(site->enable.items[1].place.file, "--with");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_whole),
                cmocka_unit_test(test_empty),
                cmocka_unit_test(test_errors),
                cmocka_unit_test(test_group_errors),
                cmocka_unit_test(test_group_file_errors),
                cmocka_unit_test(test_load),
                cmocka_unit_test(test_set),
                cmocka_unit_test(test_group),
                cmocka_unit_test(test_enable),
        };

        return cmocka_run_group_tests(tests, enter, leave);
}
