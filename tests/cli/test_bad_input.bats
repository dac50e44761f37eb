#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Bad input of every kind: a message with its place and the advice, the right status, and nothing changed.
# shellcheck disable=SC2154 # `run --separate-stderr` sets $stderr

load common

setup() {
        common_setup
        dir=$BATS_TEST_TMPDIR/profiles
        mkdir -m 755 "$dir"
        export SHIPPED=$PORTGUARD_PROFILES
        export PORTGUARD_PROFILES=$dir:$SHIPPED
}

# attempt ARGUMENT...: runs portguard where ssh is enforced; fails where that has changed after it. $how may
# hold a command that runs it.
attempt() {
        export before=$BATS_TEST_TMPDIR/before ignored
        run --separate-stderr in_network '
                set -- '"$(printf '%q ' "$@")"'
                portguard --profiles "$SHIPPED" --site /dev/null apply ssh >/dev/null 2>&1 ||
                        portguard --profiles "$SHIPPED" apply ssh >/dev/null
                nft -a list ruleset >"$before"
                # The lock holds the number of who has it; the history knows of what the kernel refused.
                state() { (cd "$PORTGUARD_STATE" && find . -type f ! -name lock ! -name "${ignored-lock}" -exec sha256sum {} + && find . | sort); }
                state >"$before.state"
                status=0
                '"${how-}"' "$PORTGUARD" "$@" || status=$?
                nft -a list ruleset | cmp - "$before" || exit 77
                state | cmp - "$before.state" || exit 78
                exit $status'
        [ "$status" -ne 77 ] || fail "the table changed"
        [ "$status" -ne 78 ] || fail "the state directory changed"
}

# refused STATUS LINE...: each line is on standard error, with the place in front; "N errors" counts them.
refused() {
        assert_status "$1"
        shift
        for line; do
                grep -qF -- "$line" <<<"$stderr" || fail "expected on standard error: $line"
        done
        [ -z "$output" ] || fail "nothing is expected on standard output"
}

# The message, and the sum behind it, are all that is said.
one_message() {
        [ "$(wc -l <<<"$stderr")" -le 2 ] || fail "one message is expected"
        [ "$(grep -cv '^portguard: 1 error in' <<<"$stderr")" = 1 ] || fail "one message is expected"
}

# Tries the profile `bad`, whose services, or all of which, are on standard input.
bad_services() {
        {
                printf 'name: bad\nsummary: A bad profile\ninclude: [base]\nservices:\n'
                cat
        } >"$dir/bad.yaml"
        attempt apply bad
}

bad_profile() {
        cat >"$dir/bad.yaml"
        attempt apply bad
}

@test "a good profile is taken by the same way" {
        echo '  web: {summary: Web, ports: [tcp/443], from: any}' >"$BATS_TEST_TMPDIR/services"
        { printf 'name: good\nsummary: Good\ninclude: [base]\nservices:\n'; cat "$BATS_TEST_TMPDIR/services"; } >"$dir/good.yaml"
        run --separate-stderr in_network 'portguard apply good'
        assert_status 0
        attempt plan good
        assert_status 0
}

@test "attempt notices a change" {
        run attempt apply https
        [[ $output == *"the table changed"* ]]
}

# --- profiles ---

@test "an unknown key: the nearest right one is named" {
        bad_services <<<'  web: {summary: Web, ports: [tcp/443], form: any}'
        refused 3 "$dir/bad.yaml:5:41: unknown key 'form'" "did you mean 'from'?"
        printf 'name: bad\nsumary: Bad\nsummary: Bad\n' >"$dir/bad.yaml"
        attempt apply bad
        refused 3 "$dir/bad.yaml:2:1: unknown key 'sumary'" "did you mean 'summary'?"
        one_message
}

@test "an unknown scope: the nearest right one is named" {
        bad_services <<'YAML'
  web: {summary: Web, ports: [tcp/443], from: custer}
groups: {cluster: {default: none, summary: A group}}
YAML
        refused 3 "$dir/bad.yaml:5:47: unknown scope 'custer'" "did you mean 'cluster'?"
        one_message
}

@test "wrong types" {
        bad_profile <<'YAML'
name: bad
summary: [A list]
include: 7
services: []
YAML
        refused 3 "$dir/bad.yaml:2:10: 'summary'" "$dir/bad.yaml:3:10: 'include'" "$dir/bad.yaml:4:11: 'services'" \
                '3 errors'
}

