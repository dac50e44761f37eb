#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What others put into the kernel and portguard, or the libraries that it stands on, do not know stops no command.

load common

setup() {
        kernel_setup
        ip link set lo up
        apply_quietly ssh
}

teardown() {
        nft flush ruleset
}

# add_foreign FAMILY TABLE CHAIN KIND
add_foreign() {
        local status=0 families=('' inet ip)

        # The kernel says the same of a chain and of an expression that it does not have.
        nft list chain "${families[$1]}" "$2" "$3" >/dev/null || fail "no such chain: $2 $3"

        tool_foreign "$@" || status=$?
        [ $status -ne 77 ] || skip "this kernel has no such rule: $4"
        [ $status -eq 0 ] || fail "tool_foreign $*"
}

# change_ours KIND: adds the rule to the chain that is enforced, on trial, too.
change_ours() {
        add_foreign 1 portguard "input_$(live_slot | head -n 1)" "$1"
}

# assert_every_command KIND WORDS: each says what it found, and does what it is there for.
assert_every_command() {
        change_ours "$1"
        run --separate-stderr portguard status
        assert_status 0
        assert_output_has "not ours: $2"
        run --separate-stderr portguard verify
        assert_status 6
        [ "${lines[0]}" = "chain input_$(live_slot), rule 12: not ours: $2" ] || fail "another line"
        [ ${#lines[@]} = 2 ] || fail "expected that rule, and the verdict"
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9
        assert_status 6
        assert_stderr_has "not ours: $2"
        run --separate-stderr portguard plan ssh
        assert_status 0
        assert_output_has "somebody changed the table"
        run --separate-stderr portguard audit --json
        assert_json '.fault | test("somebody changed the table inet portguard")'
        run --separate-stderr portguard doctor
        assert_output_has "$2"

        run --separate-stderr portguard verify --repair
        assert_status 0
        assert_verified
        change_ours "$1"
        apply_quietly https
        assert_verified
        change_ours "$1"
        run --separate-stderr portguard rollback
        assert_status 0
        assert_verified
        change_ours "$1"
        run --separate-stderr portguard restore
        assert_status 0
        assert_verified
        apply_quietly --trial 1m https
        change_ours "$1"
        run --separate-stderr portguard rollback
        assert_status 0
        assert_verified
        change_ours "$1"
        run --separate-stderr portguard disable
        assert_status 0
        ! nft list table inet portguard 2>/dev/null || fail 'the table is there still'
}

@test "an expression that libnftnl does not know, in our table, stops no command" {
        assert_every_command inner '(foreign expression inner)'
}

@test "a rule without expressions, in our table, stops no command" {
        assert_every_command empty '(does nothing)'
}

@test "an expression that libnftnl does not know, in other tables, hides nothing else" {
        nft -f - <<'NFT'
table ip other {
        chain input { type filter hook input priority 5; }
        chain nat {
                type nat hook prerouting priority -100;
                tcp dport 8080 redirect to :22
        }
}
NFT
        add_foreign 2 other input inner
        add_foreign 2 other nat inner
        nft add rule ip other input tcp dport 22 drop
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9 --live
        assert_status 0
        assert_output_has 'ip other input'
        assert_output_has 'may still drop it'
        run --separate-stderr portguard explain tcp/8080 --from 203.0.113.9 --live
        assert_status 0
        assert_output_has 'port 22'
        run --separate-stderr portguard doctor
        assert_status 0
        assert_output_has 'ip other'
        run --separate-stderr portguard audit --json
        assert_status 0
        assert_json '[.published[] | select(.chain == "nat") | .ports] == ["8080"]'
}

# What it does to a packet is not known, but not that it drops: it looks into it.
@test "an expression that only looks is not taken for one that may drop" {
        nft 'table ip other { chain input { type filter hook input priority 5; }; }'
        add_foreign 2 other input inner
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9 --live --json
        assert_status 0
        assert_json '[.others[] | [.table, .may_drop]] == [["ip other", false]]'
}

@test "an interval set whose keys are shorter or longer than its type says, in our table, stops no command" {
        local length

        for length in 2 6 64; do
                add_foreign_set "odd$length" $length
                run --separate-stderr portguard verify
                assert_status 6
                assert_output_has "set odd$length: not ours"
                run --separate-stderr portguard show --format nft
                assert_status 0
                run --separate-stderr portguard explain tcp/22 --from 203.0.113.9
                assert_stderr_has "not ours"
                run --separate-stderr portguard status
                assert_status 0
                assert_output_has "set odd$length: not ours"
                run --separate-stderr portguard doctor
                assert_output_has "set odd$length: not ours"
                run --separate-stderr portguard verify --repair
                assert_status 0
                assert_verified
        done
        add_foreign_set odd 3
        run --separate-stderr portguard disable
        assert_status 0
        ! nft list table inet portguard 2>/dev/null || fail 'the table is there still'
}

# add_foreign_set NAME LENGTH
add_foreign_set() {
        tool_foreign 1 portguard "$1" "$2" || fail "tool_foreign $*"
}

# Without a name, they go with their rule, and are not to be deleted besides.
@test "rules of somebody else's with sets of their own, and meters, in our table, are removed with them" {
        local rule command

        for rule in 'tcp dport { 7, 9 } accept' 'tcp dport vmap { 7 : accept, 9 : drop }' \
                'meter m { ip saddr limit rate 3/second }'; do
                for command in 'verify --repair' 'apply https' 'rollback'; do
                        nft "add rule inet portguard loopback_$(live_slot) $rule"
                        nft 'add chain inet portguard theirs'
                        nft 'add rule inet portguard theirs tcp dport { 7, 9 } accept'
                        nft "add rule inet portguard theirs jump loopback_$(live_slot)"
                        run --separate-stderr portguard verify
                        assert_status 6
                        # shellcheck disable=SC2086 # words
                        run --separate-stderr portguard $command
                        assert_status 0
                        assert_output_lacks 'could not'
                        run --separate-stderr portguard verify
                        assert_status 0
                        [ -z "$stderr" ] || fail "something was left"
                done
        done
        nft "add rule inet portguard loopback_$(live_slot) $rule"
        run --separate-stderr portguard disable
        assert_status 0
        ! nft list table inet portguard 2>/dev/null || fail 'the table is there still'
}

# Our own have a comment each, which names the services.
@test "elements of somebody else's in our maps, with an empty comment, or none, or any, stop no command" {
        local ports comment

        ports=input_tcp_ports_$(live_slot)
        for comment in '' 'comment ""' 'comment ","' 'comment ", "' 'comment " "' 'comment "nobody,,"' 'comment "ssh"'; do
                nft "add element inet portguard $ports { 99 $comment : accept, 101-109 $comment : drop }"
                run --separate-stderr portguard verify
                assert_status 6
                assert_output_has "set $ports: not ours: 99 ${comment:+$comment }: accept"
                run --separate-stderr portguard explain tcp/99 --from 203.0.113.9 --json
                assert_status 0
                assert_json '.verdict == "accept"'
                run --separate-stderr portguard explain tcp/105 --from 203.0.113.9
                assert_output_has "drop tcp/105"
                assert_output_lacks "lets in"
                assert_output_lacks "to open"
                run --separate-stderr portguard status
                assert_status 0
                assert_output_has 'tcp/99'
                run --separate-stderr portguard doctor
                assert_output_has "$ports: not ours"
                run --separate-stderr portguard audit
                assert_output_has "somebody changed the table"
                run --separate-stderr portguard plan ssh
                assert_status 0
                assert_output_has "somebody changed the table"
                run --separate-stderr portguard report
                assert_status 0
                mv "$PORTGUARD_STATE" "$PORTGUARD_STATE.away"
                run --separate-stderr portguard verify
                assert_status 6
                run --separate-stderr portguard explain tcp/99 --from 203.0.113.9
                assert_status 0
                run --separate-stderr portguard doctor
                rm -rf "$PORTGUARD_STATE"
                mv "$PORTGUARD_STATE.away" "$PORTGUARD_STATE"
                run --separate-stderr portguard verify --repair
                assert_status 0
                assert_verified
                ports=input_tcp_ports_$(live_slot)
        done
}

# nft takes "{ }", ";" and "$" for its own, in quotes, too, and a shell ";" and "$( )".
@test "a table or a chain that is named like a command stands in no command that somebody may type" {
        local name

        for name in 'x;touch y;' '$(reboot)' "it's" 'a b' '1st' 'x; flush ruleset'; do
                nft -j -f - <<JSON || fail "$name"
{"nftables": [
  {"add": {"table": {"family": "inet", "name": "$name"}}},
  {"add": {"chain": {"family": "inet", "table": "$name", "name": "ours", "type": "filter", "hook": "input",
                     "prio": 5, "policy": "drop"}}},
  {"add": {"table": {"family": "inet", "name": "other"}}},
  {"add": {"chain": {"family": "inet", "table": "other", "name": "$name", "type": "filter", "hook": "prerouting",
                     "prio": -300, "policy": "accept"}}},
  {"add": {"rule": {"family": "inet", "table": "other", "chain": "$name", "expr": [{"notrack": null}]}}}]}
JSON
                run --separate-stderr portguard doctor --json
                NAME=$name jq -e '[.checks[] | select(.name == "other tables")] |
                        all(.mend == null or (.mend | contains(env.NAME) | not)) and
                        any(.mend // "" | startswith("nft -a list ruleset shows it; where nothing")) and
                        any(.mend // "" | startswith("nft list table inet other shows it; let notrack"))' <<<"$output" ||
                        fail "$output"
                run --separate-stderr portguard explain tcp/22 --from 203.0.113.9 --live
                assert_output_has "inet $name"
                assert_output_lacks "list table inet $name"
                nft -j -f - <<<"{\"nftables\": [{\"delete\": {\"table\": {\"family\": \"inet\", \"name\": \"$name\"}}}]}"
                nft delete table inet other
        done
}
