/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time, and what a child process took of it. */
#ifndef BENCH_TIMING_H
#define BENCH_TIMING_H

#include <stdbool.h>
#include <stdint.h>

/* The monotonic clock, in nanoseconds. */
uint64_t timing_now(void);
void timing_wait_until(uint64_t when);

struct timing_child {
        int status;     /* as of waitpid() */
        double ms;      /* from before it was started until it had ended */
        double told_ms; /* until the last of its standard output came; 0 unless it was quiet */
        long peak_kib;
};
/* Runs a command line of the shell, with its standard output thrown away when `is_quiet`. A line of
 * plain words is run without a shell, which would be measured too. Ends the program where it cannot. */
struct timing_child timing_run(const char *line, bool is_quiet);

#endif
