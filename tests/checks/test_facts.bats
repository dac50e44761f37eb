#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the documents say in numbers is what the code has; and the code has each number once.

setup() {
  cd "$PORTGUARD_SOURCE" || return
}

# value_of NAME FILE: what the macro stands for.
value_of() {
  local text

  text=$(sed -nE "s/^#define $1 ([^/]*).*/\1/p" "$2" | tr -d L)
  [ -n "$text" ] || { echo "$2 does not define $1" >&2; return 1; }
  echo $((text))
}

# with_commas NUMBER: between thousands.
with_commas() {
  sed -E ':a; s/([0-9])([0-9]{3})($|,)/\1,\2\3/; ta' <<<"$1"
}

# says FILE TEXT
says() {
  tr -s '\n' ' ' <"$1" | grep -qF -e "$2" || { echo "$1 does not say: $2"; return 1; }
}

@test "how many generations are kept" {
  keep=$(value_of PG_HISTORY_KEEP_DEFAULT include/portguard/history.h)
  max=$(value_of PG_HISTORY_KEEP_MAX include/portguard/history.h)
  says docs/man/portguard.8 "keep that many confirmed generations, 1 to $max; at first $keep."
  says docs/transactions.md "The last $keep confirmed generations are kept"
  says README.md "**$keep, or as many as you like"
}

@test "the limits in architecture.md" {
  yaml=agent/profile/yaml/yaml.h
  group=agent/profile/site/internal.h
  nodes=$(value_of PG_YAML_NODES_MAX "$yaml")
  entries=$(value_of PG_GROUP_ENTRIES_MAX "$group")
  sockets=$(value_of PG_AUDIT_SOCKETS_MAX agent/engine/audit/audit.h)
  says docs/architecture.md "| a profile or site file | $(($(value_of PG_YAML_SIZE_MAX "$yaml") >> 20)) MiB, $(with_commas "$nodes") nodes, depth $(value_of PG_YAML_DEPTH_MAX "$yaml") |"
  catalog=agent/profile/catalog/catalog.h
  says docs/architecture.md "includes in a row | $(value_of PG_CATALOG_PROFILES_MAX "$catalog"), $(value_of PG_INCLUDE_DEPTH_MAX "$catalog") |"
  says docs/architecture.md "| claims of one policy | $(value_of PG_CLAIMS_MAX agent/policy/policy.h) |"
  says docs/architecture.md "| addresses of a group file | $(with_commas "$entries") entries, $(($(value_of PG_GROUP_FILE_SIZE_MAX "$group") >> 20)) MiB |"
  says docs/architecture.md "each list of scopes for itself | $(with_commas "$(value_of PG_RANGES_MAX agent/policy/policy.h)") |"
  says docs/architecture.md "more are counted | $(value_of PG_DIAGNOSTICS_MAX include/portguard/error.h) |"
  says docs/architecture.md "| open ends that are settled at a time | $(value_of PG_UNSETTLED_MAX agent/state/store/store.h) |"
  says docs/architecture.md "of an audit | $(with_commas "$sockets"), "
}

@test "the version stands in CMakeLists.txt, and NEWS.md begins with it" {
  version=$(sed -nE 's/^ +VERSION ([0-9.]+)$/\1/p' CMakeLists.txt)
  [[ $("$PORTGUARD" --version) == "portguard $version" ]]
  [[ $(grep -m 1 '^## ' NEWS.md) == "## $version"* ]]
  # What a release wrote is a fact of its own.
  found=$(grep -rnF -e "$version" --include=*.c --include=*.h --include=*.in agent include packaging | grep -v '^agent/ruleset/record\.' || true)
  [ -z "$found" ] || { echo "$found"; return 1; }
}

@test "each function of the public headers says what goes in, comes out, and how it fails" {
  /usr/bin/python3 - include/portguard/*.h <<'PYTHON'
import re, sys

bad = []
for path in sys.argv[1:]:
    text = open(path).read()
    for function in re.finditer(r"^int (pg_\w+)\(([^;]*struct pg_error \*error)\);", text, re.M):
        name, parameters = function.groups()
        if "**ret" not in parameters and "pg_settings" not in parameters:
            continue
        before = text[:function.start()]
        said = before[before.rindex("/*"):] if before.endswith("*/\n") else ""
        takes = [p for p in parameters.split(",")
                 if not re.search(r"\*\*|pg_settings|pg_diagnostics|pg_error", p)]
        wanted = ["errors"] + (["in"] if takes else []) + (["out"] if "**ret" in parameters else [])
        bad += [f"{path}: {name}: no line '{word}:'" for word in wanted if f"\n * {word}:" not in said]
print(*bad, sep="\n")
sys.exit(bool(bad))
PYTHON
}

@test "the tests that docs/threat-model.md names are there" {
  names=$(grep -oE '`(unit|cli|kernel|boot|checks)/[a-z0-9_*]+`' docs/threat-model.md | tr -d '\`' | sort -u)
  [ "$(wc -l <<<"$names")" -gt 20 ]
  while read -r name; do
    # Those of the kernels are no files.
    [[ $name == boot/kernel_* ]] || compgen -G "tests/${name/\//\/test_}.[bc]*" >/dev/null ||
      { echo "there is no test $name"; return 1; }
  done <<<"$names"
  for name in $(grep -oE 'fuzz target `[a-z_]+`' docs/threat-model.md | sed -E 's/.*`(.*)`/\1/'); do
    [ -e "tests/fuzz/fuzz_$name.c" ]
  done
}
