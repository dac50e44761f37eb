#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# portguard show --format dot: the graph that dot draws has the edges that show --json has.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common
setup() {
        common_setup
}

# Lines "direction service ports scope" of a graph, as dot itself has read it.
edges_of_graph() {
        jq -r '.objects as $nodes | .edges[]? |
                [$nodes[.tail], $nodes[.head]] |
                (map(select(.service))[0]) as $service | (map(select(.scope))[0]) as $scope |
                (if .[0].scope then "in" else "out" end) as $direction |
                if $direction == $service.direction then $service.ports | split(" ")[] |
                "\($direction) \($service.service) \(.) \($scope.scope)" else error("an edge the wrong way") end' "$1" | sort
}

# The same of what show has.
edges_of_show() {
        jq -r '.services[] | . as $s | .services[] as $name | (.from // .to | split(", ")[]) as $scope |
                (if .ports == "any" then "protocol/\(.protocol)" else "\(.protocol)/\(.ports)" end) as $ports |
                "\($s.direction) \($name) \($ports) \($scope)"' "$1" | sort
}

@test "every shipped profile: dot draws it, edge by edge as show has it" {
        cd "$BATS_TEST_TMPDIR"
        export PORTGUARD_SITE=$PORTGUARD_SOURCE/tests/golden/site.yaml
        for file in "$PORTGUARD_SOURCE"/profiles/*.yaml; do
                name=$(basename "$file" .yaml)
                portguard show --profile "$name" --with all --egress strict --format dot >"$name.dot" 2>/dev/null
                portguard show --profile "$name" --with all --egress strict --json >"$name.json" 2>/dev/null
        done
        # It warns of what it does not understand.
        stderr=$(dot -Tsvg -Tjson -O ./*.dot 2>&1) || fail "dot refuses a graph"
        [ -z "$stderr" ] || fail "dot warns"
        for graph in *.dot; do
                name=${graph%.dot}
                edges_of_graph "$graph.json" >one
                edges_of_show "$name.json" >other
                diff one other || fail "$name"
                [ -s one ] || [ "$name" = base ] || fail "$name has no edge"
                grep -q '</svg>' "$graph.svg" || fail "$name was not drawn"
        done
        [ "$(find . -name '*.svg' | wc -l)" -gt 70 ]
}

@test "services are grouped by profile" {
        portguard show --profile k8s-worker --format dot >"$BATS_TEST_TMPDIR/graph.dot"
        run bash -c "dot -Tjson '$BATS_TEST_TMPDIR/graph.dot' | jq -r '.objects as \$nodes | .objects[] |
                select(.name | startswith(\"cluster_\")) | \"\(.label): \([.nodes[] | \$nodes[.].service] | sort | join(\" \"))\"' | sort"
        [ "$output" = "k8s-node: k8s-node/kubelet k8s-node/vxlan
k8s-worker: k8s-worker/nodeport
ssh: ssh/ssh" ] || fail "wrong groups"
}

@test "texts of the kernel cannot break out of a label" {
        PATH=$PATH:/usr/sbin:/sbin
        # shellcheck disable=SC2016 # for the shell in the namespace
        run --separate-stderr in_network '
                portguard apply ssh >/dev/null
                slot=$(nft list chain inet portguard input | sed -nE "s/.*goto input_([ab])$/\1/p")
                nft "add element inet portguard input_tcp_ports_$slot { 4444 comment \"a/b\\\\N]; evil -> x &lt;b> {}\" : accept }"
                portguard show --format dot'
        assert_status 0
        printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/graph.dot"
        run dot -Tsvg "$BATS_TEST_TMPDIR/graph.dot"
        # As SVG writes `b\\N]; evil -> x &lt;b> {}`, which is what the kernel has.
        assert_output_has '>b\\N]; evil &#45;&gt; x &amp;lt;b&gt; {}</text>'
        assert_output_lacks '>x</text>'
}

@test "off, and what does not go together" {
        run --separate-stderr in_network 'portguard show --format dot | dot -Tsvg'
        assert_status 0
        assert_output_has "portguard is off"
        run --separate-stderr portguard show --profile ssh --format dot --json
        assert_status 2
}
