#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Nobody who is logged in over ssh is locked out unasked. Which sessions count is test_guard.c's.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
load network

setup_file() {
        make_network tcp/22 tcp/443
}

teardown_file() {
        remove_network
}

setup() {
        kernel_setup
        nft flush ruleset
        apply_quietly ssh -m 'the way in'
        mkfifo "$BATS_TEST_TMPDIR/words"
        on outside tool_hold 203.0.113.1 22 <"$BATS_TEST_TMPDIR/words" >"$BATS_TEST_TMPDIR/hold" 3>&- &
        exec 8>"$BATS_TEST_TMPDIR/words"
        until_true 20 grep -q connected "$BATS_TEST_TMPDIR/hold"
}

no_session() {
        [ -z "$(ss -Htn state established sport = :22)" ]
}

teardown() {
        nft flush ruleset
        exec 8>&-
        until_true 20 no_session
}

@test "a session that a proxy or a tunnel on this host carries: that it is not known from where is said" {
        for from in 127.0.0.1 ::1 203.0.113.1; do
                to=$from
                SSH_CONNECTION="$from 40000 $to 22" run --separate-stderr portguard plan https
                assert_stderr_has "your ssh session comes from $from, which is this host"
        done
        SSH_CONNECTION='203.0.113.9 40000 203.0.113.1 22' run --separate-stderr portguard plan https
        [[ $stderr != *"which is this host"* ]] || fail "expected no such warning"
}

# Refused: status 4, the session by address and port, and nothing changed, in the kernel or the history.
assert_lockout() {
        local before

        before=$(ours)
        run --separate-stderr portguard "$@"
        assert_status 4
        assert_stderr_has "ssh session from 203.0.113.9 port "
        assert_stderr_has "to port 22 would be refused"
        assert_stderr_has "--trial 2m"
        assert_stderr_has "--allow-lockout"
        [ "$(ours)" = "$before" ] || fail "the table changed"
        portguard history --json | jq -e '[.generations[].state] == ["confirmed"]' >/dev/null ||
                fail "$(portguard history)"
}

@test "an apply that would lock a session out is refused, and names it" {
        assert_lockout apply https
        assert_stderr_has "add the profile ssh"
        assert_lockout apply ssh --set ssh_from=internal
        assert_stderr_has "ssh.yaml:"
        assert_stderr_has "internal"
        assert_lockout apply --dry-run https
}

@test "what the message advises lets the session in" {
        assert_lockout apply https
        apply_quietly https ssh
}

@test "who is let in keeps nobody from anything" {
        apply_quietly ssh --set ssh_from=203.0.113.0/24
        apply_quietly ssh https
}

@test "--allow-lockout does it, and warns" {
        run --separate-stderr portguard apply https --allow-lockout
        assert_status 0
        assert_stderr_has "warning: ssh session from 203.0.113.9 port "
        assert_verified
}

@test "on trial it is a warning: the kernel takes it back" {
        run --separate-stderr portguard apply https --trial 1s
        assert_status 0
        assert_stderr_has "warning: ssh session from 203.0.113.9 port "
        taken_back() { portguard status --json 2>/dev/null | jq -e '.generation == 1'; }
        until_true 20 taken_back
        run on outside tool_reach open:tcp/22@203.0.113.1
        assert_status 0
}

@test "a rollback is asked the same" {
        run --separate-stderr portguard apply https --allow-lockout
        run --separate-stderr portguard apply ssh
        assert_status 0
        run --separate-stderr portguard rollback 2
        assert_status 4
        assert_stderr_has "ssh session from 203.0.113.9 port "
        portguard status --json | jq -e '.generation == 3'
        run --separate-stderr portguard rollback 2 --allow-lockout
        assert_status 0
        portguard history --json | jq -e '.generations[0] | .generation == 4 and .restores == 2'
}

