#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The shipped profiles as a whole.

setup() {
  cd "$PORTGUARD_SOURCE" || return
}

@test "no two profiles hold the same services (mend: let both include a profile that does)" {
  /usr/bin/python3 - profiles/*.yaml <<'PYTHON'
import itertools, re, sys
import yaml

def values(profile, service):
    """The parameters that a service depends on: what it opens is the same when their defaults are."""
    names = set(re.findall(r"\$\{(\w+)\}", str(service))) | {str(service.get("never_any_unless"))}
    when = service.get("when", {})
    names |= {when} if isinstance(when, str) else set(when)
    params = profile.get("params", {})
    return {name: {**params[name], "summary": ""} for name in names if name in params}

def services(profile):
    for section in ("services", "egress"):
        for service in profile.get(section, {}).values():
            yield repr((section, sorted(service.items(), key=str), sorted(values(profile, service).items())))

profiles = [yaml.safe_load(open(path)) for path in sys.argv[1:]]
held = {profile["name"]: set(services(profile)) for profile in profiles}
twice = [(one, other, both) for one, other in itertools.combinations(held, 2)
         if len(both := held[one] & held[other]) > 1]
for one, other, both in twice:
    print(f"{one} and {other} both have:", *sorted(both), sep="\n  ")
sys.exit(bool(twice))
PYTHON
}

@test "profiles speak to users: of no table of the tests" {
  run grep -nwiE 'seeds?|rows?|L[0-9]{1,2}' profiles/*.yaml
  [ "$status" -eq 1 ] || { echo "$output"; return 1; }
}

@test "README says how many profiles there are" {
  run grep -oE '\b[0-9]+ profiles\b' README.md
  [ "$output" = "$(find profiles -name '*.yaml' | wc -l) profiles" ] || { echo "$output"; return 1; }
  run grep -niE '(eighty|ninety|hundred) profiles' README.md docs/*.md docs/man/*
  [ "$status" -eq 1 ] || { echo "$output"; return 1; }
}
