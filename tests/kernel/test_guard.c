/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lockout guard: sessions that a policy would refuse are told, with what would admit them. */
#include "engine/guard/internal.h"
#include "engine/request/request.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/pair.h"

#define WORDS_MAX 16

/* What was told, and how many sessions would be refused. */
static struct pg_diagnostics *diagnostics;
static int n_refused;

/* The profiles and options of an apply. */
struct words {
        char text[512];
        const char *profiles[WORDS_MAX], *sets[WORDS_MAX], *groups[WORDS_MAX];
        size_t n_profiles, n_sets, n_groups;
};

static void split(const char *command, struct words *words)
{
        char *rest = NULL;

        *words = (struct words){0};
        snprintf(words->text, sizeof(words->text), "%s", command);
        for (char *word = strtok_r(words->text, " '", &rest); word;
             word = strtok_r(NULL, " '", &rest)) {
                assert_true(words->n_profiles + words->n_sets + words->n_groups < WORDS_MAX);
                if (strcmp(word, "--set") == 0)
                        words->sets[words->n_sets++] = strtok_r(NULL, " '", &rest);
                else if (strcmp(word, "--group") == 0)
                        words->groups[words->n_groups++] = strtok_r(NULL, " '", &rest);
                else
                        words->profiles[words->n_profiles++] = word;
        }
}

static const char profile[] =
        "name: bastion\n"
        "summary: Several ways in\n"
        "include: [base]\n"
        "groups:\n"
        "  admins: {default: [192.0.2.0/24], summary: A}\n"
        "  vpn: {default: none, summary: V}\n"
        "  many: {default: [10.0.0.1, 10.0.0.3, 10.0.0.5, 10.0.0.7, 10.0.0.9,\n"
        "                   10.0.0.11, 10.0.0.13, 10.0.0.15, 10.0.0.17], summary: M}\n"
        "services:\n"
        "  both: {summary: S, ports: [tcp/2201], from: [admins, vpn]}\n"
        "  inside: {summary: S, ports: [tcp/2202], from: internal}\n"
        "  large: {summary: S, ports: [tcp/2203], from: many}\n"
        "  empty: {summary: S, ports: [tcp/2204], from: vpn}\n";

static char folder[] = "/tmp/portguard-guard-XXXXXX", site[64], bastion[64];

static void write_file(const char *path, const char *text)
{
        FILE *file = fopen(path, "we");

        assert_non_null(file);
        fputs(text, file);
        assert_int_equal(fclose(file), 0);
}

static int begin_all(void **state)
{
        unsetenv("SSH_CONNECTION");
        assert_non_null(mkdtemp(folder));
        snprintf(site, sizeof(site), "%s/site", folder);
        snprintf(bastion, sizeof(bastion), "%s/bastion.yaml", folder);
        write_file(site, "");
        write_file(bastion, profile);
        return pair_make(state);
}

static int end_all(void **state)
{
        (void)state;
        unlink(site);
        unlink(bastion);
        rmdir(folder);
        return 0;
}

static void compile(const char *command, const char *profiles, const char *site_file,
                    struct pg_compiled *ret)
{
        struct pg_settings settings = {.profiles = profiles, .site = site_file};
        struct pg_error error = {0};
        struct words words;
        struct pg_request request;

        split(command, &words);
        request = (struct pg_request){
                .profiles = words.profiles,
                .n_profiles = words.n_profiles,
                .sets = words.sets,
                .n_sets = words.n_sets,
                .groups = words.groups,
                .n_groups = words.n_groups,
        };
        pg_diagnostics_free(diagnostics);
        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        if (pg_compile_request(&settings, &request, ret, diagnostics, &error) < 0)
                fail_msg("%s: %s: %s", command, error.message,
                         pg_diagnostics_length(diagnostics) > 0
                                 ? pg_diagnostics_at(diagnostics, 0)->text
                                 : "");
}

/* Asks the policy that `apply COMMAND` would enforce. */
static void ask(const char *command)
{
        struct pg_compiled compiled = {0};
        struct pg_ssh_session caller;
        struct pg_error error = {0};
        char profiles[256];

        snprintf(profiles, sizeof(profiles), "%s:%s/profiles", folder, PORTGUARD_SOURCE);
        compile(command, profiles, site, &compiled);
        pg_diagnostics_free(diagnostics);
        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        n_refused = pg_guard(compiled.policy, pg_ssh_session_find(&caller) ? &caller : NULL,
                             PG_SEVERITY_WARNING, diagnostics, &error);
        if (n_refused < 0)
                fail_msg("%s", error.message);
        pg_compiled_done(&compiled);
}