@test "port 0, port 65536, a reversed range, words" {
        bad_services <<'YAML'
  a: {summary: A, ports: [tcp/0], from: any}
  b: {summary: B, ports: [tcp/65536], from: any}
  c: {summary: C, ports: [tcp/200-100], from: any}
  d: {summary: D, ports: [tcp/http], from: any}
  e: {summary: E, ports: [tcp/0-10], from: any}
  f: {summary: F, ports: [tcp/99999999999999999999], from: any}
  g: {summary: G, ports: [tcp/-1], from: any}
YAML
        refused 3 "$dir/bad.yaml:5:27: 'tcp/0'" 'from 1 to 65535' "$dir/bad.yaml:6:27: 'tcp/65536'" \
                'highest port is 65535' "$dir/bad.yaml:7:27: 'tcp/200-100'" "did you mean 'tcp/100-200'?" \
                "$dir/bad.yaml:8:27: 'tcp/http'" "$dir/bad.yaml:9:27: 'tcp/0-10'" "$dir/bad.yaml:10:27: " \
                "$dir/bad.yaml:11:27: " '7 errors'
}

@test "ranges of one service that overlap" {
        bad_services <<<'  web: {summary: Web, ports: [tcp/80-90, tcp/85-95], from: any}'
        refused 3 "$dir/bad.yaml:5:42: 'tcp/80-90' and 'tcp/85-95' overlap"
        one_message
}

@test "an include cycle is told with the chain of files" {
        printf 'name: one\nsummary: One\ninclude: [two]\n' >"$dir/one.yaml"
        printf 'name: two\nsummary: Two\ninclude: [base, three]\n' >"$dir/two.yaml"
        printf 'name: three\nsummary: Three\ninclude: [one]\n' >"$dir/three.yaml"
        attempt apply one
        refused 3 'three.yaml:3:11' 'one.yaml:3:11 includes two' 'two.yaml:3:17 includes three' 'includes one' \
                'remove one of these'
        one_message
        printf 'name: self\nsummary: Self\ninclude: [self]\n' >"$dir/self.yaml"
        attempt apply self
        refused 3 'self.yaml:3:11'
}

@test "a missing include, a missing profile: the nearest one is named" {
        printf 'name: bad\nsummary: Bad\ninclude: [base, ssj]\n' >"$dir/bad.yaml"
        attempt apply bad
        refused 3 "$dir/bad.yaml:3:17: there is no profile 'ssj'" "did you mean 'ssh'?"
        one_message
        attempt apply k8s-wroker
        refused 3 "there is no profile 'k8s-wroker'" "did you mean 'k8s-worker'?"
        one_message
        attempt apply ../../etc/passwd
        assert_status 3
}

@test "a service that stands twice" {
        bad_services <<'YAML'
  web: {summary: Web, ports: [tcp/443], from: any}
  web: {summary: Web, ports: [tcp/80], from: any}
YAML
        refused 3 "$dir/bad.yaml:6:3: " "'web'" 'twice' 'line 5'
        one_message
}

@test "five errors of different kinds: all are told, each with its place, and the profile is refused whole" {
        bad_profile <<'YAML'
name: bad
summary: Five errors
include: [base, ssj]
groups:
  cluster: {default: interal, summary: A group}
services:
  good: {summary: This one is good, ports: [tcp/8443], from: any}
  one: {summary: One, ports: [tcp/0], from: any}
  two: {summary: Two, ports: [tcp/1-2, tcp/2-3], from: any}
  three: {summary: Three, ports: [tcp/3], from: 192.0.2.1/24}
YAML
        refused 3 bad.yaml:3:17: bad.yaml:5:22: bad.yaml:8:31: bad.yaml:9:40: bad.yaml:10:49: \
                '5 errors in profiles, site or options: refused, nothing was changed'
        [ "$(grep -c "^$dir/bad.yaml:" <<<"$stderr")" = 5 ] || fail "five are expected"
}

