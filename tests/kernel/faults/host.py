# SPDX-License-Identifier: GPL-2.0-or-later
"""A host for one test: a network namespace, a state directory in memory, and commands in them."""

import ctypes
import json
import os
import shutil
import sqlite3
import subprocess

from nftables import Nftables
from table import Ruleset, Table

CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000
PORTGUARD = os.environ["PORTGUARD"]
TOOLS = os.path.join(os.environ["PORTGUARD_BUILD"], "tests/tools")
# Whoever is slower than this will never end.
PATIENCE_S = 120


def _is_sanitized():
    with open(PORTGUARD, "rb") as file:
        return b"__asan_init" in file.read()


IS_SANITIZED = _is_sanitized()


def own_namespace_or_fail():
    with open("/proc/self/uid_map", encoding="ascii") as file:
        if file.read().split() == ["0", "0", "4294967295"]:
            raise SystemExit("run this with: unshare --user --map-root-user --net")


def unshare(flags):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


class Result:
    """What a command said."""

    def __init__(self, argv, status, out, err):
        self.argv, self.status, self.out, self.err = argv, status, out, err

    def __str__(self):
        return (f"$ {' '.join(self.argv)}\nexit status {self.status}\n"
                f"standard output: {self.out}\nstandard error: {self.err}")


class Host:
    """`folder` becomes a tmpfs: what is synced to a disk is not the matter of these tests. The state
    directory has a disk of its own where `disk` is its size."""

    def __init__(self, folder, disk=None):
        own_namespace_or_fail()
        unshare(CLONE_NEWNS | CLONE_NEWNET)
        os.makedirs(folder, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder], check=True)
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        self.state = os.path.join(os.path.realpath(folder), "state")
        self.is_disk = disk is not None
        if self.is_disk:
            os.mkdir(self.state)
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={disk},mode=0700", "tmpfs", self.state],
                           check=True)
        self.site = os.path.join(folder, "site.yaml")
        with open(self.site, "w", encoding="ascii") as file:
            file.write("egress: open\n")
        self.environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "PORTGUARD_STATE": self.state,
            "PORTGUARD_SITE": self.site,
            "PORTGUARD_PROFILES": os.environ["PORTGUARD_SOURCE"] + "/profiles",
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", ""),
            "UBSAN_OPTIONS": os.environ.get("UBSAN_OPTIONS", ""),
        }
        self.traced = dict(self.environment)
        # The leak detector is a tracer itself, and there can be only one.
        self.traced["ASAN_OPTIONS"] += ":detect_leaks=0"
        self.ruleset = Ruleset()
        self.nft = Nftables()
        self.read_at = self.read = None

    def run(self, *argv, traced=False, patience=PATIENCE_S):
        try:
            done = subprocess.run(
                argv, env=self.traced if traced else self.environment, stdin=subprocess.DEVNULL,
                capture_output=True, text=True, errors="replace", timeout=patience, check=False)
        except subprocess.TimeoutExpired as expired:
            return Result(argv, "none: it did not end", expired.stdout, expired.stderr)
        return Result(argv, done.returncode, done.stdout, done.stderr)

    def portguard(self, *argv, patience=PATIENCE_S):
        return self.run(PORTGUARD, *argv, patience=patience)

    def done(self, *argv):
        """What must succeed, since it is not what is tested."""
        result = self.portguard(*argv)
        if result.status != 0:
            raise RuntimeError(f"the preparation failed\n{result}")
        return result

    def interrupt(self, how, command, patience=PATIENCE_S):
        """Runs portguard under tool_interrupt. Returns its result, and the call that was disturbed."""
        result = self.run(os.path.join(TOOLS, "tool_interrupt"), *how, PORTGUARD, *command,
                          traced=True, patience=patience)
        lines = (result.err or "").splitlines()
        said = [line for line in lines if line.startswith("interrupt: ")]
        result.err = "\n".join(line for line in lines if not line.startswith("interrupt: "))
        return result, said[-1][len("interrupt: "):] if said else ""

    def table(self):
        """Read anew only when somebody committed since: a trial here lasts longer than the test."""
        commits = self.ruleset.commits()
        if commits != self.read_at:
            self.read = Table(self.nft.run("list table inet portguard"))
            self.read_at = commits
        return self.read

    def clear(self):
        self.nft.run("flush ruleset")
        if self.is_disk:
            self.put_files({})
            return
        shutil.rmtree(self.state, ignore_errors=True)
        os.mkdir(self.state, 0o700)

    def files(self):
        found = {}
        for entry in os.scandir(self.state):
            with open(entry.path, "rb") as file:
                found[entry.name] = file.read()
        return found

    def put_files(self, files):
        for entry in os.scandir(self.state):
            os.unlink(entry.path)
        for name, content in files.items():
            path = os.path.join(self.state, name)
            with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
                file.write(content)

    def lock_is_left(self):
        try:
            return os.stat(os.path.join(self.state, "lock")).st_size > 0
        except FileNotFoundError:
            return False

    def database_fault(self):
        path = os.path.join(self.state, "state.db")
        if not os.path.exists(path) or os.stat(path).st_size == 0:
            return None
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            rows = database.execute("PRAGMA integrity_check").fetchall()
            rows += database.execute("PRAGMA foreign_key_check").fetchall()
        finally:
            database.close()
        return None if rows == [("ok",)] else str(rows)

    def json(self, *argv):
        result = self.portguard(*argv, "--json")
        return result, json.loads(result.out) if result.out else None

    def describe(self):
        """The state that was found, for the log of a failed test."""
        names = {name: len(content) for name, content in self.files().items()}
        return "\n".join([
            f"files of the state directory: {names}",
            "the table:", self.nft.run("list table inet portguard"),
            str(self.portguard("status", "--json")),
            str(self.portguard("history", "--json")),
        ])
