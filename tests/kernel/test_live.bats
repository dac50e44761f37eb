#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# explain --live and --trace: other tables on a packet's way, and the way of real packets.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
load network

setup_file() {
        make_network tcp/22 udp/22 tcp/10250
}

teardown_file() {
        remove_network
}

setup() {
        kernel_setup
        apply_quietly k8s-worker --group cluster=198.51.100.0/24 --group control-plane=198.51.100.0/24
}

teardown() {
        stop_in_background traced
        stop_in_background agreed
        stop_in_background flood
        nft flush ruleset
}

# A table that drops what portguard lets in, and two chains that drop nothing.
add_neighbours() {
        nft -f - <<'NFT'
table ip other {
        chain INPUT {
                type filter hook input priority 10; policy accept
                tcp dport 22 ip saddr 203.0.113.0/24 drop
        }
        chain watch {
                type filter hook prerouting priority -150; policy accept
                counter
        }
}
table ip6 other {
        chain INPUT {
                type filter hook input priority 10; policy drop
        }
}
NFT
}

has_table() {
        nft list tables | grep -q 'portguard_trace_'
}

has_no_table() {
        ! has_table
}

# trace QUESTION...: the answer, once the kernel marks what comes; connect_to PORT is what happens then.
trace() {
        start_in_background traced portguard_run explain "$@" --trace --for 20s --json
        until_true 20 has_table
}

portguard_run() {
        "$PORTGUARD" "$@" 2>/dev/null
}

answer() {
        until_true 30 has_ended traced
        output=$(<"$BATS_FILE_TMPDIR/traced.out")
}

# knock PEER PORT: one packet of that peer, whatever comes of it.
knock() {
        on "$1" timeout 1 tool_reach "open:$2@${net4[$1]}.1" >/dev/null 2>&1 || true
}

@test "--live names the chains of other tables on the way, and which may drop the packet" {
        add_neighbours
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9 --live --json
        assert_status 0
        assert_json '[.others[] | [.table, .chain, .hook, .same_hook, .may_drop]] ==
                [["ip other", "watch", "prerouting", false, false], ["ip other", "INPUT", "input", true, true]]'
        run --separate-stderr portguard explain tcp/22 --from 2001:db8:1::9 --live
        assert_output_has "whether chains on the way back drop its answers is not looked at"
        assert_line "ip6 other INPUT input 10 may still drop it"
        assert_output_lacks "watch"
        run --separate-stderr portguard explain tcp/22 --to 203.0.113.9 --live
        assert_line "none"
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9 --live --at 1
        assert_status 2
        nft add table ip other '{ flags dormant; }'
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9 --live
        assert_line "none"
}

# assert_behind open|dropped TOLD POLICY RULE...: what becomes of a connection to the open port 22 where these rules stand in a
# chain of another table, and what explain and doctor say of that chain.
assert_behind() {
        local told=$2 policy=$3 rule

        nft add table ip other
        nft add chain ip other early "{ type filter hook prerouting priority -400; }"
        nft add rule ip other early accept
        nft add rule ip other early tcp dport 22 notrack
        nft add chain ip other INPUT "{ type filter hook input priority -10; policy $policy; }"
        for rule in "${@:4}"; do
                nft add rule ip other INPUT "$rule"
        done
        run on outside tool_reach "$1:tcp/22@203.0.113.1"
        [ "$status" -eq 0 ] || fail "the kernel does otherwise: $*"
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9 --live
        assert_status 0
        assert_line 'ip other early prerouting -400 drops nothing'
        assert_line "ip other INPUT input -10 $told"
        run --separate-stderr portguard doctor
        assert_output_lacks 'connection tracking'
        [[ $told != 'drops nothing' ]] || assert_output_lacks 'may drop what portguard lets in'
        nft delete table ip other
}

@test "--live: a rule, or a policy, that no packet comes to drops nothing, nor takes out of connection tracking" {
        assert_behind open 'drops nothing' accept 'counter accept' 'tcp dport 22 drop'
        assert_behind open 'drops nothing' drop 'accept'
        assert_behind open 'drops nothing' accept 'return' 'drop'
        assert_behind dropped 'may still drop it' accept 'drop' 'tcp dport 22 accept'
        assert_behind dropped 'may still drop it' drop 'return' 'accept'
        assert_behind dropped 'may still drop it' accept 'udp dport 22 accept' 'drop'
}

