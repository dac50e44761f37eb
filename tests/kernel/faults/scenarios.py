# SPDX-License-Identifier: GPL-2.0-or-later
"""Changes to be disturbed: what was before, the command, and the one that comes to the same afterwards."""

import sys

from host import IS_SANITIZED

SSH = ("apply", "ssh")
GROUP = ("apply", "k8s-worker", "--group")
ADDRESSES = GROUP + ("cluster=192.0.2.1,192.0.2.9,198.51.100.0/24",)
ADDRESS = GROUP + ("cluster=192.0.2.1,192.0.2.5,198.51.100.0/24",)
# 192.0.2.9 goes from the single addresses to the prefixes.
PREFIX = GROUP + ("cluster=192.0.2.1,192.0.2.8/29,203.0.113.0/24",)
SLOT = ("apply", "k8s-worker", "--egress", "strict")
TRIAL = ("apply", "--trial", "1h", "k8s-worker", "--egress", "strict")


class Scenario:
    def __init__(self, *setup, command, again=None, is_missing=False, changes_nothing=False,
                 is_quick=False):
        self.setup = setup  # commands of portguard, or functions of the host
        self.command = command
        self.again = again or command
        self.is_missing = is_missing  # nothing is enforced at first, though something should be
        self.is_quick = is_quick  # with sanitizers, which take ten times as long, only these are run
        self.changes_nothing = changes_nothing  # it tidies up, and what is enforced stays

    def prepare(self, host):
        host.clear()
        for step in self.setup:
            if callable(step):
                step(host)
            else:
                host.done(*step)


def flush(host):
    host.nft.run("flush ruleset")


def expire(host):
    """What is left of a trial whose time is up: the kernel took its elements out of the set."""
    host.nft.run("flush set inet portguard trial")


def killed(command, batch):
    """The command, killed right after it sent its so manieth batch."""

    def step(host):
        result, _ = host.interrupt(("kill", str(batch), "call=sendmsg"), command)
        if result.status != 137:
            raise RuntimeError(f"it was to be killed\n{result}")

    return step


def find(name):
    """Ends the program where the scenario is not to be run."""
    scenario = SCENARIOS[name]
    if IS_SANITIZED and not scenario.is_quick:
        sys.exit(77)
    return scenario


SCENARIOS = {
    "first": Scenario(command=SSH),
    "address": Scenario(ADDRESSES, command=ADDRESS, is_quick=True),
    "group": Scenario(ADDRESSES, command=PREFIX),
    "slot": Scenario(SSH, command=SLOT),
    "trial": Scenario(SSH, command=TRIAL),
    "first-trial": Scenario(command=TRIAL),
    "confirm": Scenario(SSH, TRIAL, command=("confirm",), again=SLOT),
    "extend": Scenario(SSH, TRIAL, command=("extend", "2h"), changes_nothing=True),
    "end": Scenario(SSH, TRIAL, command=("rollback",), again=SSH, is_quick=True),
    "end-first": Scenario(TRIAL, command=("rollback",), again=("disable",)),
    "rollback": Scenario(SSH, SLOT, command=("rollback", "1"), again=SSH),
    "disable": Scenario(SSH, SLOT, command=("disable",), is_quick=True),
    "disable-trial": Scenario(SSH, TRIAL, command=("disable",)),
    "enable": Scenario(SSH, SLOT, ("disable",), command=("rollback",), again=SLOT),
    "restore": Scenario(SLOT, flush, command=("restore",), is_missing=True, is_quick=True),
    "expired": Scenario(SSH, TRIAL, expire, command=("status",), changes_nothing=True),
    "expired-first": Scenario(TRIAL, expire, command=("status",), changes_nothing=True),
    # Killed once more while cleaning up.
    "prepared": Scenario(SSH, killed(SLOT, 1), command=("status",), changes_nothing=True),
    "flipped": Scenario(SSH, killed(SLOT, 2), command=("status",), changes_nothing=True,
                        is_quick=True),
    "opened": Scenario(SSH, SLOT, killed(("disable",), 1), command=("status",), changes_nothing=True),
    "emptied": Scenario(SSH, SLOT, killed(("disable",), 2), command=("apply", "ssh")),
}
