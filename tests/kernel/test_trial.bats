#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Trials, with real packets: the kernel takes them back, whatever has become of everything else.
# That no packet is misjudged meanwhile: test_hitless.bats.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
load network

setup_file() {
        make_network tcp/22 tcp/2222 tcp/30000
        serve outside outside tcp/443 tcp/8443
}

teardown_file() {
        remove_network
}

# ssh is what rules; k8s-worker, which opens tcp/30000, is what is tried.
setup() {
        kernel_setup
        PATH=$PORTGUARD_BUILD:$PORTGUARD_BUILD/tests/bench:$PATH
        export PORTGUARD_PROFILES=$PORTGUARD_SOURCE/tests/bench/profiles:$PORTGUARD_PROFILES
}

teardown() {
        thaw KILL
        nft flush ruleset
}

# begin DURATION: generation 1 for good, generation 2 on trial.
begin() {
        apply_quietly ssh
        apply_quietly --trial "$1" k8s-worker
}

status_of() {
        portguard status --json | jq -r "$1"
}

# Asked without portguard, which would settle what an expired trial left.
is_on_trial() {
        nft list set inet portguard trial 2>/dev/null | grep -q expires
}

went_back() {
        ! is_on_trial
}

refuses() {
        on outside tool_reach "dropped:tcp/$1@${net4[outside]}.1" "dropped:tcp/$1@${net6[outside]}:1" >/dev/null
}

# connects N PORT: new connections from outside, which all succeed.
connects() {
        local targets=() i

        for ((i = 0; i < $1; i++)); do
                targets+=("open:tcp/$2@${net4[outside]}.1")
        done
        run on outside tool_reach "${targets[@]}"
        assert_status 0
}

assert_enforced() {
        [ "$(status_of '"\(.state) \(.generation)"')" = "confirmed $1" ] ||
                fail "expected generation $1 to be enforced for good: $(portguard status 2>&1)"
        assert_verified
}

# assert_history GENERATION STATE
assert_history() {
        run --separate-stderr portguard history
        tr -s ' ' <<<"$output" | grep -qE "^ ?(\* )?$1 $2 " || fail "expected of generation $1 that it is $2"
}

# --- for as long as it lasts ---

@test "the window notices a port that closes too early, and one that stays open" {
        run bench_window 'portguard apply ssh' 7000 1500 'portguard apply --trial 1s ssh flood'
        assert_status 1
        assert_output_lacks 'wrong              0'
        run bench_window 'portguard apply ssh' 7000 500 'portguard apply ssh flood'
        assert_status 1
        assert_output_lacks 'wrong              0'
}

@test "what only the trial opens is open for as long as it lasts, and not longer" {
        run bench_window 'portguard apply ssh' 7000 1000 'portguard apply --trial 1s ssh flood'
        assert_status 0
        assert_line 'wrong 0'
}

@test "so it is after extend, which counts from its own time on" {
        run bench_window 'portguard apply ssh' 7000 4000 \
                'portguard apply --trial 2s ssh flood' 'portguard extend 3s' 'portguard extend 4s'
        assert_status 0
        assert_line 'wrong 0'
}

@test "so it is where nothing closed the port before: a first apply refuses for as long as it is on trial" {
        apply_quietly --trial 2s ssh
        reaches outside open:tcp/22 dropped:tcp/30000
        until_true 20 went_back
        reaches outside open:tcp/22 open:tcp/30000
        run --separate-stderr portguard status
        assert_status 0
        assert_output_has 'portguard is off'
        assert_stderr_has 'generation 1: its trial ended without a confirm: it was taken back; nothing is enforced now'
        run nft list tables
        [ "$output" = '' ] || fail 'expected no table'
        assert_history 1 expired
}

@test "what the trial accepted goes on after it, as any known connection does" {
        begin 2s
        mkfifo "$BATS_TEST_TMPDIR/lines"
        on outside tool_hold "${net4[outside]}.1" 30000 <>"$BATS_TEST_TMPDIR/lines" >"$BATS_TEST_TMPDIR/held" 3>&- &
        echo $! >"$BATS_FILE_TMPDIR/frozen.pid"
        until_true 10 grep -q connected "$BATS_TEST_TMPDIR/held"
        until_true 20 went_back
        reaches outside dropped:tcp/30000
        echo still there >"$BATS_TEST_TMPDIR/lines"
        until_true 10 grep -qE 'echo|lost' "$BATS_TEST_TMPDIR/held"
        grep -q echo "$BATS_TEST_TMPDIR/held"
}