# Without a terminal, as a service or cron has none.
unattended() {
        run --separate-stderr setsid --wait "$PORTGUARD" "$@"
}

@test "what restores at boot is asked nothing: the policy was in force" {
        run --separate-stderr portguard apply https --allow-lockout
        nft flush ruleset
        unattended restore
        assert_status 0
        assert_verified
        nft flush ruleset
        unattended verify --repair
        assert_status 0
        assert_verified
}

@test "who restores by hand is asked as who applies" {
        run --separate-stderr portguard apply https --allow-lockout
        nft flush ruleset
        export SSH_CONNECTION='198.51.100.77 50000 192.0.2.77 22' # of some other host
        for words in restore 'verify --repair'; do
                # shellcheck disable=SC2086 # words
                unattended $words
                assert_status 4
                assert_stderr_has "ssh session from 203.0.113.9 port "
                assert_stderr_has "--trial 2m"
                [ -z "$(nft list ruleset)" ] || fail "something was enforced"
        done
        unattended restore --trial 1m --json
        assert_status 0
        assert_json '.state == "trial" and .generation == 3 and .restores == 2 and .trial.falls_back_to == null'
        portguard rollback >/dev/null
        unattended verify --repair --trial 1m
        assert_status 0
        assert_output_has "On trial: generation 4"
        portguard rollback >/dev/null
        unattended restore --allow-lockout
        assert_status 0
        assert_stderr_has "warning: ssh session from 203.0.113.9 port "
        assert_verified
        unattended verify --allow-lockout
        assert_status 2
}

@test "a rollback to a generation that would lock out leaves the open trial alone" {
        run --separate-stderr portguard apply https --allow-lockout
        apply_quietly ssh
        apply_quietly --trial 1m ssh https
        run --separate-stderr portguard rollback 2
        assert_status 4
        assert_stderr_has "nothing was changed"
        portguard status --json | jq -e '.state == "trial" and .generation == 4' || fail "the trial ended"
        run --separate-stderr portguard rollback
        assert_status 0
}

@test "the end of a trial, which would come by itself, is not refused: a warning tells whom it locks out" {
        run --separate-stderr portguard apply https --allow-lockout
        run --separate-stderr portguard apply --trial 5m ssh https
        assert_status 0
        run --separate-stderr portguard rollback --json
        assert_status 0
        assert_json '.state == "confirmed" and .generation == 2 and .locks_out and
                (.warnings | any(.text | test("ssh session from 203.0.113.9 port ")))'
        run --separate-stderr portguard apply ssh
        run --separate-stderr portguard apply --trial 5m https
        run --separate-stderr portguard rollback
        assert_status 0
        [ "$stderr" = '' ] || fail "nobody is locked out: $stderr"
}

# Whoever logged in meanwhile was not asked about when the trial began.
@test "a confirm that would lock out an open session for good is refused, and the trial goes on" {
        run --separate-stderr portguard apply --trial 5m https
        assert_status 0
        run --separate-stderr portguard confirm
        assert_status 4
        assert_stderr_has "ssh session from 203.0.113.9 port "
        assert_stderr_has "this would lock out 1 ssh session for good: it is not confirmed, and goes on; portguard rollback takes it back, --allow-lockout confirms it all the same"
        portguard status --json | jq -e '.state == "trial" and .trial.expires_in > 200' || fail "the trial ended"
        run --separate-stderr portguard confirm --allow-lockout
        assert_status 0
        assert_stderr_has "warning: ssh session from 203.0.113.9 port "
        portguard status --json | jq -e '.state == "confirmed" and .generation == 2' || fail "it is not kept"
        # Where nobody would be refused, nothing is said of sessions.
        run --separate-stderr portguard apply --trial 5m ssh https
        run --separate-stderr portguard confirm
        assert_status 0
        [[ $stderr != *'ssh session from'* ]]
}

