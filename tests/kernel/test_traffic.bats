#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Real packets from peers of three kinds: who reaches what, and what always passes.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
load network

setup_file() {
        make_network tcp/22 udp/22 tcp/23 udp/5353 tcp/443 tcp/10250 udp/10250 tcp/30000 tcp/32767 udp/30000 \
                tcp/29999 tcp/32768 udp/8472 tcp/8472 tcp/2380 tcp/8080 udp/68
        serve outside outside udp/53 tcp/53 udp/123 tcp/443 tcp/8443 tcp/25 udp/5353
}

teardown_file() {
        remove_network
}

setup() {
        kernel_setup
        cat >"$PORTGUARD_SITE" <<'YAML'
groups:
  cluster: [198.51.100.0/24, "2001:db8:2::/64"]
  control-plane: [198.51.100.0/24, "2001:db8:2::/64"]
YAML
        mkdir "$BATS_TEST_TMPDIR/profiles"
        PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/profiles:$PORTGUARD_PROFILES
}

teardown() {
        stop_in_background arrives
        stop_in_background hold
        nft flush ruleset
}

# profile NAME FROM PORT...: one service.
profile() {
        cat >"$BATS_TEST_TMPDIR/profiles/$1.yaml" <<YAML
name: $1
summary: A service of the test
include: [base]
services:
  service: {summary: The service, ports: [$(IFS=,; echo "${*:3}")], from: $2}
YAML
}

# --- roles ---

@test "k8s-worker: before, after, and after disable" {
        for peer in "${peers[@]}"; do
                reaches "$peer" open:tcp/22 open:tcp/23 open:tcp/10250 open:tcp/30000 open:udp/8472 refused:tcp/9
        done
        apply_quietly k8s-worker
        reaches cluster open:tcp/22 dropped:tcp/23 open:tcp/10250 dropped:udp/10250 open:tcp/30000 open:tcp/32767 \
                dropped:tcp/29999 dropped:tcp/32768 dropped:udp/30000 open:udp/8472 dropped:tcp/8472 dropped:tcp/9
        reaches outside open:tcp/22 dropped:tcp/23 dropped:tcp/10250 open:tcp/30000 open:tcp/32767 \
                dropped:tcp/29999 dropped:tcp/32768 dropped:udp/8472
        reaches internal open:tcp/22 dropped:tcp/23 dropped:tcp/10250 open:tcp/30000 dropped:udp/8472
        assert_verified
        portguard disable >/dev/null
        for peer in "${peers[@]}"; do
                reaches "$peer" open:tcp/22 open:tcp/23 open:tcp/10250 open:tcp/30000 open:udp/8472 refused:tcp/9
        done
}

@test "an open port without a listener is refused by the host, not dropped" {
        profile unused any tcp/9 udp/9
        apply_quietly unused
        reaches outside refused:tcp/9 refused:udp/9 dropped:tcp/10
}

@test "internal is RFC 1918 and unique local addresses; link-local ones where the site says so" {
        local link

        profile web internal tcp/443 udp/5353
        apply_quietly web
        reaches internal open:tcp/443 open:udp/5353
        reaches outside dropped:tcp/443 dropped:udp/5353
        reaches cluster dropped:tcp/443 dropped:udp/5353
        link=$(ip -6 -o address show dev outside scope link | sed -nE 's/.*inet6 ([^/]*).*/\1/p')%host
        run on outside tool_reach "dropped:tcp/443@$link"
        assert_status 0
        echo 'groups: {internal: [10.0.0.0/8, fe80::/10]}' >"$PORTGUARD_SITE"
        apply_quietly web
        run on outside tool_reach "open:tcp/443@$link"
        assert_status 0
        run on internal tool_reach "open:tcp/443@${net4[internal]}.1"
        assert_status 0
}

@test "a service for one literal prefix of each family" {
        profile web '[203.0.113.8/31, "2001:db8:1::8/125"]' tcp/443
        apply_quietly web
        reaches outside open:tcp/443
        reaches internal dropped:tcp/443
        profile web '[203.0.113.10/31, "2001:db8:1::10/125"]' tcp/443
        apply_quietly web
        reaches outside dropped:tcp/443
}

