#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# I7: one writer at a time, and others who change nftables meanwhile.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
load writers

# shellcheck disable=SC2034 # writers.bash reads it
APPLIES=50

setup() {
        writers_setup
}

teardown() {
        rm -f "$BATS_TEST_TMPDIR/busy" # ends what a failed test began
        wait
}

@test "8 writers, 50 applies each, that wait: one generation after the other, and none fails" {
        all_wait
}

@test "8 writers, 50 applies each, that wait for nobody: one after the other, and none fails but as busy" {
        none_waits
}

# commit_elsewhere: keeps changing another table until the file is gone.
commit_elsewhere() {
        while [ -e "$BATS_TEST_TMPDIR/busy" ]; do
                nft 'add table ip foreign; add set ip foreign s { type ipv4_addr; }; delete table ip foreign'
        done
}

@test "8 writers while somebody changes another table all the time: planned anew, and none fails" {
        local others before

        touch "$BATS_TEST_TMPDIR/busy"
        before=$(genid)
        commit_elsewhere 3>&- &
        others=$!
        moved() { [ "$(genid)" != "$before" ]; }
        until_true 20 moved
        APPLIES=$((APPLIES * 2 / 5))
        all_write --wait 10m
        kill -0 $others
        rm "$BATS_TEST_TMPDIR/busy"
        wait $others
        ! grep -hv '^ended 0' "$BATS_TEST_TMPDIR"/log.* || fail "one failed"
        assert_one_after_the_other
}

# disturbed BATCH SCRIPT COMMAND...: the script runs in the moment before portguard sends that batch, or
# with FIRST-LAST each of those.
disturbed() {
        local batch=$1 script=$2

        shift 2
        run --separate-stderr traced run "$batch" "$script" call=sendmsg "$PORTGUARD" "$@"
        [[ $stderr == *"interrupt: ${batch%-*} sendmsg"* ]] || fail "it was not disturbed"
        [[ $stderr != *"the script ended"* ]] || fail "the script failed"
}

MEDDLE='nft add element inet portguard input_tcp_ports_a "{ 4711 : accept }"'

# refused_because_of_nft POLICY: the policy is what it was; somebody added a port to it.
refused_because_of_nft() {
        assert_status 4
        assert_stderr_has '(nft)'
        assert_stderr_has 'changed the table inet portguard'
        portguard show --json | jq -e ".profiles == $1"
        run --separate-stderr portguard verify
        assert_status 6
        run --separate-stderr portguard verify --repair
        assert_status 0
        assert_verified
}

@test "somebody changes portguard's table before an address change: refused, and named" {
        apply_quietly k8s-worker --group cluster=192.0.2.1,198.51.100.0/24
        disturbed 1 "$MEDDLE" apply k8s-worker --group cluster=192.0.2.1,192.0.2.9,198.51.100.0/24
        refused_because_of_nft '["k8s-worker"]'
}

@test "somebody changes portguard's table before the steps of a group change: refused, and named" {
        local step

        for step in 1 2; do
                apply_quietly k8s-worker --group cluster=192.0.2.1,198.51.100.0/24
                disturbed $step "${MEDDLE/_a/_$(live_slot)}" \
                        apply k8s-worker --group cluster=192.0.2.1,203.0.113.0/24
                refused_because_of_nft '["k8s-worker"]'
        done
}

@test "somebody changes portguard's table before a slot is prepared: refused, and named" {
        apply_quietly ssh
        disturbed 1 "$MEDDLE" apply ssh https
        refused_because_of_nft '["ssh"]'
}

@test "somebody changes portguard's table before the flip: refused, and named" {
        apply_quietly ssh
        disturbed 2 "$MEDDLE" apply k8s-worker --egress strict
        refused_because_of_nft '["ssh"]'
}

@test "somebody changes another table in the same moments: planned anew, and done" {
        apply_quietly ssh
        disturbed 1 'nft add table ip foreign' apply ssh https
        assert_status 0
        disturbed 2 'nft delete table ip foreign' apply k8s-worker
        assert_status 0
        assert_verified
        run --separate-stderr portguard history --json
        assert_json '[.generations[].state] == ["confirmed", "confirmed", "confirmed"]'
}

FOREIGN='nft "add table ip foreign; delete table ip foreign"'

# followed COMMAND...: done though somebody commits before each of its first batches.
followed() {
        disturbed 1-25 "$FOREIGN" "$@"
        assert_status 0
        assert_stderr_has 'interrupt: 25 sendmsg'
}

@test "a large group, for which nobody listens: planned anew, and told once" {
        awk 'BEGIN { for (i = 0; i < 21000; i++) printf "10.%d.%d.%d\n", i / 8192, i / 32 % 256, i % 32 * 8 }' \
                >"$BATS_TEST_TMPDIR/group"
        printf 'egress: open\ngroups:\n  cluster: {file: %s}\n' "$BATS_TEST_TMPDIR/group" >"$PORTGUARD_SITE"
        apply_quietly k8s-worker
        nft insert rule inet portguard input counter
        disturbed 1 'nft add table ip foreign' apply k8s-worker --json
        assert_status 0
        assert_json '(.repaired | length) == 1 and .profiles == ["k8s-worker"]'
        assert_verified
}

