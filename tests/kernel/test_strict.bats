#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Strict egress: what is refused is told to the program at once.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
load network

setup_file() {
        make_network
        serve outside outside tcp/443 udp/5353
}

teardown_file() {
        remove_network
}

setup() {
        kernel_setup
}

teardown() {
        stop_in_background hold
        stop_in_background serve
        nft flush ruleset
}

@test "a connection that is refused fails at once, over both families" {
        apply_quietly base --egress strict
        # Ten seconds are waited for an answer; without one a connection takes two minutes to fail.
        finds outside refused:tcp/443 dropped:udp/5353
        # Nobody there, too.
        run tool_reach refused:tcp/443@203.0.113.77 refused:tcp/443@2001:db8:1::77
        assert_status 0
        assert_verified
        apply_quietly base --egress open
        finds outside open:tcp/443 open:udp/5353
}

# with_hosts LINES COMMAND...: runs it where that is all that names resolve to.
with_hosts() {
        printf '%s\n' "$1" >"$BATS_TEST_TMPDIR/hosts"
        shift
        # shellcheck disable=SC2016 # for the other shell
        HOSTS=$BATS_TEST_TMPDIR/hosts unshare --mount bash -c 'mount --bind "$HOSTS" /etc/hosts && exec "$@"' - "$@"
}

@test "names that do not resolve close nothing: apply is refused, and nobody advises it" {
        mkdir -p "$BATS_TEST_TMPDIR/profiles"
        cat >"$BATS_TEST_TMPDIR/profiles/caller.yaml" <<'YAML'
name: caller
summary: Calls a partner
include: [base]
egress:
  partner: {summary: The partner, ports: [tcp/443], to: [partner.example.com]}
YAML
        PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/profiles:$PORTGUARD_PROFILES
        # Never resolved so far: there is nothing to lose.
        run with_hosts '127.0.0.1 localhost' "$PORTGUARD" apply --allow-lockout caller --egress strict
        assert_status 0
        run with_hosts $'203.0.113.9 partner.example.com\n2001:db8:1::9 partner.example.com' \
                "$PORTGUARD" apply --allow-lockout caller --egress strict
        assert_status 0
        run --separate-stderr with_hosts '127.0.0.1 localhost' "$PORTGUARD" plan --json caller --egress strict
        assert_json '.unresolved and (.warnings | any(.text | contains("apply would be refused")))'
        for more in "" --dry-run --allow-lockout "--trial 10m"; do
                # shellcheck disable=SC2086 # words
                run with_hosts '127.0.0.1 localhost' "$PORTGUARD" apply $more caller --egress strict
                assert_status 4
                assert_output_has "hosts: {partner.example.com: [ADDRESS]}"
        done
        run --separate-stderr with_hosts '127.0.0.1 localhost' "$PORTGUARD" doctor
        assert_output_has "apply would be refused"
        assert_output_lacks "then portguard apply"
        finds outside open:tcp/443
        # What the name has another address for is the resolver's word.
        run with_hosts '203.0.113.77 partner.example.com' "$PORTGUARD" apply --allow-lockout caller --egress strict
        assert_status 0
        finds outside refused:tcp/443
}

lines() {
        [ "$(wc -l <"$BATS_FILE_TMPDIR/hold.out")" -ge "$1" ]
}

# To conntrack, which has forgotten it, what the host sends next begins a connection.
@test "what conntrack has forgotten is refused, and not ended by a reset" {
        mkfifo "$BATS_TEST_TMPDIR/words"
        tool_hold 203.0.113.9 443 <"$BATS_TEST_TMPDIR/words" >"$BATS_FILE_TMPDIR/hold.out" 3>&- &
        echo $! >"$BATS_FILE_TMPDIR/hold.pid"
        exec 8>"$BATS_TEST_TMPDIR/words"
        until_true 20 lines 1
        apply_quietly base --egress strict
        tool_forget
        echo one >&8
        until_true 20 lines 2
        [ "$(tail -n 1 "$BATS_FILE_TMPDIR/hold.out")" = lost ] || fail "$(cat "$BATS_FILE_TMPDIR/hold.out")"
        apply_quietly base --egress open
        echo two >&8
        until_true 20 lines 3
        [ "$(tail -n 1 "$BATS_FILE_TMPDIR/hold.out")" = echo ] || fail "$(cat "$BATS_FILE_TMPDIR/hold.out")"
        exec 8>&-
}

