#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# I3: somebody flushes the ruleset at random times. It is told, and the next apply or verify repairs.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common

FLUSHES=1000

setup() {
        kernel_setup
        # A sanitizer build takes ten times as long.
        ! grep -q __asan_init "$PORTGUARD" || FLUSHES=100
}

teardown() {
        [ ! -v flusher ] || kill "$flusher" 2>/dev/null || true
}

# flush_at_random_times SEED: the pauses are about as long as a change takes.
flush_at_random_times() {
        local i

        RANDOM=$1
        exec 9<> <(:)
        for ((i = 0; i < FLUSHES; i++)); do
                read -r -t "0.0$((10 + RANDOM % 40))" -u 9 || true
                nft flush ruleset
        done
        touch "$BATS_TEST_TMPDIR/flushed"
}

# One command while the ruleset is flushed: it succeeds, or says what somebody did.
try_once() {
        local told='changed the table inet portguard|nothing is enforced|keeps changing|the kernel does not hold|no confirmed generation'

        run --separate-stderr portguard "$@"
        case $status in
        0) done_times=$((done_times + 1)) ;;
        1 | 4 | 6)
                told_times=$((told_times + 1))
                [[ $stderr$output =~ $told ]] || fail "portguard $*: it does not say what happened"
                ;;
        *) fail "portguard $*: an exit status that the manual does not know" ;;
        esac
}

# Whatever happened: the history has no open end, and says what the kernel says.
assert_agreed() {
        run --separate-stderr portguard history --json
        assert_status 0
        assert_json 'all(.generations[]; .state == "confirmed" or .state == "failed")'
        assert_json "[.generations[] | select(.enforced).generation] == [$1]"
}

@test "1,000 times nft flush ruleset while roles are applied and repaired" {
        local seed=$RANDOM done_times=0 told_times=0

        echo "seed: $seed"
        flush_at_random_times "$seed" 3>&- &
        flusher=$!
        until [ -e "$BATS_TEST_TMPDIR/flushed" ]; do
                try_once apply ssh
                try_once apply ssh https
                try_once verify --repair
                try_once apply k8s-worker
                try_once status
        done
        wait "$flusher"
        echo "done: $done_times, told: $told_times"
        [ $done_times -gt 0 ]
        [ $told_times -gt 0 ]
        apply_quietly ssh
        assert_verified
        assert_agreed "$(portguard status --json | jq .generation)"
}

@test "flushed: status and verify tell that nothing is enforced though it should be; both repairs work" {
        local generation

        apply_quietly k8s-worker
        generation=$(portguard status --json | jq .generation)
        for repair in "verify --repair" "restore" "apply k8s-worker"; do
                nft flush ruleset
                run --separate-stderr portguard status
                assert_status 0
                [[ $output$stderr == *"nothing is enforced, though generation $generation should be"* ]]
                run --separate-stderr portguard verify
                assert_status 6
                assert_output_has "nothing is enforced, though generation $generation should be"
                # shellcheck disable=SC2086 # its words
                portguard $repair >/dev/null
                assert_verified
                generation=$(portguard status --json | jq .generation)
                assert_agreed "$generation"
        done
}
