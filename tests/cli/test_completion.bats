#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The bash completion offers what the program takes.
# shellcheck disable=SC2154 # commands.bash sets $commands

load common
load commands
setup() {
        common_setup
        # It works while bash completes a line only.
        compopt() { :; }
        # shellcheck source=packaging/completions/portguard
        source "$PORTGUARD_SOURCE/packaging/completions/portguard"
}

# complete_line WORD...: what is offered for the last word; goes to $output.
complete_line() {
        COMP_WORDS=("$PORTGUARD" "$@")
        COMP_CWORD=$#
        COMPREPLY=()
        _portguard "$PORTGUARD"
        output=" ${COMPREPLY[*]} "
}

@test "commands" {
        complete_line ''
        [ "$output" = " ${commands[*]} " ] || fail "wrong commands"
        complete_line --json st
        [ "$output" = " status " ] || fail "wrong command"
}

@test "options are those of the command" {
        complete_line apply --d
        [ "$output" = " --dry-run " ] || fail "wrong options"
        complete_line status --d
        [ "$output" = "  " ] || fail "wrong options"
        complete_line apply --tr
        [ "$output" = " --trial " ] || fail "wrong options"
        complete_line plan --ke
        [ "$output" = " --keep-options " ] || fail "wrong options"
        complete_line rollback --ke
        [ "$output" = "  " ] || fail "wrong options"
        complete_line --pro
        [ "$output" = " --profiles " ] || fail "wrong options"
}

@test "names of profiles" {
        complete_line apply k8s-w
        [ "$output" = " k8s-worker " ] || fail "wrong profiles"
        complete_line plan ssh htt
        assert_output_has " https "
        complete_line profiles show k8s-w
        [ "$output" = " k8s-worker " ] || fail "wrong profiles"
        complete_line show --profile k8s-w
        [ "$output" = " k8s-worker " ] || fail "wrong profiles"
        complete_line report --profile ssh k8s-w
        [ "$output" = " k8s-worker " ] || fail "wrong profiles"
        complete_line status k8s
        [ "$output" = "  " ] || fail "wrong profiles"
}

@test "profiles of the directory on the line" {
        mkdir "$BATS_TEST_TMPDIR/own"
        printf 'name: mine\nsummary: mine\n' >"$BATS_TEST_TMPDIR/own/mine.yaml"
        complete_line --profiles "$BATS_TEST_TMPDIR/own" plan ''
        [ "$output" = " mine " ] || fail "wrong profiles"
}

@test "words of a choice" {
        complete_line show --format ''
        [ "$output" = " text json nft dot " ] || fail "wrong words"
        complete_line show --format = n
        [ "$output" = " nft " ] || fail "wrong words"
        complete_line plan ssh --egress s
        [ "$output" = " strict " ] || fail "wrong words"
}

@test "parameters, groups and services of the profiles on the line" {
        complete_line plan k8s-worker --set nodeport_u
        [ "$output" = " nodeport_udp= " ] || fail "wrong parameters"
        complete_line plan k8s-worker --set cn
        [ "$output" = " cni= " ] || fail "wrong parameters of what is included"
        complete_line plan k8s-worker --group ''
        [ "$output" = " cluster= control-plane= " ] || fail "wrong groups"
        complete_line plan anbox-lxd --with ''
        [ "$output" = " all instances-tcp instances-udp " ] || fail "wrong services"
}

@test "the letter of an option takes its value, that of a flag takes none" {
        complete_line apply -m k8s-worker htt
        [ "$output" = " https " ] || fail "wrong profiles"
        complete_line apply -m k8s-w
        [ "$output" = "  " ] || fail "a message is not completed"
        complete_line apply -n k8s-w
        [ "$output" = " k8s-worker " ] || fail "wrong profiles"
}

@test "durations" {
        complete_line extend ''
        [ "$output" = " 30s 2m 5m 15m 1h " ] || fail "wrong durations"
        complete_line apply --trial 1
        [ "$output" = " 15m 1h " ] || fail "wrong durations"
}

@test "numbers of generations" {
        # What the history prints, without one.
        command_of_test() {
                case $* in
                *history*)
                        printf '%s\n' 'NUMBER  STATE      WHEN                 WHO   PROFILES  WHY' \
                                '  * 12  confirmed  2026-11-21 15:26:42  root  ssh       3 more' \
                                '     3  failed     2026-11-21 15:26:40  root  ssh' '* enforced now'
                        ;;
                *) "$PORTGUARD" "$@" ;;
                esac
        }
        for line in 'rollback' 'show' 'report' 'plan --against'; do
                # shellcheck disable=SC2206
                COMP_WORDS=(command_of_test $line '') COMPREPLY=()
                COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
                _portguard command_of_test
                [ "${COMPREPLY[*]}" = "12 3" ] || fail "wrong numbers for $line: ${COMPREPLY[*]}"
        done
}

@test "files" {
        touch "$BATS_TEST_TMPDIR/a.yaml" "$BATS_TEST_TMPDIR/a.txt"
        complete_line profiles check "$BATS_TEST_TMPDIR/a"
        [ "$output" = " $BATS_TEST_TMPDIR/a.yaml " ] || fail "wrong files"
        complete_line plan --site "$BATS_TEST_TMPDIR/a."
        assert_output_has "/a.txt "
        complete_line report -o "$BATS_TEST_TMPDIR/a."
        assert_output_has "/a.txt "
        complete_line profiles ''
        [ "$output" = " list show check " ] || fail "wrong actions"
}
