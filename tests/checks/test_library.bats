#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The shared library gives what the public headers declare, and nothing else.

setup() {
  library=$PORTGUARD_BUILD/libportguard.so
  [ -e "$library" ] || skip "this build has no shared library"
  nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort \
    >"$BATS_TEST_TMPDIR/defined"
}

@test "every public function is defined, and nothing else is exported" {
  # Without comments, every name before a parenthesis is a function's.
  cat "$PORTGUARD_SOURCE"/include/portguard/*.h | tr '\n' ' ' | sed -E 's:/\*([^*]|\*+[^*/])*\*+/::g' |
    grep -oE 'pg_[a-z0-9_]+\(' | tr -d '(' | sort -u >"$BATS_TEST_TMPDIR/declared"
  diff "$BATS_TEST_TMPDIR/declared" "$BATS_TEST_TMPDIR/defined"
}

@test "each public header compiles alone" {
  for header in "$PORTGUARD_SOURCE"/include/portguard/*.h; do
    echo "#include \"portguard/${header##*/}\"" |
      cc -std=c17 -Wall -Wextra -Werror -fsyntax-only -I "$PORTGUARD_SOURCE/include" -x c -
  done
}
