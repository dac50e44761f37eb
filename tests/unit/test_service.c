/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The errors of a service, each with its place and its advice. */
#include <errno.h>

#include "profile/profile/profile.h"
#include "told.h"

/* Line 9 is the first of the services. */
#define HEAD                                                                   \
        "name: web\n"                                                          \
        "summary: A web server\n"                                              \
        "groups: {control-plane: {default: none}, cluster: {default: none}}\n" \
        "params:\n"                                                            \
        "  p: {type: port, default: 1}\n"                                      \
        "  s: {type: scope, default: any}\n"                                   \
        "  b: {type: bool, default: no}\n"                                     \
        "  c: {type: choice, choices: [calico, flannel], default: calico}\n"
#define WEB "  web: {summary: x, ports: tcp/443, from: any"
#define PORTS(list) "services:\n  web: {summary: x, from: any, ports: " list "}\n"
#define FROM(list) "services:\n  web: {summary: x, ports: tcp/1, from: " list "}\n"
#define OUT "  out: {summary: x, ports: tcp/443, to: any"

/* Without warnings: the parameters of HEAD are not always used. */
static void check(const char *services, const char *wanted)
{
        struct pg_profile *profile = NULL;
        struct pg_diagnostics *all, *errors;
        struct pg_error error = {0};
        char text[2000];
        int r;

        snprintf(text, sizeof(text), HEAD "%s", services);
        assert_int_equal(pg_diagnostics_new(&all), 0);
        assert_int_equal(pg_diagnostics_new(&errors), 0);
        r = pg_profile_parse("web.yaml", "web", text, strlen(text), &profile, all, &error);
        assert_int_equal(r, *wanted ? -EINVAL : 0);
        for (size_t i = 0; i < pg_diagnostics_length(all); i++) {
                const struct pg_diagnostic *item = pg_diagnostics_at(all, i);
                const struct pg_place place = {item->file, item->line, item->column};

                assert_string_equal(item->file, "web.yaml");
                if (item->severity == PG_SEVERITY_ERROR)
                        pg_diagnostics_add(errors, item->severity, place, "%s", item->text);
        }
        check_told(errors, wanted);
        pg_diagnostics_free(all);
        pg_diagnostics_free(errors);
        pg_profile_free(profile);
}

static void test_keys(void **state)
{
        (void)state;
        check("services:\n  web: {summary: x}\n",
              "10:3: the service 'web' lacks 'ports', which is a port or a list of ports, as in\n"
              "10:3: the service 'web' lacks 'from', which is a scope or a list of scopes, as in");
        check("services:\n  web: tcp/443\n", "10:8: the service 'web' must be a map of keys");
        check("services:\n" WEB ", prot: tcp}\n",
              "10:48: unknown key 'prot' in the service 'web' (allowed: answers, from, "
              "never_any_unless, ports, required, summary, when)");
        check("services:\n" WEB ", answers: same}\n", "10:57: 'answers' must be any-port");
        check("services:\n" WEB ", answers: any-port}\n", "");
        check("egress:\n" OUT ", answers: any-port}\n",
              "10:46: unknown key 'answers' in the egress service");
        check("services:\n" WEB ", too: x, required: 1, rows: [L1]}\n",
              "10:48: unknown key 'too' in the service 'web'\n"
              "10:66: 'required' must be true or false\n"
              "10:69: unknown key 'rows' in the service 'web'");
        check("egress:\n" OUT ", form: any, never_any_unless: b}\n",
              "10:46: unknown key 'form' in the egress service 'out' (allowed: ports, required, "
              "summary, to, when)\n"
              "10:57: unknown key 'never_any_unless' in the egress service");
        check("services:\n  Web: {summary: x, ports: tcp/443, from: any}\n"
              "  all: {summary: x, ports: tcp/443, from: any}\n",
              "10:3: 'Web' is no name for a service\n11:3: a service cannot be called 'all'");
        check("services:\n" WEB "}\n" WEB "}\n",
              "11:3: the key 'web' stands twice, first at line 10, column 3");
        check("services:\n" WEB "}\negress:\n  web: {summary: x, ports: tcp/443, to: any}\n",
              "12:3: the service 'web' stands twice, among services and in egress, first at line "
              "10, column 3");
}

