/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two network namespaces of one process, joined by a veth pair. */
#include "bench/network.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"

static void write_file(const char *path, const char *format, unsigned value)
{
        FILE *file = fopen(path, "we");

        if (!file || fprintf(file, format, value) < 0 || fclose(file) != 0)
                err(2, "%s", path);
}

static void become_root_of_a_user_namespace(void)
{
        unsigned uid = geteuid(), gid = getegid();

        if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
                err(2, "a user and network namespace of its own");
        write_file("/proc/self/setgroups", "deny", 0);
        write_file("/proc/self/uid_map", "0 %u 1", uid);
        write_file("/proc/self/gid_map", "0 %u 1", gid);
}

static int open_namespace(void)
{
        int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

        if (fd < 0)
                err(2, "/proc/thread-self/ns/net");
        return fd;
}

void network_enter(int namespace)
{
        if (setns(namespace, CLONE_NEWNET) < 0)
                err(2, "setns");
}

/* Each line is an `ip` command. */
static void configure(int namespace, const char *lines)
{
        FILE *ip;

        network_enter(namespace);
        ip = popen("ip -batch -", "we");
        if (!ip || fputs(lines, ip) < 0 || pclose(ip) != 0)
                errx(2, "ip failed for:\n%s", lines);
}

#define PROBE_PORT 9
#define PROBES_MAX 10000 /* a millisecond each */

#define HOST_MAC "02:00:00:00:00:01"
#define PEER_MAC "02:00:00:00:00:02"

/* The neighbours are fixed: no packet is lost to a resolution, which is not what is measured. */
#define END(link, address4, address6, other4, other6, other_mac)                     \
        "addr add " address4 "/24 dev " link "\n"                                    \
        "addr add " address6 "/64 dev " link " nodad\n"                              \
        "link set lo up\n"                                                           \
        "link set " link " up\n"                                                     \
        "neigh replace " other4 " lladdr " other_mac " dev " link " nud permanent\n" \
        "neigh replace " other6 " lladdr " other_mac " dev " link " nud permanent\n"

/* Sends from one end to the other until something arrives: for a moment after `ip link set up` a link
 * loses what is sent, and counts it nowhere (noop_qdisc, until linkwatch_do_dev() activates it). */
static void wait_for_link(const struct network *network, int from, int to, const char *address)
{
        const struct timeval timeout = {.tv_usec = 1000};
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(PROBE_PORT)};
        int sender = network_socket(network, from, AF_INET, SOCK_DGRAM);
        int receiver = network_socket(network, to, AF_INET, SOCK_DGRAM);
        char byte = 0;
        int i;

        inet_pton(AF_INET, address, &at.sin_addr);
        if (bind(receiver, (const struct sockaddr *)&at, sizeof(at)) < 0 ||
            setsockopt(receiver, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0)
                err(2, "a socket at %s", address);
        for (i = 0; i < PROBES_MAX; i++) {
                if (sendto(sender, &byte, 1, 0, (const struct sockaddr *)&at, sizeof(at)) < 0)
                        err(2, "sendto");
                if (recv(receiver, &byte, 1, 0) == 1)
                        break;
        }
        if (i == PROBES_MAX)
                errx(2, "nothing arrives at %s", address);
        close(sender);
        close(receiver);
}

struct network network_make(void)
{
        struct network network;
        char pair[256];

        if (unshare(CLONE_NEWNET) < 0)
                become_root_of_a_user_namespace();
        network.host = open_namespace();
        if (unshare(CLONE_NEWNET) < 0)
                err(2, "a second network namespace");
        network.peer = open_namespace();

        snprintf(pair, sizeof(pair),
                 "link add " HOST_LINK " address " HOST_MAC " type veth peer name " PEER_LINK
                 " address " PEER_MAC " netns /proc/%d/fd/%d\n",
                 getpid(), network.peer);
        configure(network.host, pair);
        configure(network.peer,
                  END(PEER_LINK, PEER_ADDRESS4, PEER_ADDRESS6, HOST_ADDRESS4, HOST_ADDRESS6, HOST_MAC));
        configure(network.host,
                  END(HOST_LINK, HOST_ADDRESS4, HOST_ADDRESS6, PEER_ADDRESS4, PEER_ADDRESS6, PEER_MAC));
        wait_for_link(&network, network.peer, network.host, HOST_ADDRESS4);
        wait_for_link(&network, network.host, network.peer, PEER_ADDRESS4);
        return network;
}

int network_socket(const struct network *network, int namespace, int domain, int type)
{
        int fd;

        network_enter(namespace);
        fd = socket(domain, type | SOCK_CLOEXEC, 0);
        if (fd < 0)
                err(2, "socket");
        network_enter(network->host);
        return fd;
}

static uint64_t drops_of_link(int namespace, const char *link)
{
        _cleanup_(pg_fclosep) FILE *file = NULL;
        unsigned long long received = 0, sent = 0;
        char line[512];

        network_enter(namespace);
        file = fopen("/proc/thread-self/net/dev", "re");
        if (!file)
                err(2, "/proc/thread-self/net/dev");
        while (fgets(line, sizeof(line), file)) {
                char *numbers = strchr(line, ':');
                char *name = line + strspn(line, " ");

                /* bytes packets errs drop fifo frame compressed multicast, received and then sent */
                if (numbers && strncmp(name, link, strlen(link)) == 0 &&
                    sscanf(numbers + 1, "%*u %*u %*u %llu %*u %*u %*u %*u %*u %*u %*u %llu", &received,
                           &sent) == 2)
                        return received + sent;
        }
        errx(2, "no link %s", link);
}

uint64_t network_drops(const struct network *network)
{
        uint64_t drops = drops_of_link(network->peer, PEER_LINK);

        return drops + drops_of_link(network->host, HOST_LINK);
}
