#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# I6: lets calls of an apply fail, at every system call in turn (faults/failing.py).
# A failure names the call, and shows what was found.

load common

setup() {
        kernel_setup
}

@test "every call to the kernel and the state directory fails: an apply that changes an address" {
        faults failing address
}

@test "every call to the kernel and the state directory fails: an apply that changes prefixes" {
        faults failing group
}

@test "every call to the kernel and the state directory fails: an apply of another role" {
        faults failing slot
}
