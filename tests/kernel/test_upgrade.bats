#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What other versions left behind: their histories, read and brought back; their tables, told from those that somebody
# changed. What tests/data/upgrade/ has was written by each release itself.

load common

profiles='server-access k8s-worker coturn'
request="$profiles --egress strict --with all"

setup() {
        kernel_setup
        releases=$PORTGUARD_SOURCE/tests/data/upgrade
        cp "$releases/site.yaml" "$PORTGUARD_SITE"
}

teardown() {
        nft flush ruleset
}

# as_left_by RELEASE: its history, and its table, as they were.
as_left_by() {
        nft flush ruleset
        rm -f "$PORTGUARD_STATE"/*
        (umask 077 && sqlite3 "$PORTGUARD_STATE/state.db" <"$releases/$1/state.sql")
        nft -f "$releases/$1/table.nft"
        slot=$(live_slot)
}

edit_history() {
        sqlite3 "$PORTGUARD_STATE/state.db" "PRAGMA writable_schema=1; DROP TRIGGER IF EXISTS generations_stay;
                DROP TRIGGER IF EXISTS policies_stay; $1"
}

# record_says NUMBER TEXT: of the slot, in as many comments as it takes.
record_says() {
        local text=$2 part=0

        nft flush set inet portguard "generation_$slot"
        while [ -n "$text" ]; do
                nft add element inet portguard "generation_$slot" "{ $1 . $part comment \"${text:0:128}\" }"
                text=${text:128} part=$((part + 1))
        done
}

# made_by COMPILER/VERSION: what is in force becomes a table that this version does not make, and does the same; history
# and record know it as it is.
made_by() {
        local digest number

        number=$(portguard status --json | jq .generation)
        nft insert rule inet portguard "input_$slot" counter
        digest=$(tool_digest)
        edit_history "UPDATE generations SET digest = '$digest' WHERE number = $number"
        record_says "$number" "$digest+$1 $profiles"
}

# large_made_by COMPILER/VERSION: the same of a table with a group of more addresses than stand in one set, and than an
# apply listens for.
large_made_by() {
        awk 'BEGIN { for (i = 0; i < 21000; i++) printf "10.%d.%d.%d\n", i / 8192, i / 32 % 256, i % 32 * 8 }' \
                >"$BATS_TEST_TMPDIR/group"
        printf 'profiles: [k8s-worker]\ngroups:\n  cluster: {file: %s}\n  control-plane: [192.0.2.0/24]\n' \
                "$BATS_TEST_TMPDIR/group" >"$PORTGUARD_SITE"
        apply_quietly k8s-worker
        slot=$(live_slot)
        made_by "$1"
}

# What each command that looks says, without times and counters.
looks() {
        local command

        for command in 'show --json' "explain tcp/22 --from 192.0.2.7" 'explain tcp/10250 --from 10.1.0.7' \
                'explain tcp/10250 --from 203.0.113.7' 'diff 2' 'audit'; do
                echo "$command"
                # shellcheck disable=SC2086 # words
                portguard $command 2>&1 || echo "status $?"
        done | jq -Rr 'sub("\"digest\": .*"; "") | sub("[0-9]+ s\\b"; "")'
}

@test "every release: its table is what its record says, and whoever looks answers" {
        for release in "$releases"/*/; do
                as_left_by "$(basename "$release")"
                assert_verified
                assert_output_has 'generation 7: the kernel holds exactly what was enforced'
                run --separate-stderr portguard status --json
                assert_json '.generation == 7 and .fault == null and .state == "confirmed" and (.made_by | type == "string")'
                run --separate-stderr portguard history --json
                assert_json '[.generations[].generation] == [7, 6, 5, 4, 3, 2, 1] and .generations[0].enforced and
                        .generations[3].state == "ended" and .generations[1].restores == 2'
                run portguard explain tcp/10250 --from 10.1.0.7
                assert_status 0
                run portguard explain tcp/10250 --from 203.0.113.7
                assert_output_has 'drop tcp/10250'
        done
}

