#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Power cuts: qemu is killed and booted again from the same disk, with a kernel that others test little.

setup_file() {
        "$BATS_TEST_DIRNAME/image" "$BATS_FILE_TMPDIR/machine"
        BOOT_ACCEL=${BOOT_ACCEL-$("$BATS_TEST_DIRNAME/powercut" accelerator "$BATS_FILE_TMPDIR/machine")}
        export BOOT_ACCEL
}

# A disk of its own for each.
powercut() {
        cp -r --sparse=always "$BATS_FILE_TMPDIR/machine" "$BATS_TEST_TMPDIR/machine"
        "$BATS_TEST_DIRNAME/powercut" "$1" "$BATS_TEST_TMPDIR/machine"
}

@test "a cut loses what the guest did not flush, and nothing else" {
        powercut disk
}

@test "cut during an apply: the last generation or the one that was being applied, database intact" {
        powercut apply
}

@test "cut during a trial: the last confirmed generation, database intact" {
        powercut trial
}

@test "a trial that nobody confirms is taken back by the kernel" {
        powercut expiry
}
