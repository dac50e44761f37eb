#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The benchmark prints every row, also when one fails, and README's figures are what it measured.

setup() {
        source=$PORTGUARD_SOURCE
        bench=$source/tests/bench
        stub=$BATS_TEST_TMPDIR/build
        mkdir -p "$stub/tests/bench"
        printf '#!/bin/sh\nexit 0\n' >"$stub/portguard"
        chmod +x "$stub/portguard"
}

# measures SCRIPT: the benchmark's program for times is this one.
measures() {
        printf '#!/bin/sh\n%s\n' "$1" >"$stub/tests/bench/bench_time"
        chmod +x "$stub/tests/bench/bench_time"
}

run_rows() {
        run unshare --user --map-root-user --net -- "$bench/run" --quick --no-peers --build "$stub" "$@"
        echo "$output"
}

@test "README has the rows of tests/bench/figures, in order, and no others" {
        "$bench/readme" --check "$source/README.md"
}

@test "a row that fails ends no other, every row is printed, and the exit status says so" {
        measures 'echo "no such thing" >&2; exit 1'
        run_rows times explain memory
        [ "$status" -eq 1 ]
        [ "$(grep -c 'FAILED$' <<<"$output")" -eq "$(grep -cE '^(times|explain|memory) .*[<>]=' "$bench/figures")" ]
        grep -q '^peak memory of apply k8s-worker  *failed .*FAILED$' <<<"$output"
        grep -q 'bench_time: no such thing' <<<"$output"
}

@test "a row whose process dies is printed as failed, and the next is measured" {
        # shellcheck disable=SC2016 # for the other shell
        printf '#!/bin/sh\n[ "$1" != status ] || exit 1\n[ "$1" != apply ] || exit 1\n' >"$stub/portguard"
        measures 'printf "first\t2\t2\t2\t1\t1\t1\t4096\n"'
        run_rows explain memory
        [ "$status" -eq 1 ]
        grep -q '^explain.explain.ms  *failed .*FAILED$' <<<"$output"
        grep -q '^peak memory of apply k8s-worker  *4.0 MiB .*ok$' <<<"$output"
}

@test "what misses its bound is told, and with --slack only beyond that" {
        measures 'printf "first\t2\t2\t2\t1\t1\t1\t12000\n"'
        run_rows memory
        [ "$status" -eq 1 ]
        grep -q 'MISSED$' <<<"$output"
        run_rows --slack 1.5 memory
        [ "$status" -eq 0 ]
        run_rows --slack 1.4 memory
        [ "$status" -eq 1 ]
}

# values: as a run writes them, of every name that README has.
values() {
        grep -oE '\{[a-z0-9_.]+\}' "$bench/figures" "$bench/readme" | sed 's/.*{\(.*\)}/\1 1234/' | sort -u
        printf '%s\n' 'on.quick no' 'on.date 2026-01-02' 'on.kernel 6.18.1' 'on.nftables 1.0.6' 'times.open.ms 2.47' \
                'times.open.ratio 0.1449' 'times.role.ms 16.4' 'packets.one.ns -227' 'memory.first.kib 5427' \
                'flood.lost.n 0' 'flood.let_in.n 0' 'shuffled.group.ms 2104'
}

@test "README's figures are replaced by those of a run, and nothing else is" {
        cp "$source/README.md" "$BATS_TEST_TMPDIR/README.md"
        values >"$BATS_TEST_TMPDIR/values"
        "$bench/readme" "$BATS_TEST_TMPDIR/values" "$BATS_TEST_TMPDIR/README.md"
        "$bench/readme" --check "$BATS_TEST_TMPDIR/README.md"
        grep -qF 'printed on 2026-01-02 on a virtual machine with 1,234 processors, Linux 6.18.1, nftables' "$BATS_TEST_TMPDIR/README.md"
        grep -qxF '| apply that opens one port | 2.5 ms, 0.14 x a replacing `nft -f` of the same policy |' "$BATS_TEST_TMPDIR/README.md"
        grep -qxF '| a denied new packet, 1 role | 227 ns less than by a plain list of 30 ports |' "$BATS_TEST_TMPDIR/README.md"
        grep -qxF '| peak memory of `apply k8s-worker` | 5.3 MiB |' "$BATS_TEST_TMPDIR/README.md"
        grep -q '| 2.1 s, 1234.00 x `nft -f`' "$BATS_TEST_TMPDIR/README.md"
        diff <(sed '/<!-- figures: made/,/<!-- figures: end/d' "$source/README.md") \
                <(sed '/<!-- figures: made/,/<!-- figures: end/d' "$BATS_TEST_TMPDIR/README.md")
}

@test "README stays as it is without a value that it names, and after a quick run" {
        cp "$source/README.md" "$BATS_TEST_TMPDIR/README.md"
        values | grep -v '^times.open.ms' >"$BATS_TEST_TMPDIR/values"
        run "$bench/readme" "$BATS_TEST_TMPDIR/values" "$BATS_TEST_TMPDIR/README.md"
        [ "$status" -eq 1 ]
        [[ $output == *times.open.ms* ]]
        values | sed 's/on.quick no/on.quick yes/' >"$BATS_TEST_TMPDIR/values"
        run "$bench/readme" "$BATS_TEST_TMPDIR/values" "$BATS_TEST_TMPDIR/README.md"
        [ "$status" -eq 1 ]
        cmp "$source/README.md" "$BATS_TEST_TMPDIR/README.md"
}
