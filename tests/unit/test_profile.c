/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A profile as a whole: what is read, and the errors of its sections. */
#include <errno.h>

#include "profile/profile/profile.h"
#include "told.h"

#define HEAD "name: web\nsummary: A web server\n"

static struct pg_profile *parse(const char *text, const char *wanted)
{
        _cleanup_(pg_profile_freep) struct pg_profile *profile = NULL;
        struct pg_diagnostics *diagnostics;
        struct pg_error error = {0};
        size_t n_errors;
        int r;

        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        r = pg_profile_parse("web.yaml", "web", text, strlen(text), &profile, diagnostics, &error);
        check_told(diagnostics, wanted);
        n_errors = pg_diagnostics_count(diagnostics, PG_SEVERITY_ERROR);
        assert_int_equal(r, n_errors > 0 ? -EINVAL : 0);
        assert_int_equal(error.number, r);
        assert_int_equal(profile == NULL, n_errors > 0);
        pg_diagnostics_free(diagnostics);
        return PG_TAKE(profile);
}

static void check(const char *text, const char *wanted)
{
        pg_profile_free(parse(text, wanted));
}

static const char full[] = HEAD "include:\n"
                                "  - ssh\n"
                                "  - {profile: etcd, optional: [peer, metrics]}\n"
                                "  - profile: base\n"
                                "    optional: all\n"
                                "groups:\n"
                                "  cluster: {default: internal, summary: all nodes}\n"
                                "  friends: {default: [192.0.2.0/24, '2001:db8::/32']}\n"
                                "  nobody: {default: none}\n"
                                "  empty: {default: []}\n"
                                "params:\n"
                                "  api_port: {type: port, default: 443, summary: the API}\n"
                                "  api_from: {type: scope, default: [cluster, 10.0.0.0/8]}\n"
                                "  cni: {type: choice, choices: [a, b], default: b}\n"
                                "  tls: {type: bool, default: yes}\n"
                                "  log: {type: host, default: log.example.com}\n"
                                "services:\n"
                                "  api:\n"
                                "    summary: The API\n"
                                "    ports: tcp/${api_port}\n"
                                "    from: ${api_from}\n"
                                "    never_any_unless: tls\n"
                                "  mesh:\n"
                                "    summary: The mesh\n"
                                "    ports: [udp/1-10, udp/11, protocol/gre]\n"
                                "    from: [cluster, friends, 203.0.113.9]\n"
                                "    required: false\n"
                                "    when: {cni: [a, b], tls: true}\n"
                                "egress:\n"
                                "  log:\n"
                                "    summary: The log\n"
                                "    ports: [tcp/514]\n"
                                "    to: [\"${log}\", www.example.com, any]\n"
                                "    when: tls\n"
                                "sources: [here]\n"
                                "notes:\n"
                                "  - one\n"
                                "  - two\n";

static void test_includes_groups_params(void **state)
{
        _cleanup_(pg_profile_freep) struct pg_profile *profile = parse(full, "");
        const struct pg_param *param;

        (void)state;
        assert_string_equal(profile->name, "web");
        assert_string_equal(profile->file, "web.yaml");
        assert_string_equal(profile->summary, "A web server");
        assert_int_equal(profile->n_includes, 3);
        assert_string_equal(profile->includes[0].profile.text, "ssh");
        assert_int_equal(profile->includes[0].profile.place.line, 4);
        assert_int_equal(profile->includes[0].profile.place.column, 5);
        assert_int_equal(profile->includes[1].optional.n, 2);
        assert_string_equal(profile->includes[1].optional.items[1].text, "metrics");
        assert_false(profile->includes[1].all_optional);
        assert_true(profile->includes[2].all_optional);
        assert_int_equal(profile->n_groups, 4);
        assert_string_equal(profile->groups[0].initial.items[0].text, "internal");
        assert_string_equal(profile->groups[0].summary, "all nodes");
        assert_string_equal(profile->groups[1].initial.items[1].text, "2001:db8::/32");
        assert_int_equal(profile->groups[3].initial.n, 0);
        assert_int_equal(profile->n_params, 5);
        param = pg_profile_param(profile, "api_from");
        assert_int_equal(param->type, PG_PARAM_SCOPE);
        assert_int_equal(param->initial.n, 2);
        assert_int_equal(param->place.line, 15);
        assert_int_equal(param->place.column, 3);
        assert_null(pg_profile_param(profile, "api"));
        assert_int_equal(profile->sources.n, 1);
        assert_int_equal(profile->notes.n, 2);
}

