#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# portguard report: the page says what show says, looks right in a real browser, and nothing gets out of it.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr
# shellcheck disable=SC2016 # scripts are for the shell in the namespace

load common
setup() {
        common_setup
        PATH=$PATH:/usr/sbin:/sbin
        PAGE=$BATS_TEST_TMPDIR/page.html
        export PAGE PYTHONDONTWRITEBYTECODE=1
        SHOWN=$BATS_TEST_TMPDIR/show.json
        export SHOWN
}

# page PROGRAM ARGUMENT...: one of page/*.py, which say what is wrong.
page() {
        run /usr/bin/python3 "$BATS_TEST_DIRNAME/page/$1.py" "${@:2}"
        assert_status 0
}

# The page of a request, and what show has of it.
request() {
        portguard report "$@" >"$PAGE" 2>/dev/null
        portguard show --json "$@" >"$SHOWN" 2>/dev/null
}

assert_valid_html() {
        run tidy -q -e -utf8 "$1"
        [ "$status" -eq 0 ] && [ -z "$output" ] || fail "not valid: $1"
}

assert_page_has() {
        grep -qF -- "$1" "$PAGE" || fail "expected in the page: $1"
}

assert_page_lacks() {
        ! grep -qF -- "$1" "$PAGE" || fail "not expected in the page: $1"
}

# many_services [NUMBER]: 500 services, 40 groups, four of which have 100,000 addresses.
many_services() {
        local services=${1:-500} list=$BATS_TEST_TMPDIR/list

        mkdir -p "$BATS_TEST_TMPDIR/profiles"
        PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/profiles
        awk -v services="$services" 'BEGIN {
                print "name: many\nsummary: Many services\ngroups:"
                for (i = 0; i < 40; i++)
                        printf "  group-%02d: {default: [192.0.2.%d], summary: A group}\n", i, i
                print "services:"
                for (i = 0; i < services; i++)
                        printf "  service-%03d: {summary: Service %d of this host, ports: [tcp/%d, udp/%d-%d], from: %s}\n",
                                i, i, 1000 + 20 * i, 1000 + 20 * i, 1005 + 20 * i,
                                i % 5 == 0 ? "any" : sprintf("[group-%02d, group-%02d]", i % 40, (7 * i + 3) % 40)
        }' >"$PORTGUARD_PROFILES/many.yaml"
        awk 'BEGIN { for (i = 0; i < 100000; i++)
                printf "10.%d.%d.%d\n", i / 32768, i / 128 % 256, i % 128 * 2 }' >"$list"
        request --profile many --group "group-01=@$list" --group "group-02=@$list" --group "group-03=@$list" \
                --group "group-04=@$list"
}

@test "the matrix and the outbound services are those of show" {
        export PORTGUARD_SITE=$PORTGUARD_SOURCE/tests/golden/site.yaml
        for line in 'ssh' 'k8s-worker --group cluster=192.0.2.0/24' 'k3s-server anbox-cloud-edge --with all' \
                'k8s-worker ironic-conductor --set cni=calico-bgp --egress strict' 'openstack-all-in-one --egress strict' \
                'egi-fedcloud-site --egress strict'; do
                # shellcheck disable=SC2086
                request --profile $line
                page content "$PAGE" "$SHOWN"
                assert_valid_html "$PAGE"
        done
}

# cell SERVICE SCOPE: what the matrix says there.
cell() {
        /usr/bin/python3 - "$PAGE" "$@" <<'PYTHON'
import re, sys
page, service, scope = open(sys.argv[1]).read(), *sys.argv[2:]
table = re.search(r'<table class="matrix.*?</table>', page, re.S)[0]
scopes = re.findall(r'<th scope="col" class="c[^"]*" data-scope="([^"]*)"', table)
row = next(row for row in re.findall(r"<tr>.*?</tr>", table, re.S)
           if re.sub(r"<[^>]*>", "", row.split("</a>")[0]) == service)
print(re.sub(r"<[^>]*>", "", re.findall(r"<td.*?</td>", row)[scopes.index(scope)]))
PYTHON
}

