/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares what a refused packet costs a host, remembered or not, under a flood from many sources. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/network.h"
#include "bench/spoof.h"
#include "bench/statistics.h"
#include "bench/timing.h"

static const char usage[] =
        "usage: bench_refused ROUNDS SOURCES 4|6 CHECK [NAME COMMAND]...\n"
        "\n"
        "Makes a host with a peer for each COMMAND, which sets up the host's filter, and sends UDP to port\n"
        "7300 there, each packet from the next of SOURCES addresses of that family: 2,048 packets to each\n"
        "host in turn, ROUNDS times. A packet is received on the processor that sends it, before the sender\n"
        "goes on, so the sender's time holds the filter's; what sending alone takes is measured with as many\n"
        "packets that the host ignores, and taken off. Prints for each, between tabs: name, nanoseconds of\n"
        "the host a packet (median, first and third quartile), the ratio to the first host in the same round\n"
        "(median, and its interval of 95 % confidence), and the ratio with the sending (median). CHECK is\n"
        "run in each host at the end.\n";

#define BURSTS 32
#define PORT 7300
#define HOSTS_MAX 8
#define FIXED 5 /* words in front of the hosts */

struct host {
        const char *name;
        struct network network;
        struct spoof spoof, astray;
        double *ns, *whole, *ratios, *whole_ratios;
};

static double *make_values(size_t rounds)
{
        double *values = calloc(rounds, sizeof(*values));

        if (!values)
                err(1, "memory");
        return values;
}

static void make_host(struct host *host, const char *name, const char *command, size_t rounds,
                      uint32_t sources, bool is_v6)
{
        *host = (struct host){.name = name, .network = network_make()};
        if (*command && timing_run(command, true).status != 0)
                errx(1, "failed: %s", command);
        host->spoof = host->astray = (struct spoof){.sources = sources, .is_v6 = is_v6};
        host->astray.is_astray = true;
        spoof_open(&host->spoof, &host->network, PORT);
        spoof_open(&host->astray, &host->network, PORT);
        host->ns = make_values(rounds);
        host->whole = make_values(rounds);
        host->ratios = make_values(rounds);
        host->whole_ratios = make_values(rounds);
}

/* Of the bursts the median: what other work interrupts takes many times as long. */
static double measure(struct spoof *spoof)
{
        double ns[BURSTS];

        for (size_t i = 0; i < BURSTS; i++) {
                uint64_t begin;

                spoof_build(spoof);
                begin = timing_now();
                spoof_send(spoof);
                ns[i] = (double)(timing_now() - begin) / SPOOF_BURST;
        }
        return quartiles_of(ns, BURSTS).median;
}

static void print_host(struct host *host, size_t rounds)
{
        struct quartiles ns = quartiles_of(host->ns, rounds);
        struct quartiles ratio = quartiles_of(host->ratios, rounds);
        struct confidence confidence = confidence_of_median(host->ratios, rounds);

        printf("%s\t%.0f\t%.0f\t%.0f\t%.3f\t%.3f\t%.3f\t%.3f\n", host->name, ns.median, ns.first,
               ns.third, ratio.median, confidence.low, confidence.high,
               quartiles_of(host->whole_ratios, rounds).median);
}

static void check(const struct host *host, const char *command)
{
        network_enter(host->network.host);
        fflush(stdout);
        if (*command && timing_run(command, false).status != 0)
                errx(1, "failed: %s", command);
}

int main(int argc, char **argv)
{
        size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
        uint32_t sources = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
        size_t n = argc > FIXED ? (size_t)(argc - FIXED) / 2 : 0;
        static struct host hosts[HOSTS_MAX];

        if (rounds == 0 || sources == 0 || n == 0 || (argc - FIXED) % 2 != 0 || n > HOSTS_MAX) {
                fputs(usage, stderr);
                return 2;
        }
        for (size_t i = 0; i < n; i++)
                make_host(&hosts[i], argv[FIXED + 2 * i], argv[FIXED + 1 + 2 * i], rounds, sources,
                          strcmp(argv[3], "6") == 0);
        /* The first round warms up, and is not kept: the second is written over it. */
        for (size_t round = 0; round <= rounds; round++)
                for (size_t i = 0, at = round > 0 ? round - 1 : 0; i < n; i++) {
                        hosts[i].whole[at] = measure(&hosts[i].spoof);
                        hosts[i].ns[at] = hosts[i].whole[at] - measure(&hosts[i].astray);
                }
        for (size_t i = 0; i < n; i++)
                for (size_t round = 0; round < rounds; round++) {
                        hosts[i].ratios[round] = hosts[i].ns[round] / hosts[0].ns[round];
                        hosts[i].whole_ratios[round] = hosts[i].whole[round] / hosts[0].whole[round];
                }
        for (size_t i = 0; i < n; i++) {
                print_host(&hosts[i], rounds);
                check(&hosts[i], argv[4]);
        }
        return 0;
}