@test "a service for one family only" {
        profile web 203.0.113.0/24 tcp/443
        apply_quietly web
        run on outside tool_reach "open:tcp/443@203.0.113.1" "dropped:tcp/443@2001:db8:1::1"
        assert_status 0
}

@test "a local service is open on loopback only" {
        profile web local tcp/443 udp/5353
        apply_quietly web
        for peer in "${peers[@]}"; do
                reaches "$peer" dropped:tcp/443 dropped:udp/5353
        done
        run tool_reach open:tcp/443@127.0.0.1 open:tcp/443@::1 open:udp/5353@127.0.0.1 open:tcp/443@203.0.113.1 \
                open:tcp/8080@::1
        assert_status 0
}

@test "an interface in a group lets in whoever comes through it" {
        profile web lan tcp/443
        cat >>"$BATS_TEST_TMPDIR/profiles/web.yaml" <<'YAML'
groups: {lan: {default: none, summary: The local network}}
YAML
        apply_quietly web --group lan=%internal
        reaches internal open:tcp/443
        reaches outside dropped:tcp/443
        apply_quietly web --group 'lan=%out*'
        reaches internal dropped:tcp/443
        reaches outside open:tcp/443
        apply_quietly web --group lan=%internal,198.51.100.9
        reaches internal open:tcp/443
        run on cluster tool_reach open:tcp/443@198.51.100.1 'dropped:tcp/443@2001:db8:2::1'
        assert_status 0
}

@test "an empty group opens nothing" {
        profile web lan tcp/443
        cat >>"$BATS_TEST_TMPDIR/profiles/web.yaml" <<'YAML'
groups: {lan: {default: none, summary: The local network}}
YAML
        apply_quietly web
        for peer in "${peers[@]}"; do
                reaches "$peer" dropped:tcp/443
        done
}

@test "the narrower of two claims decides about its port" {
        profile wide any tcp/10000-11000
        apply_quietly k8s-worker wide
        reaches outside dropped:tcp/10250 refused:tcp/10249 refused:tcp/10251
        reaches cluster open:tcp/10250
}

@test "a protocol without ports: GRE between chassis" {
        apply_quietly ovn-chassis --set ovn_encap=gre
        listen_for 4 47 aaaaaaaa bbbbbbbb
        sends outside 203.0.113.9 203.0.113.1 47 64 00000800aaaaaaaa
        sends outside 198.51.100.9 203.0.113.1 47 64 00000800bbbbbbbb
        [ "$(arrived)" = bbbbbbbb ] || fail "arrived: $(arrived)"
        apply_quietly ovn-chassis
        profile gre any protocol/gre
        apply_quietly gre
        listen_for 4 47 aaaaaaaa bbbbbbbb
        sends outside 203.0.113.9 203.0.113.1 47 64 00000800aaaaaaaa
        sends outside 198.51.100.9 203.0.113.1 47 64 00000800bbbbbbbb
        [ "$(arrived)" = "aaaaaaaa bbbbbbbb" ] || fail "arrived: $(arrived)"
}

# --- over time ---

lines() {
        [ "$(wc -l <"$BATS_FILE_TMPDIR/hold.out")" -ge "$1" ]
}

no_session() {
        [ -z "$(ss -Htn state established sport = :22)" ]
}

@test "an established connection survives the role that closes its port" {
        apply_quietly ssh
        mkfifo "$BATS_TEST_TMPDIR/words"
        on outside tool_hold 203.0.113.1 22 <"$BATS_TEST_TMPDIR/words" >"$BATS_FILE_TMPDIR/hold.out" 3>&- &
        echo $! >"$BATS_FILE_TMPDIR/hold.pid"
        exec 8>"$BATS_TEST_TMPDIR/words"
        until_true 20 lines 1
        echo one >&8
        until_true 20 lines 2
        apply_quietly k8s-worker --set ssh_port=2222 --allow-lockout
        reaches outside dropped:tcp/22
        echo two >&8
        until_true 20 lines 3
        [ "$(tail -n 1 "$BATS_FILE_TMPDIR/hold.out")" = echo ] || fail "$(cat "$BATS_FILE_TMPDIR/hold.out")"
        exec 8>&-
        # The session would keep every role without ssh from being applied.
        until_true 20 no_session
}

