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
        assert_stderr_has 'what is enforced does not come back at boot until portguard apply writes it down anew'
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
