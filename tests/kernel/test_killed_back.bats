#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# I2: kills the ways back, after every system call that has effects, in turn (faults/killed.py).
# A failure names the call, and shows what was found.

load common

setup() {
        kernel_setup
}

@test "kill -9 after every system call that has effects: rollback to a generation" {
        faults killed rollback
}

@test "kill -9 after every system call that has effects: disable" {
        faults killed disable
}