@test "every release: each generation is shown, comes back by its number, and at boot" {
        local n
        for release in "$releases"/*/; do
                release=$(basename "$release")
                for n in 1 2 3 4 5 6 7; do
                        as_left_by "$release"
                        run --separate-stderr portguard show $n --json
                        assert_json '.services | length > 0'
                        [ "$n" != 5 ] || assert_json '.about.message == "A database, for \"internal\""'
                        portguard rollback $n --allow-lockout >/dev/null || fail "$release: rollback $n"
                        assert_verified
                        run --separate-stderr portguard diff $n
                        assert_output_has 'nobody gains or loses access'
                        nft flush ruleset
                        portguard restore >/dev/null || fail "$release: restore"
                        assert_verified
                done
        done
}

@test "every release: at boot comes what it had confirmed last, by its number" {
        for release in "$releases"/*/; do
                as_left_by "$(basename "$release")"
                nft flush ruleset
                portguard restore >/dev/null
                assert_verified
                run --separate-stderr portguard status --json
                assert_json '.generation == 7 and .up_to_date'
                [ "$(portguard history --json | jq '.generations | length')" -eq 7 ]
        done
}

@test "an older version's table is no drift, and all that looks says the same of it" {
        as_left_by 0.1
        looks >"$BATS_TEST_TMPDIR/before"
        made_by 0/0.0.9
        assert_verified
        assert_output_has 'generation 7: the kernel holds exactly what was enforced'
        assert_output_has 'made by portguard 0.0.9; portguard restore, or the next apply, brings it up to date'
        run --separate-stderr portguard verify --json
        assert_json '.drift == false and .differences == [] and .made_by == "0.0.9" and .up_to_date == false'
        run --separate-stderr portguard status --json
        assert_json '.fault == null and .made_by == "0.0.9" and .up_to_date == false'
        run portguard status
        assert_output_has 'made by portguard 0.0.9'
        run portguard doctor --json
        assert_json '.checks[] | select(.name == "enforced") | .level == "note" and (.text | contains("0.0.9"))'
        looks >"$BATS_TEST_TMPDIR/after"
        diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
}

@test "an older version's table that somebody changed is drift, in its slot and in its hooks" {
        as_left_by 0.1
        made_by 0/0.0.9
        nft insert rule inet portguard "input_$slot" tcp dport 99 accept
        run portguard verify
        assert_status 6
        assert_output_has 'what the table holds is not what was enforced'
        run portguard status --json
        assert_json '.fault | contains("somebody changed the table")'
        run portguard explain tcp/99 --from 203.0.113.7
        assert_status 6

        as_left_by 0.1
        made_by 0/0.0.9
        nft insert rule inet portguard input tcp dport 99 accept
        run portguard verify
        assert_status 6
        assert_output_has 'chain input, rule 1'
        run portguard status --json
        assert_json '.fault | contains("chain input, rule 1")'
        portguard verify --repair --allow-lockout >/dev/null
        assert_verified
        assert_output_lacks 'made by'
}

@test "an older version's table without its generation in the history is not guessed at" {
        as_left_by 0.1
        made_by 0/0.0.9
        edit_history 'PRAGMA foreign_keys=1; DELETE FROM generations WHERE number = 7'
        run portguard explain tcp/22 --from 203.0.113.7
        assert_status 6
        assert_output_has 'the history does not tell what generation 7 enforces'
        run portguard status --json
        assert_json '.fault | contains("0.0.9")'
        # shellcheck disable=SC2086 # words
        run portguard apply --allow-lockout $request
        assert_status 0
        assert_output_has 'neither the history nor its table tells all that it enforces'
        assert_verified
        assert_output_lacks 'made by'
}

@test "plan and apply bring an older version's table up to date, and nobody gains or loses" {
        local before

        as_left_by 0.1
        # shellcheck disable=SC2086 # words
        portguard apply --allow-lockout $request >/dev/null
        slot=$(live_slot)
        made_by 0/0.0.9
        before=$slot
        # shellcheck disable=SC2086 # words
        run portguard plan $request
        assert_status 0
        assert_output_has 'generation 8 was made by portguard 0.0.9'
        assert_output_has 'plan: nobody gains or loses access'
        # shellcheck disable=SC2086 # words
        run portguard apply --allow-lockout $request
        assert_status 0
        assert_output_has 'applied generation 9'
        assert_output_lacks 'repaired'
        [ "$(live_slot)" != "$before" ]
        assert_verified
        assert_output_lacks 'made by'
        # shellcheck disable=SC2086 # words
        run portguard apply --allow-lockout $request
        assert_output_has 'Nothing to do'
}

