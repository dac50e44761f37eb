#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What was applied, and the way back: history, show, plan --against, rollback, restore, verify --repair.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
setup() {
        common_setup
}

# assert_row REGEX: a line of the history, with runs of blanks as one.
assert_row() {
        tr -s ' ' <<<"$output" | sed 's/^ //' | grep -qE -- "^$1\$" || fail "expected the row: $1"
}

time='[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}'

@test "there is no history at first" {
        run --separate-stderr in_network 'portguard history'
        assert_status 0
        [ "$output" = "There is no generation yet (portguard apply PROFILE)." ] || fail "expected none"
        run --separate-stderr in_network 'portguard history --json'
        assert_json '. == {generations: [], keep: 100, warnings: []}'
}

@test "history lists the newest first, and marks the enforced one" {
        run --separate-stderr in_network 'portguard apply ssh https -m "web server" >/dev/null
                portguard apply ssh >/dev/null
                portguard history'
        assert_status 0
        [ -z "$stderr" ]
        assert_row 'NUMBER STATE WHEN WHO PROFILES WHY'
        assert_row "\* 2 confirmed $time .+ ssh"
        assert_row "1 confirmed $time .+ ssh, https web server"
        [ "$(tail -n 1 <<<"$output")" = "* enforced now" ] || fail "expected what the star means"
        [ "$(grep -n 'web server' <<<"$output" | cut -d: -f1)" = 3 ] || fail "expected the newest first"
}

@test "history -n lists that many" {
        run --separate-stderr in_network 'portguard apply ssh https >/dev/null
                portguard apply ssh >/dev/null
                portguard history -n 1 --json'
        assert_status 0
        assert_json '[.generations[].generation] == [2]'
        run --separate-stderr after_boot 'portguard history --limit 1'
        assert_row "2 confirmed $time .+ ssh"
        assert_output_lacks https
        run --separate-stderr after_boot 'portguard history --limit 5'
        assert_row "1 confirmed $time .+ ssh, https"
}

@test "history --json has the keys of the manual" {
        before=$(date -u +%Y-%m-%dT%H:%M:%SZ)
        run --separate-stderr in_network 'portguard apply k8s-worker --set cni=calico-vxlan \
                --group cluster=192.0.2.0/24 -m "joins the cluster" >/dev/null
                portguard status --json >"$PORTGUARD_STATE/status"
                TZ=Asia/Tokyo portguard history --json'
        assert_status 0
        assert_json '.keep == 100 and .warnings == [] and (.generations | length == 1)'
        assert_json '.generations[0] | .generation == 1 and .parent == null and .restores == null and
                .message == "joins the cluster" and .state == "confirmed" and .enforced == true and
                .profiles == ["k8s-worker"] and
                (.parameters | sort) == ["--group cluster=192.0.2.0/24", "--set cni=calico-vxlan"]'
        assert_json '.generations[0].actor | .uid == 0 and
                ([has("login_uid", "sudo_user", "ssh_peer", "process")] | all) and .process == "bash"'
        assert_json ".generations[0].digest == \"$(jq -r .digest "$PORTGUARD_STATE/status")\""
        # In UTC, whatever the zone is.
        after=$(date -u +%Y-%m-%dT%H:%M:%SZ)
        assert_json ".generations[0].time >= \"$before\" and .generations[0].time <= \"$after\""
}

@test "an apply that changes nothing makes no generation, and neither do plan and a dry run" {
        run --separate-stderr in_network 'portguard apply ssh >/dev/null
                portguard apply ssh >/dev/null
                portguard plan https >/dev/null
                portguard apply -n https >/dev/null
                portguard history --json'
        assert_json '[.generations[].generation] == [1]'
}

@test "a message that no generation has is said not to be in the history" {
        for words in 'apply ssh' 'rollback 1' 'rollback'; do
                run --separate-stderr in_network "portguard apply ssh >/dev/null
                        [ '$words' != rollback ] || portguard apply --trial 5m ssh https >/dev/null
                        portguard $words -m lost; portguard history --json >\"\$PORTGUARD_STATE/history\""
                assert_status 0
                assert_stderr_has 'no generation was made, so the message is not in the history'
                output=$(<"$PORTGUARD_STATE/history")
                assert_json 'all(.generations[]; .message == null)'
        done
        for words in 'apply ssh https' 'apply -n ssh' 'apply --trial 1m ssh https'; do
                run --separate-stderr in_network "portguard apply ssh >/dev/null; portguard $words -m kept"
                assert_status 0
                [[ $stderr != *'the message'* ]] || fail "$words: no warning is expected"
        done
}

