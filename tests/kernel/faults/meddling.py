# SPDX-License-Identifier: GPL-2.0-or-later
"""What somebody else puts into the table inet portguard, or takes out of it: by nft, and by messages made by hand."""

import re
import struct

import grammar
import rawnft
from rawnft import attr, expression

OURS = "inet portguard"
BLOCK = re.compile(r"^\t(set|map|chain) (\S+) \{(.*?)^\t\}", re.M | re.S)
HANDLE = re.compile(r"# handle (\d+)$", re.M)
# Forms that nft gives to comments, and others: type, length, text.
USERDATA = (b"", b"\0", b"\0\0", b"\0\1\0", b"\0\2x\0", b"\0\1x", b"\0\xff", b"\0\5a\0b,\0", b"\1\4\0\0\0\1", b"\7",
            b"\0\3,,\0", b"\0\4\xff\xfe\x80\0", b"\0\1\0\0\1\0", b"\0\4ssh\0", b"\0\xfe" + b"u" * 253 + b"\0")
# Expressions by what their attributes may be: number: choices, each a number of 32 bits, bytes, or a list.
SMALL = (0, 1, 2, 3, 4, 8, 16, 0xFFFFFFFF)
REGISTERS = (1, 2, 3, 4, 8, 9, 15, 19, 23)
VALUES = tuple([attr(rawnft.DATA_VALUE, bytes(range(1, 1 + length)))] for length in (1, 2, 3, 4, 6, 8, 12, 16)) + tuple(
    [attr(rawnft.DATA_VERDICT, [attr(rawnft.VERDICT_CODE, code)])] for code in (0, 1, -1, -5))
EXPRESSIONS = {
    "payload": {1: REGISTERS, 2: (0, 1, 2, 3), 3: SMALL, 4: (1, 2, 3, 4, 5, 7, 16)},
    "cmp": {1: REGISTERS, 2: (0, 1, 2, 3, 4, 5), 3: VALUES},
    "range": {1: REGISTERS, 2: (0, 1), 3: VALUES, 4: VALUES},
    "immediate": {1: (0, 0, 0) + REGISTERS, 2: VALUES},
    "bitwise": {1: REGISTERS, 2: REGISTERS, 3: (1, 2, 4, 16), 4: VALUES, 5: VALUES, 6: (0, 1, 2)},
    "byteorder": {1: REGISTERS, 2: REGISTERS, 3: (0, 1), 4: (2, 4, 8), 5: (2, 4, 8)},
    "meta": {1: REGISTERS, 2: tuple(range(35))},
    "ct": {1: REGISTERS, 2: tuple(range(26)), 3: (b"\0", b"\1")},
    "rt": {1: REGISTERS, 2: (0, 1, 2, 3, 4)},
    "exthdr": {1: REGISTERS, 2: (b"\0", b"\2", b"\xfe"), 3: SMALL, 4: (1, 2, 4), 5: (0, 1), 6: (0, 1, 2, 3, 4)},
    "fib": {1: REGISTERS, 2: (1, 2, 3), 3: (1, 2, 9, 17, 25, 33)},
    "socket": {1: (0, 1, 2, 3), 2: REGISTERS},
    "numgen": {1: REGISTERS, 2: (1, 2, 9), 3: (0, 1), 4: (0, 5)},
    "hash": {1: REGISTERS, 2: REGISTERS, 3: (1, 4, 7), 4: (2, 9), 7: (0, 1)},
    "osf": {1: REGISTERS, 2: (b"\0", b"\1")}, "xfrm": {1: REGISTERS, 2: (1, 2, 5, 6), 3: (b"\0", b"\1"), 4: (0, 1)},
    "tunnel": {1: (0, 1), 2: REGISTERS, 3: (0, 1)},
    "limit": {1: (struct.pack(">Q", 3),), 2: (struct.pack(">Q", 60),), 3: (0, 5), 4: (0, 1), 5: (0, 1)},
    "quota": {1: (struct.pack(">Q", 9),), 2: (0, 1)}, "connlimit": {1: (1, 9), 2: (0, 1)}, "last": {1: (0,)},
    "log": {2: ("", "portguard deny: ", "x" * 120), 5: (0, 4, 8)}, "reject": {1: (0, 1, 2), 2: (b"\0", b"\3", b"\xff")},
    "counter": {}, "notrack": {}, "masq": {1: (0, 4)}, "redir": {3: (0, 2)},
    "inner": {1: (0,), 2: (1, 2, 3), 3: (1, 9, 11), 4: (0, 8, 16), 5: (
        [attr(1, "meta"), attr(2, [attr(2, 16), attr(1, 1)])],
        [attr(1, "payload"), attr(2, [attr(1, 1), attr(2, 2), attr(3, 0), attr(4, 2)])])},
    "bogus": {1: SMALL},
}


