#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Options of the enforced generation that an apply leaves out: named exactly where that lets more in, or out.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common

setup() {
        kernel_setup
        ip link set lo up
        mkdir "$BATS_TEST_TMPDIR/profiles"
        PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/profiles:$PORTGUARD_PROFILES
        cat >"$BATS_TEST_TMPDIR/profiles/lab.yaml" <<'YAML'
name: lab
summary: Services of the test
include: [base]
groups:
  lab-peers: {default: internal, summary: who may}
  lab-admins: {default: none, summary: who may as well}
params:
  lab_from: {type: scope, default: any, summary: who may do the other thing}
  lab_old: {type: bool, default: true, summary: with the old protocol}
  lab_bare: {type: bool, default: true, summary: without passwords}
services:
  main: {summary: The service, ports: [tcp/7000], from: lab-peers}
  other: {summary: Another, ports: [tcp/7100], from: "${lab_from}"}
  extra: {summary: A third, ports: [tcp/7200], from: any, required: false}
  range: {summary: A range, ports: [tcp/7300-7400], from: any}
  narrow: {summary: A port of the range, ports: [tcp/7350], from: lab-admins, required: false}
  bare: {summary: Old and bare, ports: [tcp/7500], from: any, when: {lab_old: "true", lab_bare: "true"}}
YAML
        cat >"$BATS_TEST_TMPDIR/profiles/lab-two.yaml" <<'YAML'
name: lab-two
summary: Another role
include: [base]
groups:
  lab-peers: {default: internal, summary: who may}
services:
  main: {summary: The service, ports: [udp/8000], from: lab-peers}
YAML
}

teardown() {
        nft flush ruleset
}

# names OPTION...: these options of generation 1 are named, and no other.
names() {
        run --separate-stderr portguard plan --json "${wanted[@]}"
        assert_status 0
        [ "$(jq -c .left_out_options.options <<<"$output")" = "$(jq -nc '$ARGS.positional' --args -- "$@")" ] ||
                fail "expected to be named: $*"
        assert_json '.left_out_options | .generation == 1 and .fault == null and (.opens + .widens | length > 0)'
}

names_none() {
        run --separate-stderr portguard plan --json "$@"
        assert_status 0
        assert_json '.left_out_options == null'
}

@test "a group that is left out widens: plan, a dry run and apply say so, and what would keep it" {
        apply_quietly k8s-worker --group cluster=10.0.0.0/8 --group control-plane=10.0.0.0/24
        for command in plan 'apply --dry-run --allow-lockout' 'apply --allow-lockout'; do
                # shellcheck disable=SC2086 # words
                run --separate-stderr portguard $command k8s-worker --group control-plane=10.0.0.0/24
                assert_status 0
                assert_line 'generation 1 was applied with --group cluster=10.0.0.0/8, which is left out here: this widens tcp/10250 (cluster, control-plane -> cluster, control-plane with 172.16.0.0/12 and 2 more), widens udp/8472 (cluster -> cluster with 172.16.0.0/12 and 2 more); --keep-options keeps it'
        done
        # The second apply was told, and has nothing that is left out.
        run --separate-stderr portguard apply --allow-lockout k8s-worker --group control-plane=10.0.0.0/24
        assert_status 0
        assert_output_lacks 'left out'
}

@test "JSON tells it, the exit status does not" {
        apply_quietly k8s-worker --group cluster=10.0.0.0/8 --group control-plane=10.0.0.0/24
        run --separate-stderr portguard plan --exit-code k8s-worker --json
        assert_status 10
        assert_json '.left_out_options | .generation == 1 and .fault == null and .opens == [] and
                .options == ["--group cluster=10.0.0.0/8", "--group control-plane=10.0.0.0/24"]'
        assert_json '[.left_out_options.widens[] | [.protocol, .ports, .addresses]] == [.widens[] | [.protocol, .ports, .addresses]]'
        run --separate-stderr portguard apply --allow-lockout k8s-worker --json
        assert_status 0
        assert_json '.left_out_options.widens | length == 2'
        run --separate-stderr portguard plan k8s-worker --json
        assert_json '.left_out_options == null and .kept_options == null'
}