@test "a plan says what the guard would say, and ends as it does" {
        run --separate-stderr portguard plan https
        assert_status 0
        assert_stderr_has "warning: ssh session from 203.0.113.9 port "
        assert_stderr_has "warning: apply would be refused"
        run --separate-stderr portguard plan https --json --exit-code
        assert_status 10
        assert_json '.locks_out and any(.warnings[]; .text | contains("would be refused as a new one"))'
        run --separate-stderr portguard plan ssh https --json
        assert_json '.locks_out | not'
}

hang_up() {
        exec 8>&-
        until_true 20 no_session
}

@test "nobody is logged in: an ssh that listens must stay within somebody's reach" {
        hang_up
        for words in https 'ssh --set ssh_from=none' 'ssh --set ssh_from=crew --group crew=none'; do
                for first in true false; do
                        "$first" && nft flush ruleset
                        # shellcheck disable=SC2086 # words
                        run --separate-stderr portguard apply $words
                        assert_status 4
                        assert_stderr_has "ssh listens at port 22, and nobody could reach it: "
                        assert_stderr_has "--allow-lockout"
                        "$first" && { [ -z "$(nft list ruleset)" ] || fail "something was enforced"; }
                        nft flush ruleset
                        apply_quietly ssh
                done
        done
        run --separate-stderr portguard apply https
        assert_stderr_has "add the profile ssh"
        run --separate-stderr portguard plan https --json
        assert_status 0
        assert_json '.locks_out'
        run --separate-stderr portguard apply https --trial 1m
        assert_status 0
        assert_stderr_has "warning: ssh listens at port 22"
        portguard rollback >/dev/null
        apply_quietly ssh --set ssh_from=192.0.2.1
        run --separate-stderr portguard apply https --allow-lockout
        assert_status 0
        # What was closed before is not closed by this.
        run --separate-stderr portguard apply https dns-server
        assert_status 0
        run --separate-stderr portguard rollback 1
        assert_status 0
        # What somebody opened is not known to be closed.
        apply_quietly https --allow-lockout
        nft add element inet portguard "input_tcp_ports_$(live_slot)" '{ 9999 : accept }'
        run --separate-stderr portguard apply https
        assert_status 0
        nft insert rule inet portguard "input_$(live_slot)" tcp dport 22 accept
        export SSH_CONNECTION='198.51.100.77 50000 192.0.2.77 22' # of some other host
        for command in 'apply https' 'apply https dns-server' 'verify --repair'; do
                # shellcheck disable=SC2086 # words
                run --separate-stderr portguard $command
                assert_status 4
                assert_stderr_has 'ssh listens at port 22, and nobody could reach it: '
        done
        run --separate-stderr portguard verify --repair --allow-lockout
        assert_status 0
}

# closed_to_all GROUP: whoever may come in by that is nobody.
closed_to_all() {
        nft flush ruleset
        run --separate-stderr portguard plan ssh --set ssh_from=crew --group "crew=$1" --json
        assert_json '.locks_out'
        run --separate-stderr portguard apply ssh --set ssh_from=crew --group "crew=$1"
        assert_status 4
        assert_stderr_has 'ssh listens at port 22, and nobody could reach it: '
        assert_stderr_has '--allow-lockout'
        [ -z "$(nft list ruleset)" ] || fail "something was enforced"
}

# open_to_some GROUP: and as what is applied after that, whatever becomes of the interface.
open_to_some() {
        nft flush ruleset
        run --separate-stderr portguard apply ssh --set ssh_from=crew --group "crew=$1"
        assert_status 0
}

