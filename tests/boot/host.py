# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests ask of a machine that portguard guards."""

import json
import re


ANSWER_SECONDS = 30


class Wrong(Exception):
    """The machine is not as it has to be."""


def expect(condition, text):
    if not condition:
        raise Wrong(text)


class Host:
    """`machine`, a machine.Machine, is the one that is running."""

    def run(self, command):
        return self.machine.run(command)

    def json(self, command):
        text = self.run(f"{command} --json")
        try:
            return json.loads(text)
        except ValueError as error:
            raise Wrong(f"{command} --json: {error}: {text}") from error

    def status(self):
        return self.json("portguard status")

    def ports(self):
        """The ports of tcp that the kernel's table leads somewhere, as nft and not portguard reads it."""
        table = self.run("nft list table inet portguard")
        maps = re.findall(r"map input_tcp_ports_[ab] \{.*?\n\t\}", table, re.DOTALL)
        return {int(port) for text in maps for port in re.findall(r"[{,]\s+(\d+)(?:-\d+)? ", text)}

    def add_peer(self):
        """A neighbour in a network namespace, with the address 10.9.0.2."""
        self.run(
            "unshare -n sh -c 'echo $$ >/run/peer; exec sleep 100000' & until [ -s /run/peer ]; do :; done; "
            "ip link add guarded type veth peer name veth0 netns $(cat /run/peer) && "
            "ip addr add 10.9.0.1/24 dev guarded && ip link set guarded up && "
            "nsenter -n -t $(cat /run/peer) ip addr add 10.9.0.2/24 dev veth0 && "
            "nsenter -n -t $(cat /run/peer) ip link set veth0 up")

    def is_open(self, port):
        """Nobody listens: an open port refuses the peer, and of a closed one the kernel remembers who was refused."""
        said = self.run(
            f"told() {{ nft list set inet portguard denied4 2>/dev/null | tr , '\\n' | "
            f"sed -nE 's/.*10\\.9\\.0\\.2 \\. (tcp|6) \\. {port} .*packets ([0-9]+).*/\\2/p'; }}; before=$(told); "
            f"nsenter -n -t $(cat /run/peer) nc -w {ANSWER_SECONDS} 10.9.0.1 {port} >/run/said 2>&1 & connects=$!; "
            "while kill -0 $connects 2>/dev/null; do "
            "[ \"$(told)\" = \"$before\" ] || { kill $connects; echo remembered >/run/said; break; }; "
            "done; cat /run/said")
        expect("refused" in said or "remembered" in said, f"port {port}: {said}")
        return "refused" in said