@test "--live passes over chains that are bound to other devices only" {
        nft -f - <<'NFT'
table netdev early {
        chain here { type filter hook ingress devices = { outside } priority 0; tcp dport 23 drop; }
        chain there { type filter hook ingress device cluster priority 0; policy drop; }
        chain both { type filter hook ingress devices = { cluster, outside } priority 1; tcp dport 23 drop; }
        chain others { type filter hook ingress devices = { cluster, lo } priority 2; policy drop; }
}
NFT
        run on outside tool_reach open:tcp/22@203.0.113.1
        [ "$status" -eq 0 ] || fail "the kernel does otherwise"
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9 --live --json
        assert_json '[.others[] | .chain] == ["here", "both"]'
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9 --iif cluster --live --json
        assert_json '[.others[] | .chain] == ["there", "both", "others"]'
}

@test "--live names the chains of the device that another interface is on top of" {
        run ip link add link outside name top0 type macvlan
        [[ $output != *"Unknown device type"* ]] || skip "this kernel has no macvlan"
        assert_status 0
        nft 'add table netdev early { chain c { type filter hook ingress device outside priority 0; policy drop; }; }'
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9 --iif top0 --live --json
        ip link delete top0
        assert_json '[.others[] | .chain] == ["c"]'
}

@test "notrack: an answer that is untracked is dropped; explain --live, doctor and audit name the chain" {
        serve resolver outside udp/53
        finds_v4 open:udp/53
        nft -f - <<'NFT'
table ip raw {
        chain away { udp sport 53 notrack
        }
        chain PREROUTING { type filter hook prerouting priority raw; policy accept; jump away
        }
}
NFT
        finds_v4 dropped:udp/53
        stop_in_background resolver.serve
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9 --live --json
        assert_json '.others == [{table: "ip raw", chain: "PREROUTING", hook: "prerouting", priority: -300,
                same_hook: false, may_drop: false, may_untrack: true, of_answers: false, may_rewrite: false, may_proxy: false}]'
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9 --live
        assert_output_has "may have it untracked, or tracked in another zone"
        assert_output_has "the verdict is that of a packet that is tracked, and whose answers are"
        assert_output_has "Let notrack leave such out"
        assert_output_lacks "none of them drops anything"
        run --separate-stderr portguard doctor --json
        assert_json 'any(.checks[]; .name == "other tables" and .level == "warning" and (.mend | contains("notrack")) and
                (.text | contains("table ip raw, chain PREROUTING takes packets out of connection tracking")))'
        run --separate-stderr portguard audit --json
        assert_json 'any(.warnings[]; .text | contains("chain PREROUTING takes packets out of connection tracking"))'
        # As iptables has it.
        nft delete table ip raw
        iptables-nft -t raw -A PREROUTING -p udp --sport 53 -j CT --notrack
        run --separate-stderr portguard audit --json
        assert_json 'any(.warnings[]; .text | contains("chain PREROUTING takes packets out of connection tracking"))'
        iptables-nft -t raw -F
        iptables-nft -t raw -A PREROUTING -p udp --sport 53 -j CT --helper sip
        run --separate-stderr portguard audit --json
        assert_json '.warnings == []'
}

@test "a zone of the answers only: a connection to this host dies, and the chain is told" {
        is_invalid() { portguard status --json | jq -e '.invalid.packets > 0' >/dev/null; }
        reaches outside open:tcp/22
        ! is_invalid
        nft add table ip raw '{ chain OUTPUT { type filter hook output priority raw; tcp sport 22 ct zone set 5; }; }'
        # The first answer comes back; what the client says then belongs to no connection.
        on outside tool_reach open:tcp/22@203.0.113.1
        until_true 20 is_invalid
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9 --live
        assert_output_has 'ip raw OUTPUT'
        assert_output_has 'may have answers untracked, or tracked in another zone'
        assert_output_has 'is judged like a new one, or dropped'
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9 --live --json
        assert_json '[.others[] | [.chain, .may_drop, .may_untrack, .of_answers]] == [["OUTPUT", false, true, true]]'
        # Of what this host sends itself it is on the way.
        run --separate-stderr portguard explain udp/53 --to 203.0.113.9 --live --json
        assert_json '[.others[] | [.chain, .may_untrack, .of_answers]] == [["OUTPUT", true, false]]'
        run --separate-stderr portguard audit --json
        assert_json 'any(.warnings[]; .text | contains("of this host or to it, and is not known there"))'
}