@test "a message cannot move the cursor of who reads it" {
        run --separate-stderr in_network 'portguard apply ssh -m $'"'\e[2Jgone'"' >/dev/null
                portguard history; portguard show 1'
        assert_status 0
        assert_output_lacks $'\e'
        assert_output_has '\x1b[2Jgone'
}

@test "nothing was ever applied: disable is done, restore has nothing to restore, and names no generation" {
        run --separate-stderr in_network 'portguard disable >/dev/null
                portguard restore'
        assert_status 1
        assert_stderr_has 'the history has no confirmed generation: nothing was restored'
}

@test "history --keep forgets what is too many, and never the enforced one" {
        run --separate-stderr in_network 'for port in 1 2 3; do
                        portguard apply ssh --set ssh_port=$port >/dev/null
                done
                portguard history --keep 2 >"$PORTGUARD_STATE/keep"
                portguard apply ssh >/dev/null
                portguard history --json'
        assert_status 0
        assert_json '.keep == 2 and [.generations[] | select(.state == "confirmed") | .generation] == [4, 3]'
        grep -qx 'from now on the last 2 confirmed generations are kept' "$PORTGUARD_STATE/keep" ||
                fail "expected how many are kept"
}

@test "show N tells who, when and why, and what it opened" {
        run --separate-stderr in_network 'portguard apply ssh https --set ssh_from=internal -m "web server" >/dev/null
                portguard apply ssh >/dev/null
                portguard show 1'
        assert_status 0
        [ "$(head -n 1 <<<"$output")" = "generation 1 (ssh, https): confirmed; not enforced now" ] ||
                fail "expected what became of it"
        assert_row "when $time"
        assert_row "who .+, called by bash"
        assert_row 'why web server'
        assert_row 'parameters --set ssh_from=internal'
        assert_row 'after nothing enforced'
        assert_row 'digest [0-9a-f]{64}'
        assert_line "tcp/443 any https everybody"
        run --separate-stderr after_boot 'portguard show 2'
        [ "$(head -n 1 <<<"$output")" = "generation 2 (ssh): confirmed; not enforced now" ] ||
                fail "what a lost table enforced is history"
        assert_row 'after generation 1'
}

@test "show N --json, and in the words of nft" {
        run --separate-stderr in_network 'portguard apply ssh https -m web >/dev/null
                portguard show --json | jq -S .services >"$PORTGUARD_STATE/enforced"
                portguard apply ssh >/dev/null
                portguard show 1 --json'
        assert_status 0
        assert_json '.generation == 1 and .about.generation == 1 and .about.message == "web" and
                .about.state == "confirmed" and .about.enforced == false and .warnings == []'
        [ "$(jq -S .services <<<"$output")" = "$(cat "$PORTGUARD_STATE/enforced")" ] || fail "expected the same ports"
        run --separate-stderr after_boot 'portguard show 1 --format nft'
        assert_status 0
        [[ $output == "table inet portguard {"* ]] || fail "expected a table"
        printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/table.nft"
        run in_network "nft -c -f '$BATS_TEST_TMPDIR/table.nft'"
        assert_status 0
        run --separate-stderr after_boot 'portguard show --json'
        assert_json 'has("about") and .about == null'
}

@test "a number that is not in the history is told" {
        for line in 'show 7' 'rollback 7' 'plan --against 7 ssh'; do
                run --separate-stderr in_network "portguard apply ssh >/dev/null; portguard $line"
                [ "$status" -ne 0 ] || fail "expected a failure: $line"
                [ -z "$output" ]
                [[ $stderr == "portguard: "*7* ]] || fail "expected the number: $line"
        done
}

@test "plan --against compares with the history, not with what is enforced" {
        run --separate-stderr in_network 'portguard apply ssh https >/dev/null
                portguard apply ssh >/dev/null
                portguard plan --against 1 ssh'
        assert_status 0
        assert_line "closes tcp/443 was any https"
        assert_line "against generation 1: 1 to close. Nothing was changed."
        run --separate-stderr after_boot 'portguard plan --against 1 ssh https'
        assert_status 0
        assert_line "against generation 1: nobody gains or loses access. Nothing was changed."
        run --separate-stderr after_boot 'portguard plan --against 1 ssh --json --exit-code'
        assert_status 10
        assert_json '.changed and (.closes | length == 1)'
        run --separate-stderr after_boot 'portguard plan --against 1 ssh https --exit-code'
        assert_status 0
}