@test "strict egress on trial, over open egress and over strict" {
        cat >"$PORTGUARD_SITE" <<'YAML'
egress: open
YAML
        apply_quietly ssh
        finds outside open:tcp/443 open:tcp/8443
        apply_quietly --trial 2s --egress strict ssh
        finds outside refused:tcp/8443
        run nft list chain inet portguard output
        assert_output_has @trial
        until_true 20 went_back
        finds outside open:tcp/443 open:tcp/8443
        # A hook that lets everything pass stays.
        assert_enforced 1
        apply_quietly --egress strict ssh
        finds outside refused:tcp/8443
        apply_quietly --trial 2s ssh
        finds outside open:tcp/8443
        until_true 20 went_back
        finds outside refused:tcp/8443
        assert_enforced 3
        finds outside refused:tcp/8443
}

# --- whatever becomes of everything else ---

# killed_at N: the same beginning each time; the Nth call of the apply is its last.
killed_at() {
        nft flush ruleset
        rm -r "$PORTGUARD_STATE"
        mkdir "$PORTGUARD_STATE"
        apply_quietly ssh
        tool_interrupt kill "$1" "state=$PORTGUARD_STATE" "$PORTGUARD" apply --trial 1s k8s-worker >/dev/null 2>&1 ||
                [ $? -eq 137 ]
}

@test "portguard is killed right after the trial began, and right before it would have said so" {
        local low=1 high middle calls

        apply_quietly ssh
        calls=$(tool_interrupt count "state=$PORTGUARD_STATE" "$PORTGUARD" apply --trial 1s k8s-worker 2>&1 >/dev/null |
                sed -n 's/^interrupt: \([0-9]*\) calls$/\1/p')
        high=$calls
        # The first call after which the trial is open.
        while ((low < high)); do
                middle=$(((low + high) / 2))
                killed_at $middle
                if is_on_trial; then
                        high=$middle
                else
                        low=$((middle + 1))
                fi
        done
        ((low > 1 && low < calls)) || fail "no call of $calls began the trial"
        for at in "$low" "$calls"; do
                killed_at "$at"
                reaches outside open:tcp/22 open:tcp/30000
                until_true 20 went_back
                reaches outside open:tcp/22 dropped:tcp/30000
                run --separate-stderr portguard status
                assert_status 0
                assert_output_has 'enforced: generation 1 (ssh)'
                assert_stderr_has 'generation 2: '
                assert_enforced 1
                assert_history 1 confirmed
        done
}

@test "the state directory is removed" {
        begin 2s
        rm -r "$PORTGUARD_STATE"
        run --separate-stderr portguard status
        assert_output_has 'On trial: '
        reaches outside open:tcp/30000
        until_true 20 went_back
        reaches outside open:tcp/22 dropped:tcp/30000
        assert_enforced 1
}

@test "the state directory is removed: extend, confirm and rollback do what the kernel needs for it" {
        begin 1m
        rm -r "$PORTGUARD_STATE"
        run --separate-stderr portguard extend 2m
        assert_status 0
        (($(status_of .trial.expires_in) > 60)) || fail 'expected more than a minute'
        rm -r "$PORTGUARD_STATE"
        run --separate-stderr portguard rollback
        assert_status 0
        assert_enforced 1
        apply_quietly --trial 1m k8s-worker
        rm -r "$PORTGUARD_STATE"
        run --separate-stderr portguard confirm
        assert_status 0
        assert_enforced "$(status_of .generation)"
        reaches outside open:tcp/30000
        # What is kept for good is in the history, although that has begun anew.
        nft flush ruleset
        run --separate-stderr portguard restore
        assert_status 0
        reaches outside open:tcp/30000 dropped:tcp/2222
}