static int end(void **state)
{
        (void)state;
        unsetenv("SSH_CONNECTION");
        diagnostics = pg_diagnostics_free(diagnostics);
        return 0;
}

static void admits(const char *command)
{
        ask(command);
        if (n_refused != 0 || pg_diagnostics_length(diagnostics) != 0)
                fail_msg("%s: %d refused: %s", command, n_refused,
                         pg_diagnostics_length(diagnostics) > 0
                                 ? pg_diagnostics_at(diagnostics, 0)->text
                                 : "not told");
}

/* What a message advises, as it would be typed: options, or the name of a profile and options. */
static void advised(const char *message, char *buffer, size_t size)
{
        const char *add = strstr(message, "add the profile "), *option = strstr(message, " --");
        size_t used = 0, length;

        buffer[0] = '\0';
        if (add)
                used = (size_t)snprintf(buffer, size, " %.*s", (int)strcspn(add + 16, ", "), add + 16);
        if (!option)
                return;
        length = strcspn(option + 1, " ");
        length += 1 + strcspn(option + 1 + length + 1, " '") + 1;
        if (option[length] == '\'')
                length += 1 + strcspn(option + length + 1, "'") + 1;
        snprintf(buffer + used, size - used, "%.*s", (int)length, option);
        length = strlen(buffer);
        if (length > 0 && buffer[length - 1] == ',')
                buffer[length - 1] = '\0';
}

static void check_text(size_t index, const char *begin)
{
        const char *text;

        assert_true(index < pg_diagnostics_length(diagnostics));
        text = pg_diagnostics_at(diagnostics, index)->text;
        if (strncmp(text, begin, strlen(begin)) != 0)
                fail_msg("wanted: %s\nis:     %s", begin, text);
}

/* Fails unless one session is refused with a message that begins and ends so, and nothing is when its
 * advice is followed. */
static void refuses(const char *command, const char *begin, const char *ends)
{
        const struct pg_diagnostic *item;
        char next[1024], advice[512];

        ask(command);
        if (n_refused != 1)
                fail_msg("%s: %d refused", command, n_refused);
        assert_int_equal(pg_diagnostics_length(diagnostics), 1);
        item = pg_diagnostics_at(diagnostics, 0);
        assert_int_equal(item->severity, PG_SEVERITY_WARNING);
        if (strncmp(item->text, begin, strlen(begin)) != 0 ||
            strcmp(item->text + strlen(begin), ends) != 0)
                fail_msg("%s\nwanted: %s%s\nis:     %s", command, begin, ends, item->text);
        advised(item->text, advice, sizeof(advice));
        if (advice[0] == '\0')
                return;
        snprintf(next, sizeof(next), "%s%s", command, advice);
        admits(next);
}

/* A session to a listener that is this process's, until close_way(). */
struct way {
        int listener;
        struct pair_session session;
        char begin[128]; /* of what is told of it */
};

static struct way open_way(uint16_t port, const char *to, const char *remote, const char *from)
{
        struct way way;

        way.listener = pair_listen("both", port);
        way.session = pair_connect(way.listener, to, from);
        snprintf(way.begin, sizeof(way.begin),
                 "ssh session from %s port %u to port %u would be refused as a new one: ", remote,
                 way.session.peer_port, port);
        return way;
}

static void close_way(struct way *way)
{
        pair_close(&way->session);
        close(way->listener);
}

static void run(const char *command)
{
        if (system(command) != 0)
                fail_msg("%s", command);
}

#define OUTSIDE4 "203.0.113.1", "203.0.113.9", NULL
#define OUTSIDE6 "2001:db8:1::1", "2001:db8:1::9", NULL
#define WG4 "198.51.100.1", "198.51.100.9", NULL

static void where_nothing_listens_nothing_is_refused(void **state)
{
        (void)state;
        admits("https");
        admits("ssh --set ssh_from=local");
}

static void who_is_let_in_is_not_told(void **state)
{
        struct way v4 = open_way(22, OUTSIDE4), v6;

        (void)state;
        v6.listener = v4.listener;
        v6.session = pair_connect(v4.listener, "2001:db8:1::1", NULL);
        admits("ssh");
        admits("ssh --set ssh_from=203.0.113.0/24,2001:db8:1::9");
        admits("ssh --set ssh_from=team --group team=203.0.113.9,2001:db8:1::/64");
        pair_close(&v6.session);
        close_way(&v4);
}

