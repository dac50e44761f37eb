# SPDX-License-Identifier: GPL-2.0-or-later
"""killed.py SCENARIO: kills the scenario's command after each of its system calls that may change anything
outside of it, one run for each (I2). Killed after another call, it leaves what it would have left before that; with
FAULTS_ALL=1 that is not taken for granted, and it is killed after every call.

The kernel must hold the old or the new policy, whole; the next command, which is another one at each
position, must tell, clean up and agree with the kernel; and then everything must work, which is tried once
for each such command and what it found.
"""

import os
import sys

import after
import scenarios
import workers

CALLS = "all" if os.environ.get("FAULTS_ALL") == "1" else "effects"


class Killing:
    def __init__(self, name):
        self.scenario = scenarios.find(name)
        self.looked = set()  # the commands that were run after a kill that changed nothing
        self.worked = set()  # what was found, and settled by which command, when everything worked after

    def prepare(self, host):
        self.scenario.prepare(host)
        self.commits, self.files = host.ruleset.commits(), host.files()

    def is_unchanged(self, host):
        return host.ruleset.commits() == self.commits and host.files() == self.files

    def next_command(self, position, is_unchanged):
        commands = after.LOOKS if is_unchanged else after.LOOKS + (self.scenario.again,) + after.CHANGES
        return commands[position % len(commands)]

    def refresh(self, host):
        """Back to the start: from a copy where the kernel was not touched."""
        if host.ruleset.commits() != self.commits:
            self.prepare(host)
        elif host.files() != self.files:
            host.put_files(self.files)

    def judge(self, host, position, result):
        """Returns which policy is in force, what is wrong, and the next command's result."""
        scenario, table = self.scenario, host.table()
        was_left = host.lock_is_left()
        unchanged = self.is_unchanged(host)
        which = "old" if table.key == self.old else "new" if table.key == self.new else "neither"
        faults = list(table.problems)
        if which == "neither":
            faults.append(f"what is enforced is neither the old nor the new policy: {table.says()}")
        if result.out and table.key != self.new:
            faults.append("it said that it was done, and the new policy is not in force")
        command = self.next_command(position, unchanged)
        if unchanged and command in self.looked:
            return which, faults, "not run again where nothing changed"
        if unchanged:
            self.looked.add(command)
        wrong, said = after.check_next(host, command, was_left, scenario.is_missing)
        faults += wrong
        if unchanged and self.is_unchanged(host):
            return which, faults, said
        is_missing = scenario.is_missing and command != ("disable",)
        faults += after.check_settled(host, is_missing)
        ending = (which, was_left, command)
        if not faults and ending not in self.worked:
            self.worked.add(ending)
            faults += after.check_works(host)
        return which, faults, said

    def work(self, host, index, report):
        self.prepare(host)
        self.old = host.table().key
        result = host.portguard(*self.scenario.command)
        if result.status != 0:
            raise RuntimeError(f"undisturbed, it failed\n{result}")
        self.new = host.table().key
        position = 1 + index
        while True:
            self.refresh(host)
            result, call = host.interrupt(("kill", str(position), CALLS), self.scenario.command)
            if call == "none":
                break
            which, faults, said = self.judge(host, position, result)
            report.seen[position] = which
            if faults:
                report.fail(f"position {position} ({call}): {'; '.join(faults)}", str(result),
                            "the next command:", str(said), host.describe())
            position += workers.WORKERS


def main():
    name = sys.argv[1]
    killing = Killing(name)
    report = workers.run(killing.work)
    order = [report.seen[position] for position in sorted(report.seen)]
    olds, news = order.count("old"), order.count("new")
    if "old" not in order or "new" not in order and not killing.scenario.changes_nothing:
        report.fail(f"a test of {olds} times the old and {news} times the new policy shows nothing")
    workers.end(report, f"{name}: killed at {len(order)} positions, the old policy {olds} times, the new "
                        f"{news} times")


main()
