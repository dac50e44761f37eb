#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Ports that other tables' NAT takes before the policy is asked: as nft, iptables-nft with Docker's chains, and
# kube-proxy make it.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
load network

setup_file() {
        make_network tcp/22
        serve cluster cluster tcp/80 udp/80
        echo 1 >/proc/sys/net/ipv4/ip_forward
        echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
}

teardown_file() {
        remove_network
}

setup() {
        kernel_setup
}

teardown() {
        nft flush ruleset
}

audit() {
        run --separate-stderr portguard audit --json
        assert_status 0
        [ -z "$stderr" ] || fail "expected no warning"
}

# assert_published LINE...: exactly these, "PROTOCOL/PORTS TO TABLE CHAIN", with "@ADDRESS", "%INTERFACE",
# " limited", " redirect to WHOM" where they are.
assert_published() {
        local wanted got

        audit
        wanted=$(printf '%s\n' "$@" | sort)
        got=$(jq -r '.published[] | "\(.protocol)/\(.ports)\(if .address then "@" + .address else "" end)"
                + "\(if .interface then "%" + .interface else "" end) \(.to)"
                + "\(if .targets > 1 then " of \(.targets)" else "" end) \(.table) \(.chain)"
                + "\(if .limited then " limited" else "" end)"
                + "\(if .redirect then " redirect to \(.reachable_from)" else "" end)"' <<<"$output" | sort)
        [ "$got" = "$wanted" ] || fail "$(diff <(echo "$wanted") <(echo "$got"))"
}

# nat FAMILY RULE...: a chain at prerouting with the rules.
nat() {
        {
                echo "table $1 own { chain pre { type nat hook prerouting priority dstnat;"
                printf '%s\n' "${@:2}"
                printf '}\n}\n'
        } | nft -f -
}

@test "what NAT publishes is reached past the policy, and told" {
        nat ip "tcp dport 8080 dnat to 198.51.100.9:80"
        apply_quietly ssh
        run on outside tool_reach open:tcp/8080@203.0.113.1 dropped:tcp/8081@203.0.113.1
        [ "$status" -eq 0 ] || fail "expected to get through"
        assert_published 'tcp/8080 198.51.100.9:80 ip own pre'
        jq -e '.findings[] | select(.ports == "8080") | .kind == "published" and .fix == "a rule in a forward chain"
                and .text == "not governed: to 198.51.100.9:80 by ip own pre"' <<<"$output" >/dev/null ||
                fail "expected the finding"
}

@test "a port of the policy that another one is led to is in use" {
        apply_quietly ssh https
        audit
        assert_json '[.unused[].ports] == ["443"]'
        nat ip 'tcp dport 8443 redirect to :443'
        audit
        assert_json '.unused == [] and all(.findings[]; .kind == "published")'
        nft delete table ip own
        nat ip 'udp dport 8443 redirect to :443' 'tcp dport 8443 dnat to 198.51.100.9:443'
        audit
        assert_json '[.unused[].ports] == ["443"]'
}

# live QUESTION...: explain --live, as JSON.
live() {
        run --separate-stderr portguard explain "$@" --live --json
        assert_status 0
}

@test "explain --live judges what arrives behind a translation, and names its rule" {
        nat ip 'tcp dport 80 redirect to :22' 'tcp dport 81 redirect to :30080' 'tcp dport 8080 dnat to 198.51.100.9:80'
        apply_quietly ssh
        run on outside tool_reach open:tcp/80@203.0.113.1 dropped:tcp/81@203.0.113.1 open:tcp/8080@203.0.113.1
        [ "$status" -eq 0 ] || fail "the kernel does otherwise"
        live tcp/80 --from 203.0.113.9
        assert_json '.verdict == "accept" and .ports == "tcp/80" and .because.service == "ssh/ssh" and
                (.translations | length) == 1 and (.translations[0] | .table == "ip own" and .chain == "pre" and
                .to == "port 22" and .ports == "tcp/22" and .stays and .certain and .verdict == "accept")'
        live tcp/81 --from 203.0.113.9
        assert_json '.verdict == "drop" and (.translations[0] | .ports == "tcp/30080" and .certain and .verdict == "drop")'
        live tcp/8080 --from 203.0.113.9
        assert_json '.verdict == "accept" and .because.kind == "forwarded" and .mend == null and
                (.translations[0] | .to == "198.51.100.9:80" and (.stays | not) and .certain and .verdict == null)'
        live tcp/22 --from 203.0.113.9
        assert_json '.verdict == "accept" and .translations == []'
        live tcp/80 --from 2001:db8:1::9
        assert_json '.verdict == "drop" and .translations == []'
        run portguard explain tcp/80 --from 203.0.113.9 --live
        assert_line "goes to port 22 by ip own pre: then accept, as tcp/22"
        run --separate-stderr portguard explain tcp/80 --from 203.0.113.9 --json
        assert_json '.verdict == "drop" and .translations == null and (.warnings | length) == 1'
        assert_stderr_has "NAT (ip own pre) sends this packet to port 22 before the policy sees it"
        run --separate-stderr portguard explain tcp/8080 --from 203.0.113.9
        assert_stderr_has "sends this packet to 198.51.100.9:80 before the policy sees it"
        assert_stderr_has "ask with --live"
        # What no rule takes, and what is not asked of the kernel as it is.
        for question in "tcp/22 --from 203.0.113.9" "tcp/80 --to 203.0.113.9" "tcp/80 --from 203.0.113.9 --at 1" \
                "tcp/80 --from 203.0.113.9 --profile ssh" "tcp/80 --from 203.0.113.9 --live"; do
                # shellcheck disable=SC2086 # words
                run --separate-stderr portguard explain $question
                assert_status 0
                [[ $stderr != *NAT* ]] || fail "expected nothing said of NAT: $question"
        done
}

@test "explain --live says may of a translation that depends on more than is looked at" {
        nat ip 'ip saddr 203.0.113.9 tcp dport 80 redirect to :22' 'tcp dport 81 ct mark 1 redirect to :22' \
                'iifname "outside" tcp dport 82 redirect to :22' 'ip daddr 203.0.113.1 tcp dport 83 redirect to :22' \
                'tcp dport 84 accept' 'tcp dport 84 redirect to :22'
        apply_quietly ssh
        run on outside tool_reach open:tcp/80@203.0.113.1 dropped:tcp/81@203.0.113.1 open:tcp/82@203.0.113.1 \
                open:tcp/83@203.0.113.1 dropped:tcp/84@203.0.113.1
        [ "$status" -eq 0 ] || fail "the kernel does otherwise"
        for port in 80 81 83 84; do
                live tcp/$port --from 203.0.113.9
                assert_json '.verdict == "drop" and (.translations[0] | (.certain | not) and .verdict == "accept")'
        done
        live tcp/82 --from 203.0.113.9
        # Behind a rule that ends the way of some packets, nothing is certain.
        assert_json '.translations[0] | .interface == "outside" and .verdict == "accept"'
        live tcp/82 --from 203.0.113.9 --iif cluster
        assert_json '.verdict == "drop" and .translations == []'
}

@test "explain --live says may where another chain, a map of verdicts or notrack may come first" {
        nft -f - <<'NFT'
table inet own {
        chain a { type nat hook prerouting priority -100
                tcp dport 80 redirect to :81
        }
        chain b { type nat hook prerouting priority -100
                tcp dport 80 redirect to :22
        }
        chain maps { type nat hook prerouting priority -80
                tcp dport vmap { 82 : return, 83 : accept }
                tcp dport { 82, 83 } redirect to :22
        }
}
NFT
        apply_quietly ssh
        run on outside tool_reach open:tcp/80@203.0.113.1 dropped:tcp/82@203.0.113.1 dropped:tcp/83@203.0.113.1
        [ "$status" -eq 0 ] || fail "the kernel does otherwise"
        live tcp/80 --from 203.0.113.9
        assert_json '.verdict == "drop" and (.translations | map(.chain) == ["a", "b"] and all(.certain | not))
                and .translations[1].verdict == "accept"'
        audit
        assert_json '[.published[] | select(.ports == "80") | .to] | index("port 22")'
        for port in 82 83; do
                live tcp/$port --from 203.0.113.9
                assert_json '.verdict == "drop" and (.translations | length) == 1 and (.translations[0].certain | not)'
        done
}

@test "explain --live says may where a map's key is not known, and behind what may end a packet" {
        nft -f - <<'NFT'
table inet own {
        chain lead {
                meta l4proto tcp redirect to :22
        }
        chain pre { type nat hook prerouting priority dstnat
                tcp dport 80 meta mark vmap { 7 : goto lead }
                tcp dport 81 reject
                tcp dport 81 redirect to :22
        }
}
NFT
        apply_quietly ssh
        run on outside tool_reach dropped:tcp/80@203.0.113.1 refused:tcp/81@203.0.113.1
        [ "$status" -eq 0 ] || fail "the kernel does otherwise"
        for port in 80 81; do
                live tcp/$port --from 203.0.113.9
                assert_json '.verdict == "drop" and (.translations[0] | (.certain | not) and .verdict == "accept")'
        done
}

@test "NAT for some sources, or some addresses of this host, is told with that for the others" {
        nat ip 'ip saddr 192.0.2.0/24 tcp dport 80 dnat to 198.51.100.9' 'tcp dport 80 dnat to 198.51.100.10' \
                'ip saddr 192.0.2.0/24 tcp dport 81 dnat to 198.51.100.9' 'tcp dport 81 meta mark 7 dnat to 198.51.100.10' \
                'ip daddr { 203.0.113.1, 198.51.100.1 } tcp dport 82 redirect to :22'
        apply_quietly ssh
        assert_published 'tcp/80 198.51.100.9 ip own pre limited' 'tcp/80 198.51.100.10 ip own pre' \
                'tcp/81 198.51.100.9 ip own pre limited' 'tcp/81 198.51.100.10 ip own pre' \
                'tcp/82 port 22 ip own pre redirect to any'
        for port in 80 81 82; do
                live tcp/$port --from 203.0.113.9
                assert_json 'all(.translations[]; .certain | not)'
        done
}

@test "NAT to another target for some sources is told beside that for the others" {
        nat ip 'ip saddr 192.0.2.0/24 tcp dport 8443 redirect to :80' 'tcp dport 8443 redirect to :22' \
                'ip saddr 192.0.2.0/24 tcp dport 22 redirect' 'tcp dport 22 redirect to :80' \
                'ip saddr 192.0.2.0/24 tcp dport 81 dnat to 198.51.100.10:81' 'tcp dport 81 redirect to :80' \
                'ip saddr 192.0.2.0/24 tcp dport 82 dnat to 198.51.100.10:80' 'tcp dport 82 dnat to 198.51.100.9:80'
        apply_quietly ssh
        run on outside tool_reach open:tcp/8443@203.0.113.1 open:tcp/82@203.0.113.1 dropped:tcp/22@203.0.113.1 dropped:tcp/81@203.0.113.1
        [ "$status" -eq 0 ] || fail "the kernel does otherwise"
        assert_published 'tcp/8443 port 80 ip own pre limited redirect to null' \
                'tcp/8443 port 22 ip own pre redirect to any' \
                'tcp/22 the same port ip own pre limited redirect to any' 'tcp/22 port 80 ip own pre redirect to null' \
                'tcp/81 198.51.100.10:81 ip own pre limited' 'tcp/81 port 80 ip own pre redirect to null' \
                'tcp/82 198.51.100.10:80 ip own pre limited' 'tcp/82 198.51.100.9:80 ip own pre'
        jq -e '[.findings[] | select(.kind == "published") | "\(.ports) \(.text)"] | sort == [
                "22 led to the same port, open to any, for some sources, by ip own pre",
                "81 not governed: to 198.51.100.10:81, for some sources, by ip own pre",
                "82 not governed: to 198.51.100.10:80, for some sources, by ip own pre",
                "82 not governed: to 198.51.100.9:80 by ip own pre",
                "8443 led to port 22, open to any, by ip own pre"]' <<<"$output" >/dev/null ||
                fail "expected for whom"
        live tcp/8443 --from 203.0.113.9
        assert_json '[.translations[] | [.to, .certain, .verdict]] | sort ==
                [["port 22", false, "accept"], ["port 80", false, "drop"]]'
        # Whichever it is, it goes to another host.
        live tcp/82 --from 203.0.113.9
        assert_json '.verdict == "accept" and .because.kind == "forwarded" and (.translations | length) == 2 and
                all(.translations[]; .certain | not)'
        live tcp/81 --from 203.0.113.9
        assert_json '.verdict == "drop" and ([.translations[] | [.to, .certain, .verdict]] | sort) ==
                [["198.51.100.10:81", false, null], ["port 80", false, "drop"]]'
}

