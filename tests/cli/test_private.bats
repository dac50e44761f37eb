#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Files whose text root must not show to whoever may call portguard: whatever reads them, errors tell position
# and reason only.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common

# In every secret file each secret has this in it; so has none of portguard's own words.
SECRET=hunter2

setup() {
        common_setup
        dir=$BATS_TEST_TMPDIR/secrets
        mkdir -m 755 "$dir"
        export dir
        write_secrets
        chmod 0600 "$dir"/*
}

# Files of every shape that a reader may stumble over, each fault in a place of its own.
write_secrets() {
        printf 'root:$y$%s$x:19000:0:99999:7:::\nalice:%s:1:0:::\n' $SECRET $SECRET >"$dir/shadow.yaml"
        printf '%s\n' "$SECRET" >"$dir/word.yaml"
        printf '10.%s/8\n10.0.0.1/%s\n' $SECRET $SECRET >"$dir/lines.yaml"
        printf '%s: {%s: [%s]}\n%s: again\n' $SECRET $SECRET $SECRET $SECRET >"$dir/keys.yaml"
        printf 'a: [%s\nb: "%s\n' $SECRET $SECRET >"$dir/open.yaml"
        printf 'a: &%s 1\nb: *%s\nc: !%s x\n' $SECRET $SECRET $SECRET >"$dir/anchors.yaml"
        printf '%%%s\n\t%s\n' $SECRET $SECRET >"$dir/tabs.yaml"
        printf '{"password": "%s", "%s": 7}\n' $SECRET $SECRET >"$dir/json.yaml"
        cat >"$dir/site.yaml" <<YAML
profiles: [$SECRET, _$SECRET]
groups: {_$SECRET: [$SECRET], any: [10.$SECRET], g: {file: $SECRET, addresses: [$SECRET], $SECRET: 1}, h: $SECRET}
params: {_$SECRET: {}, a.b.$SECRET: 1, p: {$SECRET: 1}}
enable: [_$SECRET, a/_$SECRET]
egress: $SECRET
hosts: {$SECRET: [$SECRET], a.example.com: [10.0.0.0/8, $SECRET], b.example.com: $SECRET}
YAML
        cat >"$dir/profile.yaml" <<YAML
name: $SECRET
summary: Something
include: [$SECRET, _$SECRET, {profile: ssh, optional: [$SECRET]}, {$SECRET: 1}]
groups: {_$SECRET: {default: $SECRET}, $SECRET: {default: $SECRET, $SECRET: 1}}
params:
  _$SECRET: {type: $SECRET, summary: S}
  q: {type: choice, choices: [$SECRET, $SECRET], default: x$SECRET, summary: S}
  r: {type: port, default: $SECRET, summary: S}
  s: {type: port, default: [$SECRET, $SECRET], summary: S}
services:
  _$SECRET: {summary: S, ports: [tcp/$SECRET, $SECRET/tcp, '\${$SECRET}', 'tcp/\${$SECRET}'], from: $SECRET}
  b: {summary: S, ports: [tcp/1], from: [$SECRET, 10.0.0.1/8$SECRET], when: $SECRET, never_any_unless: $SECRET}
  c: {summary: S, ports: [tcp/1], from: any, answers: $SECRET, $SECRET: 1}
egress:
  c: {summary: S, ports: [tcp/1], to: [$SECRET]}
YAML
}

# Each command line that reads FILE, for `commands FILE | while read`.
commands() {
        local name=${1##*/}
        sed "s|FILE|$1|g; s|DIR|${1%/*}|g; s|NAME|${name%.yaml}|g" <<'LINES'
--site FILE apply ssh
--site FILE apply
--site FILE plan ssh
--site FILE show --profile ssh
--site FILE report --profile ssh
--site FILE explain tcp/22 --from 10.0.0.1 --profile ssh
--site FILE doctor
--site FILE audit
apply ssh --group x=@FILE
plan ssh --group cluster=10.0.0.1,@FILE
show --profile ssh --group x=@FILE
explain tcp/22 --from 10.0.0.1 --profile ssh --group x=@FILE
report --profile ssh --group x=@FILE
--site GROUPSITE plan ssh
profiles check FILE
--profiles DIR apply NAME
--profiles DIR plan NAME
--profiles DIR show --profile NAME
--profiles DIR explain tcp/22 --from 10.0.0.1 --profile NAME
--profiles DIR profiles show NAME
--profiles DIR profiles list
--profiles DIR profiles
--profiles DIR plan includes
--profiles OTHER:DIR apply includes
--profiles DIR doctor
LINES
}

