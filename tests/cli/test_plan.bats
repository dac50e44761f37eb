#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# portguard plan: who would gain and who would lose access.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
setup() {
        common_setup
}

@test "from off, that what is not listed is refused stands in the JSON, too" {
        run --separate-stderr in_network 'portguard plan ssh --json'
        assert_json '.closes == [] and .closes_rest'
        run --separate-stderr in_network 'portguard apply --allow-lockout ssh --json'
        assert_json '.closes_rest'
        run --separate-stderr in_network 'portguard apply --allow-lockout ssh >/dev/null; portguard plan https --json'
        assert_json '(.closes | length) == 1 and .closes_rest == false'
}

@test "plan lists what would open, and writes nothing" {
        run --separate-stderr in_network 'portguard plan k8s-worker; nft list ruleset'
        assert_status 0
        assert_line "opens tcp/22 to any ssh"
        assert_line "opens tcp/10250 to cluster, control-plane kubelet (k8s-node)"
        assert_line "opens tcp/30000-32767 to any nodeport (k8s-worker)"
        assert_output_has "portguard is off: once applied, what no line above opens is refused."
        grep -qE '^plan: [0-9]+ to open\. Nothing was changed' <<<"$output" || fail "expected the sum"
        assert_output_lacks "table inet"
}

@test "the columns are aligned" {
        run --separate-stderr in_network 'portguard plan k8s-worker'
        [ "$(grep '^opens' <<<"$output" | sed -E 's/ to .*//' | awk '{print length}' | sort -u | wc -l)" -eq 1 ] ||
                fail "expected aligned columns"
}

@test "optional services are listed with what opens them" {
        run --separate-stderr in_network 'portguard plan anbox-lxd'
        assert_status 0
        assert_line "closed udp/10000-11000 optional: --with anbox-instances/instances-udp Service ports of instances over UDP"
        run --separate-stderr in_network 'portguard plan anbox-lxd --with anbox-instances/instances-udp'
        assert_line "opens udp/10000-11000 to any instances-udp (anbox-instances)"
        assert_output_lacks "optional: --with anbox-instances/instances-udp"
}

@test "a history that was lost is written anew by apply: plan and the dry run say so" {
        # shellcheck disable=SC2016 # for the shell in the namespace
        run --separate-stderr in_network 'portguard apply ssh >/dev/null 2>&1
                portguard plan --exit-code ssh >/dev/null
                rm "$PORTGUARD_STATE"/state.db
                portguard apply --dry-run ssh
                portguard apply --dry-run ssh --json >"$PORTGUARD_STATE/dry"
                portguard plan --exit-code ssh'
        assert_status 10
        assert_output_has 'The kernel accepts this'
        assert_output_has 'plan: nobody gains or loses access'
        [ "$(grep -c 'the history does not say that generation 1 is enforced: apply writes it down anew' <<<"$stderr")" = 3 ] ||
                fail 'expected it of each'
        output=$(<"$PORTGUARD_STATE/dry")
        assert_json '.changed and .method == "none" and (.warnings | any(.text | test("writes it down anew")))'
        # What apply does then.
        # shellcheck disable=SC2016
        run --separate-stderr in_network 'portguard apply ssh >/dev/null 2>&1
                rm "$PORTGUARD_STATE"/state.db
                portguard apply ssh >/dev/null
                portguard plan --exit-code ssh
                portguard history --json | jq -e ".generations | length == 1" >/dev/null'
        assert_status 0
        assert_output_has 'Nothing would change: generation 2 (ssh)'
        [ -z "$stderr" ] || fail 'nothing is expected on standard error'
}

@test "--exit-code is 10 when something would change, else 0" {
        run in_network 'portguard plan ssh'
        assert_status 0
        run in_network 'portguard plan --exit-code ssh'
        assert_status 10
        run in_network 'portguard apply ssh >/dev/null; portguard plan --exit-code ssh'
        assert_status 0
        assert_output_has "Nothing would change: generation 1 (ssh) is already enforced."
        run in_network 'portguard apply ssh >/dev/null; portguard plan --exit-code ssh --set ssh_from=internal --json'
        assert_status 10
}

