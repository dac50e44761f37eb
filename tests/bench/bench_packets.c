/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares what a denied packet costs under packet filters. */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "bench/network.h"
#include "bench/statistics.h"
#include "bench/timing.h"

static const char usage[] =
        "usage: bench_packets ROUNDS [NAME COMMAND]...\n"
        "\n"
        "Makes a host with a peer for each COMMAND, which sets up the host's filter, and sends UDP to port\n"
        "7300 there: 2,048 packets to each host in turn, ROUNDS times. A packet is received on the\n"
        "processor that sends it, before the sender goes on, so the sender's time holds the filter's. Prints\n"
        "for each, between tabs: name, nanoseconds a packet (median, first and third quartile), and the\n"
        "difference to the host before it (median, and its interval of 95 % confidence).\n"
        "The first COMMAND is best empty: what a packet costs that nothing filters.\n";

#define BURST 64
#define BURSTS 32
#define PORT 7300
#define HOSTS_MAX 16

struct host {
        const char *name;
        struct network network;
        int sender;
        double *ns, *differences;
};

/* Connected, so that the cost of finding the way is not measured for each packet. */
static int open_sender(const struct network *network)
{
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
        int fd = network_socket(network, network->peer, AF_INET, SOCK_DGRAM);

        inet_pton(AF_INET, HOST_ADDRESS4, &to.sin_addr);
        if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
                err(1, "connect");
        return fd;
}

/* A packet that nothing filters is received and thrown away: its socket has no room. */
static void open_receiver(const struct network *network)
{
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(PORT)};
        int fd = network_socket(network, network->host, AF_INET, SOCK_DGRAM);
        int size = 0;

        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
        if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
                err(1, "bind");
}

static void make_host(struct host *host, const char *name, const char *command, size_t rounds)
{
        *host = (struct host){.name = name, .network = network_make()};
        if (*command && timing_run(command, true).status != 0)
                errx(1, "failed: %s", command);
        open_receiver(&host->network);
        host->sender = open_sender(&host->network);
        host->ns = calloc(rounds, sizeof(double));
        host->differences = calloc(rounds, sizeof(double));
        if (!host->ns || !host->differences)
                err(1, "memory");
}

/* Of the 32 bursts the median: what other work interrupts takes many times as long. */
static double measure(const struct host *host)
{
        struct iovec payload = {"portguard flood", 16};
        struct mmsghdr messages[BURST] = {0};
        double ns[BURSTS];

        for (size_t i = 0; i < BURST; i++) {
                messages[i].msg_hdr.msg_iov = &payload;
                messages[i].msg_hdr.msg_iovlen = 1;
        }
        for (size_t i = 0; i < BURSTS; i++) {
                uint64_t begin = timing_now();

                if (sendmmsg(host->sender, messages, BURST, 0) != BURST)
                        err(1, "sendmmsg");
                ns[i] = (double)(timing_now() - begin) / BURST;
        }
        return quartiles_of(ns, BURSTS).median;
}

static void print_host(struct host *host, size_t rounds)
{
        struct quartiles ns = quartiles_of(host->ns, rounds);
        struct quartiles difference = quartiles_of(host->differences, rounds);
        struct confidence confidence = confidence_of_median(host->differences, rounds);

        printf("%s\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\n", host->name, ns.median, ns.first, ns.third,
               difference.median, confidence.low, confidence.high);
        free(host->ns);
        free(host->differences);
}

int main(int argc, char **argv)
{
        size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 0, n = (size_t)(argc - 2) / 2;
        struct host hosts[HOSTS_MAX];

        if (rounds == 0 || argc < 4 || argc % 2 != 0 || n > HOSTS_MAX) {
                fputs(usage, stderr);
                return 2;
        }
        for (size_t i = 0; i < n; i++)
                make_host(&hosts[i], argv[2 + 2 * i], argv[3 + 2 * i], rounds);
        /* The first round warms up, and is not kept: the second is written over it. */
        for (size_t round = 0; round <= rounds; round++)
                for (size_t i = 0; i < n; i++)
                        hosts[i].ns[round > 0 ? round - 1 : 0] = measure(&hosts[i]);
        for (size_t i = n; i-- > 0;)
                for (size_t round = 0; round < rounds; round++)
                        hosts[i].differences[round] =
                                hosts[i].ns[round] - hosts[i > 0 ? i - 1 : 0].ns[round];
        for (size_t i = 0; i < n; i++)
                print_host(&hosts[i], rounds);
        return 0;
}
