#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the compiler and the linker guard the program with, as the built files show it.

setup() {
  # Where the build has no shared library, the program stands for it.
  files=("$PORTGUARD")
  [ ! -e "$PORTGUARD_BUILD/libportguard.so" ] || files+=("$PORTGUARD_BUILD/libportguard.so")
}

@test "addresses are random, and what the linker filled in cannot be written any more" {
  for file in "${files[@]}"; do
    readelf -hW "$file" | grep -q 'Type: *DYN' || { echo "$file"; return 1; }
    readelf -lW "$file" | grep -q GNU_RELRO
    readelf -dW "$file" | grep -q BIND_NOW
  done
  readelf -dW "$PORTGUARD" | grep -q 'FLAGS_1.*PIE'
}

@test "neither the stack nor anything that is written can be run" {
  for file in "${files[@]}"; do
    readelf -lW "$file" | awk '/GNU_STACK/ { stack = $0 } / RWE / { bad = 1 } END { exit bad || stack !~ / RW / }'
  done
}

# The compiler writes down how it was called, DWARF 5, section 3.1.1 (DW_AT_producer).
@test "every source file is compiled with what makes a mistake stop the program" {
  local -A flags=([-fstack-protector-strong]=1 [-fstack-clash-protection]=1 [-ftrivial-auto-var-init=zero]=1)

  case $(uname -m) in
  x86_64) flags[-fcf-protection=full]=1 ;;
  aarch64) flags[-mbranch-protection=standard]=1 ;;
  esac
  for file in "${files[@]}"; do
    readelf --debug-dump=info "$file" 2>/dev/null | grep DW_AT_producer | grep 'GNU C' >"$BATS_TEST_TMPDIR/producers"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/producers")" -gt 100 ]
    for flag in "${!flags[@]}"; do
      run grep -v -e "$flag" "$BATS_TEST_TMPDIR/producers"
      [ -z "$output" ] || { echo "$file: without $flag: $output"; return 1; }
    done
  done
}

@test "functions of the C library that write to memory know its size" {
  # Each of its own: level 3 knows also sizes that are not constant (gcc 12, "Object Size Checking").
  grep -q '"command": ' "$PORTGUARD_BUILD/compile_commands.json"
  run grep -c '"command": .* -c .*/agent/' "$PORTGUARD_BUILD/compile_commands.json"
  [ "$output" -gt 100 ]
  run grep '"command": .* -c .*/agent/' "$PORTGUARD_BUILD/compile_commands.json"
  [ -z "$(grep -v -e '-D_FORTIFY_SOURCE=3' <<<"$output")" ]
  nm -D "$PORTGUARD" | grep -q __memcpy_chk
}
