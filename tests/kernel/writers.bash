# shellcheck shell=bash disable=SC2154 # `run --separate-stderr` sets $stderr
# SPDX-License-Identifier: GPL-2.0-or-later
# Writers side by side. Whoever loads this sets APPLIES, how many applies each of them makes.

WRITERS=8

writers_setup() {
        kernel_setup
        nft flush ruleset
        "$PORTGUARD" history --keep 100000 >/dev/null
        # A sanitizer build takes ten times as long.
        ! grep -q __asan_init "$PORTGUARD" || APPLIES=$((APPLIES / 2))
}

# write WRITER OPTION...: applies roles in turn, and says how each of them ended.
write() {
        local writer=$1 i roles status
        local choices=(ssh "ssh https" k8s-worker "https" "ssh etcd")

        shift
        for ((i = 0; i < APPLIES; i++)); do
                read -ra roles <<<"${choices[(writer + i) % ${#choices[@]}]}"
                status=0
                "$PORTGUARD" apply "$@" "${roles[@]}" >/dev/null 2>"$BATS_TEST_TMPDIR/said.$writer" ||
                        status=$?
                [ $status -eq 0 ] || sed "s/^/$status /" "$BATS_TEST_TMPDIR/said.$writer"
                echo "ended $status"
        done >"$BATS_TEST_TMPDIR/log.$writer"
}

all_write() {
        local i writers=()

        for ((i = 0; i < WRITERS; i++)); do
                write $i "$@" 3>&- &
                writers+=($!)
        done
        wait "${writers[@]}"
        [ "$(cat "$BATS_TEST_TMPDIR"/log.* | grep -c ^ended)" -eq $((WRITERS * APPLIES)) ]
}

live_generation() {
        portguard status --json | jq .generation
}

# One generation after the other: numbers without a gap, each with the one before it as its parent, all of
# them confirmed, the last one enforced and no other.
assert_one_after_the_other() {
        run --separate-stderr portguard history --json
        assert_status 0
        [ -z "$stderr" ] || fail "history has something to tell"
        # For the log of a failed test.
        output=$(jq '{warnings, keep, generations: [.generations[] | {generation, parent, state, enforced}]}' -c \
                <<<"$output")
        assert_json '.warnings == []'
        assert_json '[.generations[].generation] == [range(.generations | length; 0; -1)]'
        assert_json '[.generations[] | .parent // 0] == [range((.generations | length) - 1; -1; -1)]'
        assert_json 'all(.generations[]; .state == "confirmed")'
        assert_json '[.generations[] | select(.enforced).generation] == [.generations | length]'
        assert_verified
}

all_wait() {
        all_write --wait 10m
        ! grep -hv '^ended 0' "$BATS_TEST_TMPDIR"/log.* || fail "one failed"
        assert_one_after_the_other
        [ "$(live_generation)" -gt $((WRITERS * APPLIES / 2)) ]
}

none_waits() {
        all_write --wait 0s
        ! grep -hv -e '^ended [01]$' -e '^1 portguard: another portguard is at work in ' \
                "$BATS_TEST_TMPDIR"/log.* || fail "one failed, and not as busy"
        grep -qh '^ended 0' "$BATS_TEST_TMPDIR"/log.*
        grep -qh '^1 portguard: another portguard is at work in ' "$BATS_TEST_TMPDIR"/log.*
        assert_one_after_the_other
}
