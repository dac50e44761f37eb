#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A large group is read from the kernel once; after that its generation id says that it is what it was.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common

setup() {
        kernel_setup
        group=$BATS_TEST_TMPDIR/group
        write_group 10
        printf 'profiles: [k8s-worker]\negress: open\ngroups:\n  cluster: {file: %s}\n  control-plane: [192.0.2.0/24]\n' "$group" \
                >"$PORTGUARD_SITE"
        apply_quietly k8s-worker
        shard=$(nft list sets inet | sed -nE 's/^\s*set (cluster_v4\.10\.\S+) \{/\1/p' | head -n 1)
        [ -n "$shard" ]
}

teardown() {
        nft flush ruleset
}

# write_group BYTE: 9000 addresses, none beside another, more than stand in one set.
write_group() {
        awk -v byte="$1" 'BEGIN { for (i = 0; i < 9000; i++) printf "%d.%d.%d.%d\n", byte, i / 8192, i / 32 % 256, i % 32 * 8 }' \
                >"$group"
}

# Read from the kernel, all of it.
forget() {
        rm "$PORTGUARD_STATE/cache"
}

@test "after an apply nothing that looks reads the group again, and all say the same as if they did" {
        local command known known_n n

        for command in 'plan k8s-control-plane' 'plan ssh' plan status 'show --json' 'explain tcp/10250 --from 10.0.1.8' \
                'explain tcp/10250 --from 10.0.1.9' audit 'diff 1'; do
                known_n=$(count_requests $command)
                run portguard $command
                # Expired seconds and hits are others each time.
                known=$(sed -E 's/[0-9]+ s\b//g' <<<"$output")
                forget
                n=$(count_requests $command)
                [ "$known_n" -lt "$n" ] || fail "$command: $known_n requests, and $n without a note"
                forget
                run portguard $command
                [ "$(sed -E 's/[0-9]+ s\b//g' <<<"$output")" = "$known" ] || fail "$command: $known, and then $output"
        done
        # The last one noted what it read.
        [ "$(count_requests status)" -lt "$n" ]
}

@test "an address in a part of the group that is never asked for it reaches nothing, and is told" {
        run portguard explain udp/8472 --from 10.0.1.8
        assert_output_has 'accept udp/8472'
        nft add element inet portguard "$shard" '{ 203.0.113.9 }'
        run portguard explain udp/8472 --from 203.0.113.9
        assert_output_has 'drop udp/8472'
        run portguard verify
        assert_status 6
        assert_output_has "set $shard: not ours: 203.0.113.9"
        run portguard plan k8s-worker --json
        assert_json '.narrows == [] and (.repaired | length) == 1'
}

@test "elements that somebody deleted or added are told of by every command that looks" {
        nft delete element inet portguard "$shard" '{ 10.0.1.8 }'
        run portguard explain tcp/10250 --from 10.0.1.8
        [[ $output == *'drop tcp/10250 from 10.0.1.8'* ]] || fail "$output"
        [[ $output == *'is not what generation 1 made'* ]] || fail "$output"
        run portguard plan
        [[ $output == *widens*tcp/10250* ]] || fail "$output"
        run portguard plan # what was read is not what was enforced: it is read again
        [[ $output == *widens*tcp/10250* ]] || fail "$output"
        nft add element inet portguard "$shard" '{ 10.0.1.8 }'
        run portguard plan
        [[ $output == *'Nothing would change'* ]] || fail "$output"
        nft add element inet portguard "$shard" '{ 10.0.1.9 }'
        run portguard plan
        [[ $output == *narrows*tcp/10250* ]] || fail "$output"
        run portguard explain tcp/10250 --from 10.0.1.9
        [[ $output == *'accept tcp/10250 from 10.0.1.9'* ]] || fail "$output"
}

@test "whatever somebody else commits, the group is read again once" {
        local known
        known=$(count_requests status)
        nft add table inet other
        [ "$(count_requests status)" -gt "$known" ]
        [ "$(count_requests status)" -eq "$known" ]
}

@test "a note of another network namespace, of another policy or of nonsense is not believed" {
        local known n note
        known=$(count_requests status)
        note=$(<"$PORTGUARD_STATE/cache")
        forget
        n=$(count_requests status)
        for other in "${note/./.1}" "${note#?}" "${note%?}" "${note/ / 1}" x '' "$note $note"; do
                printf '%s\n' "$other" >"$PORTGUARD_STATE/cache"
                [ "$(count_requests status)" -eq "$n" ] || fail "believed: $other"
        done
        printf '%s\n' "$note" >"$PORTGUARD_STATE/cache"
        [ "$(count_requests status)" -eq "$known" ]
        head -c 100000 /dev/zero >"$PORTGUARD_STATE/cache"
        [ "$(count_requests status)" -eq "$n" ]
        rm "$PORTGUARD_STATE/cache"
        mkdir "$PORTGUARD_STATE/cache"
        [ "$(count_requests status)" -eq "$n" ]
}

