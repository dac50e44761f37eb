#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# portguard apply, status, verify and disable, as they are used one after the other.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
setup() {
        common_setup
}

@test "the first apply says what it did, and that the rest is refused" {
        run --separate-stderr in_network 'portguard apply k8s-worker'
        assert_status 0
        assert_line "opens tcp/10250 to cluster, control-plane kubelet (k8s-node)"
        assert_output_has "portguard was off: from now on, what no line above opens is refused."
        grep -qE '^applied generation 1 \(k8s-worker\): [0-9]+ opened; read back and equal\.$' <<<"$output" ||
                fail "expected the sum"
}

@test "apply without a change says so, and writes nothing" {
        run --separate-stderr in_network 'portguard apply ssh >/dev/null
                nft -a list ruleset >"$PORTGUARD_STATE/before"
                portguard apply ssh
                nft -a list ruleset | cmp - "$PORTGUARD_STATE/before"'
        assert_status 0
        assert_line "Nothing to do: generation 1 (ssh) is already enforced; nothing was written to the kernel."
        assert_output_lacks "was off"
        run --separate-stderr in_network 'portguard apply ssh >/dev/null; portguard apply ssh --json'
        assert_json '.changed == false and .generation == 1 and .state == "confirmed" and .method == "none"'
}

@test "apply --dry-run asks the kernel, and changes nothing" {
        run --separate-stderr in_network 'portguard apply -n ssh; nft list ruleset'
        assert_status 0
        assert_output_has "dry run: 1 to open. The kernel accepts this; nothing was changed."
        assert_output_lacks "table inet"
        run --separate-stderr in_network 'portguard apply --dry-run ssh --json'
        assert_json '.dry_run == true and .changed == true and .state == "off" and .generation == null'
}

@test "a second generation tells what changed" {
        run --separate-stderr in_network 'portguard apply ssh https >/dev/null
                portguard apply ssh --set ssh_from=internal -m "no more web"'
        assert_status 0
        assert_line "narrows tcp/22 any -> internal ssh"
        assert_line "closes tcp/443 was any https"
        assert_line "applied generation 2 (ssh): 1 closed, 1 narrowed; read back and equal."
}

@test "apply --json has the keys of the manual" {
        run --separate-stderr in_network 'portguard apply ssh --json'
        assert_status 0
        assert_json '.changed and .generation == 1 and .state == "confirmed" and .profiles == ["ssh"] and .dry_run == false'
        assert_json '.opens == [{direction: "in", protocol: "tcp", ports: "22", from: "any", services: ["ssh/ssh"],
                family: null, addresses: [], addresses_total: 0, interfaces: []}]'
        assert_json '[.closes, .widens, .narrows, .closed_optional, .warnings, .repaired] | all(. == [])'
}

@test "status tells what is enforced, or that nothing is" {
        run --separate-stderr in_network 'portguard status'
        assert_status 0
        [ "$output" = "portguard is off: nothing is enforced (portguard apply PROFILE)" ] || fail "expected off"
        run --separate-stderr in_network 'portguard status --json'
        assert_json '.state == "off" and .generation == null and .digest == null and .services == [] and has("trial") and .trial == null'
        run --separate-stderr in_network 'portguard apply k8s-worker >/dev/null; portguard status'
        assert_status 0
        grep -qE '^enforced: generation 1 \(k8s-worker\), digest [0-9a-f]{12}$' <<<"$output" || fail "expected the head"
        assert_line "tcp/22 any 0 0 B ssh"
        assert_line "tcp/10250 cluster, control-plane 0 0 B kubelet (k8s-node)"
        assert_output_has "refused: 0 packets, 0 B"
}

@test "status --json has the keys of the manual" {
        run --separate-stderr in_network 'portguard apply ssh >/dev/null; portguard status --json'
        assert_status 0
        assert_json '.state == "confirmed" and .generation == 1 and .profiles == ["ssh"] and (.digest | length == 64)'
        assert_json 'has("trial") and .trial == null and .denied == {packets: 0, bytes: 0} and .egress == "open"'
        assert_json '.services == [{name: "ssh/ssh", services: ["ssh/ssh"], direction: "in", protocol: "tcp",
                ports: "22", from: "any", packets: 0, bytes: 0}]'
}

