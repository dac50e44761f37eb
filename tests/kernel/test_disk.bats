#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# I5, I6: the state directory has no room, with each number of pages that are free; or cannot be written
# (faults/disk.py).

load common

setup() {
        kernel_setup
        nft flush ruleset
}

on_full_disk() {
        local scenario

        for scenario; do
                faults disk full "$scenario"
        done
}

@test "full disk: an apply is refused before anything is enforced, or taken back whole" {
        on_full_disk first address group slot trial
}

@test "full disk: confirm and rollback to a generation are refused" {
        on_full_disk confirm rollback enable
}

@test "full disk: the end of a trial, disable and restore work, with a warning" {
        on_full_disk end end-first disable disable-trial restore
}

@test "full disk: what disable could not write is not told as agreed, nor as somebody's doing alone" {
        unshare --mount bash -e <<'RUN' || fail "see above"
        mkdir "$BATS_TEST_TMPDIR/small"
        mount -t tmpfs -o size=96k,mode=0700 none "$BATS_TEST_TMPDIR/small"
        export PORTGUARD_STATE=$BATS_TEST_TMPDIR/small
        "$PORTGUARD" apply ssh
        ! dd if=/dev/zero of="$PORTGUARD_STATE/fill" bs=1k || fail "the disk is not full"
        "$PORTGUARD" disable
        told=$("$PORTGUARD" status 2>&1)
        echo "$told"
        grep -q 'an earlier run was interrupted, or could not write the history' <<<"$told"
        grep -q 'portguard disable could not write the history' <<<"$told"
RUN
}

@test "full disk: what a rollback could not write is told the same when there is room again" {
        unshare --mount bash -e <<'RUN' || fail "see above"
        mkdir "$BATS_TEST_TMPDIR/small"
        mount -t tmpfs -o size=128k,mode=0700 none "$BATS_TEST_TMPDIR/small"
        export PORTGUARD_STATE=$BATS_TEST_TMPDIR/small
        "$PORTGUARD" apply ssh
        "$PORTGUARD" apply ssh https --trial 10m
        ! dd if=/dev/zero of="$PORTGUARD_STATE/fill" bs=1k || fail "the disk is not full"
        "$PORTGUARD" rollback 2>&1 | tee "$BATS_TEST_TMPDIR/told"
        grep -q 'done, but not in the history' "$BATS_TEST_TMPDIR/told"
        state() { "$PORTGUARD" history --json | jq -r '.generations[] | select(.generation == 2).state'; }
        [ "$(state)" = ended ]
        rm "$PORTGUARD_STATE/fill"
        [ "$(state)" = ended ]
        [ "$(state)" = ended ]
RUN
}

@test "full disk: an open end of a trial keeps nobody from restore at boot, from disable and from rollback" {
        unshare --mount bash -e <<'RUN' || fail "see above"
        mkdir "$BATS_TEST_TMPDIR/small"
        mount -t tmpfs -o size=128k,mode=0700 none "$BATS_TEST_TMPDIR/small"
        export PORTGUARD_STATE=$BATS_TEST_TMPDIR/small
        "$PORTGUARD" apply ssh
        "$PORTGUARD" apply ssh https --trial 10m
        ! dd if=/dev/zero of="$PORTGUARD_STATE/fill" bs=1k || fail "the disk is not full"
        nft flush ruleset
        "$PORTGUARD" restore
        "$PORTGUARD" verify | grep 'generation 1: the kernel holds exactly'
        "$PORTGUARD" disable
        [ -z "$(nft list tables)" ]
        rm "$PORTGUARD_STATE/fill"
        "$PORTGUARD" history --json | jq -e '.generations | map(.state) == ["ended", "confirmed"]'
RUN
}

@test "read-only state directory: refused before anything is enforced; what only looks works" {
        local scenario

        for scenario in first address group slot trial confirm rollback enable; do
                faults disk read-only "$scenario"
        done
}

