/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which TCP sockets there are, whose they are, and which way packets go. */
#include "host/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "host/processes.h"
#include "host/routes.h"
#include "host/sock_diag.h"
#include "kernel/pair.h"

static struct pg_socket *told;
static size_t n_told;
static struct pg_error error;

/* In the place of libc's: what the kernel leaves out is not received. */
static size_t n_received;

ssize_t recvmsg(int fd, struct msghdr *header, int flags)
{
        ssize_t length = syscall(SYS_recvmsg, fd, header, flags);

        n_received += length > 0 ? (size_t)length : 0;
        return length;
}

static int take(const struct pg_socket *socket, void *data)
{
        struct pg_socket *item = PG_ARRAY_ADD(told, n_told);

        assert_ptr_equal(data, &told);
        assert_non_null(item);
        *item = *socket;
        return 0;
}

static void forget(void)
{
        free(told);
        told = NULL;
        n_told = 0;
        n_received = 0;
}

static void ask_listening(void)
{
        forget();
        if (pg_tcp_listening(take, &told, &error) < 0)
                fail_msg("%s", error.message);
}

static void ask_established(const struct pg_port_set *ports)
{
        forget();
        if (pg_tcp_established(ports, take, &told, &error) < 0)
                fail_msg("%s", error.message);
}

static uint32_t inode_of(int fd)
{
        struct stat status;

        assert_int_equal(fstat(fd, &status), 0);
        return (uint32_t)status.st_ino;
}

/* What was told of the socket; NULL when it was not, and a failure when it was told twice. */
static const struct pg_socket *find(int fd)
{
        const struct pg_socket *found = NULL;

        for (size_t i = 0; i < n_told; i++)
                if (told[i].inode == inode_of(fd)) {
                        assert_null(found);
                        found = &told[i];
                }
        return found;
}

static void check_address(bool is_v6, const uint8_t *address, const char *wanted)
{
        char text[INET6_ADDRSTRLEN];

        inet_ntop(is_v6 ? AF_INET6 : AF_INET, address, text, sizeof(text));
        assert_string_equal(text, wanted);
}

static int end(void **state)
{
        (void)state;
        forget();
        return 0;
}

static void listeners_of_every_kind_are_told(void **state)
{
        static const struct {
                const char *address, *local;
        } kinds[] = {
                {"*", "0.0.0.0"},
                {"203.0.113.1", "203.0.113.1"},
                {"127.0.0.1", "127.0.0.1"},
                {"::", "::"},
                {"both", "::"},
                {"2001:db8:1::1", "2001:db8:1::1"},
        };
        int fds[PG_ELEMENTSOF(kinds)];

        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(kinds); i++)
                fds[i] = pair_listen(kinds[i].address, 0);
        ask_listening();
        assert_int_equal(n_told, PG_ELEMENTSOF(kinds));
        for (size_t i = 0; i < PG_ELEMENTSOF(kinds); i++) {
                const struct pg_socket *socket = find(fds[i]);

                assert_non_null(socket);
                assert_int_equal(socket->local_port, pair_port(fds[i]));
                assert_int_equal(socket->is_v6, strchr(kinds[i].local, ':') != NULL);
                check_address(socket->is_v6, socket->local, kinds[i].local);
                close(fds[i]);
        }
        ask_listening();
        assert_int_equal(n_told, 0);
}

static void check_session(const struct pair_session *session, uint16_t port, const char *local,
                          const char *remote)
{
        const struct pg_socket *socket = find(session->host);

        assert_non_null(socket);
        assert_int_equal(socket->is_v6, strchr(local, ':') != NULL);
        check_address(socket->is_v6, socket->local, local);
        check_address(socket->is_v6, socket->remote, remote);
        assert_int_equal(socket->local_port, port);
        assert_int_equal(socket->remote_port, session->peer_port);
}