@test "another namespace with the same policy and the same history reads its own table" {
        local known
        known=$(count_requests status)
        run unshare --net bash -c "
                portguard restore >/dev/null && nft delete element inet portguard '$shard' '{ 10.0.1.8 }' &&
                        portguard explain tcp/10250 --from 10.0.1.8"
        [[ $output == *'drop tcp/10250 from 10.0.1.8'* ]] || fail "$output"
        # The note is the other's now.
        [ "$(count_requests explain tcp/10250 --from 10.0.1.8)" -gt "$known" ]
        run portguard explain tcp/10250 --from 10.0.1.8
        [[ $output == *'accept tcp/10250 from 10.0.1.8'* ]] || fail "$output"
}

@test "a group that has other addresses of the same number is no guess that holds" {
        local against
        write_group 11
        run portguard plan
        [[ $output == *'narrows'*'tcp/10250'* || $output == *'widens'*'tcp/10250'* ]] || fail "$output"
        [[ $output == *10.0.0.0* && $output == *11.0.0.0* ]] || fail "$output"
        against=$(portguard plan --against 1)
        [[ $against == *10.0.0.0* && $against == *11.0.0.0* ]] || fail "$against"
        apply_quietly k8s-worker
        assert_verified
        run portguard plan
        [[ $output == *'Nothing would change'* ]] || fail "$output"
        against=$(portguard diff 1)
        [[ $against == *10.0.0.0* && $against == *11.0.0.0* ]] || fail "$against"
}

@test "a damaged history is no reason not to look" {
        sqlite3 "$PORTGUARD_STATE/state.db" 'PRAGMA writable_schema=1; DROP TRIGGER addresses_stay;
                UPDATE addresses SET bytes = zeroblob(length(bytes))'
        run portguard explain tcp/10250 --from 10.0.1.8
        [[ $output == *'accept tcp/10250 from 10.0.1.8'* ]] || fail "$output"
        run portguard status
        assert_status 0
}

@test "after a trial, a rollback and a disable it is known what is enforced" {
        apply_quietly --trial 1h ssh
        run portguard status
        [[ $output == *'On trial'* ]] || fail "$output"
        portguard rollback >/dev/null
        [ "$(portguard status --json | jq .generation)" -eq 1 ]
        assert_verified
        run portguard plan
        [[ $output == *'Nothing would change'* ]] || fail "$output"
        apply_quietly --trial 1h k8s-worker --set nodeport_udp=true
        portguard confirm >/dev/null
        run portguard plan --set nodeport_udp=true
        [[ $output == *'Nothing would change'* ]] || fail "$output"
        portguard disable >/dev/null
        run portguard plan
        [[ $output == *opens*tcp/10250* ]] || fail "$output"
}

@test "an apply that changes one address reads the sets that change, and no other part of the group" {
        local n

        sed -i '$d' "$group"
        n=$(count_requests apply)
        assert_verified
        forget
        echo 10.9.9.9 >>"$group"
        [ "$n" -lt "$(count_requests apply)" ]
        assert_verified
}

@test "an apply finds what somebody changed in a large group, and puts it right" {
        nft delete element inet portguard "$shard" '{ 10.0.1.8 }'
        run --separate-stderr portguard apply
        assert_status 0
        assert_output_has 'repaired: somebody changed the table'
        nft get element inet portguard "$shard" '{ 10.0.1.8 }'
        assert_verified
}

@test "a prefix more in a large group replaces one part's set, and no other" {
        local before after

        nft list sets inet | sed -nE 's/^\s*set (\S+) \{/\1/p' | sort >"$BATS_TEST_TMPDIR/before"
        echo 10.2.0.0/24 >>"$group"
        run --separate-stderr portguard apply --json
        assert_json '.method == "groups"'
        assert_verified
        nft list sets inet | sed -nE 's/^\s*set (\S+) \{/\1/p' | sort >"$BATS_TEST_TMPDIR/after"
        before=$(comm -23 "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after" | wc -l)
        after=$(comm -13 "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after")
        [ "$before" -eq 1 ] && [[ $after == cluster_v4nets-2.10.* ]] || fail "$before gone, new: $after"
}

@test "restore that finds all in force, rollback without a way back, and disable read no large group" {
        local all

        all=$(count_requests verify)
        [ "$(count_requests restore)" -lt "$all" ]
        [ "$(count_requests rollback)" -lt "$all" ]
        [ "$(count_requests disable)" -lt "$all" ]
        [ -z "$(nft list tables)" ]
}
