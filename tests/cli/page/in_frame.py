#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""in_frame PAGE WIDTH [PAGE WIDTH]...: prints, as JSON, how Chromium lays each page out in a frame of that width.

A headless window has a least width, a frame has none. The frame's document is part of the wrapper
(srcdoc), so that the wrapper's script may measure it; it keeps its own Content-Security-Policy."""

import html
import json
import re
import sys

from browser import chromium

MEASURE = """
function measure(frame) {
    const page = frame.contentDocument, root = page.documentElement;
    const wide = [];
    for (const node of page.body.querySelectorAll("*")) {
        const box = node.getBoundingClientRect();
        if (box.right > frame.clientWidth + 0.5 && !node.closest(".scroll"))
            wide.push(node.tagName + " " + node.textContent.slice(0, 40));
    }
    const region = page.querySelector(".scroll"), head = region && region.querySelector("tbody th");
    const before = head && head.getBoundingClientRect().left;
    if (region)
        region.scrollLeft = 1000;
    return {
        width: root.scrollWidth, frame: frame.clientWidth, wide: wide.slice(0, 5),
        scrolls: region ? region.scrollLeft : 0,
        stays: !head || head.getBoundingClientRect().left === before,
        scripts: page.scripts.length, ran: Boolean(frame.contentWindow.ran || window.ran),
        text: page.body.innerText.length, title: page.title,
    };
}
addEventListener("load", () => {
    document.querySelector("pre").textContent =
        JSON.stringify([...document.querySelectorAll("iframe")].map(measure));
});
"""


def main():
    frames = ""
    for name, width in zip(sys.argv[1::2], sys.argv[2::2]):
        page = html.escape(open(name, encoding="utf-8").read())
        frames += f'<iframe width="{width}" height="740" style="border:0" srcdoc="{page}"></iframe>'
    wrapper = f'<!DOCTYPE html><meta charset="utf-8"><pre></pre>{frames}<script>{MEASURE}</script>'
    dom = chromium(wrapper, "--dump-dom")
    found = re.search("<pre>(.+?)</pre>", dom)
    assert found, "the browser measured nothing"
    print(json.dumps({"frames": json.loads(html.unescape(found.group(1)))}))


main()