@test "status counts the connections of each service, and what was refused" {
        # A neighbour in a second network namespace: a TCP connection to the open port, which nobody
        # listens on, and a datagram to a closed one.
        # shellcheck disable=SC2016 # for the shell in the namespace
        run --separate-stderr in_network '
                unshare --net sh -c "echo; exec sleep infinity" >"$BATS_TEST_TMPDIR/ready" 3>&- &
                neighbour=$!
                trap "kill $neighbour" EXIT
                until [ -s "$BATS_TEST_TMPDIR/ready" ]; do kill -0 $neighbour; done
                ip link add left type veth peer name right netns $neighbour
                ip address add 192.0.2.1/24 dev left
                ip link set left up
                nsenter --target $neighbour --net ip address add 192.0.2.2/24 dev right
                nsenter --target $neighbour --net ip link set right up
                portguard apply ssh >/dev/null
                nsenter --target $neighbour --net bash -c "! : </dev/tcp/192.0.2.1/22 && echo >/dev/udp/192.0.2.1/53"
                portguard status
                portguard status --json >"$PORTGUARD_STATE/status"'
        assert_status 0
        assert_line "tcp/22 any 1 60 B ssh"
        assert_output_has "refused: 1 packet, 29 B"
        output=$(<"$PORTGUARD_STATE/status")
        assert_json '.services[0].packets == 1 and .services[0].bytes == 60 and .denied == {packets: 1, bytes: 29}'
}

@test "verify is 0 when equal, 6 on drift, 6 when somebody removed it, 1 when off" {
        run --separate-stderr in_network 'portguard apply ssh >/dev/null; portguard verify'
        assert_status 0
        [ "$output" = "generation 1: the kernel holds exactly what was enforced" ] || fail "expected equal"
        run --separate-stderr in_network 'portguard apply ssh >/dev/null
                nft add rule inet portguard input counter accept
                portguard verify'
        assert_status 6
        assert_output_has "generation 1: the kernel does not hold what was enforced"
        run --separate-stderr after_boot 'portguard verify'
        assert_status 6
        assert_output_has "nothing is enforced, though generation 1 should be"
        run --separate-stderr in_network 'portguard verify'
        assert_status 1
        [ -z "$output" ]
        assert_stderr_has "nothing is enforced"
}

@test "verify --json" {
        run --separate-stderr in_network 'portguard apply ssh >/dev/null; portguard verify --json'
        assert_status 0
        assert_json '.drift == false and .enforced and .generation == 1 and .differences == [] and .changed_by == null'
        run --separate-stderr in_network 'portguard apply ssh >/dev/null
                nft add rule inet portguard input counter accept
                portguard verify --json'
        assert_status 6
        assert_json '.drift and (.differences | length > 0)'
        run --separate-stderr after_boot 'portguard verify --json'
        assert_status 6
        assert_json '.drift and .enforced == false and (.differences | length == 1)'
        run --separate-stderr in_network 'portguard verify --json'
        assert_status 1
        assert_json '.drift == false and .enforced == false and .error.status == 1'
}

@test "apply repairs drift" {
        run --separate-stderr in_network 'portguard apply ssh >/dev/null
                nft add rule inet portguard input counter accept
                portguard apply ssh
                portguard verify'
        assert_status 0
        assert_output_has "holds exactly"
}

@test "disable removes the table, and only that" {
        run --separate-stderr in_network 'nft add table inet other
                portguard apply ssh >/dev/null
                portguard disable
                nft list ruleset
                portguard status'
        assert_status 0
        assert_output_has "portguard is off: it filters nothing any more"
        assert_output_has "table inet other"
        assert_output_lacks "table inet portguard"
        run --separate-stderr in_network 'portguard disable'
        assert_status 0
        assert_line "Nothing to do: portguard is off; nothing was written to the kernel."
        run --separate-stderr in_network 'portguard apply ssh >/dev/null; portguard disable --json'
        assert_json '.changed and .state == "off" and .generation == null'
}

@test "without permission the status is 5" {
        for line in 'apply ssh' 'plan ssh' 'status' 'show' 'verify' 'disable'; do
                # A user namespace without rights over any network: the capability is dropped.
                # shellcheck disable=SC2086
                run --separate-stderr unshare --user --map-root-user --net \
                        setpriv --bounding-set -net_admin --inh-caps -net_admin "$PORTGUARD" $line
                assert_status 5
                [ -z "$output" ]
                [[ $stderr == "portguard: "* ]] || fail "expected the reason"
        done
}

