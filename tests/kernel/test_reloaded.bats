#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# nft saved our table and loaded it again, as nftables.service does. nft writes some conditions otherwise than
# portguard: what means the same is read as the same.

load common

setup() {
        kernel_setup
}

teardown() {
        nft flush ruleset
}

# Roles and options that together make every kind of rule.
every_kind=(
        "ssh"
        "k8s-worker --group cluster=10.30.0.0/24,fd00:30::/64,10.1.2.3 --group control-plane=%lo,%cni*"
        "k8s-control-plane etcd --egress strict"
        "openstack-all-in-one --with all --egress strict"
        "anbox-cloud-worker haproxy"
)

# Ping from some only, without a limit, and under another one.
sites=(
        'egress: open'
        'params: {ping_from: internal}'
        'params: {ping_rate: 3/minute}'
)

# apply_every WHAT...: runs the rest with each of them enforced.
apply_every() {
        local arguments site

        for site in "${sites[@]}"; do
                echo "$site" >"$PORTGUARD_SITE"
                for arguments in "${every_kind[@]}"; do
                        # shellcheck disable=SC2086 # several words
                        portguard apply $arguments >/dev/null 2>&1 || fail "apply $arguments failed with $site"
                        "$@" || fail "after apply $arguments with $site"
                        assert_verified
                        # shellcheck disable=SC2086 # several words
                        run --separate-stderr portguard plan $arguments
                        assert_output_has 'Nothing would change'
                done
        done
}

# shellcheck disable=SC2120 # the options of `nft`, through apply_every
reload() {
        nft "$@" list ruleset >"$BATS_TEST_TMPDIR/saved"
        nft flush ruleset
        nft -f "$BATS_TEST_TMPDIR/saved"
}

@test "after nft saved and loaded it the table is what was enforced" {
        apply_every reload
}

@test "so it is without counters, and with numbers instead of names" {
        apply_every reload -s -n
}

answers() {
        for packet in ping tcp/22 tcp/10250 udp/8472 tcp/99 protocol/gre; do
                for from in 10.30.0.9 fd00:30::9 203.0.113.9 10.1.2.3; do
                        portguard explain "$packet" --from "$from"
                done
        done
        portguard diff 1
        portguard plan ssh
        portguard show
}

@test "explain, diff, plan and show answer as before" {
        apply_quietly k8s-worker --group cluster=10.30.0.0/24,fd00:30::/64,10.1.2.3
        answers >"$BATS_TEST_TMPDIR/before" 2>&1
        reload
        answers >"$BATS_TEST_TMPDIR/after" 2>&1
        diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
        # The table itself is asked, where the history is not there.
        rm -r "$PORTGUARD_STATE"/state.db*
        run portguard explain tcp/10250 --from 10.30.0.9
        assert_output_has 'accept tcp/10250'
        run portguard explain ping --from 203.0.113.9
        assert_output_has 'accept ping'
        run portguard explain tcp/10250 --from 203.0.113.9
        assert_output_has 'drop tcp/10250'
}

@test "what was changed in the file is told, and nothing else" {
        apply_quietly ssh
        nft list ruleset | sed 's/\(ct state established,related accept\)/\1\n\t\ttcp dport 9999 accept/' \
                >"$BATS_TEST_TMPDIR/saved"
        nft flush ruleset
        nft -f "$BATS_TEST_TMPDIR/saved"
        run --separate-stderr portguard verify
        assert_status 6
        [[ ${lines[0]} =~ ^'chain input_a, rule '[0-9]+': not ours: tcp dport 9999 accept'$ ]] || fail "another line"
        [ ${#lines[@]} = 2 ] || fail "expected that rule, and the verdict"
}
