#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# I2: kills an apply, after every system call that has effects, in turn (faults/killed.py).
# A failure names the call, and shows what was found.

load common

setup() {
        kernel_setup
}

@test "kill -9 after every system call that has effects: an apply that changes an address" {
        faults killed address
}

@test "kill -9 after every system call that has effects: an apply that changes prefixes" {
        faults killed group
}

@test "kill -9 after every system call that has effects: an apply of another role" {
        faults killed slot
}
