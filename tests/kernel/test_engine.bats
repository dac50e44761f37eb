#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The transaction: what is written when, what others did to the table, who else writes.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common

setup() {
        kernel_setup
        nft flush ruleset
}

teardown() {
        nft flush ruleset
}

# --- what is written ---

@test "apply without a change writes nothing: no batch is sent, the generation id stays" {
        local before

        apply_quietly k8s-worker
        before=$(genid)
        strace -f -e trace=sendmsg -o "$BATS_TEST_TMPDIR/trace" "$PORTGUARD" apply k8s-worker >/dev/null
        [ "$(genid)" = "$before" ] || fail "the generation moved"
        ! grep -F 'sendmsg(' "$BATS_TEST_TMPDIR/trace" || fail "a batch was sent"
        # The trace would show one.
        strace -f -e trace=sendmsg -o "$BATS_TEST_TMPDIR/trace" "$PORTGUARD" apply k8s-worker https >/dev/null
        grep -qF 'sendmsg(' "$BATS_TEST_TMPDIR/trace"
        [ "$(genid)" != "$before" ]
}

@test "plan, status, show and verify write nothing" {
        local before

        apply_quietly ssh
        before=$(genid)
        portguard plan k8s-worker >/dev/null
        portguard status >/dev/null
        portguard show >/dev/null
        portguard verify >/dev/null
        [ "$(genid)" = "$before" ] || fail "the generation moved"
}

@test "a dry run leaves no table and no generation, and no change of the one that is there" {
        local before

        before=$(genid)
        apply_quietly --dry-run k8s-worker
        [ -z "$(nft list tables)" ] || fail "there is a table"
        [ "$(genid)" = "$before" ] || fail "the generation moved"
        apply_quietly ssh
        before=$(genid)
        ours >"$BATS_TEST_TMPDIR/before"
        apply_quietly --dry-run k8s-worker https --egress strict
        apply_quietly --dry-run ssh https
        [ "$(genid)" = "$before" ] || fail "the generation moved"
        ours | cmp - "$BATS_TEST_TMPDIR/before"
}

# The names and handles of all objects, without elements.
objects() {
        ours | sed -nE 's/^[[:space:]]*(chain|set|map|.*# handle)/&/p' | grep -v elements
}

@test "an address more is one element of its set: no chain, rule or set is made anew" {
        apply_quietly k8s-worker --group cluster=192.0.2.1,192.0.2.9,198.51.100.0/24
        objects >"$BATS_TEST_TMPDIR/before"
        run --separate-stderr portguard apply k8s-worker --group cluster=192.0.2.1,192.0.2.9,203.0.113.7,198.51.100.0/24 --json
        assert_status 0
        assert_json '.method == "elements" and .elements_added > 0 and .elements_deleted == 0'
        objects | cmp - "$BATS_TEST_TMPDIR/before"
        assert_verified
        run --separate-stderr portguard apply k8s-worker --group cluster=192.0.2.1,203.0.113.7,198.51.100.0/24 --json
        assert_json '.method == "elements" and .elements_added == 0 and .elements_deleted > 0'
        objects | cmp - "$BATS_TEST_TMPDIR/before"
        assert_verified
}

# nets: the names of the sets of prefixes of the group cluster, in the live slot.
nets() {
        nft list sets inet | sed -nE 's/^\s*set (cluster_v[46]nets\S*) \{/\1/p' | paste -sd' '
}

@test "a prefix more replaces the set of prefixes alone, and the other name is used in turn" {
        local slot

        apply_quietly k8s-worker --group cluster=192.0.2.1,198.51.100.0/24
        slot=$(live_slot)
        [ "$(nets)" = "cluster_v4nets_$slot" ]
        run --separate-stderr portguard apply k8s-worker --group cluster=192.0.2.1,198.51.100.0/24,203.0.113.0/24 --json
        assert_json '.method == "groups" and .elements_added > 0 and .elements_deleted == 0'
        [ "$(nets)" = "cluster_v4nets-2_$slot" ]
        assert_verified
        run --separate-stderr portguard apply k8s-worker --group cluster=192.0.2.1,198.51.100.0/24,203.0.113.0/24 --json
        assert_json '.changed == false'
        run --separate-stderr portguard apply k8s-worker --group cluster=192.0.2.1,198.51.100.0/25 --json
        assert_json '.method == "groups"'
        [ "$(nets)" = "cluster_v4nets_$slot" ]
        assert_verified
        [ "$(live_slot)" = "$slot" ]
}

