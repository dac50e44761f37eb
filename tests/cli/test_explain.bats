#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# portguard explain and diff: the verdict and why, as they are typed.

load common

setup() {
        common_setup
        cat >"$PORTGUARD_SITE" <<'SITE'
groups:
  cluster: [10.30.0.0/16, 10.30.2.0/24, 2001:db8:1::/64]
  control-plane: {addresses: [192.0.2.10], interfaces: [wg0]}
SITE
}

# explain ARGUMENT...: of the profile k8s-worker, where there is no route to anywhere.
explain() {
        run --separate-stderr unshare --user --map-root-user --net "$PORTGUARD" explain "$@" --profile k8s-worker
        assert_status 0
}

@test "a packet that a service lets in: the service and its line, the group, the entry and its line" {
        explain tcp/10250 --from 10.30.2.4
        assert_line "accept tcp/10250 from 10.30.2.4"
        assert_line "service kubelet (k8s-node): Kubelet API"
        assert_line "lets in cluster, control-plane"
        assert_line "because 10.30.2.4 is in 10.30.2.0/24 of 'cluster'"
        assert_line "$PORTGUARD_SITE:2:27"
        line=$(grep -n '^  kubelet:' "$PORTGUARD_PROFILES/k8s-node.yaml" | cut -d: -f1)
        assert_line "$PORTGUARD_PROFILES/k8s-node.yaml:$line:3"
        explain tcp/10250 --from 2001:db8:1::5
        assert_line "because 2001:db8:1::5 is in 2001:db8:1::/64 of 'cluster'"
}

@test "by an interface of a group" {
        explain tcp/10250 --from 203.0.113.9 --iif wg0
        assert_line "accept tcp/10250 from 203.0.113.9 by wg0"
        assert_line "because wg0 is an interface of 'control-plane', as wg0"
        assert_line "$PORTGUARD_SITE:3:57"
        explain tcp/10250 --from 203.0.113.9 --iif wg1
        assert_line "drop tcp/10250 from 203.0.113.9 by wg1"
}

@test "a packet that a service does not let in: whom it lets in, and what would repair it" {
        explain tcp/10250 --from 203.0.113.9
        assert_output_has "drop tcp/10250 from 203.0.113.9"
        assert_line "lets in cluster, control-plane"
        assert_output_has "203.0.113.9 is not in it"
        assert_output_has "to open  add 203.0.113.9 to the group 'cluster'"
}

@test "a port that nobody claims, and the profile that would" {
        explain tcp/5432 --from 10.0.0.1
        assert_output_has "drop tcp/5432 from 10.0.0.1"
        assert_line "default no service claims this port"
        assert_line "to open if it is postgresql: portguard apply k8s-worker postgresql"
        explain tcp/4711 --from 10.0.0.1
        assert_line "to open no profile has this port"
}

# explain_ssh PORT: from 203.0.113.9, where ssh is applied; *command: the advice without what stands before it.
explain_ssh() {
        run --separate-stderr unshare --user --map-root-user --net "$PORTGUARD" explain "$1" --from 203.0.113.9 \
                --profile ssh --json
        assert_status 0
        command=$(jq -r '.mend | sub("^.*: portguard apply "; "")' <<<"$output")
}

