#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Options that the enforced generation was applied with, and the next apply.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common

setup() {
        kernel_setup
        ip link set lo up
        mkdir "$BATS_TEST_TMPDIR/profiles"
        PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/profiles:$PORTGUARD_PROFILES
        cat >"$BATS_TEST_TMPDIR/profiles/lab.yaml" <<'YAML'
name: lab
summary: A service of the test
include: [base]
groups:
  lab-peers: {default: internal, summary: who may}
params:
  lab_from: {type: scope, default: any, summary: who may do the other thing}
services:
  main: {summary: The service, ports: [tcp/7000], from: lab-peers}
  other: {summary: Another, ports: [tcp/7100], from: "${lab_from}"}
  extra: {summary: A third, ports: [tcp/7200], from: any, required: false}
YAML
}

teardown() {
        nft flush ruleset
}

# What the kernel lets come in at a port: the elements of its group, or of whom.
enforced() {
        portguard show --json | jq -c --arg ports "$1" '.services[] | select(.ports == $ports) | .addresses'
}

parameters() {
        portguard show "$1" --json | jq -c .about.parameters
}

@test "--keep-options takes over every option that is not given" {
        apply_quietly lab --group lab-peers=10.1.0.0/16 --set lab_from=lab-peers --with extra --egress strict
        run --separate-stderr portguard plan --keep-options lab
        assert_status 0
        assert_output_has 'Nothing would change: generation 1 (lab) is already enforced.'
        assert_line 'kept of generation 1: --set lab_from=lab-peers --group lab-peers=10.1.0.0/16 --with extra --egress strict'
        [ -z "$stderr" ] || fail "said on standard error"
        run --separate-stderr portguard plan --keep-options lab --exit-code --json
        assert_status 0
        assert_json '.kept_options == {generation: 1, unused: [], options: ["--set lab_from=lab-peers",
                "--group lab-peers=10.1.0.0/16", "--with extra", "--egress strict"]}'
        # Another role beside it: that and nothing else changes, and the history has the options again.
        run --separate-stderr portguard apply --allow-lockout --keep-options lab https --json
        assert_status 0
        assert_json '.opens == [.opens[] | select(.ports == "443")] and (.opens | length) > 0 and
                .widens + .closes + .narrows == [] and .kept_options.options[1] == "--group lab-peers=10.1.0.0/16"'
        [ "$(enforced 7000)" = '["10.1.0.0/16"]' ] || fail "the group is not kept"
        [ "$(parameters 2)" = "$(parameters 1)" ] || fail "the history has others: $(parameters 2)"
        # And a third time, by what the second kept.
        run --separate-stderr portguard plan --keep-options lab https --exit-code
        assert_status 0
        assert_verified
}

@test "an option that is given wins over the one of before, for what it is about only" {
        apply_quietly lab --group lab-peers=10.1.0.0/16 --group lab-peers=10.2.0.0/16 --set lab.lab_from=lab-peers
        run --separate-stderr portguard apply --allow-lockout --keep-options lab --group lab-peers=10.9.0.0/16
        assert_status 0
        assert_line 'kept of generation 1: --set lab.lab_from=lab-peers'
        [ "$(enforced 7000) $(enforced 7100)" = '["10.9.0.0/16"] ["10.9.0.0/16"]' ] || fail "the group is another"
        [ "$(parameters 2)" = '["--set lab.lab_from=lab-peers","--group lab-peers=10.9.0.0/16"]' ] ||
                fail "the history has others: $(parameters 2)"
        # What is set for all profiles is set for the one, too.
        run --separate-stderr portguard apply --allow-lockout --keep-options lab --set lab_from=internal
        assert_line 'kept of generation 2: --group lab-peers=10.9.0.0/16'
        [ "$(enforced 7000)" = '["10.9.0.0/16"]' ] || fail "the group is another"
        portguard show --json | jq -e '.services[] | select(.ports == "7100") | .from == "internal"' || fail "not set"
        # All of them.
        run --separate-stderr portguard plan --keep-options lab --set lab_from=any --group lab-peers=10.9.0.0/16
        assert_line 'nothing to keep: generation 3 has no option that is not given here'
        # An additional service adds.
        apply_quietly lab --with extra
        run --separate-stderr portguard plan --keep-options lab --with lab/extra --exit-code
        assert_status 0
        assert_line 'kept of generation 4: --with extra'
}

