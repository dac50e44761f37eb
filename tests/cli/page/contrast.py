#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""contrast PAGE: fails where a text of the page has less contrast to what it stands on than WCAG 2 AA asks: 4.5,
in the light, the dark and the printed scheme."""

import re
import sys

# What stands on what.
PAIRS = [(ink, ground) for ground in ("paper", "wash") for ink in ("ink", "soft", "group", "any")] + [
    (ink, ground) for word, ground in (("bad", "bad-wash"), ("warn", "warn-wash"), ("group", "note-wash"))
    for ink in (word, "ink")]


def luminance(colour):
    parts = [int(part * (2 if len(part) == 1 else 1), 16) / 255
             for part in re.findall(".." if len(colour) == 7 else ".", colour[1:])]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def main():
    text = open(sys.argv[1], encoding="utf-8").read()
    schemes = [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+|none)", block))
               for block in re.findall(r":root \{(.*?)\}", text, re.DOTALL)]
    assert len(schemes) == 3, f"{len(schemes)} schemes"
    least = 21
    for number, scheme in enumerate(schemes):
        for ink, ground in PAIRS:
            under = scheme[ground] if scheme[ground] != "none" else scheme["paper"]
            light, dark = sorted((luminance(scheme[ink]), luminance(under)), reverse=True)
            ratio = (light + 0.05) / (dark + 0.05)
            assert ratio >= 4.5, f"{ink} on {ground}, scheme {number}: {ratio:.2f}"
            least = min(least, ratio)
    print(f"least {least:.2f}")


main()