# assert_reported DESTINATION PORT PACKETS MEND: a row of the page's table of where this host was refused to go.
assert_reported() {
        sed -n '/What this host was refused to reach in the last 10 minutes/,/<\/table>/p' "$BATS_TEST_TMPDIR/report.html" |
                grep -qF "<code>$1</code></th><td><code>$2</code></td><td>$3</td><td>$4</td>" ||
                fail "expected of the page: $*: $(grep -F "$2" "$BATS_TEST_TMPDIR/report.html")"
}

@test "where this host was refused to go is told, with what would open it" {
        mkdir -p "$BATS_TEST_TMPDIR/profiles"
        cat >"$BATS_TEST_TMPDIR/profiles/caller.yaml" <<'YAML'
name: caller
summary: Calls a partner
include: [base]
egress:
  partner: {summary: The partner, ports: [tcp/4711], to: any}
  other: {summary: Another, ports: [tcp/4712], to: [192.0.2.0/24]}
YAML
        PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/profiles:$PORTGUARD_PROFILES
        apply_quietly ssh --egress strict
        run tool_reach refused:tcp/4711@203.0.113.9 refused:tcp/4711@2001:db8:1::9 refused:tcp/4713@203.0.113.9
        assert_status 0
        run --separate-stderr portguard status --json
        assert_json '[.refused_out[] | [.destination, .protocol, .port, .packets, .advice]] | sort ==
                [["2001:db8:1::9", "tcp", 4711, 1, "if it is caller: portguard apply ssh caller --egress strict"], ["203.0.113.9", "tcp", 4711, 1, "if it is caller: portguard apply ssh caller --egress strict"],
                 ["203.0.113.9", "tcp", 4713, 1, null]]'
        assert_json '.refused_out_total == 3 and .refused_out_full == false and .denied_out.packets == 3 and .refused == []'
        assert_json '.denied.packets == 0'
        run portguard status
        assert_output_has 'refused outbound: 3 packets'
        assert_output_has 'What this host was refused to reach in the last 10 minutes:'
        grep -qE '^ +1 +[0-9]+ s  tcp/4711 +2001:db8:1::9$' <<<"$output" || fail "expected the line"
        assert_line 'tcp/4711 if it is caller: portguard apply ssh caller --egress strict'
        portguard report -o "$BATS_TEST_TMPDIR/report.html"
        assert_reported 2001:db8:1::9 tcp/4711 1 'if it is caller: portguard apply ssh caller --egress strict'
        assert_reported 203.0.113.9 tcp/4711 1 'if it is caller: portguard apply ssh caller --egress strict'
        assert_reported 203.0.113.9 tcp/4713 1 'no profile has this port'
        run portguard explain tcp/4711 --to 203.0.113.9
        assert_output_has 'to open  if it is caller: portguard apply ssh caller'
        # Open to somebody else.
        apply_quietly caller --egress strict
        run tool_reach refused:tcp/4712@203.0.113.9
        assert_status 0
        run --separate-stderr portguard status --json
        assert_json '[.refused_out[] | select(.port == 4712) | .advice] == ["open to 192.0.2.0/24 only"]'
        # A report says so.
        run portguard report -o "$BATS_TEST_TMPDIR/report.html"
        grep -q 'of this host itself, to where no role of it goes' "$BATS_TEST_TMPDIR/report.html"
        assert_reported 203.0.113.9 tcp/4712 1 'open to 192.0.2.0/24 only'
        # With open egress nothing is refused any more, and what was is not forgotten.
        apply_quietly caller --egress open
        run --separate-stderr portguard status --json
        assert_json '.refused_out_total == 4 and .denied_out.packets == 0'
        assert_json '([.refused_out[].advice] | unique) == ["egress is open now"]'
        assert_verified
}

# assert_advised PORT TEXT: what explain says would let it out, whole.
assert_advised() {
        run portguard explain "$1" --to 203.0.113.9
        assert_status 0
        assert_line "to open $2"
}

