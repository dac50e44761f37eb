# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine in qemu that runs commands, and whose power can be cut."""

import os
import selectors
import subprocess
import time

BOOT_SECONDS = 120
COMMAND_SECONDS = 60

# Without cx16: where qemu 7.2 emulates cmpxchg16b, about every second kernel dies in its slab allocator.
PROCESSORS = {"kvm": "host", "tcg": "qemu64,+rdrand,-cx16"}


class MachineError(Exception):
    pass


def accelerator(directory, disk):
    """kvm where that runs the machine, else tcg."""
    if "BOOT_ACCEL" in os.environ:
        return os.environ["BOOT_ACCEL"]
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    # It may only say that it works, as in some virtual machines.
    try:
        Machine(directory, disk, "kvm").cut(lambda: True)
        return "kvm"
    except MachineError:
        disk.cut(lambda: True)
        return "tcg"


class Machine:
    """Booted from a directory that tests/boot/image made, and from a disk.Disk."""

    def __init__(self, directory, disk, accelerated_by, processors=1):
        self.accelerator = accelerated_by
        self.processors = processors
        self.disk = disk
        self.console = f"{directory}/console"  # of the last boot
        self.lines = []
        self.rest = b""
        link = disk.connect()
        with link:
            self.qemu = subprocess.Popen(
                self._command_line(directory, link.fileno()), pass_fds=[link.fileno()],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                bufsize=0)
        os.set_blocking(self.qemu.stdout.fileno(), False)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.qemu.stdout, selectors.EVENT_READ)
        start = time.monotonic()
        try:
            self.kernel = self._wait("PG: ready ", BOOT_SECONDS)
        except MachineError:
            self.discard()
            raise
        self.seconds = time.monotonic() - start

    def run(self, command):
        """Returns what it printed; fails when it does."""
        status, output = self.attempt(command)
        if status != 0:
            raise self._error(f"'{command}' failed with status {status}: {output}")
        return output

    def attempt(self, command):
        self.start(command)
        return self.finish(COMMAND_SECONDS)

    def start(self, command):
        self.lines = []
        self.qemu.stdin.write(command.encode() + b"\n")

    def finish(self, seconds, unless=None):
        """Waits for the command that was started: (status, output), or None when unless() came first."""
        status = self._wait("PG: status ", seconds, unless)
        if status is None:
            return None
        # There is a line feed of init's in front of its line.
        return int(status), "\n".join(self.lines).removesuffix("\n")

    def use_all_processors(self):
        """A kernel patches its own code, most of all while it boots. An emulated processor (qemu 7.2, tcg) may then run
        what was there for a moment, a breakpoint, and die; or hang, with no word. With one there is no other to patch for."""
        self.run("for one in /sys/devices/system/cpu/cpu[1-9]*/online; do echo 1 >$one; done")
        online = int(self.run("nproc"))
        if online != self.processors:
            raise self._error(f"{online} of {self.processors} processors are online")

    def cut(self, survives):
        """Pulls the plug. `survives` is asked for each sector that the guest did not flush."""
        if self.qemu.poll() is not None:
            raise self._error("qemu ended by itself")
        self.discard()
        return self.disk.cut(survives)

    def discard(self):
        self.qemu.kill()
        self.qemu.wait()
        self.qemu.stdin.close()
        self.qemu.stdout.close()
        self.selector.close()

    def _command_line(self, directory, disk):
        return [
            "setpriv", "--pdeathsig", "KILL",  # nothing stays when a test is ended
            "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
            "-accel", self.accelerator, "-cpu", PROCESSORS[self.accelerator], "-m", "256M",
            "-smp", str(self.processors),
            "-kernel", f"{directory}/vmlinuz", "-initrd", f"{directory}/initramfs",
            # One processor at first: see use_all_processors().
            "-append", "console=ttyS0 quiet loglevel=4 panic=-1 mitigations=off random.trust_cpu=on norandmaps maxcpus=1",
            "-chardev", f"file,id=console,path={self.console}", "-serial", "chardev:console",
            "-chardev", "stdio,id=port,signal=off", "-serial", "chardev:port",
            "-blockdev", f"driver=nbd,node-name=disk,server.type=fd,server.str={disk}",
            "-device", "virtio-blk-pci,drive=disk",
        ]

    def _wait(self, mark, seconds, unless=None):
        """Collects lines until one begins with the mark; returns what follows the mark."""
        end = time.monotonic() + seconds
        while True:
            while b"\n" in self.rest:
                line, self.rest = self.rest.split(b"\n", 1)
                text = line.decode(errors="replace").rstrip("\r")
                if text.startswith(mark):
                    return text[len(mark):]
                self.lines.append(text)
                if text.startswith("KVM internal error"):
                    raise self._error("KVM does not run this machine")
            left = end - time.monotonic()
            if left <= 0:
                raise self._error(f"waited {seconds} s in vain for '{mark}'")
            if unless is not None:
                if unless():
                    return None
                left = min(left, 0.002)
            if self.selector.select(left):
                data = self.qemu.stdout.read(65536)
                if data == b"":
                    raise self._error(f"the machine ended while '{mark}' was waited for")
                self.rest += data or b""

    def shown(self):
        """The end of what the console showed."""
        if not os.path.exists(self.console):
            return ""
        with open(self.console, encoding="utf-8", errors="replace") as file:
            return "\n".join(["console:", *file.read().splitlines()[-40:]])

    def _error(self, text):
        return MachineError("\n".join([text, "received: " + repr(self.lines[-20:]), self.shown()]))
