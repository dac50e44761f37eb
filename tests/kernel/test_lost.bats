#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The history is lost while a policy is enforced: what comes next writes it down, so that a reboot brings it back.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common

setup() {
        kernel_setup
        apply_quietly ssh --set ssh_from=internal
        rm "$PORTGUARD_STATE/state.db"
}

teardown() {
        nft flush ruleset
}

written_down='the history did not have generation 1, which was enforced: it was read back from the kernel, and written down'

reboot() {
        nft flush ruleset
        run portguard restore
        assert_status 0
}

# assert_first: the first policy is enforced, and everybody agrees.
assert_first() {
        run portguard explain tcp/22 --from 10.1.2.3
        assert_output_has 'accept tcp/22'
        run portguard explain tcp/22 --from 203.0.113.9
        assert_output_has 'drop tcp/22'
        run portguard explain tcp/443 --from 10.1.2.3
        assert_output_has 'drop tcp/443'
        run --separate-stderr portguard verify
        assert_status 0
        [ -z "$stderr" ] || fail 'nothing is expected on standard error'
}

@test "what a trial falls back to comes back at boot, taken back or in the middle of it" {
        run --separate-stderr portguard apply --allow-lockout --trial 5m https
        assert_status 0
        assert_stderr_has "$written_down"
        portguard rollback --allow-lockout >/dev/null
        assert_first
        reboot
        assert_first
        run --separate-stderr portguard apply --allow-lockout --trial 5m https
        assert_status 0
        [[ $stderr != *'written down'* ]] || fail 'written down again'
        reboot
        assert_first
}

@test "a rollback after another apply goes back to it, and a dry run and a plan write nothing" {
        portguard plan https >/dev/null
        portguard apply --dry-run --allow-lockout https >/dev/null
        [ ! -s "$PORTGUARD_STATE/state.db" ] || fail 'a history was begun'
        run --separate-stderr portguard apply --allow-lockout https
        assert_status 0
        assert_stderr_has "$written_down"
        # It opens something, and whether options are left out cannot be said.
        assert_stderr_has 'the history does not have what generation 1, which was enforced, was applied with'
        run portguard rollback --allow-lockout
        assert_status 0
        assert_first
}

@test "its options stay unknown, also when it was brought back" {
        apply_quietly --trial 5m https
        portguard rollback --allow-lockout >/dev/null
        run --separate-stderr portguard apply --allow-lockout --keep-options ssh
        assert_status 4
        assert_stderr_has 'generation 1 is enforced, and the history does not have the options that it was applied with'
        run --separate-stderr portguard plan ssh
        assert_stderr_has 'the history does not have what generation 1, which is enforced, was applied with'
        apply_quietly https
        portguard rollback --allow-lockout >/dev/null
        run --separate-stderr portguard apply --allow-lockout --keep-options ssh
        assert_status 4
        assert_stderr_has 'the history does not have the options that it was applied with'
}

@test "where somebody changed the table, it is not written down as what was applied: the trial says so, and verify afterwards" {
        nft add element inet portguard "input_tcp_ports_$(live_slot)" '{ 9999 : accept }'
        run --separate-stderr portguard apply --allow-lockout --trial 5m https
        assert_status 0
        assert_stderr_has 'it does not come back at boot until another apply'
        run portguard rollback --allow-lockout
        assert_status 6
        nft delete element inet portguard "input_tcp_ports_$(live_slot)" '{ 9999 }'
        run --separate-stderr portguard verify
        assert_status 0
        assert_stderr_has 'what is enforced does not come back at boot (the history has no confirmed generation) until portguard apply ssh, with the options that it had, writes it down'
        run --separate-stderr portguard apply --allow-lockout ssh --set ssh_from=internal
        assert_status 0
        reboot
        assert_first
}

@test "what somebody loads on a host that was disabled is not written down" {
        nft list ruleset >"$BATS_TEST_TMPDIR/saved"
        portguard disable
        nft -f "$BATS_TEST_TMPDIR/saved"
        run --separate-stderr portguard apply --allow-lockout --trial 5m https
        assert_status 0
        [[ $stderr != *'written down'* ]] || fail 'written down'
        run --separate-stderr portguard history --json
        assert_json '.generations | length == 1'
}

# assert_names: what is enforced is called by its profile.
assert_names() {
        run --separate-stderr portguard status
        assert_output_has "enforced: generation $1 (ssh)"
        run --separate-stderr portguard status --json
        assert_json '.profiles == ["ssh"]'
}

@test "its profiles keep their names, also when it was brought back, at boot, and as a trial that is confirmed" {
        apply_quietly https
        run portguard rollback --allow-lockout
        assert_status 0
        assert_output_has 'brought back generation 1 as generation 3 (ssh)'
        assert_names 3
        reboot
        assert_names 3
        run portguard show --json 1
        assert_json '.profiles == ["ssh"]'
        portguard disable
        apply_quietly --trial 5m ssh
        rm "$PORTGUARD_STATE/state.db"
        portguard confirm >/dev/null
        reboot
        assert_names 4
}