@test "a service that some sources reach by a chain of their own is for all, as its last rule is" {
        nft -f - <<'NFT'
table ip kube-proxy {
        chain endpoint-a { meta l4proto tcp dnat to 198.51.100.9:80; }
        chain endpoint-b { meta l4proto tcp dnat to 198.51.100.10:80; }
        chain web { numgen random mod 2 vmap { 0 : goto endpoint-a, 1 : goto endpoint-b }; }
        chain external-web { ip saddr 10.0.0.0/8 goto web
                goto web; }
        chain pre { type nat hook prerouting priority dstnat; tcp dport 30080 goto external-web; }
}
NFT
        apply_quietly ssh
        assert_published 'tcp/30080 198.51.100.9:80 of 2 ip kube-proxy endpoint-a'
        live tcp/30080 --from 203.0.113.9
        assert_json '.because.kind == "forwarded" and (.translations[0] | .certain and .to == "198.51.100.9:80 or 1 more")'
}

@test "NAT of every packet hides what comes behind it" {
        nft -f - <<'NFT'
table ip late {
        chain pre { type nat hook prerouting priority -90
                tcp dport { 80, 81, 82, 83 } redirect to :22
        }
}
table inet asleep {
        flags dormant
        chain pre { type nat hook prerouting priority -130
                meta l4proto tcp redirect to :9
        }
}
table ip6 other {
        chain pre { type nat hook prerouting priority -120
                meta l4proto tcp redirect to :9
        }
}
table inet early {
        chain pre { type nat hook prerouting priority -110
                tcp dport 79-80 redirect to :81
                tcp dport 80 redirect to :22
                dnat ip6 to [2001:db8:2::9]
                ip saddr 203.0.113.9 tcp dport 81 redirect to :80
                udp dport 82 redirect to :80
                tcp dport 83 redirect to :numgen inc mod 2 map { 0 : 84, 1 : 85 }
        }
}
NFT
        apply_quietly ssh
        run on outside tool_reach dropped:tcp/80@203.0.113.1 dropped:tcp/81@203.0.113.1 open:tcp/82@203.0.113.1
        [ "$status" -eq 0 ] || fail "the kernel does otherwise"
        live tcp/80 --from 203.0.113.9
        assert_json '.verdict == "drop" and (.translations | length) == 1 and
                (.translations[0] | .certain and .to == "port 81" and .verdict == "drop")'
        live tcp/81 --from 203.0.113.9
        assert_json '[.translations[] | [.to, .certain]] | sort == [["port 22", false], ["port 80", false]]'
        live tcp/82 --from 203.0.113.9
        assert_json '.verdict == "accept" and (.translations | length) == 1 and .translations[0].certain'
        audit
        assert_json '[.published[] | select(.redirect) | "\(.protocol)/\(.ports) \(.to)"] | sort ==
                ["tcp/79-80 port 81", "tcp/81 port 22", "tcp/81 port 80", "tcp/82 port 22", "tcp/83 port 22",
                "tcp/83 port 84", "tcp/83 port 85", "tcp/any port 9", "udp/82 port 80"]'
}

