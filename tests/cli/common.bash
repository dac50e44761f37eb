# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of the command line share. Loaded by every file here.

bats_require_minimum_version 1.5.0

# Nothing of the host that runs the tests is read: its site file least of all.
common_setup() {
        export PORTGUARD_PROFILES=$PORTGUARD_SOURCE/profiles
        export PORTGUARD_SITE=$BATS_TEST_TMPDIR/site.yaml
        export PORTGUARD_STATE=$BATS_TEST_TMPDIR/state
        unset NO_COLOR SSH_CONNECTION SSH_CLIENT SSH_TTY SUDO_USER
        mkdir -m 0700 "$PORTGUARD_STATE"
        # As root, portguard quotes only files that everybody can get to.
        chmod o+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_TEST_TMPDIR"
        echo 'egress: open' >"$PORTGUARD_SITE"
}

portguard() {
        "$PORTGUARD" "$@"
}
export -f portguard

# in_network SCRIPT: runs the script as root of a user and network namespace of its own, without a history.
# What is applied there is gone when it ends.
in_network() {
        rm -f "$PORTGUARD_STATE"/state.db*
        after_boot "$1"
}

# after_boot SCRIPT: the same, with the history of the last one.
after_boot() {
        unshare --user --map-root-user --net bash -c "set -e; $1"
}

# Shows what was printed, for the log of a failed test, and fails.
fail() {
        echo "$*"
        echo "status: ${status-}"
        echo "output: ${output-}"
        # shellcheck disable=SC2154 # set by `run --separate-stderr`
        echo "stderr: ${stderr-}"
        return 1
}

assert_status() {
        [ "$status" -eq "$1" ] || fail "expected exit status $1"
}

assert_output_has() {
        [[ $output == *"$1"* ]] || fail "expected in the output: $1"
}

assert_output_lacks() {
        [[ $output != *"$1"* ]] || fail "not expected in the output: $1"
}

assert_stderr_has() {
        [[ $stderr == *"$1"* ]] || fail "expected on standard error: $1"
}

# One line of the output, with runs of blanks as one. In bash alone: a process each adds up to minutes.
assert_line() {
        local text=$'\n'$output$'\n'

        while [[ $text == *'  '* ]]; do
                text=${text//'  '/ }
        done
        [[ ${text//$'\n '/$'\n'} == *$'\n'"$1"$'\n'* ]] || fail "expected the line: $1"
}

# assert_json FILTER: the output is exactly one object, of which the filter holds. Which of that does not is only asked
# where one does not.
assert_json() {
        jq -es "select(length == 1) | .[0] | select(type == \"object\") | ($1)" <<<"$output" >/dev/null && return
        [ "$(jq -s length <<<"$output")" = 1 ] || fail "expected one JSON value"
        jq -e 'type == "object"' <<<"$output" >/dev/null || fail "expected an object"
        fail "expected of the object: $1"
}