hits() {
        portguard status --json | jq "[.services[] | select(.service == \"$1\" or .services == [\"$1\"]).packets] | add"
}

@test "hits are counted for each service, and carried over a change of the slot" {
        apply_quietly ssh
        run on outside tool_reach open:tcp/22@203.0.113.1 open:tcp/22@203.0.113.1 'open:tcp/22@2001:db8:1::1'
        assert_status 0
        [ "$(hits ssh/ssh)" = 3 ] || fail "$(portguard status --json)"
        apply_quietly k8s-worker
        [ "$(live_slot)" = b ]
        [ "$(hits ssh/ssh)" = 3 ] || fail "$(portguard status --json)"
        run on outside tool_reach open:tcp/22@203.0.113.1
        [ "$(hits ssh/ssh)" = 4 ] || fail "$(portguard status --json)"
}

@test "only who was let in is counted, and a connection once" {
        apply_quietly k8s-worker
        # The kubelet listens; outside is in no group.
        run on outside tool_reach dropped:tcp/10250@203.0.113.1 dropped:udp/8472@203.0.113.1
        assert_status 0
        [ "$(hits k8s-node/kubelet)" = 0 ] || fail "refused packets are counted: $(portguard status --json)"
        [ "$(hits k8s-node/vxlan)" = 0 ] || fail "refused packets are counted: $(portguard status --json)"
        run on cluster tool_reach open:tcp/10250@198.51.100.1
        assert_status 0
        [ "$(hits k8s-node/kubelet)" = 1 ] || fail "$(portguard status --json)"
}

# datagrams PEER ADDRESS PORT N: from one socket; nobody listens there.
datagrams() {
        on "$1" bash -c "exec 3<>/dev/udp/$2/$3; for ((i = 0; i < $4; i++)); do printf x >&3 || true; done" 2>/dev/null
}

@test "of datagrams that nobody answers, a connection's first is counted; untracked ones each" {
        apply_quietly k8s-worker --set nodeport_udp=true
        [ "$(hits k8s-worker/nodeport-udp)" = 0 ]
        datagrams outside 203.0.113.1 31000 6
        datagrams outside 203.0.113.1 31000 6
        # To conntrack all of them are new.
        [ "$(hits k8s-worker/nodeport-udp)" = 2 ] || fail "$(portguard status --json)"
        nft add table inet raw '{ chain prerouting { type filter hook prerouting priority raw; udp dport 31000 notrack; }; }'
        datagrams outside 203.0.113.1 31000 4
        nft delete table inet raw
        [ "$(hits k8s-worker/nodeport-udp)" = 6 ] || fail "$(portguard status --json)"
}

@test "who was refused is remembered, with protocol and port" {
        apply_quietly ssh
        reaches outside dropped:tcp/23 dropped:udp/5353
        nft list set inet portguard denied4 | grep -q '203.0.113.9 . tcp . 23 counter'
        nft list set inet portguard denied4 | grep -q '203.0.113.9 . udp . 5353 counter'
        nft list set inet portguard denied6 | grep -q '2001:db8:1::9 . tcp . 23 counter'
        portguard status --json | jq -e '[.denied | .. | numbers] | add > 0'
}

# --- what always passes ---

@test "ping is answered, within its rate, from whom the policy says" {
        local answered

        apply_quietly base
        reaches outside open:ping
        apply_quietly base --set ping_rate=5/minute
        for address in 203.0.113.1 2001:db8:1::1; do
                answered=$(on outside tool_ping 100 $address)
                [ "$answered" -ge 10 ] && [ "$answered" -le 12 ] || fail "$address: $answered of 100 are answered: $(nft list ruleset | grep echo-request)"
        done
        apply_quietly base --set ping_from=internal
        reaches internal open:ping
        reaches outside dropped:ping
        apply_quietly base --set ping_from=none
        reaches internal dropped:ping
}