@test "with other profiles, what they have no use for is left out and told" {
        apply_quietly lab ssh --group lab-peers=10.1.0.0/16 --group lab-admins=10.3.0.0/16 --set lab_from=lab-admins \
                --with extra --egress strict
        # Of a group that no profile has, a parameter tells that it is of use.
        run --separate-stderr portguard apply --allow-lockout --keep-options lab
        assert_line 'kept of generation 1: --set lab_from=lab-admins --group lab-peers=10.1.0.0/16 --group lab-admins=10.3.0.0/16 --with extra --egress strict'
        [ "$(enforced 7100)" = '["10.3.0.0/16"]' ] || fail "the group is another"
        run --separate-stderr portguard apply --allow-lockout --keep-options https
        assert_status 0
        assert_line 'kept of generation 2: --egress strict'
        assert_line 'not kept of generation 2, of no use to these profiles: --set lab_from=lab-admins --group lab-peers=10.1.0.0/16 --group lab-admins=10.3.0.0/16 --with extra'
        [ "$(parameters 3)" = '["--egress strict"]' ] || fail "the history has others: $(parameters 3)"
        run --separate-stderr portguard plan --keep-options ssh --json
        assert_json '.kept_options == {generation: 3, options: ["--egress strict"], unused: []}'
}

@test "a profile that lost what an option names is an error: nothing is dropped quietly" {
        apply_quietly lab --group lab-peers=10.1.0.0/16
        sed -i 's/lab-peers/lab-nodes/' "$BATS_TEST_TMPDIR/profiles/lab.yaml"
        run --separate-stderr portguard apply --allow-lockout --keep-options lab https
        assert_status 3
        assert_stderr_has "--group: no applied profile has the group 'lab-peers'"
        assert_stderr_has 'those that are kept of generation 1 included: refused, nothing was changed'
        [ "$(portguard status --json | jq .generation)" = 1 ] || fail "something was applied"
        # By hand it goes.
        run --separate-stderr portguard apply --allow-lockout --keep-options https
        assert_status 0
        assert_output_has 'of no use to these profiles: --group lab-peers=10.1.0.0/16'
}

@test "group files are those of then, from whatever directory" {
        mkdir "$BATS_TEST_TMPDIR/there" "$BATS_TEST_TMPDIR/here" "$BATS_TEST_TMPDIR/a,b"
        echo 10.1.0.0/16 >"$BATS_TEST_TMPDIR/there/peers"
        echo 10.2.0.0/16 >"$BATS_TEST_TMPDIR/here/peers"
        echo 10.3.0.0/16 >"$BATS_TEST_TMPDIR/a,b/peers"
        cd "$BATS_TEST_TMPDIR/there"
        apply_quietly lab --group lab-peers=@peers
        cd "$BATS_TEST_TMPDIR/here"
        run --separate-stderr portguard plan --keep-options lab --exit-code
        assert_status 0
        # It is the file that is kept, and what it says now.
        echo 10.1.0.0/24 >"$BATS_TEST_TMPDIR/there/peers"
        run --separate-stderr portguard apply --allow-lockout --keep-options lab --json
        assert_json '.narrows | length == 1'
        [ "$(enforced 7000)" = '["10.1.0.0/24"]' ] || fail "another file was read"
        rm "$BATS_TEST_TMPDIR/there/peers"
        run --separate-stderr portguard apply --allow-lockout --keep-options lab
        assert_status 3
        assert_stderr_has "the group file $BATS_TEST_TMPDIR/there/peers"
        # A directory whose name no option can be written with.
        cd "$BATS_TEST_TMPDIR/a,b"
        apply_quietly lab --group lab-peers=@peers
        run --separate-stderr portguard apply --allow-lockout --keep-options lab
        assert_status 3
        assert_stderr_has '--keep-options: generation 3 was applied with --group lab-peers=@peers, a path from another directory'
        [ "$(enforced 7000)" = '["10.3.0.0/16"]' ] || fail "something was applied"
}

@test "where nothing is enforced there is nothing to keep; where it should be, there is" {
        run --separate-stderr portguard apply --allow-lockout --keep-options lab --group lab-peers=10.1.0.0/16
        assert_status 0
        assert_line 'nothing to keep: nothing was enforced'
        nft flush ruleset
        run --separate-stderr portguard apply --allow-lockout --keep-options lab
        assert_status 0
        assert_line 'kept of generation 1: --group lab-peers=10.1.0.0/16'
        [ "$(enforced 7000)" = '["10.1.0.0/16"]' ] || fail "the group is not kept"
        portguard disable
        run --separate-stderr portguard plan --keep-options lab --json
        assert_status 0
        assert_json '.kept_options == {generation: null, options: [], unused: []}'
        run --separate-stderr portguard plan lab --json
        assert_json '.kept_options == null'
}

