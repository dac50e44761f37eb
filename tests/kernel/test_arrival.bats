#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Sources that the kernel's routing knows nothing good of: what explain says is what becomes of real packets.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
load network

# UDP to port 7000, TCP SYN to port 7000; the mark is in the source port.
udp=aa%02d1b5800080000
syn=aa%02d1b58000000000000000050020400000000000

setup_file() {
        make_network tcp/22
}

teardown_file() {
        remove_network
}

setup() {
        kernel_setup
        mkdir "$BATS_TEST_TMPDIR/profiles"
        PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/profiles:$PORTGUARD_PROFILES
        cat >"$BATS_TEST_TMPDIR/profiles/lab.yaml" <<'YAML'
name: lab
summary: A service of the test
services:
  open: {summary: For all, ports: [tcp/7000, udp/7000], from: any}
YAML
        apply_quietly lab
        # What comes to the input hook at all is counted before the policy sees it.
        nft -f - <<'NFT'
table inet watch {
        counter last { }
        counter others { }
        chain in { type filter hook input priority -200
                ip saddr 203.0.113.9 counter name last return
                meta l4proto { tcp, udp } th dport 7000 counter name others
        }
}
NFT
}

teardown() {
        nft flush ruleset
        echo 0 >/proc/sys/net/ipv4/conf/outside/rp_filter
        echo 0 >/proc/sys/net/ipv4/conf/outside/accept_local
}

# count NAME
count() {
        nft list counter inet watch "$1" | sed -nE 's/.*packets ([0-9]+) .*/\1/p'
}

has_count() {
        [ "$(count "$1")" -eq "$2" ]
}

# comes SOURCE DESTINATION PROTOCOL PAYLOAD: whether it comes to the input hook, before one that surely does.
comes() {
        local before last

        before=$(count others)
        last=$(count last)
        # shellcheck disable=SC2059
        sends outside "$1" "$2" "$3" 64 "$(printf "$4" 1)"
        # shellcheck disable=SC2059
        sends outside 203.0.113.9 203.0.113.1 17 64 "$(printf "$udp" 2)"
        until_true 10 has_count last $((last + 1))
        [ "$(count others)" -eq $((before + 1)) ]
}

# says VERDICT KIND QUESTION...
says() {
        run --separate-stderr portguard explain "${@:3}" --json
        assert_status 0
        jq -e --arg verdict "$1" --arg kind "$2" '.verdict == $verdict and .because.kind == $kind' <<<"$output" >/dev/null ||
                fail "expected $*"
}

@test "an interface that this host does not have is told of, where what is enforced is asked for" {
        for question in '--from 203.0.113.9 --iif nosuch' '--to 203.0.113.9 --oif nosuch'; do
                # shellcheck disable=SC2086 # words
                run --separate-stderr portguard explain udp/7000 $question --json
                assert_json '.arrival == "this host has no interface nosuch now"'
                # shellcheck disable=SC2086
                run --separate-stderr portguard explain udp/7000 $question --profile lab --json
                assert_json '.arrival == null'
        done
        run --separate-stderr portguard explain udp/7000 --from 203.0.113.9 --iif outside --json
        assert_json '.arrival == null'
}

@test "multicast and broadcast sources never come to the input hook, by any interface" {
        for source in 224.0.0.1 239.1.2.3 255.255.255.255; do
                for destination in 203.0.113.1 255.255.255.255; do
                        ! comes $source $destination 17 "$udp" || fail "$source came to $destination"
                done
                ! comes $source 203.0.113.1 6 "$syn" || fail "$source came"
                for port in tcp/7000 udp/7000 ping; do
                        says drop routing $port --from $source
                        says drop routing $port --from $source --iif outside
                done
                assert_json '.interface == "outside" and (.arrival | contains("before any rule of an input hook"))'
        done
        run --separate-stderr portguard explain tcp/7000 --from 224.0.0.1
        assert_line "drop tcp/7000 from 224.0.0.1"
        ! comes ff02::1 2001:db8:1::1 17 "$udp" || fail "ff02::1 came"
        ! comes ::1 2001:db8:1::1 17 "$udp" || fail "::1 came"
        says drop routing udp/7000 --from ff02::1
        says drop routing udp/7000 --from ::1 --iif outside
        says accept base udp/7000 --from ::1
}

