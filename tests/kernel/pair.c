/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host and a peer in one process. */
#include "kernel/pair.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* More than a test has open at once. */
#define FDS_MAX 1024

static int host = -1, peer = -1;

#define MUST(condition)                                                  \
        do {                                                             \
                if (!(condition))                                        \
                        fail_msg("%s: %s", #condition, strerror(errno)); \
        } while (0)

static const char links[] = "link set lo up\n"
                            "link add outside type veth peer name host0 netns %s\n"
                            "link add wg0 type veth peer name host1 netns %s\n"
                            "address add 203.0.113.1/24 dev outside\n"
                            "address add 2001:db8:1::1/64 dev outside nodad\n"
                            "address add fe80::2/64 dev outside nodad\n"
                            "address add 198.51.100.1/24 dev wg0\n"
                            "address add 2001:db8:2::1/64 dev wg0 nodad\n"
                            "address add fe80::1/64 dev wg0 nodad\n"
                            "link set outside addrgenmode none up\n"
                            "link set wg0 addrgenmode none up\n";

static const char peer_links[] = "link set lo up\n"
                                 "address add 203.0.113.9/24 dev host0\n"
                                 "address add 2001:db8:1::9/64 dev host0 nodad\n"
                                 "address add fe80::8/64 dev host0 nodad\n"
                                 "address add 198.51.100.9/24 dev host1\n"
                                 "address add 2001:db8:2::9/64 dev host1 nodad\n"
                                 "address add fe80::9/64 dev host1 nodad\n"
                                 "link set host0 addrgenmode none up\n"
                                 "link set host1 addrgenmode none up\n";

static void enter(int namespace)
{
        MUST(setns(namespace, CLONE_NEWNET) == 0);
}

static int open_namespace(void)
{
        int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

        MUST(fd >= 0);
        return fd;
}

static void configure(int namespace, const char *lines)
{
        FILE *ip;

        enter(namespace);
        ip = popen("ip -batch -", "we");
        MUST(ip);
        fputs(lines, ip);
        MUST(pclose(ip) == 0);
        enter(host);
}

/* In the first user namespace the links would be the machine's. */
static bool is_the_machine(void)
{
        unsigned inside = 0, outside = 0, count = 0;
        FILE *file = fopen("/proc/self/uid_map", "re");

        MUST(file && fscanf(file, "%u %u %u", &inside, &outside, &count) == 3);
        fclose(file);
        return inside == 0 && outside == 0 && count == UINT32_MAX;
}

int pair_make(void **state)
{
        char text[sizeof(links) + 128], name[64];

        (void)state;
        if (is_the_machine()) {
                puts("run this with: unshare --user --map-root-user --net");
                return -1;
        }
        host = open_namespace();
        MUST(unshare(CLONE_NEWNET) == 0);
        peer = open_namespace();
        enter(host);
        snprintf(name, sizeof(name), "/proc/%d/fd/%d", (int)getpid(), peer);
        snprintf(text, sizeof(text), links, name, name);
        configure(host, text);
        configure(peer, peer_links);
        return 0;
}

int pair_socket_of_peer(int family, int type, int protocol, const char *link, int *ret_index)
{
        int fd;

        enter(peer);
        fd = socket(family, type | SOCK_CLOEXEC, protocol);
        *ret_index = (int)if_nametoindex(link);
        enter(host);
        MUST(fd >= 0 && *ret_index > 0);
        return fd;
}

/* "*", "::", "both" or an address, which may have %LINK. */
static socklen_t parse(const char *text, uint16_t port, struct sockaddr_storage *ret)
{
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;
        struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
        char copy[64];
        char *link;

        *ret = (struct sockaddr_storage){0};
        snprintf(copy, sizeof(copy), "%s",
                 strcmp(text, "*") == 0      ? "0.0.0.0"
                 : strcmp(text, "both") == 0 ? "::"
                                             : text);
        link = strchr(copy, '%');
        if (link)
                *link++ = '\0';
        if (!strchr(copy, ':')) {
                v4->sin_family = AF_INET;
                v4->sin_port = htons(port);
                assert_int_equal(inet_pton(AF_INET, copy, &v4->sin_addr), 1);
                return sizeof(*v4);
        }
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        assert_int_equal(inet_pton(AF_INET6, copy, &v6->sin6_addr), 1);
        if (link)
                MUST((v6->sin6_scope_id = if_nametoindex(link)) > 0);
        return sizeof(*v6);
}

int pair_listen(const char *address, uint16_t port)
{
        struct sockaddr_storage name;
        socklen_t length = parse(address, port, &name);
        int only = strcmp(address, "both") != 0, on = 1;
        int fd = socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

        MUST(fd >= 0);
        if (name.ss_family == AF_INET6)
                MUST(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only)) == 0);
        MUST(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0);
        MUST(bind(fd, (struct sockaddr *)&name, length) == 0);
        MUST(listen(fd, 1024) == 0);
        return fd;
}

uint16_t pair_port(int fd)
{
        struct sockaddr_storage name;
        socklen_t length = sizeof(name);

        MUST(getsockname(fd, (struct sockaddr *)&name, &length) == 0);
        return ntohs(((struct sockaddr_in *)&name)->sin_port); /* where IPv6 has it too */
}

struct pair_session pair_connect(int listener, const char *to, const char *from)
{
        struct pair_session session;
        struct sockaddr_storage name;
        /* A reset instead of a long goodbye: the next test finds no rests. */
        struct linger reset = {.l_onoff = 1};
        socklen_t length;

        if (!from)
                enter(peer);
        length = parse(to, pair_port(listener), &name);
        session.peer = socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        MUST(session.peer >= 0);
        enter(host);
        MUST(setsockopt(session.peer, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) == 0);
        if (from) {
                struct sockaddr_storage own;
                socklen_t own_length = parse(from, 0, &own);

                MUST(bind(session.peer, (struct sockaddr *)&own, own_length) == 0);
        }
        MUST(connect(session.peer, (struct sockaddr *)&name, length) == 0);
        session.host = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        MUST(session.host >= 0);
        session.peer_port = pair_port(session.peer);
        return session;
}

void pair_close(struct pair_session *session)
{
        struct linger reset = {.l_onoff = 1};

        setsockopt(session->host, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        close(session->peer);
        close(session->host);
}

static bool is_among(int fd, const int *fds, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (fds[i] == fd)
                        return true;
        return false;
}

/* As setproctitle() does: over the first argument, to the end of which it must fit. */
static void set_title(const char *title)
{
        size_t length = strlen(program_invocation_name);

        assert_true(strlen(title) < length);
        memset(program_invocation_name, 0, length);
        memcpy(program_invocation_name, title, strlen(title));
}

pid_t pair_hold(const char *name, const char *title, const int *fds, size_t n)
{
        int ready[2];
        char byte;
        pid_t pid;

        MUST(pipe2(ready, O_CLOEXEC) == 0);
        pid = fork();
        MUST(pid >= 0);
        if (pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                prctl(PR_SET_NAME, name);
                if (title)
                        set_title(title);
                for (int fd = 3; fd < FDS_MAX; fd++)
                        if (fd != ready[1] && !is_among(fd, fds, n))
                                close(fd);
                while (write(ready[1], "r", 1) < 0 && errno == EINTR)
                        ;
                for (;;)
                        pause();
        }
        close(ready[1]);
        MUST(read(ready[0], &byte, 1) == 1);
        close(ready[0]);
        return pid;
}

void pair_end(pid_t pid)
{
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
}