@test "loopback is open for everything" {
        apply_quietly base --egress strict
        run tool_reach open:tcp/23@127.0.0.1 open:tcp/23@::1 open:udp/5353@127.0.0.1 open:udp/5353@::1 \
                open:tcp/23@203.0.113.1 open:ping@127.0.0.1
        assert_status 0
}

@test "neighbours are found again when both sides have forgotten them" {
        apply_quietly ssh --egress strict
        reaches outside open:tcp/22
        ip neighbour flush all
        ip -6 neighbour flush all
        on outside ip neighbour flush all
        on outside ip -6 neighbour flush all
        reaches outside open:tcp/22
        ip -6 neighbour flush all
        finds outside open:udp/53
}

# An ICMPv6 neighbour solicitation for ::1 of the link, with a mark in its option.
solicitation() {
        echo "870000000000000020010db8000100000000000000000001010102000000${1:0:4}"
}

@test "NDP passes with hop limit 255 only, also from ::" {
        apply_quietly base
        listen_for 6 58 aa01 aa02 aa03
        sends outside 2001:db8:1::9 2001:db8:1::1 58 254 "$(solicitation aa01)"
        sends outside :: ff02::1 58 255 "$(solicitation aa02)"
        sends outside 2001:db8:1::9 2001:db8:1::1 58 255 "$(solicitation aa03)"
        [ "$(arrived)" = "aa02 aa03" ] || fail "arrived: $(arrived)"
}

@test "MLD passes from link-local addresses and ::, not from others" {
        apply_quietly base
        listen_for 6 58 dddd0001 dddd0002 dddd0003 dddd0004
        sends outside 2001:db8:1::9 ff02::1 58 1 8300000000000000ff0200000000000000000000dddd0001
        sends outside fe80::9 ff02::1 58 1 8300000000000000ff0200000000000000000000dddd0002
        sends outside :: ff02::1 58 1 8f000000000000010400000000000000ff0200000000000000000000dddd0003
        sends outside fe80::9 ff02::1 58 1 8f000000000000010400000000000000ff0200000000000000000000dddd0004
        [ "$(arrived)" = "dddd0002 dddd0003 dddd0004" ] || fail "arrived: $(arrived)"
}

@test "IGMP to multicast groups passes, from 0.0.0.0 too" {
        apply_quietly base
        listen_for 4 2 e00000fa e00000fb e00000fc
        sends outside 203.0.113.9 203.0.113.1 2 1 11000000e00000fa
        sends outside 0.0.0.0 224.0.0.1 2 1 11000000e00000fb
        sends outside 203.0.113.9 224.0.0.1 2 1 11000000e00000fc
        [ "$(arrived)" = "e00000fb e00000fc" ] || fail "arrived: $(arrived)"
}

@test "ICMP errors come through, also for what is no known connection; redirects do not" {
        # The head of a datagram that the host never sent.
        local ipv4=4500001c0000000040110000cb007101cb00710904d2162e00080000

        apply_quietly base
        listen_for 4 1 aaaa0001 aaaa0002 aaaa0003 aaaa0004
        sends outside 203.0.113.9 203.0.113.1 1 64 "05010000cb007109${ipv4}aaaa0001"
        sends outside 203.0.113.9 203.0.113.1 1 64 "0304000000000500${ipv4}aaaa0002"
        sends outside 203.0.113.9 203.0.113.1 1 64 "0b00000000000000${ipv4}aaaa0003"
        sends outside 203.0.113.9 203.0.113.1 1 64 "0c00000000000000${ipv4}aaaa0004"
        [ "$(arrived)" = "aaaa0002 aaaa0003 aaaa0004" ] || fail "arrived: $(arrived)"
        listen_for 6 58 bbbb0000 bbbb0001 bbbb0002 bbbb0003
        sends outside 2001:db8:1::9 2001:db8:1::1 58 64 8a00000000000000bbbb0000
        sends outside 2001:db8:1::9 2001:db8:1::1 58 64 0100000000000000bbbb0001
        sends outside 2001:db8:1::9 2001:db8:1::1 58 64 0200000000000500bbbb0002
        sends outside 2001:db8:1::9 2001:db8:1::1 58 64 0300000000000000bbbb0003
        [ "$(arrived)" = "bbbb0001 bbbb0002 bbbb0003" ] || fail "arrived: $(arrived)"
}

