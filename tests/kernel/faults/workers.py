# SPDX-License-Identifier: GPL-2.0-or-later
"""Every position of a command is tried, by several workers that mostly wait for the kernel."""

import multiprocessing
import os
import sys
import traceback

from host import IS_SANITIZED, Host

WORKERS = 2 if IS_SANITIZED else 4
SHOWN_MAX = 2  # failures that one worker shows in full


class Report:
    """What a worker found."""

    def __init__(self):
        self.seen = {}  # position: what was found
        self.calls = set()  # kinds of them, and how each failed
        self.whole = set()  # the kinds of which one call failed in every way
        self.failures = []  # one line each
        self.shown = []  # in full

    def fail(self, line, *details):
        self.failures.append(line)
        if len(self.shown) < SHOWN_MAX:
            self.shown.append("\n".join((line,) + details))


def is_first(name):
    """Whether no worker of any test of the file asked for that name before: a file that can be made only once."""
    folder = os.path.join(os.environ["BATS_FILE_TMPDIR"], "first")
    os.makedirs(folder, exist_ok=True)
    try:
        os.close(os.open(os.path.join(folder, name.replace("/", "+")), os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def _work(job, folder, index, queue):
    report = Report()
    try:
        job(Host(os.path.join(folder, f"worker-{index}")), index, report)
    except Exception:  # whatever it is, it must be told
        report.failures.append(f"worker {index}: the test itself failed")
        report.shown.append(traceback.format_exc())
    queue.put(report)


def run(job, count=WORKERS):
    """job(host, index, report) in `count` processes. Returns their reports as one."""
    folder = os.environ["BATS_TEST_TMPDIR"]
    queue = multiprocessing.SimpleQueue()
    processes = [multiprocessing.Process(target=_work, args=(job, folder, index, queue))
                 for index in range(count)]
    whole = Report()
    for process in processes:
        process.start()
    for _ in processes:
        report = queue.get()
        whole.seen.update(report.seen)
        whole.calls |= report.calls
        whole.whole |= report.whole
        whole.failures += report.failures
        whole.shown += report.shown
    for process in processes:
        process.join()
    return whole


def end(report, summary):
    """Prints it all, and ends the program."""
    for text in report.shown:
        print(text, end="\n\n")
    for line in sorted(report.failures):
        print(line)
    print(summary, f"{len(report.failures)} failed", sep=": ")
    sys.exit(1 if report.failures else 0)