@test "a limit on the size of files: an apply is refused before anything is enforced, or taken back whole" {
        local limit refused=0

        apply_quietly ssh
        for limit in {0..64..2}; do
                # What it says goes through a pipe, which has no size.
                run bash -c "ulimit -f $limit; '$PORTGUARD' apply ssh https"
                [ "$status" -ne 0 ] || break
                assert_status 1
                [[ $output == *@('File too large'|'limit that this process has for the size of files')* ]] || fail "another reason"
                refused=$((refused + 1))
                assert_verified
                portguard show --json | jq -e '.profiles == ["ssh"]'
        done
        assert_status 0
        [ $refused -gt 3 ] || fail "the limit was never met"
        assert_verified
        portguard show --json | jq -e '.profiles == ["ssh", "https"]'
}

@test "a limit on the size of files: the end of a trial, disable and restore work, with a warning; an apply is refused" {
        limited() { run bash -c "ulimit -f 0; '$PORTGUARD' $*"; } # what it says goes through a pipe
        told='limit that this process has for the size of files (ulimit -f)'
        apply_quietly ssh
        apply_quietly --trial 5m ssh https
        limited apply https
        assert_status 4
        limited rollback
        assert_status 0
        assert_output_has "$told"
        assert_verified
        limited apply ssh https
        assert_status 1
        assert_output_has "$told"
        assert_verified
        nft flush ruleset
        limited restore
        assert_status 0
        assert_verified
        limited disable
        assert_status 0
        assert_output_has "$told"
        [ -z "$(nft list tables)" ] || fail 'there is a table'
}

@test "read-only state directory: doctor says so, and promises nothing of the next apply" {
        unshare --mount bash -e <<'RUN' || fail "see above"
        mkdir "$BATS_TEST_TMPDIR/small"
        mount -t tmpfs -o size=1m,mode=0700 none "$BATS_TEST_TMPDIR/small"
        export PORTGUARD_STATE=$BATS_TEST_TMPDIR/small
        "$PORTGUARD" apply ssh
        "$PORTGUARD" apply ssh https --trial 5m
        mount -o remount,ro "$PORTGUARD_STATE"
        "$PORTGUARD" rollback 2>/dev/null
        told=$("$PORTGUARD" doctor)
        echo "$told"
        grep -q "^warning  the state directory $PORTGUARD_STATE is on a file system that is read-only" <<<"$told"
        grep -q 'remount it, or name another directory with --state' <<<"$told"
        grep -q 'how 1 generation ended is not known: the next apply that can write the history settles it' <<<"$told"
RUN
}

# SQLite rolls back what stands in a journal, and waits for who writes to a FIFO.
@test "a journal that others may write to, or that is no file, is refused, and nothing waits for it" {
        local name

        for name in journal wal shm; do
                apply_quietly ssh
                rm -f "$PORTGUARD_STATE/state.db-$name"
                mkfifo -m 600 "$PORTGUARD_STATE/state.db-$name"
                run --separate-stderr timeout 20 "$PORTGUARD" apply ssh https
                assert_status 1
                assert_stderr_has "the history $PORTGUARD_STATE/state.db-$name is no regular file; move it away"
                run --separate-stderr timeout 20 "$PORTGUARD" status
                assert_status 0
                rm "$PORTGUARD_STATE/state.db-$name"
                ln -s /etc/passwd "$PORTGUARD_STATE/state.db-$name"
                run --separate-stderr timeout 20 "$PORTGUARD" apply ssh https
                assert_status 1
                assert_stderr_has "state.db-$name is a symbolic link"
                rm "$PORTGUARD_STATE/state.db-$name"
                touch "$PORTGUARD_STATE/state.db-$name"
                chmod 620 "$PORTGUARD_STATE/state.db-$name"
                run --separate-stderr timeout 20 "$PORTGUARD" rollback
                assert_status 1
                assert_stderr_has "$PORTGUARD_STATE/state.db-$name can be changed by a group"
                rm "$PORTGUARD_STATE/state.db-$name"
                assert_verified
        done
}

