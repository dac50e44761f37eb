#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# I6: lets calls of the ways back fail, at every system call in turn (faults/failing.py).
# A failure names the call, and shows what was found.

load common

setup() {
        kernel_setup
}

@test "every call to the kernel and the state directory fails: rollback to a generation" {
        faults failing rollback
}