static void an_address_that_is_not_let_in_is_told(void **state)
{
        struct way way = open_way(22, OUTSIDE4);

        (void)state;
        refuses("ssh --set ssh_from=192.0.2.0/24", way.begin,
                "ssh/ssh lets in '192.0.2.0/24' only; let it in with --set "
                "ssh_from=192.0.2.0/24,203.0.113.9");
        refuses("ssh --set ssh_from=internal", way.begin,
                "ssh/ssh lets in 'internal' only; let it in with --set ssh_from=internal,203.0.113.9");
        refuses("ssh --set ssh_from=local", way.begin,
                "ssh/ssh lets in this host only; let it in with --set ssh_from=203.0.113.9");
        refuses("ssh --set ssh_from=team,192.0.2.7 --group team=192.0.2.1", way.begin,
                "ssh/ssh lets in '192.0.2.7, team' only; let it in with --set "
                "ssh_from=192.0.2.7,team,203.0.113.9");
        refuses("ssh --set ssh_from=team --group team=192.0.2.1,192.0.2.128/25", way.begin,
                "ssh/ssh lets in 'team' only; let it in with --group "
                "team=192.0.2.1,192.0.2.128/25,203.0.113.9, or in the site file under groups: team");
        refuses("ssh --set ssh_from=team --group team=2001:db8:9::/48,2001:db8::1", way.begin,
                "ssh/ssh lets in 'team' only; let it in with --group "
                "team=2001:db8::1,2001:db8:9::/48,203.0.113.9, or in the site file under groups: team");
        /* A range that is no prefix is not for an option. */
        refuses("ssh --set ssh_from=team --group team=192.0.2.1,192.0.2.2", way.begin,
                "ssh/ssh lets in 'team' only; add 203.0.113.9 to it in the site file, under groups: "
                "team");
        refuses("ssh --set ssh_from=team --group team=2001:db8::1,2001:db8::2", way.begin,
                "ssh/ssh lets in 'team' only; add 203.0.113.9 to it in the site file, under groups: "
                "team");
        refuses("ssh --set ssh_from=team --group team=none", way.begin,
                "ssh/ssh lets in 'team' only, which is empty; let it in with --group team=203.0.113.9, "
                "or in the site file under groups: team");
        close_way(&way);
}

static void the_place_is_the_service(void **state)
{
        struct way way = open_way(22, OUTSIDE4);
        const struct pg_diagnostic *item;

        (void)state;
        ask("ssh --set ssh_from=local");
        item = pg_diagnostics_at(diagnostics, 0);
        assert_string_equal(item->file, PORTGUARD_SOURCE "/profiles/ssh.yaml");
        assert_int_equal(item->line, 8);
        assert_int_equal(item->column, 3);
        ask("https");
        item = pg_diagnostics_at(diagnostics, 0);
        assert_null(item->file);
        assert_int_equal(item->line, 0);
        close_way(&way);
}

static void an_address_of_ipv6_is_told(void **state)
{
        struct way way = open_way(22, OUTSIDE6);

        (void)state;
        refuses("ssh --set ssh_from=203.0.113.0/24", way.begin,
                "ssh/ssh lets in '203.0.113.0/24' only; let it in with --set "
                "ssh_from=203.0.113.0/24,2001:db8:1::9");
        close_way(&way);
}

static void a_port_that_nobody_opens_is_told(void **state)
{
        struct way way = open_way(22, OUTSIDE4);

        (void)state;
        refuses("https", way.begin, "no profile opens tcp/22: add the profile ssh");
        refuses("ssh --set ssh_port=2222", way.begin,
                "no profile opens tcp/22: if that is where ssh listens, --set ssh_port=22");
        refuses("ssh --set ssh_from=none", way.begin,
                "the service ssh is from `none`, which is nobody; open it with --set "
                "ssh_from=203.0.113.9");
        close_way(&way);
}

