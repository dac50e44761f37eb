#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# I6: from one call on nothing that the kernel says can be read any more.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common

setup() {
        kernel_setup
}

teardown() {
        nft flush ruleset
}

# lose_answers_from CALL ARGUMENT...: applies; from that read on the kernel's answers are lost.
lose_answers_from() {
        local call=$1

        shift
        run --separate-stderr strace -f -qq -o /dev/null -e "inject=recvmsg:error=ENOBUFS:when=$call+" \
                "$PORTGUARD" apply "$@"
}

@test "I6: when nothing can be read any more, a slot change is taken back, at every position" {
        "$PORTGUARD" apply ssh >/dev/null
        for call in $(seq 1 2 90); do
                lose_answers_from "$call" k8s-worker
                [ "$status" -eq 0 ] && break
                [[ $stderr == *ENOBUFS* || $stderr == *"No buffer space"* ]]
                "$PORTGUARD" show --json | jq -e '.profiles == ["ssh"]'
                "$PORTGUARD" apply ssh >/dev/null
                "$PORTGUARD" verify
        done
        [ "$call" -gt 40 ]
}

@test "I6: when nothing can be read any more, an address change is taken back, at every position" {
        "$PORTGUARD" apply k8s-worker --group cluster=192.0.2.1,198.51.100.0/24 >/dev/null
        nft -s list table inet portguard >"$BATS_TEST_TMPDIR/before"
        for call in $(seq 1 90); do
                lose_answers_from "$call" k8s-worker --group cluster=192.0.2.1,192.0.2.9,198.51.100.0/24
                [ "$status" -eq 0 ] && break
                [[ $stderr == *ENOBUFS* || $stderr == *"No buffer space"* ]]
                nft -s list table inet portguard | cmp - "$BATS_TEST_TMPDIR/before"
                "$PORTGUARD" verify
        done
        [ "$call" -gt 30 ]
}
