#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""on_paper PAGE...: prints pages on A4 with Chromium, one behind the other; fails where a word lies beyond the margins, or a service of
the matrix is not on paper."""

import html
import pathlib
import re
import subprocess
import sys
import tempfile

from browser import chromium

A4 = 595, 842  # points
MARGIN = 15 / 25.4 * 72


def main():
    text, *more = [pathlib.Path(name).read_text(encoding="utf-8") for name in sys.argv[1:]]
    text = text.replace("</body>", "".join(re.findall("<main>.*</main>", "".join(more), re.DOTALL)) + "</body>")
    with tempfile.TemporaryDirectory() as folder:
        paper = f"{folder}/page.pdf"
        chromium(text, "--no-pdf-header-footer", f"--print-to-pdf={paper}")
        boxes = subprocess.run(["pdftotext", "-bbox", paper, "-"], stdout=subprocess.PIPE, check=True)
        plain = subprocess.run(["pdftotext", paper, "-"], stdout=subprocess.PIPE, check=True)
    pages = re.findall(r'<page width="([\d.]+)" height="([\d.]+)">', boxes.stdout.decode())
    assert pages, "no page was printed"
    for width, height in pages:
        assert abs(float(width) - A4[0]) < 2 and abs(float(height) - A4[1]) < 2, f"{width} x {height}"
    for left, right, word in re.findall(r'xMin="([\d.-]+)" yMin="[\d.-]+" xMax="([\d.]+)" yMax="[\d.]+">([^<]*)',
                                        boxes.stdout.decode()):
        # The sign behind a shared counter stands in the margin. A box is of the font, not of the ink.
        assert float(left) >= MARGIN - 3 and float(right) <= A4[0] - MARGIN + (8 if word == "†" else 3), \
            f"'{word}' at {left} to {right}"
    words = "".join(plain.stdout.decode().split())
    names = re.findall(r'<a href="#s\d+">(.*?)</a>', text)
    for name in names:
        name = html.unescape(re.sub("<[^>]*>", "", name))
        assert "".join(name.split()) in words, f"{name} is not on paper"
    print(f"{len(pages)} pages, {len(names)} services")


main()
