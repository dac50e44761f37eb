#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""loads PAGE: puts a script and pictures into a page, as if the escaping had failed, and opens it in Chromium.

Fails where anything is loaded or runs; and where nothing is in a frame without the page's
Content-Security-Policy, since the test could not see it then."""

import html
import http.server
import re
import sys
import threading

from browser import chromium

asked = []


class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(self.path)
        self.send_response(404)
        self.end_headers()

    def log_message(self, *_):
        pass


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    text = open(sys.argv[1], encoding="utf-8").read()
    frames = ""
    for name, page in (("with", text), ("without", re.sub("<meta http-equiv=[^>]*>", "", text))):
        there = f"http://127.0.0.1:{server.server_port}/{name}"
        page = page.replace("</body>", f"""<script>top.document.title += " {name}"</script>
            <img src="{there}/picture" alt=""><script src="{there}/script"></script>
            <link rel="stylesheet" href="{there}/style"><p style="background: url({there}/ground)">x</p></body>""")
        frames += f'<iframe srcdoc="{html.escape(page)}"></iframe>'
    dom = chromium(f"<!DOCTYPE html><title>ran:</title>{frames}", "--dump-dom")
    ran = re.search("<title>(.*?)</title>", dom).group(1)
    without = {f"/without/{what}" for what in ("picture", "script", "style", "ground")}
    assert set(asked) == without and ran == "ran: without", f"loaded: {sorted(asked)}, {ran}"


main()
