#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Listeners of every kind against policies, and against what peers really reach.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
load network

# Each kind on a port of its own, over TCP and UDP: the port, the address and the device as the audit has
# them, and whether only this host reaches it.
kinds=(
        '101 * - false'
        '102 0.0.0.0 - false'
        '103 :: - false'
        '104 203.0.113.1 - false'
        '105 2001:db8:1::1 - false'
        '106 127.0.0.1 - true'
        '107 127.0.0.2 - true'
        '108 ::1 - true'
        '109 0.0.0.0 cluster false'
        '110 :: cluster false'
        '111 0.0.0.0 lo true'
        '112 10.9.0.1 - false'
)

setup_file() {
        local ports=() port address device loopback protocol

        make_network tcp/22
        for kind in "${kinds[@]}"; do
                read -r port address device loopback <<<"$kind"
                [ "$address" != '*' ] || address=
                [ "$device" != - ] || device=
                for protocol in tcp udp; do
                        ports+=("$protocol/$port${address:+@$address}${device:+%$device}")
                done
        done
        serve kinds "" "${ports[@]}"
}

teardown_file() {
        remove_network
}

setup() {
        kernel_setup
        mkdir "$BATS_TEST_TMPDIR/profiles"
        PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/profiles:$PORTGUARD_PROFILES
}

teardown() {
        stop_in_background extra.serve
        nft flush ruleset
}

# site GROUP-LINE...
site() {
        {
                echo 'groups:'
                printf '  %s\n' "$@"
        } >"$PORTGUARD_SITE"
}

# profile NAME FROM PORT...: one service.
profile() {
        cat >"$BATS_TEST_TMPDIR/profiles/$1.yaml" <<YAML
name: $1
summary: A service of the test
groups: {cluster: {default: none, summary: The cluster}}
services:
  service: {summary: The service, ports: [$(IFS=,; echo "${*:3}")], from: $2}
YAML
}

audit() {
        run --separate-stderr portguard audit --json
        assert_status 0
        [ "$(jq -s length <<<"$output")" = 1 ] || fail "expected one object"
}

# told FILTER: what the filter finds, values of a row separated by blanks.
told() {
        jq -r "$1"' | map(tostring) | join(" ")' <<<"$output"
}

# assert_findings LINE...: exactly these, "KIND PROTOCOL/PORTS".
assert_findings() {
        local wanted got

        wanted=$(printf '%s\n' "$@" | sort)
        got=$(jq -r '.findings[] | "\(.kind) \(.protocol)/\(.ports)"' <<<"$output" | sort)
        [ "$got" = "$wanted" ] || fail "expected the findings: $wanted"$'\n'"they are: $got"
}

# assert_fix FINDING TEXT
assert_fix() {
        jq -e --arg finding "$1" --arg fix "$2" \
                '.findings[] | select("\(.kind) \(.protocol)/\(.ports)" == $finding) | .fix == $fix' \
                <<<"$output" >/dev/null || fail "expected of $1 the fix: $2"
}

# --- what listens ---

