#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Who was refused lately, as real packets left it in the kernel: the list, its bounds, what would let them
# in, and watching it.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
load network

setup_file() {
        make_network tcp/22 tcp/10250 udp/8472
}

teardown_file() {
        remove_network
}

setup() {
        kernel_setup
        printf 'groups:\n  cluster: [198.51.100.0/24]\n  control-plane: [198.51.100.0/24]\n' >"$PORTGUARD_SITE"
        mkdir "$BATS_TEST_TMPDIR/profiles"
        PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/profiles:$PORTGUARD_PROFILES
}

teardown() {
        stop_in_background flood
        stop_in_background watch
        nft flush ruleset
}

# flood SOURCE SOURCES DESTINATION PORT PACKETS: UDP from addresses that follow SOURCE, at once.
flood() {
        on outside tool_spoof host "${mac[outside]}" "$@"
}

remembered() {
        nft list set inet portguard "$1" | tr , '\n' | grep -c expires
}

status_json() {
        run --separate-stderr portguard status --json "$@"
        assert_status 0
}

# of SOURCE PROTOCOL PORT FILTER: what the filter gives of that entry.
of() {
        jq -c --arg source "$1" --arg protocol "$2" --argjson port "$3" '.refused[] |
                select(.source == $source and .protocol == $protocol and .port == $port) |'" $4" <<<"$output"
}

@test "the list has each source and port, most packets first, over both families" {
        apply_quietly ssh
        flood 203.0.113.50 1 203.0.113.1 5432 7
        flood 203.0.113.51 1 203.0.113.1 5432 3
        flood 203.0.113.50 1 203.0.113.1 8080 5
        flood 2001:db8:1::50 1 2001:db8:1::1 53 9
        status_json
        [ "$(jq -c '[.refused[] | [.source, .protocol, .port, .packets, .bytes]]' <<<"$output")" = \
                '[["2001:db8:1::50","udp",53,9,432],["203.0.113.50","udp",5432,7,196],["203.0.113.50","udp",8080,5,140],["203.0.113.51","udp",5432,3,84]]' ] ||
                fail "wrong list"
        assert_json '.refused_total == 4 and .refused_full == false and .denied.packets == 24'
        assert_json 'all(.refused[]; .last_seconds_ago >= 0 and .last_seconds_ago < 60)'
        run portguard status
        grep -qE '^ +9 +[0-9]+ s  udp/53 +2001:db8:1::50$' <<<"$output" || fail "expected the line"
        # Several profiles have it, and nothing else speaks for one of them.
        assert_line 'udp/53 nothing listens on it, loopback aside; if it is anbox-instances or dns-server: portguard apply ssh PROFILE; anbox-instances would open it to lxd-bridge only'
        assert_line 'udp/5432 no profile has it'
        [ "$(jq -c '.refused[0] | [.listens, .process, .command, .candidates]' < <(portguard status --json))" = \
                '[false,null,null,["anbox-instances","dns-server"]]' ] || fail "wrong keys"
}

# knock PORT: an inside source sends one TCP SYN there, and what status says of it is in *output.
knock() {
        sends internal 10.9.0.50 10.9.0.1 6 64 "9c40$(printf %04x "$1")00000000000000005002040000000000"
        status_json
}

# no_command PORT TEXT: nothing is advised to type, and the text says why.
no_command() {
        [ "$(of 10.9.0.50 tcp "$1" .command)" = null ] || fail "a command: $(of 10.9.0.50 tcp "$1" .command)"
        [[ $(of 10.9.0.50 tcp "$1" .advice) == *"$2"* ]] || fail "expected $2: $(of 10.9.0.50 tcp "$1" .advice)"
        run portguard explain "tcp/$1" --from 10.9.0.50
        assert_output_has "$2"
}

@test "a command that closes or narrows what is open, or opens nothing, is no advice" {
        apply_quietly ssh --set ssh_port=2222
        knock 22
        no_command 22 'would narrow tcp/2222 from any to 10.9.0.50'
        apply_quietly k8s-worker --set nodeport_range=30000-30100
        knock 30200
        no_command 30200 'would narrow tcp/30000-30100 from any to 10.9.0.50'
        knock 179
        no_command 179 'would close udp/8472 to cluster'
}