@test "an address that goes from the single ones to a prefix is in one of both sets all the time" {
        apply_quietly k8s-worker --group cluster=192.0.2.1,203.0.113.9,198.51.100.0/24
        run --separate-stderr portguard apply k8s-worker --group cluster=192.0.2.1,203.0.113.0/24,198.51.100.0/24 --json
        assert_json '.method == "groups"'
        # Both are replaced: no key is deleted that a packet in the old rules may look for.
        nft list sets inet | grep -q 'set cluster_v4-2_'
        nft list sets inet | grep -q 'set cluster_v4nets-2_'
        assert_verified
}

@test "a port more is a slot change: its map is never changed while rules lead to it" {
        apply_quietly ssh
        run --separate-stderr portguard apply ssh https --json
        assert_json '.method == "slot"'
        assert_verified
}

@test "a set that a dead run filled, and nothing looks into, is removed by the next command" {
        local slot

        apply_quietly k8s-worker --group cluster=192.0.2.1,198.51.100.0/24
        slot=$(live_slot)
        for command in status 'apply k8s-worker --group cluster=192.0.2.1,203.0.113.0/24'; do
                nft add set inet portguard "cluster_v4nets-2_$slot" \
                        '{ type ipv4_addr; flags interval; elements = { 100.64.0.0/10 }; }'
                run --separate-stderr portguard $command
                assert_status 0
                ! nft list table inet portguard | grep 100.64.0.0 || fail "it is still there"
                assert_verified
        done
}

@test "anything else goes to the free slot, and nothing of the old one stays" {
        apply_quietly ssh
        [ "$(live_slot)" = a ]
        run --separate-stderr portguard apply k8s-worker --set ssh_from=internal --json
        assert_json '.method == "slot"'
        [ "$(live_slot)" = b ]
        ! ours | grep -E '(_a|_a_v[46]) ' || fail "slot a is still there"
        apply_quietly ssh
        [ "$(live_slot)" = a ]
        assert_verified
}

@test "egress goes from open to strict and back, again and again" {
        for egress in strict open strict open; do
                run --separate-stderr portguard apply ssh --egress $egress
                assert_status 0
                assert_verified
        done
}

# --- interrupted runs ---

# A generation of the free slot as a run leaves it that died before its flip.
leave_half_a_slot() {
        local free=b

        [ "$(live_slot)" != b ] || free=a
        sed "s/_b /_${free} /g; s/_b;/_${free};/g" <<'NFT' | nft -f -
table inet portguard {
        set cluster_v4_b { type ipv4_addr; flags interval; elements = { 192.0.2.0/24 }; }
        chain deny_b { drop; }
        chain from_cluster_b { ip saddr @cluster_v4_b accept; goto deny_b; }
        map input_tcp_ports_b {
                type inet_service : verdict
                flags interval
                elements = { 22 : accept, 10250 : goto from_cluster_b }
        }
        chain input_b { ct state established accept; goto deny_b; }
}
NFT
}

@test "I2: what a dead run left is removed by the next command of any kind, which says so" {
        local command

        apply_quietly ssh
        for command in status history show plan verify 'plan --against 1' 'show 1'; do
                leave_half_a_slot
                # shellcheck disable=SC2086 # words
                [ "$command" = plan ] && command='plan ssh' || [ "$command" != 'plan --against 1' ] ||
                        command='plan ssh --against 1'
                # shellcheck disable=SC2086 # words
                run --separate-stderr portguard $command
                assert_status 0
                assert_stderr_has "what an interrupted run, or somebody else, left in the kernel was removed"
                ! ours | grep -E '_b ' || fail "$command: slot b is still there"
                # shellcheck disable=SC2086 # words
                run --separate-stderr portguard $command
                [ -z "$stderr" ] || fail "$command: told twice"
        done
        leave_half_a_slot
        run --separate-stderr portguard apply ssh
        assert_status 0
        assert_output_has "repaired: removed what an interrupted run, or somebody else, left"
        ! ours | grep -E '_b ' || fail "slot b is still there"
        assert_verified
}

