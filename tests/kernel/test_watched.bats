#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Who changed the table: told by what listens in that moment; what only looks says that it is not known.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
load network

setup() {
        kernel_setup
        apply_quietly ssh
}

teardown() {
        stop_in_background watch
        nft flush ruleset
}

# last FILTER: the last object that was printed fulfils it.
last() {
        tail -n 1 "$BATS_FILE_TMPDIR/watch.out" | jq -e "$1" >/dev/null 2>&1
}

# has_looked TIMES
has_looked() {
        [ "$(wc -l <"$BATS_FILE_TMPDIR/watch.out")" -ge "$1" ]
}

watch() {
        start_in_background watch "$PORTGUARD" status --watch 0.1 "$@"
}

@test "status --watch names who changed the table, until it is repaired" {
        watch --json
        until_true 20 last '.fault == null and .changed_by == null'
        nft insert rule inet portguard input_a tcp dport 9999 accept
        until_true 20 last '(.fault | test("somebody changed the table")) and (.changed_by | test("^process [0-9]+ \\(nft\\)$"))'
        portguard verify --repair >/dev/null
        until_true 20 last '.fault == null and .changed_by == null'
        # Somebody else, by another name.
        cp "$(command -v nft)" "$BATS_TEST_TMPDIR/intruder"
        "$BATS_TEST_TMPDIR/intruder" insert rule inet portguard input tcp dport 9999 accept
        until_true 20 last '(.changed_by | test("^process [0-9]+ \\(intruder\\)$"))'
        nft flush ruleset
        until_true 20 last '.state == "off" and (.fault | test("somebody removed")) and (.changed_by | test("\\(nft\\)$"))'
}

@test "in words, too" {
        watch
        until_true 20 grep -q enforced: "$BATS_FILE_TMPDIR/watch.out"
        nft add element inet portguard input_tcp_ports_a '{ 9999 : accept }'
        until_true 20 grep -qE '^The last change to the table was made by process [0-9]+ \(nft\)\.$' "$BATS_FILE_TMPDIR/watch.out"
}

@test "who came before it listened is not known, and other tables are nobody's business" {
        nft insert rule inet portguard input_a tcp dport 9999 accept
        watch --json
        nft add table inet theirs
        until_true 20 last '(.fault | test("who it was, the kernel does not keep")) and .changed_by == null'
        nft add chain inet theirs some
        until_true 20 has_looked $(($(wc -l <"$BATS_FILE_TMPDIR/watch.out") + 3))
        last '.changed_by == null' || fail "$(tail -n 1 "$BATS_FILE_TMPDIR/watch.out")"
}

@test "without listening it is said that nobody knows" {
        nft insert rule inet portguard input_a tcp dport 9999 accept
        for command in status 'explain tcp/22 --from 192.0.2.1' audit 'plan https' 'report -o -' verify; do
                # shellcheck disable=SC2086 # several words
                run portguard $command
                [[ $(tr -s ' \n' ' ' <<<"$output") == *', the kernel does not keep; '* ]] || fail "$command does not say so"
        done
        run --separate-stderr portguard status --json
        assert_json '.changed_by == null and (.fault | test("who it was, the kernel does not keep"))'
        run --separate-stderr portguard verify --json
        assert_json '.drift and .changed_by == null'
}

@test "who sits in front of a trial is told who changes the table meanwhile" {
        SSH_CONNECTION='203.0.113.9 51234 192.0.2.1 22' TERM=xterm run "$PORTGUARD_SOURCE/tests/cli/on_terminal" \
                '[Y/n/q]' y 'yes or no: ' '!nft insert rule inet portguard input tcp dport 9999 accept' \
                'the last change to it was made by process' no \
                -- "$PORTGUARD" apply --allow-lockout https
        assert_status 4
        assert_output_has 'somebody changed the table inet portguard in 1 place: chain input, rule 1: not ours: tcp dport 9999 accept'
        tr -d '\r' <<<"$output" | grep -qE 'the last change to it was made by process [0-9]+ \(nft\)' || fail 'not named'
}