@test "who has no address yet comes by broadcast, and not to an address; no connection is opened so" {
        comes 0.0.0.0 255.255.255.255 17 "$udp" || fail "no DHCP client would come in"
        ! comes 0.0.0.0 203.0.113.1 17 "$udp" || fail "0.0.0.0 came to an address"
        ! comes 0.0.0.0 203.0.113.1 6 "$syn" || fail "0.0.0.0 came to an address"
        says accept service udp/7000 --from 0.0.0.0
        assert_json '.interface == null and (.arrival | contains("by broadcast"))'
        says drop default udp/7001 --from 0.0.0.0
        says drop routing tcp/7000 --from 0.0.0.0
        comes :: 2001:db8:1::1 17 "$udp" || fail ":: did not come"
        says accept service udp/7000 --from ::
        assert_json '.interface == null and .arrival == null'
}

@test "an address of this host, and one whose way back is another: as the sysctls say" {
        ! comes 203.0.113.1 203.0.113.1 17 "$udp" || fail "an own address came"
        says drop routing udp/7000 --from 203.0.113.1 --iif outside
        assert_json '.arrival | contains("accept_local")'
        says accept base udp/7000 --from 203.0.113.1
        echo 1 >/proc/sys/net/ipv4/conf/outside/accept_local
        comes 203.0.113.1 203.0.113.1 17 "$udp" || fail "accept_local"
        says accept service udp/7000 --from 203.0.113.1 --iif outside

        comes 198.51.100.7 203.0.113.1 17 "$udp" || fail "no rp_filter"
        says accept service udp/7000 --from 198.51.100.7 --iif outside
        echo 1 >/proc/sys/net/ipv4/conf/outside/rp_filter
        ! comes 198.51.100.7 203.0.113.1 17 "$udp" || fail "rp_filter"
        says drop routing udp/7000 --from 198.51.100.7 --iif outside
        assert_json '.arrival | contains("rp_filter")'
        # Another policy is asked about itself, and not about this host's routing.
        says accept service udp/7000 --from 198.51.100.7 --iif outside --profile lab
        says drop routing udp/7000 --from 224.0.0.1 --iif outside --profile lab
}

# with_rule ACTION: the kernel refuses all of 203.0.113.8 by a routing rule before those of its own addresses.
with_rule() {
        ip rule add pref 50 from 203.0.113.8 "$1"
        ! comes 203.0.113.8 203.0.113.1 17 "$udp" || fail "$1"
        says drop routing udp/7000 --from 203.0.113.8 --iif outside
        assert_json '.arrival | contains("a routing rule refuses it")'
        says accept service udp/7000 --from 203.0.113.7 --iif outside
        ip rule del pref 50
        comes 203.0.113.8 203.0.113.1 17 "$udp" || fail "without $1"
        says accept service udp/7000 --from 203.0.113.8 --iif outside
}

@test "a routing rule before this host's own addresses refuses a source" {
        ip rule add pref 32765 lookup local
        ip rule del pref 0
        with_rule blackhole
        with_rule unreachable
        with_rule prohibit
        ip rule add pref 0 lookup local
        ip rule del pref 32765
}