static void test_ports(void **state)
{
        (void)state;
        check(PORTS("[tcp/0, tcp/65536, 80, 443/tcp, tcp/http]"),
              "10:40: 'tcp/0' is no port: there is no port 0 (write a port from 1 to 65535)\n"
              "10:47: 'tcp/65536' is no port: the highest port is 65535\n"
              "10:58: '80' is no port: write PROTO\n"
              "10:62: '443/tcp' is no port: the protocol comes first; did you mean 'tcp/443'?\n"
              "10:71: 'tcp/http' is no port: a port is a number");
        check(PORTS("[tcp/51000-50000, protocol/tcp, '', [], a: b]"),
              "10:71: an entry of 'ports' must be plain text, not nothing\n"
              "10:75: an entry of 'ports' must be\n"
              "10:79: an entry of 'ports' must be\n"
              "10:40: 'tcp/51000-50000' is no port: the range is reversed (write the lower port "
              "first); did you mean 'tcp/50000-51000'?\n"
              "10:57: 'protocol/tcp' is no port: this protocol has ports");
        check(PORTS("[]"), "10:39: 'ports' must be a port or a list");
        check(PORTS("{tcp: 443}"),
              "10:39: 'ports' must be a port or a list of ports, as in [tcp/443, udp/50000-51000]");
}

static void test_overlaps(void **state)
{
        (void)state;
        check(PORTS("[tcp/1-65535, udp/1-65535, protocol/gre]"), "");
        check(PORTS("[tcp/80, tcp/81-90, tcp/79]"), "");
        check(PORTS("[tcp/80, udp/80, tcp/80]"),
              "10:56: 'tcp/80' and 'tcp/80' overlap within one service");
        check(PORTS("[tcp/100-200, tcp/1-50, tcp/150, tcp/60-100]"),
              "10:72: 'tcp/100-200' and 'tcp/60-100' overlap\n"
              "10:63: 'tcp/100-200' and 'tcp/150' overlap");
        check(PORTS("[tcp/1-100, tcp/2, tcp/3, tcp/99]"), "10:51: 'tcp/1-100' and 'tcp/2' overlap\n"
                                                          "10:58: 'tcp/1-100' and 'tcp/3' overlap\n"
                                                          "10:65: 'tcp/1-100' and 'tcp/99' overlap");
        check(PORTS("[protocol/gre, protocol/47]"), "10:54: 'protocol/gre' and 'protocol/47' overlap");
        check(PORTS("['tcp/${p}', 'udp/${p}', 'tcp/${p}']"),
              "10:64: 'tcp/${p}' and 'tcp/${p}' overlap");
}

static void test_references(void **state)
{
        (void)state;
        check("services:\n  web: {summary: x, from: '${s}', ports: ['tcp/${p}', tcp/1]}\n", "");
        check(PORTS("['tcp/${s}', 'tcp/${q}', 'tcp/${p}1']"),
              "10:64: 'tcp/${p}1' is no port (a parameter is used as tcp/${NAME}\n"
              "10:40: 's' is a scope parameter, but one of type port or ports is needed here (see "
              "line 6)\n"
              "10:52: unknown parameter 'q' (params: b, c, p, s)");
        check(PORTS("['protocol/${p}', '${p}', '${p}/tcp']"), "10:40: 'protocol/${p}' is no port\n"
                                                              "10:57: '${p}' is no port\n"
                                                              "10:65: '${p}/tcp' is no port");
        check("services:\n" WEB ", never_any_unless: p}\n",
              "10:66: 'p' is a port parameter, but one of type bool is needed here (see line 5)");
}