@test "a confirm that cannot be written leaves the trial the time that it had" {
        unshare --mount bash -e <<'RUN' || fail "see above"
        mkdir "$BATS_TEST_TMPDIR/small"
        mount -t tmpfs -o size=128k,mode=0700 none "$BATS_TEST_TMPDIR/small"
        export PORTGUARD_STATE=$BATS_TEST_TMPDIR/small
        "$PORTGUARD" apply ssh
        "$PORTGUARD" apply --trial 20m ssh https
        ! dd if=/dev/zero of="$PORTGUARD_STATE/fill" bs=1k || exit 1
        ! "$PORTGUARD" confirm || exit 1
        "$PORTGUARD" status --json | jq -e '.trial.expires_in > 1000'
        rm "$PORTGUARD_STATE/fill"
        "$PORTGUARD" confirm
        "$PORTGUARD" status --json | jq -e '.state == "confirmed"'
RUN
}

@test "the default state directory is that of the network namespace of process 1, and refused in another" {
        unshare --mount --pid --fork --mount-proc bash -e <<'RUN' || fail "see above"
        unset PORTGUARD_STATE
        mount -t tmpfs -o mode=0755 none /var/lib
        "$PORTGUARD" apply --allow-lockout ssh https
        cp -a /var/lib/portguard /var/lib/before
        for words in 'apply --allow-lockout ssh' 'apply -n ssh' 'plan ssh' confirm 'extend 5m' rollback 'rollback 1' restore \
                disable status 'status --json' 'explain tcp/22 --from 10.0.0.1' history 'diff 1' show 'show 1' report \
                verify audit doctor; do
                read -ra command <<<"$words"
                result=0
                unshare --net "$PORTGUARD" "${command[@]}" >/dev/null 2>/var/lib/said || result=$?
                echo "$words: $result $(cat /var/lib/said)"
                [ $result -eq 1 ]
                grep -q 'another network namespace than that of process 1.*--state DIR' /var/lib/said
        done
        cmp /var/lib/portguard/state.db /var/lib/before/state.db
        "$PORTGUARD" verify
        unshare --net "$PORTGUARD" profiles >/dev/null
        unshare --net "$PORTGUARD" show --profile ssh >/dev/null
        unshare --net "$PORTGUARD" apply --allow-lockout ssh --state /var/lib/other
        PORTGUARD_STATE=/var/lib/another unshare --net "$PORTGUARD" apply --allow-lockout ssh
        cmp /var/lib/portguard/state.db /var/lib/before/state.db
RUN
}

# hold_history: another program has the history locked until there is a file "go".
hold_history() {
        /usr/bin/python3 - "$PORTGUARD_STATE/state.db" "$BATS_TEST_TMPDIR" 3>&- <<'PYTHON' &
import os, sqlite3, sys, time

path, folder = sys.argv[1:]
history = sqlite3.connect(path, isolation_level=None)
history.execute("BEGIN EXCLUSIVE")
open(folder + "/held", "w").close()
while not os.path.exists(folder + "/go"):
    time.sleep(0.05)
PYTHON
        until_true 20 test -e "$BATS_TEST_TMPDIR/held"
}

@test "another program has the history locked: --wait holds for it, too" {
        local began

        apply_quietly ssh
        hold_history
        began=$SECONDS
        run --separate-stderr portguard apply --allow-lockout --wait 8s ssh https
        assert_status 1
        assert_stderr_has "another program has locked the history $PORTGUARD_STATE/state.db for longer than 8 s"
        assert_stderr_has 'with a longer --wait'
        ((SECONDS - began >= 7)) || fail "waited for $((SECONDS - began)) s"
        portguard apply --allow-lockout --wait 1m ssh https >/dev/null 3>&- &
        touch "$BATS_TEST_TMPDIR/go"
        wait $!
        assert_verified
        [ "$(portguard status --json | jq .generation)" = 2 ]
}