static void established_sockets_of_every_kind_are_told(void **state)
{
        int v4 = pair_listen("*", 22), v6 = pair_listen("::", 22), both = pair_listen("both", 2222);
        struct pair_session sessions[] = {
                pair_connect(v4, "203.0.113.1", NULL),   pair_connect(v6, "2001:db8:1::1", NULL),
                pair_connect(both, "203.0.113.1", NULL), pair_connect(both, "2001:db8:2::1", NULL),
                pair_connect(v6, "fe80::1%host1", NULL), pair_connect(v4, "127.0.0.1", "127.0.0.1"),
                pair_connect(v6, "fe80::2%host0", NULL),
        };
        struct pg_port_set ports = {0};

        (void)state;
        pg_port_set_add(&ports, 22);
        pg_port_set_add(&ports, 2222);
        ask_established(&ports);
        assert_int_equal(n_told, PG_ELEMENTSOF(sessions));
        check_session(&sessions[0], 22, "203.0.113.1", "203.0.113.9");
        check_session(&sessions[1], 22, "2001:db8:1::1", "2001:db8:1::9");
        check_session(&sessions[2], 2222, "203.0.113.1", "203.0.113.9");
        check_session(&sessions[3], 2222, "2001:db8:2::1", "2001:db8:2::9");
        check_session(&sessions[4], 22, "fe80::1", "fe80::9");
        check_session(&sessions[5], 22, "127.0.0.1", "127.0.0.1");
        check_session(&sessions[6], 22, "fe80::2", "fe80::8");
        assert_int_equal(find(sessions[0].host)->interface, 0);
        assert_int_equal(find(sessions[6].host)->interface, if_nametoindex("outside"));
        assert_int_equal(find(sessions[4].host)->interface, if_nametoindex("wg0"));
        for (size_t i = 0; i < PG_ELEMENTSOF(sessions); i++)
                pair_close(&sessions[i]);
        close(v4);
        close(v6);
        close(both);
}

#define OTHERS 300

/* More than come in one answer, so that they would be missed if only the first were read. */
static void the_kernel_leaves_out_other_ports(void **state)
{
        int wanted = pair_listen("both", 22), other = pair_listen("both", 8080);
        struct pair_session session = pair_connect(wanted, "203.0.113.1", NULL), others[OTHERS];
        struct pg_port_set ports = {0};

        (void)state;
        for (size_t i = 0; i < OTHERS; i++)
                others[i] = pair_connect(other, i % 2 ? "203.0.113.1" : "2001:db8:1::1", NULL);
        pg_port_set_add(&ports, 22);
        ask_established(&ports);
        assert_int_equal(n_told, 1);
        check_session(&session, 22, "203.0.113.1", "203.0.113.9");
        assert_in_range(n_received, 1, 512);

        pg_port_set_add(&ports, 8080);
        ask_established(&ports);
        assert_int_equal(n_told, 1 + OTHERS);
        for (size_t i = 0; i < OTHERS; i++)
                assert_non_null(find(others[i].host));
        assert_true(n_received > 32 * 1024);
        for (size_t i = 0; i < OTHERS; i++)
                pair_close(&others[i]);
        pair_close(&session);
        close(wanted);
        close(other);
}

/* Ports at every end of what is asked for, sessions at them and beside them. */
static void check_ports(const struct pg_port_set *ports)
{
        static const uint16_t tried[] = {1, 2, 63, 64, 65, 1000, 1001, 1002, 1127, 1128, 65534, 65535};
        struct pair_session sessions[PG_ELEMENTSOF(tried)];
        size_t n_wanted = 0;

        for (size_t i = 0; i < PG_ELEMENTSOF(tried); i++) {
                int listener = pair_listen("*", tried[i]);

                sessions[i] = pair_connect(listener, "203.0.113.1", NULL);
                close(listener);
        }
        ask_established(ports);
        for (size_t i = 0; i < PG_ELEMENTSOF(tried); i++) {
                bool is_wanted = pg_port_set_has(ports, tried[i]);

                if (!find(sessions[i].host) == is_wanted)
                        fail_msg("port %u is %stold", tried[i], is_wanted ? "not " : "");
                n_wanted += is_wanted;
                pair_close(&sessions[i]);
        }
        assert_int_equal(n_told, n_wanted);
}

static void any_set_of_ports_can_be_asked_for(void **state)
{
        struct pg_port_set ports = {0};

        (void)state;
        pg_port_set_add(&ports, 1);
        check_ports(&ports);
        pg_port_set_add(&ports, 65535);
        check_ports(&ports);
        pg_port_set_add(&ports, 64);
        check_ports(&ports);
        /* As many ranges as one question has; one more. */
        for (unsigned port = 1002; port < 1002 + 2 * 61; port += 2)
                pg_port_set_add(&ports, (uint16_t)port);
        check_ports(&ports);
        pg_port_set_add(&ports, 1128);
        check_ports(&ports);
        for (unsigned port = 1; port < 65535; port += 2)
                pg_port_set_add(&ports, (uint16_t)port);
        check_ports(&ports);
        memset(&ports, 0xff, sizeof(ports));
        check_ports(&ports);
}

