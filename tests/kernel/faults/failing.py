# SPDX-License-Identifier: GPL-2.0-or-later
"""failing.py SCENARIO: lets each of the command's calls to the kernel and to the state directory fail, with
each errno, one run for each (I6).

What an errno does is decided by the call that gets it, and what a failure leaves by when it comes. So each
call of a kind, the same name and file, gets another errno, and the first of its kind and each batch to the
kernel get all of them; with FAULTS_ALL=1 all of them do.

When the command fails, nothing changed, and it says why. When it succeeds, the new policy is in force.
Whatever it leaves, the next command tells and cleans up.
"""

import itertools
import os
import re
import sys

import after
import scenarios
import workers
from host import IS_SANITIZED

ERRNOS = ("EINTR", "EIO") if IS_SANITIZED else ("ENOMEM", "EINTR", "ENOBUFS", "ENOSPC", "EIO", "EPERM")
ALL = os.environ.get("FAULTS_ALL") == "1"
STATUSES = (0, 1, 4, 5)
NOT_KNOWN = "in the history: "
# An undisturbed command takes milliseconds.
PATIENCE_S = 60 if IS_SANITIZED else 10


def kind_of(call, host, scenario):
    """Of "12 fstat STATE/lock": a batch, "47 sendmsg socket:[4711]", is a kind of its own in each scenario."""
    position, name, *rest = re.sub(r"\[\d+\]", "", call.replace(host.state, "state")).split()
    return " ".join([name, *rest] + ([scenario, position] if name == "sendmsg" else []))


class Failing:
    def __init__(self, name):
        self.name, self.scenario = name, scenarios.find(name)
        self.looked = set()  # the commands that were run after a failure that changed nothing

    def prepare(self, host):
        self.scenario.prepare(host)
        self.commits, self.files = host.ruleset.commits(), host.files()

    def is_unchanged(self, host):
        return host.ruleset.commits() == self.commits and host.files() == self.files

    def refresh(self, host):
        """Back to the start: from a copy where the kernel was not touched."""
        if host.ruleset.commits() != self.commits:
            self.prepare(host)
        elif host.files() != self.files:
            host.put_files(self.files)

    def judge(self, host, result):
        """Returns what was found, and what is wrong."""
        table = host.table()
        faults = list(table.problems)
        if result.status not in STATUSES:
            faults.append(f"the exit status is {result.status}")
            return "broken", faults
        if result.status == 0:
            if table.key != self.new:
                faults.append(f"it said that it was done, and in force is {table.says()}")
            return "done", faults
        if table.key != self.old:
            faults.append(f"it failed, and yet the policy changed: in force is {table.says()}")
        if len([line for line in result.err.splitlines() if line.startswith("portguard: ")]) == 0:
            faults.append("it failed without a word")
        if result.out:
            faults.append("it failed, and said something on standard output")
        return ("left" if host.lock_is_left() or table.leftovers() else "refused"), faults

    def check_after(self, host, position, result):
        command = after.LOOKS[position % len(after.LOOKS)]
        if self.is_unchanged(host):
            if command in self.looked:
                return [], "not run again where nothing changed"
            self.looked.add(command)
        was_left = host.lock_is_left() or bool(host.table().leftovers())
        # A filter that was turned off without the history's knowledge is missed by it.
        is_missing = None if NOT_KNOWN in result.err else self.scenario.is_missing
        faults, said = after.check_next(host, command, was_left, is_missing)
        if not self.is_unchanged(host):
            faults += after.check_settled(host, is_missing)
        return faults, said

    def work(self, host, index, report):
        self.prepare(host)
        self.old = host.table().key
        result = host.portguard(*self.scenario.command)
        if result.status != 0:
            raise RuntimeError(f"undisturbed, it failed\n{result}")
        self.new = host.table().key
        for position in itertools.count(1 + index, workers.WORKERS):
            first = position // workers.WORKERS % len(ERRNOS)
            names = ERRNOS[first:] + ERRNOS[:first]
            call = self.try_errno(host, position, names[0], report)
            if call == "none":
                return
            kind = kind_of(call, host, self.name)
            if ALL or workers.is_first(kind):
                report.whole.add(kind)
                for name in names[1:]:
                    self.try_errno(host, position, name, report)

    def try_errno(self, host, position, name, report):
        """Returns the call that failed, or "none" where the command ended before."""
        self.refresh(host)
        how = ("fail", str(position), name, f"state={host.state}")
        result, call = host.interrupt(how, self.scenario.command, PATIENCE_S)
        if call == "none":
            return call
        found, faults = self.judge(host, result)
        wrong, said = self.check_after(host, position, result)
        report.seen[position, name] = found
        report.calls.add((kind_of(call, host, self.name), name))
        if faults or wrong:
            report.fail(f"{call} fails with {name}: {'; '.join(faults + wrong)}", str(result),
                        "the next command:", str(said), host.describe())
        return call


def main():
    name = sys.argv[1]
    failing = Failing(name)
    report = workers.run(failing.work)
    found = list(report.seen.values())
    if "done" not in found or "refused" not in found:
        report.fail("a test in which it never fails, or always, shows nothing")
    kinds = {kind for kind, _ in report.calls}
    if any((kind, errno) not in report.calls for kind in report.whole for errno in ERRNOS):
        report.fail("not every kind of call failed with each errno")
    workers.end(report, f"{name}: {len(found)} failing calls of {len(kinds)} kinds, {len(report.whole)} of them with each "
                        f"errno, done all the same {found.count('done')} times, refused {found.count('refused')} times, something left "
                        f"{found.count('left')} times")


main()