@test "a YAML bomb is refused at once, with its place" {
        {
                echo 'a: &a [x,x,x,x,x,x,x,x,x]'
                for pair in 'a b' 'b c' 'c d' 'd e' 'e f' 'f g' 'g h' 'h i'; do
                        echo "${pair#* }: &${pair#* } [*${pair% *},*${pair% *},*${pair% *},*${pair% *},*${pair% *}]"
                done
        } >"$dir/bad.yaml"
        how='timeout 20' attempt apply bad
        refused 3 "$dir/bad.yaml:1:4: anchors (&name) are not part of this format"
}

@test "deep nesting" {
        head -c 1000 /dev/zero | tr '\0' '[' | sed 's/^/name: /' >"$dir/bad.yaml"
        how='timeout 20' attempt apply bad
        refused 3 "$dir/bad.yaml:1:" 'nested too deeply'
        one_message
        head -c 1000000 /dev/zero | tr '\0' '[' | sed 's/^/name: /' >"$dir/bad.yaml"
        how='timeout 20' attempt apply bad
        assert_status 3
}

@test "binary files" {
        printf '\177ELF\2\1\1\0\0' >"$dir/bad.yaml"
        attempt apply bad
        refused 3 "$dir/bad.yaml:1:1: "
        one_message
        printf 'name: bad\nsummary: \377\376\n' >"$dir/bad.yaml"
        attempt apply bad
        refused 3 "$dir/bad.yaml:2:10: this is no UTF-8 text"
        printf 'name: bad\0\nsummary: Bad\n' >"$dir/bad.yaml"
        attempt apply bad
        refused 3 "$dir/bad.yaml:1:10: "
        : >"$dir/bad.yaml"
        attempt apply bad
        refused 3 "$dir/bad.yaml:1:1: "
}

@test "a file of 100 MB is not read" {
        truncate -s 100M "$dir/bad.yaml"
        how='timeout 20' attempt apply bad
        refused 3 bad.yaml 'too large' 'at most 1048576 bytes'
        one_message
        truncate -s 100M "$BATS_TEST_TMPDIR/big-site.yaml"
        attempt --site "$BATS_TEST_TMPDIR/big-site.yaml" apply ssh
        refused 3 big-site.yaml 'too large'
}

@test "a name that is there and leads nowhere is an error, and no built-in profile stands in for it" {
        ln -s gone "$dir/ssh.yaml"
        attempt apply ssh
        refused 3 ssh.yaml 'a symbolic link to what is not there'
        run --separate-stderr portguard profiles list
        assert_status 3
        assert_stderr_has 'ssh.yaml is a symbolic link to what is not there'
        ! grep -q '^ssh ' <<<"$output" || fail "the built-in profile is shown"
        rm "$dir/ssh.yaml"

        mkdir "$dir/ssh.yaml"
        run --separate-stderr portguard profiles list
        assert_status 3
        assert_stderr_has 'ssh.yaml is a directory'
        rmdir "$dir/ssh.yaml"

        ln -s gone "$BATS_TEST_TMPDIR/folder"
        PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/folder:$SHIPPED attempt apply ssh
        refused 3 folder 'symbolic link'
        PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/folder/profiles:$SHIPPED attempt apply ssh
        refused 3 folder 'a symbolic link to what is not there'

        echo 'groups: {admins: {file: folder/list}}' >"$BATS_TEST_TMPDIR/bad-site.yaml"
        attempt --site "$BATS_TEST_TMPDIR/bad-site.yaml" apply ssh
        refused 3 folder 'a symbolic link to what is not there'
        attempt apply ssh --group "admins=@$BATS_TEST_TMPDIR/folder"
        refused 3 folder 'a symbolic link to what is not there'
}

@test "names that nothing can be found by are errors of the profiles or the site, wherever they stand" {
        local long bad

        ln -s loop "$BATS_TEST_TMPDIR/loop"
        : >"$BATS_TEST_TMPDIR/file"
        ln -s loop.yaml "$dir/loop.yaml"
        attempt apply loop
        refused 3 loop.yaml 'symbolic links lead in a circle'
        rm "$dir/loop.yaml"
        long=$(printf 'x%.0s' {1..300})
        for bad in loop loop/x "$long" file/x; do
                attempt --site "$BATS_TEST_TMPDIR/$bad" apply ssh
                refused 3
                attempt apply ssh --group "admins=@$BATS_TEST_TMPDIR/$bad"
                refused 3 --group
                echo "groups: {admins: {file: $bad}}" >"$BATS_TEST_TMPDIR/bad-site.yaml"
                attempt --site "$BATS_TEST_TMPDIR/bad-site.yaml" apply ssh
                refused 3 bad-site.yaml:1
                PORTGUARD_PROFILES=$BATS_TEST_TMPDIR/$bad:$SHIPPED attempt apply ssh
                refused 3
        done
}