static void no_port_is_no_question(void **state)
{
        const struct pg_port_set ports = {0};

        (void)state;
        assert_true(pg_port_set_is_empty(&ports));
        ask_established(&ports);
        assert_int_equal(n_told, 0);
        assert_int_equal(n_received, 0);
}

static int refuse(const struct pg_socket *socket, void *data)
{
        (void)socket;
        ++*(unsigned *)data;
        return -EDOM;
}

static void the_walk_ends_when_it_is_told_to(void **state)
{
        int fds[] = {pair_listen("*", 0), pair_listen("*", 0)};
        unsigned count = 0;

        (void)state;
        error = (struct pg_error){0};
        assert_int_equal(pg_tcp_listening(refuse, &count, &error), -EDOM);
        assert_int_equal(count, 1);
        assert_int_equal(error.number, 0);
        close(fds[0]);
        close(fds[1]);
}

static int count_messages(const struct nlmsghdr *message, void *data)
{
        (void)message;
        ++*(unsigned *)data;
        return MNL_CB_OK;
}

/* Sockets of a protocol that nobody has: the kernel begins a list, and ends it with an error. */
static void a_list_that_cannot_be_made_is_an_error(void **state)
{
        char buffer[PG_SOCK_DIAG_REQUEST_SIZE] = {0};
        struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
        struct inet_diag_req_v2 *wanted;
        unsigned count = 0;

        (void)state;
        request->nlmsg_type = SOCK_DIAG_BY_FAMILY;
        request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
        wanted = mnl_nlmsg_put_extra_header(request, sizeof(*wanted));
        wanted->sdiag_family = AF_INET;
        wanted->sdiag_protocol = 253; /* for experiments, RFC 3692 */
        assert_int_equal(pg_sock_diag_request(request, count_messages, &count), -ENOENT);
        assert_int_equal(count, 0);
        /* One that is refused at once. */
        wanted->sdiag_family = AF_APPLETALK;
        assert_int_equal(pg_sock_diag_request(request, count_messages, &count), -ENOENT);
}

static void check_route(const char *address, const char *local, const char *wanted)
{
        bool is_v6 = strchr(address, ':') != NULL;
        uint8_t bytes[16], own[16];
        char name[IF_NAMESIZE] = "?";

        assert_int_equal(inet_pton(is_v6 ? AF_INET6 : AF_INET, address, bytes), 1);
        if (local)
                assert_int_equal(inet_pton(is_v6 ? AF_INET6 : AF_INET, local, own), 1);
        assert_int_equal(pg_route_interface(is_v6, bytes, local ? own : NULL, name, &error), 0);
        assert_string_equal(name, wanted);
}

static void routes_lead_to_interfaces(void **state)
{
        (void)state;
        check_route("203.0.113.9", NULL, "outside");
        check_route("203.0.113.9", "203.0.113.1", "outside");
        check_route("198.51.100.9", NULL, "wg0");
        check_route("2001:db8:1::9", "2001:db8:1::1", "outside");
        check_route("2001:db8:2::9", NULL, "wg0");
        check_route("203.0.113.1", NULL, "lo");
        check_route("203.0.113.1", "198.51.100.1", "lo");
        check_route("2001:db8:1::1", NULL, "lo");
        check_route("127.0.0.1", NULL, "lo");
        check_route("::1", NULL, "lo");
        check_route("192.0.2.1", NULL, "");
        check_route("2001:db8:9::1", NULL, "");
        /* An own address that is gone. */
        check_route("203.0.113.9", "192.0.2.99", "outside");
        check_route("2001:db8:1::9", "2001:db8:9::99", "outside");
}

static void run(const char *command)
{
        if (system(command) != 0)
                fail_msg("%s", command);
}

