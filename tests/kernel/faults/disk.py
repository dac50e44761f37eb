# SPDX-License-Identifier: GPL-2.0-or-later
"""disk.py full|read-only SCENARIO: the state directory on a disk that has no room, or cannot be written.

full: with no page free, with one, with two, ... until the command succeeds. While it fails the policy
stays, and the message names the disk and the advice. What must work in any case does, with a warning.
"""

import itertools
import os
import subprocess
import sys

import after
import workers
from host import Host
from scenarios import SCENARIOS

DISK = 1024 * 1024
PAGE = os.sysconf("SC_PAGESIZE")
# Ends a trial, or the filter: whoever needs that must get it.
URGENT = ("end", "end-first", "disable", "disable-trial")


def fill(host, pages):
    """Leaves that many pages free."""
    # Without it, the directory would be refused for what else is in it.
    with open(os.path.join(host.state, "lock"), "ab"):
        pass
    room = os.statvfs(host.state)
    with open(os.path.join(host.state, "filler"), "wb") as file:
        file.write(b"\0" * (room.f_bavail * room.f_bsize - pages * PAGE))


def make_room(host):
    os.unlink(os.path.join(host.state, "filler"))


def check_refused(host, result, old):
    faults = []
    if host.table().key != old:
        faults.append(f"it failed, and in force is {host.table().says()}")
    if result.status not in (1, 4, 5):
        faults.append("the exit status is no documented one")
    if host.state not in result.err:
        faults.append("the message does not say where")
    return faults


def check_full(host, name, pages, report):
    """Returns whether the command succeeded without a warning."""
    scenario = SCENARIOS[name]
    scenario.prepare(host)
    old, commits = host.table().key, host.ruleset.commits()
    fill(host, pages)
    result = host.portguard(*scenario.command)
    table = host.table()
    faults = list(table.problems)
    is_warned = "in the history: " in result.err
    if result.status != 0:
        faults += check_refused(host, result, old)
        if "no room left" not in result.err or "make room" not in result.err:
            faults.append("the message does not name the full disk and the advice")
        # What confirm keeps is in force already.
        if pages == 0 and name != "confirm" and host.ruleset.commits() != commits:
            faults.append("the kernel was changed though there was no room at all")
        if name in URGENT:
            faults.append("a full disk keeps it from its work")
    elif table.key != report.new:
        faults.append(f"it said that it was done, and in force is {table.says()}")
    if pages == 0 and result.status == 0 and not is_warned:
        faults.append("there was no room at all, and it does not say that the history lacks this")
    for look in after.LOOKS:
        looked = host.portguard(*look)
        if looked.status not in after.expected_status(look, host.table(), None):
            faults.append(f"on the full disk:\n{looked}")
    make_room(host)
    host.portguard("status")
    faults += after.check_settled(host, None if is_warned else scenario.is_missing)
    faults += after.check_works(host)
    report.seen[pages] = "done" if result.status == 0 else "refused"
    if faults:
        report.fail(f"{pages} pages free: {'; '.join(faults)}", str(result), host.describe())
    return result.status == 0 and not is_warned


def run_full(host, name, report):
    scenario = SCENARIOS[name]
    scenario.prepare(host)
    host.done(*scenario.command)
    report.new = host.table().key
    for pages in itertools.count():
        if check_full(host, name, pages, report):
            break
    if pages == 0:
        report.fail("it succeeded on a full disk: this shows nothing")


def run_read_only(host, name, report):
    scenario = SCENARIOS[name]
    scenario.prepare(host)
    old, commits = host.table().key, host.ruleset.commits()
    subprocess.run(["mount", "-o", "remount,ro", host.state], check=True)
    result = host.portguard(*scenario.command)
    faults = []
    report.seen[0] = "done" if result.status == 0 else "refused"
    if result.status == 0:
        faults.append("it succeeded")
    else:
        faults += check_refused(host, result, old)
    if host.ruleset.commits() != commits:
        faults.append("the kernel was changed")
    for look in after.LOOKS:
        looked = host.portguard(*look)
        if looked.status not in after.expected_status(look, host.table(), None):
            faults.append(f"where nothing can be written:\n{looked}")
    subprocess.run(["mount", "-o", "remount,rw", host.state], check=True)
    faults += after.check_settled(host, scenario.is_missing)
    faults += after.check_works(host)
    if faults:
        report.fail(f"read-only: {'; '.join(faults)}", str(result), host.describe())


def main():
    how, name = sys.argv[1:]
    host = Host(os.path.join(os.environ["BATS_TEST_TMPDIR"], "host"), disk=DISK)
    report = workers.Report()
    (run_full if how == "full" else run_read_only)(host, name, report)
    found = list(report.seen.values())
    workers.end(report, f"{name}, {how}: refused {found.count('refused')} times, done "
                        f"{found.count('done')} times")


main()