@test "a group that is wrong is not called unknown, too, where it is named" {
        local members

        for members in '' = '=192.0.2.400' '=@/nowhere' '=%a-name-that-is-too-long'; do
                attempt apply ssh --set ssh_from=admins --group "admins$members"
                refused 3 --group:
                one_message
        done
        attempt apply ssh --set ssh_from=admins,others --group admins=192.0.2.400
        refused 3 --group: "--set: unknown scope 'others'" '2 errors'
}

# Whether another user's default is there is nothing that a test may change: /etc is one of its own.
@test "the site file's own name: a link to nowhere is no missing site" {
        export -n PORTGUARD_SITE
        unset PORTGUARD_SITE
        # shellcheck disable=SC2016 # for the other shell
        run --separate-stderr unshare --user --map-root-user --net --mount bash -c '
                mount -t tmpfs none /etc && mkdir /etc/portguard && ln -s gone /etc/portguard/site.yaml
                "$PORTGUARD" plan ssh'
        assert_status 3
        assert_stderr_has '/etc/portguard/site.yaml is a symbolic link to what is not there'
        # shellcheck disable=SC2016
        run --separate-stderr unshare --user --map-root-user --net --mount bash -c '
                mount -t tmpfs none /etc && ln -s gone /etc/portguard; "$PORTGUARD" plan ssh'
        assert_status 3
        assert_stderr_has '/etc/portguard is a symbolic link to what is not there'
        # shellcheck disable=SC2016
        run --separate-stderr unshare --user --map-root-user --net --mount bash -c '
                mount -t tmpfs none /etc && "$PORTGUARD" plan ssh'
        assert_status 0
}

@test "what is no regular file is not opened" {
        mkfifo "$dir/bad.yaml"
        how='timeout 20' attempt apply bad
        refused 3 bad.yaml 'no regular file'
        one_message
        rm "$dir/bad.yaml"
        mkdir "$dir/bad.yaml"
        attempt apply bad
        refused 3 bad.yaml 'is a directory'
}

# No byte below a blank but the newline reaches the terminal.
no_control() {
        ! tr -d '\n' <<<"$stderr" | LC_ALL=C grep -q '[[:cntrl:]]' || fail "control characters are printed"
}

@test "names with control characters are refused, and not printed as they are" {
        bad_services <<<'  "a\e[31mb": {summary: A, ports: [tcp/1], from: any}'
        refused 3 "$dir/bad.yaml:5:3: "
        one_message
        no_control
        bad_services < <(printf '  a\033[31mb: {summary: A, ports: [tcp/1], from: any}\n')
        refused 3 "$dir/bad.yaml:5:"
        no_control
        attempt apply $'a\e[31mb\r'
        refused 3 'there is no profile'
        no_control
        attempt apply ssh --group $'clus\e[1mter=192.0.2.1'
        assert_status 3
        no_control
}

@test "IPv4-mapped prefixes and host bits: the right spelling is named" {
        bad_services <<'YAML'
  a: {summary: A, ports: [tcp/1], from: "::ffff:192.0.2.1"}
  b: {summary: B, ports: [tcp/2], from: 192.0.2.1/24}
  c: {summary: C, ports: [tcp/3], from: "2001:db8::1/32"}
  d: {summary: D, ports: [tcp/4], from: 192.0.2.0/33}
YAML
        refused 3 "$dir/bad.yaml:5:41: " 'did you mean 192.0.2.1?' "$dir/bad.yaml:6:41: " \
                'did you mean 192.0.2.0/24?' "$dir/bad.yaml:7:41: " 'did you mean 2001:db8::/32?' \
                "$dir/bad.yaml:8:41: " '4 errors'
        attempt apply k8s-worker --group cluster=192.0.2.1/24,::ffff:1.2.3.4
        refused 3 'did you mean 192.0.2.0/24?' 'did you mean 1.2.3.4?'
}

