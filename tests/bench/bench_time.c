/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares how long commands take, as whole processes, and how much memory. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/statistics.h"
#include "bench/timing.h"

static const char usage[] =
        "usage: bench_time RUNS [NAME PREPARE COMMAND]...\n"
        "\n"
        "Runs each PREPARE (may be empty) and then its COMMAND, which is timed, one after the other, RUNS\n"
        "times in turn. Prints for each: name, milliseconds (median, first and third quartile), the ratio\n"
        "to the first of the same round (median, quartiles), the peak memory in KiB, and milliseconds until it\n"
        "had said all and their ratio to the whole of the first (medians), between tabs.\n"
        "It changes the network namespace that it is run in if the commands do.\n";

struct subject {
        const char *name, *prepare, *command;
        double *ms, *ratios, *told_ms, *told_ratios;
        long peak_kib;
};

static struct timing_child run(const char *command)
{
        struct timing_child child = timing_run(command, true);

        if (child.status != 0)
                errx(1, "failed: %s", command);
        return child;
}

static void run_round(struct subject *subjects, size_t n, size_t round)
{
        for (size_t i = 0; i < n; i++) {
                struct timing_child child;

                if (*subjects[i].prepare)
                        run(subjects[i].prepare);
                child = run(subjects[i].command);
                subjects[i].ms[round] = child.ms;
                subjects[i].ratios[round] = child.ms / subjects[0].ms[round];
                subjects[i].told_ms[round] = child.told_ms;
                subjects[i].told_ratios[round] = child.told_ms / subjects[0].ms[round];
                if (child.peak_kib > subjects[i].peak_kib)
                        subjects[i].peak_kib = child.peak_kib;
        }
}

static void *allocate(size_t n, size_t size)
{
        void *memory = calloc(n, size);

        if (!memory)
                err(1, "memory");
        return memory;
}

int main(int argc, char **argv)
{
        size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 0, n = (size_t)(argc - 2) / 3;
        struct subject *subjects;

        if (rounds == 0 || argc < 5 || (argc - 2) % 3 != 0) {
                fputs(usage, stderr);
                return 2;
        }
        subjects = allocate(n, sizeof(*subjects));
        for (size_t i = 0; i < n; i++)
                subjects[i] = (struct subject){.name = argv[2 + 3 * i],
                                               .prepare = argv[3 + 3 * i],
                                               .command = argv[4 + 3 * i],
                                               .ms = allocate(rounds, sizeof(double)),
                                               .ratios = allocate(rounds, sizeof(double)),
                                               .told_ms = allocate(rounds, sizeof(double)),
                                               .told_ratios = allocate(rounds, sizeof(double))};
        for (size_t round = 0; round < rounds; round++)
                run_round(subjects, n, round);
        for (size_t i = 0; i < n; i++) {
                struct quartiles ms = quartiles_of(subjects[i].ms, rounds);
                struct quartiles ratio = quartiles_of(subjects[i].ratios, rounds);

                printf("%s\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f\t%ld\t%.3f\t%.3f\n", subjects[i].name,
                       ms.median, ms.first, ms.third, ratio.median, ratio.first, ratio.third,
                       subjects[i].peak_kib, quartiles_of(subjects[i].told_ms, rounds).median,
                       quartiles_of(subjects[i].told_ratios, rounds).median);
                free(subjects[i].ms);
                free(subjects[i].ratios);
                free(subjects[i].told_ms);
                free(subjects[i].told_ratios);
        }
        free(subjects);
        return 0;
}
