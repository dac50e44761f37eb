#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Other tables that write over ports and addresses without NAT: who is reached then, and what is said of it.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
load network

setup_file() {
        # 3306 is closed; of what is open, nobody listens on 30081.
        make_network tcp/22 tcp/3306 tcp/30080
}

teardown_file() {
        remove_network
}

setup() {
        kernel_setup
        apply_quietly k8s-worker --group cluster=198.51.100.0/24 --group control-plane=198.51.100.0/24
}

teardown() {
        nft flush ruleset
}

# finds EXPECTATION: what the peer outside finds at the host.
finds() {
        run on outside tool_reach "$1@203.0.113.1"
        [ "$status" -eq 0 ] || fail "expected $1"
}

# told_to_rewrite TABLE CHAIN ORDER: as explain --live, doctor and audit have it.
told_to_rewrite() {
        local text="table $1, chain $2 may rewrite ports or addresses of packets $3: "

        run --separate-stderr portguard doctor --json
        jq -e --arg text "$text" --arg mend "nft list table $1 shows it" 'any(.checks[]; .name == "other tables" and
                .level == "warning" and (.text | startswith($text)) and (.mend | startswith($mend)))' \
                <<<"$output" >/dev/null || fail "expected a warning of doctor: $text"
        run --separate-stderr portguard audit --json
        jq -e --arg text "$text" 'any(.warnings[]; .text | startswith($text))' <<<"$output" >/dev/null ||
                fail "expected a warning of audit: $text"
}

# explained_to_rewrite TABLE CHAIN ORDER QUESTION...
explained_to_rewrite() {
        run --separate-stderr portguard explain "${@:4}" --live --json
        jq -e --arg table "$1" --arg chain "$2" \
                'any(.others[]; .table == $table and .chain == $chain and .may_rewrite)' <<<"$output" >/dev/null ||
                fail "expected explain to name $2"
        run --separate-stderr portguard explain "${@:4}" --live
        assert_output_has "rewrite ports or addresses of packets $3"
        assert_output_has "the verdict is that of a packet that none of them rewrites"
        assert_output_lacks "none of them drops anything"
        assert_output_lacks "drops nothing"
}

# told_of_nothing: nobody says that a packet may be rewritten, or go to another socket.
told_of_nothing() {
        for question in "--from 203.0.113.9" "--from 2001:db8:1::9" "--to 203.0.113.9"; do
                # shellcheck disable=SC2086
                run --separate-stderr portguard explain tcp/3306 $question --live --json
                assert_json 'all(.others[]; .may_rewrite == false and .may_proxy == false)'
        done
        run --separate-stderr portguard explain tcp/3306 --from 203.0.113.9 --live
        assert_output_has "none of them drops anything"
        run --separate-stderr portguard doctor --json
        assert_json 'all(.checks[] | select(.name == "other tables"); .text | test("rewrite|tproxy") | not)'
        run --separate-stderr portguard audit --json
        assert_json '.warnings == []'
}

@test "a closed port that is rewritten to an open one before the policy is reached, and the chain is named" {
        finds dropped:tcp/3306
        finds open:tcp/30080
        nft -f - <<'NFT'
table ip rw {
        chain p { type filter hook prerouting priority -350
                tcp dport 3306 tcp dport set 30080
        }
        chain o { type filter hook output priority 350
                tcp sport 30080 tcp sport set 3306
        }
}
NFT
        finds open:tcp/3306
        told_to_rewrite "ip rw" p "before the policy sees them"
        told_to_rewrite "ip rw" o "after the policy saw them"
        explained_to_rewrite "ip rw" p "before the policy sees them" tcp/3306 --from 203.0.113.9
        assert_line "drop tcp/3306 from 203.0.113.9 by outside, as routed"
        explained_to_rewrite "ip rw" o "after the policy saw them" tcp/30080 --to 203.0.113.9
        run --separate-stderr portguard explain tcp/3306 --from 203.0.113.9 --live --json
        assert_json '[.others[] | [.chain, .may_drop, .may_untrack]] == [["p", false, false]]'
        run --separate-stderr portguard explain tcp/3306 --from 2001:db8:1::9 --live
        assert_line "none"
        nft add table ip rw '{ flags dormant; }'
        finds dropped:tcp/3306
        run --separate-stderr portguard explain tcp/3306 --from 203.0.113.9 --live
        assert_line "none"
        run --separate-stderr portguard audit --json
        assert_json '.warnings == []'
}

@test "an open port that is rewritten, or its source, is refused" {
        finds open:tcp/30080
        nft -f - <<'NFT'
table ip rw {
        chain p { type filter hook prerouting priority -350
                tcp dport 30080 tcp dport set 23
        }
}
NFT
        finds dropped:tcp/30080
        explained_to_rewrite "ip rw" p "before the policy sees them" tcp/30080 --from 203.0.113.9
        told_to_rewrite "ip rw" p "before the policy sees them"
        nft -f - <<'NFT'
flush chain ip rw p
add rule ip rw p tcp dport 30080 ip saddr set 127.0.0.2
NFT
        finds dropped:tcp/30080
        explained_to_rewrite "ip rw" p "before the policy sees them" tcp/30080 --from 203.0.113.9
        told_to_rewrite "ip rw" p "before the policy sees them"
}

