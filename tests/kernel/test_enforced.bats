#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What explain says is enforced is what the kernel holds in that moment, whoever changed it.

load common

setup() {
        kernel_setup
        printf 'egress: open\ngroups:\n  cluster: [10.0.0.0/24]\n  control-plane: [192.0.2.0/24]\n' >"$PORTGUARD_SITE"
        apply_quietly k8s-worker
}

teardown() {
        nft flush ruleset
}

explain() {
        portguard explain tcp/10250 --from 10.0.0.8
}

@test "each change is in the next answer" {
        run explain
        [[ $output == *'accept tcp/10250 from 10.0.0.8'*'generation 1 (k8s-worker)'* ]] || fail "$output"
        portguard apply ssh >/dev/null
        run explain
        [[ $output == *'drop tcp/10250 from 10.0.0.8'*'generation 2 (ssh)'* ]] || fail "$output"
        portguard rollback 1 >/dev/null
        run explain
        [[ $output == *'accept tcp/10250 from 10.0.0.8'*'(k8s-worker)'* ]] || fail "$output"
        portguard disable >/dev/null
        run explain
        [[ $output == *'portguard enforces nothing'* ]] || fail "$output"
        run explain
        [[ $output == *'portguard enforces nothing'* ]] || fail "$output"
}

@test "what somebody changes in the table is told of, every time" {
        local i
        nft add element inet portguard "input_tcp_ports_$(live_slot)" '{ 10250 : accept }' 2>/dev/null ||
                nft insert rule inet portguard "input_$(live_slot)" tcp dport 10250 drop
        for i in 1 2 3; do
                run explain
                [[ $output == *'somebody changed the table inet portguard'* ]] || fail "$i: $output"
        done
}

@test "another namespace with the same history and generation id reads its own table" {
        local id
        id=$(genid)
        run unshare --net bash -c "for ((i = 0; i < 1000; i++)); do
                        [ \$(tool_generation) -lt $id ] || break
                        nft add table other\$i
                done
                tool_generation; '$PORTGUARD' explain tcp/10250 --from 10.0.0.8"
        [[ $output == "$id"$'\n'*'portguard enforces nothing'* ]] || fail "$output"
}

@test "an open trial is what is enforced, until it ends" {
        apply_quietly --trial 1h ssh
        run explain
        [[ $output == *'drop tcp/10250 from 10.0.0.8'* ]] || fail "$output"
        portguard rollback >/dev/null
        run explain
        [[ $output == *'accept tcp/10250 from 10.0.0.8'* ]] || fail "$output"
        apply_quietly --trial 1s ssh
        until_true 10 eval 'explain | grep -q "accept tcp/10250"'
        run explain
        [[ $output == *'accept tcp/10250 from 10.0.0.8'*'generation 1 '* ]] || fail "$output"
}

@test "an interrupted run is settled before the answer" {
        echo 1 >"$PORTGUARD_STATE/lock"
        explain >/dev/null
        [ ! -s "$PORTGUARD_STATE/lock" ]
}

@test "a state directory that cannot be written to is no reason not to answer" {
        run unshare --mount bash -c "mount -o bind,ro '$PORTGUARD_STATE' '$PORTGUARD_STATE' 2>/dev/null ||
                mount -t tmpfs -o ro none '$PORTGUARD_STATE'; '$PORTGUARD' explain tcp/10250 --from 10.0.0.8"
        [[ $output == *'accept tcp/10250 from 10.0.0.8'* ]] || fail "$output"
}