@test "what a dead run left is in nobody's way: a port more, another role, first apply" {
        apply_quietly ssh
        leave_half_a_slot
        apply_quietly ssh https
        assert_verified
        leave_half_a_slot
        apply_quietly k8s-worker
        assert_verified
        nft flush ruleset
        nft add table inet portguard
        leave_half_a_slot
        run --separate-stderr portguard apply ssh
        assert_status 0
        assert_output_has "repaired: "
        assert_verified
}

digest() {
        portguard status --json | jq -r '.digest // "off"'
}

# What verify says of a table whose new policy is in force, and whose old one was not cleared away: the old
# rule behind the new in a hook, which it does not reach any more.
tolerated='belong to no generation in force|does not hold what was enforced;|: not ours$'
tolerated+='|: not ours: goto (in|out)put_[ab]$'

# What the kernel holds is one of the two, whole: what was left of the other apart.
assert_old_or_new() {
        local digest

        digest=$(digest)
        [ "$digest" = "$1" ] || [ "$digest" = "$2" ] || fail "$3: neither the old nor the new policy holds"
        [ "$digest" != off ] || return 0
        run --separate-stderr portguard verify
        [ "$status" -ne 0 ] || return 0
        assert_status 6
        grep -vE "$tolerated" <<<"$output" && fail "$3: the policy in force is damaged"
        assert_output_has "belong to no generation in force"
}

# After an apply that was disturbed, and yet did it, at most the old slot is left, and that is told.
assert_done() {
        [ "$(digest)" = "$1" ] || fail "$2: it said that it was done"
        leftovers=$output
        run --separate-stderr portguard verify
        [ "$status" -eq 0 ] || [[ $leftovers == *"repaired: what was before could not be tidied up"* ]] ||
                fail "$2: it said that it was done, and nothing else"
}

# interrupt CALL:INJECTION SETTLE APPLY...: runs the apply with the injection at the first, second, ... such
# call until there are no more, each time from the state that SETTLE makes. The rest is the arguments of the
# apply. $after_failure, if set, is run with the old digest, the call, and what was said.
interrupt() {
        local injection=$1 settle=$2 trace=$BATS_TEST_TMPDIR/trace n=0 old new said leftovers

        shift 2
        $settle
        old=$(digest)
        apply_quietly "$@"
        new=$(digest)
        [ "$old" != "$new" ]
        while ((++n)); do
                $settle
                run --separate-stderr strace -f -qq -o "$trace" -e "trace=${injection%%:*}" \
                        -e "inject=${injection/:/:when=$n:}" "$PORTGUARD" apply "$@"
                said=$stderr
                if [ "$status" -ne 0 ]; then
                        assert_old_or_new "$old" "$new" "$injection, call $n"
                        "${after_failure:-true}" "$old" "$n" "$said"
                elif grep -q INJECTED "$trace"; then
                        assert_done "$new" "$injection, call $n"
                else
                        break
                fi
                run --separate-stderr portguard apply "$@"
                assert_status 0
                [ "$(digest)" = "$new" ] || fail "$injection, call $n: the next apply did not do it"
                assert_verified
        done
        [ $n -gt 1 ] || fail "$injection never happened"
        assert_verified
}

off() {
        nft flush ruleset
}

only_ssh() {
        apply_quietly ssh
}

@test "killed at each batch of an apply that opens a port" {
        interrupt sendmsg:signal=KILL only_ssh ssh https
        interrupt recvmsg:signal=KILL only_ssh ssh https
}

# hook_policies: of all hooks, in a line.
hook_policies() {
        nft list table inet portguard | sed -n 's/.*hook .*policy \(.*\);/\1/p' | xargs
}