@test "nobody comes in by an interface that is not there, is down, or is another to the rules" {
        hang_up
        ip link add wg9 type veth peer name pair9
        for group in %wg8 '%wg8*' %lo %wg9 '%wg*' %lo,127.0.0.1,%wg9; do
                closed_to_all "$group"
                [[ $stderr == *'by whose interfaces nobody comes in now; set up the interface first, or name '* ]] ||
                        fail "expected the interfaces"
        done
        : >"$BATS_TEST_TMPDIR/empty"
        closed_to_all "@$BATS_TEST_TMPDIR/empty"
        assert_stderr_has "'crew' only, which is empty"
        for group in %outside '%out*' %wg8,203.0.113.9 '%wg8,%outside'; do
                open_to_some "$group"
        done
        ip link set wg9 up
        open_to_some %wg9
        open_to_some '%wg*'
        ip link set wg9 down
        # It was nobody before.
        run --separate-stderr portguard apply ssh --set ssh_from=crew --group 'crew=%wg*' https
        assert_status 0
        ip link property add dev outside altname enp9s0
        closed_to_all %enp9s0
        ip link property del dev outside altname enp9s0
        ip link add br9 type bridge
        ip link set wg9 master br9 up
        ip link set br9 up
        closed_to_all %wg9
        open_to_some %br9
        ip link delete br9
        ip link delete wg9
}

# hold ADDRESS: a session of a program of `outside` to that address of this host.
hold() {
        hang_up
        mkfifo "$BATS_TEST_TMPDIR/more"
        on outside tool_hold "$1" 22 <"$BATS_TEST_TMPDIR/more" >"$BATS_TEST_TMPDIR/hold" 3>&- &
        exec 8>"$BATS_TEST_TMPDIR/more"
        until_true 20 grep -q connected "$BATS_TEST_TMPDIR/hold"
        rm "$BATS_TEST_TMPDIR/more"
}

@test "where another interface may be the way in, and decides otherwise, it is said" {
        local address port strict=/proc/sys/net/ipv4/conf/internal/rp_filter

        for address in 10.9.0.1 fd00:9::1; do
                hold $address
                port=$(ss -Htn state established sport = :22 | sed 's/.*://; s/ .*//')
                # It leaves by `outside`, and `internal` has the address.
                run --separate-stderr portguard apply ssh --set ssh_from=crew --group crew=%outside
                assert_status 0
                assert_stderr_has "warning: whether 1 ssh session would be refused depends on the way in, which the kernel does not tell: the one from "
                assert_stderr_has " port $port to port 22 would not be by outside, which its answers leave by, and would be by internal, which has its address here"
                run --separate-stderr portguard apply ssh --set ssh_from=crew --group crew=%internal
                assert_status 4
                assert_stderr_has "; that is judged by outside, which its answers leave by: if it comes in by internal, it is let in, and --allow-lockout is right"
                # The same by either.
                for group in %outside,%internal %out*,%int*; do
                        run --separate-stderr portguard apply ssh --set ssh_from=crew --group "crew=$group"
                        assert_status 0
                        [ -z "$stderr" ] || fail "expected no doubt: $stderr"
                done
                run --separate-stderr portguard apply ssh --set ssh_from=crew --group crew=%cluster
                assert_status 4
                [[ $stderr != *'is judged by'* ]] || fail "expected no doubt"
        done
        # Who would not come through there, does not come in by it.
        hold 10.9.0.1
        echo 1 >"$strict"
        run --separate-stderr portguard apply ssh --set ssh_from=crew --group crew=%outside
        assert_status 0
        [ -z "$stderr" ] || fail "expected no doubt: $stderr"
        echo 0 >"$strict"
}

@test "nobody comes from an address that is this host's own, or that no packet has" {
        local group own

        hang_up
        own=$(ip -o -4 addr show dev outside scope global | awk '{ sub("/.*", "", $4); print $4; exit }')
        for group in ::1 "$own" 0.0.0.0/8 127.0.0.0/8 224.0.0.0/4 255.255.255.255 ff00::/8 "$own,127.0.0.1,::"; do
                closed_to_all "$group"
        done
        for group in "${own%.*}.0/24" 224.0.0.0/3 126.0.0.0/7 128.0.0.0/1 8000::/1 fe00::/7; do
                open_to_some "$group"
        done
}