@test "what narrows, closes or changes nothing is not named" {
        apply_quietly lab --with extra --group lab-peers=0.0.0.0/1,128.0.0.0/1,::/1,8000::/1 --set lab_from=any --egress open
        names_none lab
        # As the site file has it now; or less.
        apply_quietly lab --group lab-peers=10.1.0.0/16 --set lab_from=internal
        printf 'groups: {lab-peers: [10.1.0.0/16]}\nparams: {lab_from: lab-peers}\n' >"$PORTGUARD_SITE"
        names_none lab
        printf 'groups: {lab-peers: [10.0.0.0/15]}\nparams: {lab_from: lab-peers}\n' >"$PORTGUARD_SITE"
        run --separate-stderr portguard plan lab --json
        assert_json '.left_out_options.options == ["--group lab-peers=10.1.0.0/16"] and
                [.left_out_options.widens[] | [.ports, .addresses]] == [["7000", ["10.0.0.0/16"]]]'
        # What is given, to whatever, is not left out.
        names_none lab --group lab-peers=10.0.0.0/8
        names_none lab --keep-options
}

@test "of many options those are named that matter" {
        apply_quietly lab --set lab_from=internal --set lab_old=false --group lab-admins=10.2.0.0/16 --with extra \
                --group lab-peers=10.1.0.0/16
        wanted=(lab)
        names '--set lab_from=internal' '--set lab_old=false' '--group lab-peers=10.1.0.0/16'
        assert_json '.left_out_options | [.opens[].ports] == ["7500"] and [.widens[].ports] == ["7000", "7100"]'
        wanted=(lab --set lab_old=false --group lab-peers=10.1.0.0/16)
        names '--set lab_from=internal'
        wanted=(lab --set lab_from=any --group lab-peers=none)
        names '--set lab_old=false'
}

@test "what only works together: a group and the parameter that names it; either of two conditions" {
        apply_quietly lab --set lab_from=ops --group ops=10.3.0.0/16
        wanted=(lab)
        names '--set lab_from=ops' '--group ops=10.3.0.0/16'
        apply_quietly ssh
        nft flush ruleset
        rm -rf "$PORTGUARD_STATE"
        mkdir -m 0700 "$PORTGUARD_STATE"
        apply_quietly lab --set lab_old=false --set lab_bare=false
        wanted=(lab)
        names '--set lab_bare=false'
        assert_json '.left_out_options.opens | [.[].ports] == ["7500"]'
        names_none lab --set lab_bare=false
}

@test "strict egress that is left out opens what leaves" {
        apply_quietly lab --egress strict
        run --separate-stderr portguard plan lab
        assert_output_has 'generation 1 was applied with --egress strict, which is left out here: this widens out everything (listed services -> any); --keep-options keeps it'
        echo 'egress: strict' >"$PORTGUARD_SITE"
        names_none lab
}

@test "a service that is left out may widen, too: of the range that its port is in" {
        apply_quietly lab --with narrow --group lab-admins=10.2.0.0/16
        wanted=(lab)
        names '--with narrow'
        assert_json '.left_out_options.widens[0] | .ports == "7350" and .before == "lab-admins" and .after == "any"'
}

@test "with other roles: what they have use for" {
        apply_quietly lab --group lab-peers=10.1.0.0/16 --set lab_from=internal
        names_none https
        wanted=(lab-two)
        names '--group lab-peers=10.1.0.0/16'
        assert_json '.left_out_options.widens[0].ports == "8000"'
}

@test "what cannot be compared is named, and why" {
        echo 10.1.0.0/16 >"$BATS_TEST_TMPDIR/peers"
        apply_quietly lab --group lab-peers=@"$BATS_TEST_TMPDIR/peers" --with extra
        rm "$BATS_TEST_TMPDIR/peers"
        run --separate-stderr portguard plan lab --json
        assert_status 0
        assert_json '.left_out_options | .opens == [] and .widens == [] and (.options | length == 2) and
                (.fault | startswith("--group: the group file "))'
        run --separate-stderr portguard apply --allow-lockout lab
        assert_status 0
        assert_output_has "--with extra, which are left out here; what that lets in is not known: --group: the group file $BATS_TEST_TMPDIR/peers"
        assert_output_has 'applied generation 2 (lab)'
}