@test "a service that its includer leaves optional is advised by its name, and that lets him in" {
        apply_quietly anbox-cloud-edge
        knock 5000
        [ "$(of 10.9.0.50 tcp 5000 .command)" = '"portguard apply anbox-cloud-edge --with anbox-dashboard/web"' ] ||
                fail "$(of 10.9.0.50 tcp 5000 .command)"
        apply_quietly anbox-cloud-edge --with anbox-dashboard/web
        run --separate-stderr portguard explain tcp/5000 --from 10.9.0.50 --json
        assert_json '.verdict == "accept"'
}

@test "where it is not known what is enforced was applied with, no command is advised" {
        apply_quietly ssh --set ssh_from=internal
        rm "$PORTGUARD_STATE/state.db"
        knock 3306
        no_command 3306 'the options that generation 1 was applied with are not known'
}

@test "a site file that is not that of the apply closes what it does not know: no command" {
        printf 'groups:\n  crew: [10.9.0.0/24, 192.0.2.0/24]\n' >"$PORTGUARD_SITE"
        apply_quietly ssh --set ssh_from=crew
        printf 'groups:\n  crew: [10.9.0.0/24]\n' >"$PORTGUARD_SITE"
        knock 3306
        no_command 3306 'would narrow tcp/22 from crew with 192.0.2.0/24 to crew'
}

# The ports that were logged within the last second.
logged() {
        nft list set inet portguard "logged_$(live_slot)" | tr , '\n' | sed -nE 's/.*udp \. ([0-9]+) .*expires.*/\1/p'
}

@test "a command that does not let in who was refused is not advice for him" {
        apply_quietly ssh
        sends outside 203.0.113.50 203.0.113.1 6 64 9c400cea00000000000000005002040000000000
        sends internal 10.9.0.50 10.9.0.1 6 64 9c400cea00000000000000005002040000000000
        sends outside 203.0.113.50 203.0.113.1 6 64 9c40153800000000000000005002040000000000
        run portguard status
        assert_line 'tcp/3306 nothing listens on it, loopback aside; if it is mysql: portguard apply ssh mysql (10.9.0.50)'
        assert_line 'tcp/3306 nothing listens on it, loopback aside; if it is mysql: portguard apply ssh mysql would open it to internal only, not to 203.0.113.50 (203.0.113.50)'
        assert_line 'tcp/5432 nothing listens on it, loopback aside; if it is postgresql: portguard apply ssh postgresql --set postgresql.postgresql_from=internal,203.0.113.50'
        cp "$PORTGUARD_BUILD/tests/tools/tool_serve" "$BATS_FILE_TMPDIR/mysqld"
        start_in_background mysqld "$BATS_FILE_TMPDIR/mysqld" tcp/3306
        until_true 20 grep -qs ready "$BATS_FILE_TMPDIR/mysqld.out"
        status_json
        [ "$(of 203.0.113.50 tcp 3306 .command)" = null ] || fail "a command that does not help"
        [ "$(of 10.9.0.50 tcp 3306 .command)" = '"portguard apply ssh mysql"' ] || fail "a command that does"
        stop_in_background mysqld
        apply_quietly ssh mysql
        portguard explain tcp/3306 --from 203.0.113.50 --json | jq -e '.verdict == "drop"' >/dev/null || fail "it is let in"
        portguard explain tcp/3306 --from 10.9.0.50 --json | jq -e '.verdict == "accept"' >/dev/null || fail "he is not"
}

@test "the log has each port once a second, whoever floods another one, and ten ports at once" {
        local attempt port n

        apply_quietly ssh
        # What is looked at lives for one second, which a busy machine may miss.
        for attempt in {1..20}; do
                flood 203.0.113.50 1 203.0.113.1 5432 300
                flood 203.0.113.51 1 203.0.113.1 8080 5
                run logged
                [[ $output != *5432* || $output != *8080* ]] || break
        done
        [ "$attempt" -lt 20 ] || fail "both ports"

        for port in {9001..9040}; do
                flood 203.0.113.50 1 203.0.113.1 "$port" 1
        done
        n=$(logged | wc -l)
        [ "$n" -le 20 ] || fail "$n ports"
        status_json
        assert_json '.refused_total == 42'
}

