#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The layer check finds what it is there to find, and nothing in the tree as it is.

setup() {
  check=$PORTGUARD_SOURCE/tests/checks/layers
  tree=$BATS_TEST_TMPDIR/tree
  mkdir -p "$tree/include/portguard"
  for layer in base profile policy ruleset host kernel state engine cli; do
    mkdir -p "$tree/agent/$layer"
  done
}

# refused FILE LINE TEXT: a tree with this one line is refused, for that reason.
refused() {
  printf '/* A file. */\n%s\n' "$2" >"$tree/$1"
  run "$check" "$tree"
  echo "$output"
  [ "$status" -ne 0 ]
  [[ $output == "$1:2: "*"$3"* ]]
  rm "$tree/$1"
}

accepted() {
  printf '/* A file. */\n%s\n' "$2" >"$tree/$1"
  run "$check" "$tree"
  echo "$output"
  [ "$status" -eq 0 ]
  rm "$tree/$1"
}

@test "the sources keep to their layers" {
  "$check" "$PORTGUARD_SOURCE"
}

@test "a header of a later layer is refused, in every layer but the last" {
  refused agent/base/a.c '#include "profile/profile/profile.h"' 'base/ comes before profile/'
  refused agent/profile/a.h '#include "policy/policy.h"' 'profile/ comes before policy/'
  refused agent/policy/a.c '#include "ruleset/model/ruleset.h"' 'policy/ comes before ruleset/'
  refused agent/ruleset/a.c '#include "host/links.h"' 'ruleset/ comes before host/'
  refused agent/host/a.c '#include "kernel/nft/nft.h"' 'host/ comes before kernel/'
  refused agent/kernel/a.c '#include "state/store/store.h"' 'kernel/ comes before state/'
  refused agent/state/a.c '#include "engine/apply.h"' 'state/ comes before engine/'
  refused agent/engine/a.c '  #  include <cli/output.h>' 'engine/ comes before cli/'
}

@test "headers of the same layer and of earlier ones are accepted" {
  accepted agent/base/a.c '#include "base/error.h"'
  accepted agent/engine/a.c '#include "policy/policy.h"'
  accepted agent/cli/a.c '#include "engine/context.h"'
  accepted agent/state/a.c '#include "portguard/change.h"'
}

@test "a relative path does not lead around the check" {
  refused agent/base/a.c '#include "../cli/output.h"' 'not by a relative path'
  refused agent/base/a.c '#include "base/../cli/output.h"' 'not by a relative path'
}

@test "a public header includes no internal one and no foreign library" {
  refused include/portguard/a.h '#include "base/error.h"' 'not installed'
  refused include/portguard/a.h '#include <libfyaml.h>' 'belongs to profile/'
}

@test "a folder that is no layer is refused" {
  mkdir "$tree/agent/util"
  printf '/* A file. */\n' >"$tree/agent/util/a.c"
  run "$check" "$tree"
  [ "$status" -ne 0 ]
  [[ $output == *'util is no layer'* ]]
}

@test "foreign libraries stay in their layer" {
  refused agent/state/a.c '#include <libmnl/libmnl.h>' 'belongs to host/ and kernel/'
  refused agent/ruleset/a.c '#include <libnftnl/rule.h>' 'belongs to kernel/'
  refused agent/engine/a.c '#include <netlink/route/link.h>' 'belongs to host/'
  refused agent/policy/a.c '#include <libfyaml.h>' 'belongs to profile/'
  refused agent/cli/a.c '#include <sqlite3.h>' 'belongs to state/'
  refused agent/engine/a.c '#include <jansson.h>' 'belongs to state/ and cli/'
  accepted agent/kernel/a.c '#include <libnftnl/rule.h>'
  accepted agent/cli/a.c '#include <jansson.h>'
}

@test "what prints or ends the process is refused below cli/" {
  refused agent/engine/a.c 'static void f(void) { printf("x"); }' 'printf() is for'
  refused agent/engine/a.c 'static void f(void) { fprintf(stderr, "x"); }' 'only cli/ prints'
  refused agent/engine/a.c 'static void f(void) { fputs("x", stdout); }' 'only cli/ prints'
  refused agent/base/a.c 'static void f(void) { exit(1); }' 'exit() is for'
  refused agent/base/a.c '/* x */ static void f(void) { _exit(1); } // y' '_exit() is for'
  accepted agent/cli/a.c 'static void f(void) { printf("x"); exit(1); }'
}

@test "names that only look alike, comments and strings are accepted" {
  accepted agent/base/a.c 'int r = snprintf(b, n, "x") + vasprintf(&t, f, a) + fprintf(stream, "x");'
  accepted agent/base/a.c '/* printf() and stderr, exit() */'
  accepted agent/base/a.c $'/* The\n * printf("x") of a comment, stdout\n */'
  accepted agent/base/a.c 'static const char *text = "exit(1) \" printf(x)";'
  accepted agent/base/a.c 'static int on_exit_rule(int at_exit_(void));'
}

# put FILE TEXT: a file of the tree.
put() {
  mkdir -p "$(dirname "$tree/$1")"
  printf '%s\n' "$2" >"$tree/$1"
}