# refused_to ADDRESS: what the kernel tells a program of this host that sends there is what explain says.
refused_to() {
        local said

        said=$(bash -c ">/dev/udp/$1/7000" 2>&1) && fail "$1 is sent to"
        said=${said##*: }
        says reject routing udp/7000 --to "$1"
        jq -e --arg said "($said)" '.arrival | contains($said)' <<<"$output" >/dev/null || fail "expected $said"
        assert_json ".mend == null and .interface == null and (.arrival | contains(\"$2\"))"
        says reject routing tcp/22 --to "$1"
        says accept base udp/7000 --to "$1" --profile lab
        says accept base udp/7000 --to "$1" --oif outside
}

# sends_to ADDRESS
sends_to() {
        bash -c ">/dev/udp/$1/7000" || fail "$1 is not sent to"
        says accept base udp/7000 --to "$1"
        assert_json '.arrival == null'
}

@test "what this host's routing refuses to send is rejected, with the kernel's error" {
        local address kind

        for address in 203.0.113.8 2001:db8:1::8; do
                sends_to $address
                for kind in prohibit blackhole unreachable; do
                        ip route add "$kind" $address
                        refused_to $address "$kind"
                        ip route del "$kind" $address
                        ip -"$([[ $address = *:* ]] && echo 6 || echo 4)" rule add pref 50 to $address "$kind"
                        refused_to $address "$kind"
                        ip -"$([[ $address = *:* ]] && echo 6 || echo 4)" rule del pref 50
                done
                ip route add throw $address
                refused_to $address "no route"
                ip route del throw $address
                sends_to $address
        done
        refused_to 20.0.0.1 "no route"
        refused_to 2a00::1 "no route"
        # By port.
        ip rule add pref 50 to 203.0.113.8 ipproto udp dport 7000 prohibit
        says reject routing udp/7000 --to 203.0.113.8
        says accept base udp/7001 --to 203.0.113.8
        bash -c ">/dev/udp/203.0.113.8/7001"
        ip rule del pref 50
        # The policy is not asked, and portguard off changes nothing.
        portguard disable
        says reject routing udp/7000 --to 20.0.0.1
        says accept off udp/7000 --to 203.0.113.8
}

has_left_by_internal() {
        nft list chain ip seen output | grep -q 'packets [1-9]'
}

@test "TCP leaves by the way of the address that it gets, also where a routing rule is for that" {
        ip route add 203.0.113.9/32 via 10.9.0.9 dev internal table 100
        ip rule add pref 50 from 203.0.113.1 table 100
        nft -f - <<'NFT'
table ip seen {
        chain output {
                type filter hook output priority 10
                oifname "internal" tcp dport 7001 counter
        }
}
NFT
        timeout 20 bash -c '>/dev/tcp/203.0.113.9/7001' 2>/dev/null 3>&- &
        until_true 20 has_left_by_internal
        kill %% 2>/dev/null || true
        nft delete table ip seen
        says accept base tcp/7001 --to 203.0.113.9
        assert_json '.interface == "internal"'
        # Nobody has bound a socket: UDP is routed before it has an address.
        says accept base udp/7001 --to 203.0.113.9
        assert_json '.interface == "outside"'
        ip rule del pref 50
        ip rule add pref 50 from 203.0.113.1 prohibit
        [[ $(bash -c '>/dev/tcp/203.0.113.9/7001' 2>&1) = *'Permission denied'* ]] || fail "it is sent"
        says reject routing tcp/7001 --to 203.0.113.9
        assert_json '.arrival | contains("prohibit")'
        ip rule del pref 50
}

@test "TCP connects to no group and to no broadcast address" {
        local address

        for address in 224.0.0.1 255.255.255.255 203.0.113.255; do
                [[ $(bash -c ">/dev/tcp/$address/7001" 2>&1) = *'Network is unreachable'* ]] || fail "$address"
                says reject routing tcp/7001 --to $address
                assert_json '.arrival | contains("Network is unreachable")'
        done
        says reject routing tcp/7001 --to ff02::1
}

@test "to nowhere is to this host; to many leaves as egress says" {
        says accept base udp/7000 --to 0.0.0.0
        assert_json '.interface == "lo"'
        says accept base udp/7000 --to ::
        assert_json '.interface == "lo"'
        ip route add default via 203.0.113.9
        for address in 224.0.0.1 255.255.255.255 203.0.113.255 ff02::1; do
                sends_many "$address" || fail "$address: $output"
                says accept base udp/7000 --to $address
                assert_json '.because.base == "egress is open" and .interface != "lo" and .arrival == null'
        done
        ip route del default
}

# sends_many ADDRESS [INTERFACE]: a program that may broadcast, and names the interface.
sends_many() {
        run python3 - "$@" <<'PY'
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
if len(sys.argv) > 2:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, sys.argv[2].encode())
s.sendto(b"x", (sys.argv[1], 7000))
PY
        [ "$status" = 0 ]
}

