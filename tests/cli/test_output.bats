#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Where output goes, and what happens when it cannot go there.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
setup() {
        common_setup
}

@test "a full disk is an error, also for help" {
        for line in 'profiles list' 'profiles list --json' '--help' 'show --profile ssh'; do
                # shellcheck disable=SC2086
                status=0 stderr=$(portguard $line 2>&1 >/dev/full) || status=$?
                assert_status 1
                [ "$stderr" = "portguard: cannot write to standard output: No space left on device" ] ||
                        fail "$line"
        done
}

@test "a closed standard output is an error" {
        status=0 stderr=$(portguard profiles list 2>&1 >&-) || status=$?
        assert_status 1
        assert_stderr_has "cannot write to standard output"
}

@test "a reader that went away is an error, and no signal" {
        # The reader is gone before the writer begins: fd 3 of a pipe that nobody reads.
        mkfifo "$BATS_TEST_TMPDIR/pipe"
        status=0
        stderr=$(
                exec 4<>"$BATS_TEST_TMPDIR/pipe"
                exec 5>"$BATS_TEST_TMPDIR/pipe" 4<&-
                portguard profiles list 2>&1 >&5
        ) || status=$?
        assert_status 1
        [ "$stderr" = "portguard: cannot write to standard output: Broken pipe" ] || fail "wrong message"
}

@test "an error keeps its status though its object cannot be written" {
        status=0
        portguard profiles show nonesuch --json >/dev/full 2>&1 || status=$?
        assert_status 3
}

@test "what was done is told, though the result could not be" {
        # shellcheck disable=SC2016 # for the shell in the namespace
        run in_network '
                status=0
                portguard apply ssh >/dev/full || status=$?
                [ $status -eq 1 ]
                portguard verify'
        assert_status 0
        assert_output_has "(the change itself is done: portguard status)"
        assert_output_has "holds exactly"
}

@test "the socket to the kernel is not taken for standard output" {
        # shellcheck disable=SC2016 # for the shell in the namespace
        run --separate-stderr in_network '
                status=0
                portguard apply ssh >&- || status=$?
                [ $status -eq 1 ]
                portguard verify'
        assert_status 0
        [ "$output" = "generation 1: the kernel holds exactly what was enforced" ] || fail "expected it applied"
        assert_stderr_has "cannot write to standard output: Bad file descriptor"
        # shellcheck disable=SC2016
        run --separate-stderr in_network '
                portguard apply ssh <&- >&- 2>&- || true
                portguard verify'
        assert_status 0
}

@test "colours are for terminals, and not for those with NO_COLOR" {
        command -v script >/dev/null || skip "needs script(1)"
        export TERM=xterm
        escape=$'\e['

        run portguard profiles show ssh
        assert_output_lacks "$escape"
        run script -qec "'$PORTGUARD' profiles show ssh" /dev/null
        assert_output_has "$escape"
        NO_COLOR=1 run script -qec "'$PORTGUARD' profiles show ssh" /dev/null
        assert_output_lacks "$escape"
        TERM=dumb run script -qec "'$PORTGUARD' profiles show ssh" /dev/null
        assert_output_lacks "$escape"
}
