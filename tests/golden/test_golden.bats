#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every shipped profile compiles to the ruleset that was reviewed, and nft takes that.

load ../cli/common

setup() {
        common_setup
        golden=$PORTGUARD_SOURCE/tests/golden
}

@test "every shipped profile compiles to its golden file (mend: look at tests/golden/update's changes)" {
        mkdir "$BATS_TEST_TMPDIR/now" "$BATS_TEST_TMPDIR/reviewed"
        "$golden/update" "$PORTGUARD" "$BATS_TEST_TMPDIR/now"
        cp "$golden"/*.nft "$BATS_TEST_TMPDIR/reviewed"
        diff -ru "$BATS_TEST_TMPDIR/reviewed" "$BATS_TEST_TMPDIR/now"
}

@test "a policy that a release stored compiles to what it did, or PG_COMPILER was raised (tests/data/upgrade/compile)" {
        local stored=$PORTGUARD_SOURCE/tests/data/upgrade

        "$stored/compile" "$PORTGUARD" "$BATS_TEST_TMPDIR/compiled"
        diff -u "$stored/compiled" "$BATS_TEST_TMPDIR/compiled"
}

@test "there is a golden file for every profile, and no other" {
        diff <(cd "$PORTGUARD_SOURCE/profiles" && basename -s .yaml ./*.yaml) \
                <(cd "$golden" && basename -s .nft ./*.nft)
}

@test "a golden file does not depend on the host: not on its site, state, time or order of calls" {
        export HOME=/nonexistent TZ=Asia/Tokyo
        echo 'groups: {cluster: [192.0.2.0/24]}' >"$PORTGUARD_SITE"
        mkdir "$BATS_TEST_TMPDIR/now"
        "$golden/update" "$PORTGUARD" "$BATS_TEST_TMPDIR/now"
        cmp "$golden/k8s-worker.nft" "$BATS_TEST_TMPDIR/now/k8s-worker.nft"
}

@test "nft takes every golden file" {
        export golden
        # shellcheck disable=SC2016 # for the other shell
        in_network 'for file in "$golden"/*.nft; do
                        nft -c -f "$file" || { echo "$file"; exit 1; }
                done'
}

@test "what nft makes of a golden file is what portguard makes in the kernel" {
        export golden
        # shellcheck disable=SC2016 # for the other shell
        in_network 'list() { nft -s list table inet portguard | grep -v "elements = { 0x" |
                        sed "s,udp sport 67 udp dport 68,udp dport 68 udp sport 67," | tr -s " \t\n" " "; }
                for name in k8s-worker openstack-compute coturn egi-fedcloud-site; do
                        nft -f "$golden/$name.nft"
                        list >"$BATS_TEST_TMPDIR/theirs"
                        nft flush ruleset
                        portguard --site "$golden/site.yaml" apply "$name" --with all --egress strict >/dev/null 2>&1
                        list >"$BATS_TEST_TMPDIR/ours"
                        nft flush ruleset
                        diff <(tr "{};" "\n\n\n" <"$BATS_TEST_TMPDIR/theirs" | sort) \
                                <(tr "{};" "\n\n\n" <"$BATS_TEST_TMPDIR/ours" | sort) || exit 1
                done'
}