@test "somebody changes another table before every batch of a change: followed, and done" {
        apply_quietly ssh
        followed apply ssh https
        followed apply k8s-worker --egress strict
        followed apply --trial 5m ssh
        followed extend 10m
        followed confirm
        apply_quietly --trial 5m k8s-worker
        followed rollback
        assert_verified
        portguard show --json | jq -e '.profiles == ["ssh"]'
}

@test "somebody who never stops changing another table: given up, and nothing is changed" {
        apply_quietly ssh
        disturbed 1-10000 "$FOREIGN" apply ssh https
        assert_status 1
        assert_stderr_has 'keeps changing the ruleset'
        assert_verified
        portguard show --json | jq -e '.profiles == ["ssh"]'
}

@test "somebody flushes the ruleset before the flip: refused, and told that nothing is enforced" {
        apply_quietly ssh
        disturbed 2 'nft flush ruleset' apply k8s-worker
        [ "$status" -ne 0 ]
        assert_stderr_has 'nft'
        run --separate-stderr portguard verify
        assert_status 6
        apply_quietly k8s-worker
        assert_verified
}

# changes_all_the_time: one role, then another, by slot and by trial, until the file is gone.
changes_all_the_time() {
        while [ -e "$BATS_TEST_TMPDIR/busy" ]; do
                portguard apply ssh https
                portguard apply --trial 5m k8s-worker
                portguard extend 10m
                portguard confirm
                portguard apply --trial 5m ssh
                portguard rollback
        done >"$BATS_TEST_TMPDIR/changes" 2>&1
}

# looks_on COMMAND...: 25 times beside the changes; what it prints of somebody else's doing is a lie.
looks_on() {
        for _ in {1..25}; do
                run --separate-stderr "$PORTGUARD" "$@"
                assert_status 0
                [[ "$output$stderr" != *@(somebody|"not ours"|"not what"|"should be"|"may be half"|interrupted)* ]] ||
                        fail "$*: $output $stderr"
        done
}

@test "who looks while another portguard changes the table takes no change of it for somebody else's" {
        local changes

        apply_quietly ssh
        touch "$BATS_TEST_TMPDIR/busy"
        changes_all_the_time 3>&- &
        changes=$!
        looks_on verify
        looks_on status
        looks_on plan ssh
        looks_on explain tcp/22 --from 192.0.2.1
        kill -0 $changes
        rm "$BATS_TEST_TMPDIR/busy"
        wait $changes
        ! grep -E '^portguard: (error|cannot)' "$BATS_TEST_TMPDIR/changes" || fail "a change failed"
        assert_verified
}

@test "who looks while another portguard stands still in its change is told so, and by whom" {
        local look

        apply_quietly ssh
        for look in verify status "plan ssh" "explain tcp/22 --from 192.0.2.1"; do
                disturbed 2 "'$PORTGUARD' $look --wait 1s >'$BATS_TEST_TMPDIR/look' 2>&1; true" apply ssh https
                assert_status 0
                grep -E 'may be half of a change that is not finished: .* process [0-9]+ portguard' "$BATS_TEST_TMPDIR/look" ||
                        fail "$look: $(<"$BATS_TEST_TMPDIR/look")"
                apply_quietly ssh
        done
}

# fails_all_the_time: tries to add many chains to a table, which is refused at the last one each time.
fails_all_the_time() {
        while [ -e "$BATS_TEST_TMPDIR/busy" ]; do
                ! nft -f "$BATS_TEST_TMPDIR/transaction" 2>"$BATS_TEST_TMPDIR/refused" || return 1
        done
}

# While the transaction is open the kernel lists chains of later tables twice: pg_chain_decode().
@test "somebody's transaction that is open and fails: each chain of each table is read once" {
        local before expected fails i

        nft 'add table inet first'
        apply_quietly ssh
        nft 'add table inet later; add chain inet later drops { type filter hook input priority 10; };
             add rule inet later drops tcp dport 22 drop'
        before=$(genid)
        expected=$("$PORTGUARD" explain --live tcp/22 --from 192.0.2.1) || true
        [[ $expected == *"inet later"* ]] || fail "$expected"
        for ((i = 0; i < 3000; i++)); do echo "add chain inet first c$i"; done >"$BATS_TEST_TMPDIR/transaction"
        echo 'delete rule inet first c0 handle 99999' >>"$BATS_TEST_TMPDIR/transaction"
        touch "$BATS_TEST_TMPDIR/busy"
        fails_all_the_time 3>&- &
        fails=$!
        for _ in {1..40}; do
                assert_verified
                run "$PORTGUARD" explain --live tcp/22 --from 192.0.2.1
                [ "$output" = "$expected" ] || fail "$output"
        done
        kill -0 $fails
        rm "$BATS_TEST_TMPDIR/busy"
        wait $fails
        [ "$(genid)" = "$before" ] || fail "it was committed"
}
