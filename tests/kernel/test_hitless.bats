#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# I1: a packet is judged wholly by the old policy or wholly by the new, while it is replaced under a flood.
# test_hitless_long.bats does the same 10,000 times.

bats_require_minimum_version 1.5.0

setup() {
        export PORTGUARD_PROFILES=$PORTGUARD_SOURCE/tests/bench/profiles:$PORTGUARD_SOURCE/profiles
        export PORTGUARD_SITE=$BATS_TEST_TMPDIR/site.yaml PORTGUARD_STATE=$BATS_TEST_TMPDIR/state
        mkdir "$PORTGUARD_STATE"
        echo 'egress: open' >"$PORTGUARD_SITE"
        PATH=$PORTGUARD_BUILD:$PORTGUARD_BUILD/tests/bench:$PATH
        worker='portguard apply k8s-worker flood'
}

# Runs the arguments; shows what they print, and fails unless they end with the status.
expect() {
        run "${@:2}"
        echo "$output"
        [ "$status" -eq "$1" ]
}

# Of the last run that is reported.
value() {
        sed -n "s/^$1  *//p" <<<"$output" | tail -n 1
}

scenario() {
        expect 0 "$PORTGUARD_SOURCE/tests/bench/hitless" --build "$PORTGUARD_BUILD" --runs "$2" "$1"
        [ "$(value runs)" -eq "$2" ]
        [ "$(value allowed_sent)" -gt 0 ]
}

@test "the flood itself loses nothing" {
        expect 1 bench_flood --seconds 1
        [ $(($(value allowed_lost) + $(value denied_sent) - $(value denied_let_in))) -eq "$(value link_dropped)" ]
        [ "$(value denied_let_in)" -gt 0 ]
}

@test "the flood notices what is refused for a moment: no packet of it passes as established" {
        expect 1 bench_flood --runs 4 --before "$worker" 'portguard apply k8s-worker' "$worker"
        [ "$(value allowed_lost)" -gt 0 ]
        [ "$(value denied_let_in)" -eq 0 ]
}

@test "the flood notices what is let in for a moment" {
        expect 1 bench_flood --runs 4 --before "$worker" \
                "$worker --group strangers=198.51.100.0/24" "$worker"
        [ "$(value allowed_lost)" -le "$(value link_dropped)" ]
        [ "$(value denied_let_in)" -gt 0 ]
}

@test "the flood notices what the host itself may not send" {
        echo 'egress: strict' >"$PORTGUARD_SITE"
        expect 1 bench_flood --out --runs 4 --before "$worker" 'portguard apply k8s-worker' "$worker"
        [ "$(value allowed_lost)" -gt 0 ]
        [ "$(value denied_let_in)" -eq 0 ]
}

@test "two roles that alternate" {
        scenario roles 120
}

@test "ports and addresses that change within a role" {
        scenario elements 120
}

@test "two roles that alternate, with a large group" {
        scenario groups 30
}

@test "single addresses that come into a group and leave it" {
        scenario addresses 120
}

@test "prefixes of a group that become wider and narrower" {
        scenario prefixes 120
}

@test "prefixes of a large group" {
        scenario shards 20
}

@test "the first apply, and disable" {
        scenario first 120
}

# Runs what is to be watched, and leaves what tool_events tells of it in $events.
watch() {
        local listener

        events=$BATS_TEST_TMPDIR/events
        "$PORTGUARD_BUILD/tests/tools/tool_events" >"$events" 3>&- &
        listener=$!
        timeout 60 bash -c "until grep -qx listening $events; do sleep 0.02; done"
        "$@"
        nft 'add table ip ended; add chain ip ended ended { type filter hook input priority 0; }; delete table ip ended'
        timeout 60 bash -c "until grep -qx 'policy ended accept' $events; do sleep 0.02; done"
        kill "$listener"
}