@test "of a flood to one port few packets get as far as the rule that logs" {
        local rule n

        apply_quietly ssh
        rule=$(nft -a list chain inet portguard "deny_$(live_slot)" | sed -nE 's/.* log prefix .*handle ([0-9]+)$/\1/p')
        nft insert rule inet portguard "deny_$(live_slot)" position "$rule" counter comment '"passes"'
        flood 203.0.113.50 1 203.0.113.1 5432 2000
        n=$(nft list chain inet portguard "deny_$(live_slot)" | sed -nE 's/.*counter packets ([0-9]+) .*"passes"/\1/p')
        [ "$n" -ge 1 ] && [ "$n" -le 200 ] || fail "$n packets"
}

@test "the newest of equal ones is first, and more packets of a known one move it up" {
        apply_quietly ssh
        flood 203.0.113.60 1 203.0.113.1 700 2
        flood 203.0.113.61 1 203.0.113.1 700 2
        status_json
        [ "$(jq -c '[.refused[].source]' <<<"$output")" = '["203.0.113.61","203.0.113.60"]' ] || fail "wrong order"
        flood 203.0.113.60 1 203.0.113.1 700 1
        status_json
        assert_json '.refused[0].source == "203.0.113.60" and .refused[0].packets == 3 and .refused_total == 2'
}

@test "each has what would let it in: a profile, an optional service, a group, or nothing" {
        cat >"$BATS_TEST_TMPDIR/profiles/lab.yaml" <<'YAML'
name: lab
summary: A service that is there, and one that is not asked for
include: [base]
services:
  main: {summary: The service, ports: [udp/7000-7010], from: cluster}
  extra: {summary: Another, ports: [udp/7100], from: any, required: false}
groups:
  cluster: {default: internal, summary: all nodes}
YAML
        sed -i '/control-plane/d' "$PORTGUARD_SITE"
        apply_quietly lab --allow-lockout
        flood 203.0.113.50 1 203.0.113.1 7005 4
        flood 203.0.113.50 1 203.0.113.1 7100 3
        flood 203.0.113.50 1 203.0.113.1 161 2
        flood 203.0.113.50 1 203.0.113.1 53 1
        status_json
        [ "$(of 203.0.113.50 udp 7005 .advice)" = '"open to cluster only"' ] || fail "open to a group"
        [ "$(of 203.0.113.50 udp 7100 .advice)" = '"nothing listens on it, loopback aside; portguard apply lab --with lab/extra"' ] || fail "optional"
        [ "$(of 203.0.113.50 udp 161 .advice)" = null ] || fail "no profile has it"
        [ "$(of 203.0.113.50 udp 7100 .command)" = '"portguard apply lab --with lab/extra"' ] || fail "the command"
        [ "$(of 203.0.113.50 udp 53 .command)" = null ] || fail "a guess"
        [ "$(of 203.0.113.50 udp 53 .candidates)" = '["anbox-instances","dns-server"]' ] || fail "profiles"

        # What it says is what helps.
        apply_quietly lab dns-server --with lab/extra --allow-lockout
        flood 203.0.113.50 1 203.0.113.1 7100 30
        flood 10.9.0.50 1 203.0.113.1 53 30
        status_json
        [ "$(of 203.0.113.50 udp 7100 .packets)" = 3 ] || fail "it is still refused"
        [ "$(of 203.0.113.50 udp 7100 .advice)" = '"open to any now"' ] || fail "open now"
        [ "$(of 203.0.113.50 udp 7005 .advice)" = '"open to cluster only"' ] || fail "still to a group"
        [ "$(of 10.9.0.50 udp 53 .packets)" = "" ] || fail "it is still refused"
}