@test "tables of legacy iptables are not looked into, and that is told" {
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9 --live --json
        assert_json '.legacy_tables == null'
        # A table of it stays as long as its network namespace.
        export PORTGUARD_STATE=$BATS_TEST_TMPDIR/state
        run --separate-stderr unshare --net bash -c 'iptables-legacy -I INPUT -p tcp --dport 22 -j DROP || exit 77
                "$PORTGUARD" apply ssh >/dev/null
                "$PORTGUARD" explain tcp/22 --from 203.0.113.9 --iif lo --live --json | jq -c .legacy_tables
                "$PORTGUARD" explain tcp/22 --from 203.0.113.9 --iif lo --live'
        [ "$status" -ne 77 ] || skip "this kernel has no legacy iptables"
        [ "${lines[0]}" = '"filter"' ] || fail "another table"
        assert_output_has 'none that nft knows'
        assert_output_has 'legacy iptables has tables (filter), which are not looked into: they may drop it'
}

@test "a zone in one direction only: what belongs to no connection there is dropped, and told" {
        local rule

        serve resolver outside udp/53
        finds_v4 open:udp/53
        for rule in 'nft add table ip raw { chain PREROUTING { type filter hook prerouting priority raw; udp sport 53 ct zone set 5; }; }' \
                'iptables-nft -t raw -A PREROUTING -p udp --sport 53 -j CT --zone 1'; do
                # shellcheck disable=SC2086 # words
                $rule
                finds_v4 dropped:udp/53
                run --separate-stderr portguard explain tcp/22 --from 203.0.113.9 --live --json
                assert_json '[.others[] | [.chain, .may_drop, .may_untrack]] == [["PREROUTING", false, true]]'
                run --separate-stderr portguard doctor --json
                assert_json 'any(.checks[]; .name == "other tables" and .level == "warning" and
                        (.text | contains("or into another zone of it")))'
                run --separate-stderr portguard audit --json
                assert_json 'any(.warnings[]; .text | contains("or into another zone of it"))'
                nft delete table ip raw
        done
        # To look at the zone changes nothing.
        nft 'add table ip raw { chain PREROUTING { type filter hook prerouting priority raw; ct zone 5 counter; }; }'
        run --separate-stderr portguard audit --json
        assert_json '.warnings == []'
        stop_in_background resolver.serve
}

# finds_v4 EXPECTATION: what the host finds at the peer outside.
finds_v4() {
        run tool_reach "$1@203.0.113.9"
        [ "$status" -eq 0 ] || fail "expected $1"
}

@test "--trace tells the rules that accepted a real packet" {
        trace tcp/22 --from 203.0.113.9
        knock outside tcp/22
        answer
        assert_json '.verdict == "accept" and .trace.seen and .trace.verdict == "accept"'
        assert_json '[.trace.steps[] | [.table, .chain, .verdict]] ==
                [["inet portguard", "input", "goto input_a"], ["inet portguard", "input_a", "goto accepted_a"],
                 ["inet portguard", "accepted_a", "accept"]]'
        assert_json '.trace.steps[1].rule | contains("vmap @input_tcp_ports_a")'
        # What marked the packet is gone.
        has_no_table
        assert_verified
}

@test "--trace tells who dropped it, portguard or another table" {
        trace tcp/10250 --from 203.0.113.9 --iif outside
        knock outside tcp/10250
        answer
        assert_json '.verdict == "drop" and .trace.verdict == "drop" and
                (.trace.steps[-1] | .table == "inet portguard" and .chain == "deny_a" and .verdict == "drop")'
        add_neighbours
        trace tcp/22 --from 203.0.113.9
        knock outside tcp/22
        answer
        # What portguard accepts, and explain says so, the other table drops all the same.
        assert_json '.verdict == "accept" and .trace.verdict == "drop" and (.trace.steps[-1] | .table == "ip other" and
                .chain == "INPUT" and .handle > 0 and .rule == null)'
}

