#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Strict egress: what is refused is told to the program at once.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
load network

setup_file() {
        make_network tcp/22
        serve outside outside tcp/443 udp/5353
}

teardown_file() {
        remove_network
}

setup() {
        kernel_setup
}

teardown() {
        stop_in_background hold
        nft flush ruleset
}

@test "a connection that is refused fails at once, over both families" {
        apply_quietly base --egress strict
        # Ten seconds are waited for an answer; without one a connection takes two minutes to fail.
        finds outside refused:tcp/443 dropped:udp/5353
        # Nobody there, too.
        run tool_reach refused:tcp/443@203.0.113.77 refused:tcp/443@2001:db8:1::77
        assert_status 0
        assert_verified
        apply_quietly base --egress open
        finds outside open:tcp/443 open:udp/5353
}

lines() {
        [ "$(wc -l <"$BATS_FILE_TMPDIR/hold.out")" -ge "$1" ]
}

# To conntrack, which did not see its beginning, what the host sends next begins a connection.
@test "what conntrack does not know the beginning of is refused, and not ended by a reset" {
        mkfifo "$BATS_TEST_TMPDIR/words"
        tool_hold 203.0.113.9 443 <"$BATS_TEST_TMPDIR/words" >"$BATS_FILE_TMPDIR/hold.out" 3>&- &
        echo $! >"$BATS_FILE_TMPDIR/hold.pid"
        exec 8>"$BATS_TEST_TMPDIR/words"
        until_true 20 lines 1
        apply_quietly base --egress strict
        echo one >&8
        until_true 20 lines 2
        [ "$(tail -n 1 "$BATS_FILE_TMPDIR/hold.out")" = lost ] || fail "$(cat "$BATS_FILE_TMPDIR/hold.out")"
        apply_quietly base --egress open
        echo two >&8
        until_true 20 lines 3
        [ "$(tail -n 1 "$BATS_FILE_TMPDIR/hold.out")" = echo ] || fail "$(cat "$BATS_FILE_TMPDIR/hold.out")"
        exec 8>&-
}
