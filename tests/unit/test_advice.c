/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the shipped profiles is meant by a port, and the command that opens it beside what is
 * enforced. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "engine/advice/internal.h"

#define ROLES_MAX 4

static struct pg_port_profiles *port_profiles;

static struct pg_advice ask(const char *const *roles, uint8_t protocol, uint16_t port,
                            enum pg_listens listens, const char *process, const char *unit)
{
        static char *parameters[] = {(char *)"--group cluster=192.0.2.0/24", (char *)"--set note=it's"};
        struct pg_listening listening = {.protocol = protocol, .port = port, .listens = listens};
        struct pg_asked asked = {.parameters = parameters, .n_parameters = 2};
        char *names[ROLES_MAX];
        struct pg_advice advice = {0};

        while (asked.n_profiles < ROLES_MAX && roles[asked.n_profiles]) {
                names[asked.n_profiles] = (char *)roles[asked.n_profiles];
                asked.n_profiles++;
        }
        asked.profiles = asked.applied = names;
        asked.n_applied = asked.n_profiles;
        snprintf(listening.process, sizeof(listening.process), "%s", process);
        snprintf(listening.unit, sizeof(listening.unit), "%s", unit);
        assert_int_equal(pg_advice_make(port_profiles, &listening, &asked, NULL, &advice), 0);
        return advice;
}

static const char *const ssh[] = {"ssh", NULL};
static const char *const anbox[] = {"anbox-lxd", "ssh", NULL};

/* The text without the options that are kept. */
static void check(const char *const *roles, uint16_t port, const char *process, const char *unit,
                  const char *wanted, bool is_certain)
{
        static const char kept[] = " --group cluster=192.0.2.0/24 --set 'note=it'\\''s'";
        enum pg_listens listens = *process || *unit ? PG_LISTENS_YES : PG_LISTENS_UNKNOWN;
        struct pg_advice advice = ask(roles, IPPROTO_TCP, port, listens, process, unit);
        char *found = advice.text ? strstr(advice.text, kept) : NULL;

        assert_non_null(found);
        memmove(found, found + strlen(kept), strlen(found + strlen(kept)) + 1);
        assert_string_equal(advice.text, wanted);
        assert_int_equal(advice.command != NULL, is_certain);
        pg_advice_done(&advice);
}

static void the_process_says_which(void **state)
{
        (void)state;
        check(ssh, 2379, "etcd", "", "portguard apply ssh etcd", true);
        check(ssh, 2379, "main", "etcd.service", "portguard apply ssh etcd", true);
        check(ssh, 8080, "swift-proxy-ser", "", "portguard apply ssh swift-proxy", true);
        check(ssh, 3306, "mysqld", "mysql@main.service", "portguard apply ssh mysql", true);
        check(ssh, 80, "haproxy", "", "portguard apply ssh haproxy", true);
}

static void the_enforced_roles_say_which(void **state)
{
        (void)state;
        check(anbox, 2379, "", "", "portguard apply anbox-lxd ssh anbox-etcd", true);
        check(anbox, 2379, "etcd", "", "portguard apply anbox-lxd ssh anbox-etcd", true);
}

static void a_number_alone_says_nothing(void **state)
{
        (void)state;
        check(ssh, 2379, "", "", "if it is anbox-etcd or etcd: portguard apply ssh PROFILE", false);
        check(ssh, 4444, "ncat", "",
              "ncat listens on it; if it is galera-node: portguard apply ssh galera-node", false);
        check(ssh, 8080, "java", "tomcat9.service",
              "java listens on it; if it is egi-fedcloud-site, keycloak or swift-proxy: portguard apply "
              "ssh PROFILE",
              false);
}

static void what_no_profile_has_is_said(void **state)
{
        struct pg_advice advice = ask(ssh, IPPROTO_UDP, 161, PG_LISTENS_UNKNOWN, "", "");

        (void)state;
        assert_null(advice.text);
        assert_true(advice.no_profile);
        pg_advice_done(&advice);
}

static const char *const https[] = {"https", NULL};

static void a_server_at_another_port_than_its_own_is_known(void **state)
{
        struct pg_advice advice = ask(https, IPPROTO_TCP, 2222, PG_LISTENS_YES, "ssh", "sshd.socket");

        (void)state;
        check(https, 2222, "sshd", "", "portguard apply https ssh --set ssh.ssh_port=2222", true);
        check(https, 2222, "main", "ssh.service", "portguard apply https ssh --set ssh.ssh_port=2222",
              true);
        assert_non_null(advice.command);
        pg_advice_done(&advice);
        /* A name that only begins so, a profile without such a parameter, and other protocols. */
        advice = ask(https, IPPROTO_TCP, 2222, PG_LISTENS_YES, "sshguard", "");
        assert_true(advice.no_profile);
        pg_advice_done(&advice);
        advice = ask(https, IPPROTO_TCP, 5555, PG_LISTENS_YES, "postgresql", "");
        assert_true(advice.no_profile);
        pg_advice_done(&advice);
        advice = ask(https, IPPROTO_UDP, 2222, PG_LISTENS_YES, "sshd", "");
        assert_true(advice.no_profile);
        pg_advice_done(&advice);
}

static void that_nothing_listens_is_said(void **state)
{
        struct pg_advice advice = ask(ssh, IPPROTO_TCP, 5432, PG_LISTENS_NO, "", "");

        (void)state;
        assert_memory_equal(advice.text, "nothing listens on it", 21);
        assert_int_equal(advice.n_profiles, 1);
        assert_string_equal(advice.profiles[0], "postgresql");
        pg_advice_done(&advice);
}

static int begin(void **state)
{
        static const struct pg_settings settings = {.profiles = PORTGUARD_SOURCE "/profiles"};
        struct pg_error error;

        (void)state;
        return pg_port_profiles_load(&settings, NULL, &port_profiles, &error);
}

static int end(void **state)
{
        (void)state;
        port_profiles = pg_port_profiles_free(port_profiles);
        return 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_process_says_which),
                cmocka_unit_test(the_enforced_roles_say_which),
                cmocka_unit_test(a_number_alone_says_nothing),
                cmocka_unit_test(what_no_profile_has_is_said),
                cmocka_unit_test(a_server_at_another_port_than_its_own_is_known),
                cmocka_unit_test(that_nothing_listens_is_said),
        };

        return cmocka_run_group_tests(tests, begin, end);
}