@test "every kind of listener is told as it is" {
        local port address device loopback protocol

        audit
        for kind in "${kinds[@]}"; do
                read -r port address device loopback <<<"$kind"
                [ "$device" != - ] || device=null
                for protocol in tcp udp; do
                        told '.listening[] | [.protocol, .port, .address, .interface, .loopback, .process]' |
                                grep -qxF "$protocol $port $address $device $loopback tool_serve" ||
                                fail "expected: $protocol $kind"
                done
        done
        [ "$(jq '.listening | length' <<<"$output")" = $((2 * ${#kinds[@]} + 1)) ] || fail "expected no other"
        jq -e --argjson pid "$(<"$BATS_FILE_TMPDIR/kinds.serve.pid")" --arg net "$(readlink /proc/self/ns/net)" \
                '.listening[] | select(.port != 22) | .pid == $pid and .namespace == $net and .processes == 1' \
                <<<"$output" >/dev/null || fail "expected its process"
}

@test "a server of several processes is one listener" {
        serve extra "" tcp/200 fork=3
        audit
        [ "$(told '.listening[] | select(.port == 200) | [.processes, .pid]')" = "4 $(<"$BATS_FILE_TMPDIR/extra.serve.pid")" ] ||
                fail "expected four processes"
}

@test "sockets that share a port are one listener" {
        serve extra "" share tcp/200 tcp/200 udp/200 udp/200
        audit
        [ "$(told '.listening[] | select(.port == 200) | [.protocol, .processes]')" = $'tcp 1\nudp 1' ] ||
                fail "expected two listeners"
}

@test "a connected UDP socket and one of a TCP connection are no listeners" {
        local before

        audit
        before=$(jq '.listening | length' <<<"$output")
        exec 7<>/dev/udp/127.0.0.1/106 8<>/dev/tcp/127.0.0.1/106
        audit
        exec 7>&- 8>&-
        [ "$(jq '.listening | length' <<<"$output")" = "$before" ] || fail "expected $before listeners"
}

@test "a process that has moved to another network namespace is told so" {
        serve extra "" tcp/200 leave
        audit
        [ "$(told '.listening[] | select(.port == 200) | [.moved, .namespace]')" = \
                "true $(readlink "/proc/$(<"$BATS_FILE_TMPDIR/extra.serve.pid")/ns/net")" ] || fail "expected its namespace"
        jq -e 'all(.listening[]; .moved == (.port == 200))' <<<"$output" >/dev/null || fail "expected no other moved"
}

@test "other network namespaces are counted, and their listeners are not told" {
        local before

        audit
        before=$(jq .other_namespaces <<<"$output")
        [ "$before" -ge ${#peers[@]} ] || fail "expected those of the peers"
        serve extra outside tcp/200
        audit
        [ "$(jq .other_namespaces <<<"$output")" = "$before" ] || fail "expected no more namespaces"
        jq -e 'all(.listening[]; .port != 200)' <<<"$output" >/dev/null || fail "expected no listener of the peer"
        unshare --net tail -f /dev/null 3>&- &
        until_true 20 has_own_network $!
        audit
        kill $!
        wait $! || true
        [ "$(jq .other_namespaces <<<"$output")" = $((before + 1)) ] || fail "expected one more"
        run portguard audit
        assert_output_has "$before other network namespaces (containers) with processes"
}

@test "who may not look into processes is told that they are unknown" {
        run --separate-stderr setpriv --bounding-set -sys_ptrace "$PORTGUARD" audit --json
        assert_status 0
        jq -e 'all(.listening[]; .process == null and .process_hidden and .pid == null)' <<<"$output" >/dev/null ||
                fail "expected no process"
        jq -e '.warnings[].text | test("processes may not be looked into")' <<<"$output" >/dev/null || fail "expected a warning"
        apply_quietly ssh
        run --separate-stderr setpriv --bounding-set -sys_ptrace "$PORTGUARD" audit
        assert_output_has "unknown (not permitted)"
        run --separate-stderr portguard audit
        assert_output_lacks "unknown (not permitted)"
}

# --- against the policy ---

# Prints each PROTOCOL/PORT of the listeners at which some peer gets an answer, over any address of the host.
reached() {
        local peer net name targets=()

        while read -r name; do
                for net in "${peers[@]}"; do
                        targets+=("dropped:$name@${net4[$net]}.1" "dropped:$name@${net6[$net]}:1")
                done
        done < <(jq -r '.listening[] | "\(.protocol)/\(.port)"' <<<"$output")
        for peer in "${peers[@]}"; do
                on "$peer" tool_reach "${targets[@]}" || true
        done | sed -nE 's/expected dropped:([^@]*)@.*it is open$/\1/p' | sort -u
}

# The audit's word on each listener is what peers find. On a busy machine an answer may come too late for tool_reach.
check_reachability() {
        local says finds

        audit
        says=$(jq -r '.listening[] | select(.reachable_from) | "\(.protocol)/\(.port)"' <<<"$output" | sort -u)
        finds=$(reached)
        for _ in {1..10}; do
                [ -n "$(comm -23 <(echo "$says") <(echo "$finds"))" ] || break
                finds=$( (echo "$finds"; reached) | sed '/^$/d' | sort -u)
        done
        [ "$says" = "$finds" ] || fail "$1: $(diff <(echo "$says") <(echo "$finds"))"
}

@test "what it says is reachable is what peers reach: nothing enforced" {
        check_reachability off
        [ -n "$(reached)" ] || fail "expected peers to reach something"
        jq -e '.enforced == false and all(.listening[]; .reachable_from == (if .loopback then null else "any" end))' \
                <<<"$output" >/dev/null || fail "expected everything to be reachable"
}

@test "what it says is reachable is what peers reach: open to any" {
        profile wide any tcp/101-112 udp/101-112
        apply_quietly wide
        check_reachability any
}

@test "what it says is reachable is what peers reach: one family" {
        profile one cluster tcp/101-112 udp/101-112
        site 'cluster: [198.51.100.0/24]'
        apply_quietly one
        check_reachability v4
        site 'cluster: ["2001:db8:2::/64"]'
        apply_quietly one
        check_reachability v6
}

@test "what it says is reachable is what peers reach: by interface" {
        profile one cluster tcp/101-112 udp/101-112
        site 'cluster: {interfaces: [internal]}'
        apply_quietly one
        check_reachability internal
        site 'cluster: {interfaces: ["cl*"]}'
        apply_quietly one
        check_reachability cluster
}

@test "what it says is reachable is what peers reach: some ports" {
        profile some any tcp/101 udp/102 tcp/103-105 udp/110 tcp/106
        apply_quietly some
        check_reachability some
}

# --- findings ---

@test "what listens and nobody may reach is closed, with what would open it" {
        serve extra "" tcp/5432 udp/5432@127.0.0.1 tcp/1234@0.0.0.0 tcp/1234@:: tcp/8000@0.0.0.0
        profile wide any tcp/101-112 udp/101-112 tcp/22
        profile mine internal tcp/8000
        apply_quietly wide
        audit
        assert_findings 'closed tcp/5432' 'closed tcp/1234' 'closed tcp/8000'
        assert_fix 'closed tcp/5432' 'tool_serve listens on it; if it is postgresql: portguard apply wide postgresql'
        assert_fix 'closed tcp/8000' 'tool_serve listens on it; if it is heat-api or mine: portguard apply wide PROFILE'
        assert_fix 'closed tcp/1234' 'no profile has this port'
        [ "$(told '.findings[] | select(.ports == "1234") | [.address]')" = '0.0.0.0, ::' ] || fail "expected both in one"
}

@test "a server at another port than its profile has: the profile with its parameter, where that closes nothing" {
        cp "$(command -v tool_serve)" "$BATS_TEST_TMPDIR/sshd"
        start_in_background extra.serve "$BATS_TEST_TMPDIR/sshd" tcp/2222
        until_true 20 grep -qs ready "$BATS_FILE_TMPDIR/extra.serve.out"
        profile wide any tcp/101-112 udp/101-112 tcp/22
        apply_quietly wide
        audit
        assert_findings 'closed tcp/2222'
        assert_fix 'closed tcp/2222' 'portguard apply wide ssh --set ssh.ssh_port=2222'
        run portguard explain tcp/2222 --from 198.51.100.7
        assert_output_has 'portguard apply wide ssh --set ssh.ssh_port=2222'
        profile wide any tcp/101-112 udp/101-112
        apply_quietly wide ssh
        audit
        assert_fix 'closed tcp/2222' 'ssh/ssh is open at tcp/22, which is in use: --set ssh_port=... would close that, but for a range that has both'
        run portguard explain tcp/2222 --from 198.51.100.7
        assert_output_has 'ssh with --set ssh.ssh_port=2222 would close tcp/22 to any'
        assert_output_lacks 'portguard apply'
}

@test "a server that is reached over one family is not closed over the other" {
        serve extra "" tcp/200@0.0.0.0 tcp/200@::
        profile one cluster tcp/200
        profile wide any tcp/101-112 udp/101-112 tcp/22
        site 'cluster: [198.51.100.0/24]'
        apply_quietly one wide
        audit
        assert_findings
        [ "$(told '.listening[] | select(.port == 200) | [.address, .reachable_from]')" = $'0.0.0.0 cluster\n:: null' ] ||
                fail "expected one of both"
        stop_in_background extra.serve
        serve extra "" tcp/200@::
        audit
        assert_findings 'closed tcp/200'
        assert_fix 'closed tcp/200' 'give the group cluster addresses that can reach it'
        # A prefix is no group.
        profile one 198.51.100.0/24 tcp/200
        apply_quietly one wide
        audit
        assert_findings 'closed tcp/200'
        assert_fix 'closed tcp/200' 'name somebody who can reach it where it is said whom one/service lets in'
}

@test "what is open and nothing listens is unused; of a range, nothing in all of it" {
        profile wide any tcp/101-112 udp/101-112 tcp/22
        profile idle any tcp/7000
        profile range any tcp/90-100
        profile hole cluster tcp/9095
        profile around any tcp/9090-9100
        site 'cluster: [198.51.100.0/24]'
        serve extra "" tcp/9100
        apply_quietly wide idle range hole around
        audit
        assert_findings 'unused tcp/7000' 'unused tcp/90-100' 'unused tcp/9095'
        assert_fix 'unused tcp/7000' 'leave out profile idle'
        [ "$(jq -r '.unused[].ports' <<<"$output" | sort | tr '\n' ' ')" = '7000 90-100 9095 ' ] || fail "expected unused"
        cat >"$BATS_TEST_TMPDIR/profiles/opt.yaml" <<'YAML'
name: opt
summary: Optional
include: [idle]
params:
  api_from: {type: scope, default: any, summary: who may reach the API}
services:
  extra: {summary: Extra, ports: [tcp/7001], from: any, required: false}
  api: {summary: API, ports: [tcp/7002], from: "${api_from}"}
YAML
        apply_quietly wide opt --with opt/extra
        audit
        assert_findings 'closed tcp/9100' 'unused tcp/7000' 'unused tcp/7001' 'unused tcp/7002'
        assert_fix 'unused tcp/7001' 'leave out --with opt/extra'
        assert_fix 'unused tcp/7000' 'leave out the profile that includes idle'
        assert_fix 'unused tcp/7002' 'let nobody in: --set api_from=none'
}

@test "no advice for a port that nobody uses closes one that somebody does" {
        profile wide any tcp/101-112 udp/101-112 tcp/22
        cat >"$BATS_TEST_TMPDIR/profiles/pair.yaml" <<'YAML'
name: pair
summary: Two services with one parameter, and one without
include: [base]
params:
  pair_from: {type: scope, default: any, summary: who may reach it}
services:
  used: {summary: Used, ports: [tcp/7001], from: "${pair_from}"}
  idle: {summary: Not used, ports: [tcp/7002], from: "${pair_from}"}
  fixed: {summary: Not used, ports: [tcp/7003], from: any}
YAML
        cat >"$BATS_TEST_TMPDIR/profiles/outer.yaml" <<'YAML'
name: outer
summary: Includes both
include: [pair]
services:
  own: {summary: Not used, ports: [tcp/7004], from: any}
YAML
        serve extra "" tcp/7001
        apply_quietly wide pair
        audit
        assert_fix 'unused tcp/7002' 'nothing closes it alone: with --set pair_from=none, tcp/7001 (tool_serve) would be closed, too'
        assert_fix 'unused tcp/7003' 'nothing closes it alone: without profile pair, tcp/7001 (tool_serve) would be closed, too'
        # Also where another profile includes it.
        apply_quietly wide outer
        audit
        assert_fix 'unused tcp/7003' 'nothing closes it alone: without the profile that includes pair, tcp/7001 (tool_serve) would be closed, too'
        assert_fix 'unused tcp/7004' 'nothing closes it alone: without profile outer, tcp/7001 (tool_serve) would be closed, too'
        # What another profile opens, too, stays open.
        profile second any tcp/7001
        apply_quietly wide pair second
        audit
        assert_fix 'unused tcp/7002' 'let nobody in: --set pair_from=none'
        assert_fix 'unused tcp/7003' 'leave out profile pair'
        # A parameter that two profiles have is set of the one only.
        sed 's/^name: pair/name: twin/; s/700/710/' "$BATS_TEST_TMPDIR/profiles/pair.yaml" >"$BATS_TEST_TMPDIR/profiles/twin.yaml"
        stop_in_background extra.serve
        serve extra "" tcp/7101
        apply_quietly wide pair twin
        audit
        assert_fix 'unused tcp/7002' 'let nobody in: --set pair.pair_from=none'
        apply_quietly wide pair twin --set pair.pair_from=none
        audit
        assert_findings 'unused tcp/7003' 'unused tcp/7102' 'unused tcp/7103'
        stop_in_background extra.serve
}

@test "what is open and listens for this host only is told" {
        profile wide any tcp/101-105 tcp/109-112 udp/101-112 tcp/22
        profile vain any tcp/106
        apply_quietly wide vain
        audit
        assert_findings 'loopback only tcp/106'
        assert_fix 'loopback only tcp/106' 'let it listen on 0.0.0.0 or ::, or leave out profile vain'
}

@test "what would close or narrow something else is no advice, nor are other ports than those in force" {
        serve extra "" tcp/30200 udp/51820
        PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/profiles:$PORTGUARD_SOURCE/profiles
        apply_quietly k8s-worker --set nodeport_range=30000-30100
        run --separate-stderr portguard audit --json
        assert_fix 'closed udp/51820' 'k8s-node with --set k8s-node.cni=flannel-wireguard would close udp/8472 to cluster'
        assert_fix 'closed tcp/30200' 'k8s-worker/nodeport is open at other ports: --set nodeport_range=...'
}

@test "while nothing is enforced each finding's own command would close the others" {
        serve extra "" tcp/5432
        nft flush ruleset
        run --separate-stderr portguard audit --json
        assert_fix 'wider tcp/5432' 'portguard plan postgresql, with a profile of all else that is to stay open'
}

@test "what more may reach than its profile means is wider" {
        serve extra "" tcp/5432
        profile wide any tcp/5000-6000 tcp/101-112 udp/101-112 tcp/22
        apply_quietly wide
        audit
        assert_findings 'wider tcp/5432'
        assert_fix 'wider tcp/5432' 'tool_serve listens on it; if it is postgresql: portguard apply wide postgresql'
        jq -e '.findings[0].text == "open to any by wide/service; if it is that, postgresql/postgresql means internal"' <<<"$output" ||
                fail "expected who opens it"
        apply_quietly wide postgresql
        audit
        assert_findings
        # The same service, open to any by its own profile, is as the site wants it.
        apply_quietly wide postgresql --group internal=0.0.0.0/1,128.0.0.0/1,::/1,8000::/1
        audit
        assert_findings
}

@test "a UDP socket on a port that the kernel chose is a client's; TCP is not" {
        local first

        profile wide any tcp/101-112 udp/101-112 tcp/22
        apply_quietly wide
        read -r first _ </proc/sys/net/ipv4/ip_local_port_range
        serve extra "" "udp/$((first + 77))" "tcp/$((first + 77))"
        audit
        assert_findings "closed tcp/$((first + 77))"
        stop_in_background extra.serve
        serve extra "" "udp/$((first - 77))"
        audit
        assert_findings "closed udp/$((first - 77))"
}

@test "a DHCP client is reached by servers" {
        profile wide any tcp/101-112 udp/101-112 tcp/22
        apply_quietly wide
        serve extra "" udp/68@0.0.0.0 udp/546@:: udp/67
        audit
        assert_findings 'closed udp/67'
        [ "$(told '.listening[] | select(.port == 68 or .port == 546) | [.reachable_from]')" = $'DHCP servers\nDHCP servers' ] ||
                fail "expected who reaches it"
}

@test "the text: findings, one line of counts, and all of them when asked" {
        serve extra "" tcp/5432
        profile wide any tcp/101-112 udp/101-112 tcp/22
        apply_quietly wide
        run --separate-stderr portguard audit
        assert_status 0
        assert_line "closed tcp/5432 * tool_serve (pid $(<"$BATS_FILE_TMPDIR/extra.serve.pid")) open to nobody tool_serve listens on it; if it is postgresql: portguard apply wide postgresql"
        assert_output_has "26 listening, 17 of them reachable; 1 finding: 1 closed (every listener: --all)"
        assert_output_lacks "Listening:"
        run portguard audit --all
        assert_line "tcp/109 0.0.0.0%cluster tool_serve $(<"$BATS_FILE_TMPDIR/kinds.serve.pid") - any service (wide)"
        assert_line "udp/108 ::1 tool_serve $(<"$BATS_FILE_TMPDIR/kinds.serve.pid") - this host service (wide)"
        run portguard audit --exit-code
        assert_status 10
        stop_in_background extra.serve
        run portguard audit --exit-code
        assert_status 0
        assert_output_has "no findings"
}

@test "off: said first, and nothing is closed or unused" {
        serve extra "" tcp/5432
        run portguard audit
        assert_status 0
        [ "${lines[0]}" = "portguard is off: whatever listens is as reachable as other firewalls leave it" ] || fail "expected first"
        audit
        assert_findings 'wider tcp/5432'
        jq -e '.enforced == false and .generation == null' <<<"$output" >/dev/null || fail "expected off"
}

# In a network namespace of its own: nothing else listens there.
@test "off: one command for all that listens, and what it would leave closed" {
        for name in sshd postgres; do
                cp "$(command -v tool_serve)" "$BATS_TEST_TMPDIR/$name"
        done
        # shellcheck disable=SC2016
        run --separate-stderr unshare -n bash -c '
                ip link set lo up
                serve() {
                        rm -f "$BATS_TEST_TMPDIR/ready"
                        "$@" >"$BATS_TEST_TMPDIR/ready" &
                        pids+=($!)
                        for _ in {1..400}; do grep -qs ready "$BATS_TEST_TMPDIR/ready" && return; sleep 0.05; done
                        exit 1
                }
                trap '"'"'kill "${pids[@]}"'"'"' EXIT
                serve tool_serve tcp/4444 udp/68 tcp/3306@127.0.0.1
                portguard audit --json | jq -c "[.command, .command_leaves_closed]"
                serve "$BATS_TEST_TMPDIR/sshd" tcp/2222
                serve "$BATS_TEST_TMPDIR/postgres" tcp/5432
                serve tool_serve tcp/443
                portguard audit --json | jq -c "[.command, .command_leaves_closed]"
                portguard audit
                eval "$(portguard audit --json | jq -r .command)" >/dev/null
                portguard audit --json | jq -c "[.command, [.findings[] | select(.kind == \"closed\") | .ports]]"
                portguard disable >/dev/null
                serve tool_serve tcp/22
                portguard audit --json | jq -c "[.command, .command_leaves_closed]"'
        assert_status 0
        assert_line '[null,[]]'
        assert_line '["portguard apply https ssh postgresql --set ssh.ssh_port=2222",["tcp/4444 (tool_serve)"]]'
        assert_line 'portguard apply https ssh postgresql --set ssh.ssh_port=2222'
        assert_line 'it would leave closed: tcp/4444 (tool_serve)'
        assert_line '[null,["4444"]]'
        assert_line '["portguard apply ssh https postgresql",["tcp/2222 (sshd)","tcp/4444 (tool_serve)"]]'
}

@test "a table that somebody broke: said first, and judged by what it does" {
        profile wide any tcp/101-112 udp/101-112 tcp/22
        apply_quietly wide
        audit
        jq -e '.enforced and .generation == 1 and .fault == null' <<<"$output" >/dev/null || fail "expected it enforced"
        nft flush chain inet portguard input
        audit
        jq -e '.enforced and (.fault | test("everything is refused")) and all(.listening[]; .reachable_from == null)' \
                <<<"$output" >/dev/null || fail "expected nothing reachable"
        assert_findings
        nft add table inet portguard '{ flags dormant; }'
        audit
        jq -e '(.enforced | not) and (.fault | test("dormant"))' <<<"$output" >/dev/null || fail "expected off"
}

@test "a trial is what is enforced" {
        profile wide any tcp/101-112 udp/101-112 tcp/22
        profile none any tcp/22
        apply_quietly none
        apply_quietly wide --trial 1h --yes
        audit
        assert_findings
        [ "$(told '.listening[] | select(.port == 101 and .protocol == "tcp") | [.reachable_from]')" = any ] || fail "expected any"
        portguard rollback >/dev/null
        audit
        [ "$(told '.listening[] | select(.port == 101 and .protocol == "tcp") | [.reachable_from]')" = "" ] ||
                [ "$(told '.listening[] | select(.port == 101 and .protocol == "tcp") | [.reachable_from]')" = null ] || fail "expected nobody"
}

@test "who may not ask the kernel is told so" {
        run --separate-stderr setpriv --bounding-set -net_admin "$PORTGUARD" audit
        assert_status 5
}

@test "profiles that cannot be read take the advice away, and nothing else" {
        profile wide any tcp/101-112 udp/101-112 tcp/22
        serve extra "" tcp/5432
        apply_quietly wide
        PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/nowhere audit
        assert_findings 'closed tcp/5432'
        jq -e '.findings[0].fix == null' <<<"$output" >/dev/null || fail "expected no fix"
}