# freeze COMMAND...: starts it, and stops it for good at the first of its messages to the kernel that leaves a
# trial open. The calls before that are made by another one each, from the beginning.
freeze() {
        local n

        for n in 1 2 3 4 5 6 7 8; do
                rm -f "$BATS_TEST_TMPDIR/strace"
                env ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" strace -o "$BATS_TEST_TMPDIR/strace" \
                        -e trace=sendmsg -e "inject=sendmsg:signal=SIGSTOP:when=$n" "$@" >"$BATS_TEST_TMPDIR/frozen" 2>&1 3>&- &
                echo $! >"$BATS_FILE_TMPDIR/frozen.pid"
                until_true 20 grep -qs 'stopped by SIGSTOP' "$BATS_TEST_TMPDIR/strace"
                is_on_trial && return
                thaw KILL
        done
        fail 'nothing was put on trial'
}

# thaw SIGNAL: sends it to what was frozen, and waits until that has ended.
thaw() {
        local tracer

        [ -e "$BATS_FILE_TMPDIR/frozen.pid" ] || return 0
        tracer=$(<"$BATS_FILE_TMPDIR/frozen.pid")
        rm "$BATS_FILE_TMPDIR/frozen.pid"
        pkill "-$1" -P "$tracer" || kill "$tracer" || true
        wait "$tracer" || true
}

@test "portguard stands still, and with it whoever waits for its lock" {
        apply_quietly ssh
        freeze "$PORTGUARD" apply --trial 2s k8s-worker
        reaches outside open:tcp/30000
        # Nothing of ours runs but what sends the packets.
        until_true 20 refuses 30000
        reaches outside open:tcp/22 dropped:tcp/30000
        went_back
        # The lock is held: who only looks does not wait for it.
        run --separate-stderr portguard status
        assert_status 0
        assert_output_has 'enforced: generation 1 (ssh)'
        run --separate-stderr portguard --wait 0s confirm
        assert_status 1
        assert_stderr_has 'another portguard'
        # It finds that its time is over, says so, and leaves what rules.
        thaw CONT
        run cat "$BATS_TEST_TMPDIR/frozen"
        assert_output_lacks 'applied generation'
        reaches outside open:tcp/22 dropped:tcp/30000
        assert_enforced 1
        run portguard confirm
        assert_status 4
}

# The kernel counts the time of a trial in its ticks (jiffies), which setting the clock does not move. That is
# not shown here: the clock is the host's, of which there is no namespace (`unshare --time` has only the
# monotonic ones), and a test must not set it. What is shown is that portguard does not look at it either:
# what it says of a trial, and does with it, is the same with its clock hours away.
at() {
        ASAN_OPTIONS="${ASAN_OPTIONS:-}:verify_asan_link_order=0" FAKETIME_DONT_FAKE_MONOTONIC=1 \
                faketime -f "$1" "$PORTGUARD" "${@:2}"
}

@test "the time of day is set back and forward by hours" {
        local left

        [ "$(faketime -f +5h date +%s)" -gt $(($(date +%s) + 4 * 3600)) ] || fail 'no other time'
        apply_quietly ssh
        at -5h apply --trial 1m k8s-worker >/dev/null
        for clock in +0 +5h -5h; do
                left=$(at "$clock" status --json | jq .trial.expires_in)
                ((left > 30 && left <= 60)) || fail "$left s at $clock"
        done
        at +5h rollback >/dev/null
        at -5h apply --trial 2s k8s-worker >/dev/null
        at +5h extend 3s >/dev/null
        reaches outside open:tcp/30000
        until_true 20 refuses 30000
        run --separate-stderr at -5h confirm
        assert_status 4
        assert_enforced 1
        assert_history 3 expired
        at -5h apply --trial 1m k8s-worker >/dev/null
        at +5h confirm >/dev/null 2>&1
        assert_enforced 4
        assert_history 4 confirmed
}

@test "somebody flushes the ruleset, as a boot does: restore brings back what was confirmed" {
        begin 1m
        nft flush ruleset
        run --separate-stderr portguard restore
        assert_status 0
        assert_output_has 'restored generation 1 (ssh)'
        reaches outside open:tcp/22 dropped:tcp/30000
        assert_enforced 1
        assert_history 2 ended
}

# --- what is said of it ---

@test "status counts the seconds down, and says what comes after" {
        local left

        begin 4s
        run portguard status
        assert_output_has 'On trial: '
        assert_output_has 'takes it back by itself, and generation 1 is enforced'
        left=$(status_of .trial.expires_in)
        ((left >= 1 && left <= 4)) || fail "$left s of 4"
        until_true 20 left_is_below "$left"
        until_true 20 went_back
        run --separate-stderr portguard status --json
        assert_json '.state == "confirmed" and .generation == 1 and .trial == null'
}

