#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Neighbours that send to 127.0.0.1, or in its name, where the kernel routes such.

load common
load network

setup_file() {
        make_network
        serve outside outside tcp/443
        for setting in route_localnet accept_local; do
                echo 1 >/proc/sys/net/ipv4/conf/outside/$setting
        done
}

teardown_file() {
        remove_network
}

setup() {
        kernel_setup
        mkdir "$BATS_TEST_TMPDIR/profiles"
        cat >"$BATS_TEST_TMPDIR/profiles/open.yaml" <<'YAML'
name: open
summary: Open to everybody
include: [base]
services: {s: {summary: S, ports: [udp/5353, tcp/443], from: any}}
YAML
        PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/profiles:$PORTGUARD_PROFILES
}

teardown() {
        stop_in_background arrives
        stop_in_background serve
        nft flush ruleset
}

# UDP from port 40000 to 5353 with a mark.
datagram() {
        echo "9c4014e9000c0000$1"
}

@test "who sends to 127.0.0.1 over a wire, or from it, does not come in; he does where portguard is off" {
        listen_for 4 17 aaaa0001 aaaa0002 aaaa0003
        sends outside 203.0.113.9 127.0.0.1 17 64 "$(datagram aaaa0001)"
        sends outside 127.0.0.9 203.0.113.1 17 64 "$(datagram aaaa0002)"
        sends outside 203.0.113.9 203.0.113.1 17 64 "$(datagram aaaa0003)"
        [ "$(arrived)" = "aaaa0001 aaaa0002 aaaa0003" ] || fail "off: $(arrived)"
        apply_quietly open
        listen_for 4 17 bbbb0001 bbbb0002 bbbb0003 bbbb0004
        sends outside 203.0.113.8 127.0.0.1 17 64 "$(datagram bbbb0001)"
        sends outside 127.0.0.8 203.0.113.1 17 64 "$(datagram bbbb0002)"
        sends outside 203.0.113.8 127.255.255.254 17 64 "$(datagram bbbb0003)"
        sends outside 203.0.113.8 203.0.113.1 17 64 "$(datagram bbbb0004)"
        [ "$(arrived)" = bbbb0004 ] || fail "on: $(arrived)"
}

# What conntrack takes for the answer of this host's own resolver.
@test "nor does a forged answer to what one program of this host asked another" {
        local port

        apply_quietly open
        exec 9<>/dev/udp/127.0.0.53/53
        echo question >&9
        port=$(awk '$3 == "3500007F:0035" { print substr($2, 10) }' /proc/net/udp)
        [ -n "$port" ] || fail "no socket"
        listen_for 4 17 aaaa0001 aaaa0002
        sends outside 127.0.0.53 127.0.0.1 17 64 "0035${port}000c0000aaaa0001"
        sends outside 203.0.113.9 203.0.113.1 17 64 "$(datagram aaaa0002)"
        exec 9>&-
        [ "$(arrived)" = aaaa0002 ] || fail "$(arrived)"
}

@test "nor does a ping or an ICMP error" {
        apply_quietly open
        listen_for 4 1 aaaa0001 aaaa0002 aaaa0003 aaaa0004
        sends outside 203.0.113.9 127.0.0.1 1 64 0800000000010001aaaa0001
        sends outside 203.0.113.9 127.0.0.1 1 64 0304000000000500aaaa0002
        sends outside 127.0.0.9 203.0.113.1 1 64 0800000000020001aaaa0003
        sends outside 203.0.113.9 203.0.113.1 1 64 0800000000030001aaaa0004
        [ "$(arrived)" = aaaa0004 ] || fail "$(arrived)"
}

# As kube-proxy makes a NodePort of 127.0.0.1 lead to a pod: the answers come in over the wire, to 127.0.0.1.
@test "answers to what this host sent from 127.0.0.1 through NAT come in" {
        apply_quietly open
        nft -f - <<'NFT'
table ip nat {
        chain output { type nat hook output priority -100; ip daddr 127.0.0.1 tcp dport 30443 dnat to 203.0.113.9:443; }
        chain postrouting { type nat hook postrouting priority srcnat; oifname "outside" masquerade; }
}
NFT
        run tool_reach open:tcp/30443@127.0.0.1
        assert_status 0
}

@test "what the host's own rules translate to 127.0.0.1 is judged by its port" {
        apply_quietly open
        nft -f - <<'NFT'
table ip nat {
        chain prerouting { type nat hook prerouting priority dstnat; udp dport { 5300, 5301 } dnat to 127.0.0.1:5353; udp dport 5302 dnat to 127.0.0.1:99; }
}
NFT
        listen_for 4 17 aaaa0001 aaaa0002 aaaa0003
        sends outside 203.0.113.9 203.0.113.1 17 64 9c4114b4000c0000aaaa0001
        sends outside 203.0.113.9 203.0.113.1 17 64 9c4214b6000c0000aaaa0002
        sends outside 203.0.113.9 203.0.113.1 17 64 9c4314b5000c0000aaaa0003
        [ "$(arrived)" = "aaaa0001 aaaa0003" ] || fail "$(arrived)"
}

@test "explain drops what claims to come from 127.0.0.0/8 over a wire, and says by which rule" {
        apply_quietly open
        run portguard explain tcp/443 --from 127.0.0.9 --iif outside
        assert_output_has 'drop tcp/443 from 127.0.0.9 by outside'
        assert_output_has 'base     an address of 127.0.0.0/8 that does not come from this host'
        run portguard explain tcp/443 --from 127.0.0.9 --iif lo
        assert_output_has 'accept tcp/443 from 127.0.0.9 by lo'
        run portguard explain tcp/443 --from 127.0.0.9 --iif outside --json
        assert_json '.verdict == "drop" and .because.kind == "base"'
}

@test "doctor and audit know that the kernel lets neighbours in there" {
        run --separate-stderr portguard doctor --json
        assert_json 'any(.checks[]; .name == "loopback" and .level == "warning" and (.text | contains("route_localnet is on (outside), and portguard is off")))'
        run portguard audit
        assert_output_has 'neighbours can reach what listens on 127.0.0.1: route_localnet is on (outside), and portguard is off'
        apply_quietly open
        run --separate-stderr portguard doctor --json
        assert_json 'any(.checks[]; .name == "loopback" and .level == "note" and (.text | contains("route_localnet is on (outside)")))'
        run portguard audit
        assert_output_has 'what neighbours send to 127.0.0.1 is dropped by the policy only'
        echo 0 >/proc/sys/net/ipv4/conf/outside/route_localnet
        run --separate-stderr portguard doctor --json
        echo 1 >/proc/sys/net/ipv4/conf/outside/route_localnet
        assert_json 'any(.checks[]; .name == "loopback" and .level == "ok")'
}
