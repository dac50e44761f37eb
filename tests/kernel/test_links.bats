#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Interfaces that rules see by another name: what is said of them is what becomes of real packets.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
load network

# shellcheck disable=SC2034 # network.bash reads it
peers=(outside)

setup_file() {
        own_namespace_or_fail
}

setup() {
        kernel_setup
        make_network tcp/22 udp/53
        ip address add fe80::1/64 dev outside nodad
        mkdir "$BATS_TEST_TMPDIR/profiles"
        PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/profiles:$PORTGUARD_PROFILES
        cat >"$BATS_TEST_TMPDIR/profiles/lan.yaml" <<'YAML'
name: lan
summary: A service of the test
include: [base]
groups:
  lan: {default: none, summary: who is behind an interface}
services:
  main: {summary: The service, ports: [tcp/22, tcp/2222, udp/53], from: lan}
YAML
}

teardown() {
        remove_network
        for link in br0 bond0 team0 vrf0; do
                ip link delete $link 2>/dev/null || true
        done
}

# Ends the test as skipped where the kernel has no such links; any other failure is one.
needs_kind() {
        local said

        said=$(ip link add probe type "$@" 2>&1) || {
                [[ $said != *"Unknown device type"* ]] || skip "this kernel has no $1"
                fail "$said"
        }
        ip link delete probe
}

# put_under KIND MEMBER NAME OPTION...: the addresses of the host's end of `outside` go to the new link, or stay in a VRF.
put_under() {
        local kind=$1 member=$2 name=$3 addressed=$3

        ip link add "$name" type "$kind" "${@:4}"
        [ "$kind" != team ] || teamnl "$name" setoption mode roundrobin
        [ "$kind" != vrf ] || addressed=$member
        ip address flush dev "$member"
        ip link set "$member" down
        ip link set "$name" up
        ip link set "$member" master "$name"
        ip link set "$member" up
        [ "$kind" != vrf ] || serve_in_vrf "$name"
        ip address add 203.0.113.1/24 dev "$addressed"
        ip address add 2001:db8:1::1/64 dev "$addressed" nodad
        ip address add fe80::1/64 dev "$addressed" nodad
        until_true 20 answers_ping
}

# Of TCP, sockets of no VRF take what comes to a VRF, too, and answer there.
serve_in_vrf() {
        stop_in_background host.serve
        echo 1 >/proc/sys/net/ipv4/tcp_l3mdev_accept
        serve host "" tcp/22 "udp/53@0.0.0.0%$1" "udp/53@::%$1"
}

answers_ping() {
        on outside tool_reach open:ping@203.0.113.1 open:ping@2001:db8:1::1 >/dev/null 2>&1
}

# What the peer finds, over IPv4, IPv6 and link-local addresses.
reached() {
        reaches outside "$1:tcp/22" "$1:udp/53"
        run on outside tool_reach "$1:tcp/22@fe80::1%host"
        [ "$status" -eq 0 ] || fail "by link-local addresses"
}

# let_in NAME: the group is that interface.
let_in() {
        echo "groups: {lan: {interfaces: [\"$1\"]}}" >"$PORTGUARD_SITE"
        run --separate-stderr portguard apply --allow-lockout lan
        assert_status 0
}

# answer VERDICT INTERFACE ASKED: what explain says of packets by `outside`, or ASKED.
answer() {
        local question

        for question in udp/53\ 203.0.113.9 tcp/22\ fe80::9; do
                run --separate-stderr portguard explain "${question% *}" --from "${question#* }" \
                        --iif "${3/null/outside}" --json
                assert_status 0
                jq -e --arg verdict "$1" --arg interface "$2" --arg asked "$3" '.verdict == $verdict and
                        .interface == $interface and .asked_interface == (if $asked == "null" then null else $asked end)' \
                        <<<"$output" >/dev/null || fail "expected $*"
        done
}

# never_matches NAME SEEN: no packet comes in by NAME, and it is said; by SEEN all do.
never_matches() {
        let_in "$1"
        assert_stderr_has "$1"
        assert_stderr_has "group 'lan' lets nobody in by"
        assert_stderr_has "write $2"
        reached dropped
        answer drop "$2" "$1"
        let_in "$2"
        [ -z "$stderr" ] || fail "expected no warning"
        reached open
        answer accept "$2" "$1"
}