# assert_settled_by_apply: status names the command, which is run with the options of the first policy, and
# then nobody complains.
assert_settled_by_apply() {
        run --separate-stderr portguard status
        assert_status 0
        assert_output_has 'portguard apply ssh, with the options that it had'
        run --separate-stderr portguard apply --allow-lockout ssh --set ssh_from=internal
        assert_status 0
        assert_output_has 'nobody gains or loses access'
        run --separate-stderr portguard status
        assert_output_lacks 'with the options that it had'
        run --separate-stderr portguard status --json
        assert_json '.lost_at_boot == null and .fault == null'
        run --separate-stderr portguard doctor --json
        assert_json '[.checks[] | select(.name == "state") | .level] == ["ok"]'
        assert_first
        reboot
        assert_first
}

@test "status says that it does not come back at boot, and with which command it does: without a history" {
        run --separate-stderr portguard status
        assert_status 0
        assert_output_has "what is enforced does not come back at boot (there is no history in $PORTGUARD_STATE) until portguard apply ssh, with the options that it had, writes it down"
        run --separate-stderr portguard status --json
        assert_json '.fault == null and (.lost_at_boot | test("there is no history"))'
        run --separate-stderr portguard doctor --json
        assert_json '[.checks[] | select(.name == "state") | .mend] == ["portguard apply ssh, with the options that it had"]'
        assert_settled_by_apply
}

@test "status says the same where nothing was confirmed, of a trial's fallback, and where the history cannot be read" {
        apply_quietly --trial 5m https
        rm "$PORTGUARD_STATE/state.db"
        run --separate-stderr portguard status
        assert_output_has 'what the trial falls back to does not come back at boot'
        assert_output_has 'until the trial is over and portguard apply ssh, with the options that it had'
        portguard rollback --allow-lockout >/dev/null 2>&1
        run --separate-stderr portguard status
        assert_output_has 'what is enforced does not come back at boot (the history has no confirmed generation)'
        assert_settled_by_apply
        head -c 9000 /dev/urandom >"$PORTGUARD_STATE/state.db"
        run --separate-stderr portguard status
        assert_output_has 'is not known: the history'
        assert_output_has 'is damaged'
}

@test "a change that a damaged history keeps from being begun leaves nothing behind for others to warn of" {
        local command

        apply_quietly ssh
        cp "$PORTGUARD_STATE/state.db" "$BATS_TEST_TMPDIR/sound"
        for command in rollback 'extend 5m' 'rollback 1' 'apply https' confirm; do
                head -c 9000 /dev/urandom >"$PORTGUARD_STATE/state.db"
                # shellcheck disable=SC2086 # words
                run --separate-stderr portguard $command
                [ "$status" != 0 ] || fail "$command was done"
                run --separate-stderr portguard explain tcp/22 --from 192.0.2.1
                assert_status 0
                [[ $stderr != *@(interrupted|'earlier run')* ]] || fail "after $command: $stderr"
        done
        # What was done the history is to hear of, and nobody who looks says that it is not in it.
        cp "$BATS_TEST_TMPDIR/sound" "$PORTGUARD_STATE/state.db"
        apply_quietly --trial 5m https
        cp "$PORTGUARD_STATE/state.db" "$BATS_TEST_TMPDIR/sound"
        head -c 9000 /dev/urandom >"$PORTGUARD_STATE/state.db"
        portguard rollback --allow-lockout >/dev/null 2>&1
        run --separate-stderr portguard explain tcp/22 --from 192.0.2.1
        assert_stderr_has 'what an earlier run left cannot be settled in the history'
        [[ $stderr != *'this will not be in the history'* ]] || fail "explain changes nothing: $stderr"
        cp "$BATS_TEST_TMPDIR/sound" "$PORTGUARD_STATE/state.db"
        run --separate-stderr portguard history --json
        assert_json '.generations[0].state == "ended"'
}

@test "where the history is another host's, or somebody changed the table that it lost, the advice keeps what is enforced" {
        nft list ruleset >"$BATS_TEST_TMPDIR/first"
        nft flush ruleset
        apply_quietly https
        apply_quietly https dns-server
        nft flush ruleset
        nft -f "$BATS_TEST_TMPDIR/first"
        run --separate-stderr portguard status
        assert_output_has 'by the history it should be 2'
        assert_output_has 'or to keep what is enforced: portguard apply ssh, with the options that it had'
        assert_settled_by_apply
        rm "$PORTGUARD_STATE/state.db"
        nft add element inet portguard "input_tcp_ports_$(live_slot)" '{ 9999 : accept }'
        run --separate-stderr portguard verify
        assert_status 6
        assert_output_has 'to repair it: portguard apply ssh, with the options that it had'
        assert_output_lacks 'verify --repair'
        run --separate-stderr portguard apply --allow-lockout ssh --set ssh_from=internal
        assert_status 0
        assert_output_has 'closes  tcp/9999'
        assert_first
}