static void other_profiles_are_told(void **state)
{
        static const char admins[] = "bastion/large lets in 'many' only; add 203.0.113.9 to it in the "
                                     "site file, under groups: many";
        uint16_t ports[] = {2201, 2202, 2203, 2204};
        static const char *const ends[] = {
                "bastion/both lets in 'admins, vpn' only; name 203.0.113.9 in `from` of bastion/both",
                "bastion/inside lets in 'internal' only; name 203.0.113.9 in `from` of bastion/inside",
                admins,
                "bastion/empty lets in 'vpn' only, which is empty; let it in with --group "
                "vpn=203.0.113.9, or in the site file under groups: vpn",
        };

        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(ports); i++) {
                struct way way = open_way(ports[i], OUTSIDE4);
                pid_t pid = pair_hold("sshd", NULL, &way.session.host, 1);

                refuses("bastion", way.begin, ends[i]);
                pair_end(pid);
                close_way(&way);
        }
}

/* Only who has the sockets says that it is an ssh. */
static void an_ssh_is_known_by_its_name(void **state)
{
        static const char *const names[] = {"sshd", "sshd-session", "dropbear"};
        struct way way = open_way(2222, OUTSIDE4);
        int fds[] = {way.listener, way.session.host};

        (void)state;
        admits("ssh");
        for (size_t i = 0; i < PG_ELEMENTSOF(names); i++)
                /* The listener; the session, as when systemd listens; both. */
                for (size_t part = 0; part < 3; part++) {
                        pid_t pid = pair_hold(names[i], NULL, fds + part % 2, part == 2 ? 2 : 1);

                        refuses("ssh", way.begin,
                                "no profile opens tcp/2222: if that is where ssh listens, --set "
                                "ssh_port=2222");
                        refuses("https", way.begin,
                                "no profile opens tcp/2222: add the profile ssh, with --set "
                                "ssh_port=2222");
                        admits("ssh --set ssh_port=2222");
                        pair_end(pid);
                }
        close_way(&way);
}

/* The profile opens one range: to let one of them in must not shut the other out. */
static void of_two_ports_no_advice_closes_the_other(void **state)
{
        struct way first = open_way(22, OUTSIDE4), second = open_way(2222, OUTSIDE4),
                   third = open_way(2223, OUTSIDE4);
        pid_t pid = pair_hold("sshd", NULL, &second.listener, 1), next;

        (void)state;
        refuses("ssh", second.begin,
                "no profile opens tcp/2222, and ssh listens at tcp/22 and tcp/2222: --set "
                "ssh_port=22-2222 opens them, and all ports between; to open no others takes a profile "
                "of your own (portguard-profile(5)), and to close this one --allow-lockout");
        refuses("ssh --set ssh_port=2222", first.begin,
                "no profile opens tcp/22, and ssh listens at tcp/22 and tcp/2222: --set "
                "ssh_port=22-2222 opens them, and all ports between; to open no others takes a profile "
                "of your own (portguard-profile(5)), and to close this one --allow-lockout");
        admits("ssh --set ssh_port=22-2222");
        close_way(&first);
        next = pair_hold("sshd", NULL, &third.listener, 1);
        refuses("ssh --set ssh_port=2222", third.begin,
                "no profile opens tcp/2223, and ssh listens at tcp/2222 and tcp/2223: --set "
                "ssh_port=2222-2223 opens them");
        admits("ssh --set ssh_port=2222-2223");
        pair_end(pid);
        pair_end(next);
        close_way(&second);
        close_way(&third);
}

static void what_is_no_ssh_is_not_told(void **state)
{
        struct way web = open_way(8080, OUTSIDE4), ssh = open_way(2222, OUTSIDE4);
        int web_fds[] = {web.listener, web.session.host};
        pid_t pids[] = {pair_hold("nginx", NULL, web_fds, 2),
                        pair_hold("sshd", NULL, &ssh.listener, 1)};

        (void)state;
        admits("ssh --set ssh_port=2222");
        refuses("https", ssh.begin,
                "no profile opens tcp/2222: add the profile ssh, with --set ssh_port=2222");
        pair_end(pids[0]);
        pair_end(pids[1]);
        close_way(&web);
        close_way(&ssh);
}

/* As OpenSSH calls its processes before and after. */
static void who_has_not_logged_in_is_not_told(void **state)
{
        struct way way = open_way(22, OUTSIDE4);
        pid_t monitor = pair_hold("sshd", "sshd: root [priv]", &way.session.host, 1);
        pid_t net = pair_hold("sshd", "sshd: root [net]", &way.session.host, 1);

        (void)state;
        admits("https");
        pair_end(net);
        refuses("https", way.begin, "no profile opens tcp/22: add the profile ssh");
        net = pair_hold("sshd-session", "sshd: [accepted]", &way.session.host, 1);
        admits("https");
        /* The caller's own is, whatever it looks like. */
        setenv("SSH_CONNECTION", "203.0.113.9 51234 203.0.113.1 22", 1);
        ask("https");
        assert_int_equal(n_refused, 1);
        check_text(0, "your ");
        pair_end(net);
        pair_end(monitor);
        close_way(&way);
}

