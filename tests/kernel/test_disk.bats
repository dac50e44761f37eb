#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# I5, I6: the state directory has no room, with each number of pages that are free; or cannot be written
# (faults/disk.py).

load common

setup() {
        kernel_setup
}

on_full_disk() {
        local scenario

        for scenario; do
                faults disk full "$scenario"
        done
}

@test "full disk: an apply is refused before anything is enforced, or taken back whole" {
        on_full_disk first address group slot trial
}

@test "full disk: confirm and rollback to a generation are refused" {
        on_full_disk confirm rollback enable
}

@test "full disk: the end of a trial, disable and restore work, with a warning" {
        on_full_disk end end-first disable disable-trial restore
}

@test "read-only state directory: refused before anything is enforced; what only looks works" {
        local scenario

        for scenario in first address group slot trial confirm rollback enable; do
                faults disk read-only "$scenario"
        done
}
