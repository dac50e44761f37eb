/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain = kernel: random policies, enforced as `portguard apply` does it, and random packets that are
 * really sent; what the kernel does with each must be what the evaluator says. A pair that fails is
 * made smaller, piece by piece, as long as it fails, and printed.
 */
#include "kernel/world.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/packet.h"
#include "policy/base_traffic.h"
#include "policy/explain.h"
#include "portguard/portguard.h"

#define POLICIES 100
#define PACKETS 220

static char folder[] = "/tmp/portguard-equal-XXXXXX";
static uint32_t next_number = 1;

static int begin(void **state)
{
        if (pair_make(state) < 0)
                return -1;
        assert_non_null(mkdtemp(folder));
        packet_open();
        return 0;
}

static int end(void **state)
{
        char command[PATH_MAX];

        (void)state;
        snprintf(command, sizeof(command), "rm -r '%s'", folder);
        return system(command);
}

static void apply(void)
{
        static const char *const names[] = {"p"};
        static const struct pg_change_options options = {.allow_lockout = true};
        const struct pg_request request = {.profiles = names, .n_profiles = 1};
        char profiles[PATH_MAX], site[PATH_MAX], state[PATH_MAX];
        const struct pg_settings settings = {.profiles = profiles, .site = site, .state = state};
        struct pg_diagnostics *diagnostics;
        struct pg_outcome *outcome = NULL;
        struct pg_error error;

        snprintf(profiles, sizeof(profiles), "%s:%s/profiles", folder, PORTGUARD_SOURCE);
        snprintf(site, sizeof(site), "%s/site.yaml", folder);
        snprintf(state, sizeof(state), "%s/state", folder);
        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        if (pg_apply(&settings, &request, &options, &outcome, diagnostics, &error) < 0)
                fail_msg("apply: %s", error.message);
        pg_outcome_free(outcome);
        pg_diagnostics_free(diagnostics);
}

/* What the kernel does with each. */
static void try_packets(const struct pg_flow *flows, size_t n, bool *passes)
{
        uint32_t first = next_number;

        next_number += (uint32_t)n;
        for (size_t i = 0; i < n; i++)
                if (flows[i].direction == PG_IN && !packet_is_short(&flows[i]))
                        packet_send(&flows[i], first + (uint32_t)i);
        packet_collect(first, n, passes);
        for (size_t i = 0; i < n; i++)
                if (packet_is_short(&flows[i])) {
                        packet_send(&flows[i], first + (uint32_t)i);
                        packet_collect(first + (uint32_t)i, 1, &passes[i]);
                } else if (flows[i].direction == PG_OUT)
                        passes[i] = packet_leaves(&flows[i], first + (uint32_t)i);
}

static bool says(const struct pg_policy *policy, const struct pg_flow *flow)
{
        struct pg_reason reason;

        pg_policy_explain(policy, flow, &reason);
        return reason.accepts;
}

static bool differs(const struct world *world, const struct pg_flow *flow)
{
        struct pg_policy *policy;
        bool passes, said;

        world_write(world, folder);
        apply();
        policy = world_compile(folder);
        said = says(policy, flow);
        pg_policy_free(policy);
        try_packets(flow, 1, &passes);
        return passes != said;
}

static void shrink(struct world *world, const struct pg_flow *flow)
{
        struct world smaller;

        for (size_t at = 0; world_without(world, at, &smaller);) {
                if (memcmp(&smaller, world, sizeof(smaller)) != 0 && differs(&smaller, flow)) {
                        *world = smaller;
                        at = 0;
                } else {
                        at++;
                }
        }
}

static void the_kernel_does_what_explain_says(void **state)
{
        struct chance chance = {world_seed()};
        size_t n_accepted = 0, n_out = 0, n_short = 0, n_loopback = 0, n_answers = 0;

        (void)state;
        for (int i = 0; i < POLICIES; i++) {
                struct pg_flow flows[PACKETS];
                struct pg_policy *policy;
                bool passes[PACKETS];
                struct world world;

                world_make(&chance, &world);
                world_write(&world, folder);
                apply();
                policy = world_compile(folder);
                for (size_t j = 0; j < PACKETS; j++)
                        world_packet(&chance, &world, &flows[j]);
                try_packets(flows, PACKETS, passes);
                for (size_t j = 0; j < PACKETS; j++) {
                        bool said = says(policy, &flows[j]);

                        n_accepted += passes[j];
                        n_out += flows[j].direction == PG_OUT;
                        n_short += packet_is_short(&flows[j]) && passes[j];
                        n_answers += passes[j] && world.is_strict && flows[j].is_untracked;
                        n_loopback += pg_base_refuses(&flows[j]) != NULL;
                        if (passes[j] == said)
                                continue;
                        shrink(&world, &flows[j]);
                        world_print(&world, &flows[j]);
                        fail_msg("explain says %s, the kernel does not", said ? "accept" : "drop");
                }
                pg_policy_free(policy);
        }
        printf("%d packets, %zu accepted, %zu outbound\n", POLICIES * PACKETS, n_accepted, n_out);
        /* Both verdicts and both directions are met often. */
        assert_true(n_accepted > POLICIES * PACKETS / 10 && n_accepted < POLICIES * PACKETS * 9 / 10);
        assert_true(n_out > POLICIES * PACKETS / 20);
        assert_true(n_short > POLICIES / 10 && n_loopback > POLICIES && n_answers > POLICIES / 4);
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(the_kernel_does_what_explain_says)};

        return cmocka_run_group_tests(tests, begin, end);
}
