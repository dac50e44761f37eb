#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The doctor, on hosts that have what it looks for: foreign tables, damaged histories, groups that are
# empty, files that were changed.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common

setup() {
        kernel_setup
        chmod 0700 "$PORTGUARD_STATE"
        mkdir "$BATS_TEST_TMPDIR/profiles"
        PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/profiles:$PORTGUARD_PROFILES
        ip link set lo up
}

teardown() {
        nft flush ruleset
}

examine() {
        run --separate-stderr portguard doctor --json
        assert_status 0
        [ -z "$stderr" ] || fail "said on standard error"
}

# has NAME LEVEL TEXT [MEND]: there is a finding of that name and level whose text, and mend, have these.
has() {
        jq -e --arg name "$1" --arg level "$2" --arg text "$3" --arg mend "${4-}" 'any(.checks[]; .name == $name and
                .level == $level and (.text | contains($text)) and ($mend == "" or (.mend // "" | contains($mend))))' \
                <<<"$output" >/dev/null || fail "expected: $*"
}

lacks() {
        jq -e --arg name "$1" --arg text "$2" 'all(.checks[]; .name != $name or (.text | contains($text) | not))' \
                <<<"$output" >/dev/null || fail "not expected: $*"
}

worst() {
        [ "$(jq -r .worst <<<"$output")" = "$1" ] || fail "expected the worst to be $1"
}

# What the machine that runs the tests has enabled is its own.
worst_but_services() {
        [ "$(jq -r '[.checks[] | select(.name != "services" and .name != "boot" and
                (.name != "kernel" or .level != "note")) | .level] | unique | join(" ")' <<<"$output")" = "$1" ] ||
                fail "expected the levels $1"
}

@test "a host that is as it should be: everything is ok" {
        apply_quietly ssh
        examine
        worst_but_services ok
        for name in kernel expressions conntrack loopback sockets enforced state 'other tables' services boot site profiles; do
                jq -e --arg name "$name" 'any(.checks[]; .name == $name)' <<<"$output" >/dev/null || fail "no $name"
        done
        has enforced ok 'the kernel holds exactly generation 1'
        has state ok 'the history is sound; generation 1 is what comes back at boot'
        has "other tables" ok 'no other table'
        assert_json '.warnings == [] and (.worst | IN("ok", "note", "warning", "problem"))'
        assert_json 'all(.checks[]; .text != "" and (.level == "ok" or has("mend")))'
        assert_verified
}

@test "off: notes, and nothing worse" {
        examine
        worst_but_services 'note ok'
        has enforced note 'portguard is off' 'portguard apply'
        has state note 'there is no history'
        [ -z "$(nft list ruleset)" ]
        [ -z "$(ls -A "$PORTGUARD_STATE")" ]
}

@test "text has a line for each finding, its advice, and how many there are" {
        apply_quietly ssh
        nft add table inet other
        nft 'add chain inet other in { type filter hook input priority -5; policy drop; }'
        run portguard doctor
        assert_status 0
        assert_line 'warning table inet other, chain in (filter, hook input, priority -5, policy drop, 0 rules): may drop what portguard lets in'
        assert_line 'mend: nft list chain inet other in shows it; where nothing needs it: nft delete table inet other'
        grep -qE '^0 problems, [0-9]+ warnings?, [0-9]+ notes?$' <<<"$output" || fail "no count"
}

@test "--exit-code: 10 for warnings and problems, 0 for notes" {
        local expected=0

        apply_quietly ssh --trial 1h
        examine
        has enforced note 'generation 1 is on trial, ' 'portguard confirm'
        # Firewalls of the machine that runs the tests are warned of too.
        jq -e '.worst == "warning"' <<<"$output" >/dev/null && expected=10
        run portguard doctor --exit-code
        assert_status $expected
        nft add table inet other
        nft 'add chain inet other in { type filter hook input priority -5; policy drop; }'
        run portguard doctor --exit-code
        assert_status 10
        run portguard doctor
        assert_status 0
}

# --- other tables ---

@test "foreign chains: those that may drop are warned of, others told" {
        apply_quietly ssh
        nft -f - <<'NFT'
table inet filter {
        chain deep { tcp dport 23 drop
        }
        chain INPUT { type filter hook input priority 0; policy accept; jump deep
        }
        chain FORWARD { type filter hook forward priority 0; policy drop;
        }
}
table ip raw {
        chain PREROUTING { type filter hook prerouting priority raw; policy accept; counter
        }
}
table ip nat {
        chain PREROUTING { type nat hook prerouting priority dstnat; policy accept; tcp dport 80 redirect to :8080
        }
}
table ip6 out {
        chain o { type filter hook output priority 0; policy accept; reject
        }
}
table netdev early {
        chain i { type filter hook ingress device lo priority 0; policy accept; udp dport 9 drop
        }
}
table inet asleep {
        flags dormant
        chain i { type filter hook input priority 0; policy drop;
        }
}
NFT
        examine
        worst warning
        has "other tables" warning 'table inet filter, chain INPUT (filter, hook input, priority 0, policy accept, 1 rule): may drop what portguard lets in' \
                'nft list chain inet filter INPUT'
        has "other tables" note 'table ip raw, chain PREROUTING (filter, hook prerouting, priority -300, policy accept, 1 rule): drops nothing'
        has "other tables" note 'table ip nat, chain PREROUTING (nat, hook prerouting, priority -100, policy accept, 1 rule): may send packets elsewhere'
        has "other tables" warning 'table ip6 out, chain o (filter, hook output, priority 0, policy accept, 1 rule): may drop what portguard lets out'
        has "other tables" warning 'table netdev early, chain i (filter, hook ingress'
        has "other tables" note 'table inet asleep, chain i (filter, hook input, priority 0, policy drop, 0 rules): is dormant'
        lacks "other tables" FORWARD
        lacks "other tables" portguard,
}

@test "tables of fail2ban and CrowdSec are noted, and no reason for another exit status" {
        local expected=0

        apply_quietly ssh
        nft -f - <<'NFT'
table inet f2b-table {
        set addr-set-sshd { type ipv4_addr; flags interval; elements = { 192.0.2.7 }
        }
        chain f2b-chain { type filter hook input priority -1; policy accept; tcp dport { 22 } ip saddr @addr-set-sshd reject
        }
}
table ip crowdsec {
        set crowdsec-blacklists { type ipv4_addr; flags timeout
        }
        chain crowdsec-chain { type filter hook input priority -10; policy accept; ip saddr @crowdsec-blacklists counter drop
        }
}
NFT
        examine
        worst_but_services 'note ok'
        has "other tables" note 'table inet f2b-table, chain f2b-chain (filter, hook input, priority -1, policy accept, 1 rule): refuses only sources that it lists'
        has "other tables" note 'table ip crowdsec, chain crowdsec-chain (filter, hook input, priority -10, policy accept, 1 rule): refuses only sources that it lists'
        assert_json 'all(.checks[] | select(.name == "other tables"); .mend == null)'
        # Firewalls of the machine that runs the tests are warned of too.
        jq -e '.worst == "warning"' <<<"$output" >/dev/null && expected=10
        run portguard doctor --exit-code
        assert_status $expected
        # The name is no reason: a chain that drops more is warned of.
        nft add rule inet f2b-table f2b-chain tcp dport 22 drop
        examine
        has "other tables" warning 'table inet f2b-table, chain f2b-chain (filter, hook input, priority -1, policy accept, 2 rules): may drop what portguard lets in'
}

@test "very many foreign chains are counted" {
        apply_quietly ssh
        {
                echo 'add table ip many'
                for ((n = 0; n < 300; n++)); do
                        echo "add chain ip many c$n { type filter hook input priority $n; }"
                done
        } | nft -f -
        examine
        has "other tables" warning '268 more base chains'
        [ "$(jq '[.checks[] | select(.name == "other tables")] | length' <<<"$output")" = 33 ]
}

# --- the history ---

@test "modes of the state directory and of the history that let others in" {
        apply_quietly ssh
        chmod 0755 "$PORTGUARD_STATE"
        chmod 0640 "$PORTGUARD_STATE/state.db"
        examine
        has state warning "the state directory $PORTGUARD_STATE has mode 0755: others may read it" "chmod 0700 $PORTGUARD_STATE"
        has state warning "the history $PORTGUARD_STATE/state.db has mode 0640" "chmod 0600 $PORTGUARD_STATE/state.db"
        worst warning
        chmod 0777 "$PORTGUARD_STATE"
        chmod 0600 "$PORTGUARD_STATE/state.db"
        examine
        has state problem "the state directory $PORTGUARD_STATE has mode 0777: others may change it"
        worst problem
        # The advice that is told repairs it.
        bash -c "$(jq -r '.checks[] | select(.name == "state" and .level == "problem" and .mend) | .mend' <<<"$output")"
        examine
        worst_but_services ok
}

@test "a history that is damaged, gone or somebody else's database is a problem; status says what is enforced" {
        local page

        apply_quietly ssh
        cp "$PORTGUARD_STATE/state.db" "$BATS_TEST_TMPDIR/sound"
        for ((page = 1; page < 4; page++)); do
                dd if=/dev/urandom of="$PORTGUARD_STATE/state.db" bs=4096 seek=$page count=1 conv=notrunc status=none
        done
        examine
        worst problem
        [ "$(jq '[.checks[] | select(.name == "state" and .level == "problem")] | length' <<<"$output")" -ge 1 ] || fail "not seen"
        lacks state 'is sound'

        echo 'no database at all, but long enough to be looked at' >"$PORTGUARD_STATE/state.db"
        examine
        [ "$(jq '[.checks[] | select(.name == "state" and .level == "problem")] | length' <<<"$output")" = 1 ] || fail "not seen"

        rm "$PORTGUARD_STATE/state.db"
        examine
        has state problem 'there is no history in' 'portguard apply'

        cp "$BATS_TEST_TMPDIR/sound" "$PORTGUARD_STATE/state.db"
        examine
        worst_but_services ok
}

@test "the kernel enforces another generation than the history says" {
        apply_quietly ssh
        cp "$PORTGUARD_STATE/state.db" "$BATS_TEST_TMPDIR/before"
        apply_quietly k8s-worker --group cluster=192.0.2.0/24 --group control-plane=192.0.2.1
        cp "$BATS_TEST_TMPDIR/before" "$PORTGUARD_STATE/state.db"
        examine
        has state warning 'generation 2 is enforced, but by the history it should be 1' 'portguard restore'
        run portguard verify
        assert_status 6
        assert_output_has 'the kernel holds generation 2, but by the history it should be 1'
        run portguard restore
        assert_status 0
        examine
        has state ok 'generation 1 is what comes back at boot' ''

        # A table that was saved while a trial was open, and is loaded after that was confirmed.
        apply_quietly --trial 2m ssh https
        nft list ruleset >"$BATS_TEST_TMPDIR/saved"
        portguard confirm >/dev/null
        nft flush ruleset
        nft -f "$BATS_TEST_TMPDIR/saved"
        examine
        has state warning 'the trial falls back to generation 1, but by the history generation 2 is enforced for good' \
                'portguard confirm'
        run portguard verify
        assert_status 6
        assert_output_has 'the trial falls back to generation 1, but by the history it should be 2'
}

@test "a table that belongs to another process cannot be changed, and nobody says that root is missing" {
        apply_quietly ssh
        nft delete table inet portguard
        mkfifo "$BATS_TEST_TMPDIR/nft"
        nft -i <"$BATS_TEST_TMPDIR/nft" >/dev/null 2>&1 3>&- &
        local owner=$!
        exec 9>"$BATS_TEST_TMPDIR/nft"
        echo 'add table inet portguard { flags owner; }; add chain inet portguard input { type filter hook input priority 0; policy drop; }' >&9
        is_there() { nft list table inet portguard >/dev/null 2>&1; }
        until_true 20 is_there
        # Nothing helps before that process has ended, and nothing else is advised.
        for command in status verify doctor; do
                run --separate-stderr portguard $command
                assert_output_has "end process $owner (nft), to which the table inet portguard belongs (flags owner), and with which it goes, then portguard verify --repair"
                assert_output_lacks 'repairs it'
                assert_output_lacks 'boot a kernel'
        done
        for command in 'apply ssh --allow-lockout' 'verify --repair' disable; do
                # shellcheck disable=SC2086 # words
                run --separate-stderr portguard $command
                assert_status 1
                assert_stderr_has "the table inet portguard belongs to process $owner (nft) (flags owner)"
        done
        run --separate-stderr portguard status
        assert_output_lacks 'it is finished'
        assert_stderr_has 'portguard disable was interrupted, and the table inet portguard is still there'
        examine
        has expressions problem "belongs to process $owner (nft)" ''
        has enforced problem 'everything is refused' "end process $owner (nft)"
        exec 9>&-
        is_gone() { ! is_there; }
        until_true 20 is_gone
        run portguard disable
        assert_status 0
}

@test "a table that was saved before the last apply, and is loaded after it" {
        apply_quietly ssh
        nft list ruleset >"$BATS_TEST_TMPDIR/saved"
        apply_quietly https
        nft flush ruleset
        nft -f "$BATS_TEST_TMPDIR/saved"
        run portguard verify --json
        assert_status 6
        assert_json '.drift and .generation == 1 and
                .differences == ["the kernel holds generation 1, but by the history it should be 2"]'
        run portguard verify --repair
        assert_status 0
        assert_output_has 'generation 2: the kernel holds exactly what was enforced'
        run portguard explain tcp/443 --from 203.0.113.9
        assert_output_has 'accept tcp/443'
}

# --- what is enforced ---

@test "drift, a dormant table, a table that is gone: problems with their advice" {
        apply_quietly ssh
        nft add rule inet portguard input_a accept
        examine
        has enforced problem 'the kernel does not hold what was applied' 'portguard verify --repair'
        worst problem
        portguard verify --repair >/dev/null
        nft 'add table inet portguard { flags dormant; }'
        examine
        has enforced problem 'somebody made the table inet portguard dormant: nothing is enforced; portguard verify --repair repairs it'
        portguard verify --repair >/dev/null
        nft delete table inet portguard
        examine
        has enforced problem 'nothing is enforced, though generation 1 should be' 'portguard verify --repair'
        portguard verify --repair >/dev/null
        examine
        worst_but_services ok
}

# --- the site and the profiles ---

@test "a site that would change what is enforced, and one that would not" {
        echo 'profiles: [ssh]' >"$PORTGUARD_SITE"
        portguard apply >/dev/null
        examine
        has site ok 'what the site file asks for would change nothing'
        printf 'profiles: [ssh, dns-server]\ngroups: {internal: [192.0.2.0/24]}\n' >"$PORTGUARD_SITE"
        examine
        has site warning 'what the site file asks for would change 3 things of what is enforced' 'portguard plan'
        [ "$(portguard plan --json | jq '[.opens, .closes, .widens, .narrows | length] | add')" = 3 ]
}

@test "a profile that was changed since it was applied, with the options of then" {
        cat >"$BATS_TEST_TMPDIR/profiles/lab.yaml" <<'YAML'
name: lab
summary: A service of the test
include: [base]
params:
  port: {type: port, default: 7000, summary: the port}
groups:
  cluster: {default: none, summary: all nodes}
services:
  main: {summary: The service, ports: ["tcp/${port}"], from: cluster}
  extra: {summary: Another, ports: [tcp/7100], from: any, required: false}
YAML
        apply_quietly lab --set port=7001 --with extra --group cluster=192.0.2.0/24
        examine
        has site ok 'the same apply again would change nothing'
        worst_but_services ok
        sed -i 's,tcp/7100,tcp/7200,' "$BATS_TEST_TMPDIR/profiles/lab.yaml"
        examine
        has site warning 'the same apply again would change 2 things' 'portguard plan lab, then portguard apply lab, with the options that it had'
}

@test "the same apply again finds its group file from any directory" {
        mkdir "$BATS_TEST_TMPDIR/there" "$BATS_TEST_TMPDIR/a,b"
        echo 192.0.2.0/24 >"$BATS_TEST_TMPDIR/there/nodes"
        cd "$BATS_TEST_TMPDIR/there"
        apply_quietly k8s-worker --group cluster=@nodes --group control-plane=192.0.2.1
        cd /
        examine
        has site ok 'the same apply again would change nothing'
        run portguard show 1 --json
        jq -e --arg path "$BATS_TEST_TMPDIR/there/nodes" '.about.parameters[0] == "--group cluster=@\($path)"' \
                <<<"$output" >/dev/null || fail "the path is not whole"
        # A path that no option can be written with.
        cp "$BATS_TEST_TMPDIR/there/nodes" "$BATS_TEST_TMPDIR/a,b/nodes"
        echo 198.51.100.9 >>"$BATS_TEST_TMPDIR/a,b/nodes"
        cd "$BATS_TEST_TMPDIR/a,b"
        apply_quietly k8s-worker --group cluster=@nodes --group control-plane=192.0.2.9
        cd /
        examine
        has site note '--group cluster=@nodes is a path from another directory'
}

@test "groups that are empty, in the site and as enforced" {
        apply_quietly k8s-worker --group cluster=none --group control-plane=none
        examine
        has groups warning 'enforced: k8s-node/vxlan is open to nobody: cluster is empty' 'site file'
        has site warning "group 'cluster' is empty and opens nothing: k8s-node/vxlan"
        apply_quietly k8s-worker --group cluster=192.0.2.0/24 --group control-plane=192.0.2.1
        examine
        worst_but_services ok
}

@test "profiles and sites that are wrong are told with their place" {
        apply_quietly ssh
        printf 'name: broken\nsummary: x\nservices: {a: {ports: [tcp/99999]}}\n' >"$BATS_TEST_TMPDIR/profiles/broken.yaml"
        examine
        has profiles problem 'broken.yaml:3:'
        worst problem
        rm "$BATS_TEST_TMPDIR/profiles/broken.yaml"
        echo 'egress: sideways' >"$PORTGUARD_SITE"
        examine
        has site problem 'site.yaml:1:'
        rm "$PORTGUARD_SITE"
        examine
        has site problem "$PORTGUARD_SITE"
}

@test "the profile ssh that cannot be used leaves the dry run out, and nothing else" {
        apply_quietly dns-server
        printf 'name: ssh\nsummary: x\nservices: {a: {ports: [tcp/99999]}}\n' >"$BATS_TEST_TMPDIR/profiles/ssh.yaml"
        examine
        has expressions note 'not tried: the profile ssh cannot be used'
        has profiles problem 'ssh.yaml:3:'
}

@test "who may not ask the kernel is told so" {
        run --separate-stderr setpriv --bounding-set=-all --inh-caps=-all "$PORTGUARD" doctor
        assert_status 5
        [ -z "$output" ]
}

@test "looking changes nothing, also during a trial" {
        apply_quietly ssh
        apply_quietly k8s-worker --trial 1h --group cluster=192.0.2.0/24 --group control-plane=192.0.2.1
        before=$(ours; genid)
        examine
        [ "$(ours; genid)" = "$before" ] || fail "something changed"
        worst_but_services 'note ok'
}

# assert_not_compared WHAT [BEGINNING]: verify says that it could not ask the history, and why, and calls the table what it is.
assert_not_compared() {
        local beginning=${2:-whether something else should be enforced, by the history, is not known: }

        run --separate-stderr portguard verify
        assert_status 0
        assert_output_has 'the kernel holds exactly what was enforced'
        assert_stderr_has "warning: $beginning"
        assert_stderr_has "$1"
        run --separate-stderr portguard verify --json
        assert_status 0
        assert_json "(.drift | not) and (.warnings | map(select(.severity == \"warning\" and
                (.text | startswith(\"$beginning\")))) | length == 1)"
}

@test "verify tells that it could not ask a history that is damaged, forbidden or not there" {
        apply_quietly ssh
        run --separate-stderr portguard verify
        [ -z "$stderr" ] || fail 'nothing is expected on standard error'
        head -c 9000 /dev/urandom >"$PORTGUARD_STATE/state.db"
        assert_not_compared 'is damaged'
        run --separate-stderr portguard plan ssh
        assert_stderr_has 'warning: whether something else should be enforced, by the history, is not known: '
        printf x >"$PORTGUARD_STATE/state.db"
        assert_not_compared 'there is no history in' 'what is enforced does not come back at boot'
        rm "$PORTGUARD_STATE/state.db"
        assert_not_compared 'there is no history in' 'what is enforced does not come back at boot'
        chmod 0777 "$PORTGUARD_STATE"
        assert_not_compared "$PORTGUARD_STATE can be changed by everybody"
        chmod 0700 "$PORTGUARD_STATE"
        nft delete table inet portguard
        run --separate-stderr portguard status
        [ -z "$stderr" ] || fail 'nothing is expected on standard error'
        head -c 9000 /dev/urandom >"$PORTGUARD_STATE/state.db"
        for command in status verify; do
                run --separate-stderr portguard $command
                assert_stderr_has 'whether something else should be enforced, by the history, is not known: '
        done
}

# damage_policy: of generation 1, as somebody with sqlite3(1) may; the rest of the database is sound.
damage_policy() {
        sqlite3 "$PORTGUARD_STATE/state.db" 'PRAGMA writable_schema=1; DROP TRIGGER policies_stay;
                UPDATE policies SET text = replace(text, "22", "23") WHERE generation = 1;'
}

@test "a policy of the history that cannot be read back: verify warns, plan tells, and an apply of the same writes it down anew" {
        apply_quietly ssh
        damage_policy
        run --separate-stderr portguard verify
        assert_status 0
        assert_output_has 'the kernel holds exactly what was enforced'
        assert_stderr_has 'warning: generation 1 could not be brought back at boot: '
        run --separate-stderr portguard verify --json
        assert_json '(.drift | not) and (.warnings | any(.text | test("could not be brought back at boot")))'
        run --separate-stderr portguard status
        assert_output_has 'generation 1 could not be brought back at boot: '
        examine
        has state problem 'generation 1 could not be brought back at boot: ' 'portguard apply ssh, with the options that it had'
        lacks state 'is sound'
        run --separate-stderr portguard plan ssh
        assert_stderr_has 'what the history has of generation 1, which is enforced, cannot be read back: apply writes it down anew'
        apply_quietly ssh
        run --separate-stderr portguard verify
        assert_status 0
        assert_output_has 'generation 2: the kernel holds exactly what was enforced'
        [ -z "$stderr" ] || fail 'nothing is expected on standard error'
        nft flush ruleset
        run portguard restore
        assert_status 0
        run portguard explain tcp/22 --from 203.0.113.9
        assert_output_has 'accept tcp/22'
}

@test "a history whose pages are damaged: an apply of what is enforced does not say that there is nothing to do" {
        local page

        apply_quietly ssh
        page=$(sqlite3 "$PORTGUARD_STATE/state.db" "SELECT rootpage FROM sqlite_schema WHERE name = 'policies'")
        dd if=/dev/urandom of="$PORTGUARD_STATE/state.db" bs=4096 seek=$((page - 1)) count=1 conv=notrunc status=none
        run --separate-stderr portguard verify
        assert_stderr_has 'warning: generation 1 could not be brought back at boot: '
        assert_stderr_has 'is damaged'
        run --separate-stderr portguard apply --allow-lockout ssh
        assert_status 1
        assert_output_lacks 'Nothing to do'
        assert_stderr_has 'is damaged'
        assert_stderr_has 'move the file away, and the next'
        mv "$PORTGUARD_STATE/state.db" "$BATS_TEST_TMPDIR"
        apply_quietly ssh
        nft flush ruleset
        run portguard restore
        assert_status 0
        run portguard explain tcp/22 --from 203.0.113.9
        assert_output_has 'accept tcp/22'
}
