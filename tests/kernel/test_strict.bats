#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Strict egress: what is refused is told to the program at once.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
load network

setup_file() {
        make_network tcp/22
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

lines() {
        [ "$(wc -l <"$BATS_FILE_TMPDIR/hold.out")" -ge "$1" ]
}

# To conntrack, which did not see its beginning, what the host sends next begins a connection.
@test "what conntrack does not know the beginning of is refused, and not ended by a reset" {
        mkfifo "$BATS_TEST_TMPDIR/words"
        tool_hold 203.0.113.9 443 <"$BATS_TEST_TMPDIR/words" >"$BATS_FILE_TMPDIR/hold.out" 3>&- &
        echo $! >"$BATS_FILE_TMPDIR/hold.pid"
        exec 8>"$BATS_TEST_TMPDIR/words"
        until_true 20 lines 1
        apply_quietly base --egress strict
        echo one >&8
        until_true 20 lines 2
        [ "$(tail -n 1 "$BATS_FILE_TMPDIR/hold.out")" = lost ] || fail "$(cat "$BATS_FILE_TMPDIR/hold.out")"
        apply_quietly base --egress open
        echo two >&8
        until_true 20 lines 3
        [ "$(tail -n 1 "$BATS_FILE_TMPDIR/hold.out")" = echo ] || fail "$(cat "$BATS_FILE_TMPDIR/hold.out")"
        exec 8>&-
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
                [["2001:db8:1::9", "tcp", 4711, 1, "profile caller"], ["203.0.113.9", "tcp", 4711, 1, "profile caller"],
                 ["203.0.113.9", "tcp", 4713, 1, null]]'
        assert_json '.refused_out_total == 3 and .refused_out_full == false and .denied_out.packets == 3 and .refused == []'
        assert_json '.denied.packets == 0'
        run portguard status
        assert_output_has 'refused outbound: 3 packets'
        assert_output_has 'What this host was refused to reach in the last 10 minutes:'
        grep -qE '^ +1 +[0-9]+ s  tcp/4711 +2001:db8:1::9$' <<<"$output" || fail "expected the line"
        assert_line 'tcp/4711 profile caller'
        run portguard explain tcp/4711 --to 203.0.113.9
        assert_output_has 'to open  profile caller'
        # Open to somebody else.
        apply_quietly caller --egress strict
        run tool_reach refused:tcp/4712@203.0.113.9
        assert_status 0
        run --separate-stderr portguard status --json
        assert_json '[.refused_out[] | select(.port == 4712) | .advice] == ["open to 192.0.2.0/24 only"]'
        # A report says so.
        run portguard report -o "$BATS_TEST_TMPDIR/report.html"
        grep -q 'of this host itself, to where no role of it goes' "$BATS_TEST_TMPDIR/report.html"
        # With open egress nothing is refused any more, and what was is not forgotten.
        apply_quietly caller --egress open
        run --separate-stderr portguard status --json
        assert_json '.refused_out_total == 4 and .denied_out.packets == 0'
        assert_verified
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