# The third batch gives the new hooks the policy to drop.
@test "a first apply that ends before its hooks drop by policy: who looks next sees to it" {
        local end

        echo 'egress: strict' >"$BATS_TEST_TMPDIR/strict.yaml"
        for end in signal=KILL error=ENOBUFS; do
                off
                run --separate-stderr strace -qq -o /dev/null -e "inject=sendmsg:$end:when=3" \
                        "$PORTGUARD" apply ssh --site "$BATS_TEST_TMPDIR/strict.yaml"
                [ "$end" = signal=KILL ] || assert_output_has 'repaired: what was before could not be tidied up'
                [ "$(hook_policies)" = 'accept accept' ] || fail "$end: the third batch is another"
                run --separate-stderr portguard status
                assert_stderr_has 'an earlier run was interrupted; what is enforced and the history agree'
                [ "$(hook_policies)" = 'drop drop' ] || fail "$end: the hooks drop nothing by policy"
                assert_verified
        done
}

# I6
nothing_changed() {
        [ "$(digest)" = "$1" ] || fail "call $2: it failed, and yet the policy changed"
        [ "$(grep -c '^portguard: ' <<<"$3")" = 1 ] || fail "call $2: expected one message: $3"
        [ "$1" = off ] || assert_verified
}

@test "a batch that cannot be sent: one message, nothing changed" {
        local after_failure=nothing_changed

        interrupt sendmsg:error=ENOBUFS only_ssh k8s-worker
        interrupt sendmsg:error=EMSGSIZE only_ssh k8s-worker
        interrupt sendmsg:error=EPERM off ssh
}

