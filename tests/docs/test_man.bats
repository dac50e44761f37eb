#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The examples of the man pages, run as they stand there. Every literal block is one: its first line is
# "# /path", and it is that file; or each of its lines is "# command". The blocks of a page follow one
# another, as a reader would type them, in a network namespace that ends with the page.
# shellcheck disable=SC2154 # commands.bash sets $commands

bats_require_minimum_version 1.5.0
load ../cli/commands

setup() {
        MAN=$PORTGUARD_SOURCE/docs/man
        ROOT=$BATS_TEST_TMPDIR/root
        BLOCKS=$BATS_TEST_TMPDIR/blocks
        mkdir -p "$ROOT/etc/portguard/profiles" "$ROOT/etc/sudoers.d" "$ROOT/bin" "$BLOCKS"
        ln -s "$PORTGUARD" "$ROOT/bin/portguard"
        export PATH=$ROOT/bin:$PATH:/usr/sbin:/sbin
        export PORTGUARD_PROFILES=$ROOT/etc/portguard/profiles:$PORTGUARD_SOURCE/profiles
        export PORTGUARD_SITE=$ROOT/etc/portguard/site.yaml PORTGUARD_STATE=$ROOT/state
        echo 'profiles: [ssh]' >"$PORTGUARD_SITE"
}

# One file for each literal block, with the page's escapes undone.
extract() {
        awk -v folder="$BLOCKS" '
                /^\.Bd -literal/ { file = sprintf("%s/%02d", folder, ++n); next }
                /^\.Ed/ { file = ""; next }
                file { gsub(/\\&/, ""); gsub(/\\e/, "\\"); print >file }' "$1"
}

# Prints the script that a page's blocks make.
make_script() {
        local block first name

        echo 'set -euo pipefail'
        for block in "$BLOCKS"/*; do
                first=$(head -n 1 "$block")
                name=${first#'# '}
                if [[ $first == '# /'* ]]; then
                        printf 'cat >%q <%q\n' "$ROOT$name" "$block"
                        [[ $name != */profiles/*.yaml ]] ||
                                printf 'portguard profiles check %q\n' "$ROOT$name"
                        [[ $name != */site.yaml ]] || echo 'portguard plan >/dev/null'
                elif ! grep -qv '^# [a-z]' "$block"; then
                        sed -e 's/^# //' -e "s#/etc/portguard#$ROOT&#g" "$block"
                else
                        echo "neither a file nor commands: $block" >&2
                        cat "$block" >&2
                        return 1
                fi
        done
}

# run_page PAGE: runs its examples. Nothing may be said on standard error but that claims were settled, and
# that no ssh server listens there when a trial is confirmed: an example that is warned about is a bad one.
run_page() {
        extract "$MAN/$1"
        [ "$(find "$BLOCKS" -type f | wc -l)" -gt 0 ]
        make_script >"$BATS_TEST_TMPDIR/script"
        run --separate-stderr unshare --user --map-root-user --net \
                bash -c 'ip link set lo up; ip link add wg0 type veth peer name wg1; cd "$1"; . "$0"' "$BATS_TEST_TMPDIR/script" "$ROOT"
        # shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr
        printf '%s\n' "status: $status" "$output" "stderr: $stderr"
        [ "$status" -eq 0 ]
        ! grep -v 'on shared ports\|no ssh server listens here' <<<"$stderr" | grep .
}

@test "portguard(8): the examples work" {
        run_page portguard.8
        [[ $output == *"applied generation 1"* ]]
        grep -q '</html>' "$ROOT/report.html"
}

@test "portguard-profile(5): the examples work" {
        run_page portguard-profile.5
        [[ $output == *"udp . 10000-10249 comment"*"udp . 10250 comment"* ]]
}

@test "portguard-site(5): the examples work" {
        run_page portguard-site.5
        [[ $output == *"applied generation 1"* ]]
}

@test "a block that is no example fails the test of its page" {
        printf '%s\n' '.Bd -literal' 'name: nameless' '.Ed' >"$BATS_TEST_TMPDIR/page.5"
        extract "$BATS_TEST_TMPDIR/page.5"
        run make_script
        [ "$status" -ne 0 ]
}

# Words of portguard --help, against the page: nothing that can be typed is left out.
@test "portguard(8) names every command, option, variable and exit status of --help" {
        local page word missing=() command

        page=$(sed -e 's/Fl Fl /--/g' -e 's/Fl \([a-zA-Z]\)/-\1/g' "$MAN/portguard.8")
        for command in '' "${commands[@]}"; do
                # shellcheck disable=SC2086 # none or one word
                while read -r word; do
                        grep -qF -e "$word" <<<"$page" || missing+=("$word")
                done < <("$PORTGUARD" $command --help |
                        grep -oE '^ +(-[a-zA-Z], )?--[a-z-]+|^  [a-z]+  |[A-Z]+_[A-Z]+|^ +[0-9]+  ' |
                        grep -oE '[-A-Za-z_0-9]+' | sed 's/^\([0-9][0-9]*\)$/.It \1/' | sort -u)
        done
        echo "missing: ${missing[*]}"
        [ ${#missing[@]} -eq 0 ]
}

@test "the pages have no fault that groff or mandoc knows" {
        local page

        command -v groff >/dev/null || command -v mandoc >/dev/null || skip "neither groff nor mandoc is here"
        for page in "$MAN"/*.[1-8]; do
                ! command -v groff >/dev/null || [ -z "$(groff -mdoc -ww -Tutf8 -z "$page" 2>&1)" ]
                ! command -v mandoc >/dev/null || mandoc -Tlint -W warning "$page"
        done
}
