# SPDX-License-Identifier: GPL-2.0-or-later
"""A real Chromium without a window, and with nothing of its own to load."""

import os
import pathlib
import subprocess
import tempfile

FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync --disable-dev-shm-usage --hide-scrollbars""".split()


def chromium(text, *options):
    """Opens a page with this text; gives what Chromium prints."""
    with tempfile.TemporaryDirectory() as folder:
        page = pathlib.Path(folder, "page.html")
        page.write_text(text, encoding="utf-8")
        done = subprocess.run(["chromium", *FLAGS, f"--user-data-dir={folder}/data", *options, page.as_uri()],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env={**os.environ, "HOME": folder}, timeout=50, check=False)
        if done.returncode != 0:
            raise SystemExit(done.stderr.decode(errors="replace"))
        return done.stdout.decode("utf-8", "replace")
