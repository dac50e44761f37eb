# shellcheck shell=bash disable=SC2154 # `run` sets $status
# SPDX-License-Identifier: GPL-2.0-or-later
# Simulated peers: the host is the namespace of the test, each peer one of its own, on a link of its own.
#
#       outside    203.0.113.9     2001:db8:1::9
#       internal   10.9.0.9        fd00:9::9
#       cluster    198.51.100.9    2001:db8:2::9     the group `cluster` of site.yaml
#
# The host has .1 and ::1 on each link, which is called as the peer.

peers=(outside internal cluster)
declare -gA net4=([outside]=203.0.113 [internal]=10.9.0 [cluster]=198.51.100)
declare -gA net6=([outside]=2001:db8:1: [internal]=fd00:9: [cluster]=2001:db8:2:)
declare -gA mac=([outside]=020000000101 [internal]=020000000102 [cluster]=020000000103)

# on PEER COMMAND...
on() {
        nsenter --net="/proc/$(<"$BATS_FILE_TMPDIR/$1.pid")/ns/net" "${@:2}"
}

# Starts a program in the background, with its output in a file; `3>&-` lets bats end before it.
start_in_background() {
        local name=$1

        shift
        rm -f "$BATS_FILE_TMPDIR/$name.out"
        "$@" >"$BATS_FILE_TMPDIR/$name.out" 2>&1 </dev/null 3>&- &
        echo $! >"$BATS_FILE_TMPDIR/$name.pid"
}

# Ends it, and what it started in its own namespace goes with it. A server that is asked to end still has its ports.
stop_in_background() {
        [ -e "$BATS_FILE_TMPDIR/$1.pid" ] || return 0
        kill "$(<"$BATS_FILE_TMPDIR/$1.pid")" 2>/dev/null || true
        until_true 60 has_ended "$1"
        rm -f "$BATS_FILE_TMPDIR/$1.pid"
}

has_own_network() {
        [ -e "/proc/$1/ns/net" ] && [ ! "/proc/$1/ns/net" -ef /proc/self/ns/net ]
}

make_peer() {
        local peer=$1 pid number=${mac[$1]: -1}

        start_in_background "$peer" unshare --net tail -f /dev/null
        pid=$(<"$BATS_FILE_TMPDIR/$peer.pid")
        until_true 20 has_own_network "$pid"
        ip -batch - <<TEXT
link add $peer address 02:00:00:00:01:0$number type veth peer name host
link set host netns $pid
address add ${net4[$peer]}.1/24 dev $peer
address add ${net6[$peer]}:1/64 dev $peer nodad
link set $peer up
TEXT
        on "$peer" ip -batch - <<TEXT
link set lo up
link set host address 02:00:00:00:02:0$number
address add ${net4[$peer]}.9/24 dev host
address add ${net6[$peer]}:9/64 dev host nodad
address add fe80::9/64 dev host nodad
link set host up
route add default via ${net4[$peer]}.1
route add default via ${net6[$peer]}:1
TEXT
}

# make_network PORT...: peers, and a host that answers on the ports.
make_network() {
        own_namespace_or_fail
        PATH=$PORTGUARD_BUILD/tests/tools:$PATH:/usr/sbin:/sbin
        nft flush ruleset
        ip link set lo up
        # A packet may come from any address on any link: some tests send such.
        echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter
        echo 0 >/proc/sys/net/ipv4/conf/default/rp_filter
        for peer in "${peers[@]}"; do
                make_peer "$peer"
        done
        serve host "" "$@"
}

# serve NAME PEER PORT...: listens at the peer, or at the host where it is "".
serve() {
        local name=$1 prefix=()

        [ -z "$2" ] || prefix=(nsenter "--net=/proc/$(<"$BATS_FILE_TMPDIR/$2.pid")/ns/net")
        shift 2
        start_in_background "$name.serve" "${prefix[@]}" tool_serve "$@"
        until_true 20 grep -qs ready "$BATS_FILE_TMPDIR/$name.serve.out"
}

remove_network() {
        local file peer

        for file in "$BATS_FILE_TMPDIR"/*.pid; do
                file=${file##*/}
                stop_in_background "${file%.pid}"
        done
        nft flush ruleset
        for peer in "${peers[@]}"; do
                ip link delete "$peer" 2>/dev/null || true
        done
}

# reaches PEER EXPECTATION...: what the peer finds at the host, over both families: open:tcp/22 dropped:ping
reaches() {
        local peer=$1 targets=()

        shift
        for expectation; do
                targets+=("$expectation@${net4[$peer]}.1" "$expectation@${net6[$peer]}:1")
        done
        run on "$peer" tool_reach "${targets[@]}"
        [ "$status" -eq 0 ] || fail "$peer"
}

# finds PEER EXPECTATION...: what the host finds at the peer.
finds() {
        local peer=$1 targets=()

        shift
        for expectation; do
                targets+=("$expectation@${net4[$peer]}.9" "$expectation@${net6[$peer]}:9")
        done
        run tool_reach "${targets[@]}"
        [ "$status" -eq 0 ] || fail "to $peer"
}

# listen_for FAMILY PROTOCOL MARK...: begins to note which marked packets come through the filter.
listen_for() {
        start_in_background arrives tool_arrives "$@"
        until_true 20 grep -qs ready "$BATS_FILE_TMPDIR/arrives.out"
}

# Which marks came, in their order, until the last one of listen_for.
arrived() {
        until_true 20 has_ended arrives
        sed 1d "$BATS_FILE_TMPDIR/arrives.out" | uniq | tr '\n' ' ' | sed 's/ $//'
}

# One whose parent does not wait for it, as the first process of a container may not, has ended all the same.
has_ended() {
        local stat

        { read -r stat <"/proc/$(<"$BATS_FILE_TMPDIR/$1.pid")/stat"; } 2>/dev/null || return 0
        [[ $stat == *') Z '* ]]
}

# sends PEER SOURCE DESTINATION PROTOCOL HOPS PAYLOAD: any packet, to the host's end of the link.
sends() {
        on "$1" tool_send host "${mac[$1]}" "${@:2}"
}