static void test_services(void **state)
{
        _cleanup_(pg_profile_freep) struct pg_profile *profile = parse(full, "");
        const struct pg_service *service;

        (void)state;
        assert_int_equal(profile->n_services, 3);
        service = pg_profile_service(profile, "api");
        assert_int_equal(service->direction, PG_IN);
        assert_true(service->required);
        assert_string_equal(service->ports.items[0].text, "tcp/${api_port}");
        assert_string_equal(service->scopes.items[0].text, "${api_from}");
        assert_string_equal(service->never_any_unless.text, "tls");
        assert_int_equal(service->n_conditions, 0);
        service = pg_profile_service(profile, "mesh");
        assert_false(service->required);
        assert_int_equal(service->ports.n, 3);
        assert_int_equal(service->scopes.n, 3);
        assert_int_equal(service->n_conditions, 2);
        assert_string_equal(service->conditions[0].param.text, "cni");
        assert_int_equal(service->conditions[0].values.n, 2);
        assert_string_equal(service->conditions[1].values.items[0].text, "true");
        assert_null(service->never_any_unless.text);
        service = pg_profile_service(profile, "log");
        assert_int_equal(service->direction, PG_OUT);
        assert_string_equal(service->conditions[0].param.text, "tls");
        assert_string_equal(service->conditions[0].values.items[0].text, "true");
        assert_null(pg_profile_service(profile, "cluster"));
}

static void test_head(void **state)
{
        (void)state;
        check("", "1:1: a profile lacks 'name', which is\n1:1: a profile lacks 'summary', which is");
        check("[a]", "1:1: a profile must be a map");
        check("name: wob\nsummary: x\n",
              "1:7: the profile calls itself 'wob', but its file is web.yaml");
        check("name: Web\nsummary: x\n",
              "1:7: 'Web' is no name for a profile\n1:7: the profile calls itself");
        check("name: [web]\nsummary: {}\n", "1:7: 'name' must be\n2:10: 'summary' must be one line");
        check("name: web\nsummary: |\n  a\n  b\n", "3:1: a summary is one line");
        check("name: web\nsummary: \"\"\n", "2:10: a summary is one line");
        check(HEAD "sumary: x\n",
              "3:1: unknown key 'sumary' in a profile (allowed: egress, groups, include, name, "
              "notes, params, services, sources, summary; did you mean 'summary'?)");
        check(HEAD "\"\\e[1m\": x\n", "3:1: the text holds a control character");
        check(HEAD "services: []\nparams: x\ngroups:\ninclude: ssh\nnotes: x\nsources: {}\n",
              "3:11: 'services' must be a map of services\n"
              "4:9: 'params' must be a map\n"
              "5:1: 'groups' must be a map\n"
              "6:10: 'include' must be a list\n"
              "7:8: 'notes' must be a list\n"
              "8:10: 'sources' must be a list");
        check(HEAD "notes: [a: b, [], '']\n",
              "3:9: an entry of 'notes' must be plain text, not a map\n"
              "3:15: an entry of 'notes' must be plain text, not a list\n"
              "3:19: an entry of 'notes' must be plain text, not nothing");
}

static void test_summary_length(void **state)
{
        char text[700];
        int length = sprintf(text, "name: web\nsummary: ");

        (void)state;
        for (int i = 0; i < 200; i++)
                length += sprintf(text + length, "\xc3\xa9");
        check(text, "");
        sprintf(text + length, "e");
        check(text, "2:10: a summary has at most 200 characters");
}

static void test_includes(void **state)
{
        (void)state;
        check(HEAD "include: [ssh, web, ssh, ../x, [], {optional: all}, {profile: b, optional: [x, x, "
                   "all]}]\n",
              "3:21: 'ssh' is included twice, first at line 3, column 11\n"
              "3:26: '../x' is no name of a profile\n"
              "3:32: an include is the name of a profile, or {profile: NAME\n"
              "3:36: an include lacks 'profile'\n"
              "3:80: 'x' stands twice in 'optional'\n"
              "3:16: the profile includes itself");
        check(HEAD "include: [{profile: b, optional: peer}, {profile: c, optional: []}, {profile: d, "
                   "opt: x}]\n",
              "3:34: 'optional' must be all, or a list\n"
              "3:64: 'optional' must be all, or a list\n"
              "3:82: unknown key 'opt' in an include (allowed: optional, profile)");
}

