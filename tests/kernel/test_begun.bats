#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Connections that were there before portguard was on, when the kernel tracked none: they go on, whichever side
# sends first, and whatever the policy opens.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
load network

setup() {
        kernel_setup
        make_network tcp/22 tcp/7777
        echo 1 >/proc/sys/net/netfilter/nf_conntrack_tcp_loose
}

teardown() {
        stop_talking
        exec 5>&- 6>&-
        remove_network
}

# talk: a peer connects to a port of the host that no profile opens, and is as silent as the host is. An address each,
# of both families.
talk() {
        local address

        mkfifo "$BATS_TEST_TMPDIR/say4" "$BATS_TEST_TMPDIR/say6"
        for address in 4:203.0.113.1 6:2001:db8:1::1; do
                on outside tool_hold "${address#*:}" 7777 <"$BATS_TEST_TMPDIR/say${address%%:*}" \
                        >"$BATS_TEST_TMPDIR/heard${address%%:*}" 2>&1 3>&- &
        done
        exec 7>"$BATS_TEST_TMPDIR/say4" 8>"$BATS_TEST_TMPDIR/say6"
        until_true 20 grep -q connected "$BATS_TEST_TMPDIR/heard4"
        until_true 20 grep -q connected "$BATS_TEST_TMPDIR/heard6"
}

stop_talking() {
        exec 7>&- 8>&-
        rm -f "$BATS_TEST_TMPDIR"/say? "$BATS_TEST_TMPDIR"/heard?
}

# What the peer sends next comes back.
assert_goes_on() {
        echo still there >&7
        echo still there >&8
        until_true 20 grep -qE 'echo|lost' "$BATS_TEST_TMPDIR/heard4"
        until_true 20 grep -qE 'echo|lost' "$BATS_TEST_TMPDIR/heard6"
        ! grep -h lost "$BATS_TEST_TMPDIR"/heard? || fail 'what the peer sent was lost'
}

assert_nothing_refused() {
        run --separate-stderr portguard status --json
        assert_json '.denied.packets == 0 and .invalid.packets == 0'
}

# Fails where the kernel tracks connections already, as it would if a test before had left something.
assert_untracked() {
        ! grep -qs 7777 /proc/net/nf_conntrack || fail 'the kernel tracks the connection'
}

@test "a session at a port that the first apply closes goes on, when the peer sends first" {
        talk
        assert_untracked
        apply_quietly ssh
        assert_goes_on
        assert_nothing_refused
        # What begins now is refused.
        run on outside tool_reach dropped:tcp/7777@203.0.113.1
        assert_status 0
}

@test "the same on trial, and when that was confirmed" {
        talk
        apply_quietly --trial 1m ssh
        assert_goes_on
        portguard confirm >/dev/null
        : >"$BATS_TEST_TMPDIR/heard4"
        : >"$BATS_TEST_TMPDIR/heard6"
        assert_goes_on
        assert_nothing_refused
}

@test "the same where the kernel takes nothing that it did not see begin" {
        echo 0 >/proc/sys/net/netfilter/nf_conntrack_tcp_loose
        talk
        run --separate-stderr portguard apply --allow-lockout ssh
        assert_status 0
        [[ $stderr != *'connection tracking'* ]] || fail 'it warns'
        assert_goes_on
        assert_nothing_refused
}

@test "the same with strict egress" {
        printf 'name: nothing-out\nsummary: Nothing out\ninclude: [ssh]\n' >"$BATS_TEST_TMPDIR/nothing-out.yaml"
        talk
        PORTGUARD_PROFILES=$BATS_TEST_TMPDIR:$PORTGUARD_PROFILES apply_quietly --egress strict nothing-out
        assert_goes_on
        assert_nothing_refused
}

@test "the same after disable, by rollback and by restore" {
        apply_quietly ssh
        portguard disable >/dev/null
        talk
        portguard rollback >/dev/null
        assert_goes_on
        stop_talking
        nft flush ruleset
        talk
        portguard restore >/dev/null
        assert_goes_on
        assert_nothing_refused
}

# The local port of the host's connected UDP socket.
udp_port() {
        ss -Hun dst 203.0.113.9:40000 | awk '{ sub(".*:", "", $(NF - 1)); print $(NF - 1) }'
}

# Whether something lies in its queue (proc_net_udp(5)).
has_received() {
        awk -v port="$(printf ':%04X' "$1")" \
                'index($2, port) && $5 !~ /:00000000$/ { found = 1 } END { exit !found }' /proc/net/udp
}

@test "what the peer of a connected UDP socket sends comes in" {
        local port

        exec 5<>/dev/udp/203.0.113.9/40000
        port=$(udp_port)
        apply_quietly ssh
        on outside tool_spoof host "${mac[outside]}" 203.0.113.9 1 203.0.113.1 "$port" 1
        until_true 20 has_received "$port"
        assert_nothing_refused
        # Of others it is as closed as before.
        on outside tool_spoof host "${mac[outside]}" 203.0.113.10 1 203.0.113.1 "$port" 1
        until_true 20 is_refused "$port"
}

is_refused() {
        portguard status --json | jq -e --argjson port "$1" 'any(.refused[]; .port == $port)' >/dev/null
}

@test "a connection that is beginning is known, too" {
        [ -e /proc/net/nf_conntrack ] || skip 'this kernel has no /proc/net/nf_conntrack'
        on outside nft 'table ip closed { chain input { type filter hook input priority 0; tcp dport 5001 drop; }; }'
        { exec 5<>/dev/tcp/203.0.113.9/5001; } 2>/dev/null 3>&- &
        until_true 20 is_beginning
        # The kernel sends the first segment again after a second, and would know it from then on.
        apply_quietly ssh
        grep -q 'SYN_SENT src=203.0.113.1 dst=203.0.113.9 .*dport=5001' /proc/net/nf_conntrack || fail 'it is not known'
        kill %%
}

is_beginning() {
        [ -n "$(ss -Htn state syn-sent dst 203.0.113.9:5001)" ]
}

# many N: opens N connections, and says "ready"; when it reads a line, sends something through each, and counts those
# that it comes back through.
# shellcheck disable=SC2016 # for the other shell
many='
        fds=() n=0
        for ((i = 0; i < $1; i++)); do
                exec {fd}<>/dev/tcp/203.0.113.1/7777
                fds+=("$fd")
        done
        echo ready
        read -r
        for fd in "${fds[@]}"; do
                echo x >&"$fd"
        done
        for fd in "${fds[@]}"; do
                read -r -t 20 -u "$fd" && n=$((n + 1))
        done
        echo "$n came back"'

@test "more connections than are sent to the kernel at once" {
        mkfifo "$BATS_TEST_TMPDIR/go"
        on outside bash -c "$many" many 300 <"$BATS_TEST_TMPDIR/go" >"$BATS_TEST_TMPDIR/many" 2>&1 3>&- &
        exec 6>"$BATS_TEST_TMPDIR/go"
        until_true 20 grep -q ready "$BATS_TEST_TMPDIR/many"
        apply_quietly ssh
        echo go >&6
        until_true 60 grep -q 'came back' "$BATS_TEST_TMPDIR/many"
        grep -qx '300 came back' "$BATS_TEST_TMPDIR/many" || fail "$(<"$BATS_TEST_TMPDIR/many")"
        assert_nothing_refused
}