left_is_below() {
        (($(status_of '.trial.expires_in // 0') < $1))
}

@test "verify sees what somebody did to the policy on trial, and to the one behind it" {
        begin 1m
        nft insert rule inet portguard "input_$(live_slot | head -n 1)" counter
        run portguard verify
        assert_status 6
        portguard rollback >/dev/null
        portguard verify --repair >/dev/null
        begin 1m
        nft insert rule inet portguard "input_$(live_slot | tail -n 1)" counter
        run portguard verify
        assert_status 6
}

@test "what only looks works meanwhile" {
        begin 1m
        run portguard status --json
        assert_json '.state == "trial" and .generation == 2 and .trial.falls_back_to == 1'
        run portguard show
        assert_output_has tcp/30000-32767
        run portguard plan ssh
        assert_output_has 'closes  tcp/30000-32767'
        run portguard plan k8s-worker
        assert_output_has 'Nothing would change'
        assert_history 2 trial
        assert_history 1 confirmed
        run portguard verify
        assert_status 0
        assert_output_has 'generation 2: the kernel holds exactly what was enforced'
        # All of that left it as it was.
        [ "$(status_of .state)" = trial ]
        nft add rule inet portguard "input_$(nft list chain inet portguard input |
                sed -nE 's/.*@trial goto input_([ab])$/\1/p')" counter
        run portguard verify
        assert_status 6
}

# assert_offered CONFIRM EXTEND: what status and others offer is what works, and both are tried.
assert_offered() {
        local command

        [ "$(status_of '"\(.trial.can_confirm) \(.trial.can_extend)"')" = "$1 $2" ] || fail "expected $1 $2"
        for command in status 'plan https' 'doctor' 'apply --allow-lockout https' 'report -o -'; do
                # shellcheck disable=SC2086 # several words
                run --separate-stderr portguard $command
                [ "$1" = true ] || [[ $output$stderr != *'portguard confirm'* ]] || fail "$command offers to confirm"
                [ "$2" = true ] || [[ $output$stderr != *'portguard extend'* ]] || fail "$command offers to extend"
        done
        run --separate-stderr portguard status
        assert_output_has 'portguard rollback'
        run --separate-stderr portguard extend 5m
        [ "$((status == 0))" = "$([ "$2" = true ] && echo 1 || echo 0)" ] || fail "extend: $status"
        [ "$status" != 0 ] || [ "$1" = true ] || [[ $output != *'portguard confirm'* ]] || fail 'extend offers to confirm'
        run --separate-stderr portguard confirm
        [ "$((status == 0))" = "$([ "$1" = true ] && echo 1 || echo 0)" ] || fail "confirm: $status"
}

@test "confirm and extend are offered where they work" {
        begin 1m
        assert_offered true true
        portguard rollback 1 --allow-lockout >/dev/null
        apply_quietly --trial 1m k8s-worker
        nft add rule inet portguard "$(nft list chain inet portguard input | grep -m1 -o 'input_[ab]')" tcp dport 1 accept
        assert_offered false true
        run --separate-stderr portguard status
        assert_output_has 'Somebody changed what is on trial: it cannot be kept, portguard rollback takes it back.'
        portguard rollback --allow-lockout >/dev/null
        apply_quietly --trial 1m k8s-worker
        nft delete element inet portguard trial '{ 1 }'
        assert_offered false false
        run --separate-stderr portguard status
        assert_output_has "Somebody changed the trial's set: it can be neither kept nor extended, portguard rollback takes it back."
        portguard rollback --allow-lockout >/dev/null
        assert_verified
}

@test "another apply is refused with the time left, for good or on trial" {
        begin 1m
        for arguments in 'ssh' 'k8s-worker' '--trial 1m ssh' '--dry-run ssh'; do
                # shellcheck disable=SC2086 # several words
                run --separate-stderr portguard apply $arguments
                assert_status 4
                grep -qE 'generation 2 is on trial for another (1 min|[0-9]+ s)' <<<"$stderr" || fail "$arguments"
        done
        [ "$(status_of '"\(.state) \(.generation)"')" = 'trial 2' ]
        reaches outside open:tcp/30000
}

