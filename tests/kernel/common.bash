# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of the kernel share: they run as root of a user and network namespace of their own.

load ../cli/common

# In the host's namespace these tests would take its firewall away. Who may look into the namespace of the first process
# is told whether it is another.
own_namespace_or_fail() {
        local inside outside count

        read -r inside outside count </proc/self/uid_map
        if [ "$inside $outside $count" = "0 0 4294967295" ] &&
                { [ ! -e /proc/1/ns/net ] || [ /proc/1/ns/net -ef /proc/self/ns/net ]; }; then
                echo "run this with: unshare --user --map-root-user --net bats $BATS_TEST_FILENAME"
                return 1
        fi
}

kernel_setup() {
        own_namespace_or_fail
        common_setup
        PATH=$PORTGUARD_BUILD/tests/tools:$PATH:/usr/sbin:/sbin
}

# until_true SECONDS COMMAND...: runs the command again and again until it succeeds; fails when it never did.
until_true() {
        local end=$((SECONDS + $1))

        shift
        until "$@"; do
                [ $SECONDS -le "$end" ] || fail "waited in vain for: $*"
                sleep 0.02 # what is waited for may need the processor
        done
}

# The id that every commit in the namespace moves on.
genid() {
        tool_generation
}

ours() {
        nft -s -a list table inet portguard
}

live_slot() {
        nft list chain inet portguard input | sed -nE 's/.*goto input_([ab])$/\1/p'
}

# Most tests have an sshd that nobody needs.
apply_quietly() {
        portguard apply --allow-lockout "$@" >/dev/null || fail "apply $* failed"
}

assert_verified() {
        run --separate-stderr portguard verify
        assert_status 0
}

# The leak detector of a sanitizer build is a tracer itself, and there can be only one.
strace() {
  ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" command strace "$@"
}

# tool_interrupt, and what it runs.
traced() {
        ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" tool_interrupt "$@"
}

# How many requests a command makes of the kernel.
count_requests() {
        traced count call=sendto "$PORTGUARD" "$@" 2>&1 >/dev/null | sed -nE 's/^interrupt: ([0-9]+) calls$/\1/p'
}

# faults PROGRAM ARGUMENT...: one of faults/*.py
faults() {
        local program=$1 status=0

        shift
        PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$BATS_TEST_DIRNAME/faults/$program.py" "$@" || status=$?
        [ $status -ne 77 ] || skip "takes too long with sanitizers"
        return $status
}
