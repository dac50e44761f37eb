#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# I2: kills every change, and the cleaning up, at every system call in turn (faults/killed.py).
# A failure names the call, and shows what was found.

load common

setup() {
        kernel_setup
        export FAULTS_ALL=1
}

@test "kill -9 after every system call: an apply that changes an address" {
        faults killed address
}

@test "kill -9 after every system call: an apply that changes prefixes" {
        faults killed group
}

@test "kill -9 after every system call: an apply of another role" {
        faults killed slot
}

@test "kill -9 after every system call: confirm" {
        faults killed confirm
}

@test "kill -9 after every system call: rollback of a trial" {
        faults killed end
}

@test "kill -9 after every system call: rollback to a generation" {
        faults killed rollback
}

@test "kill -9 after every system call: disable" {
        faults killed disable
}

@test "kill -9 after every system call: the first apply" {
        faults killed first
}

@test "kill -9 after every system call: an apply on trial" {
        faults killed trial
}

@test "kill -9 after every system call: restore after nft flush ruleset" {
        faults killed restore
}

@test "kill -9 after every system call: the status that finds an expired trial" {
        faults killed expired
}

@test "kill -9 after every system call: a first apply on trial" {
        faults killed first-trial
}

@test "kill -9 after every system call: disable during a trial" {
        faults killed disable-trial
}

@test "kill -9 after every system call: rollback after disable" {
        faults killed enable
}

@test "kill -9 after every system call: extend" {
        faults killed extend
}

@test "kill -9 after every system call: rollback of a trial before which there was nothing" {
        faults killed end-first
}

@test "kill -9 after every system call: the status that finds an expired trial before which there was nothing" {
        faults killed expired-first
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