static void what_comes_over_loopback_is_let_in(void **state)
{
        struct way ways[] = {
                open_way(22, "127.0.0.1", "127.0.0.1", "127.0.0.1"),
                open_way(2201, "::1", "::1", "::1"),
                open_way(2202, "203.0.113.1", "203.0.113.1", "203.0.113.1"),
                open_way(2203, "203.0.113.1", "198.51.100.1", "198.51.100.1"),
                open_way(2204, "2001:db8:1::1", "2001:db8:2::1", "2001:db8:2::1"),
        };
        int fds[PG_ELEMENTSOF(ways)];
        pid_t pid;

        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(ways); i++)
                fds[i] = ways[i].session.host;
        pid = pair_hold("sshd", NULL, fds, PG_ELEMENTSOF(fds));
        admits("ssh --set ssh_from=local");
        pair_end(pid);
        for (size_t i = 0; i < PG_ELEMENTSOF(ways); i++)
                close_way(&ways[i]);
}

/* Whoever it is: an ssh that listens on loopback only is one that others get to, where NAT leads them.
 */
static void whom_nat_leads_to_loopback_is_told(void **state)
{
        struct way way = {.listener = pair_listen("127.0.0.1", 22)};
        struct pair_session local = pair_connect(way.listener, "127.0.0.1", "127.0.0.1");

        (void)state;
        admits("https");
        run("echo 1 >/proc/sys/net/ipv4/conf/outside/route_localnet");
        run("nft 'table ip nat { chain pre { type nat hook prerouting priority -100; "
            "tcp dport 22 dnat to 127.0.0.1; }; }'");
        way.session = pair_connect(way.listener, "203.0.113.1", NULL);
        snprintf(way.begin, sizeof(way.begin),
                 "ssh session from 203.0.113.9 port %u to port 22 would be refused as a new one: ",
                 way.session.peer_port);
        refuses("https", way.begin, "no profile opens tcp/22: add the profile ssh");
        refuses("ssh --set ssh_from=local", way.begin,
                "ssh/ssh lets in this host only; let it in with --set ssh_from=203.0.113.9");
        admits("ssh --set ssh_from=vpn --group vpn=%outside");
        run("nft delete table ip nat");
        run("echo 0 >/proc/sys/net/ipv4/conf/outside/route_localnet");
        pair_close(&local);
        close_way(&way);
}

static void an_interface_lets_in(void **state)
{
        struct way inside = open_way(22, WG4), outside, link, other;

        (void)state;
        link.session = pair_connect(inside.listener, "fe80::1%host1", NULL);
        admits("ssh --set ssh_from=vpn --group vpn=%wg0");
        other.session = pair_connect(inside.listener, "fe80::2%host0", NULL);
        admits("ssh --set ssh_from=vpn --group vpn=%wg0,%outside");
        ask("ssh --set ssh_from=vpn --group vpn=%wg0");
        assert_int_equal(n_refused, 1);
        check_text(0, "ssh session from fe80::8 port ");
        ask("ssh --set ssh_from=vpn --group vpn=%outside,198.51.100.9");
        assert_int_equal(n_refused, 1);
        check_text(0, "ssh session from fe80::9 port ");
        pair_close(&other.session);
        admits("ssh --set ssh_from=vpn --group vpn=%wg*");
        pair_close(&link.session);
        refuses("ssh --set ssh_from=vpn --group vpn=%outside", inside.begin,
                "ssh/ssh lets in 'vpn' only; let it in with --group vpn=%outside,198.51.100.9, or in "
                "the site file under groups: vpn");
        close_way(&inside);
        outside = open_way(22, OUTSIDE6);
        refuses("ssh --set ssh_from=vpn --group vpn=%wg*,192.0.2.1", outside.begin,
                "ssh/ssh lets in 'vpn' only; let it in with --group "
                "'vpn=192.0.2.1,%wg*,2001:db8:1::9', or in the site file under groups: vpn");
        close_way(&outside);
}