@test "narrowing, widening and closing are told with before and after" {
        run --separate-stderr in_network 'portguard apply ssh https >/dev/null 2>&1
                portguard plan ssh --set ssh_from=internal'
        assert_status 0
        assert_line "narrows tcp/22 any -> internal ssh"
        assert_line "closes tcp/443 was any https"
        run --separate-stderr in_network 'portguard apply ssh --set ssh_from=internal >/dev/null; portguard plan ssh'
        assert_line "widens tcp/22 internal -> any ssh"
}

@test "outbound lines say so" {
        run --separate-stderr in_network 'portguard apply ssh >/dev/null; portguard plan ssh --egress strict'
        assert_status 0
        assert_line "narrows out everything any -> listed services"
}

@test "--json has the keys of the manual" {
        run --separate-stderr in_network 'portguard plan k8s-worker --json'
        assert_status 0
        assert_json '.changed == true and .generation == null and .state == "off" and .profiles == ["k8s-worker"]'
        assert_json '[.opens, .closes, .widens, .narrows, .closed_optional, .warnings] | all(type == "array")'
        assert_json '.opens[] | select(.ports == "10250") |
                .direction == "in" and .protocol == "tcp" and .from == "cluster, control-plane" and
                .services == ["k8s-node/kubelet"]'
        run --separate-stderr in_network 'portguard apply ssh >/dev/null
                portguard plan ssh --set ssh_from=internal --json'
        assert_json '.state == "confirmed" and .generation == 1'
        assert_json '.narrows == [{direction: "in", protocol: "tcp", ports: "22", from: "internal",
                before: "any", after: "internal", services: ["ssh/ssh"],
                family: null, addresses: [], addresses_total: 0, interfaces: []}]'
}

@test "without a name the profiles of the site are meant" {
        echo 'profiles: [https]' >"$PORTGUARD_SITE"
        run --separate-stderr in_network 'portguard plan'
        assert_status 0
        assert_line "opens tcp/443 to any https"
}

@test "without a name and without a site it says what to do" {
        run --separate-stderr in_network 'portguard plan'
        assert_status 2
        assert_stderr_has "profiles"
}

@test "faults are told one by one, then in one line" {
        run --separate-stderr in_network 'portguard plan ssh --set ssh_port=99999 --group nonesuch=10.0.0.1/8'
        assert_status 3
        [ -z "$output" ]
        grep -q '^--set: .*99999' <<<"$stderr" || fail "expected the port"
        grep -q '^--group: ' <<<"$stderr" || fail "expected the group"
        [[ $(tail -n 1 <<<"$stderr") == "portguard: "* ]] || fail "expected the last line"
        run --separate-stderr in_network 'portguard plan ssh --set ssh_port=99999 --json'
        assert_status 3
        assert_json '.error.status == 3 and .diagnostics[0].severity == "error" and .diagnostics[0].file == "--set"
                and .diagnostics[0].line == null'
}

@test "ports that services share are told with both places" {
        run --separate-stderr in_network 'portguard plan k8s-worker --set nodeport_range=10000-11000'
        assert_status 0
        grep -qE 'k8s-node\.yaml:[0-9]+:[0-9]+: note: carved: .*k8s-worker\.yaml:[0-9]+:[0-9]+' <<<"$stderr" ||
                fail "expected the note"
        run --separate-stderr in_network 'portguard apply k8s-worker --set nodeport_range=10000-11000'
        assert_stderr_has "portguard: 1 note on shared ports (see: portguard plan)"
        run --separate-stderr in_network 'portguard plan k8s-worker --set nodeport_range=10000-11000 --json'
        assert_json '.warnings | map(select(.severity == "note")) | length == 1'
}