@test "to many, routing is asked, too; a program that names an interface needs none" {
        local address kind error

        for address in 224.0.0.1 239.1.2.3 255.255.255.255; do
                for kind in '' prohibit; do
                        error='Network is unreachable'
                        if [ -n "$kind" ]; then
                                ip route add prohibit $address
                                error='Permission denied'
                        fi
                        ! sends_many $address || fail "$address is sent to"
                        assert_output_has "$error"
                        says reject routing udp/7000 --to $address
                        assert_json ".arrival | contains(\"($error)\") and contains(\"--oif\")"
                        sends_many $address outside || fail "$address: $output"
                        says accept base udp/7000 --to $address --oif outside
                        [ -z "$kind" ] || ip route del prohibit $address
                done
        done
        says reject routing ping --to 224.0.0.1
        says accept base udp/7000 --to 224.0.0.1 --profile lab
        # Of IPv6, an interface that is down has none either.
        ip -6 route flush table local type multicast
        ! sends_many ff02::1 || fail "ff02::1 is sent to"
        assert_output_has 'Network is unreachable'
        says reject routing udp/7000 --to ff02::1
        assert_json '.arrival | contains("(Network is unreachable)") and (contains("--oif") | not)'
}

@test "routing rules by the source's port are asked where it is known, and those for ICMP" {
        local address family protocol

        for address in 203.0.113.8 2001:db8:1::8; do
                family=$([[ $address = *:* ]] && echo 6 || echo 4)
                for protocol in tcp udp; do
                        ip -"$family" rule add pref 50 to $address ipproto $protocol sport 4000 prohibit
                        run python3 - $address $protocol <<'PY'
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET,
                  socket.SOCK_DGRAM if sys.argv[2] == "udp" else socket.SOCK_STREAM)
s.bind(("", 4000))
s.connect((sys.argv[1], 7001))
PY
                        assert_output_has 'Permission denied'
                        says reject routing $protocol/7001 --to $address --sport 4000
                        assert_json '.arrival | contains("prohibit")'
                        says accept base $protocol/7001 --to $address --sport 4001
                        says accept base $protocol/7001 --to $address
                        ip -"$family" rule del pref 50
                done
                ip -"$family" rule add pref 50 to $address ipproto "$([ "$family" = 6 ] && echo ipv6-icmp || echo icmp)" prohibit
                says reject routing ping --to $address
                says accept base tcp/7001 --to $address
                ip -"$family" rule del pref 50
        done
}

# sends_lite LAST: one packet of UDP-Lite to port 7000, through a socket of its own; the host has seen it then.
sends_lite() {
        on outside python3 - "$1" <<'PY'
import socket, sys
lite = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 136)
lite.bind(("203.0.113.8", 0))
lite.sendto(b"x", ("203.0.113.1", 7000))
PY
        # shellcheck disable=SC2059
        sends outside 203.0.113.9 203.0.113.1 17 64 "$(printf "$udp" "$1")"
        until_true 10 has_count last "$1"
}

@test "UDP-Lite is judged as connection tracking's sysctl lets it come in" {
        local checksum=/proc/sys/net/netfilter/nf_conntrack_checksum

        on outside python3 -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 136)' ||
                skip "this kernel has no sockets of UDP-Lite"
        on outside ip address add 203.0.113.8/24 dev host || true
        sed -i 's|udp/7000|udp/7000, udplite/7000|' "$BATS_TEST_TMPDIR/profiles/lab.yaml"
        apply_quietly lab
        nft add chain inet watch behind '{ type filter hook input priority 200; }'
        nft add rule inet watch behind meta l4proto udplite counter name others

        echo 1 >$checksum
        says drop invalid udplite/7000 --from 203.0.113.8
        assert_json '.mend == "sysctl net.netfilter.nf_conntrack_checksum=0"'
        run portguard explain udplite/7000 --from 203.0.113.8
        [[ $output != *"is not in it"* ]] || fail "it is in it"
        says accept service udplite/7000 --from 203.0.113.8 --profile lab
        sends_lite 1
        [ "$(count others)" -eq 0 ] || fail "it came in"
        run --separate-stderr portguard audit --json
        assert_json 'any(.warnings[]; .text | test("opens UDP-Lite, and connection tracking takes all of it for invalid"))'
        run --separate-stderr portguard doctor --json
        assert_json 'any(.checks[]; .name == "udplite" and .level == "warning" and (.mend | endswith("nf_conntrack_checksum=0")))'

        echo 0 >$checksum
        says accept service udplite/7000 --from 203.0.113.8
        sends_lite 2
        [ "$(count others)" -eq 1 ] || fail "it did not come in"
        run --separate-stderr portguard audit --json
        assert_json 'all(.warnings[]; .text | test("UDP-Lite") | not)'
        run --separate-stderr portguard doctor --json
        assert_json 'all(.checks[]; .name != "udplite")'
        echo 1 >$checksum
}
