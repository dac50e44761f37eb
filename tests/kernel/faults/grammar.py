# SPDX-License-Identifier: GPL-2.0-or-later
"""Random rulesets of others, in the words of nft(8). What this nft or this kernel refuses is no matter: whoever loads
it passes that over."""

PORTS = ("22", "443", "1-1023", "0", "65535", "{ 22, 80-90 }", "!= 443", "10250")
V4 = ("10.0.0.1", "192.0.2.0/24", "0.0.0.0/0", "127.0.0.1", "255.255.255.255", "{ 10.0.0.0/8, 192.0.2.7 }",
      "!= 198.51.100.1-198.51.100.9")
V6 = ("2001:db8::1", "::/0", "fe80::/10", "{ ::1, 2001:db8::/32 }", "!= ::1")
COMMENTS = ('""', '" "', '","', '"ssh"', '"x/y,z"', '"portguard deny: "', '"nobody,,"', '"%s%n"', '"\u00e4\u2028"',
            '"' + "c" * 128 + '"')
FAMILIES = ("ip", "ip6", "inet", "inet", "netdev", "arp", "bridge")
HOOKS = {
    "ip": ("prerouting", "input", "forward", "output", "postrouting"), "arp": ("input", "output"),
    "netdev": ("ingress",),
}
HOOKS["ip6"] = HOOKS["bridge"] = HOOKS["ip"]
HOOKS["inet"] = HOOKS["ip"] + ("ingress",)
PRIORITIES = ("-400", "-300", "-200", "-150", "-100", "-1", "0", "1", "50", "100", "300", "2147483647", "-2147483648")
VERDICTS = ("accept", "drop", "return", "continue", "reject", "reject with tcp reset", "goto {chain}", "jump {chain}")
KEYS = {  # what a set has, and by which words a rule looks into it
    "ipv4_addr": ("ip saddr", ("10.0.0.1", "192.0.2.0/25", "198.51.100.3-198.51.100.9", "0.0.0.0/1")),
    "ipv6_addr": ("ip6 saddr", ("2001:db8::1", "fe80::/64", "::", "ff00::/8")),
    "inet_service": ("tcp dport", ("22", "1-1023", "0", "65535", "30000-32767")),
    "inet_proto": ("meta l4proto", ("6", "17", "0", "255")),
    "ifname": ("iifname", ('"lo"', '"eth0"', '"veth*"', '"a-very-long-1234"')),
    "mark": ("meta mark", ("0", "0xffffffff", "1-9")),
    "ether_addr": ("ether saddr", ("00:11:22:33:44:55", "ff:ff:ff:ff:ff:ff")),
    "icmp_type": ("icmp type", ("echo-request", "3", "255")),
    "ct_state": ("ct state", ("new", "established", "0x40")),
    "ipv4_addr . inet_service": ("ip daddr . udp dport", ("10.0.0.1 . 53", "192.0.2.0/24 . 1-9", "0.0.0.0/0 . 1")),
    "ipv6_addr . inet_proto . inet_service": ("ip6 saddr . meta l4proto . th dport", ("::1 . tcp . 22", )),
    "ifname . ipv4_addr": ("iifname . ip saddr", ('"lo" . 127.0.0.1', '"e" . 10.0.0.0/8')),
}
TYPEOF = ("typeof meta l4proto . ip saddr . tcp dport", "typeof vlan id", "typeof ip dscp", "typeof osf name",
          "typeof meta time", "typeof @th,5,11", "typeof ip6 flowlabel . ct mark", "typeof ct zone")