static void of_many_the_first_are_told(void **state)
{
        struct pair_session sessions[25];
        int listener = pair_listen("both", 22);
        bool had_v6 = false;

        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(sessions); i++)
                sessions[i] = pair_connect(listener, i % 2 ? "203.0.113.1" : "2001:db8:1::1", NULL);
        ask("https");
        assert_int_equal(n_refused, PG_ELEMENTSOF(sessions));
        assert_int_equal(pg_diagnostics_length(diagnostics), 21);
        /* In order, whatever the kernel's is: those of IPv4 first. */
        for (size_t i = 0; i < 20; i++) {
                bool is_v6 = strstr(pg_diagnostics_at(diagnostics, i)->text, "2001:db8:1::9") != NULL;

                assert_true(is_v6 || !had_v6);
                check_text(i,
                           is_v6 ? "ssh session from 2001:db8:1::9" : "ssh session from 203.0.113.9");
                had_v6 |= is_v6;
        }
        check_text(20, "and 5 more ssh sessions");
        for (size_t i = 0; i < PG_ELEMENTSOF(sessions); i++)
                pair_close(&sessions[i]);
        close(listener);
}

static void set_connection(const char *client, uint16_t client_port, const char *server, uint16_t port)
{
        char text[256];

        snprintf(text, sizeof(text), "%s %u %s %u", client, client_port, server, port);
        setenv("SSH_CONNECTION", text, 1);
}

static void the_callers_own_session_is_told_once_and_first(void **state)
{
        struct way way = open_way(22, OUTSIDE4);
        struct pair_session other = pair_connect(way.listener, "203.0.113.1", NULL);
        char own[160];

        (void)state;
        set_connection("203.0.113.9", way.session.peer_port, "203.0.113.1", 22);
        snprintf(own, sizeof(own), "your %s", way.begin);
        ask("https");
        assert_int_equal(n_refused, 2);
        assert_int_equal(pg_diagnostics_length(diagnostics), 2);
        check_text(0, own);
        check_text(1, "ssh session from 203.0.113.9 port ");
        pair_close(&other);
        refuses("https", own, "no profile opens tcp/22: add the profile ssh");
        admits("ssh");
        close_way(&way);
}

/* Its port is an ssh's, whatever the process is called. */
static void the_callers_port_is_an_sshs(void **state)
{
        struct way way = open_way(2022, OUTSIDE4);

        (void)state;
        admits("https");
        set_connection("203.0.113.9", 51234, "203.0.113.1", 2022);
        ask("https");
        assert_int_equal(n_refused, 2);
        check_text(0, "your ssh session from 203.0.113.9 port 51234 to port 2022 ");
        check_text(1, way.begin);
        close_way(&way);
}

static void the_callers_own_session_need_not_be_listed(void **state)
{
        static const char own[] = "your ssh session from 203.0.113.9 port 51234 to port 22 would be "
                                  "refused as a new one: ";
        static const char own6[] =
                "your ssh session from 2001:db8:1::9 port 51234 to port 2222 would be "
                "refused as a new one: ";

        (void)state;
        set_connection("203.0.113.9", 51234, "203.0.113.1", 22);
        refuses("https", own, "no profile opens tcp/22: add the profile ssh");
        refuses("ssh --set ssh_from=local", own,
                "ssh/ssh lets in this host only; let it in with --set ssh_from=203.0.113.9");
        admits("ssh");
        set_connection("2001:db8:1::9", 51234, "2001:db8:1::1", 2222);
        refuses("ssh", own6,
                "no profile opens tcp/2222: if that is where ssh listens, --set ssh_port=2222");
        set_connection("fe80::9%wg0", 51234, "fe80::1%wg0", 22);
        admits("ssh --set ssh_from=vpn --group vpn=%wg0");
        ask("https");
        assert_int_equal(n_refused, 1);
        set_connection("127.0.0.1", 51234, "127.0.0.1", 22);
        admits("https");
        set_connection("203.0.113.1", 51234, "198.51.100.1", 22);
        admits("https");
}

/* As in `ip netns exec`. */
static void a_session_of_another_namespace_does_not_count(void **state)
{
        (void)state;
        set_connection("203.0.113.9", 51234, "192.0.2.1", 22);
        admits("https");
        setenv("SSH_CONNECTION", "rubbish", 1);
        admits("https");
}

