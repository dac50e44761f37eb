#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The nft of Debian 12, 13 and sid list and load our table: tables outlive an upgrade of the host.

load ../cli/common

# More than one comment takes of services at one port.
mix='k8s-control-plane k8s-worker etcd haproxy keycloak ceph-osd ssh https'

setup() {
        common_setup
        cp "$PORTGUARD_SOURCE/tests/golden/site.yaml" "$PORTGUARD_SITE"
        export mix kept=$BATS_TEST_TMPDIR golden=$PORTGUARD_SOURCE/tests/golden
}

# checks SUITE: its nft takes every golden file, lists an applied table with a trial in it, and loads what it listed;
# portguard finds its generation in that.
checks() {
        "$BATS_TEST_DIRNAME/nft" "$1" "$kept/debian"
        export nft=$kept/debian/nft
        # shellcheck disable=SC2016,SC2086 # for the other shell
        in_network '"$nft" --version
                for file in "$golden"/*.nft; do
                        "$nft" -c -f "$file" || { echo "$file"; exit 1; }
                done
                portguard apply $mix --egress strict --group cluster=192.0.2.0/24,192.0.2.1,2001:db8::/64
                portguard apply $mix --with all --egress strict --trial 10m
                portguard show --format nft >"$kept/shown"
                "$nft" -c -f "$kept/shown"
                "$nft" list ruleset >"$kept/listed" 2>"$kept/said"
                [ ! -s "$kept/said" ] || { cat "$kept/said"; exit 1; }
                "$nft" -c -f "$kept/listed"
                portguard status --json | jq "{generation, digest, profiles}" >"$kept/before"
                "$nft" flush ruleset
                "$nft" -f "$kept/listed"
                portguard status --json | jq "{generation, digest, profiles}" >"$kept/after"
                diff "$kept/before" "$kept/after"
                jq -e ".generation == 2" "$kept/after"'
}

@test "the nft of Debian 12" {
        checks bookworm
}

@test "the nft of Debian 13" {
        checks trixie
}

@test "the nft of sid" {
        checks sid
}
