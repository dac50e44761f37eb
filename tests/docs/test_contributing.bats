#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What CONTRIBUTING.md says to type does what it says.

load ../cli/common

setup() {
        common_setup
        export HOME=$BATS_TEST_TMPDIR/home
        mkdir "$HOME"
}

# block HEADING: the first block of commands below it.
block() {
        sed -n "/^## $1\$/,/^## /p" "$PORTGUARD_SOURCE/CONTRIBUTING.md" | sed -nE '/^    /!{/./{/^## /!q};d}; s/^    //p'
}

@test "a profile in five minutes" {
        # With the portguard that is tested.
        block 'A profile in five minutes' | sed "s#build/portguard#'$PORTGUARD'#" >"$BATS_TEST_TMPDIR/block"
        grep -q '^services:$' "$BATS_TEST_TMPDIR/block"
        run bash -c "cd '$PORTGUARD_SOURCE' && . '$BATS_TEST_TMPDIR/block'"
        [ "$status" -eq 0 ]
        assert_output_has 'tcp/7000  lab-peers  lab      192.0.2.0/24'
        assert_output_has 'accept tcp/7000 from 192.0.2.7'
        [ -s "$HOME/profiles/lab.yaml" ]
}

@test "every script and document that it names is there" {
        while read -r name; do
                [ -e "$PORTGUARD_SOURCE/$name" ] || fail "$name"
        done < <(grep -oE '(docs|tests|packaging|profiles|\.ci)/[a-z_./-]*[a-z]' "$PORTGUARD_SOURCE/CONTRIBUTING.md" |
                grep -v 'lab.nft\|^tests/unit/test_delta$\|profiles/lab' | sort -u)
}