@test "where a port is open to one of those who were refused, and not to another, each is told; and who listens" {
        cat >"$BATS_TEST_TMPDIR/profiles/lab.yaml" <<'YAML'
name: lab
summary: One service, for a group
include: [base]
services:
  main: {summary: The service, ports: [udp/7000-7010], from: cluster}
groups:
  cluster: {default: none, summary: all nodes}
YAML
        echo 'egress: open' >"$PORTGUARD_SITE"
        serve lab "" udp/7005
        apply_quietly lab --allow-lockout
        flood 203.0.113.50 1 203.0.113.1 7005 4
        flood 203.0.113.51 1 203.0.113.1 7005 3
        apply_quietly lab --allow-lockout --group cluster=203.0.113.50
        run portguard status
        assert_output_has 'udp/7005 open to cluster now (203.0.113.50)'
        assert_output_has 'udp/7005 open to cluster only (203.0.113.51)'
        status_json
        [ "$(of 203.0.113.50 udp 7005 .advice)" = '"open to cluster now"' ] || fail "the first"
        [ "$(of 203.0.113.51 udp 7005 .advice)" = '"open to cluster only"' ] || fail "the second"
        [ "$(of 203.0.113.50 udp 7005 .process)" = '"tool_serve"' ] || fail "who listens"
        [ "$(of 203.0.113.51 udp 7005 .process)" = '"tool_serve"' ] || fail "who listens, of the second"
        stop_in_background lab.serve
}

@test "profiles that cannot be read cost the advice only; without refused packets none is read" {
        apply_quietly ssh
        strace -f -e trace=openat -o "$BATS_TEST_TMPDIR/calls" "$PORTGUARD" status >/dev/null
        ! grep -F .yaml "$BATS_TEST_TMPDIR/calls" || fail "profiles were read"
        flood 203.0.113.50 1 203.0.113.1 53 1
        strace -f -e trace=openat -o "$BATS_TEST_TMPDIR/calls" "$PORTGUARD" status >/dev/null
        grep -qF .yaml "$BATS_TEST_TMPDIR/calls"
        ln -s loop "$BATS_TEST_TMPDIR/loop"
        run --separate-stderr portguard --profiles "$BATS_TEST_TMPDIR/loop" status --json
        assert_status 0
        assert_json '.refused[0].port == 53 and .refused[0].advice == null and (.warnings | length) == 1'
        assert_stderr_has 'which profile would open a port is not known: '
}

@test "many sources: no more than the bound, all of them to be had, and it says that it is full" {
        apply_quietly ssh
        flood 20.0.0.0 5000 203.0.113.1 7 5000
        flood 2001:db8:5:: 5000 2001:db8:1::1 7 5000
        [ "$(remembered denied4)" = 4096 ]
        [ "$(remembered denied6)" = 4096 ]
        status_json
        assert_json '(.refused | length) == 10 and .refused_total == 8192 and .refused_full and .denied.packets == 10000'
        status_json --refused 4096
        assert_json '(.refused | length) == 4096 and ([.refused[].source] | unique | length) == 4096'
        # Who is remembered is counted on, who is not is refused all the same.
        flood 20.0.0.7 1 203.0.113.1 7 20
        flood 20.1.0.0 1 203.0.113.1 7 20
        status_json --refused 1
        assert_json '.refused[0].source == "20.0.0.7" and .refused[0].packets == 21 and .refused_total == 8192'
        assert_json '.denied.packets == 10040'
        run portguard status
        assert_output_has 'Refused in the last 10 minutes, the first 10 of 8192:'
        assert_output_has 'so many that who else comes now is counted, but not remembered'
}

@test "a set that is not quite full is not called so" {
        apply_quietly ssh
        flood 20.0.0.0 4095 203.0.113.1 7 4095
        status_json
        assert_json '.refused_total == 4095 and .refused_full == false'
        flood 20.8.0.0 1 203.0.113.1 7 1
        status_json
        assert_json '.refused_total == 4096 and .refused_full'
}

flood_is_seen() {
        [ "$(portguard status --json | jq .denied.packets)" -gt "$1" ]
}

