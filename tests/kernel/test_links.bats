#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Interfaces that rules see by another name: what is said of them is what becomes of real packets.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
load network

setup_file() {
        own_namespace_or_fail
}

setup() {
        kernel_setup
        make_network tcp/22
        mkdir "$BATS_TEST_TMPDIR/profiles"
        PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/profiles:$PORTGUARD_PROFILES
        cat >"$BATS_TEST_TMPDIR/profiles/lan.yaml" <<'YAML'
name: lan
summary: A service of the test
include: [base]
groups:
  lan: {default: none, summary: who is behind an interface}
services:
  main: {summary: The service, ports: [tcp/22], from: lan}
YAML
}

teardown() {
        remove_network
        for link in br0 bond0 team0 vrf0; do
                ip link delete $link 2>/dev/null || true
        done
}

# Puts the link `outside` under one of that kind, which gets its addresses.
put_under() {
        local kind=$1 name=$2

        ip link add "$name" type "${@:3}" 2>/dev/null || skip "this kernel has no $kind"
        if [ "$kind" != vrf ]; then
                ip address flush dev outside
                ip link set outside down
        fi
        ip link set "$name" up
        ip link set outside master "$name"
        ip link set outside up
        [ "$kind" = vrf ] || ip address add 203.0.113.1/24 dev "$name"
        until_true 20 answers_ping
}

answers_ping() {
        on outside tool_reach open:ping@203.0.113.1 >/dev/null 2>&1
}

# let_in NAME: the group is that interface.
let_in() {
        echo "groups: {lan: {interfaces: [\"$1\"]}}" >"$PORTGUARD_SITE"
        run --separate-stderr portguard apply lan
        assert_status 0
}

# answer VERDICT INTERFACE ASKED: what explain says of a packet by `outside`, or ASKED.
answer() {
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9 --iif "${3/null/outside}" --json
        assert_status 0
        jq -e --arg verdict "$1" --arg interface "$2" --arg asked "$3" '.verdict == $verdict and .interface == $interface and
                .asked_interface == (if $asked == "null" then null else $asked end)' <<<"$output" >/dev/null ||
                fail "expected $*"
}

# never_matches NAME SEEN: no packet comes in by NAME, and it is said; by SEEN all do.
never_matches() {
        let_in "$1"
        assert_stderr_has "$1"
        assert_stderr_has "group 'lan' lets nobody in by"
        assert_stderr_has "write $2"
        run on outside tool_reach dropped:tcp/22@203.0.113.1
        [ "$status" -eq 0 ] || fail "a packet came in by $1"
        answer drop "$2" "$1"
        run --separate-stderr portguard plan lan
        assert_stderr_has "group 'lan' lets nobody in by"
        run --separate-stderr portguard doctor --json
        assert_json 'any(.checks[]; .name == "site" and .level == "warning" and (.text | contains("lets nobody in by")))'

        let_in "$2"
        [ -z "$stderr" ] || fail "expected no warning"
        run on outside tool_reach open:tcp/22@203.0.113.1
        [ "$status" -eq 0 ] || fail "no packet came in by $2"
        answer accept "$2" "$1"
}

@test "an ordinary interface, and one that is not there" {
        let_in outside
        [ -z "$stderr" ] || fail "expected no warning"
        run on outside tool_reach open:tcp/22@203.0.113.1
        [ "$status" -eq 0 ] || fail "it does not come in"
        answer accept outside null
        let_in eth9
        assert_stderr_has "there is no interface 'eth9' now"
        answer drop outside null
}

@test "an alternative name" {
        ip link property add dev outside altname enp9s0 2>/dev/null || skip "this kernel has no alternative names"
        never_matches enp9s0 outside
}

@test "a port of a bridge" {
        put_under bridge br0 bridge
        never_matches outside br0
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9 --iif outside
        assert_line "accept tcp/22 from 203.0.113.9 by br0"
        assert_line "link rules see packets of outside as those of br0, the bridge that it belongs to"
        # By the route, as well.
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9
        assert_line "accept tcp/22 from 203.0.113.9 by br0, as routed"
}

@test "a member of a bond" {
        put_under bond bond0 bond mode active-backup
        never_matches outside bond0
}

@test "a port of a team" {
        put_under team team0 team
        never_matches outside team0
}

@test "a member of a VRF" {
        put_under vrf vrf0 vrf table 10
        stop_in_background host.serve
        echo 1 >/proc/sys/net/ipv4/tcp_l3mdev_accept
        serve host "" tcp/22
        never_matches outside vrf0
        # The route within the VRF names the member.
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9 --iif outside
        assert_line "link rules see packets of outside as those of vrf0, the VRF that it belongs to"
}

@test "patterns: of names, of alternative names, and of ports only" {
        ip link property add dev outside altname enp9s0 2>/dev/null || skip "this kernel has no alternative names"
        let_in 'outs*'
        [ -z "$stderr" ] || fail "expected no warning"
        let_in 'enp*'
        assert_stderr_has "'enp*' is an alternative name of the interface outside"
        let_in 'enp1*'
        assert_stderr_has "there is no interface 'enp1*' now"
        put_under bridge br0 bridge
        let_in 'outs*'
        assert_stderr_has "packets of the interface 'outside' come in by br0"
        run on outside tool_reach dropped:tcp/22@203.0.113.1
        [ "$status" -eq 0 ] || fail "a packet came in"
        # The bridge is among those that the pattern has.
        let_in 'br*'
        [ -z "$stderr" ] || fail "expected no warning"
        run on outside tool_reach open:tcp/22@203.0.113.1
        [ "$status" -eq 0 ] || fail "no packet came in"
}