@test "the site file: its errors have their places, and all are told" {
        cat >"$BATS_TEST_TMPDIR/bad-site.yaml" <<'YAML'
groups:
  cluster: [10.0.0.0/33, 192.0.2.1/24]
profils: [ssh]
egress: stric
YAML
        attempt --site "$BATS_TEST_TMPDIR/bad-site.yaml" apply k8s-worker
        refused 3 bad-site.yaml:2:13: bad-site.yaml:2:26: "bad-site.yaml:3:1: unknown key 'profils'" \
                "did you mean 'profiles'?" bad-site.yaml:4:9: '4 errors'
        attempt --site "$BATS_TEST_TMPDIR/none.yaml" apply ssh
        refused 3 'none.yaml does not exist'
        one_message
}

@test "the site file: what no profile has is a mistake, and never leaves the rest at its default" {
        local bad=$BATS_TEST_TMPDIR/bad-site.yaml

        printf 'params: {ssh_form: internal}\n' >"$bad"
        attempt --site "$bad" apply ssh
        refused 3 "bad-site.yaml:1:10: no profile has the parameter 'ssh_form' (did you mean 'ssh_from'?)"
        one_message
        printf 'params: {sssh.ssh_from: internal}\n' >"$bad"
        attempt --site "$bad" apply ssh
        refused 3 "bad-site.yaml:1:10: no profile has the parameter 'ssh_from' (did you mean 'ssh.ssh_from'?)"
        printf 'groups: {clustr: [10.0.0.0/8]}\n' >"$bad"
        attempt --site "$bad" apply k8s-worker
        refused 3 "bad-site.yaml:1:10: no profile has the group 'clustr' (did you mean 'cluster'?)"
        printf 'enable: [instances-tpc, anbox-instances/instances]\n' >"$bad"
        attempt --site "$bad" apply anbox-lxd
        refused 3 "bad-site.yaml:1:10: no profile has the service 'instances-tpc' (did you mean 'instances-tcp'?)" \
                "bad-site.yaml:1:25: no profile has the service 'anbox-instances/instances'"
        # Also where somebody's own profile has it, and is broken.
        printf 'name: mine\nsummary: [\n' >"$dir/mine.yaml"
        printf 'params: {mine_port: 22}\n' >"$bad"
        attempt --site "$bad" apply ssh
        refused 3 "no profile has the parameter 'mine_port'" 'the profile mine cannot be read, and may have it'
        # The nearest of another role.
        printf 'params: {ndeport_range: 30000-30001}\n' >"$bad"
        attempt --site "$bad" apply ssh
        refused 3 "did you mean 'nodeport_range'?"
}

@test "the site file may serve hosts of several roles: another profile's names are warnings" {
        printf 'groups: {cluster: [10.0.0.0/8], crew: [192.0.2.1]}\nparams: {k8s-worker.nodeport_range: 30000-30001, nodeport_from: crew}\nenable: [anbox-instances/instances-tcp]\n' >"$PORTGUARD_SITE"
        run --separate-stderr in_network 'portguard apply ssh --json'
        assert_status 0
        assert_json '[.warnings[] | select(.severity == "warning") | "\(.line):\(.column) \(.text)"] ==
                ["2:10 no applied profile has the parameter '"'nodeport_range'"' (see: portguard profiles show)",
                "2:50 no applied profile has the parameter '"'nodeport_from'"' (see: portguard profiles show)",
                "3:10 no applied profile has the service '"'anbox-instances/instances-tcp'"' (see: portguard profiles show)"]'
}

@test "a group whose file is gone is not called empty" {
        mkdir "$BATS_TEST_TMPDIR/lab"
        cat >"$BATS_TEST_TMPDIR/lab/lab.yaml" <<'YAML'
name: lab
summary: A service for a group
include: [base]
groups:
  lab-peers: {default: none, summary: who may reach it}
services:
  main: {summary: The service, ports: [tcp/7000], from: lab-peers}
YAML
        attempt --profiles "$BATS_TEST_TMPDIR/lab:$PORTGUARD_PROFILES" plan lab --group lab-peers=@"$BATS_TEST_TMPDIR/gone"
        refused 3 gone
        one_message
}

