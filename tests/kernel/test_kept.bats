#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# explain reads the table once; after that the kernel's generation id says that what was in force still is.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common

setup() {
        kernel_setup
        printf 'egress: open\ngroups:\n  cluster: [10.0.0.0/24]\n  control-plane: [192.0.2.0/24]\n' >"$PORTGUARD_SITE"
        apply_quietly k8s-worker
        kept=$PORTGUARD_STATE/seen.policy
}

teardown() {
        nft flush ruleset
}

explain() {
        portguard explain tcp/10250 --from 10.0.0.8
}

# How many requests explain makes of the kernel: three about routes and links, and of the table its generation id, or
# more than seven.
count_requests() {
        traced count call=sendto "$PORTGUARD" explain tcp/10250 --from 10.0.0.8 2>&1 >/dev/null |
                sed -nE 's/^interrupt: ([0-9]+) calls$/\1/p'
}

# That explain reads the table, and that it need not.
assert_reads() {
        [ "$(count_requests)" -gt 10 ] || fail 'explain did not read the table'
}

assert_knows() {
        [ "$(count_requests)" -le 4 ] || fail 'explain read the table'
}

@test "explain reads the table once, and says the same when it does not" {
        local first command
        rm -f "$kept"
        first=$(explain)
        [[ $first == *'accept tcp/10250 from 10.0.0.8'*kubelet*'generation 1 (k8s-worker)'* ]] || fail "$first"
        [ "$(stat -c %a "$kept")" = 600 ]
        assert_knows
        [ "$(explain)" = "$first" ]
        for command in 'explain tcp/10250 --from 192.0.2.1' 'explain tcp/10250 --from 203.0.113.1' \
                'explain icmp --from 203.0.113.1' 'explain udp/53 --to 203.0.113.1' 'explain tcp/22 --from 10.0.0.8 --json' \
                'diff 1'; do
                explain >/dev/null
                run portguard $command
                first=$output
                rm "$kept"
                run portguard $command
                [ "$output" = "$first" ] || fail "$command: $first, and then $output"
        done
}

@test "whatever anybody commits, the table is read again once" {
        explain >/dev/null
        assert_knows
        nft add table inet other
        assert_reads
        assert_knows
        portguard apply ssh >/dev/null
        run explain
        [[ $output == *'drop tcp/10250 from 10.0.0.8'*'generation 2 (ssh)'* ]] || fail "$output"
        portguard rollback 1 >/dev/null
        run explain
        [[ $output == *'accept tcp/10250 from 10.0.0.8'*'(k8s-worker)'* ]] || fail "$output"
        portguard disable >/dev/null
        run explain
        [[ $output == *'portguard enforces nothing'* ]] || fail "$output"
        run explain
        [[ $output == *'portguard enforces nothing'* ]] || fail "$output"
}

@test "what somebody changes in the table is told of, every time" {
        local i
        explain >/dev/null
        nft add element inet portguard "input_tcp_ports_$(live_slot)" '{ 10250 : accept }' 2>/dev/null ||
                nft insert rule inet portguard "input_$(live_slot)" tcp dport 10250 drop
        for i in 1 2 3; do
                run explain
                [[ $output == *'somebody changed the table inet portguard'* ]] || fail "$i: $output"
        done
        assert_reads
}

@test "a note of another place or time, or of another text, is not believed" {
        local note other
        explain >/dev/null
        note=$(<"$kept")
        for other in "${note/./.1}" "${note#?}" "${note%?}" "${note/ / 1}" "${note/$'\n1\n'/$'\n2\n'}" "${note/10.0.0.0/10.0.0.9}" \
                "${note/kubelet/kubalet}" x '' "$(head -n 1 <<<"$note")" "$note $note"; do
                [ "$other" != "$note" ] || fail "$other"
                printf %s "$other" >"$kept"
                assert_reads
                # It was noted anew.
                [ "$(<"$kept")" = "$note" ]
        done
        head -c 2000000 /dev/zero >"$kept"
        assert_reads
        assert_knows
        rm "$kept"
        mkdir "$kept"
        assert_reads
        rmdir "$kept"
        ln -s "$BATS_TEST_TMPDIR/elsewhere" "$kept"
        assert_reads
        [ ! -e "$BATS_TEST_TMPDIR/elsewhere" ]
}

@test "a policy that is no policy is not believed, whatever its digest" {
        local note text sum
        explain >/dev/null
        note=$(head -n 1 "$kept")
        for text in '' '1' $'1\n' $'1\n{}' $'1\n[]' $'1\n{"services":[]}' "x$(tail -n +3 "$kept")" "$(tail -n +3 "$kept" | tr 1 7)"; do
                sum=$(printf %s "$text" | sha256sum | cut -c 1-64)
                printf '%s\n%s\n%s' "$note" "$sum" "$text" >"$kept"
                run explain
                [[ $output == *'accept tcp/10250 from 10.0.0.8'* ]] || fail "$text: $output"
        done
}

@test "another namespace with the same history and generation id reads its own table" {
        local id
        explain >/dev/null
        id=$(generation_id)
        run unshare --net bash -c "for ((i = 0; i < 1000; i++)); do
                        [ \$(tool_generation) -lt $id ] || break
                        nft add table other\$i
                done
                tool_generation; '$PORTGUARD' explain tcp/10250 --from 10.0.0.8"
        [[ $output == "$id"$'\n'*'portguard enforces nothing'* ]] || fail "$output"
        assert_knows
}

@test "while a trial is open nothing is noted, and what it leaves is read" {
        apply_quietly --trial 1h ssh
        rm -f "$kept"
        run explain
        [[ $output == *'drop tcp/10250 from 10.0.0.8'* ]] || fail "$output"
        [ ! -e "$kept" ]
        portguard rollback >/dev/null
        run explain
        [[ $output == *'accept tcp/10250 from 10.0.0.8'* ]] || fail "$output"
        apply_quietly --trial 1s ssh
        explain >/dev/null
        until_true 10 eval 'explain | grep -q "accept tcp/10250"'
        run explain
        [[ $output == *'accept tcp/10250 from 10.0.0.8'*'generation 1 '* ]] || fail "$output"
}

@test "an interrupted run is settled although the policy is known" {
        explain >/dev/null
        assert_knows
        echo 1 >"$PORTGUARD_STATE/lock"
        explain >/dev/null
        [ ! -s "$PORTGUARD_STATE/lock" ]
}

@test "a state directory that cannot be written to is no reason not to answer" {
        portguard explain tcp/10250 --from 10.0.0.8 >/dev/null
        rm -f "$kept"
        run unshare --mount bash -c "mount -o bind,ro '$PORTGUARD_STATE' '$PORTGUARD_STATE' 2>/dev/null ||
                mount -t tmpfs -o ro none '$PORTGUARD_STATE'; '$PORTGUARD' explain tcp/10250 --from 10.0.0.8"
        [[ $output == *'accept tcp/10250 from 10.0.0.8'* ]] || fail "$output"
        [ ! -e "$kept" ]
}
