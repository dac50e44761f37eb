#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A trial as it is typed: apply --trial, confirm, extend, rollback, and the question of an apply over ssh.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
setup() {
        common_setup
}

# What stands in front of somebody who applies over ssh: on_terminal says how they answer.
in_front() {
        SSH_CONNECTION='203.0.113.9 51234 192.0.2.1 22' TERM=xterm "$PORTGUARD_SOURCE/tests/cli/on_terminal" "$@"
}
export -f in_front

# asked SCRIPT: in a network namespace of its own; the terminal's text is in $output.
asked() {
        run --separate-stderr in_network "$1"
        [ "$status" -ne 99 ] || fail "what was expected on the terminal never came"
}

question='You are connected over ssh. Try it for 2 minutes first, and keep it only if you confirm? [Y/n/q]'
took='on trial: 120 s left; yes or no:'

assert_never_asked() {
        assert_output_lacks "You are connected over ssh"
}

@test "apply --trial says what is on trial, for how long, what comes after, and what to type" {
        run --separate-stderr in_network 'portguard apply ssh https >/dev/null; portguard apply ssh --trial 2m'
        assert_status 0
        assert_line "closes tcp/443 was any https"
        [ "$(tail -n 4 <<<"$output")" = "On trial: generation 2, 120 s left; then the kernel takes it back by itself, and generation 1 is enforced.
  portguard confirm      keep it for good
  portguard extend 5m    more time from now on
  portguard rollback     take it back now" ] || fail "expected the last lines"
}

@test "a first apply on trial falls back to nothing" {
        run --separate-stderr in_network 'portguard apply ssh --trial 2m; portguard status --json >"$PORTGUARD_STATE/status"'
        assert_status 0
        assert_line "On trial: generation 1, 120 s left; then the kernel takes it back by itself, and nothing is enforced."
        output=$(<"$PORTGUARD_STATE/status")
        assert_json '.state == "trial" and .generation == 1 and .trial.falls_back_to == null'
}

@test "status tells the trial" {
        run --separate-stderr in_network 'portguard apply ssh https >/dev/null
                portguard apply ssh --trial 10m >/dev/null
                portguard status'
        assert_status 0
        grep -qE '^On trial: generation 2, (600|59[0-9]) s left; .* generation 1 is enforced\.$' <<<"$output" ||
                fail "expected the seconds that are left"
        run --separate-stderr in_network 'portguard apply ssh https >/dev/null
                portguard apply ssh --trial 10m --json >"$PORTGUARD_STATE/apply"
                portguard status --json'
        assert_json '.state == "trial" and .trial.falls_back_to == .generation - 1 and
                .trial.expires_in > 590 and .trial.expires_in <= 600'
        output=$(<"$PORTGUARD_STATE/apply")
        assert_json '.state == "trial" and .changed and .trial.expires_in > 590 and .trial.expires_in <= 600'
}

@test "during a trial another apply is refused, with the time that is left" {
        run --separate-stderr in_network 'portguard apply ssh >/dev/null
                portguard apply ssh https --trial 10m >/dev/null
                portguard apply k8s-worker'
        assert_status 4
        [ -z "$output" ]
        grep -qE '(600|59[0-9]|9 ?m|10 ?m)' <<<"$stderr" || fail "expected the time that is left"
}

@test "confirm keeps it, and warns that nobody can have come in where no ssh server listens" {
        run --separate-stderr in_network 'portguard apply ssh --trial 2m >/dev/null
                portguard confirm
                portguard status --json >"$PORTGUARD_STATE/status"'
        assert_status 0
        [ "$output" = "kept generation 1 for good" ] || fail "expected it kept"
        assert_stderr_has "warning: no ssh server listens here: nothing shows that you can get in anew"
        [ "$(grep -c warning: <<<"$stderr")" -eq 1 ] || fail "expected one warning"
        output=$(<"$PORTGUARD_STATE/status")
        assert_json '.state == "confirmed" and .trial == null and .generation == 1'
        run --separate-stderr in_network 'portguard apply ssh --trial 2m >/dev/null; portguard confirm --json'
        assert_json '.state == "confirmed" and .ssh_connections == 0 and .trial == null and
                (.warnings | map(.text | contains("no ssh server listens here: ")) == [true])'
}

@test "confirm counts no ssh connections where the policy opens no port of it" {
        run --separate-stderr in_network 'portguard apply https --allow-lockout --trial 2m >/dev/null; portguard confirm --json'
        assert_status 0
        assert_json 'has("ssh_connections") and .ssh_connections == null and
                (.warnings | map(.text | contains("no ssh server listens here: ")) == [true])'
}

@test "confirm counts the ssh connections since the trial began" {
        # A neighbour in a second network namespace knocks at the port of ssh, once before and twice within.
        # shellcheck disable=SC2016 # for the shell in the namespace
        run --separate-stderr in_network '
                unshare --net sh -c "echo; exec sleep infinity" >"$BATS_TEST_TMPDIR/ready" 3>&- &
                neighbour=$!
                trap "kill $neighbour" EXIT
                until [ -s "$BATS_TEST_TMPDIR/ready" ]; do kill -0 $neighbour; done
                ip link add left type veth peer name right netns $neighbour
                ip address add 192.0.2.1/24 dev left
                ip link set left up
                nsenter --target $neighbour --net ip address add 192.0.2.2/24 dev right
                nsenter --target $neighbour --net ip link set right up
                knock() { ! nsenter --target $neighbour --net bash -c ": </dev/tcp/192.0.2.1/22" 2>"$PORTGUARD_STATE/refused"; }
                portguard apply ssh >/dev/null
                knock
                portguard apply ssh https --trial 2m >/dev/null
                knock
                knock
                portguard confirm'
        assert_status 0
        assert_line "kept generation 2 for good"
        assert_line "ssh: 2 new connections let in since the trial began"
        [[ $stderr != *warning* ]] || fail "not expected: a warning"
}

@test "without a trial, confirm and extend are refused" {
        for line in 'confirm' 'extend 5m'; do
                run --separate-stderr in_network "portguard apply ssh >/dev/null; portguard $line"
                assert_status 4
                [ -z "$output" ]
                [[ $stderr == "portguard: "*trial* ]] || fail "expected the reason"
                run --separate-stderr in_network "portguard $line --json"
                assert_status 4
                assert_json '.error.status == 4'
        done
}

@test "extend gives time from now on" {
        run --separate-stderr in_network 'portguard apply ssh --trial 1m >/dev/null; portguard extend 10m'
        assert_status 0
        grep -qE '^On trial: generation 1, (600|59[0-9]) s left; ' <<<"$output" || fail "expected ten minutes"
        run --separate-stderr in_network 'portguard apply ssh --trial 1m >/dev/null; portguard extend 2m --json'
        assert_json '.state == "trial" and .trial.expires_in > 110 and .trial.expires_in <= 120'
}

@test "extend makes no trial shorter, and what is offered is longer" {
        run --separate-stderr in_network 'portguard apply ssh --trial 10m >/dev/null; portguard extend 10m >/dev/null
                portguard extend 5m || status=$?
                portguard status --json; exit $status'
        assert_status 4
        grep -qE '^portguard: the trial has (10 min 0|9 min 5[0-9]) s left, and is not made shorter: ' <<<"$stderr" ||
                fail "expected the time that is left"
        assert_json '.trial.expires_in > 550'
        run --separate-stderr in_network 'portguard apply ssh --trial 10m >/dev/null; portguard status >"$PORTGUARD_STATE/told"
                $(sed -nE "s/^  (portguard extend [0-9]+m) .*/\1/p" "$PORTGUARD_STATE/told") --json'
        assert_status 0
        assert_json '.trial.expires_in > 600'
}

@test "rollback ends the trial" {
        run --separate-stderr in_network 'portguard apply ssh https >/dev/null
                portguard apply ssh --trial 2m >/dev/null
                portguard rollback
                portguard status --json >"$PORTGUARD_STATE/status"
                portguard history --json >"$PORTGUARD_STATE/history"'
        assert_status 0
        grep -qE '^took the trial back: generation 1( \(ssh, https\))? is enforced; read back and equal\.$' <<<"$output" ||
                fail "expected the sum"
        output=$(<"$PORTGUARD_STATE/status")
        assert_json '.state == "confirmed" and .generation == 1 and .trial == null'
        output=$(<"$PORTGUARD_STATE/history")
        assert_json '[.generations[] | [.generation, .state, .enforced]] == [[2, "ended", false], [1, "confirmed", true]]'
        run --separate-stderr in_network 'portguard disable >/dev/null
                portguard apply ssh --trial 2m >/dev/null; portguard rollback'
        assert_line "took the trial back: portguard is off again, nothing is enforced."
}

@test "a trial that nobody confirms ends by itself, and the history says so" {
        # shellcheck disable=SC2016 # for the shell in the namespace
        run --separate-stderr in_network 'portguard apply ssh https >/dev/null
                portguard apply ssh --trial 1s >/dev/null
                until [ "$(portguard status --json | jq -r .state)" = confirmed ]; do :; done
                portguard status --json
                portguard history --json >"$PORTGUARD_STATE/history"'
        assert_status 0
        assert_json '.generation == 1 and .trial == null and .profiles == ["ssh", "https"]'
        output=$(<"$PORTGUARD_STATE/history")
        assert_json '.generations[0] | .generation == 2 and .state == "expired" and .enforced == false'
}

@test "rollback can be tried too" {
        run --separate-stderr in_network 'portguard apply ssh https >/dev/null
                portguard apply ssh >/dev/null
                portguard rollback 1 --trial 2m --json'
        assert_status 0
        assert_json '.state == "trial" and .restores == 1 and .generation == 3 and .trial.falls_back_to == 2'
}

@test "disable ends the trial" {
        run --separate-stderr in_network 'portguard apply ssh --trial 2m >/dev/null
                portguard disable
                portguard status --json >"$PORTGUARD_STATE/status"'
        assert_status 0
        output=$(<"$PORTGUARD_STATE/status")
        assert_json '.state == "off" and .trial == null'
}

# --- the question ---

@test "over ssh, apply shows the plan and asks; n applies at once" {
        asked "in_front '$question' n -- \"\$PORTGUARD\" apply ssh"
        assert_status 0
        assert_line "opens tcp/22 to any ssh"
        assert_line "to apply: 1 to open."
        assert_line "applied generation 1 (ssh): 1 opened; read back and equal."
        assert_output_lacks "On trial"
}

@test "over ssh, options that are left out, or kept, are told before the question" {
        asked "portguard apply --allow-lockout ssh --set ssh_from=internal >/dev/null
                in_front '$question' n -- \"\$PORTGUARD\" apply ssh"
        assert_status 0
        [[ $output == *"generation 1 was applied with --set ssh_from=internal"*"$question"*"applied generation 2"* ]] ||
                fail "expected it to be named before the question"
        [ "$(grep -c 'was applied with' <<<"$output")" = 1 ] || fail "expected it once"
        asked "portguard apply --allow-lockout ssh --set ssh_from=internal >/dev/null
                in_front '$question' q -- \"\$PORTGUARD\" apply --allow-lockout --keep-options ssh https"
        [[ $output == *"kept of generation 1: --set ssh_from=internal"*"$question"* ]] ||
                fail "expected it to be told before the question"
}

@test "what is no longer what was shown is refused, whatever the answer" {
        for answer in y n; do
                asked "portguard apply --allow-lockout ssh >/dev/null; status=0
                        in_front '$question' '!\"\$PORTGUARD\" apply --allow-lockout https' '' $answer -- \"\$PORTGUARD\" apply --allow-lockout ssh dns-server || status=\$?
                        portguard status --json >\"\$PORTGUARD_STATE/status\"; exit \$status"
                assert_status 4
                assert_output_has 'this is no longer the change that was shown'
                assert_output_has 'generation 2 is enforced'
                output=$(<"$PORTGUARD_STATE/status")
                assert_json '.state == "confirmed" and .generation == 2 and .profiles == ["https"]'
        done
        # So is what the site file says otherwise by then.
        asked "portguard apply --allow-lockout ssh >/dev/null; status=0
                in_front '$question' '!echo \"profiles: [https]\" >>\"\$PORTGUARD_SITE\"' '' n -- \"\$PORTGUARD\" apply --allow-lockout ssh https || status=\$?
                exit \$status"
        assert_status 0
        asked "portguard apply --allow-lockout ssh >/dev/null; status=0
                in_front '$question' '!echo \"params: {ssh_from: internal}\" >>\"\$PORTGUARD_SITE\"' '' n -- \"\$PORTGUARD\" apply --allow-lockout ssh https || status=\$?
                exit \$status"
        assert_status 4
        assert_output_has 'this is no longer the change that was shown'
}

@test "q changes nothing" {
        for answer in q ^D; do
                asked "status=0; in_front '$question' $answer -- \"\$PORTGUARD\" apply ssh || status=\$?
                        [ -z \"\$(nft list ruleset)\" ] && exit \$status"
                assert_status 4
                assert_line "portguard: you said so: nothing was changed"
        done
        asked "status=0; in_front '$question' ^C -- \"\$PORTGUARD\" apply ssh || status=\$?
                [ -z \"\$(nft list ruleset)\" ] && exit \$status"
        assert_status 130
}

@test "what is no answer is asked about again" {
        asked "in_front '$question' perhaps '$question' q -- \"\$PORTGUARD\" apply ssh"
        assert_status 4
        assert_line "y: try it first; n: apply it for good, now; q: change nothing."
}

@test "y tries it, and yes keeps it" {
        for answer in y Yes ''; do
                asked "in_front '$question' '$answer' '$took' yes -- \"\$PORTGUARD\" apply ssh
                        portguard status --json >\"\$PORTGUARD_STATE/status\"; portguard disable >/dev/null"
                assert_status 0
                assert_output_has "s left; then the kernel takes it back by itself, and nothing is enforced."
                grep -qE '^kept generation [0-9]+ for good$' <<<"$output" || fail "expected it kept"
                output=$(<"$PORTGUARD_STATE/status")
                assert_json '.state == "confirmed"'
        done
}

@test "no takes it back" {
        asked "portguard apply ssh https >/dev/null; status=0
                in_front '$question' y '$took' no -- \"\$PORTGUARD\" apply ssh || status=\$?
                portguard status --json >\"\$PORTGUARD_STATE/status\"; exit \$status"
        assert_status 4
        grep -qE '^took the trial back: generation 1( \(ssh, https\))? is enforced; read back and equal\.$' <<<"$output" ||
                fail "expected the sum"
        output=$(<"$PORTGUARD_STATE/status")
        assert_json '.state == "confirmed" and .generation == 1'
}

@test "only yes and no in full decide" {
        # What is typed is echoed by the terminal, at any place of what is printed meanwhile.
        asked "in_front '$question' y '$took' y 'Type yes to keep it' '' 'Type yes to keep it' yes -- \"\$PORTGUARD\" apply ssh"
        assert_status 0
        [ "$(grep -o 'Type yes to keep it, or no to take it back\.' <<<"$output" | wc -l)" = 2 ] ||
                fail "expected to be told twice"
        assert_line "kept generation 1 for good"
}

@test "it counts down" {
        asked "in_front '$question' y 'on trial: 119 s left' '' 'on trial: 118 s left' no -- \"\$PORTGUARD\" apply ssh"
        assert_status 4
}

@test "the end of the session leaves the trial to the kernel" {
        for key in ^C ^D; do
                asked "in_front '$question' y '$took' $key -- \"\$PORTGUARD\" apply ssh
                        portguard status --json >\"\$PORTGUARD_STATE/status\"; portguard rollback >/dev/null"
                assert_status 0
                assert_line "The trial goes on without this session."
                output=$(<"$PORTGUARD_STATE/status")
                assert_json '.state == "trial" and .trial.expires_in > 100'
        done
        asked "in_front '$question' y '$took' ^HANGUP -- \"\$PORTGUARD\" apply ssh
                portguard status --json >\"\$PORTGUARD_STATE/status\""
        assert_status 0
        output=$(<"$PORTGUARD_STATE/status")
        assert_json '.state == "trial" and .trial.expires_in > 100'
}

@test "a confirm in another session ends the wait" {
        asked "in_front '$question' y '$took' '!\"\$PORTGUARD\" confirm 2>/dev/null' -- \"\$PORTGUARD\" apply ssh
                portguard status --json >\"\$PORTGUARD_STATE/status\""
        assert_status 0
        assert_line "kept generation 1 for good, by another session"
        output=$(<"$PORTGUARD_STATE/status")
        assert_json '.state == "confirmed" and .generation == 1'
}

@test "when the time is over it says what rules now" {
        # Its elements go, as they do when the time is over.
        asked "portguard apply ssh https >/dev/null; status=0
                in_front '$question' y '$took' '!nft flush set inet portguard trial' -- \"\$PORTGUARD\" apply ssh || status=\$?
                portguard status --json >\"\$PORTGUARD_STATE/status\"; exit \$status"
        assert_status 4
        assert_line "portguard: the trial is over, generation 2 was not kept: generation 1 (ssh, https) is enforced"
        output=$(<"$PORTGUARD_STATE/status")
        assert_json '.state == "confirmed" and .generation == 1'
}

@test "nothing is asked where nothing would change" {
        asked 'portguard apply ssh >/dev/null; in_front -- "$PORTGUARD" apply ssh'
        assert_status 0
        assert_never_asked
        assert_line "Nothing to do: generation 1 (ssh) is already enforced; nothing was written to the kernel."
}

@test "nothing is asked of who said how, of programs, and without ssh" {
        asked 'in_front -- "$PORTGUARD" apply --yes ssh'
        assert_status 0
        assert_never_asked
        assert_output_has "applied generation 1"
        asked 'in_front -- "$PORTGUARD" apply --trial 2m k8s-worker; portguard rollback >/dev/null'
        assert_status 0
        assert_never_asked
        for option in --json --dry-run; do
                asked "in_front -- \"\$PORTGUARD\" apply $option https"
                assert_status 0
                assert_never_asked
        done
        asked '"$PORTGUARD_SOURCE/tests/cli/on_terminal" -- "$PORTGUARD" apply k8s-worker'
        assert_status 0
        assert_never_asked
        run --separate-stderr in_network 'SSH_CONNECTION="203.0.113.9 1 192.0.2.1 22" portguard apply https ssh </dev/null'
        assert_status 0
        assert_never_asked
}

@test "a trial whose record another session deletes is not called over" {
        asked 'portguard apply ssh >/dev/null 2>&1
                in_front "'"$question"'" "" "'"$took"'" "!nft flush set inet portguard generation_b" \
                        "somebody changed the table" no -- "$PORTGUARD" apply ssh https'
        assert_status 4
        assert_output_lacks 'the trial is over'
        assert_output_has 'took the trial back: generation 1 (ssh) is enforced'
}

@test "a fault of the plan is told, and nothing asked" {
        asked 'in_front -- "$PORTGUARD" apply ssh --set ssh_port=99999'
        assert_status 3
        assert_never_asked
        assert_output_has 99999
}