# cells SERVICE SCOPE=MARK...
cells() {
        local service=$1 wanted

        for wanted in "${@:2}"; do
                [ "$(cell "$service" "${wanted%%=*}")" = "${wanted#*=}" ] ||
                        fail "$service: $wanted, not '$(cell "$service" "${wanted%%=*}")'"
        done
}

@test "who is not named gets in all the same, by addresses: all of a scope, a part of it, or none" {
        local file=$BATS_TEST_TMPDIR/list

        # A group that nobody filled is every private address: 10.9.9.9 reaches the kubelet.
        request --profile k8s-worker anbox-etcd
        cells k8s-node/kubelet internal=○ cluster=● control-plane=● any=
        cells k8s-worker/nodeport internal=○ cluster=○ any=◆
        cells anbox-etcd/etcd internal=● cluster=○ control-plane=○
        request --profile k8s-worker anbox-etcd --group cluster=10.30.0.0/24 --group control-plane=192.0.2.1
        cells k8s-node/kubelet internal=◐ cluster=●
        cells k8s-node/vxlan internal=◐ cluster=● control-plane=
        cells anbox-etcd/etcd cluster=○ control-plane= internal=●
        # Who comes by an interface may have any address, and the other way round.
        request --profile k8s-worker anbox-etcd --group cluster=%wg0 --group control-plane=%eth1
        cells k8s-node/vxlan internal=◐ control-plane=
        cells anbox-etcd/etcd cluster=◐
        # A file is told by its path only; where the group stands alone somewhere, its addresses are known.
        echo 10.30.0.0/24 >"$file"
        request --profile k8s-worker anbox-etcd --group "cluster=@$file" --group "control-plane=@$file"
        cells anbox-etcd/etcd cluster=○ 'control-plane=?'
        cells k8s-node/vxlan 'control-plane=?' internal=◐
}

@test "the same of what the kernel enforces, with a history and without one" {
        run --separate-stderr in_network '
                portguard apply k8s-worker anbox-etcd --group control-plane=192.0.2.1 >/dev/null 2>&1
                portguard report >"$PAGE"
                portguard show --json >"$SHOWN"
                rm "$PORTGUARD_STATE"/state.db*
                portguard report >"$PAGE.without" 2>/dev/null'
        assert_status 0
        cells k8s-node/vxlan internal=○ cluster=● control-plane=
        cells anbox-etcd/etcd cluster=○ control-plane=
        PAGE=$PAGE.without
        cells k8s-node/vxlan internal=○ cluster=● 'control-plane=?'
        cells anbox-etcd/etcd cluster=○ 'control-plane=?'
}

@test "a service whose scope is none is closed, and the page says so" {
        request --profile ssh dns-server --set ssh_from=none
        assert_page_has '<span class="p">ssh/</span>ssh</th><td>Secure Shell</td><td>its scope is <strong>none</strong>'
        assert_page_lacks 'every service of these roles is open'
        run --separate-stderr in_network '
                portguard apply ssh dns-server --set ssh_from=none >/dev/null 2>&1
                portguard report >"$PAGE"
                portguard report 1 >"$PAGE.1"'
        assert_status 0
        assert_page_has '<span class="p">ssh/</span>ssh</th><td>Secure Shell</td><td>its scope is <strong>none</strong>'
        # It claims no port that it would take from another.
        [ "$(cd "$BATS_TEST_TMPDIR" && portguard show --profile ssh k8s-worker --set ssh_from=none --set nodeport_range=20-30 --json |
                jq -c '[.services[] | select(.ports | startswith("20")) | .ports]')" = '["20-30"]' ] || fail "a port was taken"
}