@test "of a range of ports that a packet may get, none is certain; one that it has already stays" {
        nat ip 'tcp dport 80 redirect to :20-25' 'tcp dport 21 redirect to :20-25' 'tcp dport 22 redirect to :20-25' \
                'tcp dport 23 redirect to :22-25 random' 'tcp dport 81 dnat to 198.51.100.9:80-90' \
                'tcp dport 82 redirect to :80-90' 'tcp dport 79 dnat to 198.51.100.9:80-90'
        iptables-nft -t nat -A PREROUTING -p tcp --dport 443 -j REDIRECT --to-ports 440-445
        iptables-nft -t nat -A PREROUTING -p tcp --dport 444 -j DNAT --to-destination 198.51.100.9:440-445
        iptables-nft -t nat -A PREROUTING -p tcp --dport 445 -j REDIRECT --to-ports 22-23 --random
        apply_quietly ssh
        run on outside tool_reach dropped:tcp/21@203.0.113.1 open:tcp/22@203.0.113.1
        [ "$status" -eq 0 ] || fail "the kernel does otherwise"
        live tcp/80 --from 203.0.113.9
        assert_json '.verdict == "drop" and (.translations[0] | .to == "ports 20-25" and .ports == "tcp/20-25" and
                .stays and (.certain | not) and .verdict == null)'
        run portguard explain tcp/80 --from 203.0.113.9 --live
        assert_line "may go to ports 20-25 by ip own pre: then it depends on the port, as tcp/20-25"
        live tcp/21 --from 203.0.113.9
        assert_json '.verdict == "drop" and (.translations[0] | .to == "port 21" and .certain and .verdict == "drop")'
        live tcp/22 --from 203.0.113.9
        assert_json '.verdict == "accept" and (.translations[0] | .to == "port 22" and .certain and .verdict == "accept")'
        for port in 23 445; do
                live tcp/$port --from 203.0.113.9
                assert_json '.translations[0] | (.to | startswith("ports 22-")) and (.certain | not)'
        done
        live tcp/443 --from 203.0.113.9
        assert_json '.translations[0] | .to == "port 443" and .certain and .verdict == "drop"'
        assert_published 'tcp/80 ports 20-25 ip own pre redirect to any' \
                'tcp/21 the same port ip own pre redirect to null' 'tcp/22 the same port ip own pre redirect to any' \
                'tcp/23 ports 22-25 ip own pre redirect to any' 'tcp/81 198.51.100.9:81 ip own pre' \
                'tcp/79 198.51.100.9:80-90 ip own pre' \
                'tcp/82 the same port ip own pre redirect to null' \
                'tcp/443 the same port ip nat PREROUTING redirect to null' 'tcp/444 198.51.100.9:444 ip nat PREROUTING' \
                'tcp/445 ports 22-23 ip nat PREROUTING redirect to any'
        jq -e '.findings[] | select(.ports == "80") | .text == "led to ports 20-25, some open to any, by ip own pre" and
                .fix == "close what is open of ports 20-25"' <<<"$output" >/dev/null || fail "expected the range"
}

@test "a range of addresses with one of this host may stay" {
        nat ip 'tcp dport 80 dnat to 203.0.113.1-203.0.113.2:22' 'tcp dport 81 dnat to 198.51.100.9-198.51.100.10:22'
        apply_quietly ssh
        live tcp/80 --from 203.0.113.9
        assert_json '[.translations[] | [.to, .stays, .certain, .verdict]] | sort ==
                [["203.0.113.1-203.0.113.2:22", false, false, null], ["203.0.113.1-203.0.113.2:22", true, false, "accept"]]'
        live tcp/81 --from 203.0.113.9
        assert_json '.because.kind == "forwarded" and .translations[0].to == "198.51.100.9-198.51.100.10:22"'
}

# comes_to HOOK FAMILY ADDRESS: udp/9 that NAT sends there; HOOK "last" where it comes nowhere.
comes_to() {
        local own=203.0.113.1 hook

        [ "$2" = ip ] || own=2001:db8:1::1
        nft flush ruleset
        nft add table inet own "{ counter input { }; counter forward { }; counter last { }
                chain pre { type nat hook prerouting priority dstnat; udp dport 9 dnat $2 to $3; }
                chain input { type filter hook input priority -200; udp dport 9 counter name input; udp dport 10 counter name last; }
                chain forward { type filter hook forward priority -200; udp dport 9 counter name forward; }; }"
        apply_quietly lab
        on outside bash -c "echo >/dev/udp/$own/9; echo >/dev/udp/$own/10"
        until_true 20 is_counted last
        for hook in input forward; do
                if is_counted $hook; then
                        [ "$1" = $hook ] || fail "$3 came to $hook"
                else
                        [ "$1" != $hook ] || fail "$3 did not come to $hook"
                fi
        done
}

is_counted() {
        nft list counter inet own "$1" | grep -q 'packets [1-9]'
}

