#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The page of portguard report counts what the kernel counted: real connections from peers.
# shellcheck disable=SC2154 # `run` sets $status

load common
load network

setup_file() {
        make_network tcp/22 tcp/10250 tcp/30000 tcp/8080
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

@test "connections and refused packets stand in the page, on trial too" {
        cd "$BATS_TEST_TMPDIR"
        apply_quietly k8s-worker --group "cluster=198.51.100.0/24,2001:db8:2::/64" --group control-plane=10.9.0.0/24
        reaches cluster open:tcp/22 open:tcp/10250 open:tcp/30000 dropped:tcp/8080
        reaches outside open:tcp/22 dropped:tcp/10250
        for name in enforced trial; do
                portguard report >$name.html
                portguard show --json >$name.json
                portguard status --json >$name.status
                run jq -e '[.services[] | select(.packets > 0)] | length >= 3' $name.status
                [ "$status" -eq 0 ] || fail "nothing was counted"
                run jq -e '.denied.packets >= 4' $name.status
                [ "$status" -eq 0 ] || fail "nothing was refused"
                run env PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$BATS_TEST_DIRNAME/../cli/page/content.py" \
                        $name.html $name.json $name.status
                assert_status 0
                [ $name = trial ] || portguard apply k8s-worker https --trial 2m \
                        --group "cluster=198.51.100.0/24,2001:db8:2::/64" --group control-plane=10.9.0.0/24 >/dev/null
        done
        grep -q '<strong>On trial</strong>' trial.html
        # Who was refused stands there, from where and at which port.
        grep -qF '<tr><th scope="row"><code>203.0.113.9</code></th><td><code>tcp/10250</code></td>' enforced.html ||
                fail "expected the source"
}