@test "a plan says that it compares with what is on trial, and that apply is refused meanwhile" {
        begin 5m
        run --separate-stderr portguard plan https
        assert_status 0
        assert_output_has 'against what is on trial. Nothing was changed; apply is refused while generation 2 is on trial: keep it (portguard confirm) or take it back (portguard rollback) first.'
        assert_output_lacks 'apply with the same arguments'
        run --separate-stderr portguard plan k8s-worker
        assert_output_has 'Nothing would change: generation 2 (k8s-worker) is already enforced, on trial'
        run --separate-stderr portguard apply --allow-lockout https
        assert_status 4
        portguard confirm >/dev/null
        run --separate-stderr portguard plan https
        assert_output_has 'Nothing was changed; apply with the same arguments does it.'
        assert_output_lacks 'on trial'
}

@test "restore leaves it alone: a service that is started again in the meantime does not fail" {
        begin 1m
        run --separate-stderr portguard restore
        assert_status 0
        assert_output_has 'Nothing was restored: generation 2 (k8s-worker) is on trial'
        [ "$(status_of '"\(.state) \(.generation)"')" = 'trial 2' ]
        reaches outside open:tcp/30000
}

@test "a role that is enforced already is nothing to be tried" {
        apply_quietly ssh
        run portguard apply --trial 1m ssh
        assert_status 0
        assert_output_has 'Nothing to do'
        assert_output_has 'No trial is open'
        went_back
        assert_enforced 1
}

# What is tidied up beside the policy has nothing to go back to.
@test "where only a foreign chain is to be removed there is no trial, and apply says so" {
        apply_quietly ssh
        nft add chain inet portguard foreign '{ type filter hook input priority 10; }'
        run portguard apply --trial 1m ssh
        assert_status 0
        assert_output_lacks 'On trial'
        assert_output_has 'No trial is open'
        [ "$(status_of '"\(.state) \(.generation) \(.trial)"')" = 'confirmed 1 null' ] || fail "another state"
        nft add chain inet portguard foreign '{ type filter hook input priority 10; }'
        run --separate-stderr portguard apply --trial 1m --json ssh
        assert_json '.changed and .state == "confirmed" and .generation == 1 and .trial == null'
        assert_json '.untried and (.repaired | length == 1)'
        ! nft list chain inet portguard foreign 2>/dev/null || fail "the chain is still there"
        assert_verified
}

@test "a trial over a rule that somebody put into the hook passes it by, and asks it again after" {
        apply_quietly ssh
        nft insert rule inet portguard input tcp dport 30000 accept
        reaches outside open:tcp/30000
        run --separate-stderr portguard apply --trial 2m --json ssh
        assert_json '.state == "trial" and .generation == 2 and .trial.falls_back_to == 1 and (.untried | not)'
        [ "$(status_of .state)" = trial ]
        refuses 30000
        run --separate-stderr portguard rollback
        assert_status 6
        reaches outside open:tcp/30000
        apply_quietly --trial 2m ssh
        portguard confirm >/dev/null
        refuses 30000
        assert_verified
}

@test "a trial over a table that somebody made dormant falls back to nothing, as before" {
        local policy

        for policy in ssh k8s-worker; do
                apply_quietly ssh
                nft add table inet portguard '{ flags dormant; }'
                reaches outside open:tcp/2222
                run --separate-stderr portguard apply --trial 2m --json "$policy"
                assert_status 0
                assert_json '.state == "trial" and .trial.falls_back_to == null'
                [ "$(status_of .state)" = trial ]
                refuses 2222
                portguard rollback >/dev/null
                reaches outside open:tcp/2222
                [ "$(status_of .state)" = off ] || fail "something is enforced after the trial"
                portguard disable >/dev/null
        done
}

# Without a trial nothing takes it back: so nobody may be locked out by it.
@test "what is tidied up for good obeys the lockout guard though a trial was asked for" {
        apply_quietly ssh --set ssh_from=192.0.2.0/24
        nft add chain inet portguard foreign '{ type filter hook input priority 10; }'
        export SSH_CONNECTION="${net4[outside]}.9 50000 ${net4[outside]}.1 22"
        run --separate-stderr portguard apply --trial 1m ssh --set ssh_from=192.0.2.0/24
        assert_status 4
        nft list chain inet portguard foreign >/dev/null
}