@test "NAT to a broadcast, anycast or own route's address comes to the policy" {
        local target

        mkdir "$BATS_TEST_TMPDIR/profiles"
        printf '%s\n' 'name: lab' 'summary: Lab' 'services:' '  wake: {summary: Wake, ports: [udp/9], from: any}' \
                >"$BATS_TEST_TMPDIR/profiles/lab.yaml"
        export PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/profiles:$PORTGUARD_PROFILES
        ip route add local 192.0.2.0/24 dev lo
        for target in "ip 198.51.100.255" "ip 203.0.113.255" "ip 255.255.255.255" "ip 192.0.2.9" "ip6 2001:db8:1::"; do
                # shellcheck disable=SC2086
                comes_to input $target
                live udp/9 --from "$([[ $target = ip6* ]] && echo 2001:db8:1::9 || echo 203.0.113.9)"
                assert_json '.verdict == "accept" and .because.kind == "service" and
                        (.translations | map([.stays, .certain, .verdict])) == [[true, true, "accept"]]'
                apply_quietly ssh
                live udp/9 --from "$([[ $target = ip6* ]] && echo 2001:db8:1::9 || echo 203.0.113.9)"
                assert_json '.verdict == "drop" and .because.kind == "default"'
                audit
                assert_json '[.findings[] | select(.kind == "published")] == []'
        done
        ip route del local 192.0.2.0/24 dev lo
        comes_to forward ip 198.51.100.9
        live udp/9 --from 203.0.113.9
        assert_json '.because.kind == "forwarded"'
        # A router that sends on what is for all of another network.
        echo 1 >/proc/sys/net/ipv4/conf/all/bc_forwarding
        echo 1 >/proc/sys/net/ipv4/conf/outside/bc_forwarding
        comes_to forward ip 198.51.100.255
        live udp/9 --from 203.0.113.9
        echo 0 >/proc/sys/net/ipv4/conf/all/bc_forwarding
        echo 0 >/proc/sys/net/ipv4/conf/outside/bc_forwarding
        assert_json '.translations[0].certain == false'
}

@test "NAT to a group comes to the policy where that is joined, and else nowhere" {
        mkdir "$BATS_TEST_TMPDIR/profiles"
        printf '%s\n' 'name: lab' 'summary: Lab' 'services:' '  wake: {summary: Wake, ports: [udp/9], from: any}' \
                >"$BATS_TEST_TMPDIR/profiles/lab.yaml"
        export PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/profiles:$PORTGUARD_PROFILES
        comes_to input ip 224.0.0.1
        live udp/9 --from 203.0.113.9
        assert_json '.translations[0] | [.stays, .certain, .dropped, .verdict] == [true, false, null, "accept"]'
        comes_to input ip6 ff02::1
        live udp/9 --from 2001:db8:1::9
        assert_json '.translations[0] | [.stays, .certain, .dropped, .verdict] == [true, false, null, "accept"]'
        comes_to last ip 239.1.2.3
        live udp/9 --from 203.0.113.9
        assert_json '.verdict == "drop" and .because.kind == "routing" and (.arrival | contains("has not joined"))'
}

@test "of targets that are chosen by chance, or by the source, none is certain" {
        nat ip 'tcp dport 80 redirect to :numgen inc mod 2 map { 0 : 22, 1 : 81 }' \
                'tcp dport 81 dnat to numgen inc mod 2 map { 0 : 203.0.113.1, 1 : 198.51.100.9 }' \
                'tcp dport 82 redirect to :jhash ip saddr mod 2 map { 0 : 22, 1 : 81 }' \
                'tcp dport 83 redirect to :ip saddr map { 203.0.113.9 : 22, 203.0.113.10 : 81 }' \
                'tcp dport 84 dnat to numgen inc mod 2 map { 0 : 198.51.100.9, 1 : 198.51.100.10 }' \
                'tcp dport 85 redirect to :numgen inc mod 2 offset 21'
        apply_quietly ssh
        run on outside tool_reach open:tcp/80@203.0.113.1 open:tcp/83@203.0.113.1
        [ "$status" -eq 0 ] || fail "the kernel does otherwise"
        assert_published 'tcp/80 port 22 of 2 ip own pre redirect to any' 'tcp/80 port 81 of 2 ip own pre redirect to null' \
                'tcp/81 203.0.113.1 of 2 ip own pre redirect to null' 'tcp/81 198.51.100.9 of 2 ip own pre' \
                'tcp/82 port 22 of 2 ip own pre redirect to any' 'tcp/82 port 81 of 2 ip own pre redirect to null' \
                'tcp/83 port 22 of 2 ip own pre limited redirect to any' \
                'tcp/83 port 81 of 2 ip own pre limited redirect to null' 'tcp/84 198.51.100.9 of 2 ip own pre' \
                'tcp/85 ports 1-65535 ip own pre redirect to any'
        jq -e '.findings[] | select(.ports == "80") | .text == "led to port 22 and 1 more, open to any, by ip own pre"' \
                <<<"$output" >/dev/null || fail "expected the number of targets"
        for port in 80 82 83; do
                live tcp/$port --from 203.0.113.9
                assert_json '.verdict == "drop" and ([.translations[] | [.to, .certain, .verdict]] | sort ==
                        [["port 22", false, "accept"], ["port 81", false, "drop"]])'
        done
        for port in 81 85; do
                live tcp/$port --from 203.0.113.9
                assert_json '.translations != [] and all(.translations[]; .certain | not)'
        done
        # Whichever it is, it goes to another host.
        live tcp/84 --from 203.0.113.9
        assert_json '.because.kind == "forwarded" and (.translations[0] | .certain and .to == "198.51.100.9:84 or 1 more")'
}

@test "what is sent to ::1, or to 127.0.0.1 without route_localnet, is not open" {
        nat ip 'tcp dport 8080 dnat to 127.0.0.1:22' 'iifname "cluster" tcp dport 8081 dnat to 127.0.0.1:22'
        nat ip6 'tcp dport 8080 dnat to [::1]:22'
        apply_quietly ssh
        run on outside tool_reach dropped:tcp/8080@203.0.113.1 dropped:tcp/8080@2001:db8:1::1
        [ "$status" -eq 0 ] || fail "the kernel does otherwise"
        live tcp/8080 --from 2001:db8:1::9
        assert_json '.verdict == "drop" and .because.kind == "routing" and
                (.translations[0] | .certain and .stays and .verdict == "drop" and (.dropped | test("::1")))'
        assert_published 'tcp/8080 127.0.0.1:22 ip own pre redirect to null' \
                'tcp/8081%cluster 127.0.0.1:22 ip own pre redirect to null' 'tcp/8080 [::1]:22 ip6 own pre redirect to null'
        echo 1 >/proc/sys/net/ipv4/conf/outside/route_localnet
        run on outside tool_reach open:tcp/8080@203.0.113.1 dropped:tcp/8080@2001:db8:1::1
        echo "$status" >"$BATS_TEST_TMPDIR/status"
        run --separate-stderr portguard audit --json
        echo 0 >/proc/sys/net/ipv4/conf/outside/route_localnet
        [ "$(<"$BATS_TEST_TMPDIR/status")" = 0 ] || fail "the kernel does otherwise"
        assert_json '[.published[] | [.ports, .to, .reachable_from]] | sort ==
                [["8080", "127.0.0.1:22", "any"], ["8080", "[::1]:22", null], ["8081", "127.0.0.1:22", null]]'
}