# Five seconds, which valgrind takes alone.
# bats test_tags=race
@test "under a flood from 1,000,000 sources status says what is enforced, in time" {
        local before

        apply_quietly k8s-worker
        start_in_background flood nsenter "--net=/proc/$(<"$BATS_FILE_TMPDIR/outside.pid")/ns/net" \
                "$PORTGUARD_BUILD/tests/tools/tool_spoof" host "${mac[outside]}" 20.0.0.0 1000000 203.0.113.1 7 1000000000
        until_true 20 flood_is_seen 5000
        for _ in {1..10}; do
                timeout 5 "$PORTGUARD" status --json --refused 4096 >"$BATS_TEST_TMPDIR/status"
                jq -e '.generation == 1 and .refused_total <= 4096 and (.services | length) == 4 and
                       ([.refused[] | [.source, .port]] | unique | length) == (.refused | length)' \
                        "$BATS_TEST_TMPDIR/status" >/dev/null || fail "$(head -c 2000 "$BATS_TEST_TMPDIR/status")"
        done
        [ "$(remembered denied4)" = 4096 ]
        before=$(jq .denied.packets "$BATS_TEST_TMPDIR/status")
        until_true 20 flood_is_seen "$before"
}

@test "pings that are refused do not take the place of others" {
        apply_quietly ssh
        on outside tool_ping 300 203.0.113.1
        on outside tool_ping 300 2001:db8:1::1
        status_json
        assert_json '.denied.packets > 100 and .refused_total == 0 and .refused == []'
}

@test "a protocol without ports is one entry a source, whatever stands in place of the port" {
        apply_quietly ssh
        sends outside 203.0.113.50 203.0.113.1 47 64 0000880b
        sends outside 203.0.113.50 203.0.113.1 47 64 00000800
        sends outside 203.0.113.50 203.0.113.1 47 64 00006558
        status_json
        assert_json '(.refused | length) == 1 and .refused[0].protocol == "gre" and .refused[0].port == null'
        assert_json '.refused[0].packets == 3 and .refused_total == 3'
        run portguard status
        assert_output_has 'protocol/gre'
}

@test "a slot change, an apply that changes nothing and a trial forget nobody" {
        apply_quietly ssh
        flood 203.0.113.50 1 203.0.113.1 53 3
        apply_quietly k8s-worker
        apply_quietly k8s-worker --trial 1h
        portguard apply ssh --trial 1h >/dev/null
        flood 203.0.113.50 1 203.0.113.1 53 3
        status_json
        [ "$(of 203.0.113.50 udp 53 .packets)" = 6 ] || fail "forgotten"
}

@test "an entry that somebody made is no packet" {
        apply_quietly ssh
        nft add element inet portguard denied4 '{ 192.0.2.4 . tcp . 22 timeout 100h }'
        flood 203.0.113.50 1 203.0.113.1 700 1
        status_json
        assert_json '[.refused[].source] == ["203.0.113.50"]'
}

@test "off, there is nobody" {
        status_json
        assert_json '.state == "off" and .refused == [] and .refused_total == 0 and .refused_full == false'
}

# --- watch ---

lines_at_least() {
        [ "$(wc -l <"$BATS_FILE_TMPDIR/watch.out")" -ge "$1" ]
}

shows_rates() {
        jq -se 'any(.[]; .rates and .rates.refused > 0 and .rates.seconds > 0)' "$BATS_FILE_TMPDIR/watch.out" >/dev/null 2>&1
}

ends_with_status() {
        local status=0

        wait "$(<"$BATS_FILE_TMPDIR/watch.pid")" || status=$?
        [ "$status" -eq "$1" ] || fail "ended with $status"
        rm "$BATS_FILE_TMPDIR/watch.pid"
}

@test "--watch --json: an object a line, with rates, until a signal ends it" {
        local signal

        apply_quietly ssh
        for signal in TERM INT HUP; do
                start_in_background watch "$PORTGUARD" status --watch 0.1 --json
                until_true 20 lines_at_least 1
                flood 203.0.113.50 1 203.0.113.1 53 3
                until_true 20 shows_rates
                kill -"$signal" "$(<"$BATS_FILE_TMPDIR/watch.pid")"
                ends_with_status 0
                # The first look has nothing to compare with; each line is an object.
                jq -se '.[0].rates == null and all(.[]; .state == "confirmed" and (.refused | type) == "array")' \
                        "$BATS_FILE_TMPDIR/watch.out"
                [ "$(wc -l <"$BATS_FILE_TMPDIR/watch.out")" = "$(jq -s length "$BATS_FILE_TMPDIR/watch.out")" ]
        done
}

