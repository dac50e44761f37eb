#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Somebody else changed the table of portguard: what every command says of it.

load common

setup() {
        kernel_setup
        apply_quietly k8s-worker --group cluster=10.30.0.0/24
}

teardown() {
        nft flush ruleset
}

@test "verify tells one inserted rule as one line" {
        nft insert rule inet portguard input_a tcp dport 9999 accept
        run --separate-stderr portguard verify
        assert_status 6
        [ "${lines[0]}" = "chain input_a, rule 1: not ours: tcp dport 9999 accept" ] || fail "another line"
        [ ${#lines[@]} = 2 ] || fail "expected that rule, and the verdict"
}

@test "verify tells one deleted rule as one line" {
        local handle

        handle=$(nft -a list chain inet portguard input_a | sed -n 's/.*established,related accept # handle //p')
        nft delete rule inet portguard input_a handle "$handle"
        run --separate-stderr portguard verify
        assert_status 6
        [ "${lines[0]}" = "chain input_a, rule 4: missing: ct state established,related accept" ] ||
                fail "another line"
        [ ${#lines[@]} = 2 ] || fail "expected that rule, and the verdict"
}