@test "explain --live: what is sent to 127.0.0.1 arrives where route_localnet is on" {
        nat ip 'tcp dport 8080 dnat to 127.0.0.1:22'
        apply_quietly ssh
        run on outside tool_reach dropped:tcp/8080@203.0.113.1
        [ "$status" -eq 0 ] || fail "the kernel does otherwise"
        live tcp/8080 --from 203.0.113.9
        assert_json '.verdict == "drop" and .because.kind == "routing" and (.arrival | test("route_localnet")) and
                (.translations[0] | .certain and .stays and .verdict == "drop" and (.dropped | test("route_localnet")))'
        for interface in all outside; do
                echo 1 >"/proc/sys/net/ipv4/conf/$interface/route_localnet"
                run on outside tool_reach open:tcp/8080@203.0.113.1
                echo "$status" >"$BATS_TEST_TMPDIR/status"
                live tcp/8080 --from 203.0.113.9
                echo 0 >"/proc/sys/net/ipv4/conf/$interface/route_localnet"
                [ "$(<"$BATS_TEST_TMPDIR/status")" = 0 ] || fail "the kernel does otherwise"
                assert_json '.verdict == "accept" and (.translations[0] | .certain and .verdict == "accept")'
        done
}

@test "explain --live: a host that does not forward sends nothing on, and forward chains may drop it" {
        nat ip 'tcp dport 8080 dnat to 198.51.100.9:80'
        nat ip6 'tcp dport 8080 dnat to [2001:db8:2::9]:80'
        nft 'add table inet own { chain through { type filter hook forward priority filter; tcp dport 80 drop; }; }'
        apply_quietly ssh
        run on outside tool_reach dropped:tcp/8080@203.0.113.1 dropped:tcp/8080@2001:db8:1::1
        [ "$status" -eq 0 ] || fail "the kernel does otherwise"
        live tcp/8080 --from 203.0.113.9
        assert_json '.verdict == "accept" and .translations[0].dropped == null and
                [.others[] | select(.hook == "forward") | [.chain, .may_drop]] == [["through", true]]'
        # What is for this host does not meet them.
        live tcp/22 --from 203.0.113.9
        assert_json '[.others[] | select(.hook == "forward")] == []'
        for route in 198.51.100.9 2001:db8:2::9; do
                ip route add blackhole "$route"
                from=203.0.113.9
                [[ $route != *:* ]] || from=2001:db8:1::9
                live tcp/8080 --from "$from"
                assert_json '.verdict == "drop" and (.translations[0] | .dropped == "it has no route to there, or refuses it")'
                ip route del blackhole "$route"
                live tcp/8080 --from "$from"
                assert_json '.verdict == "accept" and (.translations[0] | .dropped == null)'
        done
        nft flush chain inet own through
        echo 0 >/proc/sys/net/ipv4/ip_forward
        echo 0 >/proc/sys/net/ipv6/conf/all/forwarding
        run on outside tool_reach dropped:tcp/8080@203.0.113.1 dropped:tcp/8080@2001:db8:1::1
        [ "$status" -eq 0 ] || fail "the kernel does otherwise"
        for address in 203.0.113.9 2001:db8:1::9; do
                live tcp/8080 --from "$address"
                assert_json '.verdict == "drop" and .because.kind == "routing" and (.arrival | test("another host|NAT sends it to")) and
                        (.translations[0] | .verdict == "drop" and (.dropped | test("it forwards nothing")))'
        done
        echo 1 >/proc/sys/net/ipv4/ip_forward
        echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
        run on outside tool_reach open:tcp/8080@203.0.113.1
        [ "$status" -eq 0 ] || fail "the kernel does otherwise"
        live tcp/8080 --from 203.0.113.9
        assert_json '.verdict == "accept"'
}

@test "explain --live: what is untracked is not translated" {
        nft -f - <<'NFT'
table inet own {
        chain raw { type filter hook prerouting priority raw
                tcp dport 22 notrack
        }
        chain pre { type nat hook prerouting priority dstnat
                tcp dport 22 redirect to :80
        }
}
NFT
        apply_quietly ssh
        run on outside tool_reach open:tcp/22@203.0.113.1
        [ "$status" -eq 0 ] || fail "the kernel does otherwise"
        live tcp/22 --from 203.0.113.9
        assert_json '.verdict == "accept" and (.translations[0] | (.certain | not) and .verdict == "drop")'
}

@test "explain --live: a target of the other family takes no packet" {
        nft -f - <<'NFT'
table inet own {
        chain pre { type nat hook prerouting priority dstnat
                tcp dport 22 dnat ip to 203.0.113.1:80
        }
}
NFT
        apply_quietly ssh
        run on outside tool_reach dropped:tcp/22@203.0.113.1 open:tcp/22@2001:db8:1::1
        [ "$status" -eq 0 ] || fail "the kernel does otherwise"
        live tcp/22 --from 203.0.113.9
        assert_json '.verdict == "drop" and .translations[0].certain'
        live tcp/22 --from 2001:db8:1::9
        assert_json '.verdict == "accept" and .translations == []'
}

@test "explain --live: NAT of what leaves is told, and nothing is said to drop nothing" {
        nft -f - <<'NFT'
table inet own {
        chain out { type nat hook output priority -100
                tcp dport 81 dnat ip to 198.51.100.9:80
        }
        chain post { type nat hook postrouting priority 100
                tcp dport 82 masquerade
        }
}
NFT
        apply_quietly ssh
        run tool_reach open:tcp/81@198.51.100.9
        [ "$status" -eq 0 ] || fail "the kernel does otherwise"
        live tcp/81 --to 198.51.100.9
        assert_json '.others | map(select(.may_rewrite) | .chain) == ["out"]'
        run portguard explain tcp/81 --to 198.51.100.9 --live
        assert_output_has 'may rewrite ports or addresses of packets before the policy sees them'
        assert_line 'the verdict is that of a packet that none of them rewrites'
        live tcp/81 --from 203.0.113.9
        assert_json 'all(.others[]; .may_rewrite | not)'
}

@test "NAT of the output hook comes before the policy, whatever priority its chain has" {
        local priority

        mkdir "$BATS_TEST_TMPDIR/profiles"
        printf '%s\n' 'name: own' 'summary: Own' 'include: [ssh]' 'egress:' \
                '  web: {summary: Web, ports: [tcp/80], to: 198.51.100.9}' >"$BATS_TEST_TMPDIR/profiles/own.yaml"
        export PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/profiles:$PORTGUARD_PROFILES
        apply_quietly own --egress strict
        for priority in -150 50 300; do
                nft -f - <<NFT
table ip own {
        chain out { type nat hook output priority $priority
                tcp dport 81 dnat to 198.51.100.9:80
                tcp dport 80 dnat to 198.51.100.9:81
        }
}
NFT
                # What the policy judges is what NAT has made of it.
                run tool_reach open:tcp/81@198.51.100.9
                [ "$status" -eq 0 ] || fail "the kernel does otherwise"
                run tool_reach refused:tcp/80@198.51.100.9
                [ "$status" -eq 0 ] || fail "the kernel does otherwise"
                run portguard explain tcp/81 --to 198.51.100.9 --live
                assert_line "ip own out output $priority may rewrite ports or addresses of packets before the policy sees them"
                live tcp/80 --to 198.51.100.9
                assert_json '.others | map([.chain, .may_rewrite]) == [["out", true]]'
                run --separate-stderr portguard doctor --json
                assert_json 'any(.checks[]; .text | contains("chain out (nat, hook output") and
                        contains("may send packets elsewhere before a policy sees them"))'
                nft delete table ip own
        done
}

