#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Words on the command line: what is understood, and how a slip is answered.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr, commands.bash $commands

load common
load commands
setup() {
        common_setup
}

# assert_usage MESSAGE ARGUMENT...
assert_usage() {
        local message=$1

        shift
        run --separate-stderr portguard "$@"
        assert_status 2
        [ "$stderr" = "portguard: $message" ] || fail "expected on standard error: portguard: $message"
        [ -z "$output" ] || fail "expected nothing on standard output"
}

@test "alone it tells three commands to try, and is no success" {
        run --separate-stderr portguard
        assert_status 2
        [ -z "$output" ]
        for command in 'portguard profiles list' 'portguard plan ssh' 'portguard apply ssh'; do
                assert_stderr_has "$command"
        done
}

@test "--help names every command, the environment and the exit statuses" {
        run --separate-stderr portguard --help
        assert_status 0
        [ -z "$stderr" ]
        for command in "${commands[@]}"; do
                grep -q "^  $command  *[a-z]" <<<"$output" || fail "expected: $command"
        done
        for name in PORTGUARD_PROFILES PORTGUARD_SITE PORTGUARD_STATE NO_COLOR; do
                assert_output_has "$name"
        done
        for number in 0 1 2 3 4 5 6 10; do
                grep -qE "^ +$number  [a-z]" <<<"$output" || fail "expected: status $number"
        done
}

@test "commands that are not there are not promised" {
        local command=agent

        run portguard --help
        ! grep -qw "^  $command" <<<"$output" || fail "not expected: $command"
        run portguard "$command"
        assert_status 2
}

@test "--help lists the commands in two groups" {
        run portguard --help
        changes=$(sed -n '/^Commands that change/,/^$/p' <<<"$output")
        looks=$(sed -n '/^Commands that look/,/^$/p' <<<"$output")
        for command in apply confirm extend rollback restore disable; do
                grep -q "^  $command " <<<"$changes" || fail "expected to change: $command"
        done
        for command in plan status explain audit doctor history diff show report profiles verify; do
                grep -q "^  $command " <<<"$looks" || fail "expected to look: $command"
        done
}

@test "every command explains itself: usage, options, examples, exit statuses" {
        for command in "${commands[@]}"; do
                run --separate-stderr portguard "$command" --help
                assert_status 0
                assert_output_has "usage: portguard $command"
                assert_output_has "--json"
                assert_output_has "Exit status:"
                examples=$(sed -n '/^Examples:/,/^$/p' <<<"$output" | grep -c "^  portguard $command")
                [ "$examples" -ge 1 ] || fail "expected an example of $command"
                run portguard "$command" -h
                assert_status 0
        done
}

@test "help fits a terminal of 100 columns" {
        for command in '' "${commands[@]}"; do
                run portguard ${command:+"$command"} --help
                assert_status 0
                [ "$(wc -L <<<"$output")" -le 100 ] || fail "too wide: $command"
        done
}

@test "what help lists as an option, the parser takes" {
        for command in "${commands[@]}"; do
                options=$(portguard "$command" --help | sed -nE 's/^  (-.,|   ) (--[a-z-]+)( .*|$)/\2/p')
                [ "$(wc -w <<<"$options")" -ge 7 ] || fail "expected at least the global options"
                for option in $options; do
                        # A flag takes no value, and others do not take every value: both are told
                        # apart from an option that is not there.
                        run --separate-stderr portguard "$command" "$option=" --help
                        [[ $stderr != *"unknown option"* ]] || fail "$command $option"
                done
        done
}

