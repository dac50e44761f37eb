#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# How many echo requests are answered, and whose.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
load network

setup_file() {
        make_network
        on outside ip address add 203.0.113.10/24 dev host
        on outside ip address add 2001:db8:1::10/64 dev host nodad
}

teardown_file() {
        remove_network
}

setup() {
        kernel_setup
}

teardown() {
        nft flush ruleset
}

# answers LEAST MOST PEER WORDS OF tool_ping...
answers() {
        local n

        n=$(on "$3" tool_ping "${@:4}")
        [ "$n" -ge "$1" ] && [ "$n" -le "$2" ] || fail "${*:4}: $n are answered: $(nft list ruleset)"
}

# Within a minute a share of 5 a minute, with a burst of 10, is 10 and what comes in meanwhile.
@test "within one identifier and over many no more than the rate is answered" {
        apply_quietly base --set ping_rate=5/minute
        answers 10 12 outside one 100 203.0.113.1 203.0.113.9
        answers 10 12 outside one 100 2001:db8:1::1 2001:db8:1::9
        answers 0 2 outside 100 203.0.113.1 203.0.113.9
        answers 0 2 outside 100 2001:db8:1::1 2001:db8:1::9
}

@test "a stranger does not use up the share of a monitor" {
        apply_quietly base --set ping_rate=5/minute
        answers 10 12 outside 1000 203.0.113.1 203.0.113.9
        answers 10 12 outside 1000 2001:db8:1::1 2001:db8:1::9
        answers 10 10 outside one 10 203.0.113.1 203.0.113.10
        answers 10 10 outside one 10 2001:db8:1::1 2001:db8:1::10
        answers 10 10 internal one 10 10.9.0.1
        answers 10 10 internal one 10 fd00:9::1
}

@test "a share by the source's group and by its interface" {
        local from

        for from in 203.0.113.0/24,2001:db8:1::/64 ops; do
                # A group that nothing uses is an error.
                : >"$PORTGUARD_SITE"
                [ "$from" != ops ] || printf 'groups:\n  ops: {interfaces: [outside]}\n' >"$PORTGUARD_SITE"
                apply_quietly base --set ping_rate=5/minute --set "ping_from=$from"
                answers 10 12 outside one 100 203.0.113.1 203.0.113.9
                answers 10 12 outside one 100 2001:db8:1::1 2001:db8:1::9
                answers 10 10 outside one 10 203.0.113.1 203.0.113.10
                answers 10 10 outside one 10 2001:db8:1::1 2001:db8:1::10
                answers 0 0 internal one 10 10.9.0.1
                answers 0 0 internal one 10 fd00:9::1
                assert_verified
        done
}

@test "without a rate all are answered" {
        apply_quietly base --set ping_rate=none
        # Who is not resolved yet has a short queue for what is sent at once.
        answers 1 1 outside one 1 203.0.113.1
        answers 1 1 outside one 1 2001:db8:1::1
        answers 300 300 outside one 300 203.0.113.1
        answers 300 300 outside one 300 2001:db8:1::1
        ! nft list sets | grep -q pings || fail "$(nft list sets)"
}

# fill SET FORMAT: all the room that one source has left.
fill() {
        local size part

        size=$(nft list set inet portguard "$1" | sed -n 's/.*size \([0-9]*\).*/\1/p')
        awk -v set="$1" -v n=$((size - 1)) -v format="$2" 'BEGIN {
                for (i = 0; i < n; i++) {
                        if (i % 500 == 0)
                                printf "%sadd element inet portguard %s { ", i ? "}\n" : "", set
                        printf(format ", ", i / 250, i % 250)
                }
                print "}"
        }' | split -l 4 - "$BATS_TEST_TMPDIR/elements"
        for part in "$BATS_TEST_TMPDIR"/elements*; do
                nft -f "$part"
        done
        rm "$BATS_TEST_TMPDIR"/elements*
}