@test "the page tells of a request what it is, what stays closed, and which command made it" {
        portguard report --profile anbox-lxd k8s-worker --group cluster=none >"$PAGE" 2>/dev/null
        assert_page_has '<strong>Not enforced</strong><p>This is what the profiles compile to.'
        assert_page_has '<span class="p">anbox-instances/</span>instances-udp'
        assert_page_has 'nobody is in the scope <strong>cluster</strong>'
        assert_page_has "by <code>portguard report --profile anbox-lxd k8s-worker --group cluster=none</code>"
        assert_page_has "group &#39;cluster&#39; is empty and opens nothing"
        assert_page_has "$(uname -n)</h1>"
        assert_page_has "Kubelet API"
        assert_page_has "profiles/k8s-worker.yaml:"
}

@test "the enforced generation, an older one, a trial, and off" {
        run --separate-stderr in_network '
                cd "$BATS_TEST_TMPDIR"
                portguard report -o off.html
                portguard apply ssh -m "the first" >/dev/null
                portguard apply k8s-worker --group cluster=192.0.2.0/24 --group control-plane=192.0.2.1 -m "joins, \"soon\"" >/dev/null 2>&1
                portguard report -o two.html
                portguard show --json >two.json
                portguard status --json >two.status
                portguard report 2 >enforced.html
                portguard report 1 >one.html
                portguard show 1 --json >one.json
                portguard apply ssh https --trial 2m >/dev/null
                portguard report >trial.html
                portguard disable >/dev/null
                portguard report >disabled.html'
        assert_status 0
        cd "$BATS_TEST_TMPDIR"
        for name in off two enforced one trial disabled; do
                assert_valid_html $name.html
        done
        page content two.html two.json two.status
        page content enforced.html two.json two.status
        page content one.html one.json

        PAGE=two.html
        assert_page_has "as the kernel enforces it: generation 2."
        assert_page_has "joins, &quot;soon&quot;"
        assert_page_has "<code>--group cluster=192.0.2.0/24</code>"
        assert_page_has "$(jq -r .digest two.json)"
        assert_page_has "Kubelet API"
        assert_page_lacks 'class="banner'
        PAGE=one.html
        assert_page_has "<strong>Not enforced</strong><p>Generation 1 is confirmed."
        assert_page_has "the first"
        PAGE=trial.html
        assert_page_has "<strong>On trial</strong><p>Generation 3 is enforced until <time"
        grep -qE '(120|1[01][0-9]) seconds after this page was made.*generation 2 is enforced, unless' $PAGE ||
                fail "expected the time that is left"
        for PAGE in off.html disabled.html; do
                assert_page_has "<strong>Off</strong>"
                assert_page_lacks "<table"
        done
}

@test "a history that is gone leaves the page, and says so" {
        run --separate-stderr in_network '
                portguard apply k8s-worker >/dev/null 2>&1
                rm "$PORTGUARD_STATE"/state.db*
                portguard report >"$PAGE"
                portguard show --json >"$SHOWN"
                portguard status --json >"$BATS_TEST_TMPDIR/status.json"'
        assert_status 0
        assert_stderr_has "who applied generation 1"
        page content "$PAGE" "$SHOWN" "$BATS_TEST_TMPDIR/status.json"
        assert_page_has "<strong>Warning</strong> who applied generation 1"
}

