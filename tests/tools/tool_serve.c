/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Listens on ports of both families, and sends back what it is sent: tool_serve tcp/22 udp/8472 ...
 * Prints "ready", and stays until it is killed.
 *
 *      tcp/22@192.0.2.1     at one address; of 0.0.0.0 IPv4 only, of :: IPv6 only
 *      tcp/22@::%eth0       bound to a device
 *      share                others may listen on the ports that follow, too
 *      fork=3               three more processes hold the sockets, and end with this one
 *      leave                goes on in a network namespace of its own, with the sockets of this one
 */
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tools/address.h"

#define FDS_MAX 1024

static struct pollfd fds[FDS_MAX];
static int kinds[FDS_MAX]; /* SOCK_STREAM listens, SOCK_DGRAM answers, 0 is a connection */
static nfds_t n_fds;
static bool is_shared;

static void add(int fd, int kind)
{
        if (n_fds == FDS_MAX) {
                close(fd);
                return;
        }
        fds[n_fds] = (struct pollfd){.fd = fd, .events = POLLIN};
        kinds[n_fds++] = kind;
}

/* "tcp/22@ADDRESS%DEVICE" */
static void open_port(const char *text)
{
        int kind = strncmp(text, "tcp/", 4) == 0 ? SOCK_STREAM : SOCK_DGRAM;
        char where[64] = "::", *device;
        struct sockaddr_storage address;
        int fd, on = 1, only = strchr(text, '@') != NULL;
        socklen_t length;

        if (only)
                snprintf(where, sizeof(where), "%s", strchr(text, '@') + 1);
        device = strchr(where, '%');
        if (device)
                *device++ = '\0';
        length = parse_address(where, (unsigned)atoi(text + 4), &address);
        fd = socket(address.ss_family, kind, 0);
        must(fd >= 0, "socket");
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
        if (is_shared)
                setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
        if (address.ss_family == AF_INET6)
                must(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only)) == 0,
                     "IPV6_V6ONLY");
        if (device)
                must(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device)) ==
                             0,
                     device);
        must(bind(fd, (struct sockaddr *)&address, length) == 0, text);
        must(kind == SOCK_DGRAM || listen(fd, 64) == 0, text);
        add(fd, kind);
}

static void answer_datagram(int fd)
{
        struct sockaddr_storage peer;
        socklen_t size = sizeof(peer);
        char data[2048];
        ssize_t n = recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&peer, &size);

        if (n >= 0)
                sendto(fd, data, (size_t)n, 0, (struct sockaddr *)&peer, size);
}

static void answer_connection(nfds_t i)
{
        char data[2048];
        ssize_t n = read(fds[i].fd, data, sizeof(data));

        if (n > 0 && write(fds[i].fd, data, (size_t)n) == n)
                return;
        close(fds[i].fd);
        n_fds--;
        fds[i] = fds[n_fds];
        kinds[i] = kinds[n_fds];
}

static void serve(nfds_t i)
{
        if (kinds[i] == SOCK_STREAM) {
                int fd = accept(fds[i].fd, NULL, NULL);

                if (fd >= 0)
                        add(fd, 0);
        } else if (kinds[i] == SOCK_DGRAM) {
                answer_datagram(fds[i].fd);
        } else {
                answer_connection(i);
        }
}

static void fork_holders(int n)
{
        for (int i = 0; i < n; i++) {
                pid_t pid = fork();

                must(pid >= 0, "fork");
                if (pid == 0) {
                        prctl(PR_SET_PDEATHSIG, SIGKILL);
                        for (;;)
                                pause();
                }
        }
}

int main(int argc, char **argv)
{
        for (int i = 1; i < argc; i++)
                if (strncmp(argv[i], "fork=", 5) == 0)
                        fork_holders(atoi(argv[i] + 5));
                else if (strcmp(argv[i], "share") == 0)
                        is_shared = true;
                else if (strcmp(argv[i], "leave") == 0)
                        must(unshare(CLONE_NEWNET) == 0, "unshare");
                else
                        open_port(argv[i]);
        puts("ready");
        fflush(stdout);
        while (poll(fds, n_fds, -1) > 0)
                for (nfds_t i = n_fds; i > 0; i--)
                        if (i <= n_fds && fds[i - 1].revents)
                                serve(i - 1);
        return 0;
}
