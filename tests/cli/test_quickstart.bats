#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# packaging/quickstart: what its table says, and that it leaves nothing behind.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
setup() {
        common_setup
        # Where it works while it runs: empty afterwards.
        export TMPDIR=$BATS_TEST_TMPDIR/scratch LC_ALL=C.UTF-8
        mkdir "$TMPDIR"
        export QUICKSTART="$PORTGUARD_SOURCE/packaging/quickstart --no-install --build $PORTGUARD_BUILD"
}

# The network of the user and network namespace plays the host that must stay as it is.
host_before_and_after='
        nft "add table inet other { chain input { type filter hook input priority 0; tcp dport 22 accept; }; }"
        look() { nft -a list ruleset; ip -o link; ip -o address; ls /run/netns 2>&1 || true; }
        look >"$BATS_TEST_TMPDIR/before"'

assert_left_nothing() {
        [ -z "$(ls -A "$TMPDIR")" ] || fail "left behind: $(ls -A "$TMPDIR")"
        # The kernel ends what was in the namespaces at once, but not before it is asked.
        timeout 10 bash -c 'while pgrep -f "$1" >/dev/null; do sleep 0.02; done' - \
                "[q]uickstart-probe listen .*$1" || fail "a listener is left"
}

@test "k8s-worker: who reaches what is found by real connections, and the host stays as it is" {
        run --separate-stderr in_network "$host_before_and_after
                $QUICKSTART k8s-worker
                look | cmp - \"\$BATS_TEST_TMPDIR/before\""
        assert_status 0
        assert_line "SERVICE PORTS OUTSIDE INTERNAL CLUSTER"
        assert_line "ssh tcp/22 open → open open → open open → open"
        assert_line "kubelet (k8s-node) tcp/10250 open → closed open → closed open → open"
        assert_line "nodeport (k8s-worker) tcp/30000-32767 open → open open → open open → open"
        assert_line "vxlan (k8s-node) udp/8472 open → closed open → closed open → open"
        assert_line "no role: telnet tcp/23 open → closed open → closed open → closed"
        assert_line "no role: snmp udp/161 open → closed open → closed open → closed"
        assert_output_has "From outside, 9 of these 9 could be reached before, and 2 can now; 2 from the internal"
        assert_left_nothing tcp/10250
}

@test "several profiles, with the options of apply" {
        run --separate-stderr in_network "$QUICKSTART ovn-chassis mysql --set=ovn_encap=gre"
        assert_status 0
        assert_line "gre (ovn-chassis) gre open → closed open → closed open → open"
        assert_line "mysql tcp/3306 open → closed open → open open → open"
        assert_output_lacks "no role: mysql"
        run --separate-stderr in_network "$QUICKSTART ovn-chassis --group cluster=10.20.0.9"
        assert_status 0
        assert_line "geneve (ovn-chassis) udp/6081 open → closed open → open (v4) open → closed"
}

@test "without being root, and without a namespace around it" {
        local as=()

        if [ "$(id -u)" -eq 0 ]; then
                as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
                chmod 1777 "$TMPDIR" "$PORTGUARD_STATE"
                chmod o+x "$BATS_TEST_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_RUN_TMPDIR"
                # Built by root, for nobody to use.
                $QUICKSTART base >/dev/null
        fi
        "${as[@]}" test -x "$PORTGUARD" || skip "nobody may read the build directory"
        # shellcheck disable=SC2086 # several words
        run --separate-stderr "${as[@]}" env HOME=/ $QUICKSTART k8s-worker
        assert_status 0
        assert_line "kubelet (k8s-node) tcp/10250 open → closed open → closed open → open"
        assert_left_nothing tcp/10250
}

@test "what is wrong with the profiles is told as portguard tells it" {
        # shellcheck disable=SC2086
        run --separate-stderr $QUICKSTART k8s-workr
        assert_status 3
        assert_stderr_has "did you mean 'k8s-worker'?"
        [ -z "$output" ] || [[ $output == Building* ]] || fail "no table was expected"
        # shellcheck disable=SC2086
        run --separate-stderr $QUICKSTART ssh --set
        assert_status 2
        # shellcheck disable=SC2086
        run --separate-stderr $QUICKSTART
        assert_status 2
        assert_left_nothing 'tcp/22 '
}

@test "killed while the peers ask: the listener and the namespaces go with it" {
        local output status
        # shellcheck disable=SC2086 # several words
        $QUICKSTART ssh --set ssh_port=2222 >"$BATS_TEST_TMPDIR/output" 2>&1 &
        until grep -q 'portguard apply' "$BATS_TEST_TMPDIR/output"; do
                kill -0 $! || fail "it ended: $(cat "$BATS_TEST_TMPDIR/output")"
        done
        kill -TERM $!
        wait $! || status=$?
        [ "$status" -eq 143 ] || fail "expected exit status 143"
        output=$(cat "$BATS_TEST_TMPDIR/output")
        assert_output_lacks "Who reaches what"
        assert_output_lacks "Killed"
        assert_left_nothing tcp/2222
}

@test "--host applies on the host, after it has asked" {
        run --separate-stderr in_network "$QUICKSTART --host ssh </dev/null; nft list ruleset"
        assert_status 4
        assert_output_has "opens  tcp/22  to any  ssh"
        assert_stderr_has "--yes applies without asking; nothing was changed"
        assert_output_lacks "table inet portguard"
        run --separate-stderr in_network "SSH_CONNECTION='192.0.2.1 40000 192.0.2.2 2222' \
                $QUICKSTART --host --yes ssh; nft list table inet portguard"
        assert_status 0
        assert_output_has "over port 2222, which these profiles do not open"
        assert_output_has "applied generation 1 (ssh): 1 opened; read back and equal."
        assert_output_has 'comment "ssh/ssh" : goto accepted_'
}