@test "an answer that is lost (ENOBUFS) is no failure: what the kernel holds is read back" {
        local call calls trace=$BATS_TEST_TMPDIR/trace

        apply_quietly ssh
        # Those to a batch are the ones that are not waited for.
        strace -f -qq -o "$trace" -e trace=recvmsg "$PORTGUARD" apply k8s-worker >/dev/null
        mapfile -t calls < <(grep -n 'MSG_DONTWAIT' "$trace" | cut -d : -f 1)
        [ ${#calls[@]} -ge 3 ] || fail "expected the answers to three batches at least"
        for call in "${calls[@]}"; do
                apply_quietly ssh
                run --separate-stderr strace -f -qq -o /dev/null -e "inject=recvmsg:error=ENOBUFS:when=$call" \
                        "$PORTGUARD" apply k8s-worker
                assert_status 0
                assert_verified
        done
}

# --- what others did ---

# drifted PATTERN NFT-COMMAND...: after the command, verify tells it, and apply puts it right.
drifted() {
        local pattern=$1

        shift
        apply_quietly k8s-worker --group cluster=198.51.100.0/24
        assert_verified
        nft "$@"
        run --separate-stderr portguard verify
        assert_status 6
        assert_output_has "$pattern"
        run --separate-stderr portguard verify --json
        assert_json '.drift and .enforced and (.differences | length > 0)'
        run --separate-stderr portguard apply k8s-worker --group cluster=198.51.100.0/24
        assert_status 0
        assert_verified
        run --separate-stderr portguard apply k8s-worker --group cluster=198.51.100.0/24
        assert_output_has "nothing was written to the kernel"
}

# As drifted, for whichever slot is live: SLOT stands for it in the command.
drifted_slot() {
        apply_quietly k8s-worker --group cluster=198.51.100.0/24
        drifted "${@//SLOT/$(live_slot)}"
}

@test "drift: a foreign rule in front of ours" {
        drifted_slot 'tcp dport 23 accept' insert rule inet portguard input_SLOT tcp dport 23 accept
}

@test "drift: a foreign rule behind the port lookup" {
        drifted_slot 'chain deny_SLOT' insert rule inet portguard deny_SLOT accept
}

@test "drift: a foreign rule in the hook itself" {
        drifted_slot 'chain input, rule' insert rule inet portguard input accept
        drifted_slot 'chain input, rule' add rule inet portguard input counter
}

@test "drift: a rule that portguard has no form for" {
        drifted_slot 'chain input_SLOT, rule' insert rule inet portguard input_SLOT meta mark set 7
}

@test "drift: a port added to the map" {
        drifted_slot 'not ours: 23 : accept' \
                add element inet portguard input_tcp_ports_SLOT '{ 23 : accept }'
}

@test "drift: a port taken out of the map" {
        drifted_slot 'missing: 22 comment "ssh/ssh" : goto accepted_SLOT' \
                delete element inet portguard input_tcp_ports_SLOT '{ 22 }'
}

@test "drift: an address added to a group" {
        drifted_slot 'set cluster_v4nets_SLOT: not ours: 203.0.113.0/24' \
                add element inet portguard cluster_v4nets_SLOT '{ 203.0.113.0/24 }'
}

@test "drift: a foreign set, map or chain" {
        drifted_slot 'set theirs: not ours' add set inet portguard theirs '{ type ipv4_addr; }'
        drifted_slot 'theirs: not ours' add map inet portguard theirs '{ type ipv4_addr : verdict; }'
        drifted_slot 'chain theirs: not ours' add chain inet portguard theirs
}

@test "drift: a foreign base chain" {
        drifted_slot 'chain theirs: not ours' \
                add chain inet portguard theirs '{ type filter hook input priority -5; policy accept; }'
}

@test "drift: the policy of the hook is accept" {
        drifted_slot 'chain input: its policy is accept, should be drop' \
                add chain inet portguard input '{ policy accept; }'
}

@test "drift: the rules of the hook are gone" {
        drifted_slot 'no hook goes to a generation' flush chain inet portguard input
}

@test "drift: the rules of the slot are gone" {
        drifted_slot 'chain input_SLOT, rule' flush chain inet portguard input_SLOT
}

@test "drift: the table is dormant" {
        drifted 'the table is dormant: nothing is enforced' add table inet portguard '{ flags dormant; }'
}

@test "drift: the record is gone" {
        drifted_slot "the generation's record is gone" flush set inet portguard generation_SLOT
}

@test "somebody's 'nft flush ruleset': verify says that nothing is enforced, apply enforces it again" {
        apply_quietly ssh
        nft flush ruleset
        run --separate-stderr portguard verify
        assert_status 6
        assert_output_has "nothing is enforced, though generation 1 should be"
        run --separate-stderr portguard plan ssh
        assert_output_has "to repair: somebody removed the table inet portguard"
        assert_output_has "generation 1 should be enforced"
        assert_output_lacks "portguard is off"
        run --separate-stderr portguard plan --json ssh
        assert_json '.state == "off" and (.repaired[0] | test("generation 1 should be enforced"))'
        for looking in 'show' 'show --format nft' 'show --format dot' 'status' 'audit' 'report -o -'; do
                # shellcheck disable=SC2086 # several words
                run --separate-stderr portguard $looking
                assert_output_has "generation 1 should be"
                assert_output_lacks "portguard is off"
        done
        run --separate-stderr portguard explain tcp/99 --from 192.0.2.1
        assert_stderr_has "generation 1 should be"
        run --separate-stderr portguard apply ssh
        assert_status 0
        assert_output_has "repaired: somebody removed the table inet portguard"
        assert_output_has "No policy was enforced: from now on"
        assert_verified
        # What the history wanted off is off.
        portguard disable >/dev/null
        run --separate-stderr portguard plan ssh
        assert_output_has "portguard is off"
        assert_output_lacks "to repair"
}

# assert_hooks: the base chains are those of a policy that leaves egress open.
assert_hooks() {
        local hooks

        hooks=$(nft -j list chains inet | jq -r '.nftables[].chain | select(.hook) | "\(.name) \(.type) \(.hook) \(.prio)"')
        [ "$hooks" = "input filter input 0" ] || fail "the hooks: $hooks"
}

# assert_cleared NAME: the chain of that name is in the way of neither a dry run nor apply.
assert_cleared() {
        ours >"$BATS_TEST_TMPDIR/before"
        run --separate-stderr portguard apply --allow-lockout --dry-run ssh
        assert_status 0
        assert_output_has 'The kernel accepts this'
        ours | cmp - "$BATS_TEST_TMPDIR/before"
        run --separate-stderr portguard apply --allow-lockout ssh
        assert_status 0
        assert_output_has "repaired: somebody made the chain $1 of the table inet portguard with another type, hook or priority"
        assert_hooks
        assert_verified
        nft flush ruleset
}

@test "a chain of the name of a hook that is none is no obstacle to apply" {
        local chain

        for chain in 'forward priority 0; policy drop' 'output priority 0; policy drop' 'input priority 5' 'prerouting priority 0'; do
                nft add table inet portguard
                nft add chain inet portguard input "{ type filter hook $chain; }"
                assert_cleared input
        done
        nft add table inet portguard
        nft add chain inet portguard input '{ type nat hook input priority 0; policy accept; }'
        assert_cleared input
        nft add table inet portguard
        nft add chain inet portguard output '{ type route hook output priority 0; policy accept; }'
        assert_cleared output
        nft -f - <<<'table inet portguard { chain input { }; chain theirs { type filter hook input priority 3; jump input; }; }'
        assert_cleared input
}

@test "nor to what brings the last generation back, and doctor speaks of no kernel" {
        local command

        apply_quietly ssh
        for command in restore 'verify --repair' rollback 'apply ssh'; do
                nft flush ruleset
                nft add table inet portguard
                nft add chain inet portguard input '{ type filter hook forward priority 0; policy drop; }'
                run --separate-stderr portguard status
                assert_output_has 'somebody made the chain input of the table inet portguard with another type, hook or priority'
                assert_output_has 'portguard verify --repair repairs it'
                run --separate-stderr portguard doctor
                assert_output_lacks 'boot a kernel'
                # shellcheck disable=SC2086 # words
                run --separate-stderr portguard $command --allow-lockout
                assert_status 0
                assert_output_lacks 'repairs it'
                assert_hooks
                assert_verified
        done
}

# moved: the hook `input` goes where it went, five priorities later.
moved() {
        nft -s list table inet portguard | sed 's/hook input priority filter;/hook input priority 5;/' >"$BATS_TEST_TMPDIR/moved"
        nft delete table inet portguard
        nft -f "$BATS_TEST_TMPDIR/moved"
}

@test "a hook that somebody moved is moved back" {
        apply_quietly ssh
        moved
        run --separate-stderr portguard verify
        assert_status 6
        assert_output_has 'chain input: has another type, hook or priority'
        run --separate-stderr portguard verify --repair
        assert_status 0
        assert_hooks
        assert_verified
}

@test "a trial whose hook somebody moved is refused to be confirmed, and is taken back" {
        apply_quietly ssh
        apply_quietly --trial 60s ssh https
        moved
        run --separate-stderr portguard confirm
        assert_status 4
        assert_stderr_has 'somebody changed what is on trial (chain input: has another type, hook or priority)'
        run --separate-stderr portguard rollback
        assert_status 6
        run --separate-stderr portguard verify --repair
        assert_status 0
        assert_hooks
        assert_verified
}

@test "a set of the name of one of ours that is another is named, with what removes it" {
        nft add table inet portguard
        nft add set inet portguard denied4 '{ type inet_proto; }'
        run --separate-stderr portguard apply ssh
        assert_status 1
        assert_stderr_has 'somebody made the set denied4 of the table inet portguard with another type'
        assert_stderr_has 'portguard disable removes it'
        portguard disable
        apply_quietly ssh
        assert_verified
}

@test "a dry run on a table that is empty and dormant says what apply would do, and wakes nothing up" {
        apply_quietly ssh
        nft flush ruleset
        nft add table inet portguard '{ flags dormant; }'
        run --separate-stderr portguard apply --allow-lockout --dry-run ssh --egress strict
        assert_status 0
        assert_output_has 'The kernel accepts this'
        [[ $(nft list table inet portguard) == *dormant* ]] || fail 'it is awake'
        apply_quietly ssh --egress strict
        assert_verified
}

# A set and a rule that holds it: either alone is put right.
@test "the kernel says EBUSY: the message names what is held and the advice, and nothing changed" {
        apply_quietly ssh
        nft add set inet portguard theirs '{ type ipv4_addr; }'
        nft insert rule inet portguard input_a ip saddr @theirs accept
        ours >"$BATS_TEST_TMPDIR/before"
        run --separate-stderr portguard apply ssh
        if [ "$status" -eq 0 ]; then
                assert_verified
                ! ours | grep theirs || fail "it is still there"
                return
        fi
        assert_status 1
        assert_stderr_has "deleting the set theirs: somebody else's rule refers to it"
        assert_stderr_has "EBUSY"
        ours | cmp - "$BATS_TEST_TMPDIR/before"
}

# --- other tables ---

make_other_tables() {
        nft -f - <<'NFT'
table ip theirs {
        counter hits { packets 5 bytes 300 }
        quota month { over 25 mbytes used 7 mbytes }
        limit slow { rate 3/second burst 5 packets }
        set singles { type ipv4_addr; elements = { 192.0.2.1, 192.0.2.2 } }
        set ranges { type ipv4_addr; flags interval; auto-merge; elements = { 10.0.0.0/8, 192.168.0.0/16 } }
        set pairs { type ipv4_addr . inet_service; flags interval; elements = { 192.0.2.0/24 . 80-90 } }
        set lately { type ipv4_addr; size 100; flags dynamic,timeout; timeout 1h; }
        map ports { type inet_service : verdict; elements = { 22 : accept, 23 : jump inner } }
        map marks { type ipv4_addr : mark; elements = { 192.0.2.1 : 7 } }
        chain inner { counter name "hits" comment "theirs"; }
        chain input { type filter hook input priority 10; policy accept; tcp dport vmap @ports; }
        chain nat { type nat hook prerouting priority dstnat; policy accept; tcp dport 8080 redirect to :80; }
}
table inet filter {
        chain input { type filter hook input priority filter; policy accept; counter packets 3 bytes 9; }
        chain forward { type filter hook forward priority filter; policy accept; iifname "br0" drop; }
        chain output { type filter hook output priority filter; policy accept; ct state invalid drop; }
}
table ip6 portguard {
        chain input { type filter hook input priority 0; tcp dport 1 drop; }
}
table bridge theirs {
        chain input { type filter hook input priority 0; policy accept; }
}
table arp theirs {
        chain input { type filter hook input priority 0; policy accept; }
}
NFT
}

other_tables() {
        for table in 'ip theirs' 'inet filter' 'ip6 portguard' 'bridge theirs' 'arp theirs'; do
                # shellcheck disable=SC2086 # family and name
                nft -a list table $table || return 1
        done
}

@test "no other table is touched, handles and counters included, by anything" {
        make_other_tables
        other_tables >"$BATS_TEST_TMPDIR/before"
        unchanged() { other_tables | cmp - "$BATS_TEST_TMPDIR/before" || fail "changed by: $*"; }
        step() {
                "$@" >/dev/null || fail "failed: $*"
                unchanged "$@"
        }

        step portguard apply --dry-run ssh
        step portguard apply ssh
        step portguard apply ssh https
        step portguard apply k8s-worker
        step portguard apply openstack-all-in-one --with all
        step portguard apply k8s-worker --egress strict
        step portguard verify
        step portguard apply ssh --egress open
        leave_half_a_slot
        step portguard apply ssh
        nft add table inet portguard '{ flags dormant; }'
        step portguard apply ssh
        strace -f -qq -o /dev/null -e inject=sendmsg:signal=KILL:when=2 "$PORTGUARD" apply k8s-worker >/dev/null || true
        unchanged killed
        step portguard apply k8s-worker
        step portguard disable
        [ "$(nft list tables | wc -l)" = 5 ]
        # The comparison would show a change.
        nft add element ip theirs singles '{ 192.0.2.3 }'
        ! other_tables | cmp -s - "$BATS_TEST_TMPDIR/before"
}

# --- two writers ---

@test "a second apply says who is at work, and how to wait; nothing changed" {
        local before

        before=$(genid)
        exec 9<>"$PORTGUARD_STATE/lock"
        flock 9
        echo $BASHPID >&9
        run --separate-stderr portguard apply ssh
        assert_status 1
        [ "$(wc -l <<<"$stderr")" = 1 ] || fail "one message"
        assert_stderr_has "another portguard is at work in $PORTGUARD_STATE: process $BASHPID bash"
        assert_stderr_has "--wait"
        run --separate-stderr portguard disable
        assert_status 1
        [ "$(genid)" = "$before" ] || fail "something was written"
        # What only reads does not ask for the lock.
        run --separate-stderr portguard plan ssh
        assert_status 0
        run --separate-stderr portguard apply --dry-run ssh
        assert_status 0
        exec 9>&-
        apply_quietly ssh
}

has_open() {
        [ -n "$(find "/proc/$1/fd" -lname "$2" 2>/dev/null)" ]
}

@test "a second apply with --wait waits for the first" {
        local waiting

        exec 9<>"$PORTGUARD_STATE/lock"
        flock 9
        "$PORTGUARD" apply --wait 60s ssh 3>&- 9>&- >/dev/null &
        waiting=$!
        until_true 20 has_open $waiting "$PORTGUARD_STATE/lock"
        kill -0 $waiting
        [ -z "$(nft list tables)" ] || fail "it did not wait"
        exec 9>&-
        wait $waiting
        assert_verified
}

@test "--wait ends by its time" {
        exec 9<>"$PORTGUARD_STATE/lock"
        flock 9
        run --separate-stderr portguard apply --wait 200ms ssh
        [ "$status" -ne 2 ] || run --separate-stderr portguard apply --wait 1s ssh
        assert_status 1
        assert_stderr_has "another portguard is at work"
}

@test "many at once: each is done or says that another is at work; the end is whole" {
        local pids=() done=0 code

        for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
                if ((i % 2)); then
                        "$PORTGUARD" apply ssh https
                else
                        "$PORTGUARD" apply k8s-worker
                fi >/dev/null 2>"$BATS_TEST_TMPDIR/error$i" 3>&- &
                pids+=($!)
        done
        for i in "${!pids[@]}"; do
                code=0
                wait "${pids[i]}" || code=$?
                if [ $code -eq 0 ]; then
                        ((++done))
                        continue
                fi
                [ $code -eq 1 ] || fail "ended with $code"
                grep -q 'another portguard is at work' "$BATS_TEST_TMPDIR/error$((i + 1))" ||
                        fail "$(cat "$BATS_TEST_TMPDIR/error$((i + 1))")"
        done
        [ $done -gt 0 ]
        assert_verified
}

@test "many at once with --wait: all are done" {
        local pids=()

        for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
                if ((i % 2)); then
                        "$PORTGUARD" apply --wait 60s ssh
                else
                        "$PORTGUARD" apply --wait 60s k8s-worker --egress strict
                fi >/dev/null 3>&- &
                pids+=($!)
        done
        for pid in "${pids[@]}"; do
                wait "$pid"
        done
        assert_verified
}

# Another writer of the namespace, who is not ours and knows no lock of ours.
foreign_commits() {
        while [ -e "$BATS_TEST_TMPDIR/busy" ]; do
                nft 'add table ip foreign; add set ip foreign s { type ipv4_addr; }; delete table ip foreign'
        done
}

@test "others commit all the while: every apply comes through, whole" {
        local others before

        touch "$BATS_TEST_TMPDIR/busy"
        foreign_commits 3>&- &
        others=$!
        before=$(genid)
        moved() { [ "$(genid)" != "$before" ]; }
        until_true 20 moved
        for i in 1 2 3 4 5 6 7 8 9 10; do
                run --separate-stderr portguard apply k8s-worker
                assert_status 0
                run --separate-stderr portguard apply ssh
                assert_status 0
                run --separate-stderr portguard apply ssh https
                assert_status 0
        done
        kill -0 $others
        rm "$BATS_TEST_TMPDIR/busy"
        wait $others
        assert_verified
}

# Closing a socket of nf_tables waits until the kernel has freed what was deleted.
@test "what a change did is said before it closes the sockets to nf_tables" {
        apply_quietly ssh
        strace -qq -e trace=socket,write,close -o "$BATS_TEST_TMPDIR/calls" "$PORTGUARD" apply ssh https >/dev/null
        run awk '
                /^socket\(.*NETLINK_NETFILTER\)/ { is_open[$NF] = 1; opened++ }
                /^close\(/ { fd = substr($1, 7) + 0; if (is_open[fd]) { is_open[fd] = 0; print said ? "late" : "early" } }
                /^write\(1,/ { said = 1 }
                END { print opened }' "$BATS_TEST_TMPDIR/calls"
        [ "$output" = $'late\nlate\n2' ] || fail "$output"
}