@test "nothing is published without NAT, by another hook, or for what leaves" {
        apply_quietly ssh
        assert_published
        nft -f - <<'NFT'
table ip filter {
        chain pre { type filter hook prerouting priority 0; tcp dport 8080 counter; }
}
table ip own {
        chain out { type nat hook output priority -100; tcp dport 8080 dnat to 198.51.100.9:80; }
        chain post { type nat hook postrouting priority 100; tcp dport 8080 masquerade; }
        chain nobody { tcp dport 8081 dnat to 198.51.100.9:80; }
        chain pre { type nat hook prerouting priority dstnat; tcp dport 8082 accept; }
}
NFT
        assert_published
}

@test "nft: ports, ranges, sets, maps, both families, conditions" {
        nat inet \
                'tcp dport 8080 dnat ip to 198.51.100.9:80' \
                'tcp dport 8443 dnat ip6 to [2001:db8:2::9]:443' \
                'tcp dport 9000-9010 dnat ip to 198.51.100.9' \
                'tcp dport { 7000, 7100-7200 } dnat ip to 198.51.100.9' \
                'udp dport { 53 } dnat ip to 198.51.100.9' \
                'meta l4proto { tcp, udp } th dport 5000 dnat ip to 198.51.100.9' \
                'ip daddr 203.0.113.1 tcp dport 81 dnat ip to 198.51.100.9' \
                'ip daddr 203.0.113.0/24 tcp dport 82 dnat ip to 198.51.100.9' \
                'ip6 daddr 2001:db8:1::1 tcp dport 83 dnat ip6 to 2001:db8:2::9' \
                'iifname "outside" tcp dport 84 dnat ip to 198.51.100.9' \
                'iifname "out*" tcp dport 85 dnat ip to 198.51.100.9' \
                'ip saddr 192.0.2.0/24 tcp dport 86 dnat ip to 198.51.100.9' \
                'iifname != "cluster" tcp dport 87 dnat ip to 198.51.100.9' \
                'tcp dport > 65530 dnat ip to 198.51.100.9' \
                'ip daddr 203.0.112.0/20 tcp dport 90 dnat ip to 198.51.100.9' \
                'ip daddr 203.0.113.0-203.0.113.9 tcp dport 91 dnat ip to 198.51.100.9' \
                'ip saddr 192.0.0.0/12 tcp dport 92 dnat ip to 198.51.100.9' \
                'tcp dport 93 meta mark { 1, 2, 3 } dnat ip to 198.51.100.9' \
                'fib daddr type local tcp dport 88 dnat ip to 198.51.100.9' \
                'tcp dport 89 dnat ip to numgen inc mod 2 map { 0 : 198.51.100.9, 1 : 198.51.100.10 }'
        apply_quietly ssh
        assert_published \
                'tcp/8080 198.51.100.9:80 inet own pre' \
                'tcp/8443 [2001:db8:2::9]:443 inet own pre' \
                'tcp/9000-9010 198.51.100.9 inet own pre' \
                'tcp/7000 198.51.100.9 inet own pre' \
                'tcp/7100-7200 198.51.100.9 inet own pre' \
                'udp/53 198.51.100.9 inet own pre' \
                'tcp/5000 198.51.100.9 inet own pre' \
                'udp/5000 198.51.100.9 inet own pre' \
                'tcp/81@203.0.113.1 198.51.100.9 inet own pre' \
                'tcp/82@203.0.113.0/24 198.51.100.9 inet own pre' \
                'tcp/83@2001:db8:1::1 2001:db8:2::9 inet own pre' \
                'tcp/84%outside 198.51.100.9 inet own pre' \
                'tcp/85%out* 198.51.100.9 inet own pre' \
                'tcp/86 198.51.100.9 inet own pre limited' \
                'tcp/87 198.51.100.9 inet own pre' \
                'tcp/65531-65535 198.51.100.9 inet own pre' \
                'tcp/90@203.0.112.0/20 198.51.100.9 inet own pre' \
                'tcp/91@203.0.113.0-203.0.113.9 198.51.100.9 inet own pre' \
                'tcp/92 198.51.100.9 inet own pre limited' \
                'tcp/93 198.51.100.9 inet own pre' \
                'tcp/88 198.51.100.9 inet own pre' \
                'tcp/89 198.51.100.9 of 2 inet own pre'
}

@test "nft: everything, and what a rule before it takes away" {
        nat ip 'ip protocol tcp dnat to 198.51.100.9'
        apply_quietly ssh
        assert_published 'tcp/any 198.51.100.9 ip own pre'
        nft flush chain ip own pre
        nft add rule ip own pre dnat to 198.51.100.9
        nft add rule ip own pre tcp dport 8080 dnat to 198.51.100.10
        assert_published 'any/any 198.51.100.9 ip own pre'
        nft flush chain ip own pre
        nft add rule ip own pre accept
        nft add rule ip own pre tcp dport 8080 dnat to 198.51.100.10
        assert_published
        nft flush ruleset
        # In a table of both families, the other goes on.
        nat inet 'dnat ip to 198.51.100.9' 'tcp dport 8080 dnat ip6 to [2001:db8:2::9]:80'
        apply_quietly ssh
        assert_published 'any/any 198.51.100.9 inet own pre' 'tcp/8080 [2001:db8:2::9]:80 inet own pre'
}

@test "nft: maps of ports to targets, and chains that are led to" {
        nft -f - <<'NFT'
table ip own {
        map targets { type inet_service : ipv4_addr . inet_service; elements = { 9000 : 198.51.100.9 . 90, 9001 : 198.51.100.10 . 91 } }
        map ranges { type inet_service : verdict; flags interval; elements = { 100-199 : goto low, 200 : jump high } }
        chain low { dnat to 198.51.100.9; }
        chain high { meta l4proto udp dnat to 198.51.100.10:22; }
        chain deep { tcp dport 300-310 jump deeper; }
        chain deeper { tcp dport 305-400 goto low; }
        chain never { tcp dport 1-10 goto low; }
        chain pre {
                type nat hook prerouting priority dstnat;
                dnat to tcp dport map @targets
                udp dport vmap @ranges
                jump deep
                tcp dport 20 goto never
        }
}
NFT
        apply_quietly ssh
        assert_published \
                'tcp/9000 198.51.100.9:90 ip own pre' \
                'tcp/9001 198.51.100.10:91 ip own pre' \
                'udp/100-199 198.51.100.9 ip own low' \
                'udp/200 198.51.100.10:22 ip own high' \
                'tcp/305-310 198.51.100.9 ip own low'
}

