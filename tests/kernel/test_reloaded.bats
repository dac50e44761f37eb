#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# nft saved our table and loaded it again, as nftables.service does. nft writes some conditions otherwise than
# portguard: what means the same is read as the same.

load common

setup() {
        kernel_setup
}

teardown() {
        nft flush ruleset
}

# Roles and options that together make every kind of rule.
every_kind=(
        "ssh"
        "k8s-worker --group cluster=10.30.0.0/24,fd00:30::/64,10.1.2.3 --group control-plane=%lo,%cni*"
        "k8s-control-plane etcd --egress strict"
        "openstack-all-in-one --with all --egress strict"
        "anbox-cloud-worker haproxy"
)

# Ping from some only, without a limit, and under another one.
sites=(
        'egress: open'
        'params: {ping_from: internal}'
        'params: {ping_rate: 3/minute}'
)

# apply_every WHAT...: runs the rest with each of them enforced.
apply_every() {
        local arguments site

        for site in "${sites[@]}"; do
                echo "$site" >"$PORTGUARD_SITE"
                for arguments in "${every_kind[@]}"; do
                        # shellcheck disable=SC2086 # several words
                        portguard apply $arguments >/dev/null 2>&1 || fail "apply $arguments failed with $site"
                        "$@" || fail "after apply $arguments with $site"
                        assert_verified
                        # shellcheck disable=SC2086 # several words
                        run --separate-stderr portguard plan $arguments
                        assert_output_has 'Nothing would change'
                done
        done
}

# shellcheck disable=SC2120 # the options of `nft`, through apply_every
reload() {
        nft "$@" list ruleset >"$BATS_TEST_TMPDIR/saved"
        nft flush ruleset
        nft -f "$BATS_TEST_TMPDIR/saved"
}

@test "after nft saved and loaded it the table is what was enforced" {
        apply_every reload
}

@test "so it is without counters, and with numbers instead of names" {
        apply_every reload -s -n
}

answers() {
        for packet in ping tcp/22 tcp/10250 udp/8472 tcp/99 protocol/gre; do
                for from in 10.30.0.9 fd00:30::9 203.0.113.9 10.1.2.3; do
                        portguard explain "$packet" --from "$from"
                done
        done
        portguard diff 1
        portguard plan ssh
        portguard show
}

@test "explain, diff, plan and show answer as before" {
        apply_quietly k8s-worker --group cluster=10.30.0.0/24,fd00:30::/64,10.1.2.3
        answers >"$BATS_TEST_TMPDIR/before" 2>&1
        reload
        answers >"$BATS_TEST_TMPDIR/after" 2>&1
        diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
        # The table itself is asked, where the history is not there.
        rm -r "$PORTGUARD_STATE"/state.db*
        run portguard explain tcp/10250 --from 10.30.0.9
        assert_output_has 'accept tcp/10250'
        run portguard explain ping --from 203.0.113.9
        assert_output_has 'accept ping'
        run portguard explain tcp/10250 --from 203.0.113.9
        assert_output_has 'drop tcp/10250'
}

