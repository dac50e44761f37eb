#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# I7: one writer at a time, for longer than test_writers.bats tries it.

load common
load writers

# shellcheck disable=SC2034 # writers.bash reads it
APPLIES=200

setup() {
        writers_setup
}

@test "8 writers, 200 applies each, that wait: one generation after the other, and none fails" {
        all_wait
}

@test "8 writers, 200 applies each, that wait for nobody: one after the other, and none fails but as busy" {
        none_waits
}