begin_hooks_in_every_way() {
        local strict=(--site "$BATS_TEST_TMPDIR/strict.yaml")

        $worker
        $worker "${strict[@]}"
        portguard rollback
        $worker "${strict[@]}" --trial 1m
        portguard confirm
        nft delete rule inet portguard input handle "$(nft -a list chain inet portguard input | sed -n 's/.*goto.*handle //p')"
        portguard verify --repair
        nft delete rule inet portguard output handle "$(nft -a list chain inet portguard output | sed -n 's/.*goto.*handle //p')"
        nft delete chain inet portguard output
        portguard restore
        portguard disable
        $worker "${strict[@]}"
        portguard disable
        $worker "${strict[@]}" --trial 1m
        portguard confirm
}

# The kernel calls a hook before its batch is in force. A packet that found no rules there, and is held up, asks for the
# policy at its end, whatever is in force by then: about 1 packet in 10,000 first applies on a busy machine.
@test "no hook drops by its policy in the batch that gives it its rules" {
        echo 'egress: strict' >"$BATS_TEST_TMPDIR/strict.yaml"
        watch begin_hooks_in_every_way
        cat "$events"
        [ "$(grep -cx 'policy input accept' "$events")" -ge 3 ]
        [ "$(grep -cx 'policy input drop' "$events")" -ge 3 ]
        [ "$(grep -cx 'policy output drop' "$events")" -ge 3 ]
        run awk '$1 == "rule" { begun[$2] = 1 }
                $1 == "policy" && $3 == "drop" { drops[$2] = 1 }
                /^end/ { for (hook in drops) if (hook in begun) print NR ": " hook; delete begun; delete drops }' "$events"
        [ -z "$output" ]
}

# The way from prerouting to the filter takes milliseconds here: at each first apply a packet is on it.
@test "a packet that came in before the first apply switched conntrack on" {
        local i

        {
                echo 'table inet slow {'
                echo 'chain work {'
                for ((i = 0; i < 100; i++)); do
                        echo 'fib saddr . iif oif missing fib daddr . iif type anycast counter'
                done
                echo '}'
                echo 'chain prerouting { type filter hook prerouting priority -150;'
                for ((i = 0; i < 300; i++)); do
                        echo 'jump work'
                done
                printf '}\n}\n'
        } >"$BATS_TEST_TMPDIR/slow.nft"
        expect 0 bench_flood --only-allowed --rate 150 --runs 40 --before "nft -f $BATS_TEST_TMPDIR/slow.nft" \
                "$worker" 'portguard disable'
        [ "$(value allowed_sent)" -gt 0 ]
}

@test "two roles that alternate, with strict egress" {
        scenario egress 120
}

@test "egress that becomes strict, and open" {
        scenario strict 120
}

@test "two roles that alternate, while another program changes a table of its own" {
        scenario foreign 80
}

@test "the flood notices what a trial refuses for a moment, and what it lets in" {
        expect 1 bench_flood --runs 2 --before "$worker" 'bench_trial 250 k8s-worker'
        [ "$(value allowed_lost)" -gt 0 ]
        [ "$(value denied_let_in)" -eq 0 ]
        echo 'groups: {strangers: [198.51.100.0/24, "2001:db8::/64"]}' >>"$PORTGUARD_SITE"
        rm -r "$PORTGUARD_STATE"
        mkdir "$PORTGUARD_STATE"
        expect 1 bench_flood --runs 2 --before "$worker --group strangers=192.0.2.1" \
                'bench_trial 250 k8s-worker flood'
        [ "$(value allowed_lost)" -eq 0 ]
        [ "$(value denied_let_in)" -gt 0 ]
}

@test "trials that the kernel takes back by itself" {
        scenario expiry 30
}

@test "trials that are confirmed" {
        scenario confirm 60
}

@test "trials that are extended and confirmed" {
        scenario extend 70
}

@test "trials that are extended and taken back" {
        scenario ended 60
}

@test "rollback between two generations" {
        scenario back 40
}

@test "drift that is repaired" {
        scenario repair 60
}

@test "a first apply on trial, whatever comes of it, and disable" {
        scenario starts 45
}

@test "strict and open egress on trial, for what comes in" {
        scenario hooks 60
}

@test "strict and open egress on trial, for what goes out" {
        scenario strict-trial 60
}

@test "trials of two roles with strict egress" {
        scenario egress-trial 64
}
