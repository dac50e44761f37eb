/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Listens on ports of both families, and sends back what it is sent: tool_serve tcp/22 udp/8472 ...
 * Prints "ready", and stays until it is killed.
 */
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/address.h"

#define FDS_MAX 1024

static struct pollfd fds[FDS_MAX];
static int kinds[FDS_MAX]; /* SOCK_STREAM listens, SOCK_DGRAM answers, 0 is a connection */
static nfds_t n_fds;

static void add(int fd, int kind)
{
        if (n_fds == FDS_MAX) {
                close(fd);
                return;
        }
        fds[n_fds] = (struct pollfd){.fd = fd, .events = POLLIN};
        kinds[n_fds++] = kind;
}

static void open_port(const char *text)
{
        struct sockaddr_in6 address = {.sin6_family = AF_INET6};
        int kind = strncmp(text, "tcp/", 4) == 0 ? SOCK_STREAM : SOCK_DGRAM;
        int fd = socket(AF_INET6, kind, 0), on = 1, off = 0;

        address.sin6_port = htons((uint16_t)atoi(text + 4));
        must(fd >= 0, "socket");
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
        must(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) == 0, "IPV6_V6ONLY");
        must(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0, text);
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

int main(int argc, char **argv)
{
        for (int i = 1; i < argc; i++)
                open_port(argv[i]);
        puts("ready");
        fflush(stdout);
        while (poll(fds, n_fds, -1) > 0)
                for (nfds_t i = n_fds; i > 0; i--)
                        if (i <= n_fds && fds[i - 1].revents)
                                serve(i - 1);
        return 0;
}