@test "--version" {
        run portguard --version
        assert_status 0
        [[ $output =~ ^portguard\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
        run portguard status --version
        assert_status 0
        for words in '--version --json' '--json --version' 'status --json --version'; do
                # shellcheck disable=SC2086 # words
                run --separate-stderr portguard $words
                assert_status 0
                jq -e '.version | test("^[0-9]+[.][0-9]+[.][0-9]+$")' <<<"$output" || fail "$words: $output"
        done
}

@test "an unknown command is answered with the nearest" {
        assert_usage "unknown command 'aply' (did you mean 'apply'?)" aply
        assert_usage "unknown command 'staus' (did you mean 'status'?)" staus --json=no
        run portguard frobnicate
        assert_status 2
        # Joined by ", ".
        assert_output_has "$(printf ', %s' "${commands[@]}" | cut -c 3-)"
}

@test "an unknown option is answered with the nearest" {
        assert_usage "apply: unknown option '--dryrun' (did you mean '--dry-run'?)" apply --dryrun ssh
        assert_usage "unknown option '--jsno' (did you mean '--json'?)" --jsno status
        assert_usage "status: unknown option '--set' (see: portguard status --help)" status --set a=b
        assert_usage "apply: unknown option '-x' (see: portguard apply --help)" apply -nx ssh
        assert_usage "apply: unknown option '-json' (did you mean '--json'?)" apply -json ssh
}

@test "an option of a command stands behind its name" {
        assert_usage "option '--dry-run' belongs behind the command: portguard apply --dry-run" --dry-run apply
}

@test "options cannot be abbreviated" {
        assert_usage "plan: unknown option '--profile' (did you mean '--profiles'?)" plan --profile ssh
        assert_usage "plan: unknown option '--exit' (did you mean '--exit-code'?)" plan --exit ssh
}

@test "a value that is missing, or not taken, is told" {
        assert_usage "apply: option '--set' needs a value: --set NAME=VALUE" apply ssh --set
        assert_usage "option '--site' needs a value: --site FILE" --site
        assert_usage "plan: option '--exit-code' takes no value" plan --exit-code=yes ssh
}

@test "a choice takes its words only" {
        assert_usage "plan: option '--egress' takes open|strict, not 'strickt'" plan ssh --egress strickt
        assert_usage "plan: option '--egress' takes open|strict, not 'stricter'" plan ssh --egress stricter
        assert_usage "plan: option '--egress' takes open|strict, not 'op'" plan ssh --egress op
        assert_usage "show: option '--format' takes text|json|nft|dot, not ''" show --format ''
}

@test "a duration has a unit" {
        assert_usage "apply: option '--wait 10': the unit is missing: write 30s, 2m or 1h" apply --wait 10 ssh
        assert_usage "option '--wait 5d': the unit must be s, m or h, as in 30s, 2m or 1h" --wait 5d status
        assert_usage "option '--wait soon': a duration is a number and a unit, such as 30s, 2m or 1h" \
                --wait soon status
        assert_usage "option '--wait -1s': a duration is a number and a unit, such as 30s, 2m or 1h" \
                --wait -1s status
        for number in 25h 1441m 99999999999999999999999s; do
                assert_usage "option '--wait $number': a duration is at most 24h" --wait $number status
        done
        for number in 0s 30s 2m 24h; do
                run portguard --wait $number profiles list
                assert_status 0
        done
}

@test "a trial lasts a second at least" {
        assert_usage "apply: option '--trial 0s': a trial lasts 1s at least" apply --trial 0s ssh
        assert_usage "rollback: option '--trial 2': the unit is missing: write 30s, 2m or 1h" rollback --trial 2
        assert_usage "extend: '0m': a trial lasts 1s at least" extend 0m
        assert_usage "extend: '5': the unit is missing: write 30s, 2m or 1h" extend 5
        assert_usage "extend: '25h': a duration is at most 24h" extend 25h
        assert_usage "extend: say for how long from now on, as in: portguard extend 5m" extend
}

@test "a generation is a number" {
        assert_usage "rollback: generation '@41': write 41 (see: portguard history)" rollback @41
        assert_usage "rollback: generation 'ssh': a number is expected, such as 41 (see: portguard history)" rollback ssh
        assert_usage "rollback: generation '4x': a number is expected, such as 41 (see: portguard history)" rollback 4x
        assert_usage "rollback: generation '': a number is expected, such as 41 (see: portguard history)" rollback ''
        for number in 0 4294967296 99999999999999999999; do
                assert_usage "rollback: generation '$number': a number is from 1 to 4294967295 (see: portguard history)" \
                        rollback $number
                assert_usage "show: generation '$number': a number is from 1 to 4294967295 (see: portguard history)" \
                        show $number
        done
        assert_usage "show: generation '041': write 41 (see: portguard history)" show 041
        assert_usage "plan: option '--against #3': write 3" plan --against '#3' ssh
        assert_usage "plan: option '--against -1': a number is expected, such as 41" plan --against -1 ssh
        assert_usage "history: option '--limit 0': a number is from 1 to 4294967295" history -n 0
        assert_usage "status: option '--refused 0': a number is from 1 to 4096" status --refused 0
        assert_usage "status: option '--refused 4097': a number is from 1 to 4096" status --refused 4097
        assert_usage "explain: option '--sport 65536': a number is from 1 to 65535" explain tcp/22 --from 192.0.2.1 --sport 65536
        assert_usage "history: option '--keep 100001': a number is from 1 to 100000" history --keep 100001
        assert_usage "history: option '--keep 0': a number is from 1 to 100000" history --keep 0
}

@test "arguments that a command has no use for are refused" {
        for command in status verify audit doctor disable confirm restore history; do
                assert_usage "$command: unexpected argument 'ssh' (see: portguard $command --help)" $command ssh
        done
        assert_usage "show: no argument is expected (did you mean --profile ssh?)" show ssh
        assert_usage "show: unexpected argument '42' (see: portguard show --help)" show 41 42
        assert_usage "extend: unexpected argument '6m' (see: portguard extend --help)" extend 5m 6m
        assert_usage "rollback: unexpected argument '42' (see: portguard rollback --help)" rollback 41 42
        assert_usage "show: what to allow can be said with --profile NAME only" show --with all
        assert_usage "profiles: unknown action 'lst' (did you mean 'list'?)" profiles lst
        assert_usage "profiles: unknown action 'frobnicate' (list, show NAME, check FILE...)" profiles frobnicate
        assert_usage "profiles: show takes one profile: portguard profiles show NAME" profiles show
        assert_usage "profiles: check takes files: portguard profiles check FILE..." profiles check
}

@test "--json excludes another format" {
        run --separate-stderr portguard show --json --format nft
        assert_status 2
        assert_json '.error.message == "show: --json and --format nft exclude each other"'
}

@test "global options stand before the command or behind it" {
        unset PORTGUARD_PROFILES
        run --separate-stderr portguard --json --profiles "$PORTGUARD_SOURCE/profiles" profiles list
        assert_status 0
        before=$output
        run --separate-stderr portguard profiles list --profiles="$PORTGUARD_SOURCE/profiles" --json
        assert_status 0
        [ "$output" = "$before" ]
}

@test "an option wins over the environment" {
        mkdir "$BATS_TEST_TMPDIR/empty"
        PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/empty run --separate-stderr portguard profiles list
        [ -z "$output" ]
        PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/empty run --separate-stderr \
                portguard profiles list --profiles "$PORTGUARD_SOURCE/profiles"
        assert_status 0
        assert_output_has k8s-worker
}

@test "behind -- nothing is an option" {
        run --separate-stderr portguard show --profile ssh -- --json
        assert_status 3
        [ -z "$output" ]
}

@test "a usage error with --json is one object, wherever --json stands" {
        for line in 'show --format json ssh' 'aply --json' '--json apply --dryrun' 'apply --dryrun --json' '--json' '--wait 1 --json'; do
                # shellcheck disable=SC2086
                run --separate-stderr portguard $line
                assert_status 2
                assert_json '.error.status == 2 and (.error.message | length > 0) and .diagnostics == []'
        done
}

@test "JSON stays valid whatever is on the command line" {
        run --separate-stderr portguard --json $'\xff'
        assert_status 2
        assert_json '.error.message | contains("unknown command \u0027\\xff\u0027")'
}

@test "what is not printable in a word is shown, not sent to the terminal" {
        run --separate-stderr portguard $'st\e[31matus'
        assert_status 2
        assert_stderr_has 'st\x1b[31matus'
}