/* Where routing does not say that the address is this host's, the session does. */
static void an_established_session_counts_whatever_its_address(void **state)
{
        struct way way;
        char own[160];

        (void)state;
        run("ip address add 203.0.113.2/32 dev outside");
        way = open_way(22, "203.0.113.2", "203.0.113.9", NULL);
        set_connection("203.0.113.9", way.session.peer_port, "203.0.113.2", 22);
        run("ip address delete 203.0.113.2/32 dev outside");
        snprintf(own, sizeof(own), "your %s", way.begin);
        refuses("https", own, "no profile opens tcp/22: add the profile ssh");
        close_way(&way);
        admits("https");
}

#define DESCENT "descend"

/* Begun by the test with SSH_CONNECTION, and then by itself without: whoever is asked at the end of so
 * many generations finds it with an ancestor, or does not. */
static int descend(unsigned generations)
{
        int status = 0;
        pid_t pid = generations > 0 ? fork() : -1;

        if (pid > 0)
                return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 99;
        if (generations > 0)
                return descend(generations - 1);
        ask("https");
        return n_refused == 1 && strstr(pg_diagnostics_at(diagnostics, 0)->text, "port 51234 ") ? 1
               : n_refused == 0                                                                 ? 0
                                                                                                : 98;
}

static int begin_descent(char **argv)
{
        char *const next[] = {argv[0], argv[1], argv[2], argv[3], NULL};
        int status = 0;
        pid_t pid;

        snprintf(site, sizeof(site), "%s", argv[3]);
        if (!getenv("SSH_CONNECTION"))
                return descend((unsigned)strtoul(argv[2], NULL, 10));
        pid = fork();
        if (pid == 0) {
                unsetenv("SSH_CONNECTION");
                execv("/proc/self/exe", next);
                _exit(97);
        }
        return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 96;
}

static int run_descent(const char *generations)
{
        char *const argv[] = {"test_guard", DESCENT, (char *)generations, site, NULL};
        int status = 0;
        pid_t pid = fork();

        if (pid == 0) {
                set_connection("203.0.113.9", 51234, "203.0.113.1", 22);
                execv("/proc/self/exe", argv);
                _exit(95);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        return WEXITSTATUS(status);
}

static void an_ancestors_session_is_the_callers(void **state)
{
        (void)state;
        admits("https");
        assert_int_equal(run_descent("0"), 1);
        assert_int_equal(run_descent("3"), 1);
        assert_int_equal(run_descent("31"), 1);
        assert_int_equal(run_descent("32"), 0);
}

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_teardown(where_nothing_listens_nothing_is_refused, end),
                cmocka_unit_test_teardown(who_is_let_in_is_not_told, end),
                cmocka_unit_test_teardown(an_address_that_is_not_let_in_is_told, end),
                cmocka_unit_test_teardown(the_place_is_the_service, end),
                cmocka_unit_test_teardown(an_address_of_ipv6_is_told, end),
                cmocka_unit_test_teardown(a_port_that_nobody_opens_is_told, end),
                cmocka_unit_test_teardown(other_profiles_are_told, end),
                cmocka_unit_test_teardown(an_ssh_is_known_by_its_name, end),
                cmocka_unit_test_teardown(of_two_ports_no_advice_closes_the_other, end),
                cmocka_unit_test_teardown(what_is_no_ssh_is_not_told, end),
                cmocka_unit_test_teardown(who_has_not_logged_in_is_not_told, end),
                cmocka_unit_test_teardown(what_comes_over_loopback_is_let_in, end),
                cmocka_unit_test_teardown(whom_nat_leads_to_loopback_is_told, end),
                cmocka_unit_test_teardown(an_interface_lets_in, end),
                cmocka_unit_test_teardown(of_many_the_first_are_told, end),
                cmocka_unit_test_teardown(the_callers_own_session_is_told_once_and_first, end),
                cmocka_unit_test_teardown(the_callers_port_is_an_sshs, end),
                cmocka_unit_test_teardown(the_callers_own_session_need_not_be_listed, end),
                cmocka_unit_test_teardown(a_session_of_another_namespace_does_not_count, end),
                cmocka_unit_test_teardown(an_established_session_counts_whatever_its_address, end),
                cmocka_unit_test_teardown(an_ancestors_session_is_the_callers, end),
        };

        if (argc == 4 && strcmp(argv[1], DESCENT) == 0)
                return begin_descent(argv);
        return cmocka_run_group_tests(tests, begin_all, end_all);
}