@test "a profile that is wrong has status 3, and nothing is changed" {
        mkdir "$BATS_TEST_TMPDIR/own"
        printf 'name: bad\nsummary: bad\nservices:\n  web: {summary: Web, ports: tcp/443, from: custer}\n' \
                >"$BATS_TEST_TMPDIR/own/bad.yaml"
        export PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/own:$PORTGUARD_PROFILES
        run --separate-stderr in_network 'portguard apply bad || status=$?; nft list ruleset; exit $status'
        assert_status 3
        [ -z "$output" ]
        grep -qE '(^|/)bad\.yaml:4:[0-9]+: .*custer' <<<"$stderr" || fail "expected the place"
        run --separate-stderr in_network 'portguard apply bad --json'
        assert_status 3
        assert_json '.error.status == 3 and .diagnostics[0].severity == "error" and .diagnostics[0].line == 4'
}

@test "a group that nobody filled says so wherever the policy is shown, with the line to write" {
        local line='not filled in: every private address; write in the site file, below groups:'

        export REPORT=$BATS_TEST_TMPDIR/report.html
        run --separate-stderr portguard show --profile k8s-worker --group control-plane=192.0.2.1 --json
        assert_json '.unfilled == [{group: "cluster", instead: "every private address", line: "cluster: [ADDRESS, ...]"}]'
        run --separate-stderr in_network '
                portguard plan k8s-worker --group control-plane=192.0.2.1
                portguard plan k8s-worker --group control-plane=192.0.2.1 --json >"$BATS_TEST_TMPDIR/plan"
                echo ---
                portguard apply k8s-worker --group control-plane=192.0.2.1
                echo ---
                portguard status
                portguard status --json >"$BATS_TEST_TMPDIR/status"
                portguard report >"$REPORT"
                echo ---
                portguard show'
        assert_status 0
        [ "$(grep -cxF "cluster: $line cluster: [ADDRESS, ...]" <<<"$output")" = 4 ] || fail "expected it of plan, apply, status, show"
        assert_output_lacks 'control-plane: not filled'
        grep -qF "cluster: $line cluster: [ADDRESS, ...]" "$REPORT" || fail "expected it in the report"
        for name in plan status; do
                output=$(<"$BATS_TEST_TMPDIR/$name")
                assert_json '.unfilled | map(.group) == ["cluster"]'
        done

        # What is filled, with nobody too, or lets nobody in, is not told of.
        for group in 'groups: {cluster: [192.0.2.0/24]}' 'groups: {cluster: []}'; do
                echo "$group" >"$PORTGUARD_SITE"
                run --separate-stderr portguard show --profile k8s-worker --group control-plane=192.0.2.1 --json
                assert_json '.unfilled == []'
        done
        echo 'groups: {internal: [10.1.0.0/16]}' >"$PORTGUARD_SITE"
        run --separate-stderr portguard show --profile k8s-worker --group control-plane=192.0.2.1 --json
        assert_json '.unfilled | map(.instead) == ["what the site calls internal"]'
}

# on_host SCRIPT: as the host itself, with a PID 1 and an /etc and /run of its own.
on_host() {
        run --separate-stderr unshare --user --map-root-user --net --mount --pid --fork --mount-proc bash -c '
                set -e
                mount -t tmpfs none /run; mount -t tmpfs none /etc
                '"$1"
}

@test "a first apply says where nothing brings it back at boot, and what to type" {
        on_host 'mkdir -p /run/systemd/system; "$PORTGUARD" apply ssh; "$PORTGUARD" apply ssh https'
        assert_status 0
        [ "$stderr" = "portguard: warning: portguard.service is not started at boot: this is gone after a reboot (systemctl enable portguard.service)" ] ||
                fail "expected that line, once"
        on_host '"$PORTGUARD" apply ssh; "$PORTGUARD" disable; mkdir -p /run/systemd/system /etc/systemd/system/sysinit.target.wants
                ln -s /dev/zero /etc/systemd/system/sysinit.target.wants/portguard.service; "$PORTGUARD" apply ssh'
        assert_status 0
        [ "$stderr" = "portguard: warning: this is gone after a reboot, unless something runs portguard restore at boot: systemd does not manage this host" ] ||
                fail "expected the line of a host without systemd, and none where the unit is enabled"
}
