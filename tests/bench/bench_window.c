/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a port that only a trial opens is open for as long as the trial lasts, and not longer. */
#include <err.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <sys/socket.h>

#include "bench/network.h"
#include "bench/timing.h"

static const char usage[] =
        "usage: bench_window BEFORE PORT MS COMMAND...\n"
        "\n"
        "Runs BEFORE in network namespaces of its own. Then sends UDP to the port, a packet a millisecond and\n"
        "family, while it runs the commands one after the other. The first must open the port, and the last\n"
        "one must let that last for MS milliseconds more. Each packet was sent\n"
        "\n"
        "  before the first command began:              it must be refused\n"
        "  between the end of the first command, and\n"
        "  MS after the begin of the last:              it must pass\n"
        "  more than MS after the end of the last:      it must be refused\n"
        "\n"
        "or so close to these that nothing is expected of it. Exit status: 0 all were as expected, 1 some\n"
        "were not, 2 it could not be found out.\n";

#define PACKETS_MAX (2 * 120 * 1000)
#define STEP_NS (1000 * 1000ULL)
/* The kernel counts the time in ticks; and a packet may wait for a busy processor. */
#define CLOSE_NS (100 * 1000 * 1000ULL)
/* How long it is looked at before and after. */
#define AROUND_NS (300 * 1000 * 1000ULL)

struct packet {
        uint64_t before, after; /* it was sent */
        bool arrived;
};

struct window {
        int senders[2], receivers[2];
        struct packet *packets; /* of both families in turn */
        atomic_uint n;
        atomic_bool stop;
};

/* [opened, closes]: it must be open; before `begun` and from `closed` on it must not. */
struct times {
        uint64_t begun, opened, closes, closed;
};

static int open_socket(const struct network *network, bool is_sender, bool is_v6, uint16_t port)
{
        struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
        struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
        const struct sockaddr *address = is_v6 ? (void *)&v6 : (void *)&v4;
        socklen_t length = is_v6 ? sizeof(v6) : sizeof(v4);
        int fd = network_socket(network, is_sender ? network->peer : network->host,
                                is_v6 ? AF_INET6 : AF_INET, SOCK_DGRAM);

        inet_pton(AF_INET, HOST_ADDRESS4, &v4.sin_addr);
        inet_pton(AF_INET6, HOST_ADDRESS6, &v6.sin6_addr);
        if ((is_sender ? connect : bind)(fd, address, length) < 0)
                err(2, "port %u", port);
        return fd;
}

/* Nothing ever answers: to conntrack each packet is the first of its connection. */
static void receive(struct window *window)
{
        unsigned index;

        for (int i = 0; i < 2; i++)
                while (recv(window->receivers[i], &index, sizeof(index), MSG_DONTWAIT) == sizeof(index))
                        window->packets[index].arrived = true;
}

static void *send_until_stopped(void *argument)
{
        struct window *window = argument;
        uint64_t next = timing_now();

        while (!atomic_load(&window->stop)) {
                for (int i = 0; i < 2; i++) {
                        unsigned index = atomic_load(&window->n);
                        struct packet *packet = &window->packets[index];

                        if (index == PACKETS_MAX)
                                errx(2, "it takes too long");
                        packet->before = timing_now();
                        if (send(window->senders[i], &index, sizeof(index), 0) < 0)
                                err(2, "send");
                        packet->after = timing_now();
                        atomic_store(&window->n, index + 1);
                }
                receive(window);
                next += STEP_NS;
                timing_wait_until(next);
        }
        return NULL;
}

static struct times run(char **commands, size_t n, uint64_t lasts)
{
        struct times times = {.begun = timing_now()};

        for (size_t i = 0; i < n; i++) {
                times.closes = timing_now() + lasts;
                if (timing_run(commands[i], true).status != 0)
                        errx(2, "failed: %s", commands[i]);
                if (i == 0)
                        times.opened = timing_now();
                times.closed = timing_now() + lasts;
        }
        return times;
}

/* Gives how many were wrong. */
static unsigned report(const struct window *window, const struct times *times)
{
        unsigned before = 0, within = 0, after = 0, wrong = 0;

        for (unsigned i = 0; i < atomic_load(&window->n); i++) {
                const struct packet *packet = &window->packets[i];
                bool is_before = packet->after + CLOSE_NS < times->begun;
                bool is_within =
                        packet->before > times->opened && packet->after + CLOSE_NS < times->closes;
                bool is_after = packet->before > times->closed + CLOSE_NS;

                before += is_before;
                within += is_within;
                after += is_after;
                if ((is_within && !packet->arrived) || ((is_before || is_after) && packet->arrived))
                        wrong++;
        }
        printf("before             %u\n", before);
        printf("within             %u\n", within);
        printf("after              %u\n", after);
        printf("wrong              %u\n", wrong);
        if (before == 0 || within == 0 || after == 0)
                errx(2, "nothing was sent in one of the times");
        return wrong;
}

int main(int argc, char **argv)
{
        struct window window = {0};
        struct network network;
        struct times times;
        pthread_t thread;
        unsigned wrong;

        if (argc < 5) {
                fputs(usage, stderr);
                return 2;
        }
        window.packets = calloc(PACKETS_MAX, sizeof(*window.packets));
        if (!window.packets)
                err(2, "memory");
        network = network_make();
        for (int i = 0; i < 2; i++) {
                window.senders[i] = open_socket(&network, true, i == 1, (uint16_t)atoi(argv[2]));
                window.receivers[i] = open_socket(&network, false, i == 1, (uint16_t)atoi(argv[2]));
        }
        if (timing_run(argv[1], true).status != 0)
                errx(2, "failed: %s", argv[1]);
        if (pthread_create(&thread, NULL, send_until_stopped, &window) != 0)
                errx(2, "pthread_create");
        timing_wait_until(timing_now() + CLOSE_NS + AROUND_NS);
        times = run(argv + 4, (size_t)argc - 4, strtoul(argv[3], NULL, 10) * 1000 * 1000);
        timing_wait_until(times.closed + CLOSE_NS + AROUND_NS);
        atomic_store(&window.stop, true);
        pthread_join(thread, NULL);
        timing_wait_until(timing_now() + CLOSE_NS);
        receive(&window);
        wrong = report(&window, &times);
        free(window.packets);
        return wrong > 0 ? 1 : 0;
}
