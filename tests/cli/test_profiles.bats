#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# portguard profiles: list, show, check.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
setup() {
        common_setup
        own=$BATS_TEST_TMPDIR/own
        mkdir "$own"
}

# profile NAME [LINE...]: a profile of its own, with one service unless lines are given.
profile() {
        local name=$1

        shift
        {
                printf 'name: %s\nsummary: %s for a test\n' "$name" "$name"
                if [ $# -gt 0 ]; then
                        printf '%s\n' "$@"
                else
                        printf 'services:\n  web: {summary: Web, ports: tcp/443, from: any}\n'
                fi
        } >"$own/$name.yaml"
}

@test "list names every profile with its summary" {
        run --separate-stderr portguard profiles list
        assert_status 0
        [ -z "$stderr" ]
        for file in "$PORTGUARD_SOURCE"/profiles/*.yaml; do
                name=$(basename "$file" .yaml)
                summary=$(sed -n 's/^summary: //p' "$file")
                summary=${summary#\"} summary=${summary%\"}
                assert_line "$name $summary"
        done
        listed=$output
        run --separate-stderr portguard profiles
        [ "$output" = "$listed" ]
}

@test "list --json" {
        run --separate-stderr portguard profiles list --json
        assert_status 0
        count=$(find "$PORTGUARD_SOURCE/profiles" -name '*.yaml' | wc -l)
        assert_json ".profiles | length == $count"
        assert_json '.warnings == []'
        assert_json '.profiles | map(.name) | . == sort'
        assert_json '.profiles[] | select(.name == "ssh") | .summary == "Secure Shell" and (.file | endswith("/ssh.yaml"))'
}

@test "list tells a broken profile, and lists the others" {
        profile good
        profile broken 'services: 7'
        run --separate-stderr portguard profiles list --profiles "$own"
        assert_status 3
        assert_line "good good for a test"
        assert_output_lacks broken
        assert_stderr_has "broken.yaml:3:11: "
        run --separate-stderr portguard profiles list --profiles "$own" --json
        assert_status 3
        assert_json '.profiles | map(.name) == ["good"]'
        assert_json '.error.status == 3 and .warnings[0].severity == "error" and .warnings[0].line == 3'
}

@test "show tells services, groups, parameters, notes, sources, and a command to try" {
        run --separate-stderr portguard profiles show k8s-worker
        assert_status 0
        [ -z "$stderr" ]
        assert_output_has "k8s-worker: Kubernetes worker node with the Flannel VXLAN overlay"
        assert_line "with all of: k8s-node"
        # shellcheck disable=SC2016 # a parameter of the profile
        assert_line 'nodeport-udp udp/${nodeport_range} from ${nodeport_from} NodePort services over UDP (when nodeport_udp is true)'
        assert_line "nodeport_range ports 30000-32767 ports of NodePort services"
        assert_output_has "the parameters cni,"
        run --separate-stderr portguard profiles show k8s-node
        assert_line "with all of: ssh"
        assert_line "kubelet tcp/10250 from control-plane, cluster Kubelet API"
        assert_line "cluster internal all nodes of the cluster"
        assert_output_has "flannel-wireguard"
        assert_output_has "Typha"
        assert_output_has "https://kubernetes.io/docs/reference/networking/ports-and-protocols/"
}

@test "the command at the end of show works" {
        for name in ssh k8s-worker anbox-instances egi-fedcloud-site; do
                run --separate-stderr portguard profiles show "$name"
                assert_status 0
                example=$(tail -n 1 <<<"$output")
                [[ $example == "  portguard plan $name"* ]] || fail "expected a command at the end"
                run --separate-stderr in_network "$example"
                assert_status 0
        done
}

@test "show sets optional services and outbound ones apart" {
        run --separate-stderr portguard profiles show anbox-instances
        # shellcheck disable=SC2016 # a parameter of the profile
        sed -n '/^Optional services/,/^$/p' <<<"$output" | grep -q 'instances-tcp  *tcp/${instance_range}'
        sed -n '/^Services/,/^$/p' <<<"$output" | grep -q '^  bridge-dns  *tcp/53'
        run --separate-stderr portguard profiles show egi-fedcloud-site
        sed -n '/^Reached from this host/,/^$/p' <<<"$output" | grep -q ' to '
}

@test "show --json" {
        run --separate-stderr portguard profiles show k8s-node --json
        assert_status 0
        assert_json '.name == "k8s-node" and .include == ["ssh"]'
        assert_json '.services[] | select(.name == "kubelet") |
                .ports == ["tcp/10250"] and .from == ["control-plane", "cluster"] and .required and
                .direction == "in" and .when == null'
        assert_json '.params[] | select(.name == "cni") | .type == "choice" and .default == "flannel-vxlan" and
                (.choices | index("calico-bgp"))'
        assert_json '.groups[] | select(.name == "cluster") | .default == "internal"'
        assert_json '(.notes | length > 0) and (.sources | length > 0)'
}

@test "show of a name that is not there tells the nearest" {
        run --separate-stderr portguard profiles show k8s-wroker
        assert_status 3
        assert_stderr_has "k8s-worker"
        run --separate-stderr portguard profiles show k8s-wroker --json
        assert_status 3
        assert_json '.error.status == 3 and ([.error.message, .diagnostics[].text] | any(contains("k8s-worker")))'
}

@test "check finds the shipped profiles good" {
        run --separate-stderr portguard profiles check "$PORTGUARD_SOURCE"/profiles/*.yaml
        assert_status 0
        [ "$(grep -c ': ok$' <<<"$output")" -eq "$(find "$PORTGUARD_SOURCE/profiles" -name '*.yaml' | wc -l)" ]
}

@test "check tells every error of every file, like a compiler" {
        profile first 'services:' '  web: {summary: Web, ports: tcp/443, from: custer}' \
                '  dns: {summary: DNS, ports: udp/99999, from: any}'
        profile second 'services:' '  web: {summary: Web, ports: tcp, from: any}'
        profile third
        run --separate-stderr portguard profiles check "$own"/first.yaml "$own"/third.yaml "$own"/second.yaml \
                --profiles "$own"
        assert_status 3
        grep -qE '(^|/)first\.yaml:4:[0-9]+: .*custer' <<<"$stderr" || fail "expected the scope"
        grep -qE '(^|/)first\.yaml:5:[0-9]+: .*99999' <<<"$stderr" || fail "expected the port"
        grep -qE '(^|/)second\.yaml:4:[0-9]+: ' <<<"$stderr" || fail "expected the second file"
        [ "$output" = "$own/third.yaml: ok" ] || fail "expected the good file only"
        [ "$(tail -n 1 <<<"$stderr")" = "portguard: 2 of 3 files are wrong" ] || fail "expected the sum"
}

@test "check --json" {
        profile bad 'services: 7'
        profile good
        run --separate-stderr portguard profiles check "$own"/bad.yaml "$own"/good.yaml --profiles "$own" --json
        assert_status 3
        assert_json '.ok == false and .error.status == 3 and (.files | map(.ok)) == [false, true]'
        assert_json '.files[0].diagnostics[0] | .severity == "error" and .line == 3 and .column == 11'
        run --separate-stderr portguard profiles check "$own"/good.yaml --profiles "$own" --json
        assert_status 0
        assert_json '.ok and (has("error") | not)'
}

@test "check names a file that is not there" {
        run --separate-stderr portguard profiles check "$own"/nonesuch.yaml
        [ "$status" -ne 0 ]
        assert_stderr_has "$own/nonesuch.yaml"
        [ "$(tail -n 1 <<<"$stderr")" = "portguard: 1 of 1 file is wrong" ]
}
