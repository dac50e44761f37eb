# SPDX-License-Identifier: GPL-2.0-or-later
"""A disk with a volatile write cache, as an NBD server for qemu: what was not flushed is lost in a power cut.

Killing qemu alone would be too kind: what the guest wrote and did not flush stays in the host's page cache.
Here it stays in memory, and a cut decides for each sector whether it had reached the platter.
"""

import socket
import struct
import threading

SECTOR = 4096

HAS_FLAGS, SEND_FLUSH = 1, 4
READ, WRITE, DISCONNECT, FLUSH = range(4)
OPTION_ABORT, OPTION_GO = 2, 7
REPLY_ACK, REPLY_INFO, REPLY_UNSUPPORTED = 1, 3, 0x80000001
EINVAL = 22


class Disk:
    """One file, which holds what was flushed. Each machine gets a connection of its own, one at a time."""

    def __init__(self, path):
        self.path = path
        self.cache = {}  # sector: bytes
        self.requests = 0  # writes and flushes, which are what the next boot may notice
        self.last = None
        self.stopped = threading.Event()
        with open(path, "rb") as file:
            self.size = file.seek(0, 2)

    def connect(self):
        """Serves one machine, in a thread; returns the socket for qemu."""
        self.last = None
        self.stopped.clear()
        ours, theirs = socket.socketpair()
        self.thread = threading.Thread(target=self._serve, args=(ours,), daemon=True)
        self.thread.start()
        return theirs

    def stop_after(self, requests):
        """Hangs at the write or flush after so many; `stopped` tells that it did."""
        self.last = self.requests + requests

    def cut(self, survives):
        """The power is gone, after qemu is: a sector that was not flushed is kept when survives() says so.

        Returns how many were kept, and how many there were."""
        self.thread.join(timeout=60)
        assert not self.thread.is_alive(), "qemu is dead, and its disk is still connected"
        written = len(self.cache)
        self.cache = {sector: data for sector, data in sorted(self.cache.items()) if survives()}
        kept = len(self.cache)
        with open(self.path, "r+b") as file:
            self._flush(file)
        return kept, written

    def _serve(self, link):
        stream = link.makefile("rwb")
        try:
            with link, stream, open(self.path, "r+b") as file:
                self._negotiate(stream)
                while self._answer(stream, file):
                    pass
        except (EOFError, OSError):
            pass  # qemu was killed

    def _negotiate(self, stream):
        stream.write(b"NBDMAGICIHAVEOPT" + struct.pack(">H", 1))
        stream.flush()
        take(stream, 4)
        while True:
            _, option, length = struct.unpack(">QII", take(stream, 16))
            take(stream, length)
            replies = [(REPLY_UNSUPPORTED, b"")]
            if option == OPTION_GO:
                export = struct.pack(">HQH", 0, self.size, HAS_FLAGS | SEND_FLUSH)
                replies = [(REPLY_INFO, export), (REPLY_ACK, b"")]
            elif option == OPTION_ABORT:
                raise EOFError
            for kind, data in replies:
                stream.write(struct.pack(">QIII", 0x3E889045565A9, option, kind, len(data)) + data)
            stream.flush()
            if option == OPTION_GO:
                return

    def _answer(self, stream, file):
        _, _, kind, cookie, offset, length = struct.unpack(">IHHQQI", take(stream, 28))
        data, error = b"", 0
        if kind in (WRITE, FLUSH):
            if self.requests == self.last:
                self.stopped.set()
                while stream.read(65536):
                    pass
                return False
            self.requests += 1
        if kind == READ:
            data = self._read(file, offset, length)
        elif kind == WRITE:
            self._write(file, offset, take(stream, length))
        elif kind == FLUSH:
            self._flush(file)
        elif kind == DISCONNECT:
            return False
        else:
            error = EINVAL
        stream.write(struct.pack(">IIQ", 0x67446698, error, cookie) + data)
        stream.flush()
        return True

    def _sector(self, file, number):
        if number not in self.cache:
            file.seek(number * SECTOR)
            return file.read(SECTOR)
        return self.cache[number]

    def _read(self, file, offset, length):
        first, last = offset // SECTOR, (offset + length - 1) // SECTOR
        data = b"".join(self._sector(file, number) for number in range(first, last + 1))
        return data[offset - first * SECTOR:][:length]

    def _write(self, file, offset, data):
        while data:
            number, start = divmod(offset, SECTOR)
            part = data[:SECTOR - start]
            old = self._sector(file, number)
            self.cache[number] = old[:start] + part + old[start + len(part):]
            offset, data = offset + len(part), data[len(part):]

    def _flush(self, file):
        for number, data in self.cache.items():
            file.seek(number * SECTOR)
            file.write(data)
        file.flush()
        self.cache.clear()


def take(stream, length):
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return data