class Meddler:
    """draw: whose choices it makes; host: whose table; say(line): is told each thing before it is done."""

    def __init__(self, draw, host, kernel, say):
        self.draw, self.host, self.kernel, self.say = draw, host, kernel, say
        self.count = 0

    def _read(self):
        text = self.host.run("nft", "-s", "-a", "list", "table", *OURS.split()).out or ""
        text = re.sub(r" \{ # handle \d+$", " {", text, flags=re.M)
        blocks = {name: (kind, body) for kind, name, body in BLOCK.findall(text)}
        self.chains = [name for name, (kind, _) in blocks.items() if kind == "chain"]
        self.sets = [name for name, (kind, _) in blocks.items() if kind != "chain"]
        self.rules = {name: HANDLE.findall(body) for name, (kind, body) in blocks.items() if kind == "chain"}
        self.bodies = {name: body for name, (_, body) in blocks.items()}
        self.grammar = grammar.Grammar(self.draw, OURS, self.chains, {name: "tcp dport" for name in self.sets[:9]})
        self.grammar.count = self.count
        return bool(self.chains)

    def nft(self, command):
        if self.host.run("nft", command).status == 0:
            self.say(f"nft '{command}'")
            return True
        return False

    def raw(self, *messages):
        if self.kernel.commit(*messages):
            self.say("by hand: " + " ".join(message.hex() for message in messages))
            return True
        return False

    def _until_done(self, make, tries=6):
        """What the kernel refuses is drawn anew."""
        return any(make() for _ in range(tries))

    def add_rule(self):
        def make():
            chain = self.draw.choice(self.chains)
            handles = self.rules[chain]
            if handles and self.draw.random() < 0.5:
                where = f"{self.draw.choice(('add', 'insert'))} rule {OURS} {chain} handle {self.draw.choice(handles)}"
            else:
                where = f"{self.draw.choice(('add', 'insert'))} rule {OURS} {chain}"
            return self.nft(f"{where} {self.grammar.rule()}")
        self._until_done(make)

    def add_raw_rule(self):
        def draw_expression():
            name = self.draw.choice(list(EXPRESSIONS))
            return expression(name, *(attr(kind, self.draw.choice(choices))
                                      for kind, choices in EXPRESSIONS[name].items() if self.draw.random() < 0.9))

        def make():
            count = self.draw.choice((0, 1, 1, 2, 3))
            userdata = self.draw.choice((None,) + USERDATA)
            # The kernel does not let an attribute of no bytes name what is not there.
            return self.raw(rawnft.rule(self.draw.choice(self.chains), [draw_expression() for _ in range(count)],
                                        userdata or None))
        self._until_done(make, 30)

    def add_inner_rule(self):
        """One that every kernel from 6.2 on takes, and libnftnl of Debian 12 does not know."""
        self.raw(rawnft.rule(self.draw.choice(self.chains), [
            expression("inner", attr(1, 0), attr(2, 1), attr(3, 9), attr(4, 8),
                       attr(5, [attr(1, "meta"), attr(2, [attr(2, 16), attr(1, 1)])]))]))

    def delete_rule(self):
        chain = self.draw.choice([name for name, handles in self.rules.items() if handles] or [None])
        if chain:
            self.nft(f"delete rule {OURS} {chain} handle {self.draw.choice(self.rules[chain])}")

    def empty(self):
        self._until_done(lambda: self.nft(self.draw.choice((
            f"flush chain {OURS} {self.draw.choice(self.chains)}",
            f"flush set {OURS} {self.draw.choice(self.sets or ['none'])}"))))

    def delete_something(self):
        def make():
            kind, names = self.draw.choice((("chain", self.chains), ("set", self.sets or ["none"])))
            name = self.draw.choice(names)
            if self.draw.random() < 0.3:
                self.nft(f"flush chain {OURS} {name}")
            return self.nft(f"delete {kind} {OURS} {name}")
        self._until_done(make)

    def rename_chain(self):
        self.count += 1
        self.nft(f"rename chain {OURS} {self.draw.choice(self.chains)} renamed{self.count}")

    def add_chain(self):
        self._until_done(lambda: self.nft(self.grammar.chain("inet")))
        self.count = self.grammar.count

    def add_set(self):
        for command in self.grammar.set():
            self.nft(command)
        self.count = self.grammar.count

    def add_object(self):
        self.nft("add " + self.draw.choice(grammar.OBJECTS).format(at=OURS))

    def add_elements(self):
        """To a set of portguard's, in its own words: what one of its elements looks like, and a little else."""
        def make():
            name = self.draw.choice(self.sets or ["none"])
            kind, is_map = self._kind_of(name)
            return kind in grammar.KEYS and self.nft(
                f"add element {OURS} {name} {{ {self.grammar.elements(kind, is_map)} }}")
        self._until_done(make, 12)

    def _kind_of(self, name):
        typed = re.search(r"^\s*type ([^:\n]+?)(?: : (\w+))?$", self.bodies.get(name, ""), re.M)
        return (typed.group(1), typed.group(2) == "verdict") if typed else ("", False)

    def add_raw_elements(self):
        """To any set that is there, of the length of its keys or another, with userdata of any form, or none."""
        found = [one for one in self.kernel.sets() if rawnft.SET_NAME in one and rawnft.SET_KEY_LEN in one]
        if not found:
            return

        def number(one, kind):
            return struct.unpack(">I", one.get(kind, b"\0\0\0\0"))[0]

        def make():
            one = self.draw.choice(found)
            flags, length = number(one, rawnft.SET_FLAGS), number(one, rawnft.SET_KEY_LEN)
            name = one[rawnft.SET_NAME].rstrip(b"\0").decode(errors="replace")
            first = bytes(self.draw.choice((0, 1, 10, 99, 255)) for _ in range(length))
            end = (int.from_bytes(first, "big") + self.draw.choice((1, 1, 300))) % (1 << 8 * length)
            items = [self._item(first, flags, number(one, rawnft.SET_DATA_TYPE), number(one, rawnft.SET_DATA_LEN))]
            if flags & rawnft.FLAG_INTERVAL and self.draw.random() < 0.8:
                items.append([attr(rawnft.ELEM_KEY, [attr(rawnft.DATA_VALUE, end.to_bytes(length, "big"))]),
                              attr(rawnft.ELEM_FLAGS, rawnft.FLAG_INTERVAL_END)])
            return self.raw(rawnft.elements(name, items))
        self._until_done(make, 12)

    def _item(self, key, flags, data_type, data_length):
        item = [attr(rawnft.ELEM_KEY, [attr(rawnft.DATA_VALUE, key)])]
        if flags & rawnft.FLAG_MAP and data_type == rawnft.DATA_IS_VERDICT:
            code = self.draw.choice((0, 1, -5))
            item.append(attr(rawnft.ELEM_DATA, [attr(rawnft.DATA_VERDICT, [attr(rawnft.VERDICT_CODE, code)])]))
        elif flags & rawnft.FLAG_MAP:
            item.append(attr(rawnft.ELEM_DATA, [attr(rawnft.DATA_VALUE, b"\1" * data_length)]))
        userdata = self.draw.choice((None, None) + USERDATA)
        return item if userdata is None else item + [attr(rawnft.ELEM_USERDATA, userdata)]

    def add_raw_set(self):
        """An interval set or another whose keys have another length than its type says."""
        def make():
            self.count += 1
            name, length = f"odd{self.count}", self.draw.choice((1, 2, 3, 5, 6, 7, 15, 17, 20, 24, 33, 63, 64))
            flags = self.draw.choice((0, rawnft.FLAG_INTERVAL, rawnft.FLAG_INTERVAL | rawnft.FLAG_TIMEOUT))
            more = []
            if self.draw.random() < 0.5:
                flags |= rawnft.FLAG_MAP
                more = [attr(rawnft.SET_DATA_TYPE, self.draw.choice((rawnft.DATA_IS_VERDICT, 0, 7, 99))),
                        attr(rawnft.SET_DATA_LEN, self.draw.choice((1, 4, 16, 64)))]
            if self.draw.random() < 0.5:
                more.append(attr(rawnft.SET_USERDATA, self.draw.choice(USERDATA[1:])))
            return self.raw(rawnft.new_set(name, flags, length, *more,
                                           key_type=self.draw.choice((0, 7, 8, 13, 41, 999, 0xFFFFFFFF, 0x1C7))))
        self._until_done(make, 12)
        self.add_raw_elements()

    def change_table(self):
        self.nft(self.draw.choice((f"add table {OURS} {{ flags dormant; }}", f"delete table {OURS}",
                                   f"flush table {OURS}")))

    def meddle(self):
        """One to six things; nothing where there is no table."""
        things = [self.add_rule, self.add_raw_rule, self.add_inner_rule, self.add_elements, self.add_raw_elements,
                  self.add_raw_set, self.add_set, self.add_chain]
        rarer = [self.delete_rule, self.empty, self.delete_something, self.rename_chain, self.add_object]
        for _ in range(self.draw.randint(1, 6)):
            if not self._read():
                return
            self.draw.choice(things * 2 + rarer)()
        if self.draw.random() < 0.04 and self._read():
            self.change_table()
