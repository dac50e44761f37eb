#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Somebody else changed the table of portguard: what every command says of it.

load common

setup() {
        kernel_setup
        apply_quietly k8s-worker --group cluster=10.30.0.0/24
}

teardown() {
        nft flush ruleset
}

@test "verify tells one inserted rule as one line" {
        nft insert rule inet portguard input_a tcp dport 9999 accept
        run --separate-stderr portguard verify
        assert_status 6
        [ "${lines[0]}" = "chain input_a, rule 1: not ours: tcp dport 9999 accept" ] || fail "another line"
        [ ${#lines[@]} = 2 ] || fail "expected that rule, and the verdict"
}

@test "verify tells one deleted rule as one line" {
        local handle

        handle=$(nft -a list chain inet portguard input_a | sed -n 's/.*established,related accept # handle //p')
        nft delete rule inet portguard input_a handle "$handle"
        run --separate-stderr portguard verify
        assert_status 6
        [ "${lines[0]}" = "chain input_a, rule 5: missing: ct state established,related accept" ] ||
                fail "another line"
        [ ${#lines[@]} = 2 ] || fail "expected that rule, and the verdict"
}

# assert_told WHAT: all of them say that somebody changed the table, and what is the first difference; as text and
# as JSON. None answers as if not.
assert_told() {
        local command what=${1-}

        for command in 'status' 'audit' 'report -o -' 'plan ssh'; do
                # shellcheck disable=SC2086 # several words
                run --separate-stderr portguard $command
                [[ $(sed 's/&quot;/"/g' <<<"$output" | tr -s ' \n' ' ') == *"somebody changed the table inet portguard"*"$what"* ]] ||
                        fail "$command answers as if not"
        done
        for command in status audit; do
                run --separate-stderr portguard "$command" --json
                assert_json ".fault | test(\"somebody changed the table inet portguard\") and contains($(jq -n --arg what "$what" '$what'))"
        done
        run --separate-stderr portguard plan ssh
        grep -q '^to repair: .*somebody' <<<"$output" || fail 'plan does not say so'
        run --separate-stderr portguard plan ssh --json
        assert_json '.repaired | any(test("somebody changed the table inet portguard"))'
        run --separate-stderr portguard report --json
        assert_json '.html | test("somebody changed the table inet portguard")'
        run --separate-stderr portguard doctor
        assert_output_has 'does not hold what was applied'
        assert_output_has "$what"
        assert_output_lacks ': files were changed since'
        run --separate-stderr portguard doctor --json
        assert_json '[.checks[] | select(.level == "problem") | .text | test("does not hold what was applied")] == [true]'
        run --separate-stderr portguard verify
        assert_status 6
        assert_output_has "$what"
        run --separate-stderr portguard verify --json
        assert_status 6
        assert_json ".drift and .changed_by == null and (.differences[0] | contains($(jq -n --arg what "$what" '$what')))"
}

assert_cannot_tell() {
        run --separate-stderr portguard explain tcp/9999 --from 203.0.113.9
        assert_status 6
        assert_stderr_has 'what the table does cannot be said: somebody changed the table'
        [ -z "$output" ] || fail 'nothing is expected on standard output'
        run --separate-stderr portguard explain tcp/9999 --from 203.0.113.9 --json
        assert_status 6
        assert_json '.error | .status == 6 and (.message | test("somebody changed the table"))'
        # What the kernel itself is asked is told.
        run --separate-stderr portguard explain tcp/9999 --from 203.0.113.9 --live
        assert_status 6
        assert_output_has 'unknown tcp/9999 from 203.0.113.9'
        assert_output_has 'somebody changed the table'
        assert_output_has 'Other tables on its way:'
        run --separate-stderr portguard explain tcp/9999 --from 203.0.113.9 --live --json
        assert_status 6
        assert_json '.verdict == null and .because.kind == "changed" and (.change | test("somebody changed")) and
                .others == [] and .trace == null'
        run --separate-stderr portguard diff 1
        assert_status 6
        run --separate-stderr portguard explain tcp/9999 --from 203.0.113.9 --at 1
        assert_output_has 'drop tcp/9999'
}

# The first of the texts in a column of audit's table, for a port.
fix_of() {
        portguard audit --json | jq -r --arg port "$1" '[.findings[] | select(.ports == $port)][0].fix'
}

@test "who is kept out by what somebody took away is let in by a repair, and told so" {
        apply_quietly ssh k8s-worker --group cluster=10.30.0.0/24,192.0.2.7
        nft delete element inet portguard "cluster_v4_$(live_slot)" '{ 192.0.2.7 }'
        run --separate-stderr portguard explain udp/8472 --from 192.0.2.7
        assert_output_has 'drop udp/8472'
        assert_output_has 'portguard verify --repair: generation 2 lets it pass, and somebody took that out'
        assert_output_lacks "to the group 'cluster'"
        # Who never was in it is to be added.
        run --separate-stderr portguard explain udp/8472 --from 192.0.2.8
        assert_output_has "add 192.0.2.8 to the group 'cluster'"
        nft delete element inet portguard "input_tcp_ports_$(live_slot)" '{ 22 }'
        run --separate-stderr portguard explain tcp/22 --from 192.0.2.8
        assert_output_has 'portguard verify --repair: generation 2 lets it pass'
        tool_serve tcp/22 3>&- &
        listens() { ss -Hltn 'sport = :22' | grep -q .; }
        until_true 20 listens
        fix=$(fix_of 22)
        kill %1
        [ "$fix" = 'portguard verify --repair' ] || fail "$fix"
}

@test "what was refused is counted by portguard's own rules, whatever somebody puts before them" {
        nft insert rule inet portguard deny_a meta nfproto ipv4 counter packets 77 bytes 7700
        nft insert rule inet portguard input_a ct state new counter packets 88 bytes 8800
        run --separate-stderr portguard status --json
        assert_json '.denied.packets == 0 and .invalid.packets == 0'
        nft replace rule inet portguard deny_a handle "$(handle_of deny_a $'\tcounter packets')" counter packets 5 bytes 500
        run --separate-stderr portguard status --json
        assert_json '.denied.packets == 5'
        portguard verify --repair >/dev/null
        run --separate-stderr portguard status --json
        assert_json '.denied.packets == 5 and .invalid.packets == 0'
}

@test "where rules differ, nobody is told that ports and groups decide" {
        nft flush chain inet portguard input_a
        for command in status audit; do
                run --separate-stderr portguard "$command" --json
                assert_json '.fault | test("; who gets in is not what its open ports and groups say")'
        done
        portguard verify --repair >/dev/null
        nft delete element inet portguard "input_tcp_ports_$(live_slot)" '{ 22 }'
        run --separate-stderr portguard status --json
        assert_json '.fault | test("who gets in is not") | not'
}

@test "an inserted rule is told by all" {
        nft insert rule inet portguard input_a tcp dport 9999 accept
        assert_told 'chain input_a, rule 1: not ours: tcp dport 9999 accept'
        assert_cannot_tell
        portguard verify --repair >/dev/null
        run portguard status
        assert_output_lacks 'somebody changed'
}

# handle_of CHAIN TEXT: the handle of the rule with that text.
handle_of() {
        nft -a list chain inet portguard "$1" | sed -n "s/.*$2.*# handle //p"
}

@test "so is a deleted rule" {
        nft delete rule inet portguard input_a handle "$(handle_of input_a 'established,related accept')"
        assert_told 'chain input_a, rule 5: missing: ct state established,related accept'
        assert_cannot_tell
}

@test "so is a changed rule" {
        nft replace rule inet portguard input_a handle "$(handle_of input_a 'ct state invalid')" ct state invalid counter accept
        assert_told 'chain input_a, rule 6: is: ct state invalid counter accept; should be: ct state invalid counter drop'
        assert_cannot_tell
}

@test "explain --trace follows a real packet through somebody else's rule" {
        ip link set lo up
        nft insert rule inet portguard input_a udp dport 9999 drop
        run --separate-stderr in_background_sent
        assert_status 6
        assert_output_has 'unknown udp/9999 from 127.0.0.1'
        assert_output_has 'Trace of a real packet, which was dropped'
        assert_line 'inet portguard input_a drop udp dport 9999 drop'
}

# Sends until the trace has seen one.
in_background_sent() {
        local sender status=0

        while true; do
                echo x >/dev/udp/127.0.0.1/9999 || true
                read -r -t 0.1 <> <(:) || true
        done 2>/dev/null &
        sender=$!
        portguard explain udp/9999 --from 127.0.0.1 --iif lo --trace --for 30s || status=$?
        kill $sender
        wait $sender 2>/dev/null || true
        return $status
}

@test "so is a rule in the hook" {
        nft insert rule inet portguard input tcp dport 9999 accept
        assert_told 'chain input, rule 1: not ours: tcp dport 9999 accept'
        assert_cannot_tell
}

@test "so is a rule that leaves no packet for the others, ours or somebody's" {
        local chain verdict

        for verdict in accept drop; do
                chain=input_$(live_slot)
                nft insert rule inet portguard "$chain" tcp dport 9999 accept
                nft insert rule inet portguard "$chain" "$verdict"
                assert_told "chain $chain, rule 1: not ours: $verdict"
                assert_cannot_tell
                portguard verify --repair >/dev/null
                assert_verified
        done
}

@test "so is a chain that is hooked in, and a policy that was turned" {
        nft add chain inet portguard theirs '{ type filter hook input priority 10; policy drop; }'
        run --separate-stderr portguard status
        assert_output_has 'somebody changed the table'
        assert_cannot_tell
        nft delete chain inet portguard theirs
        nft chain inet portguard input '{ policy accept; }'
        run --separate-stderr portguard status
        assert_output_has 'somebody changed the table'
}

# assert_hook_told WHAT NFT-ARGUMENT...: what nft does to a hook is told by all, and repaired.
assert_hook_told() {
        local what=$1

        shift
        nft "$@"
        assert_told "$what"
        assert_cannot_tell
        for command in 'explain tcp/443 --to 192.0.2.9' 'explain tcp/22 --from 203.0.113.9' 'diff 1'; do
                # shellcheck disable=SC2086 # several words
                run --separate-stderr portguard $command
                assert_status 6
                assert_stderr_has "$what"
        done
        portguard verify --repair --allow-lockout >/dev/null
        assert_verified
        run --separate-stderr portguard status --json
        assert_json '.fault == null'
}

apply_strict() {
        apply_quietly k8s-worker --group cluster=10.30.0.0/24 --egress strict
}

@test "so is an output hook that somebody deleted" {
        apply_strict
        assert_hook_told 'chain output: missing' 'flush chain inet portguard output; delete chain inet portguard output'
}

@test "so is one that somebody emptied" {
        apply_strict
        assert_hook_told "chain output, rule 1: missing: goto output_$(live_slot)" flush chain inet portguard output
}

# assert_egress STATE NUMBER: what status says of what leaves, and how many ports are open to it.
assert_egress() {
        run --separate-stderr portguard status --json
        assert_json ".egress == \"$1\" and ([.services[] | select(.direction == \"out\")] | length) == $2"
}

@test "status says of what leaves what the hook does, not what it should" {
        apply_quietly k8s-worker --group cluster=10.30.0.0/24 --egress strict
        run --separate-stderr portguard status --json
        assert_json ".egress == \"strict\" and any(.services[]; .direction == \"out\")"
        nft flush chain inet portguard output
        assert_egress strict 0
        run --separate-stderr portguard status
        assert_output_lacks 'egress open'
        nft delete chain inet portguard output
        assert_egress open 0
        portguard verify --repair --allow-lockout >/dev/null
        apply_quietly --trial 2m ssh
        assert_egress open 0
        portguard confirm >/dev/null
        nft add rule inet portguard output tcp sport 22 drop
        assert_egress open 0
}

@test "so is one whose policy was turned" {
        apply_strict
        assert_hook_told 'chain output: its policy is accept, should be drop' \
                chain inet portguard output '{ policy accept; }'
}

@test "so is one that somebody added" {
        assert_hook_told 'chain output: its policy is drop, should be accept' \
                add chain inet portguard output '{ type filter hook output priority 0; policy drop; }'
}

@test "so is one of another priority" {
        nft add chain inet portguard output '{ type filter hook output priority 7; policy accept; }'
        run --separate-stderr portguard status --json
        assert_json '.fault | contains("chain output: has another type, hook or priority")'
        assert_cannot_tell
}

@test "so is one of another type" {
        assert_hook_told 'chain output: has another type, hook or priority' \
                add chain inet portguard output '{ type route hook output priority 0; policy accept; }'
}

@test "so is an input hook whose policy was turned" {
        assert_hook_told 'chain input: its policy is accept, should be drop' \
                chain inet portguard input '{ policy accept; }'
}

@test "so is one that goes elsewhere" {
        assert_hook_told 'chain input, rule 1: is: goto accepted_a; should be: goto input_a' \
                replace rule inet portguard input handle "$(handle_of input 'goto input_a')" goto accepted_a
}

# assert_refusal_told WHAT STATE [ENFORCED]: hooks that go to no policy, or not all, and refuse what comes, are not "off" to
# anybody.
assert_refusal_told() {
        local what=$1 state=$2 enforced=${3-true}

        run --separate-stderr portguard doctor --json
        assert_json '[.checks[] | select(.level == "problem").text] |
                length == 1 and (.[0] | test("everything is refused|may refuse|chain input, rule 1: missing"))'
        for command in status audit 'plan k8s-worker' 'report -o -'; do
                # shellcheck disable=SC2086 # several words
                run --separate-stderr portguard $command
                [[ $(tr -s ' \n' ' ' <<<"$output") == *"$what"* ]] || fail "$command does not tell"
                assert_output_lacks 'portguard is off'
                assert_output_lacks 'enforces no policy'
                assert_output_lacks 'Nothing is enforced'
                assert_output_lacks 'nothing is enforced;'
                assert_output_lacks 'nothing is enforced, though'
        done
        for command in status 'plan k8s-worker' report; do
                # shellcheck disable=SC2086 # several words
                run --separate-stderr portguard $command --json
                assert_json ".state == \"$state\""
        done
        run --separate-stderr portguard status --json
        assert_json ".fault | test(\"$what\")"
        run --separate-stderr portguard audit --json
        assert_json ".enforced == $enforced and (.fault | test(\"$what\")) and all(.listening[]; .reachable_from == null)"
        run --separate-stderr portguard plan k8s-worker --json
        assert_json ".repaired | any(test(\"$what\"))"
        for command in 'explain tcp/22 --from 203.0.113.9' 'diff 1'; do
                # shellcheck disable=SC2086 # several words
                run --separate-stderr portguard $command
                assert_status 6
                [ -z "$output" ] || fail 'nothing is expected on standard output'
                assert_stderr_has 'portguard explain --trace follows a real packet'
        done
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9 --live
        assert_status 6
        assert_output_has 'unknown tcp/22 from 203.0.113.9'
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9 --live --json
        assert_status 6
        assert_json '.verdict == null and .because.kind == "changed" and (.change | test("somebody"))'
        portguard verify --repair --allow-lockout >/dev/null
        assert_verified
}

@test "an emptied input hook is not off" {
        nft flush chain inet portguard input
        assert_refusal_told 'everything is refused, even replies' changed
}

@test "nor is it with strict egress" {
        apply_strict
        nft flush chain inet portguard input
        assert_refusal_told 'everything is refused, even replies' confirmed
}

@test "nor is one that has only rules of somebody's" {
        nft 'flush chain inet portguard input; add rule inet portguard input tcp dport 22 accept'
        # Whether they let in what listens is not known.
        assert_refusal_told 'everything is refused that no other rule of it lets in' changed false
}

@test "nor are hooks of somebody's in place of ours" {
        nft 'flush chain inet portguard input; delete chain inet portguard input
                add chain inet portguard theirs { type filter hook input priority 0; policy drop; }'
        assert_refusal_told 'its hooks may refuse packets all the same' changed
}

@test "what a policy closes where only somebody's hooks are is told before and after" {
        nft flush ruleset
        portguard disable >/dev/null
        nft 'table inet portguard { chain theirs { type filter hook input priority 0; policy accept; tcp dport 3306 drop; }; }'
        run --separate-stderr portguard status
        assert_output_has 'its hooks may refuse packets all the same'
        run --separate-stderr portguard plan ssh
        assert_output_has 'No policy is enforced: once applied, what no line above opens is refused.'
        run --separate-stderr portguard apply ssh
        assert_status 0
        assert_output_has 'No policy was enforced: from now on, what no line above opens is refused.'
}

@test "where a repair ends what somebody's rule did, nobody is said to keep what he had" {
        local command

        nft insert rule inet portguard deny_a accept
        for command in plan 'apply -n' apply; do
                # shellcheck disable=SC2086 # words
                run --separate-stderr portguard $command k8s-worker --group cluster=10.30.0.0/24
                assert_status 0
                assert_output_has 'by the policies nobody gains or loses access, by what is repaired somebody may'
                assert_output_lacks ': nobody gains or loses access'
        done
        assert_verified
}

@test "an emptied input hook that lets everything in is off" {
        nft 'flush chain inet portguard input; chain inet portguard input { policy accept; }'
        run --separate-stderr portguard status --json
        assert_json '.state == "off"'
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9 --json
        assert_status 0
        assert_json '.verdict == "accept" and .because.kind == "off"'
}

@test "a deleted input hook is no interrupted run: nothing is enforced, and all say so" {
        nft 'flush chain inet portguard input; delete chain inet portguard input'
        run --separate-stderr portguard status
        assert_stderr_has "what an interrupted run, or somebody else, left in the kernel was removed"
        assert_output_has "nothing is enforced, though generation 1 should be: somebody removed the table inet portguard or its hooks"
        run --separate-stderr portguard explain tcp/22 --from 203.0.113.9 --json
        assert_json '.verdict == "accept" and .because.kind == "off"'
        run --separate-stderr portguard verify
        assert_status 6
        run portguard verify --repair
        assert_status 0
        assert_verified
}

@test "a dry run passes somebody's rules by, as the change itself does" {
        nft 'add chain inet portguard output { type filter hook output priority 0; policy accept; }
                add rule inet portguard output tcp sport 22 drop'
        run --separate-stderr portguard apply -n k8s-worker ssh https --allow-lockout
        assert_status 0
        assert_output_has 'The kernel accepts this'
        apply_strict
        nft insert rule inet portguard output tcp sport 22 drop
        nft add rule inet portguard output goto "output_$(live_slot)"
        run --separate-stderr portguard apply -n --allow-lockout k8s-worker ssh https
        assert_status 0
        assert_output_has 'The kernel accepts this'
        apply_quietly k8s-worker ssh https
        assert_verified
}

@test "a port that somebody opened is told, and explain answers for the table as it stands" {
        nft add element inet portguard input_tcp_ports_a '{ 9999 : accept }'
        assert_told 'set input_tcp_ports_a: not ours: 9999 : accept'
        assert_answers accept tcp/9999
}

@test "so is one that somebody closed" {
        nft delete element inet portguard input_tcp_ports_a '{ 22 }'
        assert_told 'set input_tcp_ports_a: missing: 22'
        assert_answers drop tcp/22
}

@test "so is an address that somebody added to a group, or took away" {
        apply_quietly k8s-worker --group cluster=10.30.0.0/24,192.0.2.7
        slot=$(live_slot)
        nft add element inet portguard "cluster_v4_$slot" '{ 203.0.113.9 }'
        assert_told "set cluster_v4_$slot: not ours: 203.0.113.9"
        assert_answers accept udp/8472
        nft delete element inet portguard "cluster_v4_$slot" '{ 203.0.113.9, 192.0.2.7 }'
        assert_told "set cluster_v4_$slot: missing: 192.0.2.7"
        assert_answers drop udp/8472
}

@test "so is an element for all others, and a plan says who loses what it gave" {
        apply_quietly k8s-worker --group cluster=10.30.0.0/24,192.0.2.7
        slot=$(live_slot)
        nft add element inet portguard "cluster_v4_$slot" '{ * }'
        assert_told "set cluster_v4_$slot: not ours: an element for all others (*)"
        assert_answers accept udp/8472
        run --separate-stderr portguard plan k8s-worker --keep-options --json
        assert_json '.closes == [] and (.narrows | length) == 1 and (.narrows[0] | .ports == "8472" and
                .addresses == ["0.0.0.0-10.29.255.255", "10.30.1.0-192.0.2.6", "192.0.2.8-255.255.255.255"])'
        apply_quietly k8s-worker --keep-options
        assert_verified
        run --separate-stderr portguard explain udp/8472 --from 203.0.113.9
        assert_output_has 'drop udp/8472'
}

@test "so is a port that leads to where accepted packets are counted" {
        nft add element inet portguard input_tcp_ports_a '{ 9999 : goto accepted_a }'
        assert_told 'set input_tcp_ports_a: not ours: 9999 : goto accepted_a'
        assert_answers accept tcp/9999
}

@test "what an element in place of a port does, only explain --trace can tell" {
        nft add element inet portguard input_tcp_ports_a '{ 9999 : jump accepted_a }'
        assert_told 'set input_tcp_ports_a: not ours: 9999 : jump accepted_a'
        assert_cannot_tell
}

@test "so is a protocol with ports in the map of those without" {
        mkdir "$BATS_TEST_TMPDIR/profiles"
        PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/profiles:$PORTGUARD_PROFILES
        cat >"$BATS_TEST_TMPDIR/profiles/lab.yaml" <<'YAML'
name: lab
summary: A service without ports
services:
  main: {summary: The service, ports: [tcp/22, protocol/gre], from: any}
YAML
        apply_quietly lab
        nft add element inet portguard "input_protocols_$(live_slot)" '{ 6 : accept }'
        assert_told "set input_protocols_$(live_slot): not ours: tcp : accept"
        run --separate-stderr portguard explain tcp/9999 --from 203.0.113.9
        assert_status 6
        assert_stderr_has 'what the table does cannot be said: somebody changed the table'
}

# assert_answers VERDICT PORT: explain answers so, with a warning that it is the table's answer.
assert_answers() {
        run --separate-stderr portguard explain "$2" --from 203.0.113.9
        assert_status 0
        assert_output_has "$1 $2"
        assert_stderr_has 'is not what generation'
        run --separate-stderr portguard explain "$2" --from 203.0.113.9 --json
        assert_json ".verdict == \"$1\" and (.warnings[0].text | test(\"this answer is the table's\"))"
}

# The trial goes on: no command says that it is over, in the history least of all.
assert_on_trial() {
        run --separate-stderr portguard status --json
        assert_json '.state == "trial" and .generation == 2 and .trial.falls_back_to == 1'
        [ -z "$stderr" ] || fail 'nothing is expected on standard error'
        run --separate-stderr portguard history --json
        assert_json '.generations[0] | .generation == 2 and .state == "trial"'
}

# while_on_trial WHAT NFT-ARGUMENT...: what nft does while a trial is open is told, and gone when it is kept.
while_on_trial() {
        local what=$1

        shift
        nft "$@"
        for command in verify status 'explain tcp/9999 --from 203.0.113.9' doctor 'plan ssh'; do
                # shellcheck disable=SC2086 # several words
                run portguard $command
                assert_output_has "$what"
                assert_output_has 'portguard confirm, or portguard rollback and then portguard verify --repair'
        done
        run --separate-stderr portguard verify --json
        assert_status 6
        assert_json '.drift and .generation == 2'
        run --separate-stderr portguard status --json
        assert_json '.fault | test("somebody changed the table inet portguard")'
        assert_on_trial
        portguard confirm >/dev/null
        assert_verified
}

@test "a trial in which nobody changes anything is verified, extended or not" {
        apply_quietly --trial 2m ssh --egress strict
        assert_verified
        portguard extend 3m >/dev/null
        assert_verified
        portguard rollback --allow-lockout >/dev/null
        assert_verified
        apply_quietly ssh --egress strict
        apply_quietly --trial 2m ssh
        assert_verified
        assert_output_lacks 'somebody changed'
        portguard confirm >/dev/null
        assert_verified
        portguard disable >/dev/null
        apply_quietly --trial 2m ssh
        assert_verified
        run portguard status
        assert_output_lacks 'somebody changed'
}

@test "trial: a rule in front of the hook's is told, and does not end it" {
        apply_quietly --trial 2m ssh
        while_on_trial 'chain input, rule 1: not ours: tcp dport 9999 accept' \
                insert rule inet portguard input tcp dport 9999 accept
}

@test "trial: nor does one that lets in everything" {
        apply_quietly --trial 2m ssh
        while_on_trial 'chain input, rule 1: not ours: accept' insert rule inet portguard input accept
}

@test "trial: a rule between, and one behind" {
        apply_quietly --trial 2m ssh
        while_on_trial 'chain input, rule 2: not ours: tcp dport 9999 accept' \
                add rule inet portguard input position "$(handle_of input @trial)" tcp dport 9999 accept
}

@test "trial: one behind the others" {
        apply_quietly --trial 2m ssh
        while_on_trial 'chain input, rule 3: not ours: tcp dport 9999 accept' \
                add rule inet portguard input tcp dport 9999 accept
}

@test "trial: what somebody changed of it is not confirmed, and does not last longer for that" {
        local slot

        apply_quietly --trial 50s ssh
        slot=$(nft list chain inet portguard input | sed -nE 's/.*@trial goto input_([ab])$/\1/p')
        nft add element inet portguard "input_tcp_ports_$slot" '{ 9999 : accept }'
        for command in verify status doctor; do
                run portguard $command
                assert_output_has 'portguard rollback, and then portguard verify --repair'
                assert_output_lacks 'portguard confirm, or'
        done
        run --separate-stderr portguard confirm
        assert_status 4
        assert_stderr_has "somebody changed what is on trial (set input_tcp_ports_$slot: not ours: 9999 : accept)"
        assert_stderr_has 'portguard rollback takes it back'
        assert_on_trial
        run --separate-stderr portguard status --json
        assert_json '.trial.expires_in <= 50'
        portguard rollback >/dev/null
        assert_verified
}

@test "trial: one family's time that somebody changed is told" {
        apply_quietly --trial 2m ssh
        while_on_trial "the elements of the trial's set end at different times" \
                'delete element inet portguard trial { ipv4 }; add element inet portguard trial { ipv4 timeout 1h }'
}

# assert_witness_missed: nobody says that the trial is over while it is on, nor that nothing was changed.
assert_witness_missed() {
        local command

        for command in verify status doctor 'plan ssh'; do
                # shellcheck disable=SC2086 # several words
                run portguard $command
                assert_output_has "the trial's set does not have the elements that it was made with"
        done
        run portguard verify
        assert_status 6
        assert_output_has 'portguard rollback, and then portguard verify --repair'
        for command in confirm 'extend 1m'; do
                # shellcheck disable=SC2086 # several words
                run --separate-stderr portguard $command
                assert_status 4
                assert_stderr_has "somebody changed the trial's set"
                assert_stderr_has 'portguard rollback takes it back, then apply it again'
        done
        assert_on_trial
        portguard rollback >/dev/null
        assert_verified
}

@test "trial: one whose witness somebody deleted is not called over while it is on" {
        apply_quietly --trial 2m ssh
        nft delete element inet portguard trial '{ 1 }'
        assert_witness_missed
}

@test "trial: nor one whose time somebody made longer without it" {
        apply_quietly --trial 2m ssh
        nft 'delete element inet portguard trial { ipv4, ipv6 }; add element inet portguard trial { ipv4 timeout 1h, ipv6 timeout 1h }'
        assert_witness_missed
}

@test "trial: an element of nobody's in its set is told, and ends no confirm" {
        apply_quietly --trial 2m ssh
        while_on_trial "the trial's set does not have the elements that it was made with" \
                'add element inet portguard trial { 7 timeout 1h }'
}

# assert_after_trial TEXT FILTER: all that tell of the open trial say so of its end, as text and as JSON.
assert_after_trial() {
        for command in 'extend 2m' restore 'verify --repair' status; do
                # shellcheck disable=SC2086 # several words
                run portguard $command
                assert_output_has "$1"
                # shellcheck disable=SC2086
                run --separate-stderr portguard $command --json
                assert_json ".trial | $2"
        done
}

@test "trial: what it falls back to is not known where its record is gone" {
        apply_quietly --trial 2m ssh
        nft flush set inet portguard generation_a
        assert_after_trial 'and what it falls back to, a generation that is not known since its record is gone or was changed, is enforced.' \
                '.falls_back_to == null and .refuses_then == null'
        run portguard verify
        assert_line 'the record of what the trial falls back to is gone from the table, or was changed'
        assert_output_has 'to repair it: portguard confirm, or portguard confirm and then portguard apply PROFILE, with the options that it had'
}

@test "trial: when it is over, what came back is not called by a number that nobody knows" {
        apply_quietly --trial 2s ssh
        nft flush set inet portguard generation_a
        is_over() { run portguard status && [[ $output != *'On trial'* ]]; }
        until_true 20 is_over
        assert_output_has 'generation 2: its trial ended without a confirm: it was taken back; a generation that is not known is enforced'
}

@test "trial: one whose record somebody deleted goes on, for the history, too, and is not confirmed" {
        apply_quietly --trial 2m ssh
        nft flush set inet portguard generation_b
        run portguard status
        assert_output_has 'On trial: a generation that is not known'
        run --separate-stderr portguard confirm
        assert_status 4
        assert_stderr_has 'somebody deleted or changed the record of what is on trial: it is not confirmed, and goes on'
        portguard extend 3m >/dev/null
        run --separate-stderr portguard doctor
        assert_output_lacks 'generation 0'
        run --separate-stderr portguard apply ssh
        assert_status 4
        assert_stderr_has 'a generation that is not known is on trial for another'
        run --separate-stderr portguard history --json
        assert_json '.generations[0] | .generation == 2 and .state == "trial"'
        nft list set inet portguard trial2 | grep -q expires || fail 'the trial is over'
        portguard rollback --allow-lockout >/dev/null
        run --separate-stderr portguard history --json
        assert_json '.generations | map([.generation, .state]) == [[2, "ended"], [1, "confirmed"]]'
        assert_verified
}

@test "trial: who gets in afterwards is not known where what it falls back to was changed" {
        apply_quietly --trial 2m ssh
        nft flush chain inet portguard input_a
        assert_after_trial 'and what it falls back to, generation 1, was changed by somebody: who gets in then is not known.' \
                '.falls_back_to == 1 and .refuses_then == null'
        run --separate-stderr portguard status
        assert_line 'portguard rollback take it back now, to what somebody changed'
        run --separate-stderr portguard report --json
        assert_json '.html | test("was changed by somebody: who gets in then is not known")'
}

@test "trial: of a policy that somebody changed, its end is told by the apply, too" {
        nft flush chain inet portguard input_a
        run portguard apply --allow-lockout --trial 2m ssh
        assert_output_has 'and what it falls back to, generation 1, was changed by somebody'
}

@test "trial: so is that there is nothing to fall back to but a hook that refuses everything" {
        nft delete rule inet portguard input handle "$(handle_of input 'goto input_a')"
        run portguard apply --allow-lockout --trial 2m ssh
        assert_output_has 'and everything is refused, for somebody deleted the rule of what it falls back to'
        run portguard status
        assert_output_has 'and everything is refused, for somebody deleted the rule of what it falls back to'
}

@test "trial: the rule that it falls back to" {
        apply_quietly --trial 2m ssh
        nft delete rule inet portguard input handle "$(handle_of input 'goto input_a')"
        run --separate-stderr portguard verify
        assert_status 6
        assert_output_has 'chain input, rule 2: missing: goto input_a'
        run --separate-stderr portguard status
        assert_output_has 'and everything is refused, for somebody deleted the rule of what it falls back to.'
        run --separate-stderr portguard status --json
        assert_json '.trial | .falls_back_to == null and .refuses_then'
        run --separate-stderr portguard report --json
        assert_json '.html | test("and everything is refused, for somebody deleted the rule")'
        assert_after_trial 'and everything is refused, for somebody deleted the rule of what it falls back to.' \
                '.falls_back_to == null and .refuses_then'
        portguard confirm
        apply_quietly --trial 2m k8s-worker --group cluster=10.30.0.0/24
        run --separate-stderr portguard status --json
        assert_json '.trial | .falls_back_to != null and (.refuses_then | not)'
        portguard disable
        apply_quietly --trial 2m ssh
        run --separate-stderr portguard status --json
        assert_json '.trial | .falls_back_to == null and (.refuses_then | not)'
}

@test "trial: one of the two rules that it falls back to" {
        for hook in input output; do
                portguard disable
                apply_quietly ssh --egress strict
                apply_quietly --trial 2m ssh https --egress strict
                nft delete rule inet portguard "$hook" handle "$(handle_of "$hook" "goto ${hook}_a")"
                assert_after_trial 'was changed by somebody: who gets in then is not known.' '.refuses_then == null'
        done
}

@test "trial: rules of somebody's behind it decide when it ends, and that is told" {
        apply_quietly --trial 2m ssh
        nft delete rule inet portguard input handle "$(handle_of input 'goto input_a')"
        nft add rule inet portguard input accept
        run --separate-stderr portguard status
        assert_output_has 'and rules that somebody put into the input hook decide, for what it falls back to is gone'
        run --separate-stderr portguard status --json
        assert_json '.trial | .falls_back_to == null and .refuses_then == null'
        run --separate-stderr portguard report --json
        assert_json '.html | test("rules that somebody put into the input hook decide")'
}

@test "trial: one whose rule somebody deletes before its time has ended, one that lost an element has expired" {
        apply_quietly --trial 10m ssh
        nft delete rule inet portguard input handle "$(handle_of input '@trial goto')"
        run --separate-stderr portguard status
        assert_stderr_has 'generation 2: its trial has ended before its time: its rules were deleted; generation 1 is enforced'
        apply_quietly --trial 10m ssh
        nft delete element inet portguard trial '{ ipv4 }'
        run --separate-stderr portguard history --json
        assert_json '.generations | map([.generation, .state]) == [[3, "expired"], [2, "ended"], [1, "confirmed"]]'
        assert_verified
}

@test "trial: one that ends with nothing behind it has expired, for history, show and confirm, too" {
        apply_quietly --trial 2s ssh
        nft delete rule inet portguard input handle "$(handle_of input 'goto input_a')"
        has_ended() { portguard status --json | jq -e '.state == "changed"' >/dev/null; }
        until_true 20 has_ended
        run --separate-stderr portguard history --json
        assert_json '.generations | map(select(.generation == 2)) | .[0].state == "expired"'
        run --separate-stderr portguard show 2
        assert_output_lacks 'on trial'
        assert_output_has expired
        run --separate-stderr portguard confirm
        assert_status 4
        [[ $stderr == *'no trial is open (any more): somebody deleted the rule by which the input hook'*'everything is refused'* ]] ||
                fail "$stderr"
}

@test "an input hook that only has a rule of somebody's lets in what that does: nothing is called unreachable" {
        tool_serve tcp/7000 3>&- &
        nft 'flush chain inet portguard input; add rule inet portguard input accept'
        listens() { ss -Hltn 'sport = :7000' | grep -q .; }
        until_true 20 listens
        run --separate-stderr portguard audit --json --exit-code
        kill %1
        assert_status 10
        assert_json '.enforced == false and (.listening | map(select(.port == 7000)) | .[0].reachable_from != null)'
        run --separate-stderr portguard report --json
        assert_json '.html | test("its hooks may refuse packets, or let them in")'
}

# Whoever only looks opens nothing: the hook refuses what comes, and that is told.
assert_stays_closed() {
        for command in status 'explain tcp/22 --from 203.0.113.9' audit history; do
                # shellcheck disable=SC2086 # several words
                portguard $command >/dev/null 2>&1 || true
                nft list chain inet portguard input | grep -q 'policy drop' || fail "$command opened the host"
        done
        run --separate-stderr portguard status --json
        assert_json '.state == "changed" and (.fault | test("everything is refused"))'
        run --separate-stderr portguard verify --repair --allow-lockout
        assert_status 0
        run --separate-stderr portguard status --json
        assert_json '.state == "confirmed" and .generation == 1 and .fault == null'
        assert_verified
}

@test "trial: a hook that somebody emptied is not opened by looking" {
        apply_quietly --trial 2m ssh
        nft flush chain inet portguard input
        assert_stays_closed
}

@test "nor is an output hook, nor one of somebody's, when what is left of another slot is removed" {
        local free=a

        apply_strict
        [ "$(live_slot)" = b ] || free=b
        nft "flush chain inet portguard output; add chain inet portguard deny_$free
                add chain inet portguard theirs { type filter hook output priority 10; policy drop; }"
        run --separate-stderr portguard status
        assert_stderr_has 'was removed'
        run nft list chain inet portguard output
        assert_output_has 'policy drop'
        run nft list chain inet portguard theirs
        assert_output_has 'policy drop'
        portguard verify --repair --allow-lockout >/dev/null
        assert_verified
}

@test "trial: nor one that has nothing to fall back to any more" {
        apply_quietly --trial 1s ssh
        nft delete rule inet portguard input handle "$(handle_of input 'goto input_a')"
        until_true 20 trial_is_over
        assert_stays_closed
}

# Its elements are gone.
trial_is_over() {
        ! nft list set inet portguard trial | grep -q expires
}

@test "trial: rollback puts back the rule that it falls back to" {
        apply_quietly --trial 2m ssh --egress strict
        nft delete rule inet portguard input handle "$(handle_of input 'goto input_a')"
        run --separate-stderr portguard rollback --json
        assert_status 0
        assert_json '.state == "confirmed" and .generation == 1'
        assert_verified
        portguard disable >/dev/null
        apply_quietly --trial 2m ssh
        portguard rollback >/dev/null
        run nft list tables
        assert_output_lacks portguard
}

@test "trial: a chain that is hooked in" {
        apply_quietly --trial 2m ssh
        while_on_trial 'chain theirs: not ours' \
                add chain inet portguard theirs '{ type filter hook input priority 10; policy accept; }'
}

@test "trial: a policy that was turned" {
        apply_quietly --trial 2m ssh
        while_on_trial 'chain input: its policy is accept, should be drop' \
                chain inet portguard input '{ policy accept; }'
}

@test "trial: a set of nobody's" {
        apply_quietly --trial 2m ssh
        while_on_trial 'set theirs: not ours' add set inet portguard theirs '{ type ipv4_addr; }'
}

@test "trial: the policy that it falls back to" {
        apply_quietly --trial 2m ssh
        nft add element inet portguard input_tcp_ports_a '{ 9999 : accept }'
        for command in verify status doctor; do
                run portguard $command
                assert_output_has 'what the trial falls back to is not what was enforced'
                assert_output_has 'portguard confirm, or portguard confirm and then portguard apply k8s-worker, with the options that it had'
                assert_output_lacks rollback\ and
        done
        assert_on_trial
        nft add element inet portguard input_tcp_ports_b '{ 9999 : accept }'
        run --separate-stderr portguard verify
        assert_status 6
        assert_line 'set input_tcp_ports_b: not ours: 9999 : accept'
        assert_output_has 'what the trial falls back to is not what was enforced'
}

@test "somebody added to the record of the generation: it is not called deleted" {
        nft add element inet portguard generation_a '{ 0x7 . 0x7 }'
        run portguard status
        assert_output_has 'enforced: a generation that is not known, since its record in the table is gone or was changed'
        run portguard explain tcp/22 --from 192.0.2.9
        assert_output_has 'since somebody deleted or changed that record'
        run portguard apply --keep-options k8s-worker
        assert_output_has 'since somebody deleted or changed that record'
        run portguard verify
        assert_output_has "the generation's record is gone from the table, or was changed"
}

@test "a record that somebody added to is made anew by a repair, and by an apply" {
        nft add element inet portguard generation_a '{ 0x7 . 0x7 }'
        portguard verify --repair >/dev/null || fail 'not repaired'
        assert_verified
        run portguard status
        assert_output_has 'enforced: generation 1 (k8s-worker)'
        nft add element inet portguard "generation_$(live_slot)" '{ 0x7 . 0x7 }'
        apply_quietly k8s-worker --group cluster=10.30.0.0/24
        assert_verified
        run portguard status
        assert_output_has 'enforced: generation 2 (k8s-worker)'
}

@test "somebody deleted the record of the generation: no number is made up" {
        nft flush set inet portguard generation_a
        run --separate-stderr portguard status
        assert_output_has 'enforced: a generation that is not known'
        assert_output_has 'verify --repair'
        assert_output_lacks 'generation 0'
        run --separate-stderr portguard explain tcp/22 --from 192.0.2.9
        assert_stderr_has 'does not say which generation made it'
        run --separate-stderr portguard apply --keep-options k8s-worker
        assert_status 4
        assert_stderr_has 'somebody deleted or changed that record: portguard verify --repair'
        run --separate-stderr portguard verify --repair
        run --separate-stderr portguard status
        assert_output_has 'enforced: generation 1 (k8s-worker)'
}