@test "what would let it out is a command that does, or what it lacks" {
        mkdir -p "$BATS_TEST_TMPDIR/profiles"
        cat >"$BATS_TEST_TMPDIR/profiles/caller.yaml" <<'YAML'
name: caller
summary: Calls a partner, and a group that nobody filled in
include: [base]
params:
  peer: {type: scope, default: none, summary: who is called}
groups:
  lab: {default: none, summary: the lab}
egress:
  lab: {summary: The lab, ports: [tcp/4711], to: lab}
  fixed: {summary: Another network, ports: [tcp/4712], to: [192.0.2.0/24]}
  host: {summary: A host, ports: [tcp/4713], to: partner.example.net}
  asked: {summary: Whom a parameter names, ports: [tcp/4714], to: "${peer}"}
  extra: {summary: Not asked for, ports: [tcp/4715], to: any, required: false}
  both: {summary: What another has for all, ports: [tcp/4716], to: lab}
YAML
        cat >"$BATS_TEST_TMPDIR/profiles/other.yaml" <<'YAML'
name: other
summary: Calls everybody
include: [base]
egress:
  both: {summary: Everybody, ports: [tcp/4716], to: any}
  fixed: {summary: Another network, ports: [tcp/4717], to: [192.0.2.0/24]}
YAML
        cat >"$BATS_TEST_TMPDIR/profiles/third.yaml" <<'YAML'
name: third
summary: Calls one network
include: [base]
egress:
  fixed: {summary: Another network, ports: [tcp/4716, tcp/4717], to: [192.0.2.128/25]}
YAML
        PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/profiles:$PORTGUARD_PROFILES
        apply_quietly ssh --egress strict
        local strict='portguard apply ssh caller --egress strict'
        assert_advised tcp/4711 "if it is caller: $strict --group lab=203.0.113.9"
        assert_advised tcp/4712 "if it is caller: $strict would open it to 192.0.2.0/24 only, not to 203.0.113.9"
        assert_advised tcp/4713 "if it is caller: $strict would open it to partner.example.net only, whose addresses are looked up then: if 203.0.113.9 is to be one of them, hosts: {partner.example.net: [203.0.113.9]} in the site file"
        assert_advised tcp/4714 "if it is caller: $strict --set caller.peer=203.0.113.9"
        assert_advised tcp/4715 "if it is caller: $strict --with caller/extra"
        # Of several, those that let it out, each with what it needs; else all, with what is wrong.
        assert_advised tcp/4716 "if it is caller: $strict --group lab=203.0.113.9; if it is other: portguard apply ssh other --egress strict"
        assert_advised tcp/4717 "if it is other: portguard apply ssh other --egress strict would open it to 192.0.2.0/24 only, not to 203.0.113.9; if it is third: portguard apply ssh third --egress strict would open it to 192.0.2.128/25 only, not to 203.0.113.9"
        run tool_reach refused:tcp/4711@203.0.113.9 refused:tcp/4716@203.0.113.9
        assert_status 0
        run --separate-stderr portguard status --json
        assert_json '[.refused_out[] | select(.port == 4716) | .candidates] == [["caller", "other"]]'

        # What it says is what helps.
        run portguard status
        assert_line "tcp/4711 if it is caller: $strict --group lab=203.0.113.9"
        apply_quietly ssh caller --egress strict --group lab=203.0.113.9 --set caller.peer=203.0.113.9 --with caller/extra
        for port in 4711 4714 4715 4716; do
                run portguard explain "tcp/$port" --to 203.0.113.9
                assert_output_has "accept tcp/$port to 203.0.113.9"
        done
        # A group that others are in is not taken from them.
        apply_quietly ssh caller --egress strict --group lab=192.0.2.1
        assert_advised tcp/4711 "add 203.0.113.9 to the group 'lab': in the site file under groups:, or with --group"
        assert_advised tcp/4713 "if 203.0.113.9 is an address of partner.example.net: hosts: {partner.example.net: [203.0.113.9]} in the site file, with its others"
        printf 'hosts: {partner.example.net: [203.0.113.9]}\n' >"$PORTGUARD_SITE"
        apply_quietly ssh caller --egress strict
        run portguard explain tcp/4713 --to 203.0.113.9
        assert_output_has 'accept tcp/4713 to 203.0.113.9'
}

@test "no more destinations are remembered than there is room for" {
        apply_quietly base --egress strict
        ip route add 198.18.0.0/15 dev outside
        for i in {0..16}; do
                targets=()
                for j in {0..255}; do
                        targets+=("dropped:udp/9@198.18.$i.$j")
                done
                tool_reach "${targets[@]}"
        done
        ip route del 198.18.0.0/15 dev outside
        run --separate-stderr portguard status --json --refused 4096
        assert_json '.refused_out_total == 4096 and (.refused_out | length) == 4096 and .refused_out_full and .denied_out.packets >= 4352'
        run portguard status
        assert_output_has 'what else is refused now is counted, but not remembered'
}

