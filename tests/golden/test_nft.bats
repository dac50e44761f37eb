#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# nft reads what portguard shows and what nft itself lists of portguard's table: a host that saves its ruleset
# with nft boots with it.

load ../cli/common

# More than one comment takes of services at one port, and of scopes at another.
mix='k8s-control-plane k8s-worker etcd haproxy keycloak ceph-osd ssh https'

setup() {
        common_setup
        cp "$PORTGUARD_SOURCE/tests/golden/site.yaml" "$PORTGUARD_SITE"
        export mix kept=$BATS_TEST_TMPDIR
}

# reads_again: what nft lists, nft takes, to check and in place of what is there; portguard finds its generation.
reads_again() {
        nft list ruleset >"$kept/listed"
        nft -c -f "$kept/listed"
        portguard status --json | jq '{generation, digest, profiles}' >"$kept/before"
        nft flush ruleset
        nft -f "$kept/listed"
        portguard status --json | jq '{generation, digest, profiles}' >"$kept/after"
        diff "$kept/before" "$kept/after"
}
export -f reads_again

# name LETTER NUMBER: of 63 letters, as long as a name may be.
name() {
        printf '%s%062d' "$1" "$2"
}
export -f name

# A profile with names at their longest: 40 services at one port, of 30 groups; groups of both families with
# interfaces; scopes that are prefixes, hosts that are 253 letters long.
longest() {
        local i host
        export longest
        longest=$(name p 0)
        host=$(printf 'h%062d.%063d.%063d.' 0 0 0)$(printf 'x%060d' 0)
        PORTGUARD_PROFILES=$kept/profiles:$PORTGUARD_PROFILES
        mkdir -p "$kept/profiles"
        {
                printf 'name: %s\nsummary: Longest\ninclude: [base]\ngroups:\n' "$longest"
                for i in {1..30}; do
                        printf '  %s: {default: [192.0.2.%d], summary: G}\n' "$(name g "$i")" "$i"
                done
                echo 'services:'
                for i in {1..40}; do
                        printf '  %s: {summary: S, ports: [tcp/80, udp/1-65535], from: [%s, %s]}\n' "$(name s "$i")" \
                                "$(name g $((i % 30 + 1)))" "2001:db8:1111:2222:3333:4444:5555:$i/128"
                done
                printf 'egress:\n  %s: {summary: E, ports: [tcp/443], to: [%s, %s]}\n' \
                        "$(name e 0)" "$host" "$(name g 2)"
        } >"$kept/profiles/$longest.yaml"
        {
                printf 'egress: strict\nenable: all\nhosts:\n  %s: [192.0.2.77, "2001:db8::77"]\n' "$host"
                printf 'params: {ping_from: [%s, %s, %s]}\ngroups:\n' "$(name g 3)" "$(name g 4)" "$(name g 5)"
                printf '  %s: {addresses: [198.51.100.0/24, "2001:db8:1111:2222:3333:4444:5555:6666"],\n' "$(name g 1)"
                echo '    interfaces: [eth-abcdefghijk, "cni-abcdefghij*"]}'
        } >"$PORTGUARD_SITE"
}

# small COUNT: so many profiles with names at their longest, one port each, for the group `cluster`.
small() {
        local i
        PORTGUARD_PROFILES=$kept/profiles
        mkdir "$kept/profiles"
        for ((i = 1; i <= $1; i++)); do
                printf 'name: %s\nsummary: P\ngroups: {cluster: {default: internal, summary: C}}\nservices:\n' \
                        "$(name p "$i")"
                printf '  a: {summary: A, ports: [tcp/%d], from: cluster}\n' "$i"
        done | awk '/^name:/ { file = folder "/" $2 ".yaml" } { print >file }' folder="$kept/profiles"
        basename -s .yaml "$kept/profiles"/* >"$kept/wanted"
}

@test "nft takes random mixes of up to 20 profiles (PORTGUARD_SEED repeats)" {
        export PORTGUARD_SEED=${PORTGUARD_SEED:-$RANDOM}
        echo "PORTGUARD_SEED=$PORTGUARD_SEED"
        # shellcheck disable=SC2016 # for the other shell
        in_network 'RANDOM=$PORTGUARD_SEED
                mapfile -t names < <(cd "$PORTGUARD_SOURCE/profiles" && basename -s .yaml ./*.yaml | LC_ALL=C sort)
                for round in {1..60}; do
                        chosen=()
                        for ((i = RANDOM % 20; i >= 0; i--)); do
                                chosen+=("${names[RANDOM % ${#names[@]}]}")
                        done
                        options=()
                        ((RANDOM % 2)) && options+=(--with all)
                        ((RANDOM % 2)) && options+=(--egress strict)
                        portguard show --profile "${chosen[@]}" "${options[@]}" --format nft >"$kept/mix" 2>"$kept/told" ||
                                { cat "$kept/told"; echo "${chosen[@]}" "${options[@]}"; exit 1; }
                        nft -c -f "$kept/mix" || { echo "${chosen[@]}" "${options[@]}"; exit 1; }
                done'
}

@test "nft takes all profiles together" {
        # shellcheck disable=SC2016 # for the other shell
        in_network 'mapfile -t names < <(cd "$PORTGUARD_SOURCE/profiles" && basename -s .yaml ./*.yaml)
                portguard show --profile "${names[@]}" --with all --egress strict --format nft >"$kept/all"
                nft -c -f "$kept/all"
                portguard apply "${names[@]}" --with all --egress strict
                reads_again'
}

@test "nft takes groups and names at their longest" {
        longest
        # shellcheck disable=SC2016 # for the other shell
        in_network 'portguard show --profile "$longest" --format nft >"$kept/shown"
                nft -c -f "$kept/shown"
                portguard apply "$longest"
                reads_again'
}

# Where it may not force a larger send buffer, as here, nft itself loads no more than some thousand addresses: it
# gets the sets empty.
@test "nft takes the parts of a group that is split, its name at its longest" {
        longest
        awk 'BEGIN { for (i = 0; i < 9000; i++)
                printf "10.%d.%d.%d\n%x:db8:%x::/64\n", i / 64 / 128, i / 128 % 128 * 2, i % 128 * 2,
                        i / 128 * 32, i % 128 * 2 }' >"$kept/large"
        printf '  %s: {file: %s}\n' "$(name g 2)" "$kept/large" >>"$PORTGUARD_SITE"
        # shellcheck disable=SC2016 # for the other shell
        in_network 'portguard apply "$longest"
                portguard show --format nft >"$kept/shown"
                grep -c "set .*_v[46]\.[0-9.-]*/" "$kept/shown"
                awk "/type ipv[46]_addr\$/ { empty = 1 } /^\t}/ { empty = 0 } !empty || !/, *\$|elements = |}/" \
                        "$kept/shown" >"$kept/emptied"
                nft -c -f "$kept/emptied"'
}