@test "an ordinary interface, and one that is not there" {
        let_in outside
        [ -z "$stderr" ] || fail "expected no warning"
        reaches outside open:tcp/22 open:udp/53
        answer accept outside null
        let_in eth9
        assert_stderr_has "there is no interface 'eth9' now"
        answer drop outside null
}

@test "an alternative name" {
        ip link property add dev outside altname enp9s0
        never_matches enp9s0 outside
}

@test "a port of a bridge" {
        put_under bridge outside br0
        let_in outside
        run --separate-stderr portguard plan lan
        assert_stderr_has "group 'lan' lets nobody in by"
        run --separate-stderr portguard doctor --json
        assert_json 'any(.checks[]; .name == "site" and .level == "warning" and (.text | contains("lets nobody in by")))'
        never_matches outside br0
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9 --iif outside
        assert_line "accept tcp/22 from 203.0.113.9 by br0"
        assert_line "link rules see packets of outside as those of br0, the bridge that it belongs to"
        # By the route, as well.
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9
        assert_line "accept tcp/22 from 203.0.113.9 by br0, as routed"
        # What is bound to the port meets packets of the bridge, too.
        nft 'add table netdev early { chain c { type filter hook ingress device outside priority 0; policy drop; }; }'
        reached dropped
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9 --live --json
        nft delete table netdev early
        assert_json '[.others[] | .chain] == ["c"]'
}

@test "a port of a team" {
        needs_kind team
        put_under team outside team0
        never_matches outside team0
}

@test "a member of a bond, and of a bond in a VRF" {
        needs_kind bond
        needs_kind vrf table 10
        put_under bond outside bond0 mode active-backup
        never_matches outside bond0
        put_under vrf bond0 vrf0 table 10
        never_matches outside vrf0
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9 --iif outside
        assert_line "link rules see packets of outside as those of vrf0, the VRF that it belongs to"
}

@test "a member of a bond in a bridge" {
        needs_kind bond
        put_under bond outside bond0 mode balance-rr
        put_under bridge bond0 br0
        never_matches outside br0
        never_matches bond0 br0
}

# comes_in INTERFACE SOURCE: whether a packet from there gets to the filter of input by that name; a packet behind it has.
comes_in() {
        nft "flush ruleset; add table ip seen; add chain ip seen input { type filter hook input priority 0; }
                add rule ip seen input iifname $1 ip saddr $2 udp dport 53 counter"
        sends outside "$2" 203.0.113.1 17 64 10e1003500080000
        on outside tool_reach open:ping@203.0.113.1
        nft list table ip seen | grep -q 'counter packets 1 '
}

@test "what comes in by a VRF: routes, rp_filter, and what the host sends to itself" {
        needs_kind vrf table 10
        put_under vrf outside vrf0 table 10
        let_in vrf0
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9
        assert_line "accept tcp/22 from 203.0.113.9 by vrf0, as routed"
        run tool_reach open:tcp/22@203.0.113.1%vrf0 open:tcp/22@2001:db8:1::1%vrf0
        [ "$status" -eq 0 ] || fail "the host does not reach itself"
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.1
        assert_line "accept tcp/22 from 203.0.113.1 by vrf0, as routed"
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.1 --iif vrf0
        assert_line "accept tcp/22 from 203.0.113.1 by vrf0"

        # No route leads to that source.
        echo 1 >/proc/sys/net/ipv4/conf/vrf0/rp_filter
        run --separate-stderr portguard explain tcp/22 --from 198.18.0.9 --iif outside
        assert_line "accept tcp/22 from 198.18.0.9 by vrf0"
        echo 1 >/proc/sys/net/ipv4/conf/outside/rp_filter
        run --separate-stderr portguard explain tcp/22 --from 198.18.0.9 --iif outside
        assert_line "drop tcp/22 from 198.18.0.9 by vrf0"
        assert_output_has "sysctl rp_filter"
        ! comes_in vrf0 198.18.0.9 || fail "the member's rp_filter does not count"
        comes_in vrf0 203.0.113.9 || fail "nothing comes in"
        echo 0 >/proc/sys/net/ipv4/conf/outside/rp_filter
        comes_in vrf0 198.18.0.9 || fail "the VRF's rp_filter counts"
}