# Texts of files, of who applies, of the kernel and of the host's name, in one page.
@test "hostile texts are inert" {
        mkdir "$BATS_TEST_TMPDIR/profiles"
        bad='</style></title><script>window.ran=1</script><img src=x onerror=window.ran=1>"'"'"'&amp;'
        cat >"$BATS_TEST_TMPDIR/profiles/bad.yaml" <<YAML
name: bad
summary: bad
groups:
  group: {default: [192.0.2.1], summary: bad}
services:
  service:
    summary: |-
      ${bad}
    ports: [tcp/81]
    from: group
  optional:
    summary: |-
      ${bad}
    ports: [tcp/82]
    from: group
    required: false
YAML
        export PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/profiles BAD=$bad
        run --separate-stderr in_network '
                long=$(printf "%065000d" 0)
                portguard apply bad -m "$BAD"$'"'"'\a\e[31m\u202e\xff'"'"'"$long" >/dev/null
                slot=$(nft list chain inet portguard input | sed -nE "s/.*goto input_([ab])$/\1/p")
                # Quotes cannot be had from nft: it writes comments between them.
                nft "add element inet portguard input_tcp_ports_$slot { 4444 comment \"a/<script>window.ran=1</script>, <img src=x onerror=window.ran=1>\" : accept }"
                nft "add element inet portguard input_tcp_ports_$slot { 4445 comment \"$(printf %0120d 0)\" : accept }"
                unshare --uts bash -c "/usr/bin/python3 -c \"import socket; socket.sethostname(\\\"<script>ran=1</script>\\\")\"
                        portguard report >\"\$PAGE\""
                portguard show --json >"$SHOWN"
                portguard status --json >"$BATS_TEST_TMPDIR/status.json"'
        assert_status 0
        page content "$PAGE" "$SHOWN" "$BATS_TEST_TMPDIR/status.json"
        assert_valid_html "$PAGE"
        [ "$(stat -c %s "$PAGE")" -lt 60000 ] || fail "a message decides on the size of the page"
        assert_page_has '\x07\x1b[31m'
        assert_page_has '<h1>&lt;script&gt;ran=1&lt;/script&gt;</h1>'
        page in_frame "$PAGE" 360
        assert_json '.frames[0] | .width == .frame and .wide == [] and .scripts == 0 and (.ran | not)'
}

@test "nothing would load or run, even if it got into the page" {
        request --profile k8s-worker
        page loads "$PAGE"
}

@test "the page fits a phone and a desk, and the first column stays" {
        small=$BATS_TEST_TMPDIR/small.html
        request --profile k8s-worker ironic-conductor --egress strict
        mv "$PAGE" "$small"
        many_services
        page content "$PAGE" "$SHOWN"
        page in_frame "$small" 360 "$small" 800 "$small" 1280 "$PAGE" 360 "$PAGE" 1280
        assert_json '(.frames | length == 5) and
                all(.frames[]; .width == .frame and .wide == [] and .stays and .text > 1000) and
                .frames[3].scrolls > 100 and .frames[4].scrolls == 0'
        [ "$(stat -c %s "$PAGE")" -lt 1000000 ] || fail "the page is too large"
        assert_valid_html "$PAGE"
}

@test "it prints on A4, and nothing is cut" {
        request --profile openstack-all-in-one --with all
        mv "$PAGE" "$BATS_TEST_TMPDIR/first.html"
        many_services 60
        page on_paper "$BATS_TEST_TMPDIR/first.html" "$PAGE"
}

@test "every text has the contrast that WCAG AA asks for" {
        request --profile ssh
        page contrast "$PAGE"
}

@test "--output puts the whole page there, for its owner only" {
        cd "$BATS_TEST_TMPDIR"
        run --separate-stderr portguard report --profile ssh --output page.html
        assert_status 0
        [ -z "$output" ]
        [ "$(stat -c %a page.html)" = 600 ] || fail "wrong mode"
        # Whoever lets others read the page lets them read the next one too.
        chmod 640 page.html
        run --separate-stderr portguard report --profile https --output page.html
        assert_status 0
        grep -q 'https' page.html || fail "not the new page"
        [ "$(stat -c %a page.html)" = 640 ] || fail "wrong mode"
        [ "$(tail -n 1 page.html)" = "</html>" ] || fail "not the whole page"
        [ "$(find . -name '.portguard-*')" = "" ] || fail "something is left"
        run portguard report --profile ssh -o -
        [[ $output == "<!DOCTYPE html>"* ]] || fail "expected the page"
}

@test "--output replaces a page or an empty file, and nothing else that is there" {
        cd "$BATS_TEST_TMPDIR"
        echo '<!DOCTYPE html><html><head><meta name="generator" content="another">' >page.html
        cp page.html before.html
        run --separate-stderr portguard report --profile ssh --output page.html
        assert_status 1
        assert_stderr_has "'page.html' is there, and portguard did not make it; remove it, or name another file"
        cmp page.html before.html || fail "replaced"
        : >page.html
        run portguard report --profile ssh --output page.html
        assert_status 0
        # The mark counts where a page has it, and not in what a page might quote.
        { head -c 1024 /dev/zero && cat page.html; } >late.html
        run --separate-stderr portguard report --profile ssh --output late.html
        assert_status 1
        assert_stderr_has "portguard did not make it"
        if [ "$(id -u)" = 0 ]; then
                chown 65534 page.html
                run --separate-stderr portguard report --profile ssh --output page.html
                assert_status 1
                assert_stderr_has "'page.html' belongs to user 65534, who could read what is put there"
        fi
}