@test "when the set is full, who is in it keeps a share, and all others have one together" {
        local slot

        apply_quietly base --set ping_rate=5/minute
        slot=$(live_slot)
        answers 1 1 outside one 1 203.0.113.1 203.0.113.10
        answers 1 1 outside one 1 2001:db8:1::1 2001:db8:1::10
        fill "pings4_$slot" '20.0.%d.%d'
        fill "pings6_$slot" '2001:db8:7:%x::%x'
        answers 9 10 outside one 9 203.0.113.1 203.0.113.10
        answers 9 10 outside one 9 2001:db8:1::1 2001:db8:1::10
        answers 10 12 outside one 100 203.0.113.1 203.0.113.9
        answers 10 12 outside one 100 2001:db8:1::1 2001:db8:1::9
        answers 0 2 internal one 100 10.9.0.1
        answers 0 2 internal one 100 fd00:9::1
        # Nobody came in beyond the bound.
        nft list set inet portguard "pings4_$slot" >"$BATS_TEST_TMPDIR/set"
        ! grep -q '203.0.113.9 ' "$BATS_TEST_TMPDIR/set" || fail "203.0.113.9 came in"
}

@test "what is over the rate is counted as refused, and takes no place among those who are remembered" {
        apply_quietly base --set ping_rate=5/minute
        answers 10 12 outside one 100 203.0.113.1
        run --separate-stderr portguard status --json
        assert_json '.denied.packets >= 88 and .denied.packets <= 90 and .refused == []'
}

@test "what the table holds of pings is loaded by nft, as a host does that saves its ruleset" {
        apply_quietly base --set ping_rate=5/minute
        answers 10 12 outside one 20 203.0.113.1
        answers 10 12 outside one 20 2001:db8:1::1
        nft list ruleset >"$BATS_TEST_TMPDIR/saved"
        grep -q 'limit rate 5/minute burst 10 packets' "$BATS_TEST_TMPDIR/saved"
        grep -q '203.0.113.9 ' "$BATS_TEST_TMPDIR/saved"
        nft flush ruleset
        nft -f "$BATS_TEST_TMPDIR/saved"
}

# pinged ADDRESS: a peer's, whose ping this policy drops; what explain says lets it in, by an apply that changes no more.
pinged() {
        local own=203.0.113.1 advice

        [[ $1 != *:* ]] || own=2001:db8:1::1
        answers 0 0 outside one 3 $own "$1"
        run --separate-stderr portguard explain ping --from "$1" --json
        assert_json '.verdict == "drop" and .because.base == "echo requests (ping)"'
        advice=$(jq -r .mend <<<"$output")
        [ "$(portguard explain ping --from "$1" | sed -n 's/^  to open  //p')" = "$advice" ] || fail "other advice as text"
        [[ $advice = "portguard apply "* ]] || fail "no command: $advice"
        # shellcheck disable=SC2086 # words
        portguard ${advice#portguard } --yes
        answers 3 3 outside one 3 $own "$1"
}

@test "what explain advises for a dropped ping lets it in, and those who were let in before" {
        apply_quietly ssh --set ping_from=internal
        pinged 203.0.113.9
        pinged 2001:db8:1::9
        run --separate-stderr portguard explain ping --from 10.1.2.3 --json
        assert_json '.verdict == "accept" and .mend == null'
        answers 3 3 outside one 3 203.0.113.1 203.0.113.9
        apply_quietly ssh --set base.ping_from=none
        pinged 203.0.113.10
        answers 0 0 outside one 3 203.0.113.1 203.0.113.9
        apply_quietly ssh --set ping_from=monitor --group monitor=203.0.113.9
        run --separate-stderr portguard explain ping --from 203.0.113.10 --json
        assert_json '.mend | startswith("add 203.0.113.10 to the group \u0027monitor\u0027")'
        apply_quietly ssh --set ping_from=monitor --group monitor=203.0.113.9 --group monitor=203.0.113.10
        answers 3 3 outside one 3 203.0.113.1 203.0.113.10
}

@test "explain tells that the rate is each source's" {
        apply_quietly base
        run portguard explain ping --from 203.0.113.9
        assert_output_has 'echo requests (ping), at most 10 in 1 s from each source'
}
