#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# I6: what a failing call around a trial comes to later.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common

setup() {
        kernel_setup
}

@test "a confirm that could not be written down does not come back at boot" {
        local n=0 text

        while ((++n)); do
                nft flush ruleset
                rm -rf "$PORTGUARD_STATE"
                apply_quietly ssh
                apply_quietly --trial 1h k8s-worker
                run --separate-stderr traced fail $n EIO call=fdatasync "$PORTGUARD" confirm
                text=$stderr
                [[ $text != *"interrupt: none"* ]] || break
                # SQLite does not mind a directory that cannot be synchronised.
                [[ $text != *"fdatasync $PORTGUARD_STATE"$'\n'* ]] || continue
                assert_status 1
                nft flush set inet portguard trial 2>/dev/null || nft flush set inet portguard trial2
                portguard status >/dev/null
                nft flush ruleset
                portguard restore >/dev/null
                portguard show --json | jq -e '.profiles == ["ssh"]' || fail "call $n: $text"
        done
        [ $n -gt 3 ]
}