@test "a redirect reaches input at its new port, and is told by that" {
        nat inet 'tcp dport 2222 redirect to :22' 'tcp dport 99 redirect to :98' 'tcp dport 22 redirect' \
                'tcp dport 2223 dnat ip to 203.0.113.1:22' 'tcp dport 2224 dnat to :22'
        apply_quietly ssh
        run on outside tool_reach open:tcp/2222@203.0.113.1 dropped:tcp/99@203.0.113.1 open:tcp/2223@203.0.113.1
        [ "$status" -eq 0 ] || fail "expected to get to port 22"
        assert_published \
                'tcp/2222 port 22 inet own pre redirect to any' \
                'tcp/22 the same port inet own pre redirect to any' \
                'tcp/99 port 98 inet own pre redirect to null' \
                'tcp/2223 203.0.113.1:22 inet own pre redirect to any' \
                'tcp/2224 port 22 inet own pre redirect to any'
        jq -e 'all(.findings[]; .ports != "99")' <<<"$output" >/dev/null || fail "expected no finding of a closed port"
        jq -e '.findings[] | select(.ports == "2222") | .text == "led to port 22, open to any, by inet own pre"' \
                <<<"$output" >/dev/null || fail "expected where it leads"
}

@test "iptables-nft and ip6tables-nft, DNAT of the port only: it stays on this host" {
        iptables-nft -t nat -A PREROUTING -p tcp --dport 7104 -j DNAT --to-destination :22
        ip6tables-nft -t nat -A PREROUTING -p tcp --dport 7106 -j DNAT --to-destination :22
        apply_quietly ssh
        run on outside tool_reach open:tcp/7104@203.0.113.1 "open:tcp/7106@${net6[outside]}:1"
        [ "$status" -eq 0 ] || fail "the kernel does otherwise"
        live tcp/7104 --from 203.0.113.9
        assert_json '.verdict == "accept" and (.translations[0] | .to == "port 22" and .stays and .certain)'
        live tcp/7106 --from "${net6[outside]}:9"
        assert_json '.verdict == "accept" and (.translations[0] | .to == "port 22" and .stays and .certain)'
        audit
        assert_json '[.published[] | "\(.protocol)/\(.ports) \(.to) \(.redirect)"] | sort == ["tcp/7104 port 22 true", "tcp/7106 port 22 true"]'
        apply_quietly https
        live tcp/7104 --from 203.0.113.9
        assert_json '.verdict == "drop"'
        run on outside tool_reach dropped:tcp/7104@203.0.113.1 "dropped:tcp/7106@${net6[outside]}:1"
        [ "$status" -eq 0 ] || fail "the kernel does otherwise"
}

@test "iptables-nft, as Docker does it" {
        iptables-nft -t nat -N DOCKER
        iptables-nft -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
        iptables-nft -t nat -A DOCKER -i docker0 -j RETURN
        iptables-nft -t nat -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 198.51.100.9:80
        iptables-nft -t nat -A DOCKER ! -i docker0 -p udp -m udp --dport 53 -j DNAT --to-destination 198.51.100.9:53
        iptables-nft -t nat -A DOCKER -d 127.0.0.1/32 ! -i docker0 -p tcp --dport 8081 -j DNAT --to-destination 198.51.100.9:80
        iptables-nft -t nat -A DOCKER -d 203.0.113.1/32 -p tcp --dport 8082 -j DNAT --to-destination 198.51.100.9:80
        ip6tables-nft -t nat -A PREROUTING -p tcp --dport 8083 -j DNAT --to-destination '[2001:db8:2::9]:80'
        iptables-nft -t nat -A POSTROUTING -j MASQUERADE
        apply_quietly ssh
        run on outside tool_reach open:tcp/8080@203.0.113.1 open:tcp/8082@203.0.113.1
        [ "$status" -eq 0 ] || fail "expected to get through"
        assert_published \
                'tcp/8080 198.51.100.9:80 ip nat DOCKER' \
                'udp/53 198.51.100.9:53 ip nat DOCKER' \
                'tcp/8082@203.0.113.1 198.51.100.9:80 ip nat DOCKER' \
                'tcp/8083 [2001:db8:2::9]:80 ip6 nat PREROUTING'
        jq -e '.published_elsewhere == 0' <<<"$output" >/dev/null || fail "expected none elsewhere"
        jq -e '.findings[] | select(.ports == "8080") | .fix == "-p 127.0.0.1:..., or a rule in DOCKER-USER"' \
                <<<"$output" >/dev/null || fail "expected Docker's advice"
}

@test "iptables-nft: matches of xtables, redirects, ranges" {
        iptables-nft -t nat -A PREROUTING -p tcp -m multiport --dports 80,443,1000:1010 -j DNAT --to-destination 198.51.100.9
        iptables-nft -t nat -A PREROUTING -p udp -m multiport ! --dports 53 -j DNAT --to-destination 198.51.100.9
        iptables-nft -t nat -A PREROUTING -p tcp --dport 2000:2010 -m comment --comment x -j DNAT --to-destination 198.51.100.9:3000
        iptables-nft -t nat -A PREROUTING -p tcp --dport 2222 -j REDIRECT --to-ports 22
        ip6tables-nft -t nat -A PREROUTING -p tcp --dport 2223 -j REDIRECT --to-ports 22
        iptables-nft -t nat -A PREROUTING -p tcp -m tcp --dport 3000 --tcp-flags SYN,ACK SYN -j DNAT --to-destination 198.51.100.9
        iptables-nft -t nat -A PREROUTING -d 203.0.113.0/24 -p udp --dport 9 -j NETMAP --to 198.51.100.0/24
        iptables-nft -t nat -A PREROUTING -p sctp -m multiport --sports 9 -j DNAT --to-destination 198.51.100.9
        apply_quietly ssh
        assert_published \
                'tcp/80 198.51.100.9 ip nat PREROUTING' \
                'tcp/443 198.51.100.9 ip nat PREROUTING' \
                'tcp/1000-1010 198.51.100.9 ip nat PREROUTING' \
                'udp/any 198.51.100.9 ip nat PREROUTING' \
                'tcp/2000-2010 198.51.100.9:3000 ip nat PREROUTING' \
                'tcp/2222 port 22 ip nat PREROUTING redirect to any' \
                'tcp/2223 port 22 ip6 nat PREROUTING redirect to any' \
                'tcp/3000 198.51.100.9 ip nat PREROUTING' \
                'udp/9@203.0.113.0/24 null ip nat PREROUTING' \
                'sctp/any 198.51.100.9 ip nat PREROUTING'
}

@test "a port of docker-proxy is not closed: it is published" {
        serve extra "" tcp/8080@0.0.0.0 tcp/8081@0.0.0.0 tcp/8082@::
        nat ip 'tcp dport 8080 dnat to 198.51.100.9:80' 'ip saddr 192.0.2.1 tcp dport 8081 dnat to 198.51.100.9:80' \
                'tcp dport 8082 dnat to 198.51.100.9:80'
        apply_quietly ssh
        audit
        stop_in_background extra.serve
        [ "$(jq -r '.findings[] | "\(.kind) \(.ports) \(.process)"' <<<"$output" | sed 's/ (.*//' | sort | tr '\n' ';')" = \
                'closed 8081 tool_serve;closed 8082 tool_serve;published 8080 tool_serve;published 8081 tool_serve;published 8082 tool_serve;' ] ||
                fail "expected 8080 published only"
}