@test "what leaves by a VRF: strict egress asks for the VRF and the member" {
        local interfaces verdict expected way

        needs_kind vrf table 10
        put_under vrf outside vrf0 table 10
        serve peer outside tcp/443
        sed -i 's/^name: lan/name: out/; s/^services:/egress:/; s/ports: .*/ports: tcp\/443, to: lan}/' \
                "$BATS_TEST_TMPDIR/profiles/lan.yaml"
        mv "$BATS_TEST_TMPDIR/profiles/lan.yaml" "$BATS_TEST_TMPDIR/profiles/out.yaml"
        for interfaces in vrf0:refused outside:dropped vrf0,outside:open; do
                expected=${interfaces#*:} interfaces=${interfaces%:*}
                printf 'egress: strict\ngroups: {lan: {interfaces: [%s]}}\n' "$interfaces" >"$PORTGUARD_SITE"
                run --separate-stderr portguard apply out --allow-lockout
                assert_status 0
                [[ $expected != open || $stderr != *"lets nobody in by"* ]] || fail "expected no warning of the member"
                run tool_reach "$expected:tcp/443@203.0.113.9%vrf0" "$expected:tcp/443@2001:db8:1::9%vrf0"
                [ "$status" -eq 0 ] || fail "to $interfaces"
                verdict=reject
                [ "$expected" != open ] || verdict=accept
                for way in "" "--oif outside"; do
                        # shellcheck disable=SC2086 # several words
                        run --separate-stderr portguard explain tcp/443 --to 203.0.113.9 $way --json
                        assert_json ".verdict == \"$verdict\" and .interface == \"vrf0\" and .member == \"outside\""
                done
        done
        run --separate-stderr portguard explain tcp/443 --to 203.0.113.9
        assert_line "link rules of output see it by two names: vrf0, and outside, the member that it leaves by"
}

@test "NAT of what comes in by a VRF goes by the name of the member" {
        local name expected

        needs_kind vrf table 10
        put_under vrf outside vrf0 table 10
        let_in vrf0
        for name in vrf0 outside; do
                nft "add table ip others; flush table ip others
                        add chain ip others nat { type nat hook prerouting priority -100; }
                        add rule ip others nat iifname $name tcp dport 8080 redirect to 22"
                expected=dropped
                [ "$name" != outside ] || expected=open
                run on outside tool_reach "$expected:tcp/8080@203.0.113.1"
                [ "$status" -eq 0 ] || fail "with a rule of $name"
                run --separate-stderr portguard explain tcp/8080 --from 203.0.113.9 --iif outside --live --json
                assert_json "(.translations | length > 0) == (\"$expected\" == \"open\")"
        done
}

@test "sockets in a VRF: sessions of link-local addresses, and what is bound to a member" {
        needs_kind vrf table 10
        put_under vrf outside vrf0 table 10
        mkfifo "$BATS_TEST_TMPDIR/words"
        on outside tool_hold fe80::1%host 22 <"$BATS_TEST_TMPDIR/words" >"$BATS_TEST_TMPDIR/hold" 3>&- &
        exec 8>"$BATS_TEST_TMPDIR/words"
        until_true 20 grep -q connected "$BATS_TEST_TMPDIR/hold"
        let_in vrf0
        echo 'groups: {lan: {interfaces: [outside]}}' >"$PORTGUARD_SITE"
        run --separate-stderr portguard apply lan
        assert_status 4
        assert_stderr_has "ssh session from fe80::"
        exec 8>&-

        serve bound "" tcp/2222@::%outside
        run on outside tool_reach open:tcp/2222@2001:db8:1::1
        [ "$status" -eq 0 ] || fail "a packet by the VRF does not get to a socket that is bound to a member"
        run --separate-stderr portguard audit --json
        assert_json 'any(.listening[]; .interface == "outside" and .port == 2222 and .reachable_from == "lan")'
}

@test "patterns: of names, of alternative names, and of ports only" {
        ip link property add dev outside altname enp9s0
        let_in 'outs*'
        [ -z "$stderr" ] || fail "expected no warning"
        let_in 'enp*'
        assert_stderr_has "'enp*' is an alternative name of the interface outside"
        let_in 'enp1*'
        assert_stderr_has "there is no interface 'enp1*' now"
        put_under bridge outside br0
        let_in 'outs*'
        assert_stderr_has "packets of the interface 'outside' come in by br0"
        reached dropped
        # The bridge is among those that the pattern has.
        let_in 'br*'
        [ -z "$stderr" ] || fail "expected no warning"
        reached open
}