# listen_at PEER FAMILY PROTOCOL MARK...: as listen_for, at a peer.
listen_at() {
        start_in_background arrives on "$1" tool_arrives "${@:2}"
        until_true 20 grep -qs ready "$BATS_FILE_TMPDIR/arrives.out"
}

profile() {
        mkdir -p "$BATS_TEST_TMPDIR/profiles"
        cat >"$BATS_TEST_TMPDIR/profiles/server.yaml" <<YAML
name: server
summary: A server
include: [base]
services:
$1
YAML
        PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/profiles:$PORTGUARD_PROFILES
}

# says PYTHON: as the host.
says() {
        python3 -c "from socket import *
def udp(source, port, to, data):
    s = socket(AF_INET6 if ':' in to else AF_INET, SOCK_DGRAM)
    s.setsockopt(SOL_SOCKET, SO_BROADCAST, 1)
    s.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, b'outside')
    s.bind((('::' if ':' in to else '0.0.0.0'), source))
    try:
        s.sendto(bytes.fromhex(data), (to, port))
    except PermissionError:
        print('refused', end=' ')
def raw(protocol, to, data):
    s = socket(AF_INET6 if ':' in to else AF_INET, SOCK_RAW, protocol)
    s.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, b'outside')
    try:
        s.sendto(bytes.fromhex(data), (to, 0))
    except PermissionError:
        print('refused', end=' ')
$1"
}

@test "a DHCP server answers by broadcast, to the address that it gives, and to link-local ones; only where it is open" {
        local ask="udp(67, 68, '255.255.255.255', 'aaaa0001'); udp(67, 68, '203.0.113.9', 'aaaa0002')
udp(1067, 68, '203.0.113.9', 'aaaa0003'); udp(67, 69, '203.0.113.9', 'aaaa0004')"
        local ask6="udp(547, 546, 'fe80::9', 'aaaa0001'); udp(1547, 546, 'fe80::9', 'aaaa0002')"

        profile "  dhcp: {summary: D, ports: [udp/67], from: [0.0.0.0/32, 203.0.113.0/24]}
  dhcpv6: {summary: D, ports: [udp/547], from: [fe80::/10]}"
        apply_quietly server --egress strict
        run says "$ask"
        [ "$output" = 'refused refused ' ] || fail "$output"
        run says "$ask6"
        [ "$output" = 'refused ' ] || fail "$output"
        run portguard explain udp/68 --to 203.0.113.9 --sport 67
        assert_output_has 'base     answer of the DHCP server'
        run portguard explain udp/68 --to 203.0.113.9
        assert_output_has 'reject udp/68'
        apply_quietly ssh --egress strict
        run says "$ask"
        [ "$output" = 'refused refused refused refused ' ] || fail "$output"
        run says "$ask6"
        [ "$output" = 'refused refused ' ] || fail "$output"
}

@test "VRRP adverts leave to the group of the link and to the peers, and to nobody else" {
        local adverts="raw(112, '224.0.0.18', '21'); raw(112, '203.0.113.9', '22'); raw(112, 'ff02::12', '31')
raw(112, '2001:db8:1::9', '32'); raw(112, '203.0.113.77', '23')"

        profile "  vrrp: {summary: V, ports: [protocol/vrrp], from: [203.0.113.8/31, '2001:db8:1::8/125']}"
        apply_quietly server --egress strict
        run says "$adverts"
        [ "$output" = 'refused ' ] || fail "$output"
        run --separate-stderr portguard show --json
        assert_json 'any(.services[]; .direction == "out" and .protocol == "vrrp" and .services == ["server/vrrp"])'
        assert_verified
        apply_quietly ssh --egress strict
        run says "$adverts"
        [ "$output" = 'refused refused refused refused refused ' ] || fail "$output"
}

