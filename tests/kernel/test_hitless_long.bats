#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# I1, over 10,000 applies of two alternating roles; fewer of the other kinds of change, which take longer.

@test "10,000 applies of two alternating roles misjudge no packet" {
        run "$PORTGUARD_SOURCE/tests/bench/hitless" --build "$PORTGUARD_BUILD" --runs 10000 roles
        echo "$output"
        [ "$status" -eq 0 ]
}

@test "2,000 changes of each other kind misjudge no packet" {
        run "$PORTGUARD_SOURCE/tests/bench/hitless" --build "$PORTGUARD_BUILD" --runs 2000 \
                elements addresses prefixes first egress strict foreign
        echo "$output"
        [ "$status" -eq 0 ]
}

@test "2,000 steps of trials, rollbacks and repairs of each kind misjudge no packet" {
        run "$PORTGUARD_SOURCE/tests/bench/hitless" --build "$PORTGUARD_BUILD" --runs 2000 \
                confirm extend ended back repair starts hooks strict-trial egress-trial
        echo "$output"
        [ "$status" -eq 0 ]
}

@test "600 trials that the kernel takes back misjudge no packet" {
        run "$PORTGUARD_SOURCE/tests/bench/hitless" --build "$PORTGUARD_BUILD" --runs 1000 expiry
        echo "$output"
        [ "$status" -eq 0 ]
}