MATCHES = (
    "tcp dport {ports}", "udp sport {ports}", "th dport {ports}", "ip saddr {v4}", "ip daddr {v4}", "ip6 saddr {v6}",
    "meta l4proto {{ tcp, udp }}", "meta nfproto ipv4", 'iifname "lo"', 'oifname "e*"', "iif lo", "ct state new",
    "ct state vmap {{ invalid : drop, established : accept }}", "ct mark and 0x{n} == 0x1", "ct direction original",
    "ct status dnat", "ct count over {n}", "ct original saddr {v4}", "ct label {n}", "ct bytes > {n}",
    "fib saddr type local", "fib saddr . iif oif missing", "fib daddr . mark oifname \"lo\"", "socket transparent 1",
    "socket mark {n}", "socket wildcard 0", "meta mark {n}", "meta skuid {n}", "meta cgroup {n}", "meta pkttype unicast",
    "meta length {n}-9999", "meta time < \"2030-01-01\"", "meta hour \"08:00\"-\"17:00\"", "meta day \"Monday\"",
    "meta random & 0x{n} == 0", "meta secpath exists", "ipsec in reqid {n}", "rt classid {n}", "rt ip nexthop {v4}",
    "exthdr hbh exists", "tcp option maxseg size {n}", "tcp flags & (syn|ack) == syn", "tcp flags syn / fin,syn",
    "ip protocol 6", "ip frag-off & 0x1fff != 0", "ip ttl < {n}", "ip option ra exists", "ip6 nexthdr ipv6-icmp",
    "ip dscp cs1", "ip6 hoplimit {n}", "icmp type echo-request", "icmpv6 type {{ 1, nd-neighbor-solicit }}",
    "sctp chunk data exists", "dccp type request", "vlan id 7", "ether type arp", "arp operation request",
    "osf name \"Linux\"", "@th,{n},13 {n}", "@nh,5,7 3", "@ih,0,8 {n}", "@ll,0,48 {n}", "numgen random mod {n} 0",
    "jhash ip saddr . tcp dport mod {n} seed 0x1 1", "symhash mod {n} 0", "meta iiftype ether", "cpu {n}",
    "ip saddr . tcp dport {{ 10.0.0.1 . 22, 10.0.0.2 . 1-9 }}", "tcp dport & 0x{n} == 1", "ah spi {n}", "esp spi {n}",
    "comp cpi {n}", "gre version 0", "igmp type membership-query", "{key} @{set}", "{key} != @{set}",
    "limit rate {n}/second", "limit rate over {n} kbytes/minute burst {n} bytes", "quota {n} mbytes",
    "quota over {n} bytes",
)
STATEMENTS = (
    "counter", "counter packets {n} bytes {n}", "log", 'log prefix "portguard deny: "', "log group {n} snaplen {n}",
    "log level audit", "meta mark set {n}", "ct mark set meta mark", "ct zone set {n}", "notrack", "meta nftrace set 1",
    "meta priority set 1:{n}", "meta pkttype set host", "ct label set {n}", "ct event set new", 'ct helper set "h"',
    "tcp dport set {n}", "ip daddr set 10.0.0.{n}", "ip dscp set cs2", "ip ttl set {n}", "ip6 daddr set ::{n}",
    "tcp option maxseg size set rt mtu", "reset tcp option 4", "tcp option maxseg size set {n}",
    "redirect to :{n}", "ip protocol tcp dnat ip to 10.0.0.{n}", "tcp dport 80 dnat ip to 10.0.0.1:{n}",
    "tcp dport 80 redirect to :22", "udp dport 5 dnat ip6 to [::1]:{n}", "snat ip to 10.0.0.{n}", "masquerade random",
    "dnat ip to tcp dport map {{ 1 : 10.0.0.1 . 5, 80 : 127.0.0.1 . 22 }}",
    "dnat ip prefix to ip daddr map {{ 10.0.0.0/24 : 10.1.0.0/24 }}",
    "dnat ip to numgen inc mod 2 map {{ 0 : 10.0.0.1, 1 : 10.0.0.2 }}",
    "meta l4proto tcp tproxy ip to 127.0.0.1:{n}", "meta l4proto udp tproxy to :{n}", "dup to lo", "fwd to lo",
    "dup to 10.0.0.1", "queue num {n}", "queue flags bypass to {n}", "synproxy mss 1460 wscale {n}",
    "tcp dport vmap {{ 22 : {verdict}, 80-90 : drop, 443 : accept }}", "tcp dport vmap {{ 22 : accept, * : drop }}",
    "ip saddr . tcp dport vmap {{ 10.0.0.0/8 . 1-9 : drop }}", "ct mark set ip saddr map {{ 10.0.0.1 : {n} }}",
    "update @{set} {{ ip saddr timeout 2h counter }}", "add @{set} {{ ip saddr limit rate {n}/hour }}",
    "meter m{n} {{ ip saddr . tcp dport limit rate {n}/second }}", "meter c{n} {{ ip saddr ct count over {n} }}",
    'counter name "c"', 'quota name "q"', 'limit name "l"', 'synproxy name "s"', 'ct timeout set "t"',
    'meta secmark set "m"', "flow add @f",
)
OBJECTS = (
    "counter {at} c {{ packets 3 bytes 99; }}", "quota {at} q {{ over 5 mbytes; }}", "limit {at} l {{ rate 3/second; }}",
    'ct helper {at} h {{ type "ftp" protocol tcp; }}', "synproxy {at} s {{ mss 1460; wscale 7; }}",
    "ct timeout {at} t {{ protocol tcp; policy = {{ established : 10 }}; }}",
    "ct expectation {at} x {{ protocol tcp; dport 99; timeout 10m; size 3; }}",
    "flowtable {at} f {{ hook ingress priority 0; devices = {{ lo }}; }}",
)