# wrong TEXT: the tree is refused for that reason, and for no other.
wrong() {
  run "$check" "$tree"
  echo "$output"
  [ "$status" -ne 0 ]
  [ ${#lines[@]} -eq 1 ]
  [[ $output == *"$1"* ]]
}

@test "of a room, others include its own header only" {
  put agent/state/store/store.h 'struct pg_store;'
  put agent/state/store/internal.h 'struct pg_part;'
  put agent/state/store/store.c '#include "state/store/internal.h"'
  put agent/engine/a.c '#include "state/store/store.h"'
  "$check" "$tree"
  put agent/engine/a.c '#include "state/store/internal.h"'
  wrong '"state/store/internal.h" is a part of state/store/'
}

@test "files that need each other are refused, by what they call as by what they include" {
  put agent/base/a.c $'int pg_a(void)\n{\n        return pg_b();\n}'
  put agent/base/b.c $'int pg_b(void)\n{\n        return 0;\n}'
  "$check" "$tree"
  put agent/base/b.c $'int pg_b(void)\n{\n        return pg_a();\n}'
  run "$check" "$tree"
  [ "$status" -ne 0 ]
  [ "${lines[0]}" = 'agent: files that need each other: agent/base/a.c agent/base/b.c' ]
}

@test "rooms that need each other are refused, though none of their files do" {
  put agent/policy/one/a.c $'int pg_a(void)\n{\n        return pg_b();\n}'
  put agent/policy/two/b.c $'int pg_b(void)\n{\n        return 0;\n}'
  put agent/policy/two/c.c $'int pg_c(void)\n{\n        return pg_d();\n}'
  put agent/policy/one/d.c $'int pg_d(void)\n{\n        return 0;\n}'
  wrong 'agent: rooms that need each other: policy/one policy/two'
}

@test "a header declares what the source file of its name defines" {
  put agent/base/a.h 'int pg_b(void);'
  put agent/base/a.c '#include "base/a.h"'
  put agent/base/b.c $'int pg_b(void)\n{\n        return 0;\n}'
  wrong 'agent/base/a.h:1: pg_b() is defined in agent/base/b.c'
  rm "$tree/agent/base/b.c"
  wrong 'agent/base/a.h:1: pg_b() is declared, and defined nowhere'
}

@test "a comment that cites a file that is not there is refused" {
  put agent/base/a.c '/* As engine/gone.c does. */'
  wrong 'agent/base/a.c:1: engine/gone.c is cited, and not there'
}

@test "a name that stands for two things is refused" {
  put agent/base/read.c 'static int a;'
  put agent/state/store/read.c 'static int a;'
  run "$check" "$tree"
  [ "$status" -ne 0 ]
  [[ ${lines[0]} == 'agent/base/read.c:1: state has a file read, too'* ]]
}

@test "a file of more than 400 lines and a function of more than 50 are refused" {
  put agent/base/a.c "$(yes '/* a line */' | head -n 400)"
  "$check" "$tree"
  put agent/base/a.c "$(yes '/* a line */' | head -n 401)"
  wrong 'agent/base/a.c:401: 401 lines are more than 400'
  put agent/base/a.c $'int pg_a(void)\n{\n'"$(yes '        a();' | head -n 50)"$'\n}'
  "$check" "$tree"
  put agent/base/a.c $'int pg_a(void)\n{\n'"$(yes '        a();' | head -n 51)"$'\n}'
  wrong 'agent/base/a.c:2: pg_a() has 51 lines, more than 50'
}

@test "architecture.md has a row for each room and each file that is in none, and cites no file that is not there" {
  cd "$PORTGUARD_SOURCE"
  for layer in base profile policy ruleset host kernel state engine cli; do
    sed -n "/^\*\*\`$layer\/\`\*\*$/,/^\(\*\*\|##\)/s/^| \`\([^\`]*\)\` |.*/\1/p" docs/architecture.md >"$tree/rows"
    (cd "agent/$layer" && { find . -mindepth 1 -type d -printf '%P/\n'; find . -maxdepth 1 -name '*.[ch]' -printf '%P\n' |
            sed 's/\.[ch]$//' | sort -u; } | sort) >"$tree/there"
    diff <(sort "$tree/rows") "$tree/there"
  done
  grep -ohE '`(agent/)?(base|profile|policy|ruleset|host|kernel|state|engine|cli|include)/[a-z_/]+\.[ch]`' docs/*.md README.md |
          tr -d '`' | sort -u >"$tree/cited"
  [ -s "$tree/cited" ]
  while read -r file; do
    [ -e "$file" ] || [ -e "agent/$file" ] || { echo "$file"; false; }
  done <"$tree/cited"
  # Each row names tests that there are.
  sed -n '/^### Where things are$/,/^## From/s/^| `.* | \([^|]*\) |$/\1/p' docs/architecture.md >"$tree/tests"
  [ -s "$tree/tests" ]
  while read -r names; do
    [ -n "$names" ]
    for name in ${names//,/}; do
      [[ $name != */* ]] || compgen -G "tests/${name%/*}/test_${name#*/}*" >/dev/null ||
              compgen -G "tests/$name" >/dev/null || { echo "$name"; false; }
    done
  done <"$tree/tests"
}