static void a_route_may_depend_on_the_own_address(void **state)
{
        (void)state;
        run("ip route add 192.0.2.0/24 dev outside");
        run("ip route add 192.0.2.0/24 dev wg0 table 100");
        run("ip rule add from 198.51.100.1 lookup 100");
        check_route("192.0.2.7", NULL, "outside");
        check_route("192.0.2.7", "203.0.113.1", "outside");
        check_route("192.0.2.7", "198.51.100.1", "wg0");
        run("ip rule delete from 198.51.100.1 lookup 100");
        run("ip route delete 192.0.2.0/24 dev outside");
}

static const char *const names[] = {"sshd", "drop"};
static const char *const titles[] = {"[net]", "[accepted]"};
static const struct pg_process_search search = {
        .names = names,
        .n_names = PG_ELEMENTSOF(names),
        .titles = titles,
        .n_titles = PG_ELEMENTSOF(titles),
};

/* Whether the socket is found, and whether it is with a title. */
static bool is_held(int fd, bool *ret_titled)
{
        struct pg_inodes inodes = {0}, titled = {0};
        bool found;

        assert_int_equal(pg_process_sockets(&search, &inodes, &titled, &error), 0);
        found = pg_inodes_have(&inodes, inode_of(fd));
        *ret_titled = pg_inodes_have(&titled, inode_of(fd));
        pg_inodes_done(&inodes);
        pg_inodes_done(&titled);
        return found;
}

static void sockets_are_found_by_the_name_of_their_process(void **state)
{
        static const struct {
                const char *name, *title;
                bool found, titled;
        } cases[] = {
                {"sshd", NULL, true, false},
                {"sshd-session", "", true, false},
                {"dropbear", "dropbear", true, false},
                {"sshd", "sshd: root [net]", true, true},
                {"sshd-session", "sshd: [accepted]  ", true, true},
                {"sshd", "[net]", true, true},
                {"sshd", "net]", true, false},
                {"sshd", "sshd: me [net] x", true, false},
                {"sshd", "sshd: me [priv]", true, false},
                {"ssh", "ssh: [net]", false, false},
                {"xsshd", NULL, false, false},
                {"SSHD", NULL, false, false},
                {" sshd", NULL, false, false},
        };
        int fd = pair_listen("*", 0), other = pair_listen("*", 0);
        bool titled;

        (void)state;
        assert_false(is_held(fd, &titled));
        for (size_t i = 0; i < PG_ELEMENTSOF(cases); i++) {
                pid_t pid = pair_hold(cases[i].name, cases[i].title, &fd, 1);

                if (is_held(fd, &titled) != cases[i].found || titled != cases[i].titled)
                        fail_msg("'%s', '%s'", cases[i].name, cases[i].title);
                assert_false(is_held(other, &titled));
                pair_end(pid);
        }
        close(fd);
        close(other);
}

static char padding[128 * 1024];

/* A shell with that environment; it ends when *ret_fd is closed. */
static pid_t start(char *const *environment, int *ret_fd)
{
        char *const arguments[] = {"sh", "-c", "echo; read line", NULL};
        int in[2], out[2];
        char byte;
        pid_t pid;

        assert_int_equal(pipe2(in, O_CLOEXEC), 0);
        assert_int_equal(pipe2(out, O_CLOEXEC), 0);
        pid = fork();
        if (pid == 0) {
                dup2(in[0], STDIN_FILENO);
                dup2(out[1], STDOUT_FILENO);
                execve("/bin/sh", arguments, environment);
                _exit(1);
        }
        close(in[0]);
        close(out[1]);
        assert_int_equal(read(out[0], &byte, 1), 1);
        close(out[0]);
        *ret_fd = in[1];
        return pid;
}

static void variables_of_processes_are_read(void **state)
{
        char *environment[] = {"",      "WHAT=is",      "WHATEVER=no", "=",           padding, padding,
                               padding, "WHERE=behind", "EMPTY=",      "WHERE=again", NULL};
        char value[8] = "before";
        int fd;
        pid_t pid;

        (void)state;
        /* One string may have 128 KiB. */
        memset(padding, 'x', 100 * 1024);
        memcpy(padding, "PADDING=", 8);
        pid = start(environment, &fd);
        assert_int_equal(pg_process_parent(pid), getpid());
        assert_false(pg_process_variable(pid, "WHA", value, sizeof(value)));
        assert_string_equal(value, "before");
        assert_true(pg_process_variable(pid, "WHAT", value, sizeof(value)));
        assert_string_equal(value, "is");
        assert_true(pg_process_variable(pid, "WHERE", value, sizeof(value)));
        assert_string_equal(value, "behind");
        assert_true(pg_process_variable(pid, "PADDING", value, sizeof(value)));
        assert_string_equal(value, "xxxxxxx");
        assert_true(pg_process_variable(pid, "EMPTY", value, sizeof(value)));
        assert_string_equal(value, "");
        close(fd);
        waitpid(pid, NULL, 0);
        assert_false(pg_process_variable(pid, "WHAT", value, sizeof(value)));
        assert_int_equal(pg_process_parent(pid), 0);
        assert_int_equal(pg_process_parent(-1), 0);
}