@test "settings of the command line" {
        attempt apply ssh --set ssh_prt=22
        refused 3 "no applied profile has the parameter 'ssh_prt'" "did you mean 'ssh_port'?"
        one_message
        # The profile that has it is included by the one that was meant.
        attempt apply k8s-worker --set k8s-worker.cni=calico-bgp
        refused 3 "no applied profile has the parameter 'cni' (did you mean 'k8s-node.cni'?)"
        one_message
        attempt apply k8s-worker --with k8s-worker/calico-bgp
        refused 3 "no applied profile has the service 'k8s-worker/calico-bgp' (did you mean 'k8s-node/calico-bgp'?)"
        attempt apply ssh --set ssh_from=nobodys
        refused 3 "unknown scope 'nobodys'"
        attempt apply k8s-worker --set cni=flanel
        refused 3 "'flanel' is no value" flannel-vxlan
        one_message
        attempt apply ssh --with nothing
        assert_status 3
        attempt apply ssh --wth all
        assert_status 2
}

# --- whose files ---

@test "root takes no profile that everybody can change, nor from a directory, nor below one" {
        printf 'name: good\nsummary: Good\ninclude: [base]\n' >"$dir/good.yaml"
        chmod 777 "$dir"
        attempt apply good
        refused 3 "$dir can be changed by everybody" "chmod go-w $dir"
        one_message
        chmod 755 "$dir"
        chmod 666 "$dir/good.yaml"
        attempt apply good
        refused 3 'good.yaml can be changed by everybody' 'chmod go-w'
        one_message
        chmod 644 "$dir/good.yaml"
        attempt plan good
        assert_status 0
        # A link may stand in between, in a directory of no one else, and leads where it leads.
        mkdir "$BATS_TEST_TMPDIR/above"
        ln -s "$dir" "$BATS_TEST_TMPDIR/above/link"
        attempt --profiles "$BATS_TEST_TMPDIR/above/link:$PORTGUARD_SOURCE/profiles" plan good
        assert_status 0
        chmod 775 "$BATS_TEST_TMPDIR/above"
        attempt --profiles "$BATS_TEST_TMPDIR/above/link:$PORTGUARD_SOURCE/profiles" plan good
        refused 3 "$BATS_TEST_TMPDIR/above can be changed by a group" "chmod g-w $BATS_TEST_TMPDIR/above"
        one_message
        echo '10.0.0.1' >"$BATS_TEST_TMPDIR/above/group"
        attempt plan ssh --group "admins=@$BATS_TEST_TMPDIR/above/group"
        refused 3 "$BATS_TEST_TMPDIR/above can be changed by a group"
        echo '{}' >"$BATS_TEST_TMPDIR/above/site.yaml"
        attempt --site "$BATS_TEST_TMPDIR/above/site.yaml" plan ssh
        refused 3 "$BATS_TEST_TMPDIR/above can be changed by a group"
}

# --- the kernel ---

@test "without CAP_NET_ADMIN: status 5 and one message" {
        how='setpriv --bounding-set -net_admin --inh-caps -net_admin' attempt apply https
        refused 5 'CAP_NET_ADMIN' 'run it as root'
        one_message
        how='setpriv --bounding-set -net_admin --inh-caps -net_admin' attempt disable
        refused 5 'CAP_NET_ADMIN'
        one_message
}

# injected CALL:ERROR STATUS TEXT...: that call of apply fails each time, and the rest as in refused().
injected() {
        # The leak detector of a sanitizer build is a tracer itself, and there can be only one.
        how="env ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 strace -f -qq -o /dev/null"
        how+=" -e inject=${1/:/:error=}"
        ignored=state.db how=$how attempt apply https
        shift
        refused "$@"
        one_message
}

@test "a kernel without nfnetlink" {
        injected socket:EPROTONOSUPPORT 1 'nfnetlink' 'modprobe'
}

@test "a kernel that refuses each send" {
        injected sendmsg:ENOBUFS 1 ENOBUFS 'net.core'
        injected sendto:ENOBUFS 1 ENOBUFS 'net.core'
        injected sendmsg:EMSGSIZE 1 EMSGSIZE 'net.core.wmem_max'
        injected sendmsg:ENOMEM 1 ENOMEM 'not enough memory'
        injected sendmsg:EPERM 5 EPERM CAP_NET_ADMIN
}

@test "a kernel that never answers but ENOBUFS" {
        injected recvmsg:ENOBUFS 1 ENOBUFS 'net.core.rmem_max'
}

@test "a second apply at the same time" {
        how='flock "$PORTGUARD_STATE/lock"' attempt apply https
        refused 1 'another portguard is at work' '--wait'
        one_message
}