# As sudo does, which takes PORTGUARD_STATE away.
@test "a trial that was confirmed with another state directory is known to end at boot" {
        nft flush ruleset
        rm -f "$PORTGUARD_STATE"/*
        apply_quietly ssh
        apply_quietly ssh https --trial 10m
        "$PORTGUARD" --state "$BATS_TEST_TMPDIR/other" confirm
        run --separate-stderr portguard verify
        assert_status 6
        assert_output_has 'the kernel holds generation 2, but by the history it should be 1'
        assert_output_has 'or to keep what is enforced: portguard apply ssh https'
        run --separate-stderr portguard status
        assert_output_has 'the kernel holds generation 2, but by the history it should be 1'
        run --separate-stderr portguard apply ssh https
        assert_status 0
        assert_verified
        nft flush ruleset
        run --separate-stderr portguard restore
        assert_status 0
        portguard show --json | jq -e '.profiles == ["ssh", "https"]'
}

@test "the first trial of all, confirmed with another state directory, is not said to come back" {
        nft flush ruleset
        rm -f "$PORTGUARD_STATE"/*
        apply_quietly ssh --trial 10m
        "$PORTGUARD" --state "$BATS_TEST_TMPDIR/other" confirm
        run --separate-stderr portguard status
        assert_output_has 'what is enforced does not come back at boot (the history has no confirmed generation) until portguard apply ssh'
}

# older_copy: the history is a copy from before the last apply.
older_copy() {
        nft flush ruleset
        rm -f "$PORTGUARD_STATE"/*
        apply_quietly ssh
        apply_quietly ssh https
        cp "$PORTGUARD_STATE/state.db" "$BATS_TEST_TMPDIR/copy"
        apply_quietly ssh https dns-server
        cp "$BATS_TEST_TMPDIR/copy" "$PORTGUARD_STATE/state.db"
}

# assert_stays COMMAND...: it fails, for the history does not have what is enforced, which stays.
assert_stays() {
        local before

        before=$(ours)
        run --separate-stderr portguard "$@"
        assert_status 1
        assert_stderr_has "the history does not have what is enforced (generation $generation)"
        assert_stderr_has "write down what is enforced: portguard apply $profiles, with the options"
        [ "$(ours)" = "$before" ] || fail "$* changed the table"
}

@test "an older copy of the history: whoever looks says so, and a rollback without a number goes nowhere" {
        local generation=3 profiles='ssh https dns-server'

        older_copy
        run --separate-stderr portguard history
        assert_status 0
        assert_stderr_has 'generation 3, which is enforced, is not in this history'
        assert_stderr_has 'portguard apply ssh https dns-server, with the options that it had'
        run --separate-stderr portguard verify
        assert_status 6
        assert_output_has 'the kernel holds generation 3, but by the history it should be 2; the history does not have it'
        run --separate-stderr portguard status
        assert_output_has 'the kernel holds generation 3, but by the history it should be 2; the history does not have it'
        assert_stays rollback --allow-lockout
        assert_stays rollback --allow-lockout --dry-run
        run --separate-stderr portguard rollback --allow-lockout 1
        assert_status 0
}

@test "an older copy of the history: what the next apply replaces is written down, and comes back by rollback" {
        older_copy
        run --separate-stderr portguard apply --allow-lockout ssh
        assert_status 0
        assert_stderr_has 'the history did not have generation 3, which was enforced'
        run --separate-stderr portguard rollback --allow-lockout
        assert_status 0
        portguard show --json | jq -e '.profiles == ["ssh", "https", "dns-server"]'
        portguard history --json | jq -e '.generations[0].restores == 3 and .warnings == []'
}

@test "a history that has another policy by the number of what is enforced leads a rollback nowhere" {
        local generation=2 profiles='ssh https'

        older_copy
        nft flush ruleset
        rm "$PORTGUARD_STATE/state.db"
        apply_quietly ssh
        apply_quietly ssh https
        mv "$PORTGUARD_STATE/state.db" "$BATS_TEST_TMPDIR/ours"
        unshare --net "$PORTGUARD" apply --allow-lockout dns-server >/dev/null
        unshare --net "$PORTGUARD" apply --allow-lockout k8s-worker >/dev/null
        [ "$(portguard history --json 2>/dev/null | jq -c '[.generations[].generation]')" = '[2,1]' ] || fail 'no generation 2'
        assert_stays rollback --allow-lockout
}

@test "disable with a state directory that does not have what is enforced warns that it comes back from its own" {
        nft flush ruleset
        apply_quietly ssh
        run --separate-stderr "$PORTGUARD" --state "$BATS_TEST_TMPDIR/other" disable
        assert_status 0
        assert_stderr_has "the history in $BATS_TEST_TMPDIR/other does not have generation 1, which was enforced"
        run nft list tables
        [ "$output" = '' ] || fail 'expected no table'
        run --separate-stderr portguard disable
        assert_status 0
        [ -z "$stderr" ] || fail 'no warning is expected'
        reboot
        run nft list tables
        [ "$output" = '' ] || fail 'it was disabled'
        apply_quietly ssh
        run --separate-stderr portguard disable
        assert_status 0
        [ -z "$stderr" ] || fail 'no warning is expected'
}