@test "confirm and extend after the time is up are refused, and change nothing" {
        begin 1s
        until_true 20 went_back
        run --separate-stderr portguard extend 1m
        assert_status 4
        assert_stderr_has 'no trial is open (any more): generation 1 is enforced for good'
        run --separate-stderr portguard confirm
        assert_status 4
        reaches outside dropped:tcp/30000
        assert_enforced 1
        assert_history 2 expired
}

# --- confirm ---

@test "what was confirmed stays when the time would be up" {
        begin 2s
        run --separate-stderr portguard confirm
        assert_status 0
        run nft list table inet portguard
        assert_output_lacks trial
        assert_enforced 2
        assert_history 2 confirmed
        # Longer than the trial was: the next one, which began later and lasts as long, is over.
        apply_quietly --trial 2s ssh
        until_true 20 went_back
        reaches outside open:tcp/30000
        assert_enforced 2
}

@test "confirm counts the new connections to ssh since the trial began, and no others" {
        apply_quietly ssh
        connects 5 22
        apply_quietly --trial 1m k8s-worker
        connects 3 22
        connects 2 30000
        [ "$(status_of '.services[] | select(.ports == "22") | .packets')" -eq 8 ] || fail 'the counter goes on'
        run portguard confirm
        assert_status 0
        assert_output_has 'ssh: 3 new connections let in since the trial began'
        # Those of the trial before are not counted again.
        connects 1 22
        apply_quietly --trial 1m ssh
        connects 4 22
        run --separate-stderr portguard confirm --json
        assert_json '.ssh_connections == 4 and .ssh_untracked == false and .warnings == []'
}

# Behind the policy, or of its answers: who was let in may not have come through.
@test "apply --trial and confirm name another table that may drop whom the trial lets in" {
        apply_quietly ssh
        for chain in 'input priority 5; tcp dport 22 drop;' 'output priority 0; policy drop;'; do
                nft "table ip other { chain c { type filter hook $chain }; }"
                run --separate-stderr portguard apply --trial 1m --allow-lockout server-access
                assert_status 0
                assert_stderr_has 'warning: table ip other, chain c (hook '
                assert_stderr_has 'may drop what the policy lets in, or its answers: log in once more before you confirm'
                run on outside tool_reach dropped:tcp/22@203.0.113.1
                [ "$status" -eq 0 ] || fail "somebody gets through"
                run --separate-stderr portguard confirm
                assert_status 0
                [[ $output == *'let in since the trial began'* ]] || fail "expected the count"
                assert_stderr_has 'warning: table ip other, chain c (hook '
                assert_stderr_has 'whether a new ssh connection gets through is not known'
                nft delete table ip other
                apply_quietly ssh
        done
        # What comes before the policy is not counted; what drops nothing, or whom it lists, says nothing.
        nft 'table ip other { chain a { type filter hook input priority -5; tcp dport 23 drop; };
                chain b { type filter hook input priority 5; counter; };
                chain c { type filter hook input priority 5; ip saddr 192.0.2.1 drop; }; }'
        run --separate-stderr portguard apply --trial 1m server-access
        [[ $stderr != *'table ip other'* ]] || fail "$stderr"
        connects 2 22
        run --separate-stderr portguard confirm --json
        assert_json '.ssh_connections == 2 and .ssh_untracked == false and .warnings == []'
        nft delete table ip other
}

@test "confirm does not take packets that are not tracked for connections" {
        nft 'table inet raw { chain p { type filter hook prerouting priority -300; tcp dport 22 notrack; };
                chain o { type filter hook output priority -300; tcp sport 22 notrack; }; }'
        apply_quietly ssh
        apply_quietly --trial 1m --allow-lockout server-access
        connects 1 22
        run --separate-stderr portguard confirm
        assert_status 0
        [[ $output =~ 'ssh: '[0-9]+' new connections, or packets that are not tracked, let in since' ]] || fail "$output"
        assert_stderr_has 'warning: table inet raw, chain p (and 1 more) takes packets out of connection tracking: '
        apply_quietly --trial 1m --allow-lockout ssh
        connects 1 22
        run --separate-stderr portguard confirm --json
        assert_json '.ssh_connections > 1 and .ssh_untracked and (.warnings | length) == 1'
        nft delete table inet raw
}

