# SPDX-License-Identifier: GPL-2.0-or-later
"""foreign.py SECONDS [--only ROUND]: rounds of random rulesets of others, until the time is over. Each has other
tables, an enforced policy, and things of somebody else's in the table inet portguard; then every command. None may
crash, hang, or end otherwise than portguard(8) says; what apply and verify --repair leave must verify, and no other
table may change.

SEED (at first the date) decides about all of it: a round is the same again on the same kernel.
"""

import datetime
import json
import os
import random
import re
import sys
import time
import traceback

import grammar
import workers
from meddling import Meddler
from rawnft import INET, Kernel

SEED = os.environ.get("SEED") or datetime.date.today().isoformat()
PATIENCE_S = 20
STATUSES = (0, 1, 2, 3, 4, 5, 6, 10)
FAULTS = re.compile(r"Sanitizer|runtime error|EPROTO|Protocol error|\b[Aa]ssert")
FAMILIES = {1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"}
OURS = (INET, "portguard")
FEW_ROUNDS = 3  # a test of fewer shows nothing
SOURCES = ("203.0.113.9", "10.0.0.1", "2001:db8::1", "127.0.0.1", "::1", "fe80::1")
PORTS = ("tcp/22", "tcp/443", "udp/53", "tcp/99", "sctp/132", "protocol/gre", "ping", "tcp/65535", "udplite/1")


class Round:
    """The things that happen in one round, as a log, and what is wrong with them."""

    def __init__(self, host, number):
        self.host, self.number, self.kernel = host, number, Kernel()
        self.draw = random.Random(f"{SEED} {number}")
        self.log, self.faults, self.commands = [], [], 0
        self.profiles = sorted(name[:-5] for name in os.listdir(host.environment["PORTGUARD_PROFILES"])
                               if name.endswith(".yaml"))

    def fault(self, text, result):
        self.faults.append(text)
        self.log.append(f"FAULT: {text}\n{result}")

    def command(self, *argv):
        """A command of portguard, and what holds for each."""
        self.commands += 1
        result = self.host.portguard(*argv, patience=PATIENCE_S)
        said, text = result.err or "", " ".join(argv)
        self.log.append(f"portguard {text}: {result.status} {str(said).strip()}")
        if result.status not in STATUSES:
            self.fault(f"{text}: exit status {result.status}", result)
        elif FAULTS.search(str(said)):
            self.fault(f"{text}: {FAULTS.search(said).group()}", result)
        elif result.status not in (0, 6, 10) and not said.strip():
            self.fault(f"{text}: status {result.status} without a word", result)
        elif "--json" in argv and (result.out or result.status in (0, 10)):
            self.check_json(text, result)
        return result.status

    def check_json(self, text, result):
        try:
            if not isinstance(json.loads(result.out), dict):
                self.fault(f"{text}: JSON, but no object", result)
        except ValueError as error:
            self.fault(f"{text}: no JSON: {error}", result)

    def load(self, commands):
        for command in commands:
            if self.host.run("nft", command).status == 0:
                self.log.append(f"nft '{command}'")

    def others(self):
        """Each other table as nft lists it, which may end where it meets what was put into portguard's."""
        return {table: self.host.run("nft", "-s", "list", "table", FAMILIES[table[0]], table[1]).out
                for table in self.kernel.tables()}

    def request(self):
        draw = self.draw
        argv = draw.sample(self.profiles, draw.choice((1, 1, 2, 3)))
        if draw.random() < 0.3:
            argv += ["--egress", "strict"]
        if draw.random() < 0.3:
            argv += ["--with", "all"]
        return argv + ["--allow-lockout"]

    def apply(self):
        """One that is taken, for profiles may exclude each other."""
        for _ in range(4):
            trial = ["--trial", "10m"] if self.draw.random() < 0.25 else []
            if self.command("apply", *trial, *self.request()) == 0:
                return
        self.command("apply", "--allow-lockout", "ssh")

    def look(self):
        draw = self.draw
        port, address = draw.choice(PORTS), draw.choice(SOURCES)
        ways = (("--from", address), ("--to", address), ("--from", address, "--live"), ("--to", address, "--live"))
        looks = [("status",), ("verify",), ("plan", draw.choice(self.profiles)), ("audit", "--all"), ("doctor",),
                 ("show", "--format", draw.choice(("text", "nft", "dot"))), ("diff", "1"), ("report",),
                 ("history",), ("explain", port, *draw.choice(ways)), ("explain", port, *draw.choice(ways), "--json"),
                 ("status", "--json"), ("plan", draw.choice(self.profiles), "--exit-code", "--json"),
                 ("doctor", "--json"), ("audit", "--json"), ("show", "--json"), ("verify", "--json"),
                 ("diff", "1", "--json")]
        for argv in draw.sample(looks, 10):
            self.command(*argv)

    def change(self, meddler):
        draw = self.draw
        changes = [("apply", *self.request()), ("apply", "--trial", "10m", *self.request()), ("verify", "--repair"),
                   ("apply", "--dry-run", *self.request()), ("rollback", "--allow-lockout"), ("restore",),
                   ("confirm",), ("extend", "20m"), ("disable",)]
        for argv in draw.sample(changes, draw.randint(2, 5)):
            argv += ("--json",) if draw.random() < 0.3 else ()
            status = self.command(*argv)
            if status == 0:
                self.check_after(argv)
            if draw.random() < 0.5:
                meddler.meddle()

    def check_after(self, argv):
        # A trial leaves what it falls back to as it is until it is confirmed.
        is_whole = argv[0] == "apply" and not {"--dry-run", "--trial"} & set(argv)
        if is_whole or argv[:2] == ("verify", "--repair"):
            result = self.host.portguard("verify", patience=PATIENCE_S)
            if result.status != 0:
                self.fault(f"after {' '.join(argv)}, verify finds something", result)
        if argv[0] == "disable" and OURS in self.kernel.tables():
            self.fault("after disable, the table is there still", "")

    def run(self):
        self.host.clear()
        self.load(grammar.tables(self.draw))
        before = self.others()
        self.apply()
        meddler = Meddler(self.draw, self.host, self.kernel, self.log.append)
        meddler.meddle()
        self.look()
        self.change(meddler)
        self.kernel.delete_table()
        after = self.others()
        for name in sorted(set(before) | set(after)):
            if before.get(name) != after.get(name):
                self.fault(f"table {' '.join(map(str, name))} was changed",
                           f"before: {before.get(name)}\nafter: {after.get(name)}")


def main():
    seconds = float(sys.argv[1])
    only = int(sys.argv[3]) if sys.argv[2:3] == ["--only"] else None
    end = time.monotonic() + seconds

    def work(host, index, report):
        number = only if only is not None else index
        while time.monotonic() < end:
            one = Round(host, number)
            try:
                one.run()
            except Exception:  # whatever it is, its round must be told
                one.fault("the test itself failed", traceback.format_exc())
            report.seen[number] = one.commands
            if one.faults:
                report.fail(f"round {number}: {'; '.join(one.faults)}", *one.log,
                            f"again: SEED={SEED} FOREIGN_ONLY={number}")
            if only is not None:
                break
            number += workers.WORKERS

    report = workers.run(work, 1 if only is not None else workers.WORKERS)
    if only is None and len(report.seen) < FEW_ROUNDS:
        report.fail(f"{len(report.seen)} rounds show nothing")
    workers.end(report, f"SEED={SEED}: {len(report.seen)} rounds, {sum(report.seen.values())} commands")


main()