knows_path() {
        ip "$1" route get "$2" | grep -q 'mtu 1280'
}

@test "the path's MTU is learnt from packet too big" {
        # The head of an echo request, which the kernel need not know.
        local ipv6=6000000000083a4020010db800010000000000000000000120010db80001000000000000000000098000000000010001

        apply_quietly base
        finds outside open:udp/53
        sends outside 2001:db8:1::9 2001:db8:1::1 58 64 "0200000000000500$ipv6"
        until_true 20 knows_path -6 2001:db8:1::9
}

@test "DHCP answers come in, by broadcast and to link-local addresses; their ports are open to nothing else" {
        apply_quietly base
        listen_for 4 17 cccc0001 cccc0002 cccc0003
        sends outside 203.0.113.9 203.0.113.1 17 64 00420044000c0000cccc0001
        on outside tool_send host ffffffffffff 203.0.113.9 255.255.255.255 17 64 00430044000c0000cccc0002
        sends outside 203.0.113.9 203.0.113.1 17 64 00430044000c0000cccc0003
        [ "$(arrived)" = "cccc0002 cccc0003" ] || fail "arrived: $(arrived)"
        listen_for 6 17 cccc0004 cccc0005
        sends outside 2001:db8:1::9 2001:db8:1::1 17 64 02230222000c0000cccc0004
        sends outside fe80::9 "$(ip -6 -o address show dev outside scope link |
                sed -nE 's/.*inet6 ([^/]*).*/\1/p')" 17 64 12340222000c0000cccc0005
        [ "$(arrived)" = cccc0005 ] || fail "arrived: $(arrived)"
}

@test "what conntrack calls invalid is dropped and counted, on an open port too" {
        apply_quietly ssh
        # SYN and FIN together are no packet of a connection; the second is a reset of none.
        sends outside 203.0.113.9 203.0.113.1 6 64 9c40001600000001000000005003ffff00000000
        counted() { nft list chain inet portguard "input_$(live_slot)" | grep -q 'ct state invalid counter packets 1 '; }
        until_true 10 counted
        [ "$(hits ssh/ssh)" = 0 ] || fail "it came to the port"
        reaches outside open:tcp/22
}

# --- outbound ---

@test "egress open: everything goes out" {
        apply_quietly base
        finds outside open:udp/53 open:tcp/25 open:tcp/443 open:ping open:udp/5353
}

@test "egress strict: name and time service, ping, and answers go out, nothing else" {
        apply_quietly ssh --egress strict
        finds outside open:udp/53 open:tcp/53 open:udp/123 open:ping refused:tcp/25 refused:tcp/443 dropped:udp/5353
        reaches outside open:tcp/22
        apply_quietly ssh --egress open
        finds outside open:tcp/25 open:udp/5353
}

@test "egress strict: a service goes out to the addresses of its host only" {
        cat >>"$PORTGUARD_SITE" <<'YAML'
egress: strict
hosts: {partner.example.net: [203.0.113.9, "2001:db8:1::9"]}
YAML
        cat >"$BATS_TEST_TMPDIR/profiles/caller.yaml" <<'YAML'
name: caller
summary: Calls a partner
include: [base]
egress:
  partner: {summary: The partner, ports: [tcp/443], to: partner.example.net}
YAML
        apply_quietly caller
        finds outside open:tcp/443 refused:tcp/8443 refused:tcp/25
        sed -i 's/203.0.113.9/203.0.113.77/; s/2001:db8:1::9/2001:db8:1::77/' "$PORTGUARD_SITE"
        apply_quietly caller
        finds outside refused:tcp/443
}

@test "egress strict: what is refused fails at once for datagrams" {
        apply_quietly base --egress strict
        run tool_reach dropped:udp/5353@203.0.113.9
        assert_status 0
        nft list chain inet portguard "deny_output_$(live_slot)" | grep -qE 'counter packets [1-9]'
}