static void test_scopes(void **state)
{
        (void)state;
        check(FROM("'${p}'"),
              "10:41: 'p' is a port parameter, but one of type scope is needed here (see line 5)");
        check("services:\n  web:\n    summary: x\n    ports: tcp/443\n    from: [custer]\n",
              "13:12: unknown scope 'custer' (groups: cluster, control-plane; did you mean "
              "'cluster'?)");
        check(FROM("[s, An!, anny, $s, '', 10.0.0.1/8]"),
              "10:60: an entry of 'from' must be plain text, not nothing\n"
              "10:45: unknown scope 'An!' (groups: cluster, control-plane; did you mean 'any'?)\n"
              "10:56: '$s' is no reference (write \"${NAME}\")\n"
              "10:64: '10.0.0.1/8' has address bits set behind its prefix length (did you mean "
              "10.0.0.0/8?)\n"
              "10:42: unknown scope 's' (did you mean the parameter, \"${s}\"?)\n"
              "10:50: unknown scope 'anny' (groups: cluster, control-plane; did you mean 'any'?)");
        check(FROM("[www.example.com, 0.0.0.0/0, '::/0']"),
              "10:42: 'www.example.com' is a host name, which only egress takes\n"
              "10:59: '0.0.0.0/0' is everybody (if that is meant, write the scope `any` instead)\n"
              "10:70: '::/0' is everybody");
        check(FROM("[]"), "10:41: 'from' must be a scope or a list");
        check(FROM(""), "10:35: 'from' must be a scope or a list");
        check(FROM("[local, none, internal, 192.0.2.1]"), "");
        check("egress:\n  out: {summary: x, ports: tcp/1, to: [www.example.com, '${b}']}\n",
              "10:57: 'b' is a bool parameter, but one of type scope or host is needed here (see "
              "line 7)");
}

static void test_conditions(void **state)
{
        (void)state;
        check("services:\n" WEB ", when: b}\n", "");
        check("services:\n" WEB ", when: {b: false, c: [calico]}}\n", "");
        check("services:\n" WEB ", when: bb}\n", "10:54: unknown parameter 'bb' (params: b, c, p, s)");
        check("services:\n" WEB ", when: p}\n",
              "10:54: 'p' is a port parameter, but one of type bool, or {PARAM: VALUE}, is needed "
              "here (see line 5)");
        check("services:\n" WEB ", when: c}\n",
              "10:54: 'c' is a choice parameter, but one of type bool, or {PARAM");
        check("services:\n" WEB ", when: [b]}\n",
              "10:54: 'when' must be the name of a bool parameter, or a map");
        check("services:\n" WEB ", when: {}}\n",
              "10:54: 'when' must be the name of a bool parameter, or a map");
        check("services:\n" WEB ", when: {c: [calco, flannel], b: maybe, p: [], s: {}}}\n",
              "10:89: 'p' must be a value or a list of values\n"
              "10:96: 's' must be a value or a list of values\n"
              "10:59: 'calco' is no value for the choice parameter 'c' (choices: calico, flannel; "
              "did you mean 'calico'?)\n"
              "10:79: 'maybe' is no value for the bool parameter 'b'");
}

/* A file of nothing but errors: only so many are kept, and it takes no long time. */
static void test_many_errors(void **state)
{
        struct pg_profile *profile = NULL;
        struct pg_diagnostics *diagnostics;
        size_t length, n = 3000;
        char *text = malloc(200 * n);

        (void)state;
        assert_non_null(text);
        length = (size_t)sprintf(text, "name: web\nsummary: x\nparams:\n");
        for (size_t i = 0; i < n; i++)
                length += (size_t)sprintf(text + length,
                                          "  a_rather_long_name_of_a_parameter_%zu: {}\n", i);
        length += (size_t)sprintf(text + length, "services:\n  w: {summary: x, ports: tcp/1, from: [");
        for (size_t i = 0; i < n; i++)
                length += (size_t)sprintf(text + length,
                                          "'${a_rather_lang_name_of_a_parameter_%zu}',\n    ", i);
        length += (size_t)sprintf(text + length, "]}\n");
        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        assert_int_equal(pg_profile_parse("web.yaml", "web", text, length, &profile, diagnostics, NULL),
                         -EINVAL);
        assert_int_equal(pg_diagnostics_count(diagnostics, PG_SEVERITY_ERROR), 3 * n);
        assert_int_equal(pg_diagnostics_length(diagnostics), PG_DIAGNOSTICS_MAX);
        pg_diagnostics_free(diagnostics);
        free(text);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_keys),        cmocka_unit_test(test_ports),
                cmocka_unit_test(test_overlaps),    cmocka_unit_test(test_references),
                cmocka_unit_test(test_scopes),      cmocka_unit_test(test_conditions),
                cmocka_unit_test(test_many_errors),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