@test "what the history does not know is not guessed" {
        apply_quietly lab --group lab-peers=10.1.0.0/16
        rm "$PORTGUARD_STATE"/state.db
        for command in 'plan' 'apply --allow-lockout' 'apply --dry-run' 'plan --against 1'; do
                # shellcheck disable=SC2086 # words
                run --separate-stderr portguard $command --keep-options lab
                assert_status 4
                assert_stderr_has 'generation 1 is enforced, and the history does not have the options that it was applied with'
        done
        [ "$(enforced 7000)" = '["10.1.0.0/16"]' ] || fail "something was applied"
        # Another history that happens to have the number.
        mv "$PORTGUARD_STATE" "$PORTGUARD_STATE.old"
        unshare -n env PORTGUARD_STATE="$PORTGUARD_STATE" bash -c 'portguard apply --allow-lockout ssh' || fail "no other history"
        run --separate-stderr portguard apply --allow-lockout --keep-options lab
        assert_status 4
}

@test "what is kept is what the generation on trial, or brought back, was applied with" {
        apply_quietly lab --group lab-peers=10.1.0.0/16
        apply_quietly --trial 10m lab --group lab-peers=10.2.0.0/16
        run --separate-stderr portguard plan --keep-options lab
        assert_line 'kept of generation 2: --group lab-peers=10.2.0.0/16'
        portguard confirm >/dev/null 2>&1
        portguard rollback >/dev/null
        run --separate-stderr portguard apply --allow-lockout --trial 10m --keep-options lab --with extra
        assert_status 0
        assert_line 'kept of generation 3: --group lab-peers=10.1.0.0/16'
        assert_output_has 'On trial'
        [ "$(parameters 4)" = '["--group lab-peers=10.1.0.0/16","--with extra"]' ] || fail "others: $(parameters 4)"
}

@test "plan --against a generation keeps what is enforced" {
        apply_quietly lab --group lab-peers=10.1.0.0/16
        apply_quietly lab --group lab-peers=10.2.0.0/16
        run --separate-stderr portguard plan --against 1 --keep-options lab --json
        assert_json '.kept_options == {generation: 2, options: ["--group lab-peers=10.2.0.0/16"], unused: []} and
                .widens[0].addresses == ["10.2.0.0/16"]'
}

waits_for_lock() {
        find "/proc/$1/fd" -lname "$PORTGUARD_STATE/lock" 2>/dev/null | grep -q .
}

@test "who waits for the lock keeps the options of what is enforced when it has it" {
        apply_quietly lab --group lab-peers=10.1.0.0/16
        exec 9<>"$PORTGUARD_STATE/lock"
        flock 9
        "$PORTGUARD" apply --allow-lockout --wait 60s --keep-options lab --with extra --json >"$BATS_TEST_TMPDIR/out" 9>&- &
        until_true 10 waits_for_lock $!
        # Who has the lock applies another generation meanwhile.
        cp -r "$PORTGUARD_STATE" "$BATS_TEST_TMPDIR/other"
        portguard --state "$BATS_TEST_TMPDIR/other" apply --allow-lockout lab --group lab-peers=10.2.0.0/16 >/dev/null
        cp "$BATS_TEST_TMPDIR/other/state.db" "$PORTGUARD_STATE/state.db"
        exec 9>&-
        wait $! || fail "not applied"
        jq -e '.kept_options == {generation: 2, options: ["--group lab-peers=10.2.0.0/16"], unused: []}' \
                "$BATS_TEST_TMPDIR/out" || fail "others: $(cat "$BATS_TEST_TMPDIR/out")"
        [ "$(enforced 7000)" = '["10.2.0.0/16"]' ] || fail "the group is another"
}

@test "other commands do not take it" {
        for command in 'rollback' 'show --profile lab' 'explain tcp/7000 --from 10.1.0.1 --profile lab' 'restore' 'diff 1'; do
                # shellcheck disable=SC2086 # words
                run --separate-stderr portguard $command --keep-options
                assert_status 2
                assert_stderr_has "unknown option '--keep-options'"
        done
}