static void many_sockets_of_many_processes_are_found(void **state)
{
        int fds[100];
        pid_t pids[4];
        bool titled;

        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(fds); i++)
                fds[i] = pair_listen("*", 0);
        for (size_t i = 0; i < PG_ELEMENTSOF(pids); i++)
                pids[i] = pair_hold("sshd", "sshd: [net]", &fds[(3 - i) * 25], 25);
        for (size_t i = 0; i < PG_ELEMENTSOF(fds); i++) {
                assert_true(is_held(fds[i], &titled));
                assert_true(titled);
                close(fds[i]);
        }
        for (size_t i = 0; i < PG_ELEMENTSOF(pids); i++)
                pair_end(pids[i]);
}

/* A datagram socket of IPv6 that is bound to the address, and takes IPv4 too unless it is `only` v6. */
static int bind_datagrams(const char *address, int only)
{
        struct sockaddr_in6 name = {.sin6_family = AF_INET6};
        int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        assert_true(fd >= 0);
        assert_int_equal(inet_pton(AF_INET6, address, &name.sin6_addr), 1);
        assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only)), 0);
        assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
        return fd;
}

static void sockets_that_wait_for_datagrams_are_told(void **state)
{
        int only = bind_datagrams("::", 1), both = bind_datagrams("::", 0);
        int mapped = bind_datagrams("::ffff:127.0.0.1", 0), connected = bind_datagrams("::1", 0);
        struct sockaddr_in6 name;
        socklen_t length = sizeof(name);

        (void)state;
        assert_int_equal(getsockname(connected, (struct sockaddr *)&name, &length), 0);
        assert_int_equal(connect(connected, (struct sockaddr *)&name, length), 0);
        forget();
        if (pg_sockets_waiting(IPPROTO_UDP, take, &told, &error) < 0)
                fail_msg("%s", error.message);
        assert_int_equal(n_told, 3);
        assert_null(find(connected));
        assert_true(find(only)->is_v6_only);
        assert_false(find(both)->is_v6_only);
        assert_int_equal(find(both)->protocol, IPPROTO_UDP);
        assert_false(find(mapped)->is_v6);
        check_address(false, find(mapped)->local, "127.0.0.1");
        close(only);
        close(both);
        close(mapped);
        close(connected);
}

static void a_protocol_that_is_not_there_is_not_found(void **state)
{
        (void)state;
        assert_int_equal(pg_sockets_waiting(IPPROTO_EGP, take, &told, &error), -ENOENT);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_teardown(listeners_of_every_kind_are_told, end),
                cmocka_unit_test_teardown(sockets_that_wait_for_datagrams_are_told, end),
                cmocka_unit_test(a_protocol_that_is_not_there_is_not_found),
                cmocka_unit_test_teardown(established_sockets_of_every_kind_are_told, end),
                cmocka_unit_test_teardown(the_kernel_leaves_out_other_ports, end),
                cmocka_unit_test_teardown(any_set_of_ports_can_be_asked_for, end),
                cmocka_unit_test_teardown(no_port_is_no_question, end),
                cmocka_unit_test_teardown(the_walk_ends_when_it_is_told_to, end),
                cmocka_unit_test(a_list_that_cannot_be_made_is_an_error),
                cmocka_unit_test(routes_lead_to_interfaces),
                cmocka_unit_test(a_route_may_depend_on_the_own_address),
                cmocka_unit_test(variables_of_processes_are_read),
                cmocka_unit_test(sockets_are_found_by_the_name_of_their_process),
                cmocka_unit_test(many_sockets_of_many_processes_are_found),
        };

        return cmocka_run_group_tests(tests, pair_make, NULL);
}