@test "where this version would make the same of it, an older version's table gets another record, and no more" {
        as_left_by 0.1
        # shellcheck disable=SC2086 # words
        portguard apply --allow-lockout $request >/dev/null
        slot=$(live_slot)
        record_says 8 "$(tool_digest)+0/0.0.9 $profiles"
        assert_verified
        assert_output_has 'made by portguard 0.0.9'
        # shellcheck disable=SC2086 # words
        run portguard apply --allow-lockout $request
        assert_output_has 'applied generation 9'
        assert_verified
        assert_output_lacks 'made by'
        [ "$(live_slot)" = "$slot" ]
}

@test "what an older version stored keeps its name when it is brought back, and is known by it" {
        local digest

        as_left_by 0.1
        # shellcheck disable=SC2086 # words
        portguard apply --allow-lockout $request >/dev/null
        slot=$(live_slot)
        made_by 0/0.0.9
        digest=$(tool_digest)
        nft flush ruleset
        portguard restore >/dev/null
        assert_verified
        assert_output_lacks 'made by'
        [ "$(tool_digest)" != "$digest" ]
        run --separate-stderr portguard status --json
        assert_json ".generation == 8 and .digest == \"$digest\" and .fault == null and .up_to_date"
        run --separate-stderr portguard history --json
        assert_json '.generations[0].enforced'
        # shellcheck disable=SC2086 # words
        run portguard apply --allow-lockout $request
        assert_output_has 'Nothing to do'
        run portguard plan --keep-options $profiles
        assert_output_has 'Nothing would change'

        # By its number, and by none.
        portguard rollback 1 --allow-lockout >/dev/null
        portguard rollback 8 --allow-lockout >/dev/null
        assert_verified
        portguard apply ssh --allow-lockout >/dev/null
        portguard rollback --allow-lockout >/dev/null
        assert_verified
        run --separate-stderr portguard status --json
        assert_json '.fault == null and .profiles == ["server-access", "k8s-worker", "coturn"]'
        run portguard diff 8
        assert_output_has 'nobody gains or loses access'
}

@test "a trial ends in an older version's table, and what an older version tries is taken back, not confirmed" {
        as_left_by 0.1
        made_by 0/0.0.9
        portguard apply --trial 1h --allow-lockout ssh >/dev/null
        assert_verified
        portguard rollback >"$BATS_TEST_TMPDIR/said"
        grep -q 'read back and equal' "$BATS_TEST_TMPDIR/said"
        assert_verified
        portguard apply --trial 1h --allow-lockout ssh >/dev/null
        portguard confirm >/dev/null
        assert_verified
        assert_output_lacks 'made by'

        portguard apply --trial 1h --allow-lockout https >/dev/null
        case $(live_slot) in a) slot=b ;; b) slot=a ;; esac
        made_by 0/0.0.9
        assert_verified
        run portguard confirm
        assert_status 4
        assert_output_has 'made by portguard 0.0.9'
        run --separate-stderr portguard status --json
        assert_json '.state == "trial"'
        portguard rollback >/dev/null
        assert_verified
}

@test "a large group of an older version's table is read from the kernel once, and told right after that" {
        local profiles=k8s-worker n command

        large_made_by 0/0.0.9
        n=$(count_requests status)
        for command in status 'show --json' 'explain tcp/10250 --from 10.0.1.8' audit plan; do
                [ "$(count_requests $command)" -lt "$n" ] || fail "$command reads all of it"
        done
        run portguard explain tcp/10250 --from 10.0.1.8
        assert_output_has 'accept tcp/10250'
        run portguard explain tcp/10250 --from 10.0.1.9
        assert_output_has 'drop tcp/10250'
        run portguard plan
        assert_output_has 'nobody gains or loses access'
        assert_verified

        # Somebody's address is seen: it is read again.
        nft add element inet portguard \
                "$(nft list sets inet | sed -nE 's/^\s*set (cluster_v4\.10\.\S+) \{/\1/p' | head -n 1)" '{ 203.0.113.9 }'
        run portguard explain tcp/10250 --from 203.0.113.9
        assert_status 6
        run portguard apply --allow-lockout k8s-worker
        assert_status 0
        assert_verified
        assert_output_lacks 'made by'
        run portguard plan
        assert_output_has 'Nothing would change'
}

