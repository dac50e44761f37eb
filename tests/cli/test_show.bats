#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# portguard show: what a request compiles to, and what is enforced.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
setup() {
        common_setup
}

@test "show --profile needs no permission and no kernel" {
        run --separate-stderr portguard show --profile k8s-worker
        assert_status 0
        assert_output_has "compiled, not enforced: k8s-worker"
        assert_line "tcp/22 any ssh everybody"
        assert_line "tcp/30000-32767 any nodeport (k8s-worker) everybody"
        grep -qE '^  tcp/10250  +cluster, control-plane  +kubelet \(k8s-node\)  +10\.0\.0\.0/8, ' <<<"$output" ||
                fail "expected the kubelet with addresses"
}

@test "several profiles are named in either way" {
        run --separate-stderr portguard show --profile ssh https
        assert_status 0
        assert_output_has "tcp/22"
        assert_output_has "tcp/443"
        one=$output
        run --separate-stderr portguard show --profile ssh --profile https
        [ "$output" = "$one" ]
}

@test "addresses are cut short, and counted" {
        run --separate-stderr portguard show --profile ssh --set ssh_from=admins \
                --group admins=192.0.2.1,192.0.2.3,192.0.2.5,192.0.2.7,192.0.2.9,%eth0
        assert_status 0
        assert_line "tcp/22 admins ssh 192.0.2.1, 192.0.2.3, 192.0.2.5, 192.0.2.7 … and 2 more"
}

@test "options shape what is compiled" {
        run --separate-stderr portguard show --profile k8s-worker --set nodeport_udp=true --json
        assert_json '[.services[] | select(.protocol == "udp" and .ports == "30000-32767")] | length == 1'
        run --separate-stderr portguard show --profile anbox-lxd --json
        assert_json '[.services[] | select(.protocol == "udp" and .ports == "10000-11000")] == []'
        assert_json '[.closed_optional[].name] | index("anbox-instances/instances-udp")'
        run --separate-stderr portguard show --profile anbox-lxd --with instances-udp --json
        assert_json '[.services[] | select(.protocol == "udp" and .ports == "10000-11000")] | length == 1'
        assert_json '[.closed_optional[].name] | index("anbox-instances/instances-udp") | not'
}

@test "a protocol without ports is named as in a profile" {
        run --separate-stderr portguard show --profile k8s-worker --set cni=calico-bgp
        grep -qE '^  protocol/ipip  +cluster  +calico-bgp \(k8s-node\)' <<<"$output" || fail "expected IP in IP"
        run --separate-stderr portguard show --profile k8s-worker --set cni=calico-bgp --json
        assert_json '.services[] | select(.protocol == "ipip") | .ports == "any"'
}

@test "outbound services are listed with strict egress" {
        run --separate-stderr portguard show --profile ssh
        assert_output_has "egress open"
        assert_output_lacks "Open from this host"
        run --separate-stderr portguard show --profile ssh --egress strict
        assert_status 0
        assert_output_has "egress strict"
        assert_output_has "Open from this host"
        assert_output_has "udp/53"
        run --separate-stderr portguard show --profile ssh --egress strict --json
        assert_json '.egress == "strict" and ([.services[] | select(.direction == "out" and .ports == "53")] | length > 0)'
}

@test "--format json is --json" {
        run --separate-stderr portguard show --profile k8s-worker --format json
        assert_status 0
        one=$output
        assert_json '.state and .generation == null and .profiles == ["k8s-worker"] and (.digest | length == 64)'
        assert_json '.services[] | select(.ports == "10250") |
                .name == "k8s-node/kubelet" and .services == ["k8s-node/kubelet"] and .direction == "in" and
                .from == "cluster, control-plane" and (.addresses | index("10.0.0.0/8")) and
                .addresses_total >= 3 and .interfaces == []'
        run --separate-stderr portguard show --profile k8s-worker --json
        [ "$output" = "$one" ]
}

@test "--format nft is taken by nft" {
        run --separate-stderr portguard show --profile k8s-worker --format nft
        assert_status 0
        [[ $output == "table inet portguard {"* ]] || fail "expected a table"
        printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/table.nft"
        run in_network "nft -c -f '$BATS_TEST_TMPDIR/table.nft'"
        assert_status 0
}

@test "a profile that is not there has status 3 and is told with the nearest" {
        run --separate-stderr portguard show --profile k8s-wroker
        assert_status 3
        [ -z "$output" ]
        assert_stderr_has "k8s-worker"
        run --separate-stderr portguard show --profile k8s-wroker --format json
        assert_status 3
        assert_json '.error.status == 3'
}

@test "show tells what is enforced, or that nothing is" {
        run --separate-stderr in_network 'portguard show'
        assert_status 0
        assert_output_has "portguard is off"
        run --separate-stderr in_network 'portguard show --format nft'
        [[ $output == "#"* ]] || fail "expected a comment"
        run --separate-stderr in_network 'portguard show --json'
        assert_json '.state == "off" and .generation == null and .services == []'
        run --separate-stderr in_network 'portguard apply ssh >/dev/null; portguard show'
        assert_status 0
        assert_output_has "enforced: generation 1 (ssh)"
        assert_line "tcp/22 any ssh everybody"
        run --separate-stderr in_network 'portguard apply ssh >/dev/null; portguard show --format nft'
        [[ $output == "table inet portguard {"* ]] || fail "expected a table"
}