class Grammar:
    """Of one table: names of chains and sets that its rules may speak of."""

    def __init__(self, draw, at, chains=(), sets=()):
        self.draw, self.at = draw, at
        self.chains = list(chains) or ["none"]
        self.sets = dict(sets) or {"none": "ip saddr"}  # by name: the words that look it up
        self.count = 0

    def comment(self):
        return f" comment {self.draw.choice(COMMENTS)}" if self.draw.random() < 0.4 else ""

    def fill(self, text):
        draw = self.draw
        name = draw.choice(list(self.sets))
        verdict = draw.choice(VERDICTS).format(chain=draw.choice(self.chains))
        return text.format(ports=draw.choice(PORTS), v4=draw.choice(V4), v6=draw.choice(V6), set=name,
                           key=self.sets[name], n=draw.choice((1, 3, 8, 22, 64, 255)), verdict=verdict)

    def rule(self):
        draw = self.draw
        words = [self.fill(word) for word in draw.choices(MATCHES, k=draw.choice((0, 1, 1, 1, 2, 3)))]
        words += [self.fill(word) for word in draw.choices(STATEMENTS, k=draw.choice((0, 1, 1, 2)))]
        if draw.random() < 0.6:
            words.append(self.fill("{verdict}"))
        return " ".join(words or ["counter"]) + self.comment()

    def elements(self, kind, is_map=False):
        draw = self.draw
        values = KEYS[kind][1]
        return ", ".join(
            value + draw.choice(("", "", " timeout 2h", " counter", " limit rate 3/second")) + self.comment()
            + (f" : {self.fill('{verdict}')}" if is_map else "")
            for value in draw.sample(values, draw.randint(1, len(values))))

    def set(self):
        """The commands that add one, with elements."""
        draw = self.draw
        self.count += 1
        name = f"set{self.count}"
        if draw.random() < 0.15:
            return [f"add set {self.at} {name} {{ {draw.choice(TYPEOF)}; flags interval; }}"]
        kind = draw.choice(list(KEYS))
        is_map = draw.random() < 0.3
        flags = draw.sample(("interval", "timeout", "dynamic", "constant"), draw.randint(0, 2))
        traits = f"flags {','.join(flags)}; " if flags else ""
        traits += draw.choice(("", "", "auto-merge; ", "counter; ", "size 64; ", "timeout 3h; ", "policy memory; "))
        traits += f"{self.comment()}; " if draw.random() < 0.3 else ""
        word = "map" if is_map else "set"
        typed = f"type {kind}{' : verdict' if is_map else ''}; "
        self.sets[name] = KEYS[kind][0]
        plain = f"add {word} {self.at} {name} {{ {typed}flags interval; }}"
        return [f"add {word} {self.at} {name} {{ {typed}{traits} }}", plain] + [
            f"add element {self.at} {name} {{ {self.elements(kind, is_map)} }}" for _ in range(2)]

    def chain(self, family):
        draw = self.draw
        self.count += 1
        name = f"chain{self.count}"
        self.chains.append(name)
        if draw.random() < 0.3:
            return f"add chain {self.at} {name}"
        kind = draw.choice(("filter", "filter", "filter", "nat", "nat", "route"))
        hook = draw.choice(HOOKS[family])
        device = ' device "lo"' if hook == "ingress" else ""
        policy = draw.choice(("", "policy accept; ", "policy drop; "))
        return (f"add chain {self.at} {name} {{ type {kind} hook {hook}{device} priority "
                f"{draw.choice(PRIORITIES)}; {policy}{self.comment()} ; }}")


def tables(draw):
    """Commands that make up to three tables, in order."""
    commands = []
    for number in range(draw.randint(1, 3)):
        family = draw.choice(FAMILIES)
        at = f"{family} other{number}"
        grammar = Grammar(draw, at)
        commands.append(f"add table {at}")
        commands += [f"add {thing.format(at=at)}" for thing in draw.sample(OBJECTS, draw.randint(0, 4))]
        for _ in range(draw.randint(0, 4)):
            commands += grammar.set()
        chains = draw.randint(1, 6)
        commands += [grammar.chain(family) for _ in range(chains)]
        for _ in range(draw.randint(3, 25)):
            verb = draw.choice(("add", "add", "insert"))
            commands.append(f"{verb} rule {at} {draw.choice(grammar.chains)} {grammar.rule()}")
        if draw.random() < 0.05:
            commands.append(f"add table {at} {{ flags dormant; }}")
    return commands