@test "an older version's table with a large group, which was not read, is replaced" {
        local profiles=k8s-worker

        large_made_by 0/0.0.9
        portguard status >/dev/null
        # Another table's change, before the first batch: it is tried again.
        run traced run 1 'nft add table ip foreign' call=sendmsg "$PORTGUARD" apply --allow-lockout k8s-worker
        assert_status 0
        assert_output_has 'interrupt: 1 sendmsg'
        assert_output_has 'nobody gains or loses access'
        assert_verified
        assert_output_lacks 'made by'
}

@test "a newer version's table is not taken for a changed one, nor its record for one that is gone" {
        as_left_by 0.1
        looks >"$BATS_TEST_TMPDIR/before"
        made_by 999/9.9
        assert_verified
        assert_output_has 'made by a newer portguard (9.9)'
        run --separate-stderr portguard verify --json
        assert_json '.drift == false and .made_by == "9.9" and .up_to_date == false'
        looks >"$BATS_TEST_TMPDIR/after"
        diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"

        # Digests of another kind.
        record_says 7 "b3:1+999/9.9/b3:2 $profiles"
        run portguard verify
        assert_status 6
        assert_output_has 'made by a newer portguard (9.9)'
        assert_output_lacks 'record is gone'
        run portguard explain tcp/22 --from 203.0.113.7
        assert_status 6
        run portguard status --json
        assert_json '.generation == 7 and (.fault | contains("9.9"))'
        portguard restore --allow-lockout >/dev/null
        assert_verified
        assert_output_lacks 'made by'
}

@test "a record that cannot be read at all is gone, does not stand in the way of another, and is replaced" {
        as_left_by 0.1
        for text in nonsense "$(tool_digest)x"; do
                record_says 7 "$text $profiles"
                run portguard verify
                assert_status 6
                assert_output_has 'record is gone'
                portguard verify --repair --allow-lockout >/dev/null
                assert_verified
                assert_output_has 'generation 7: the kernel holds exactly'
                slot=$(live_slot)
        done
}

@test "a generation in a newer format is told from a damaged one; what is enforced stays" {
        local text

        as_left_by 0.1
        text=$(sqlite3 "$PORTGUARD_STATE/state.db" 'SELECT text FROM policies WHERE generation = 7' |
                sed 's/"format":1/"format":2/')
        edit_history "UPDATE policies SET text = '${text//\'/\'\'}',
                digest = '$(printf %s "$text" | sha256sum | cut -d' ' -f1)' WHERE generation = 7"
        ours >"$BATS_TEST_TMPDIR/before"
        for command in 'show 7' 'rollback 7 --allow-lockout' 'restore --allow-lockout' 'diff 7'; do
                # shellcheck disable=SC2086 # words
                run portguard $command
                assert_status 1
                assert_output_has \
                        'generation 7 was written by a newer portguard (policy format 2; this one reads up to 1)'
        done
        diff "$BATS_TEST_TMPDIR/before" <(ours)
        run portguard explain tcp/10250 --from 203.0.113.7
        assert_output_has 'drop tcp/10250'
        assert_verified

        # At boot an older one is better than none.
        nft flush ruleset
        run portguard restore
        assert_status 0
        assert_output_has 'generation 7 was written by a newer portguard'
        assert_output_has 'generation 6, the last that this version can read, is enforced'
        run portguard verify
        assert_status 6
        [ "${#lines[@]}" -eq 2 ]
        assert_output_has 'the kernel holds generation 6, but by the history it should be 7'
        portguard apply ssh --allow-lockout >/dev/null
        assert_verified
}

@test "a history of a newer version is refused, and what is enforced stays" {
        as_left_by 0.1
        sqlite3 "$PORTGUARD_STATE/state.db" 'PRAGMA user_version=2'
        ours >"$BATS_TEST_TMPDIR/before"
        for command in 'rollback 1 --allow-lockout' 'restore --allow-lockout' 'apply ssh --allow-lockout'; do
                # shellcheck disable=SC2086 # words
                run portguard $command
                assert_status 1
                assert_output_has 'was written by a newer portguard'
        done
        diff "$BATS_TEST_TMPDIR/before" <(ours)
        run portguard status
        assert_status 0
}