# Runs all of that as root, as text and as JSON, with the file by option and by environment; everything that
# is printed goes to $told, each command line in front.
try_everything() {
        told=$BATS_TEST_TMPDIR/told
        mkdir -m 755 "$BATS_TEST_TMPDIR/other"
        printf 'name: includes\nsummary: S\ninclude: [{profile: profile, optional: [b]}, {profile: keys, optional: [x]}]\n' \
                >"$BATS_TEST_TMPDIR/other/includes.yaml"
        for file in "$dir"/*.yaml; do
                printf 'groups: {x: {file: %s}}\n' "$file" >"$BATS_TEST_TMPDIR/groups.yaml"
                commands "$file" | sed "s|GROUPSITE|$BATS_TEST_TMPDIR/groups.yaml|; s|OTHER|$BATS_TEST_TMPDIR/other|"
        done >"$BATS_TEST_TMPDIR/lines"
        export told lines=$BATS_TEST_TMPDIR/lines
        in_network '
                while read -r line; do
                        echo "\$ portguard $line"
                        portguard $line || echo failed
                        portguard --json $line || echo failed
                        read -r option value rest <<<"$line"
                        case $option in
                        --site) PORTGUARD_SITE=$value "$PORTGUARD" $rest || echo failed ;;
                        --profiles) PORTGUARD_PROFILES=$value "$PORTGUARD" $rest || echo failed ;;
                        esac
                done <"$lines" >"$told" 2>&1'
}

@test "root: no command tells text of a file that not everybody may read" {
        try_everything
        run grep -n "$SECRET" "$told"
        [ "$status" -eq 1 ] || fail 'a secret was told'
        # They did read the files: each is told with its place and a reason.
        for reason in 'shadow.yaml:1:' 'word.yaml:1:1: this must be a map of keys' 'json.yaml:1:2: unknown key (allowed: ' \
                "lines.yaml:2:1: '...' has no right prefix length" \
                "keys.yaml:2:1: the key '...' stands twice, first at line 1, column 1" \
                'open.yaml:2:' 'anchors.yaml:1:4: anchors' 'tabs.yaml:2:1: a tab' \
                "site.yaml:2:" 'site.yaml:5:9: '"'egress' must be open or strict" 'profile.yaml:11:' \
                'its text is not shown: it lies outside /etc/portguard, and not everybody may read it'; do
                grep -qF -- "$reason" "$told" || fail "expected: $reason"
        done
}

@test "root: nor of one in a directory that not everybody gets into" {
        chmod 0644 "$dir"/*
        chmod 0700 "$dir"
        try_everything
        run grep -n "$SECRET" "$told"
        [ "$status" -eq 1 ] || fail 'a secret was told'
        grep -qF 'site.yaml:2:' "$told"
}

@test "root: a link is judged by where it leads, and /proc by nothing" {
        mkdir -m 755 "$BATS_TEST_TMPDIR/links"
        ln -s "$dir/lines.yaml" "$BATS_TEST_TMPDIR/links/list"
        run --separate-stderr in_network "portguard plan ssh --group x=@$BATS_TEST_TMPDIR/links/list"
        assert_status 3
        assert_stderr_has "links/list:1:1: '...' is no address"
        [[ $stderr != *$SECRET* ]]
        run --separate-stderr in_network 'portguard plan ssh --group x=@/proc/self/maps'
        assert_status 3
        assert_stderr_has "/proc/self/maps:1:1: '...' is no address"
        [[ $stderr != *r-xp* ]]
}

@test "root: what everybody can read is quoted" {
        chmod 0644 "$dir"/*
        for line in "--site $dir/site.yaml plan ssh" "plan ssh --group x=@$dir/lines.yaml" \
                "profiles check $dir/profile.yaml" "--profiles $dir plan keys"; do
                run --separate-stderr in_network "portguard $line"
                assert_status 3
                assert_stderr_has "$SECRET"
                [[ $stderr != *'is not shown'* ]] || fail "$line"
        done
}

@test "root: a file in /etc/portguard is quoted, whoever may read it, and a link out of there is not" {
        run --separate-stderr unshare --user --map-root-user --net --mount bash -c '
                mount -t tmpfs none /etc && mkdir -m 0700 /etc/portguard && cp "$dir/site.yaml" /etc/portguard/ &&
                chmod 0600 /etc/portguard/site.yaml && unset PORTGUARD_SITE && portguard plan ssh'
        assert_status 3
        assert_stderr_has "/etc/portguard/site.yaml:5:9: 'egress'"
        assert_stderr_has "'_$SECRET' is no name of a profile"
        run --separate-stderr unshare --user --map-root-user --net --mount bash -c '
                mount -t tmpfs none /etc && mkdir -m 0755 /etc/portguard && ln -s "$dir/site.yaml" /etc/portguard/site.yaml &&
                unset PORTGUARD_SITE && portguard plan ssh'
        assert_status 3
        assert_stderr_has "/etc/portguard/site.yaml:5:9: 'egress'"
        [[ $stderr != *$SECRET* ]]
}

@test "a file of whoever called sudo is quoted, one of root never by that" {
        export SUDO_UID
        for SUDO_UID in 0 1; do
                run --separate-stderr in_network "portguard --site $dir/site.yaml plan ssh"
                assert_status 3
                [[ $stderr != *$SECRET* ]] || fail "SUDO_UID=$SUDO_UID"
        done
}

@test "who has no more rights than their own is shown all of it" {
        as=()
        if [ "$(id -u)" = 0 ]; then
                chown -R 65534 "$dir"
                as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
        fi
        run --separate-stderr "${as[@]}" "$PORTGUARD" --site "$dir/site.yaml" show --profile ssh
        assert_status 3
        assert_stderr_has "$SECRET"
        [[ $stderr != *'is not shown'* ]]
}