@test "a service that conntrack does not follow answers whom it lets in" {
        nft 'table inet raw {
                chain prerouting { type filter hook prerouting priority -300; udp dport 5300 notrack; tcp dport 5300 notrack; }
                chain output { type filter hook output priority -300; udp sport 5300 notrack; tcp sport 5300 notrack; }
        }'
        profile "  stateless: {summary: S, ports: [udp/5300, tcp/5300], from: [203.0.113.8/31, '2001:db8:1::8/125']}"
        apply_quietly server --egress strict
        start_in_background serve tool_serve udp/5300 tcp/5300
        until_true 20 grep -qs ready "$BATS_FILE_TMPDIR/serve.out"
        reaches outside open:udp/5300 open:tcp/5300
        reaches cluster dropped:udp/5300 dropped:tcp/5300
        stop_in_background serve
        # From that port to others, and of its own accord: refused.
        run says "udp(5300, 99, '203.0.113.9', '00'); udp(5300, 99, '203.0.113.77', '00')"
        [ "$output" = 'refused ' ] || fail "$output"
        run python3 -c "from socket import *
s = socket(); s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1); s.bind(('', 5300)); s.settimeout(10); s.connect(('203.0.113.9', 443))"
        assert_output_has 'ConnectionRefusedError'
        assert_verified
}

# As TFTP does: it is asked at one port, and answers from another.
answer_from_elsewhere() {
        cat >"$BATS_TEST_TMPDIR/server.py" <<'PYTHON'
from socket import *
import select
asked = []
for family, any_address in ((AF_INET, '0.0.0.0'), (AF_INET6, '::')):
    s = socket(family, SOCK_DGRAM)
    if family == AF_INET6:
        s.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 1)
    s.bind((any_address, 6900))
    asked.append(s)
print('ready', flush=True)
while True:
    for s in select.select(asked, [], [])[0]:
        question, peer = s.recvfrom(2048)
        other = socket(s.family, SOCK_DGRAM)
        try:
            other.sendto(b'DATA', peer)
        except PermissionError:
            print('refused', peer[0], flush=True)
PYTHON
        start_in_background serve python3 "$BATS_TEST_TMPDIR/server.py"
        until_true 20 grep -qs ready "$BATS_FILE_TMPDIR/serve.out"
}

# asks PEER ADDRESS: whether an answer comes, from whatever port.
asks() {
        on "$1" python3 -c "from socket import *
s = socket(AF_INET6 if ':' in '$2' else AF_INET, SOCK_DGRAM); s.settimeout(float('$3'))
for i in range(20):
    s.sendto(b'READ', ('$2', 6900))
    try:
        print(s.recvfrom(2048)[0].decode()); break
    except TimeoutError:
        pass"
}

refused_to() {
        grep -qs "^refused $1$" "$BATS_FILE_TMPDIR/serve.out"
}

@test "a service that answers from any port does so to whom it lets in, and to nobody else" {
        local scope="[203.0.113.8/31, '2001:db8:1::8/125']"

        answer_from_elsewhere
        profile "  tftp: {summary: T, ports: [udp/6900], from: $scope, answers: any-port}"
        apply_quietly server --egress strict
        [ "$(asks outside 203.0.113.1 1)" = DATA ]
        [ "$(asks outside 2001:db8:1::1 1)" = DATA ]
        assert_verified
        # Nobody else who asks is remembered, nor another port of who did.
        [ -z "$(asks cluster 198.51.100.1 0.01)" ]
        run nft list set inet portguard "asked4_$(live_slot)"
        assert_output_has '203.0.113.9 . udp . '
        assert_output_lacks '198.51.100.9'
        run says "udp(0, 99, '203.0.113.9', '00')"
        [ "$output" = 'refused ' ] || fail "$output"
        # Who asked is in no policy.
        run --separate-stderr portguard explain udp/99 --to 203.0.113.9
        assert_output_has 'reject udp/99'
        assert_stderr_has 'whoever asked this host at udp/6900 in the last three minutes is answered'
        run --separate-stderr portguard explain tcp/99 --to 203.0.113.9
        assert_output_has 'reject tcp/99'
        [ -z "$stderr" ] || fail "a service of udp answers with no tcp"
        # A decompiled policy has it too.
        apply_quietly server ssh --egress strict
        [ "$(asks outside 203.0.113.1 1)" = DATA ]
        # Without the key it is refused.
        profile "  tftp: {summary: T, ports: [udp/6900], from: $scope}"
        apply_quietly server --egress strict
        [ -z "$(asks outside 203.0.113.1 0.01)" ]
        until_true 10 refused_to 203.0.113.9
}
