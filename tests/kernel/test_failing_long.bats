#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# I6: lets the calls of every change fail, with every errno at each (faults/failing.py).
# A failure names the call, and shows what was found.

load common

setup() {
        kernel_setup
        export FAULTS_ALL=1
}

@test "every call to the kernel and the state directory fails with every errno: the first apply" {
        faults failing first
}

@test "every call to the kernel and the state directory fails with every errno: an apply that changes an address" {
        faults failing address
}

@test "every call to the kernel and the state directory fails with every errno: an apply that changes prefixes" {
        faults failing group
}

@test "every call to the kernel and the state directory fails with every errno: an apply of another role" {
        faults failing slot
}

@test "every call to the kernel and the state directory fails with every errno: an apply on trial" {
        faults failing trial
}

@test "every call to the kernel and the state directory fails with every errno: confirm" {
        faults failing confirm
}

@test "every call to the kernel and the state directory fails with every errno: the status that finds an expired trial" {
        faults failing expired
}

@test "every call to the kernel and the state directory fails with every errno: rollback of a trial" {
        faults failing end
}

@test "every call to the kernel and the state directory fails with every errno: rollback of a trial before which there was nothing" {
        faults failing end-first
}

@test "every call to the kernel and the state directory fails with every errno: disable" {
        faults failing disable
}

@test "every call to the kernel and the state directory fails with every errno: disable during a trial" {
        faults failing disable-trial
}

@test "every call to the kernel and the state directory fails with every errno: rollback to a generation" {
        faults failing rollback
}

@test "every call to the kernel and the state directory fails with every errno: rollback after disable" {
        faults failing enable
}

@test "every call to the kernel and the state directory fails with every errno: restore after nft flush ruleset" {
        faults failing restore
}
