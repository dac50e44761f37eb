#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Random rulesets of others, in other tables and in portguard's own, stop no command (faults/foreign.py). A failure
# names SEED and the round; SEED=... FOREIGN_ONLY=ROUND runs that alone.

load common

setup() {
        kernel_setup
}

@test "random rulesets of others stop no command, and none is changed" {
        # Others are drawn where somebody looks on, or for an hour: what is new there is no reason that a build fails.
        SEED=${SEED:-a} faults foreign 20 ${FOREIGN_ONLY:+--only "$FOREIGN_ONLY"}
}