static void test_groups(void **state)
{
        (void)state;
        check(HEAD "groups:\n  any: {default: none}\n  internal: {default: none}\n  12: {default: "
                   "none}\n  A: {default: none}\n  www.example: {default: none}\n",
              "4:3: 'any' is a scope of its own and no name for a group\n"
              "5:3: 'internal' is a scope\n"
              "6:3: '12' would be read as an address\n"
              "7:3: 'A' is no name for a group\n"
              "8:3: 'www.example' is no name for a group");
        check(HEAD "groups:\n  a: {}\n  b: internal\n  c: {default: any}\n  d: {default: 10.0.0.0/8}\n"
                   "  e: {default: [10.0.0.1/8, internal, '::/0', '::ffff:10.0.0.1']}\n",
              "4:3: the group 'a' lacks 'default', which is internal, none, or a list\n"
              "5:6: the group 'b' must be a map of keys\n"
              "6:16: 'default' must be internal, none\n"
              "7:16: 'default' must be internal, none\n"
              "8:17: '10.0.0.1/8' has address bits set behind its prefix length (did you mean "
              "10.0.0.0/8?)\n"
              "8:29: 'internal' is no address\n"
              "8:39: '::/0' is everybody\n"
              "8:47: '::ffff:10.0.0.1' is an IPv4 address written as IPv6 (did you mean 10.0.0.1?)");
}

static void test_params(void **state)
{
        (void)state;
        check(HEAD "params:\n  a: {type: prt, default: 1}\n  b: {type: port}\n  c: {default: 1}\n"
                   "  D: {type: bool, default: no}\n"
                   "  e: {type: choice, default: x}\n"
                   "  f: {type: bool, default: no, choices: [yes, no]}\n"
                   "  g: {type: choice, choices: [a, 'b c'], default: d}\n",
              "4:13: unknown type 'prt' (types: bool, choice, host, port, ports, rate, scope; did "
              "you mean 'port'?)\n"
              "5:3: the parameter 'b' lacks 'default'\n"
              "6:3: the parameter 'c' lacks 'type'\n"
              "7:3: 'D' is no name for a parameter\n"
              "8:3: the choice parameter 'e' lacks 'choices'\n"
              "9:42: only a parameter of type choice has 'choices'\n"
              "10:34: 'b c' is no choice\n"
              "10:51: 'd' is no value for the choice parameter 'g' (choices: a, b c)");
        check(HEAD "params:\n  a: {type: scope, default: [internal, custer]}\ngroups:\n"
                   "  cluster: {default: none}\n",
              "4:40: unknown scope 'custer' (groups: cluster; did you mean 'cluster'?)");
}

/* A name that was refused must not forge lines where others are told with it. */
static void test_names_are_shown_safely(void **state)
{
        (void)state;
        check(HEAD "groups:\n"
                   "  \"a\\nb\": {default: none}\n"
                   "params:\n"
                   "  \"c\\td\": {type: port, default: x}\n"
                   "services:\n"
                   "  w: {summary: x, ports: tcp/1, from: x, when: y}\n",
              "4:3: 'a\\x0ab' is no name for a group\n"
              "6:3: 'c\\x09d' is no name for a parameter\n"
              "6:33: 'x' is no value for the port parameter 'c\\x09d'\n"
              "8:39: unknown scope 'x' (groups: a\\x0ab)\n"
              "8:48: unknown parameter 'y' (params: c\\x09d)");
}

static void test_unused_param_is_a_warning(void **state)
{
        struct pg_profile *profile = NULL;
        struct pg_diagnostics *diagnostics;
        const char *text = "name: base\nsummary: x\nparams:\n  rate: {type: rate, default: none}\n";

        (void)state;
        check(HEAD "params:\n  a: {type: port, default: 1}\n",
              "4:3: warning: no service uses the parameter 'a'");
        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        assert_int_equal(pg_profile_parse("base.yaml", "base", text, strlen(text), &profile,
                                          diagnostics, NULL),
                         0);
        check_told(diagnostics, "");
        pg_diagnostics_free(diagnostics);
        pg_profile_free(profile);
}

static void test_name_may_differ_without_file(void **state)
{
        struct pg_profile *profile = NULL;
        struct pg_diagnostics *diagnostics;

        (void)state;
        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        assert_int_equal(pg_profile_parse("x", NULL, HEAD, strlen(HEAD), &profile, diagnostics, NULL),
                         0);
        pg_diagnostics_free(diagnostics);
        pg_profile_free(profile);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_includes_groups_params),
                cmocka_unit_test(test_services),
                cmocka_unit_test(test_head),
                cmocka_unit_test(test_summary_length),
                cmocka_unit_test(test_includes),
                cmocka_unit_test(test_groups),
                cmocka_unit_test(test_params),
                cmocka_unit_test(test_names_are_shown_safely),
                cmocka_unit_test(test_unused_param_is_a_warning),
                cmocka_unit_test(test_name_may_differ_without_file),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