# serve_ssh PORT...: instead of the server that setup() needs, until serve_all_again.
serve_ssh() {
        hang_up
        stop_in_background host.serve
        serve host "" "$@"
}

serve_all_again() {
        serve_ssh tcp/22 tcp/443
        exec 8>/dev/null
}

@test "an ssh of an interface must stay within reach of somebody who comes in there" {
        nft flush ruleset
        serve_ssh tcp/22@0.0.0.0%internal
        for group in %outside 2001:db8:1::9 127.0.0.1; do
                run --separate-stderr portguard apply ssh --set ssh_from=crew --group "crew=$group"
                assert_status 4
                assert_stderr_has "ssh listens at port 22, and nobody could reach it: "
                run --separate-stderr portguard plan ssh --set ssh_from=crew --group "crew=$group" --json
                assert_json '.locks_out'
        done
        [ -z "$(nft list ruleset)" ] || fail "something was enforced"
        for group in %internal '%int*' 10.9.0.9 127.0.0.1,10.9.0.9; do
                run --separate-stderr portguard apply ssh --set ssh_from=crew --group "crew=$group"
                assert_status 0
        done
        serve_all_again
}

@test "an ssh that nobody else could ever reach is no reason to refuse" {
        nft flush ruleset
        serve_ssh tcp/22@127.0.0.1 tcp/22@::1 tcp/22@0.0.0.0%lo
        run --separate-stderr portguard apply https
        assert_status 0
        [[ $stderr != *"ssh listens"* ]] || fail "expected no word of it"
        serve_all_again
}

# arrives VERDICT: what becomes of a connection to the port that is led to the ssh on 127.0.0.1.
arrives() {
        run on outside tool_reach "$1:tcp/22022@203.0.113.1"
        [ "$status" -eq 0 ] || fail "the kernel does otherwise"
}

@test "an ssh on 127.0.0.1 that NAT of another table leads to must stay within reach" {
        nft flush ruleset
        serve_ssh tcp/22@127.0.0.1 tcp/22@::1
        echo 1 >/proc/sys/net/ipv4/conf/outside/route_localnet
        for way in 'tcp dport 22022 dnat to 127.0.0.1:22' 'iifname "outside" meta l4proto tcp dnat to 127.0.0.1:22'; do
                nft "table ip own { chain pre { type nat hook prerouting priority dstnat; $way; }; }"
                for words in https 'ssh --set ssh_from=crew --group crew=%wg9,127.0.0.1'; do
                        # shellcheck disable=SC2086 # words
                        run --separate-stderr portguard plan $words --json
                        assert_json '.locks_out'
                        # shellcheck disable=SC2086 # words
                        run --separate-stderr portguard apply $words
                        assert_status 4
                        assert_stderr_has 'ssh listens at port 22, and nobody could reach it: '
                done
                arrives open
                run --separate-stderr portguard apply ssh --set ssh_from=crew --group crew=%outside
                assert_status 0
                arrives open
                nft delete table inet portguard
                nft delete table ip own
        done
        # Of other ports and addresses, and where the kernel drops what is sent there, it is as if there were none.
        nft "table ip own { chain pre { type nat hook prerouting priority dstnat; tcp dport 22022 dnat to 127.0.0.1:23
                tcp dport 22023 dnat to 127.0.0.2:22; udp dport 22024 dnat to 127.0.0.1:22; }; }"
        run --separate-stderr portguard apply https
        assert_status 0
        nft flush ruleset
        nft "table ip own { chain pre { type nat hook prerouting priority dstnat; tcp dport 22022 dnat to 127.0.0.1:22; }; }"
        echo 0 >/proc/sys/net/ipv4/conf/outside/route_localnet
        arrives dropped
        run --separate-stderr portguard apply https
        assert_status 0
        nft delete table ip own
        serve_all_again
}
