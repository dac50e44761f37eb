# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The values that a run measures, and the rows that it prints, with their bounds from tests/bench/figures. Loaded by
# tests/bench/rows. BENCH_VALUES is a file of "NAME VALUE", BENCH_PRINTED one of the names whose rows were printed,
# BENCH_SLACK what a bound is stretched by.

line() {
        printf '%-54s  %-36s  %-24s  %s\n' "$@"
}

# bounds ROW: "VALUE COMPARISON NUMBER UNIT" of each figure of a row.
bounds() {
        awk -F ' [|] ' -v row="$1" '!/^#/ && $1 == row && $3 != "none" { print $2, $3 }' "$PORTGUARD_SOURCE/tests/bench/figures"
}

value() {
        echo "$1 $2" >>"$BENCH_VALUES"
}

# get NAME: the value, or nothing where it was not measured.
get() {
        awk -v name="$1" '$1 == name { value = $2 } END { print value }' "$BENCH_VALUES"
}

# take PREFIX FILE: every subject of bench_time's output as values PREFIX.SUBJECT.ms, .ratio, .low, .high, .kib,
# and PREFIX.SUBJECT.told.ms, .told.ratio.
take() {
        local name ms ratio low high kib told told_ratio

        while IFS=$'\t' read -r name ms _ _ ratio low high kib told told_ratio; do
                value "$1.$name.ms" "$ms"
                value "$1.$name.ratio" "$ratio"
                value "$1.$name.low" "$low"
                value "$1.$name.high" "$high"
                value "$1.$name.kib" "$kib"
                value "$1.$name.told.ms" "$told"
                value "$1.$name.told.ratio" "$told_ratio"
        done <"$2"
}

# row NAME WORK MEASURED: MEASURED is said of the value NAME, which is held against its bound. Without a value something
# failed, which ends no run: the exit status says so.
row() {
        local comparison bound unit is measured=$3 number low

        read -r _ comparison bound unit < <(bounds "$BENCH_ROW" | awk -v name="$1" '$1 == name')
        number=$(get "$1")
        echo "$1" >>"$BENCH_PRINTED"
        if [ -z "$number" ]; then
                is=FAILED measured=failed
        else
                low=$(get "${1%.ratio}.low")
                [ "$BENCH_SLACK" = 1 ] || number=${low:-$number}
                is=$(awk -v value="$number" -v comparison="$comparison" -v bound="$bound" -v slack="$BENCH_SLACK" \
                        'BEGIN { print (comparison == "<=" ? value <= bound * slack : value >= bound / slack) ? "ok" : "MISSED" }')
        fi
        [ "$is" = ok ] || missed=1
        comparison=${comparison/<=/at most}
        line "$2" "$measured" "${comparison/>=/at least} $bound $unit" "$is"
}

# ratio_row NAME WORK: of a subject that bench_time compared.
ratio_row() {
        row "$1.ratio" "$2" "$(get "$1.ratio") x ($(get "$1.low")-$(get "$1.high")), $(get "$1.ms") ms"
}

not_measured() {
        line "$1" 'not measured' '' "$2"
}

# measure PROGRAM...: what fails leaves its rows without values.
measure() {
        "$@" 2>"$log" && return
        sed "s,^,tests/bench/run: $1: ," "$log" >&2
        echo "tests/bench/run: failed: $1" >&2
        missed=1
}

# fail_rest ROW: prints the rows that a row left out, because something in it failed.
fail_rest() {
        local name comparison bound unit

        while read -r name comparison bound unit; do
                grep -qxF "$name" "$BENCH_PRINTED" && continue
                comparison=${comparison/<=/at most}
                line "$name" failed "${comparison/>=/at least} $bound $unit" FAILED
        done < <(bounds "$1")
}
