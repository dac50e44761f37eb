#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Nobody who is logged in over ssh is locked out unasked. Which sessions count is test_guard.c's.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
load network

setup_file() {
        make_network tcp/22 tcp/443
}

teardown_file() {
        remove_network
}

setup() {
        kernel_setup
        nft flush ruleset
        apply_quietly ssh -m 'the way in'
        mkfifo "$BATS_TEST_TMPDIR/words"
        on outside tool_hold 203.0.113.1 22 <"$BATS_TEST_TMPDIR/words" >"$BATS_TEST_TMPDIR/hold" 3>&- &
        exec 8>"$BATS_TEST_TMPDIR/words"
        until_true 20 grep -q connected "$BATS_TEST_TMPDIR/hold"
}

no_session() {
        [ -z "$(ss -Htn state established sport = :22)" ]
}

teardown() {
        nft flush ruleset
        exec 8>&-
        until_true 20 no_session
}

# Refused: status 4, the session by address and port, and nothing changed, in the kernel or the history.
assert_lockout() {
        local before

        before=$(ours)
        run --separate-stderr portguard "$@"
        assert_status 4
        assert_stderr_has "ssh session from 203.0.113.9 port "
        assert_stderr_has "to port 22 would be refused"
        assert_stderr_has "--trial 2m"
        assert_stderr_has "--allow-lockout"
        [ "$(ours)" = "$before" ] || fail "the table changed"
        portguard history --json | jq -e '[.generations[].state] == ["confirmed"]' >/dev/null ||
                fail "$(portguard history)"
}

@test "an apply that would lock a session out is refused, and names it" {
        assert_lockout apply https
        assert_stderr_has "add the profile ssh"
        assert_lockout apply ssh --set ssh_from=internal
        assert_stderr_has "ssh.yaml:"
        assert_stderr_has "internal"
        assert_lockout apply --dry-run https
}

@test "what the message advises lets the session in" {
        assert_lockout apply https
        apply_quietly https ssh
}

@test "who is let in keeps nobody from anything" {
        apply_quietly ssh --set ssh_from=203.0.113.0/24
        apply_quietly ssh https
}

@test "--allow-lockout does it, and warns" {
        run --separate-stderr portguard apply https --allow-lockout
        assert_status 0
        assert_stderr_has "warning: ssh session from 203.0.113.9 port "
        assert_verified
}

@test "on trial it is a warning: the kernel takes it back" {
        run --separate-stderr portguard apply https --trial 1s
        assert_status 0
        assert_stderr_has "warning: ssh session from 203.0.113.9 port "
        taken_back() { portguard status --json 2>/dev/null | jq -e '.generation == 1'; }
        until_true 20 taken_back
        run on outside tool_reach open:tcp/22@203.0.113.1
        assert_status 0
}

@test "a rollback is asked the same" {
        run --separate-stderr portguard apply https --allow-lockout
        run --separate-stderr portguard apply ssh
        assert_status 0
        run --separate-stderr portguard rollback 2
        assert_status 4
        assert_stderr_has "ssh session from 203.0.113.9 port "
        portguard status --json | jq -e '.generation == 3'
        run --separate-stderr portguard rollback 2 --allow-lockout
        assert_status 0
        portguard history --json | jq -e '.generations[0] | .generation == 4 and .restores == 2'
}

@test "what restores is asked nothing: the policy was in force" {
        run --separate-stderr portguard apply https --allow-lockout
        nft flush ruleset
        run --separate-stderr portguard restore
        assert_status 0
        assert_verified
}
