#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# I6: lets calls of every change fail, at every system call in turn (faults/failing.py).
# A failure names the call, and shows what was found. The first has most kinds of calls, which the others need not try
# with each errno again: so they are in one file.

load common

setup() {
        kernel_setup
}

@test "every call to the kernel and the state directory fails: an apply of another role" {
        faults failing slot
}

@test "every call to the kernel and the state directory fails: an apply that changes an address" {
        faults failing address
}

@test "every call to the kernel and the state directory fails: an apply that changes prefixes" {
        faults failing group
}

@test "every call to the kernel and the state directory fails: rollback to a generation" {
        faults failing rollback
}

@test "every call to the kernel and the state directory fails: rollback of a trial" {
        faults failing end
}

@test "every call to the kernel and the state directory fails: disable" {
        faults failing disable
}

@test "every call to the kernel and the state directory fails: confirm" {
        faults failing confirm
}
