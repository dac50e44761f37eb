#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The unit that restores at boot.

setup() {
  unit=$PORTGUARD_BUILD/portguard.service
}

# value KEY: what the unit has behind it, one a line.
value() {
  sed -n "s/^$1=//p" "$unit"
}

@test "the unit restores before the network, and behind what flushes every table" {
  [[ $(value ExecStart) == /*/portguard\ restore ]]
  [[ " $(value Before) " == *" network-pre.target "* ]]
  [ "$(value Wants)" = network-pre.target ]
  [[ " $(value After) " == *" nftables.service "* ]]
  [ "$(value DefaultDependencies)" = no ]
}

@test "stopping the unit leaves the rules in place" {
  [ -z "$(value ExecStop)$(value ExecStopPost)" ]
  [ "$(value RemainAfterExit)" = yes ]
}

@test "systemd understands every line of the unit" {
  command -v systemd-analyze >/dev/null || skip "systemd-analyze is not here"
  # It looks whether the program is there.
  sed "s#^ExecStart=[^ ]*#ExecStart=$PORTGUARD#" "$unit" >"$BATS_TEST_TMPDIR/portguard.service"
  run systemd-analyze verify --man=no --recursive-errors=no "$BATS_TEST_TMPDIR/portguard.service"
  echo "$output"
  [ "$status" -eq 0 ]
  ! grep -F portguard.service <<<"$output"
}

@test "what the unit may do is little: an exposure of at most 1.5 of 10" {
  command -v systemd-analyze >/dev/null || skip "systemd-analyze is not here"
  run systemd-analyze security --offline=true --no-pager --threshold=15 "$unit"
  [ "$status" -eq 0 ] || { echo "$output"; return 1; }
  [[ $output == *"Overall exposure level for portguard.service: "[01].* ]]
  # What it may not call is an error to it, and never its end: that would leave the host open.
  [ "$(value SystemCallErrorNumber)" = EPERM ]
}
