#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# I2: kills the cleaning up, at every system call in turn (faults/killed.py).
# A failure names the call, and shows what was found.

load common

setup() {
        kernel_setup
}

@test "kill -9 after every system call: killed after the slot was prepared, and while that was cleaned up" {
        faults killed prepared
}

@test "kill -9 after every system call: killed after the flip, and while that was cleaned up" {
        faults killed flipped
}

@test "kill -9 after every system call: disable killed after the hooks were opened, and while they were closed again" {
        faults killed opened
}

@test "kill -9 after every system call: disable killed after the hooks were emptied, and the apply that finishes it" {
        faults killed emptied
}