@test "--watch: block after block where there is no terminal, which ends when nobody reads" {
        apply_quietly ssh
        # shellcheck disable=SC2016 # for the other shell
        run timeout 20 bash -c '"$PORTGUARD" status --watch 0.1 | head -n 20; echo "status ${PIPESTATUS[0]}"'
        assert_output_has 'status 0'
        [ "$(grep -c '^enforced: generation 1' <<<"$output")" -ge 2 ] || fail "one block only"
        assert_output_lacks $'\033'
        # With nothing to be written for an hour, too.
        # shellcheck disable=SC2016 # for the other shell
        run timeout 20 bash -c '"$PORTGUARD" status --watch 3600 | head -n 1; echo "status ${PIPESTATUS[0]}"'
        assert_output_has 'status 0'
}

@test "--watch on a terminal draws in place, and gives the cursor back" {
        apply_quietly ssh
        export TERM=xterm
        flood 203.0.113.50 1 203.0.113.1 53 3
        run "$PORTGUARD_SOURCE/tests/cli/on_terminal" 'anbox-instances' '^C' -- "$PORTGUARD" status --watch 3600
        assert_status 0
        [[ $output == *'[?25l'*'[?7l'*'enforced: generation 1'*'[?7h'*'[?25h'* ]] || fail "no sequences"
        # A terminal that cannot gets blocks.
        TERM=dumb run "$PORTGUARD_SOURCE/tests/cli/on_terminal" 'anbox-instances' '^C' -- "$PORTGUARD" status --watch 3600
        assert_status 0
        assert_output_lacks '[?25l'
        # The network goes away.
        run "$PORTGUARD_SOURCE/tests/cli/on_terminal" 'anbox-instances' '^HANGUP' -- "$PORTGUARD" status --watch 3600
        assert_status 0
}

@test "--watch tells when it is off, and goes on" {
        start_in_background watch "$PORTGUARD" status --watch 0.1 --json
        until_true 20 lines_at_least 1
        apply_quietly ssh
        until_true 20 grep -q '"state":"confirmed"' "$BATS_FILE_TMPDIR/watch.out"
        portguard disable >/dev/null
        until_true 20 eval 'tail -n 1 "$BATS_FILE_TMPDIR/watch.out" | grep -q "\"state\":\"off\""'
}

@test "on a terminal of 80 columns no line is wider, whatever the addresses" {
        apply_quietly k8s-worker openstack-controller
        flood 2001:db8:1111:2222:3333:4444:5555:6666 3 2001:db8:1::1 60000 3
        # shellcheck disable=SC2016 # for the other shell
        run "$PORTGUARD_SOURCE/tests/cli/on_terminal" -- bash -c 'stty cols 80; "$PORTGUARD" status'
        assert_status 0
        assert_output_has '2001:db8:1111:2222:3333:4444:5555:6666'
        [ "$(wc -L <<<"$output")" -le 80 ] || fail "$(wc -L <<<"$output") columns"
}

@test "wrong numbers are usage errors" {
        local words

        for words in '--watch 0' '--watch 0.01' '--watch x' '--watch 1e3' '--watch -5' '--watch 5.' '--watch 4000' \
                '5' '--refused 0' '--refused 4097' '--refused x' '--watch 1 2'; do
                # shellcheck disable=SC2086 # words
                run --separate-stderr portguard status $words
                assert_status 2
        done
}

@test "what a trial that was taken back refused is in the list only, and status says since when each counts" {
        apply_quietly ssh
        flood 203.0.113.50 1 203.0.113.1 53 5
        portguard apply ssh k8s-worker --trial 1h >/dev/null 2>&1
        flood 203.0.113.50 1 203.0.113.1 53 15
        portguard rollback >/dev/null
        status_json
        assert_json '.denied.packets == 5 and .refused[0].packets == 20'
        assert_json '.counted_since == {services: "the service was opened, without trials that were taken back",
                denied: "portguard was turned on or restored, without trials that were taken back", refused: "each is remembered"}'
        run portguard status
        assert_output_has 'refused packets since portguard was turned on or restored; both without those of trials that were taken back'
        assert_output_has 'these need not add up to the sum above'
}