@test "what nft lists of an applied table, nft takes again, with what was refused and with a trial" {
        # shellcheck disable=SC2016,SC2086 # for the other shell
        in_network 'portguard apply $mix --egress strict
                portguard show --format nft >"$kept/shown"
                nft -c -f "$kept/shown"
                portguard apply ssh https --egress strict --trial 10m
                portguard show --format nft >"$kept/shown"
                nft -c -f "$kept/shown"
                nft add element inet portguard denied4 "{ 192.0.2.1 . tcp . 23 }"
                nft add element inet portguard denied6 "{ 2001:db8::1 . udp . 53 }"
                reads_again'
}

@test "every service of a port and the whole label are told from the kernel alone" {
        longest
        # shellcheck disable=SC2016 # for the other shell
        in_network 'portguard apply "$longest"
                rm "$PORTGUARD_STATE"/*
                for i in {1..40}; do echo "$longest/$(name s "$i")"; done >"$kept/services"
                {
                        for i in {1..40}; do echo "2001:db8:1111:2222:3333:4444:5555:$i/128"; done
                        for i in {1..30}; do name g "$i"; echo; done
                } | LC_ALL=C sort >"$kept/scopes"
                one_a_line() { sed "s/, /\n/g"; }
                port=".protocol == \"tcp\" and .ports == \"80\""
                portguard status --json | jq -r ".services[] | select(.ports == \"tcp/80\" or ($port)) | .name" |
                        one_a_line | diff "$kept/services" -
                portguard show --json | jq -r ".services[] | select(.ports == \"tcp/80\" or ($port)) | .name" |
                        one_a_line | diff "$kept/services" -
                portguard explain tcp/80 --from 192.0.2.5 --json | jq -r ".because.owners[].service" |
                        diff "$kept/services" -
                portguard explain tcp/80 --from 192.0.2.5 --json | jq -r ".because.scope" | one_a_line |
                        diff "$kept/scopes" -
                portguard plan ssh --json 2>"$kept/told" >"$kept/plan"
                jq -r ".closes[] | select($port) | .services[]" "$kept/plan" | one_a_line | diff "$kept/services" -
                jq -r ".closes[] | select($port) | .from" "$kept/plan" | one_a_line | diff "$kept/scopes" -
                portguard report -o "$kept/report.html"
                grep -q "$(name g 3), $(name g 4), $(name g 5)" "$kept/report.html"'
}

@test "the longest request, of 256 profiles with names of 63 letters, is applied and told whole" {
        small 256
        # shellcheck disable=SC2016 # for the other shell
        in_network 'mapfile -t names <"$kept/wanted"
                portguard apply "${names[@]}" >"$kept/told"
                portguard status --json | jq -r ".profiles[]" | diff "$kept/wanted" -
                portguard verify
                reads_again'
}

@test "however many addresses change in place, the record in the kernel stays small" {
        small 30
        # shellcheck disable=SC2016 # for the other shell
        in_network 'mapfile -t names <"$kept/wanted"
                for i in {1..40}; do
                        portguard apply "${names[@]}" --group "cluster=192.0.2.$i,198.51.100.1" >/dev/null
                done
                portguard status --json | jq -e ".generation == 40"
                portguard verify
                records=$(nft -j list table inet portguard |
                        jq "[.nftables[].set // empty | select(.name | startswith(\"generation_\")) | .elem | length] | add")
                echo "$records elements of records"
                ((records <= 256))'
}