@test "of what should be enforced, too; not of what was taken back or switched off" {
        apply_quietly lab --group lab-peers=10.1.0.0/16
        nft flush ruleset
        wanted=(lab)
        names '--group lab-peers=10.1.0.0/16'
        run --separate-stderr portguard apply --allow-lockout lab --json
        assert_json '.left_out_options.options == ["--group lab-peers=10.1.0.0/16"]'
        # Rollback and restore bring back what was, with its options.
        run --separate-stderr portguard rollback --json
        assert_json '.left_out_options == null and .kept_options == null'
        run --separate-stderr portguard plan lab --json
        assert_json '.left_out_options.generation == 3'
        portguard disable >/dev/null
        names_none lab
}

@test "where the history does not know, that is told if more gets in" {
        apply_quietly lab --group lab-peers=10.1.0.0/16 --with extra
        rm "$PORTGUARD_STATE/state.db"
        text='the history does not have what generation 1, which is enforced, was applied with: whether it had options that are left out here is not known'
        run --separate-stderr portguard plan lab --json
        assert_status 0
        assert_json "[.warnings[].text] == [\"$text\"] and .left_out_options == null"
        run --separate-stderr portguard plan lab --group lab-peers=10.1.0.0/24 --json
        assert_json '.warnings == []'
        run --separate-stderr portguard apply --allow-lockout lab
        assert_status 0
        assert_stderr_has 'the history does not have what generation 1, which was enforced, was applied with'
        run --separate-stderr portguard apply --allow-lockout lab --with extra
        [ -z "$stderr" ] || fail "said on standard error"
}

@test "what the apply itself removes from the history is read before" {
        apply_quietly lab --group lab-peers=10.1.0.0/16
        portguard history --keep 1 >/dev/null
        run --separate-stderr portguard apply --allow-lockout lab --json
        assert_status 0
        assert_json '.left_out_options | .generation == 1 and .options == ["--group lab-peers=10.1.0.0/16"]'
        assert_json '.warnings == []'
}

@test "a plan during a trial is about what is on trial" {
        apply_quietly lab
        apply_quietly lab --trial 10m --group lab-peers=10.1.0.0/16
        run --separate-stderr portguard plan lab --json
        assert_json '.left_out_options | .generation == 2 and .options == ["--group lab-peers=10.1.0.0/16"]'
}

# compiled COMMAND...: how often it read the site file.
compiled() {
        strace -f -e trace=openat -o "$BATS_TEST_TMPDIR/calls" "$PORTGUARD" "$@" >/dev/null 2>&1
        grep -c "openat([0-9]*, \"${PORTGUARD_SITE##*/}\", " "$BATS_TEST_TMPDIR/calls"
}

@test "nothing is compiled for it where no option is left out" {
        apply_quietly lab --group lab-peers=10.1.0.0/16
        [ "$(compiled plan lab --group lab-peers=10.2.0.0/16)" = 1 ] || fail "compiled again"
        [ "$(compiled plan lab)" = 2 ] || fail "not compared, or by more than one policy"
        apply_quietly lab
        [ "$(compiled plan lab)" = 1 ] || fail "compiled again"
        [ "$(compiled apply --allow-lockout lab)" = 1 ] || fail "compiled again"
}

@test "the doctor names what the site file would leave out" {
        apply_quietly lab --group lab-peers=10.1.0.0/16
        echo 'profiles: [lab]' >"$PORTGUARD_SITE"
        run --separate-stderr portguard doctor --json
        assert_status 0
        assert_json '.checks[] | select(.name == "site" and .level == "warning" and
                (.text | contains("leaves out --group lab-peers=10.1.0.0/16, with which generation 1 was applied")))'
        apply_quietly --keep-options
        echo 'profiles: [lab]
groups: {lab-peers: [10.1.0.0/16]}' >"$PORTGUARD_SITE"
        run --separate-stderr portguard doctor --json
        assert_json '[.checks[] | select(.name == "site") | .level] == ["ok"]'
}