@test "rollback brings back the one before, as a new generation, without the files that made it" {
        run --separate-stderr in_network 'portguard apply ssh https -m web >/dev/null
                portguard apply ssh >/dev/null
                export PORTGUARD_PROFILES=/nonexistent PORTGUARD_SITE=/nonexistent
                portguard rollback -m "the web is back"
                portguard verify
                portguard history --json >"$PORTGUARD_STATE/history"'
        assert_status 0
        assert_line "opens tcp/443 to any https"
        assert_line "brought back generation 1 as generation 3 (ssh, https): 1 opened; read back and equal."
        assert_line "generation 3: the kernel holds exactly what was enforced"
        output=$(<"$PORTGUARD_STATE/history")
        assert_json '.generations[0] | .generation == 3 and .restores == 1 and .parent == 2 and .enforced and
                .message == "the web is back"'
        assert_json '.generations[0].digest == .generations[2].digest'
}

@test "rollback again goes back further, and not to what the first was to get away from" {
        run --separate-stderr in_network 'for role in ssh https k8s-worker; do portguard apply $role >/dev/null; done
                portguard rollback >/dev/null
                portguard rollback --json'
        assert_status 0
        assert_json '.generation == 5 and .restores == 1 and .profiles == ["ssh"]'
        run --separate-stderr in_network 'for role in ssh https; do portguard apply $role >/dev/null; done
                portguard rollback >/dev/null
                portguard rollback'
        assert_status 1
        assert_stderr_has "no generation to go back to"
        run --separate-stderr in_network 'for role in ssh https k8s-worker; do portguard apply $role >/dev/null; done
                portguard rollback 1 >/dev/null
                portguard apply mysql >/dev/null
                portguard rollback --json'
        assert_json '.generation == 6 and .restores == 4 and .profiles == ["ssh"]'
}

@test "rollback again, where what stood before is forgotten: there is none, and nothing changes" {
        run --separate-stderr in_network 'for role in ssh https mysql k8s-worker; do portguard apply $role >/dev/null; done
                portguard history --keep 2 >/dev/null
                portguard rollback >/dev/null
                portguard rollback || echo "ended with $?"
                portguard status --json >"$PORTGUARD_STATE/status"'
        assert_line "ended with 1"
        assert_stderr_has "no generation to go back to: what is enforced is what generation 3 was"
        output=$(<"$PORTGUARD_STATE/status")
        assert_json '.generation == 5 and .profiles == ["mysql"]'
}

@test "rollback N brings back that one" {
        run --separate-stderr in_network 'portguard apply ssh >/dev/null
                portguard apply ssh https >/dev/null
                portguard apply k8s-worker >/dev/null
                portguard rollback 1 --json
                portguard status --json >"$PORTGUARD_STATE/status"
                portguard history >"$PORTGUARD_STATE/history"'
        assert_status 0
        assert_json '.changed and .generation == 4 and .restores == 1 and .state == "confirmed" and
                .profiles == ["ssh"] and .dry_run == false and .trial == null and .warnings == []'
        output=$(<"$PORTGUARD_STATE/status")
        assert_json '[.services[].ports] == ["22"]'
        output=$(<"$PORTGUARD_STATE/history")
        assert_row "\* 4 confirmed $time .+ ssh restores 1"
}

@test "rollback --dry-run asks the kernel, and changes nothing" {
        run --separate-stderr in_network 'portguard apply ssh https >/dev/null
                portguard apply ssh >/dev/null
                portguard rollback -n
                portguard status --json >"$PORTGUARD_STATE/status"'
        assert_status 0
        assert_line "dry run: 1 to open. The kernel accepts this; nothing was changed."
        output=$(<"$PORTGUARD_STATE/status")
        assert_json '.generation == 2'
}

@test "rollback without a generation before it says so" {
        run --separate-stderr in_network 'portguard apply ssh >/dev/null; portguard rollback'
        [ "$status" -ne 0 ] || fail "expected a failure"
        [[ $stderr == "portguard: "* ]] || fail "expected the reason"
}

@test "disable keeps the history, and rollback brings the last one back" {
        run --separate-stderr in_network 'portguard apply ssh https >/dev/null
                portguard disable >/dev/null
                portguard restore
                portguard rollback >/dev/null
                portguard status --json >"$PORTGUARD_STATE/status"'
        assert_status 0
        assert_line "Nothing to restore: nothing is to be enforced (portguard apply PROFILE)."
        output=$(<"$PORTGUARD_STATE/status")
        assert_json '.state == "confirmed" and .profiles == ["ssh", "https"]'
}

