# shellcheck shell=bash disable=SC2034 # the array is read by tests/bench/rows
# SPDX-License-Identifier: GPL-2.0-or-later
# ufw, firewalld and ferm for the comparison, installed into a copy of this system's files that is thrown
# away: an overlay in a mount namespace. The system itself is not touched: no package is added to it, no
# service is started, no file below /etc is written. To be sourced by tests/bench/run.

peers_packages=(ufw firewalld ferm)

# peers_download DIR: in the system's own network, before the namespaces are made.
peers_download() {
        mkdir -p "$1/partial"
        apt-get -qq -y --no-install-recommends --download-only -o Dir::Cache::archives="$1/" \
                -o Debug::NoLocking=1 -o APT::Sandbox::User=root install --reinstall "${peers_packages[@]}"
}

# peers_install DIR: mounts the copy at DIR/root and installs the packages of DIR/debs in it.
peers_install() {
        local root=$1/root

        mkdir "$1/layer" "$root"
        mount -t tmpfs tmpfs "$1/layer"
        mkdir "$1/layer/upper" "$1/layer/work"
        mount -t overlay -o "lowerdir=/,upperdir=$1/layer/upper,workdir=$1/layer/work" overlay "$root" ||
                return 1
        mount -t proc proc "$root/proc"
        mount -t sysfs sysfs "$root/sys"
        mount --bind /dev "$root/dev"
        mount -t tmpfs tmpfs "$root/run"
        mount -t tmpfs tmpfs "$root/tmp"
        # Debian's way to say that no service is to be started.
        printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
        chmod +x "$root/usr/sbin/policy-rc.d"
        mkdir "$root/tmp/debs"
        cp "$1"/debs/*.deb "$root/tmp/debs/"
        DEBIAN_FRONTEND=noninteractive chroot "$root" sh -c 'dpkg -i /tmp/debs/*.deb'
}

# Until the command succeeds, for 20 seconds at most.
wait_for() {
        local deadline=$((SECONDS + 20))

        until "$@" >/dev/null 2>&1; do
                [ "$SECONDS" -lt "$deadline" ] || return 1
                sleep 0.05
        done
}

# The ports of the worker's role, open to the same addresses.
peers_internal=(10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7)

peers_start_ufw() {
        local address

        for address in "${peers_internal[@]}"; do
                chroot "$1" ufw allow proto tcp from "$address" to any port 10250
                chroot "$1" ufw allow proto udp from "$address" to any port 8472
        done
        chroot "$1" ufw allow 22/tcp
        chroot "$1" ufw allow 30000:32767/tcp
        chroot "$1" ufw --force enable
}

peers_write_bus() {
        cat <<'TEXT'
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
        "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
TEXT
}

# With a bus of its own.
peers_start_firewalld() {
        local root=$1 address

        mkdir -p "$root/run/dbus"
        peers_write_bus >"$root/tmp/bus.conf"
        chroot "$root" dbus-daemon --config-file=/tmp/bus.conf --nofork --nopidfile &
        peers_pids+=($!)
        for address in 22/tcp 30000-32767/tcp; do
                chroot "$root" firewall-offline-cmd --add-port="$address"
        done
        for address in "${peers_internal[@]}"; do
                local family=ipv4

                [[ $address == *:* ]] && family=ipv6
                for port in 'port=10250 protocol=tcp' 'port=8472 protocol=udp'; do
                        chroot "$root" firewall-offline-cmd \
                                --add-rich-rule="rule family=$family source address=$address port $port accept"
                done
        done
        wait_for test -S "$root/run/dbus/system_bus_socket"
        chroot "$root" firewalld --nofork --nopid &
        peers_pids+=($!)
        wait_for chroot "$root" firewall-cmd --state
}

peers_write_ferm() {
        cat <<'TEXT'
domain (ip ip6) table filter chain INPUT {
        policy DROP;
        interface lo ACCEPT;
        mod state state (ESTABLISHED RELATED) ACCEPT;
        mod state state INVALID DROP;
        proto (icmp ipv6-icmp) ACCEPT;
        proto tcp dport (22 30000:32767) ACCEPT;
}
domain ip table filter chain INPUT saddr (10.0.0.0/8 172.16.0.0/12 192.168.0.0/16) {
        proto tcp dport 10250 ACCEPT;
        proto udp dport 8472 ACCEPT;
}
domain ip6 table filter chain INPUT saddr (fc00::/7) {
        proto tcp dport 10250 ACCEPT;
        proto udp dport 8472 ACCEPT;
}
TEXT
}

peers_start_ferm() {
        peers_write_ferm >"$1/tmp/ferm.conf"
        chroot "$1" ferm /tmp/ferm.conf
}

declare -A peers_command=(
        [ufw]='ufw reload'
        [firewalld]='firewall-cmd --reload'
        [ferm]='ferm /tmp/ferm.conf'
)
peers_pids=()

peers_stop() {
        local pid

        for pid in "${peers_pids[@]}"; do
                kill "$pid" 2>/dev/null || true
        done
}