@test "--trace follows only the packet that is asked about, and gives up in time" {
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.8 --trace --for 1s --json
        assert_status 0
        assert_json '.trace == {seen: false, partial: false, verdict: null, steps: []}'
        trace udp/22 --from 198.51.100.9
        knock outside tcp/22
        knock cluster tcp/22
        knock cluster udp/22
        answer
        assert_json '.trace.seen and .trace.verdict == "drop"'
}

@test "--trace does not say that no packet came where one is dropped before it is marked" {
        nft 'table netdev edge { chain in { type filter hook ingress device outside priority 0; tcp dport 22 counter drop; }; }'
        start_in_background traced "$PORTGUARD" explain tcp/22 --from 203.0.113.9 --trace --for 4s
        until_true 20 has_table
        knock outside tcp/22
        nft list table netdev edge | grep -q 'packets [1-9]' || fail "it was not dropped there"
        answer
        assert_output_has "no such packet came as far as it is marked; what other tables drop before that, at ingress"
        nft delete table netdev edge
}

@test "--trace sees a packet that no chain looks at: with open egress, and with portguard off" {
        serve web outside tcp/8080
        trace tcp/8080 --to 203.0.113.9
        tool_reach open:tcp/8080@203.0.113.9
        answer
        assert_json '.verdict == "accept" and .trace == {seen: true, partial: false, verdict: "accept", steps: []}'
        stop_in_background web.serve
        portguard disable
        trace tcp/10250 --from 203.0.113.9 --iif outside
        knock outside tcp/10250
        answer
        assert_json '.trace == {seen: true, partial: false, verdict: "accept", steps: []}'
}

@test "--trace does not call accepted what the kernel's routing takes" {
        # From the others' network, which rp_filter refuses here.
        echo 1 >/proc/sys/net/ipv4/conf/outside/rp_filter
        trace udp/22 --from 198.51.100.7 --iif outside
        on outside tool_spoof host "${mac[outside]}" 198.51.100.7 1 203.0.113.1 22 1
        answer
        echo 0 >/proc/sys/net/ipv4/conf/outside/rp_filter
        assert_json '.verdict == "drop" and .trace == {seen: true, partial: false, verdict: null, steps: []}'
        nft add table ip other '{ chain watch { type filter hook prerouting priority -150; policy accept; }; }'
        trace udp/22 --from 198.51.100.7 --iif outside
        on outside tool_spoof host "${mac[outside]}" 198.51.100.7 1 203.0.113.1 22 1
        answer
        assert_json '.trace.verdict == "drop" and .trace.steps[-1].table == "inet portguard"'
}

# Others trace every packet, and packets never cease.
flood_traced() {
        nft -f - <<'NFT'
table ip debug {
        chain pre { type filter hook prerouting priority -300; udp dport 9 meta nftrace set 1; }
        chain in { type filter hook input priority -10; counter; }
}
NFT
        start_in_background flood on outside tool_spoof host "${mac[outside]}" 203.0.113.9 1 203.0.113.1 9 1000000000
        until_true 20 counts_packets
}

counts_packets() {
        nft list chain ip debug in | grep -qE 'packets [1-9]'
}

@test "--trace ends in its time while others trace without end, and says what it may have missed" {
        flood_traced
        # A packet that never comes.
        run --separate-stderr timeout 20 "$PORTGUARD" explain tcp/22 --from 203.0.113.8 --trace --for 1s --json
        [ "$status" -eq 0 ] || stop_in_background flood
        assert_status 0
        assert_json '.trace | (.seen | not) and (.partial | type) == "boolean"'
        # Some that come: what the kernel tells of them may be lost among the rest, and then that is said.
        start_in_background traced timeout 60 "$PORTGUARD" explain tcp/22 --from 203.0.113.9 --trace --for 3s --json
        until_true 20 has_table
        for _ in {1..10}; do
                has_ended traced || knock outside tcp/22
        done
        until_true 20 has_ended traced
        stop_in_background flood
        output=$(sed 1d "$BATS_FILE_TMPDIR/traced.out")
        assert_json '.trace | .seen or .partial'
}

@test "a killed --trace leaves nothing behind" {
        trace tcp/22 --from 203.0.113.9
        pkill -9 --parent "$(<"$BATS_FILE_TMPDIR/traced.pid")"
        until_true 20 has_no_table
        assert_verified
}
