#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Protocols without ports, however little follows the header.

load common
load network

setup_file() {
        make_network
}

teardown_file() {
        remove_network
}

setup() {
        kernel_setup
        mkdir "$BATS_TEST_TMPDIR/profiles"
        cat >"$BATS_TEST_TMPDIR/profiles/p.yaml" <<'YAML'
name: p
summary: Two protocols
include: [base]
services:
  everybody: {summary: A, ports: [protocol/253], from: any}
  some: {summary: B, ports: [protocol/gre], from: [198.51.100.0/24, "2001:db8:2::/64"]}
YAML
        PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/profiles:$PORTGUARD_PROFILES
}

teardown() {
        nft flush ruleset
}

# What portguard lets pass comes to this hook.
count_behind() {
        nft -f - <<'NFT'
table inet behind {
        counter p253 {}
        counter p47 {}
        chain input { type filter hook input priority 10; meta l4proto 253 counter name p253; meta l4proto 47 counter name p47; }
}
NFT
}

# The packets of both protocols that passed; counted before the sender's next command, as a veth pair does.
passed() {
        nft -j list counters table inet behind |
                jq -r '[.nftables[].counter // empty] | sort_by(.name) | map("\(.name)=\(.packets)") | join(" ")'
}

send_all() {
        local source4=$1 source6=$2 payload

        for payload in "" 00 0000 000000 00000000 0000000000; do
                for protocol in 253 47; do
                        sends outside "$source4" 203.0.113.1 "$protocol" 64 "$payload"
                        sends outside "$source6" 2001:db8:1::1 "$protocol" 64 "$payload"
                done
        done
}

have_passed() {
        [ "$(passed)" = "$1" ]
}

@test "packets with a payload of 0 to 5 bytes are judged alike" {
        count_behind
        send_all 203.0.113.9 2001:db8:1::9
        until_true 10 have_passed 'p253=12 p47=12'
        apply_quietly p
        send_all 203.0.113.8 2001:db8:1::8
        until_true 10 have_passed 'p253=24 p47=12'
        send_all 198.51.100.8 2001:db8:2::8
        until_true 10 have_passed 'p253=36 p47=24'
        assert_verified
        run --separate-stderr portguard status --json
        assert_json '.denied.packets == 12'
}
