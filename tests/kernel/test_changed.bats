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

# All of them say so, and none answers as if not.
assert_told() {
        local command

        for command in 'status' 'audit' 'report -o -'; do
                # shellcheck disable=SC2086 # several words
                run --separate-stderr portguard $command
                [[ $(tr -s ' \n' ' ' <<<"$output") == *"somebody changed the table inet portguard"* ]] ||
                        fail "$command answers as if not"
        done
        for command in status audit; do
                run --separate-stderr portguard "$command" --json
                assert_json '.fault | test("somebody changed the table inet portguard")'
        done
        run --separate-stderr portguard plan ssh
        grep -q '^to repair: .*somebody' <<<"$output" || fail 'plan does not say so'
        run --separate-stderr portguard doctor
        assert_output_has 'does not hold what was applied'
}

assert_cannot_tell() {
        run --separate-stderr portguard explain tcp/9999 --from 203.0.113.9
        assert_status 6
        assert_stderr_has 'what the table does cannot be told: somebody changed the table'
        run --separate-stderr portguard diff 1
        assert_status 6
        run --separate-stderr portguard explain tcp/9999 --from 203.0.113.9 --at 1
        assert_output_has 'drop tcp/9999'
}

@test "an inserted rule is told by all" {
        nft insert rule inet portguard input_a tcp dport 9999 accept
        assert_told
        assert_cannot_tell
        portguard verify --repair >/dev/null
        run portguard status
        assert_output_lacks 'somebody changed'
}

@test "so is a rule in the hook" {
        nft insert rule inet portguard input tcp dport 9999 accept
        assert_told
        assert_cannot_tell
}

@test "so is a chain that is hooked in, and a policy that was turned" {
        nft add chain inet portguard theirs '{ type filter hook input priority 10; policy drop; }'
        run --separate-stderr portguard status
        assert_output_has 'somebody changed the table'
        assert_cannot_tell
        nft delete chain inet portguard theirs
        nft chain inet portguard input '{ policy accept; }'
        run --separate-stderr portguard status
        assert_output_has 'somebody changed the table'
}

@test "a port that somebody opened is told, and explain answers for the table as it stands" {
        nft add element inet portguard input_ports_a '{ tcp . 9999 : accept }'
        assert_told
        run --separate-stderr portguard explain tcp/9999 --from 203.0.113.9
        assert_status 0
        assert_output_has 'accept tcp/9999'
        assert_stderr_has 'is not what generation 1 made'
}