@test "confirm warns when nobody opened a new connection to ssh" {
        apply_quietly ssh
        connects 2 22
        apply_quietly --trial 1m k8s-worker
        run --separate-stderr portguard confirm
        assert_status 0
        assert_stderr_has 'no new ssh connection was let in during the trial: open one now before you close this session'
        [ "$(grep -c warning: <<<"$stderr")" -eq 1 ] || fail "expected one warning"
        assert_output_lacks 'new connection'
}

# warns_untried TEXT WORD...: confirm of what is applied so warns of that, and of nothing else.
warns_untried() {
        local text=$1

        shift
        apply_quietly --trial 1m "$@"
        run --separate-stderr portguard confirm
        assert_status 0
        [ "$(grep -c warning: <<<"$stderr")" -eq 1 ] || fail "expected one warning"
        assert_stderr_has "warning: $text: nothing shows that you can get in anew"
}

@test "confirm warns where nobody could have come in by ssh" {
        warns_untried 'the policy opens no port of ssh' https
        stop_in_background host.serve
        serve host "" tcp/30000 tcp/22@127.0.0.1 tcp/22@::1
        warns_untried 'no ssh server listens here but on loopback' ssh
        warns_untried 'no ssh server listens here but on loopback' https
        # Others get to it by NAT.
        echo 1 >/proc/sys/net/ipv4/conf/outside/route_localnet
        nft 'table ip own { chain pre { type nat hook prerouting priority dstnat; tcp dport 2222 dnat to 127.0.0.1:22; }; }'
        warns_untried 'the policy opens no port of ssh' https dns-server
        apply_quietly --trial 1m ssh
        run --separate-stderr portguard confirm
        assert_stderr_has 'no new ssh connection was let in during the trial'
        apply_quietly --trial 1m ssh https
        connects 1 2222
        run --separate-stderr portguard confirm --json
        assert_json '.ssh_connections == 1 and .warnings == []'
        nft delete table ip own
        echo 0 >/proc/sys/net/ipv4/conf/outside/route_localnet
        stop_in_background host.serve
        serve host "" tcp/30000
        warns_untried 'no ssh server listens here' ssh
        warns_untried 'no ssh server listens here' https
        stop_in_background host.serve
        serve host "" tcp/22 tcp/2222 tcp/30000
        apply_quietly --trial 1m ssh
        connects 1 22
        run --separate-stderr portguard confirm --json
        assert_json '.ssh_connections == 1 and .warnings == []'
}

@test "confirm counts where ssh is let in from elsewhere than before, and on the port of the own session" {
        apply_quietly ssh
        connects 5 22
        apply_quietly --trial 1m ssh --set ssh_from=203.0.113.0/24
        connects 2 22
        run --separate-stderr portguard confirm --json
        assert_json '.ssh_connections == 2'
        apply_quietly --trial 1m ssh --set ssh_port=2222
        connects 3 2222
        run --separate-stderr env SSH_CONNECTION='203.0.113.9 50000 203.0.113.1 2222' "$PORTGUARD" confirm --json
        assert_json '.ssh_connections == 3'
}

# --- one after the other ---

@test "a trial whose table somebody removed was not ended by its time" {
        begin 1m
        nft flush ruleset
        # Also before anybody may write it down.
        assert_history 2 ended
        run --separate-stderr portguard confirm
        assert_status 4
        assert_stderr_has 'generation 2: its trial ended with the table: the host was started anew, or somebody removed it'
        assert_history 2 ended
}

@test "a second trial begins when the first has expired, was taken back, or was confirmed" {
        begin 1s
        until_true 20 went_back
        run --separate-stderr portguard apply --trial 1m k8s-worker
        assert_status 0
        assert_stderr_has 'generation 2: its trial ended without a confirm'
        assert_output_has 'applied generation 3'
        reaches outside open:tcp/30000
        portguard rollback >/dev/null
        reaches outside dropped:tcp/30000
        apply_quietly --trial 1m k8s-worker
        portguard confirm >/dev/null 2>&1
        apply_quietly --trial 1s ssh
        reaches outside dropped:tcp/30000
        until_true 20 went_back
        reaches outside open:tcp/30000
        assert_enforced 4
        assert_history 5 expired
        assert_history 4 confirmed
        assert_history 3 ended
        assert_history 2 expired
}