@test "kube-proxy's nftables mode: node ports, and not the services of the cluster" {
        nft -f - <<'NFT'
table ip kube-proxy {
        set nodeport-ips { type ipv4_addr; elements = { 203.0.113.1, 10.9.0.1 } }
        map service-nodeports {
                type inet_proto . inet_service : verdict
                elements = { tcp . 30080 : goto external-web, udp . 30053 : goto endpoint-dns }
        }
        map service-ips {
                type ipv4_addr . inet_proto . inet_service : verdict
                elements = { 10.96.0.1 . tcp . 443 : goto service-api, 10.96.0.10 . udp . 53 : goto endpoint-dns,
                             203.0.113.1 . tcp . 8443 : goto service-api }
        }
        chain to-mark { meta mark set meta mark | 0x4000; }
        chain endpoint-a { ip saddr 198.51.100.9 jump to-mark
                meta l4proto tcp dnat to 198.51.100.9:80; }
        chain endpoint-b { ip saddr 198.51.100.10 jump to-mark
                meta l4proto tcp dnat to 198.51.100.10:80; }
        chain endpoint-dns { meta l4proto udp dnat to 198.51.100.9:53; }
        chain service-web { ip daddr 172.30.0.41 tcp dport 80 ip saddr != 10.0.0.0/8 jump to-mark
                numgen random mod 2 vmap { 0 : goto endpoint-a, 1 : goto endpoint-b }; }
        chain external-web { jump to-mark
                goto service-web; }
        chain service-api { meta l4proto tcp dnat to 198.51.100.9:6443; }
        chain services {
                ip daddr . meta l4proto . th dport vmap @service-ips
                ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
        }
        chain nat-prerouting { type nat hook prerouting priority dstnat; jump services; }
        chain nat-output { type nat hook output priority -100; jump services; }
}
NFT
        apply_quietly k8s-worker --group cluster=198.51.100.0/24 --group control-plane=198.51.100.0/24
        assert_published \
                'tcp/30080 198.51.100.9:80 of 2 ip kube-proxy endpoint-a' \
                'udp/30053 198.51.100.9:53 ip kube-proxy endpoint-dns' \
                'tcp/8443@203.0.113.1 198.51.100.9:6443 ip kube-proxy service-api'
        jq -e '.published_elsewhere == 2' <<<"$output" >/dev/null || fail "expected two elsewhere"
        jq -e 'all(.findings[]; .ports != "30000-32767")' <<<"$output" >/dev/null || fail "expected the node ports in use"
        run portguard audit
        assert_output_has "2 NAT rules for addresses that are not this host's"
}

@test "kube-proxy's iptables mode: a chain for each service and endpoint" {
        iptables-nft -t nat -N KUBE-SERVICES
        iptables-nft -t nat -N KUBE-NODEPORTS
        iptables-nft -t nat -N KUBE-EXT-WEB
        iptables-nft -t nat -N KUBE-SVC-WEB
        iptables-nft -t nat -N KUBE-SEP-A
        iptables-nft -t nat -N KUBE-SEP-B
        iptables-nft -t nat -A PREROUTING -m comment --comment 'kubernetes service portals' -j KUBE-SERVICES
        iptables-nft -t nat -A KUBE-SERVICES -d 10.96.0.20/32 -p tcp -m comment --comment web -m tcp --dport 80 -j KUBE-SVC-WEB
        iptables-nft -t nat -A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
        iptables-nft -t nat -A KUBE-NODEPORTS -p tcp -m comment --comment web -m tcp --dport 30080 -j KUBE-EXT-WEB
        iptables-nft -t nat -A KUBE-EXT-WEB -j KUBE-SVC-WEB
        iptables-nft -t nat -A KUBE-SVC-WEB -m statistic --mode random --probability 0.5 -j KUBE-SEP-A
        iptables-nft -t nat -A KUBE-SVC-WEB -j KUBE-SEP-B
        iptables-nft -t nat -A KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination 198.51.100.9:80
        iptables-nft -t nat -A KUBE-SEP-B -p tcp -m tcp -j DNAT --to-destination 198.51.100.10:80
        apply_quietly ssh
        assert_published 'tcp/30080 198.51.100.9:80 of 2 ip nat KUBE-SEP-A'
        jq -e '.published_elsewhere == 1' <<<"$output" >/dev/null || fail "expected one elsewhere"
        jq -e '.findings[] | select(.ports == "30080") | .fix == "a NetworkPolicy, or nodePortAddresses of kube-proxy"' \
                <<<"$output" >/dev/null || fail "expected its advice"
}

# As many as one message of an unprivileged user holds.
services() {
        local i

        echo 'add table ip kube-proxy'
        echo 'add map ip kube-proxy service-nodeports { type inet_proto . inet_service : verdict; }'
        for ((i = $1; i < $1 + 200; i++)); do
                echo "add chain ip kube-proxy endpoint-$i"
                echo "add rule ip kube-proxy endpoint-$i meta l4proto tcp dnat to 198.51.100.9:$i"
                echo "add chain ip kube-proxy service-$i"
                echo "add rule ip kube-proxy service-$i numgen random mod 1 vmap { 0 : goto endpoint-$i }"
                echo "add element ip kube-proxy service-nodeports { tcp . $((30000 + i)) : goto service-$i }"
        done
}

@test "many services: each is found" {
        for ((first = 1; first <= 2000; first += 200)); do
                services $first | nft -f -
        done
        nft 'add chain ip kube-proxy pre { type nat hook prerouting priority dstnat; }'
        nft add rule ip kube-proxy pre meta l4proto . th dport vmap @service-nodeports
        apply_quietly ssh
        audit
        [ "$(jq '.published | length' <<<"$output")" = 2000 ] || fail "expected all"
        jq -e 'all(.published[]; (.ports | tonumber) - 30000 == (.to | split(":")[1] | tonumber))' <<<"$output" >/dev/null ||
                fail "expected each with its target"
        live tcp/30007 --from 203.0.113.9
        assert_json '.translations[0] | .certain and .to == "198.51.100.9:7"'
}

# Under valgrind there is a commit in each reading.
# bats test_tags=race
@test "while somebody commits all the time, it is read or said not to be" {
        nat ip 'tcp dport 8080 dnat to 198.51.100.9:80'
        apply_quietly ssh
        while :; do
                nft add rule ip own pre tcp dport 1 counter
                nft flush chain ip own pre
                nft add rule ip own pre tcp dport 8080 dnat to 198.51.100.9:80
        done >/dev/null 2>&1 3>&- &
        for _ in {1..20}; do
                run --separate-stderr portguard audit --json
                assert_status 0
                jq -e '.warnings as $w | [.published[] | select(.ports != "8080")] == [] and (.published | length) <= 1' \
                        <<<"$output" >/dev/null || fail "expected the port, or nothing"
        done
        kill $!
}

@test "legacy iptables' NAT table is told of, and not looked into" {
        run iptables-legacy -t nat -A PREROUTING -p tcp --dport 8080 -j DNAT --to-destination 198.51.100.9:80
        [[ $output != *'Table does not exist'* ]] || skip "this kernel has no legacy iptables"
        assert_status 0
        apply_quietly ssh
        run --separate-stderr portguard audit --json
        iptables-legacy -t nat -F
        assert_status 0
        jq -e '.warnings[0].text | test("legacy iptables exists, and is not looked into")' <<<"$output" >/dev/null ||
                fail "expected a warning"
        jq -e '.published == []' <<<"$output" >/dev/null || fail "expected nothing of it"
}