@test "restore enforces the last confirmed generation, from the history alone" {
        run --separate-stderr in_network 'portguard apply ssh https'
        assert_status 0
        run --separate-stderr after_boot 'export PORTGUARD_PROFILES=/nonexistent PORTGUARD_SITE=/nonexistent
                portguard restore
                portguard restore
                portguard verify'
        assert_status 0
        assert_line "restored generation 1 (ssh, https); read back and equal."
        assert_line "Nothing to do: generation 1 (ssh, https) is already enforced; nothing was written to the kernel."
        assert_line "generation 1: the kernel holds exactly what was enforced"
        run --separate-stderr after_boot 'portguard restore --json'
        assert_json '.changed and .generation == 1 and .state == "confirmed" and .trial == null and .warnings == []'
}

@test "what was on trial is not restored at boot" {
        run --separate-stderr in_network 'portguard apply ssh https >/dev/null; portguard apply ssh --trial 10m'
        assert_status 0
        run --separate-stderr after_boot 'portguard restore --json'
        assert_status 0
        assert_json '.generation == 1 and .state == "confirmed" and .profiles == ["ssh", "https"]'
}

@test "restore fails where there is no history: a host without its rules must not boot in silence" {
        run --separate-stderr in_network 'status=0; portguard restore || status=$?; nft list ruleset; exit $status'
        assert_status 1
        [ -z "$output" ]
        assert_stderr_has "nothing was restored"
}

@test "restore leaves a trial alone" {
        run --separate-stderr in_network 'portguard apply ssh https >/dev/null
                portguard apply ssh --trial 10m >/dev/null
                portguard restore >"$PORTGUARD_STATE/restore" || true
                portguard status --json'
        assert_json '.state == "trial" and .generation == 2'
}

@test "verify --repair repairs drift" {
        run --separate-stderr in_network 'portguard apply ssh >/dev/null
                nft add rule inet portguard input counter accept
                status=0; portguard verify || status=$?
                [ $status -eq 6 ]
                portguard verify --repair
                portguard verify'
        assert_status 0
        assert_output_has "to repair it: portguard verify --repair)"
        assert_output_has "repaired: "
        [ "$(grep -c '^generation 1: the kernel holds exactly what was enforced$' <<<"$output")" = 2 ] ||
                fail "expected it in order twice"
}

@test "verify --repair brings back a table that somebody removed" {
        run --separate-stderr in_network 'portguard apply ssh >/dev/null
                nft delete table inet portguard
                portguard verify --repair --json'
        assert_status 0
        assert_json '.enforced and .drift == false and .generation == 1 and .differences == [] and
                (.repaired | length > 0) and (.warnings | type == "array")'
        run --separate-stderr in_network 'portguard apply ssh >/dev/null
                nft delete table inet portguard
                portguard verify'
        assert_status 6
        assert_output_has "to repair it: portguard verify --repair)"
        run --separate-stderr in_network 'portguard apply ssh >/dev/null
                portguard verify --repair --json'
        assert_status 0
        assert_json '.repaired == [] and .drift == false'
}

@test "verify --repair fails where nothing is to be enforced" {
        for line in 'true' 'portguard apply ssh && portguard disable'; do
                run --separate-stderr in_network "{ $line; } >/dev/null; portguard verify --repair"
                assert_status 1
                [ -z "$output" ]
                [[ $stderr == *"portguard: "* ]] || fail "expected the reason"
        done
}

@test "every command has warnings" {
        for line in 'apply ssh' 'rollback 1' 'restore' 'plan https' 'status' 'history' 'show' 'show 1' \
                'show --profile ssh' 'profiles list' 'profiles show ssh' 'verify' 'disable'; do
                run --separate-stderr in_network "portguard apply ssh >/dev/null; portguard $line --json"
                assert_status 0
                assert_json '.warnings | type == "array"'
        done
}

@test "without permission the status is 5" {
        for line in 'confirm' 'extend 1m' 'rollback' 'restore' 'verify --repair'; do
                # A user namespace without rights over any network: the capability is dropped.
                # shellcheck disable=SC2086
                run --separate-stderr unshare --user --map-root-user --net \
                        setpriv --bounding-set -net_admin --inh-caps -net_admin "$PORTGUARD" $line
                assert_status 5
                [ -z "$output" ]
                [[ $stderr == "portguard: "* ]] || fail "expected the reason"
        done
}