@test "--output puts nothing into the state directory, where the lock is an empty file" {
        in_network 'portguard apply --allow-lockout ssh' >/dev/null
        [ -e "$PORTGUARD_STATE/lock" ] && [ ! -s "$PORTGUARD_STATE/lock" ]
        ln -s "$PORTGUARD_STATE" "$BATS_TEST_TMPDIR/link"
        for file in "$PORTGUARD_STATE/lock" "$PORTGUARD_STATE/page.html" "$BATS_TEST_TMPDIR/link/lock"; do
                run --separate-stderr portguard report --profile ssh --output "$file"
                assert_status 1
                assert_stderr_has "'$file' is in the state directory"
        done
        cd "$PORTGUARD_STATE"
        run --separate-stderr portguard report --profile ssh --output page.html
        assert_status 1
        [ -z "$(find "$PORTGUARD_STATE" -name 'page.html' -o -size +0 -name lock)" ] || fail 'it was written'
}

@test "--output replaces nothing but a file" {
        cd "$BATS_TEST_TMPDIR"
        echo kept >file
        ln -s file link
        mkdir folder
        mkfifo fifo
        for name in link folder fifo /dev/null /dev/stdout; do
                run --separate-stderr portguard report --profile ssh --output $name
                assert_status 1
                assert_stderr_has "no regular file"
        done
        [ "$(cat file)" = kept ]
        run --separate-stderr portguard report --profile ssh --output none/page.html
        assert_status 1
        assert_stderr_has "cannot write 'none/page.html': No such file or directory"
        run --separate-stderr portguard report --profile ssh --output ''
        assert_status 2
}

@test "a disk that is full leaves the old page" {
        mkdir "$BATS_TEST_TMPDIR/disk"
        run unshare --user --map-root-user --mount bash -c '
                mount -t tmpfs -o size=8k none "$1"
                old="<meta name=\"generator\" content=\"portguard 0\">"
                echo "$old" >"$1/page.html"
                portguard report --profile ssh --output "$1/page.html" && exit 99
                [ "$(cat "$1/page.html")" = "$old" ] && [ "$(ls -A "$1")" = page.html ]' _ "$BATS_TEST_TMPDIR/disk"
        assert_status 0
        assert_output_has "No space left on device"
}

@test "--json has the page, or where it is" {
        run --separate-stderr portguard report --profile ssh --json
        assert_status 0
        assert_json '.state == "off" and .generation == null and .profiles == ["ssh"] and .output == null and
                (.html | startswith("<!DOCTYPE html>")) and (.html | endswith("</html>\n")) and .warnings == []'
        run --separate-stderr portguard report --profile ssh --json -o "$PAGE"
        assert_json '.html == null and (.output | endswith("/page.html"))'
        run --separate-stderr portguard report --profile nonesuch --json
        assert_status 3
        assert_json '.error.status == 3'
}

@test "on a terminal it says how to save the page" {
        run "$BATS_TEST_DIRNAME/on_terminal" -- "$PORTGUARD" report --profile ssh
        assert_status 0
        assert_output_has "portguard: this is a page for a browser; save it with: portguard report --output report.html"
        run --separate-stderr portguard report --profile ssh
        [ -z "$stderr" ]
}

@test "what is meant is said as with show" {
        run --separate-stderr portguard report k8s-worker
        assert_status 2
        assert_stderr_has "did you mean --profile k8s-worker?"
        run --separate-stderr portguard report --set ssh_from=any
        assert_status 2
        assert_stderr_has "report: what to allow can be said with --profile NAME only"
}
