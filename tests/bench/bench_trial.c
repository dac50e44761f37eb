/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A trial shorter than the command line takes, from its begin until the kernel went back. */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/public.h"
#include "bench/timing.h"
#include "kernel/nft/nft.h"
#include "ruleset/trial.h"

static const char usage[] =
        "usage: bench_trial MS [PROFILE]...\n"
        "\n"
        "Puts the profiles on trial for MS milliseconds, as portguard apply --trial does, and waits until\n"
        "the kernel went back by itself. With 0 it only waits until the trial that is open is over. What\n"
        "an expired trial leaves in the table stays there, for the next command. Profiles, site and state\n"
        "directory are found as portguard finds them in the environment. Exit status: 0, or 2.\n";

#define POLL_NS (2 * 1000 * 1000)

static void begin(unsigned ms, char **profiles, size_t n)
{
        _cleanup_(pg_outcome_freep) struct pg_outcome *outcome = NULL;
        const struct pg_settings settings = {
                .profiles = getenv("PORTGUARD_PROFILES"),
                .site = getenv("PORTGUARD_SITE"),
                .state = getenv("PORTGUARD_STATE"),
        };
        const struct pg_request request = {
                .profiles = (const char *const *)profiles,
                .n_profiles = n,
        };
        const struct pg_change_options options = {.trial_ms = ms};
        struct pg_diagnostics *diagnostics;
        struct pg_error error;

        if (pg_diagnostics_new(&diagnostics) < 0)
                err(2, "memory");
        if (pg_apply(&settings, &request, &options, &outcome, diagnostics, &error) < 0)
                errx(2, "%s", error.message);
        pg_diagnostics_free(diagnostics);
        if (outcome->state != PG_STATE_TRIAL)
                errx(2, "that is enforced already: there is nothing to try");
}

/* As the kernel tells it: an expired element is in no dump. */
static bool is_open(struct pg_nft *nft)
{
        struct pg_snapshot snapshot = {0};
        struct pg_error error;
        bool is_open;

        if (pg_nft_read(nft, PG_READ_STRUCTURE, &snapshot, &error) < 0)
                errx(2, "%s", error.message);
        is_open = pg_trial_find(snapshot.ruleset).slot != 0;
        pg_snapshot_done(&snapshot);
        return is_open;
}

int main(int argc, char **argv)
{
        _cleanup_(pg_nft_closep) struct pg_nft *nft = NULL;
        unsigned long ms = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
        struct pg_error error;

        if (argc < 2 || (ms == 0) != (argc == 2)) {
                fputs(usage, stderr);
                return 2;
        }
        if (ms > 0)
                begin((unsigned)ms, argv + 2, (size_t)argc - 2);
        if (pg_nft_open(&nft, &error) < 0)
                errx(2, "%s", error.message);
        while (is_open(nft))
                timing_wait_until(timing_now() + POLL_NS);
        return 0;
}