@test "a state directory that cannot be used" {
        ln -s "$PORTGUARD_STATE" "$BATS_TEST_TMPDIR/link"
        attempt --state "$BATS_TEST_TMPDIR/link" apply https
        refused 1 'symbolic link'
        attempt --state /proc/none/state apply https
        refused 1 'cannot open the state directory /proc/none/state: No such file' '--state'
        attempt --state /proc/self/state apply https
        refused 1 'cannot make the state directory /proc/self/state' '--state'
        mkdir -m 777 "$BATS_TEST_TMPDIR/open"
        attempt --state "$BATS_TEST_TMPDIR/open" apply https
        refused 1 "$BATS_TEST_TMPDIR/open can be changed by everybody" "chmod go-w $BATS_TEST_TMPDIR/open"
        chmod 775 "$BATS_TEST_TMPDIR/open"
        for path in "$BATS_TEST_TMPDIR/open" "$BATS_TEST_TMPDIR/open/below"; do
                attempt --state "$path" apply https
                refused 1 "$BATS_TEST_TMPDIR/open can be changed by a group" "chmod g-w $BATS_TEST_TMPDIR/open"
        done
        [ ! -e "$BATS_TEST_TMPDIR/open/below" ]
        for make in 'mkfifo -m 600' 'mkdir -m 700' 'ln -s /etc/hostname'; do
                rm -rf "$PORTGUARD_STATE/lock"
                $make "$PORTGUARD_STATE/lock"
                attempt apply https
                refused 1 "the lock $PORTGUARD_STATE/lock is no regular file; move it away"
        done
        rm "$PORTGUARD_STATE/lock"
        install -m 660 /dev/null "$PORTGUARD_STATE/lock"
        attempt apply https
        refused 1 "$PORTGUARD_STATE/lock can be changed by a group"
}

@test "a directory of other things is not taken for the state, and nothing is put into it" {
        local other=$BATS_TEST_TMPDIR/other

        mkdir -m 755 "$other" "$other/lost+found"
        touch "$other/passwd"
        attempt --state "$other" apply https
        refused 1 "$other has other things in it (passwd) and no history of portguard's" '--state'
        run unshare --user --map-root-user --net -- bash -c '
                portguard apply https && portguard --state "$1" status && portguard --state "$1" verify' _ "$other"
        [ "$(ls "$other")" = $'lost+found\npasswd' ] || fail "$(ls "$other")"
        # A file system that was just made is as good as empty, and its mode is kept.
        rm "$other/passwd"
        run unshare --user --map-root-user --net -- bash -c '
                portguard --state "$1" apply https && portguard --state "$1" apply ssh' _ "$other"
        assert_status 0
        [ "$(stat -c %a "$other")" = 755 ]
}

@test "many lists of large groups: refused before they fill the memory, with what to do" {
        local letter

        awk 'BEGIN { for (i = 0; i < 1000000; i++) printf "10.%d.%d.%d\n", i / 32768, i / 128 % 256, i % 128 * 2 }' \
                >"$BATS_TEST_TMPDIR/big"
        {
                echo "groups:"
                echo "  big: {file: $BATS_TEST_TMPDIR/big}"
                for letter in {a..i}; do echo "  $letter: [192.0.2.1]"; done
        } >"$BATS_TEST_TMPDIR/site.yaml"
        {
                printf 'name: many\nsummary: Many\ninclude: [base]\ngroups:\n  big: {summary: big, default: none}\n'
                for letter in {a..i}; do echo "  $letter: {summary: $letter, default: none}"; done
                printf 'services:\n'
                for letter in {a..i}; do
                        echo "  $letter: {summary: $letter, ports: tcp/$((16#a0 + $(printf %d "'$letter"))), from: [big, $letter]}"
                done
        } >"$dir/many.yaml"
        run --separate-stderr portguard --site "$BATS_TEST_TMPDIR/site.yaml" show --profile many
        assert_status 3
        assert_stderr_has "and the other lists of scopes that services are open to have more than 8000000 addresses and ranges"
        sed -i '/^  i: {summary: i, ports/d; /^  h: {summary: h, ports/d' "$dir/many.yaml"
        run --separate-stderr portguard --site "$BATS_TEST_TMPDIR/site.yaml" show --profile many
        assert_status 0
}