@test "what is rewritten in the input hook behind the policy goes where that did not let it" {
        finds refused:tcp/30081
        nft -f - <<'NFT'
table inet rw {
        chain i { type filter hook input priority 10
                tcp dport 30081 tcp dport set 3306
        }
        chain o { type filter hook output priority -350
                tcp sport 3306 tcp sport set 30081
        }
}
NFT
        finds open:tcp/30081
        explained_to_rewrite "inet rw" i "after the policy saw them" tcp/30081 --from 203.0.113.9
        told_to_rewrite "inet rw" i "after the policy saw them"
        told_to_rewrite "inet rw" o "before the policy sees them"
        nft 'flush ruleset inet; table inet rw { chain i { type filter hook input priority 0; ip daddr set 203.0.113.1; }; }'
        told_to_rewrite "inet rw" i "before or after the policy sees them"
}

@test "a NAT chain of the input hook comes behind the policy, whatever its priority says" {
        local type order

        for type in filter nat; do
                nft add table ip rw "{ counter passed { }
                        chain i { type $type hook input priority -50; tcp dport 3306 tcp dport set 30080; }
                        chain end { type filter hook input priority 200; tcp dport { 3306, 30080 } counter name passed; }; }"
                # Its answers come from the other port; what counts is whether the policy let it pass.
                finds dropped:tcp/3306
                order="before the policy sees them"
                if [ "$type" = nat ]; then
                        order="after the policy saw them"
                fi
                nft list counter ip rw passed | if [ "$type" = nat ]; then grep 'packets 0 '; else grep 'packets [1-9]'; fi
                told_to_rewrite "ip rw" i "$order"
                run portguard explain tcp/3306 --from 203.0.113.9 --live
                assert_output_has "may rewrite ports or addresses of packets $order"
                nft delete table ip rw
        done
        nft add table ip own '{ chain i { type nat hook input priority -50; snat to 203.0.113.2; }; }'
        run --separate-stderr portguard doctor --json
        assert_json 'any(.checks[]; .text | endswith("policy accept, 1 rule): translates addresses"))'
}

@test "what a jump or a verdict map leads to, an ingress and an egress hook, too" {
        nft -f - <<'NFT'
table ip rw {
        chain sent { tcp dport set 30080
        }
        chain p { type filter hook prerouting priority -350
                tcp dport vmap { 3306 : jump sent }
        }
        chain away { type filter hook postrouting priority 0
                meta l4proto tcp jump back
        }
        chain back { tcp sport 30080 tcp sport set 3306
        }
}
NFT
        finds open:tcp/3306
        told_to_rewrite "ip rw" p "before the policy sees them"
        told_to_rewrite "ip rw" away "after the policy saw them"
        run --separate-stderr portguard explain tcp/3306 --from 203.0.113.9 --live
        assert_output_has "may still drop it, or rewrite ports or addresses of packets before the policy sees them"
        nft -f - <<'NFT'
delete table ip rw
table netdev rw {
        chain in { type filter hook ingress device outside priority 0
                tcp dport 3306 tcp dport set 30080
        }
        chain out { type filter hook egress device outside priority 0
                tcp sport 30080 tcp sport set 3306
        }
}
NFT
        finds open:tcp/3306
        told_to_rewrite "netdev rw" in "before the policy sees them"
        told_to_rewrite "netdev rw" out "after the policy saw them"
        explained_to_rewrite "netdev rw" in "before the policy sees them" tcp/3306 --from 203.0.113.9
        explained_to_rewrite "netdev rw" out "after the policy saw them" tcp/30080 --to 203.0.113.9
}

@test "TTL, DSCP, ECN, fragments, marks, priorities and options of TCP decide about no port" {
        finds open:tcp/30080
        nft -f - <<'NFT'
table inet mangle {
        chain p { type filter hook prerouting priority -350
                meta mark set 7 meta priority set 1:2
                ip ttl set 64 ip dscp set cs1 ip ecn set ect0 ip frag-off set 0
                ip6 hoplimit set 64 ip6 dscp set cs1 ip6 flowlabel set 5
                tcp flags syn tcp option maxseg size set 1400
                tcp window set 512
        }
        chain f { type filter hook forward priority 0
                tcp dport set 30080
        }
        chain o { type filter hook output priority -350
                ip ttl set 64
        }
}
NFT
        told_of_nothing
        # The same two bytes as those of TTL.
        nft add rule inet mangle p tcp dport 30080 ip protocol set 99
        finds dropped:tcp/30080
        told_to_rewrite "inet mangle" p "before the policy sees them"
}

@test "tproxy hands what comes to an open port to the socket of another: a note" {
        nft -f - <<'NFT'
table ip divert {
        chain p { type filter hook prerouting priority -150
                tcp dport 30080 tproxy to :3306
        }
}
NFT
        run --separate-stderr portguard explain tcp/30080 --from 203.0.113.9 --live --json
        assert_json '[.others[] | [.chain, .may_proxy, .may_rewrite]] == [["p", true, false]]'
        run --separate-stderr portguard explain tcp/30080 --from 203.0.113.9 --live
        assert_output_has "may hand it to the socket of another port (tproxy)"
        run --separate-stderr portguard doctor --json
        assert_json 'any(.checks[]; .name == "other tables" and .level == "note" and
                (.text | contains("table ip divert, chain p may hand packets to the socket of another port (tproxy)")))'
        run --separate-stderr portguard audit --json
        assert_json 'any(.warnings[]; .text | contains("chain p may hand packets to the socket of another port"))'
}
