#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The JSON Schemas that editors use say the same as the parser.

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  export PORTGUARD_PROFILES=$PORTGUARD_SOURCE/profiles
}

# validate SCHEMA FILE: exit status 1 when the schema refuses it. Debian's own Python has the module.
validate() {
  /usr/bin/python3 - "$PORTGUARD_SOURCE/profiles/$1" "$2" <<'PYTHON'
import json, sys
import jsonschema, yaml

schema = json.load(open(sys.argv[1]))
try:
    jsonschema.Draft202012Validator(schema).validate(yaml.safe_load(open(sys.argv[2])))
except jsonschema.ValidationError as error:
    print(f"{sys.argv[2]}: {error.message}")
    sys.exit(1)
PYTHON
}

# refused TEXT: by the schema and by the parser.
refused() {
  printf '%s\n' "$1" >bad.yaml
  run validate profile.schema.json bad.yaml
  [ "$status" -eq 1 ] || { echo "the schema takes: $1 ($output)"; return 1; }
  run "$PORTGUARD" profiles check bad.yaml
  [ "$status" -eq 3 ] || { echo "the parser takes: $1"; return 1; }
}

@test "every shipped profile follows the schema" {
  for profile in "$PORTGUARD_SOURCE"/profiles/*.yaml; do
    validate profile.schema.json "$profile"
  done
}

@test "what the schema refuses, the parser refuses" {
  refused 'name: bad'
  refused '{name: bad, summary: x, colour: red}'
  refused '{name: bad, summary: x, services: {s: {summary: x, ports: [tcp/1]}}}'
  refused '{name: bad, summary: x, services: {s: {summary: x, ports: [http], from: any}}}'
  refused '{name: bad, summary: x, services: {s: {summary: x, ports: [tcp/1], from: any, required: maybe}}}'
  refused '{name: bad, summary: x, params: {p: {type: colour, default: red, summary: x}}}'
  refused '{name: Bad Name, summary: x}'
}

@test "a site of all keys follows its schema, and the parser takes it" {
  cat >site.yaml <<'YAML'
profiles: [k8s-worker]
groups:
  cluster: [10.1.0.0/16, 2001:db8::/32]
  control-plane: {addresses: [10.2.0.1], interfaces: [lo]}
params: {nodeport_udp: true, ssh.ssh_port: 2222}
enable: all
egress: strict
hosts: {msg.argo.grnet.gr: [192.0.2.1]}
YAML
  validate site.schema.json site.yaml
  "$PORTGUARD" --site site.yaml show --profile k8s-worker
  echo 'colour: red' >>site.yaml
  run validate site.schema.json site.yaml
  [ "$status" -eq 1 ]
  run "$PORTGUARD" --site site.yaml show --profile k8s-worker
  [ "$status" -eq 3 ]
}