@test "what was changed in the file is told, and nothing else" {
        apply_quietly ssh
        nft list ruleset | sed 's/\(ct state established,related accept\)/\1\n\t\ttcp dport 9999 accept/' \
                >"$BATS_TEST_TMPDIR/saved"
        nft flush ruleset
        nft -f "$BATS_TEST_TMPDIR/saved"
        run --separate-stderr portguard verify
        assert_status 6
        [[ ${lines[0]} =~ ^'chain input_a, rule '[0-9]+': not ours: tcp dport 9999 accept'$ ]] || fail "another line"
        [ ${#lines[@]} = 2 ] || fail "expected that rule, and the verdict"
}

# load_saved: what was saved comes into an empty ruleset.
load_saved() {
        nft flush ruleset
        nft -f "$BATS_TEST_TMPDIR/saved"
}

save() {
        nft list ruleset >"$BATS_TEST_TMPDIR/saved"
}

# assert_disagrees TEXT ADVICE: every command says that the history says something else of the table.
assert_disagrees() {
        local command

        run --separate-stderr portguard verify
        assert_status 6
        [ "${lines[0]}" = "$1" ] || fail "another difference"
        assert_output_has "$2"
        run --separate-stderr portguard verify --json
        assert_status 6
        assert_json ".drift and .differences == [\"$1\"]"
        for command in status audit 'report -o -' 'plan https'; do
                # shellcheck disable=SC2086 # several words
                run --separate-stderr portguard $command
                [[ $(tr -s ' \n' ' ' <<<"$output") == *"$1"* ]] || fail "$command does not tell"
        done
        for command in status audit; do
                run --separate-stderr portguard "$command" --json
                assert_json ".fault | startswith(\"$1\")"
        done
        run --separate-stderr portguard doctor
        assert_output_has "$1"
}

# assert_agrees: nobody says so, and verify warns of nothing.
assert_agrees() {
        run --separate-stderr portguard verify
        assert_status 0
        [ -z "$stderr" ] || fail 'nothing is expected on standard error'
        run --separate-stderr portguard status --json
        assert_json '.fault == null'
}

@test "what is loaded after disable is drift, which disable or an apply settles, and no repair" {
        local text='the kernel holds generation 1, but by the history none should be enforced: portguard was disabled, and somebody loaded a table that was saved before'

        apply_quietly ssh
        save
        portguard disable
        load_saved
        assert_disagrees "$text" 'portguard disable, or portguard rollback 1 to keep generation 1'
        # What would be asked of a packet is the table's all the same.
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9
        assert_output_has 'accept tcp/22'
        run --separate-stderr portguard verify --repair
        assert_status 6
        assert_stderr_has 'portguard was disabled: nothing is restored, and generation 1, which somebody loaded, stays in force (to settle it: portguard disable, or portguard rollback 1 to keep generation 1)'
        assert_output_has "$text"
        run portguard disable
        assert_status 0
        run nft list tables
        assert_output_lacks portguard
        load_saved
        apply_quietly ssh
        assert_agrees
        # A trial that falls back to it.
        portguard disable
        load_saved
        apply_quietly --trial 5m https
        run portguard verify
        assert_status 6
        assert_output_has 'the trial falls back to generation 1, but by the history none should be enforced'
}

# each_advice_settles ADVICE: verify, status and doctor advise that, and each command of it, typed now, leaves nothing to
# be settled.
each_advice_settles() {
        local command commands

        run --separate-stderr portguard verify
        assert_status 6
        assert_output_has "to repair it: $1)"
        run --separate-stderr portguard status --json
        jq -e --arg advice "to settle it: $1)" '.fault | endswith($advice)' <<<"$output" >/dev/null || fail "expected $1"
        run --separate-stderr portguard doctor --json
        jq -e --arg advice "$1" 'any(.checks[]; .mend // "" | split("; ")[0] == $advice)' <<<"$output" >/dev/null ||
                fail "expected $1"
        cp -r "$PORTGUARD_STATE" "$BATS_TEST_TMPDIR/kept"
        nft list ruleset >"$BATS_TEST_TMPDIR/now"
        mapfile -t commands <<<"${1//, or /$'\n'}"
        for command in "${commands[@]}"; do
                command=${command% to keep *}
                command=${command/PROFILE/https}
                run eval "$command"
                assert_status 0
                run --separate-stderr portguard verify
                [[ $status -eq 0 || ($status -eq 1 && $stderr == *'nothing is enforced, nothing to verify'*) ]] ||
                        fail "$command does not settle it"
                rm -r "$PORTGUARD_STATE"
                cp -r "$BATS_TEST_TMPDIR/kept" "$PORTGUARD_STATE"
                nft flush ruleset
                nft -f "$BATS_TEST_TMPDIR/now"
        done
        # What is not advised does not.
        run portguard verify --repair
        assert_status 6
        rm -r "$BATS_TEST_TMPDIR/kept" "${PORTGUARD_STATE:?}"/*
        nft flush ruleset
}

@test "what is advised where a table is loaded after disable settles it" {
        apply_quietly https
        save
        portguard disable
        load_saved
        each_advice_settles 'portguard disable, or portguard rollback 1 to keep generation 1'
        # Also where somebody has changed it,
        apply_quietly https
        portguard disable
        load_saved
        nft add rule inet portguard "input_$(live_slot)" tcp dport 9999 accept
        each_advice_settles 'portguard disable, or portguard rollback 1 to keep generation 1'
        # and where it enforces nothing, or refuses everything.
        apply_quietly https
        portguard disable
        load_saved
        nft flush chain inet portguard input
        each_advice_settles 'portguard disable, or portguard apply PROFILE'
        apply_quietly https
        portguard disable
        load_saved
        nft 'table inet portguard { flags dormant; }'
        each_advice_settles 'portguard disable, or portguard apply PROFILE'
        # One that the history has not.
        apply_quietly ssh
        portguard disable
        load_saved
        each_advice_settles 'portguard disable, or portguard apply PROFILE'
}

@test "what is advised where a trial is loaded after disable settles it" {
        local end

        for end in confirm rollback; do
                apply_quietly https
                apply_quietly --trial 5m dns-server
                save
                portguard $end
                portguard disable
                load_saved
                each_advice_settles 'portguard disable, or portguard confirm to keep what is on trial'
                apply_quietly --trial 5m https
                save
                portguard $end
                portguard disable
                load_saved
                each_advice_settles 'portguard disable, or portguard confirm to keep what is on trial'
        done
        # What somebody changed is not confirmed.
        apply_quietly https
        apply_quietly --trial 5m dns-server
        save
        portguard disable
        sed -i 's/\(ct state established,related accept\)/\1\n\t\ttcp dport 9999 accept/' "$BATS_TEST_TMPDIR/saved"
        load_saved
        each_advice_settles 'portguard disable'
}

@test "a trial that ended, and is loaded again, is drift" {
        apply_quietly server-access
        apply_quietly --trial 5m ssh
        save
        portguard rollback >/dev/null
        load_saved
        assert_disagrees \
                'generation 2 is on trial again, but by the history its trial has ended: somebody loaded a table that was saved before' \
                'portguard rollback, or portguard confirm to keep what is on trial'
        portguard rollback >/dev/null
        assert_agrees
        load_saved
        run portguard confirm
        assert_status 0
        assert_agrees
}

# assert_states STATE...: of all generations, the oldest first.
assert_states() {
        run --separate-stderr portguard history --json
        jq -e --arg states "$*" '[.generations[].state] | reverse | join(" ") == $states' <<<"$output" >/dev/null ||
                fail "expected $*"
}

@test "a confirmed generation that is loaded as it was on trial is drift, and confirm settles it" {
        apply_quietly server-access
        apply_quietly --trial 5m ssh
        save
        portguard confirm
        load_saved
        assert_disagrees 'the trial falls back to generation 1, but by the history it should be 2' \
                'to repair it: portguard confirm)'
        run --separate-stderr portguard status
        [[ $(tr -s ' \n' ' ' <<<"$output") == *'(to settle it: portguard confirm)'* ]] || fail "expected confirm"
        run --separate-stderr portguard doctor --json
        assert_json '[.checks[] | select(.text | contains("falls back")) | .mend] ==
                ["portguard confirm; portguard verify tells all of it", "portguard confirm"]'
        portguard confirm
        assert_agrees
        assert_states confirmed confirmed
        # One that would fall back to nothing.
        nft flush ruleset
        rm "$PORTGUARD_STATE"/state.db
        apply_quietly --trial 5m ssh
        save
        portguard confirm
        load_saved
        assert_disagrees 'generation 1 is on trial again, but by the history it was confirmed: somebody loaded a table that was saved before' \
                'to repair it: portguard confirm)'
        portguard confirm
        assert_agrees
}

@test "a confirmed generation that was loaded as it was on trial stays confirmed when that is taken back" {
        apply_quietly server-access
        apply_quietly --trial 5m ssh
        save
        portguard confirm
        load_saved
        run portguard rollback
        assert_output_has 'took the trial back: generation 1 (server-access) is enforced'
        assert_states confirmed confirmed
        # What was taken back does not return, either.
        assert_agrees
        nft flush ruleset
        portguard restore
        run --separate-stderr portguard status --json
        assert_json '.generation == 1 and .fault == null'
        # Another one is enforced by the history: it stays so.
        apply_quietly https
        load_saved
        portguard rollback
        assert_states confirmed confirmed confirmed
        run portguard verify
        assert_output_has 'the kernel holds generation 1, but by the history it should be 3'
        portguard verify --repair
        assert_agrees
        load_saved
        portguard disable
        assert_states confirmed confirmed confirmed
        run --separate-stderr portguard rollback
        assert_output_has 'brought back generation 3'
}

@test "a trial that fell back to nothing, and is loaded after it was confirmed, may be taken back" {
        apply_quietly --trial 5m ssh
        save
        portguard confirm
        load_saved
        run portguard rollback
        assert_output_has 'portguard is off again'
        assert_states confirmed
        run --separate-stderr portguard verify
        assert_status 1
        assert_stderr_has 'nothing is enforced, nothing to verify'
}

@test "the end of a trial of another history is not noted of the generation that has its number" {
        apply_quietly server-access
        apply_quietly --trial 5m ssh
        save
        nft flush ruleset
        rm "$PORTGUARD_STATE"/state.db
        apply_quietly https
        apply_quietly https dns-server
        for end in rollback disable; do
                load_saved
                portguard "$end"
                assert_states confirmed confirmed
        done
}

@test "a generation of the same number, of another history, is drift" {
        apply_quietly ssh
        save
        portguard disable
        rm "$PORTGUARD_STATE"/state.db
        apply_quietly https
        load_saved
        run portguard verify
        assert_status 6
        assert_output_has 'the kernel holds another generation 1 than the history has'
        run portguard verify --repair
        assert_status 0
        run portguard explain tcp/443 --from 203.0.113.9
        assert_output_has 'accept tcp/443'
}

@test "a trial that is on is no drift, whatever was enforced before, nor one that was confirmed or taken back" {
        apply_quietly --trial 5m ssh
        assert_agrees
        portguard confirm >/dev/null
        assert_agrees
        apply_quietly --trial 5m https
        assert_agrees
        portguard extend 10m >/dev/null
        assert_agrees
        portguard rollback >/dev/null
        assert_agrees
        portguard disable
        apply_quietly --trial 5m https
        assert_agrees
}

@test "while others apply, confirm and disable, verify and status never call that drift" {
        local i writer

        apply_quietly ssh
        for ((i = 0; i < 6; i++)); do
                portguard apply --allow-lockout --trial 5m https && portguard confirm
                portguard apply --allow-lockout --trial 5m ssh && portguard rollback
                portguard disable
                portguard apply --allow-lockout ssh
        done >/dev/null 2>&1 3>&- &
        writer=$!
        while kill -0 $writer 2>/dev/null; do
                portguard verify >>"$BATS_TEST_TMPDIR/said" 2>&1 || true
                portguard status --json | jq -r '.fault // empty' >>"$BATS_TEST_TMPDIR/said"
        done
        wait $writer
        run grep -e 'by the history' -e 'than the history has' "$BATS_TEST_TMPDIR/said"
        [ -z "$output" ] || fail "$output"
        grep -q 'holds exactly what was enforced' "$BATS_TEST_TMPDIR/said"
}

@test "a history that is lost is not that of a host that was disabled" {
        apply_quietly ssh
        rm "$PORTGUARD_STATE"/state.db
        run --separate-stderr portguard verify
        assert_status 0
        run --separate-stderr portguard status --json
        assert_json '.fault == null'
}