@test "a first apply on trial is taken back by rollback, and by disable" {
        apply_quietly --trial 1m ssh
        run --separate-stderr portguard rollback
        assert_status 0
        assert_output_has 'portguard is off again'
        reaches outside open:tcp/30000
        assert_history 1 ended
        apply_quietly --trial 1m ssh
        reaches outside dropped:tcp/30000
        run --separate-stderr portguard disable
        assert_status 0
        reaches outside open:tcp/30000
        assert_history 2 ended
        run nft list tables
        [ "$output" = '' ] || fail 'expected no table'
}

@test "disable ends a trial and what it would fall back to" {
        begin 1s
        portguard disable >/dev/null
        reaches outside open:tcp/30000
        assert_history 2 ended
        run portguard status
        assert_output_has 'portguard is off'
}

@test "what somebody did meanwhile to the policy behind the trial is told by rollback, and not called equal" {
        begin 1m
        nft insert rule inet portguard "input_$(live_slot | tail -n 1)" tcp dport 30000 accept
        run --separate-stderr portguard rollback
        assert_status 6
        assert_output_has 'took the trial back: generation 1 (ssh) is in force, and is not what it was.'
        [[ $stderr == *'warning: somebody changed the table inet portguard'*'tcp dport 30000 accept'*'portguard verify --repair repairs it'* ]] ||
                fail "$stderr"
        reaches outside open:tcp/30000
        portguard verify --repair >/dev/null
        begin 1m
        nft insert rule inet portguard input tcp dport 30000 accept
        run --separate-stderr portguard rollback --json
        assert_status 6
        assert_json '.generation == 1 and (.change | test("somebody changed the table")) and .changed'
        # What brings a generation back makes it anew.
        portguard verify --repair >/dev/null
        begin 1m
        nft insert rule inet portguard "input_$(live_slot | tail -n 1)" tcp dport 30000 accept
        run --separate-stderr portguard rollback 2 --json
        assert_status 0
        assert_json '.change == null'
        portguard verify
}

@test "rollback ends the trial at once, and needs no time that is left" {
        begin 1m
        run --separate-stderr portguard rollback
        assert_status 0
        assert_output_has 'took the trial back: generation 1 (ssh) is enforced'
        reaches outside open:tcp/22 dropped:tcp/30000
        assert_enforced 1
        assert_history 2 ended
}

# assert_over PREVIOUS: a rollback without a number finds the trial over, and changes nothing.
assert_over() {
        local before

        portguard status >/dev/null 2>&1 # removes what the trial left
        before=$(ours)
        run --separate-stderr portguard rollback "${@:2}"
        assert_status 4
        assert_stderr_has 'the trial of generation 3 is over, and generation 2, from before it, is enforced already: nothing was changed'
        assert_stderr_has "portguard rollback $1"
        [ "$(ours)" = "$before" ] || fail 'the table was changed'
}

@test "a rollback of a trial that has ended by itself, or was ended, does not go back further" {
        apply_quietly ssh
        apply_quietly ssh https
        apply_quietly --trial 1s k8s-worker
        until_true 20 went_back
        assert_over 1
        assert_over 1 --dry-run
        assert_enforced 2
        portguard rollback --allow-lockout 1 >/dev/null
        assert_enforced 4
        portguard show --json | jq -e '.profiles == ["ssh"]'
        # That was a change since, and the next goes back from it.
        run --separate-stderr portguard rollback --allow-lockout
        assert_status 1
        assert_stderr_has 'no generation to go back to'
}

@test "a rollback that ends a trial and comes twice goes back once; after another apply, as far as it is asked" {
        apply_quietly ssh
        apply_quietly ssh https
        apply_quietly --trial 1h k8s-worker
        portguard rollback >/dev/null
        assert_over 1
        assert_enforced 2
        apply_quietly ssh dns-server
        portguard rollback --allow-lockout >/dev/null
        portguard show --json | jq -e '.profiles == ["ssh", "https"]'
        portguard rollback --allow-lockout >/dev/null
        portguard show --json | jq -e '.profiles == ["ssh"]'
}

@test "a first trial that is over leaves a rollback nothing to go back to" {
        apply_quietly ssh
        apply_quietly --trial 1s k8s-worker
        until_true 20 went_back
        run --separate-stderr portguard rollback
        assert_status 4
        [[ $stderr == *'the trial of generation 2 is over, and generation 1, from before it, is enforced already: nothing was changed' ]] ||
                fail "$stderr"
}
