# SPDX-License-Identifier: GPL-2.0-or-later
"""What nft(8) does not make, in nf_tables of this network namespace: messages made by hand, of which the kernel
refuses what it does not take."""

import socket
import struct

NETLINK_NETFILTER = 12
SUBSYSTEM = 10 << 8
BATCH_BEGIN, BATCH_END = 0x10, 0x11
GETTABLE, DELTABLE, NEWRULE, NEWSET, GETSET, NEWSETELEM = 1, 2, 6, 9, 10, 12
REQUEST, ACK, DUMP, CREATE, APPEND = 1, 4, 0x300, 0x400, 0x800
ERROR, DONE = 2, 3
NESTED = 1 << 15
INET = 1

# linux/netfilter/nf_tables.h
LIST_ELEM = 1
TABLE_NAME = 1
RULE_TABLE, RULE_CHAIN, RULE_EXPRESSIONS, RULE_USERDATA = 1, 2, 4, 7
EXPR_NAME, EXPR_DATA = 1, 2
SET_TABLE, SET_NAME, SET_FLAGS, SET_KEY_TYPE, SET_KEY_LEN, SET_DATA_TYPE, SET_DATA_LEN = 1, 2, 3, 4, 5, 6, 7
SET_ID, SET_USERDATA = 10, 13
LIST_TABLE, LIST_SET, LIST_ELEMENTS, LIST_SET_ID = 1, 2, 3, 4
ELEM_KEY, ELEM_DATA, ELEM_FLAGS, ELEM_TIMEOUT, ELEM_USERDATA = 1, 2, 3, 4, 6
DATA_VALUE, DATA_VERDICT, VERDICT_CODE = 1, 2, 1
FLAG_INTERVAL, FLAG_MAP, FLAG_TIMEOUT = 0x4, 0x8, 0x10
FLAG_INTERVAL_END = 1
DATA_IS_VERDICT = 0xFFFFFF00


def attr(kind, content):
    """An attribute: bytes, a text, a number of 32 bits, or a list of attributes."""
    if isinstance(content, list):
        kind, content = kind | NESTED, b"".join(content)
    elif isinstance(content, str):
        content = content.encode() + b"\0"
    elif isinstance(content, int):
        content = struct.pack(">I", content & 0xFFFFFFFF)
    return struct.pack("HH", 4 + len(content), kind) + content + b"\0" * (-len(content) % 4)


def attributes(data):
    found = {}
    while len(data) >= 4:
        length, kind = struct.unpack_from("HH", data)
        if length < 4:
            break
        found[kind & 0x3FFF] = data[4:length]
        data = data[(length + 3) & ~3:]
    return found


def expression(name, *data):
    return attr(LIST_ELEM, [attr(EXPR_NAME, name)] + ([attr(EXPR_DATA, list(data))] if data else []))


def message(kind, flags, family, body=b"", resource=0):
    payload = struct.pack(">BBH", family, 0, resource) + body
    return struct.pack("IHHII", 16 + len(payload), kind, REQUEST | flags, 1, 0) + payload


def rule(chain, expressions, userdata=None, table="portguard", family=INET):
    body = [attr(RULE_TABLE, table), attr(RULE_CHAIN, chain), attr(RULE_EXPRESSIONS, expressions)]
    if userdata is not None:
        body.append(attr(RULE_USERDATA, userdata))
    return message(SUBSYSTEM | NEWRULE, ACK | CREATE | APPEND, family, b"".join(body))


def new_set(name, flags, length, *more, table="portguard", family=INET, key_type=7):
    return message(SUBSYSTEM | NEWSET, ACK | CREATE, family, b"".join([
        attr(SET_TABLE, table), attr(SET_NAME, name), attr(SET_FLAGS, flags), attr(SET_KEY_TYPE, key_type),
        attr(SET_KEY_LEN, length), attr(SET_ID, 1), *more]))


def elements(name, items, table="portguard", family=INET):
    """items: a list of attributes for each element."""
    return message(SUBSYSTEM | NEWSETELEM, ACK | CREATE, family, b"".join([
        attr(LIST_TABLE, table), attr(LIST_SET, name),
        attr(LIST_ELEMENTS, [attr(LIST_ELEM, item) for item in items])]))


class Kernel:
    """Its socket belongs to the network namespace that it is made in."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.socket.settimeout(10)
        self.socket.bind((0, 0))

    def _messages(self):
        data = self.socket.recv(1 << 20)
        while len(data) >= 16:
            length, kind = struct.unpack_from("IH", data)
            yield kind, data[16:length]
            data = data[(length + 3) & ~3:]

    def commit(self, *messages):
        """All of them or none. Returns whether the kernel took them."""
        self.socket.send(message(BATCH_BEGIN, 0, 0, resource=10) + b"".join(messages)
                         + message(BATCH_END, 0, 0, resource=10))
        answers = []
        while len(answers) < len(messages):
            for kind, payload in self._messages():
                if kind == ERROR:
                    answers.append(struct.unpack_from("i", payload)[0])
            # A batch that is refused as a whole has one answer only, or more than one for a message.
            if any(answers):
                break
        self._forget_rest()
        return not any(answers)

    def _forget_rest(self):
        self.socket.setblocking(False)
        try:
            while True:
                self.socket.recv(1 << 20)
        except BlockingIOError:
            pass
        self.socket.settimeout(10)

    def _dump(self, kind, body=b"", family=0):
        """Each object: its family, and its attributes."""
        self.socket.send(message(SUBSYSTEM | kind, DUMP, family, body))
        found = []
        while True:
            for answer, payload in self._messages():
                if answer in (ERROR, DONE):
                    return found
                found.append((payload[0], attributes(payload[4:])))

    def sets(self, table="portguard", family=INET):
        """The sets of a table, each as its attributes."""
        return [one for _, one in self._dump(GETSET, attr(SET_TABLE, table), family)]

    def tables(self):
        """Their families, as numbers, and names."""
        return {(family, one[TABLE_NAME].rstrip(b"\0").decode()) for family, one in self._dump(GETTABLE)}

    def delete_table(self, name="portguard", family=INET):
        self.commit(message(SUBSYSTEM | DELTABLE, ACK, family, attr(TABLE_NAME, name)))
