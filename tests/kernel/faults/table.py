# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel's table enforces, read with libnftables and judged without portguard's help."""

import re
import socket
import struct

BLOCK = re.compile(r"^\t(set|map|chain) (\S+) \{.*?\n(.*?)^\t\}", re.M | re.S)
HOOK = re.compile(r"type filter hook (\w+) priority filter; policy (\w+);")
TRIAL_RULE = re.compile(r"meta nfproto @(trial2?) goto (?:input|output)_([ab])$")
TRIALS = ("trial", "trial2")
# Of the two names that a set of addresses has in turn, the second.
SECOND = re.compile(r"(_v[46](?:nets)?)-2(?=[._])")
JUMP = re.compile(r"goto (?:input|output)_([ab])$")
RECORD = re.compile(r'0x([0-9a-f]+) \. 0x([0-9a-f]+) comment "([^"]*)"')
QUOTED = re.compile(r'"[^"]*"')


def _slot_of(name):
    return name[-1] if name[-2:] in ("_a", "_b") else None


def _elements(body):
    """The lines of an object, its elements in order of their text: the kernel's order means nothing."""
    match = re.search(r"elements = \{(.*)\}", body, re.S)
    if not match:
        return tuple(line.strip() for line in body.splitlines())
    quoted = []

    def hide(text):
        quoted.append(text.group())
        return f"\0{len(quoted) - 1}\0"

    hidden = QUOTED.sub(hide, " ".join(match.group(1).split()))
    elements = sorted(
        re.sub("\0(\\d+)\0", lambda i: quoted[int(i.group(1))], element.strip())
        for element in hidden.split(",")
    )
    return tuple(line.strip() for line in body[: match.start()].splitlines()) + tuple(elements)


class Table:
    """The table as text, and what follows from it."""

    def __init__(self, text):
        self.text = text
        self.exists = text.startswith("table")
        self.problems = []
        self.objects = {}
        self.hooks = {}
        for kind, name, body in BLOCK.findall(text):
            self.objects[name] = (kind,) + _elements(body)
        self._find_hooks()
        self.has_trial_set = any(name in self.objects for name in TRIALS)
        self.living = {name for name in TRIALS if any(
            word.startswith("ipv4 timeout ") for word in self.objects.get(name, ()))}
        self._find_slots()
        self.key = self._make_key()

    def _find_hooks(self):
        for name in ("input", "output"):
            if name not in self.objects:
                continue
            lines = [line for line in self.objects[name][1:] if line]
            match = HOOK.match(lines[0])
            if not match or match.group(1) != name:
                self.problems.append(f"chain {name} is no hook of {name}")
                continue
            self.hooks[name] = (match.group(2), lines[1:])

    def _leads_to(self, hook):
        """The slot that decides, the one that does without the trial, and whether there is a trial."""
        trial = None
        for rule in self.hooks[hook][1]:
            on_trial, jump = TRIAL_RULE.match(rule), JUMP.match(rule)
            if on_trial and on_trial.group(1) in self.living:
                trial = trial or on_trial.group(2)
            elif jump:
                return trial or jump.group(1), jump.group(1), trial
            elif not on_trial:
                self.problems.append(f"hook {hook}: what is this rule: {rule}")
        return trial, None, trial

    def _find_slots(self):
        self.slot = self.falls_back = self.trial = None
        if "input" in self.hooks:
            self.slot, self.falls_back, self.trial = self._leads_to("input")
        if self.trial is None:
            self.falls_back = None
        for hook, (policy, _) in self.hooks.items():
            slot, last, trial = self._leads_to(hook)
            if last is None and policy == "drop":
                self.problems.append(f"hook {hook} drops what no slot decides about")
            wanted = self.slot if f"{hook}_{self.slot}" in self.objects else None
            if trial != self.trial and wanted:
                self.problems.append(f"hook {hook}: trial {trial}, input's is {self.trial}")
            elif slot != wanted:
                self.problems.append(f"hook {hook} goes to slot {slot} instead of {wanted}")
        if self.slot and f"output_{self.slot}" in self.objects and "output" not in self.hooks:
            self.problems.append("there is no hook for output")

    def _is_half_replaced(self, name):
        """A set that was filled beside the one of its other name, and that no rule looks into."""
        twin = SECOND.sub(r"\1", name) if SECOND.search(name) else re.sub(
            r"(_v[46](?:nets)?)(?=[._])", r"\1-2", name)
        return twin != name and twin in self.objects and not re.search(
            rf"@{re.escape(name)}( |$)", self.text, re.M)

    def _content(self, slot):
        if not slot:
            return None
        content = [
            SECOND.sub(r"\1", re.sub(rf"_{slot}\b", "_X", repr((name,) + lines)))
            for name, lines in self.objects.items()
            if _slot_of(name) == slot and not name.startswith("generation_")
            and not self._is_half_replaced(name)
        ]
        return tuple(sorted(content))

    def record(self, slot):
        """Number, digest and profiles of the newest generation that the slot says it is."""
        parts = {}
        for line in self.objects.get(f"generation_{slot}", ()):
            match = RECORD.match(line)
            if match:
                parts.setdefault(int(match.group(1), 16), {})[int(match.group(2), 16)] = match.group(3)
        if not parts:
            return None
        newest = parts[max(parts)]
        return max(parts), "".join(newest[i] for i in sorted(newest))

    @property
    def number(self):
        record = self.record(self.slot) if self.slot else None
        return record[0] if record else None

    def _make_key(self):
        return (
            self._content(self.slot),
            self.record(self.slot) if self.slot else None,
            self.trial is not None,
            self._content(self.falls_back),
        )

    def leftovers(self):
        """What is in the table and should not be when nobody is at work."""
        found = []
        if self.exists and not self.slot:
            return ["a table that enforces nothing"]
        wanted = {self.slot, self.falls_back} if self.trial else {self.slot}
        for name in self.objects:
            slot = _slot_of(name)
            if slot and slot not in wanted:
                found.append(f"{name} of slot {slot}")
            elif self._is_half_replaced(name):
                found.append(f"{name}, which nothing looks into")
        if self.has_trial_set and not self.trial:
            found.append("the set of a trial")
        for hook, (policy, rules) in self.hooks.items():
            kinds = [bool(TRIAL_RULE.match(rule)) for rule in rules]
            on_trial = sum(kinds)
            # Between the steps of extend there are two, which go with the trial.
            if on_trial > (2 if self.trial else 0) or len(kinds) - on_trial > 1:
                found.append(f"rules of hook {hook}: {rules}")
            if (policy == "drop") != (len(kinds) > on_trial):
                found.append(f"hook {hook} has the policy {policy}, with the rules {rules}")
        return found

    def says(self):
        record = self.record(self.slot) if self.slot else None
        text = f"generation {record[0]} ({record[1][65:]})" if record else "nothing"
        return text + (" on trial" if self.trial else "")


class Ruleset:
    """The kernel's count of commits; the socket belongs to the network namespace that it is made in."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
        self.socket.bind((0, 0))

    def commits(self):
        # struct nlmsghdr with NFT_MSG_GETGEN, struct nfgenmsg
        self.socket.send(struct.pack("=IHHIIBBH", 20, 10 << 8 | 16, 1, 1, 0, 0, 0, 0))
        answer = self.socket.recv(4096)
        at = 20
        while at + 4 <= len(answer):
            length, kind = struct.unpack_from("=HH", answer, at)
            if kind == 1:  # NFTA_GEN_ID
                return struct.unpack_from("!I", answer, at + 4)[0]
            at += (length + 3) & ~3
        raise RuntimeError("the kernel does not tell its generation")