@test "what is advised lets that address in, or says that it does not" {
        for port in tcp/5432 tcp/3478; do
                explain_ssh $port
                [[ $command == 'ssh '* && $command != *' would '* ]] || fail "expected a command: $output"
                options=${command#* --} profiles=${command%% --*}
                [ "$options" = "$command" ] && options='' || options="--$options"
                # shellcheck disable=SC2086 # words
                run --separate-stderr unshare --user --map-root-user --net "$PORTGUARD" explain $port \
                        --from 203.0.113.9 --profile ${profiles// / --profile } $options --json
                assert_json '.verdict == "accept"'
        done
        explain_ssh tcp/3306
        [ "$command" = 'ssh mysql would open it to internal only, not to 203.0.113.9' ] || fail "$command"
        explain_ssh tcp/4444
        [ "$command" = "ssh galera-node would open it to cluster only, not to 203.0.113.9: add it to the group 'cluster', in the site file under groups: or with --group" ] ||
                fail "$command"
}

@test "a ping that is advised is let in then, with the options of the request" {
        run --separate-stderr unshare --user --map-root-user --net "$PORTGUARD" explain ping --from 203.0.113.9 \
                --profile ssh --set ssh_port=2222 --set ping_from=internal --json
        assert_json '.mend == "portguard apply ssh --set ssh_port=2222 --set ping_from=internal --set base.ping_from=internal,203.0.113.9"'
        run --separate-stderr unshare --user --map-root-user --net "$PORTGUARD" explain ping --from 203.0.113.9 \
                --profile ssh --set ssh_port=2222 --set ping_from=internal --set base.ping_from=internal,203.0.113.9 --json
        assert_json '.verdict == "accept"'
}

@test "whom the owner of a port took it from" {
        explain tcp/10250 --from 10.30.0.1 --set nodeport_range=10000-11000
        assert_line "service kubelet (k8s-node): Kubelet API"
        assert_line "beats tcp/10000-11000 of nodeport (k8s-worker): NodePort services"
        explain tcp/10251 --from 203.0.113.9 --set nodeport_range=10000-11000
        assert_line "service nodeport (k8s-worker): NodePort services"
        assert_output_lacks "beats"
}

@test "the default of a group: internal, built in; and a file of addresses" {
        explain udp/8472 --from 10.1.1.1 --group cluster=10.2.0.0/16
        assert_output_has "drop udp/8472 from 10.1.1.1"
        echo 'egress: open' >"$PORTGUARD_SITE"
        explain udp/8472 --from 10.1.1.1
        assert_line "because 10.1.1.1 is in 10.0.0.0/8 of 'internal'"
        assert_line "(built in)"
        printf '198.51.100.0/24\n203.0.113.7\n' >"$BATS_TEST_TMPDIR/cluster.txt"
        explain udp/8472 --from 203.0.113.7 --group "cluster=@$BATS_TEST_TMPDIR/cluster.txt"
        assert_line "because 203.0.113.7 is in 'cluster', from the file $BATS_TEST_TMPDIR/cluster.txt"
        explain udp/8472 --from 198.51.100.9 --group "cluster=@$BATS_TEST_TMPDIR/cluster.txt"
        assert_output_has "198.51.100.9 is in 'cluster', from the file $BATS_TEST_TMPDIR/cluster.txt; all of 198.51.100.0/24 is let"
        # Of a source of two groups it is not known which of them has what.
        explain tcp/10250 --from 203.0.113.7 --group "cluster=@$BATS_TEST_TMPDIR/cluster.txt" \
                --group control-plane=203.0.113.6
        assert_output_lacks '203.0.113.7 is in 203.0.113.6-203.0.113.7'
        assert_output_has "203.0.113.7 is in 'cluster', from the file $BATS_TEST_TMPDIR/cluster.txt; all of 203.0.113.6/31 is let in"
}

@test "base traffic, ping and its rate" {
        explain ping --from 203.0.113.9
        assert_line "accept ping from 203.0.113.9"
        assert_line "base echo requests (ping), at most 10 in 1 s from each source (20 at once)"
        explain udp/68 --from 192.0.2.1 --sport 67
        assert_line "base answer to the DHCP client"
        explain udp/68 --from 192.0.2.1
        assert_output_has "drop udp/68"
        explain tcp/1 --from 127.0.0.1 --iif lo
        assert_line "base loopback"
}

@test "a packet that leaves" {
        explain tcp/443 --to 192.0.2.1
        assert_line "accept tcp/443 to 192.0.2.1"
        assert_line "base egress is open"
        explain udp/53 --to 192.0.2.1 --egress strict
        assert_line "service dns (base): name resolution"
        explain tcp/4711 --to 192.0.2.1 --egress strict
        assert_output_has "reject tcp/4711 to 192.0.2.1"
        explain udp/53 --to 192.0.2.1 --egress strict --json
        assert_json '.verdict == "accept"'
        explain tcp/4711 --to 192.0.2.1 --egress strict --json
        assert_json '.verdict == "reject" and .because.kind == "default" and .direction == "out"'
        # Who sends to this host is told nothing.
        explain tcp/4711 --from 192.0.2.1 --egress strict --json
        assert_json '.verdict == "drop"'
}

@test "--json has the keys of the manual" {
        explain tcp/10250 --from 10.30.2.4 --json
        assert_json '.verdict == "accept" and .direction == "in" and .ports == "tcp/10250" and .address == "10.30.2.4"'
        assert_json '.because | .kind == "service" and .service == "k8s-node/kubelet" and .scope == "cluster" and
                (.file | endswith("/k8s-node.yaml")) and (.line | type) == "number"'
        assert_json '.because | .allowed == "cluster, control-plane" and .matched == "10.30.0.0/16" and
                .entry.text == "10.30.2.0/24" and .entry.line == 2 and .entry.column == 27 and .beaten == [] and
                (.owners | length) == 1 and .rate == null and .base == null'
        assert_json '.mend == null and .generation == null and .profiles == ["k8s-worker"] and .warnings == []'
        explain tcp/5432 --from 10.0.0.1 --json
        assert_json '.verdict == "drop" and .because.kind == "default" and .mend == "if it is postgresql: portguard apply k8s-worker postgresql"'
        explain ping --from 10.0.0.1 --json
        assert_json '.because | .kind == "base" and .rate == {packets: 10, seconds: 1, burst: 20}'
}

@test "what is enforced, with the lines of the history; a generation; nothing" {
        run --separate-stderr in_network 'portguard explain tcp/22 --from 192.0.2.1
                portguard apply k8s-worker >/dev/null; portguard apply ssh >/dev/null
                portguard explain tcp/10250 --from 10.30.2.4
                portguard explain tcp/10250 --from 10.30.2.4 --at 1'
        assert_status 0
        assert_line "off portguard enforces nothing: what other tables let pass, passes"
        assert_output_has "drop tcp/10250 from 10.30.2.4"
        assert_output_has "accept tcp/10250 from 10.30.2.4"
        assert_line "policy generation 2 (ssh)"
        assert_line "policy generation 1 (k8s-worker)"
        assert_line "$PORTGUARD_SITE:2:27"
}

@test "a table that somebody changed is believed, and told of" {
        run --separate-stderr in_network 'portguard apply ssh >/dev/null
                nft "add element inet portguard input_tcp_ports_a { 4711 : accept }"
                portguard explain tcp/4711 --from 192.0.2.1'
        assert_status 0
        assert_output_has "accept tcp/4711"
        assert_stderr_has "is not what generation 1 made"
}

@test "on trial the trial's policy answers" {
        run --separate-stderr in_network 'portguard apply ssh >/dev/null; portguard apply --trial 5m https >/dev/null 2>&1
                portguard explain tcp/443 --from 192.0.2.1; portguard explain tcp/22 --from 192.0.2.1'
        assert_status 0
        assert_output_has "accept tcp/443"
        assert_output_has "drop tcp/22"
}

@test "questions that cannot be understood say how to ask" {
        # Each: the arguments, and a part of what is said.
        while IFS='|' read -r arguments said; do
                read -ra words <<<"$arguments"
                run --separate-stderr portguard explain "${words[@]}"
                assert_status 2
                assert_stderr_has "$said"
        done <<'QUESTIONS'
|which port?
tcp/22|from where?
tcp/22 --from 192.0.2.1 --to 192.0.2.2|exclude each other
tcp/22 --from 192.0.2.0/24|is no address
tcp/22 --from example|is no address
tcp/22-25 --from 192.0.2.1|is a range
tcp/99999 --from 192.0.2.1|is no port
22 --from 192.0.2.1|is no port
tcp/22 --from 192.0.2.1 --iif a/b|is no name of an interface
tcp/22 --from 192.0.2.1 --oif eth0|--iif goes with --from
tcp/22 --from 192.0.2.1 --at 1 --profile ssh|exclude each other
tcp/22 --from 192.0.2.1 --set a=b|--profile NAME only
QUESTIONS
}

@test "diff: generations side by side, in both directions, and against what is enforced" {
        run --separate-stderr in_network 'portguard apply ssh https >/dev/null; portguard apply ssh >/dev/null
                portguard apply ssh --set ssh_from=internal >/dev/null
                portguard diff 1 2; portguard diff 2 1; portguard diff 1; portguard diff 3 3; portguard diff 1 2 --json'
        assert_status 0
        assert_line "closes tcp/443 was any https"
        assert_line "from generation 1 to generation 2: 1 closed."
        assert_line "opens tcp/443 to any https"
        assert_line "narrows tcp/22 any -> internal ssh"
        assert_line "from generation 1 to generation 3: 1 closed, 1 narrowed."
        assert_line "from generation 3 to generation 3: nobody gains or loses access."
        run --separate-stderr after_boot 'portguard diff 1 2 --json'
        assert_json '.changed and .generation == 2 and (.closes | length) == 1 and .opens == []'
        run --separate-stderr after_boot 'portguard diff 1 2 --exit-code >/dev/null'
        assert_status 10
        run --separate-stderr after_boot 'portguard diff 1 1 --exit-code'
        assert_status 0
        run --separate-stderr after_boot 'portguard diff 1 9'
        assert_status 1
        assert_stderr_has "9"
        run --separate-stderr after_boot 'portguard diff 1'
        assert_status 4
        assert_stderr_has "nothing is enforced"
}

@test "plan: what is spelled differently and lets in the same is no change" {
        cat >"$BATS_TEST_TMPDIR/a.yaml" <<'PROFILE'
name: a
summary: A
services:
  one: {summary: One, ports: [tcp/1000-1099], from: [10.0.0.0/9, 10.128.0.0/9]}
PROFILE
        cat >"$BATS_TEST_TMPDIR/b.yaml" <<'PROFILE'
name: b
summary: B
services:
  low: {summary: Low, ports: [tcp/1000-1049], from: 10.0.0.0/8}
  high: {summary: High, ports: [tcp/1050-1099], from: [10.0.0.0/8, 10.1.0.0/16]}
PROFILE
        export PORTGUARD_PROFILES=$BATS_TEST_TMPDIR:$PORTGUARD_PROFILES
        run --separate-stderr in_network 'portguard apply a >/dev/null; portguard plan b; portguard apply b >/dev/null
                portguard diff 1 2 --exit-code'
        assert_status 0
        assert_output_has "plan: nobody gains or loses access"
}

@test "plan: IPv4 and IPv6 are told apart only where they differ" {
        echo 'groups: {cluster: [10.0.0.0/8, "2001:db8::/32"]}' >"$PORTGUARD_SITE"
        run --separate-stderr in_network 'portguard apply k8s-worker >/dev/null
                portguard plan k8s-worker --group cluster=10.0.0.0/8
                portguard plan k8s-worker --group cluster=192.0.2.0/24
                portguard plan k8s-worker --group cluster=10.0.0.0/8,2001:db8::/32,11.0.0.0/8'
        assert_status 0
        assert_line "closes udp/8472 IPv6 was cluster vxlan (k8s-node)"
        assert_line "widens udp/8472 cluster -> cluster with 192.0.2.0/24 vxlan (k8s-node)"
        assert_line "narrows udp/8472 cluster with 10.0.0.0/8 and 1 more -> cluster vxlan (k8s-node)"
        assert_line "widens udp/8472 cluster -> cluster with 11.0.0.0/8 vxlan (k8s-node)"
}

@test "plan: ping is part of what is reachable" {
        run --separate-stderr in_network 'portguard apply ssh >/dev/null; portguard plan ssh --set ping_from=internal
                portguard plan ssh --set ping_from=none'
        assert_status 0
        assert_line "narrows ping any -> internal ping (base)"
        assert_output_has "closes"
}
