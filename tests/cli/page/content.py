#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""content PAGE POLICY...: what a page of `portguard report` says, against what `portguard show --json` says.

The first POLICY is of show, whose services and scopes the matrix must have, cell by cell, and whose outbound
services the section on egress. A second one is of status, whose counters the page must have. Also: the page
loads nothing, holds no script, and no element that is not known to be harmless."""

import html.parser
import json
import re
import sys

HARMLESS = """html head meta title style body main header section article footer h1 h2 h3 p div span strong em b i
code a ul li dl dt dd table caption thead tbody tr th td sup br time""".split()
VOID = ("meta", "br")


class Node:
    def __init__(self, tag, attributes, parent):
        self.tag, self.parent = tag, parent
        self.attributes = dict(attributes)
        self.children = []

    def text(self):
        return "".join(c if isinstance(c, str) else c.text() for c in self.children)

    def all(self, tag=None, **attributes):
        for child in self.children:
            if isinstance(child, str):
                continue
            if tag in (None, child.tag) and all(value in child.attributes.get(name, "").split()
                                                for name, value in attributes.items()):
                yield child
            yield from child.all(tag, **attributes)


class Tree(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.root = self.at = Node("", {}, None)
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        node = Node(tag, attrs, self.at)
        self.at.children.append(node)
        if tag not in VOID:
            self.at = node

    def handle_endtag(self, tag):
        assert self.at.tag == tag, f"<{self.at.tag}> is ended by </{tag}>"
        self.at = self.at.parent

    def handle_data(self, data):
        self.at.children.append(data)


def ports_of(service):
    if service["ports"] != "any":
        return f"{service['protocol']}/{service['ports']}"
    return f"protocol/{service['protocol']}"


def expected(policy, direction):
    """{(service, ports): scopes}, and {(service, ports): packets} where they are counted."""
    scopes, packets = {}, {}
    for service in policy["services"]:
        if service["direction"] != direction:
            continue
        for name in service["services"]:
            key = name, ports_of(service)
            scopes[key] = set(service["from" if direction == "in" else "to"].split(", "))
            packets[key] = service.get("packets")
    return scopes, packets


def matrix(root):
    """{(service, ports): scopes}, and {service and its ports of one row: number}"""
    found, counts = {}, {}
    for table in root.all("table", **{"class": "matrix"}):
        heads = [th.attributes.get("data-scope") for th in next(table.all("thead")).all("th")]
        assert all(th.attributes["scope"] == "col" for th in next(table.all("thead")).all("th"))
        assert table.children and next(table.all("caption")).text()
        for row in next(table.all("tbody")).all("tr"):
            name = next(row.all("a")).text()
            assert next(row.all("th")).attributes["scope"] == "row"
            keys = [(name, code.text()) for code in row.all("code")]
            cells = [next(row.all("th"))] + list(row.all("td"))
            assert len(cells) == len(heads), f"{name}: {len(cells)} cells, {len(heads)} columns"
            marks = {}
            for head, cell in zip(heads, cells):
                if head is None:
                    if cell.tag == "td":
                        counts[tuple(keys)] = int(cell.text().rstrip("†").replace(",", ""))
                    continue
                marks[head] = cell.text()
                assert marks[head] in (("◆", "") if head == "any" else ("●", "○", "")), f"{name} {head}"
            for key in keys:
                found.setdefault(key, {}).update(marks)
    for key, marks in found.items():
        is_any = marks.get("any") == "◆"
        assert all(is_any for mark in marks.values() if mark == "○"), f"{key}: open to anybody, or not?"
        assert not is_any or "" not in marks.values(), f"{key}: open to anybody, and refused?"
    return {key: {scope for scope, mark in marks.items() if mark in ("◆", "●")}
            for key, marks in found.items()}, counts


def outbound(root):
    found = {}
    for section in root.all("section", id="egress"):
        for article in section.all("article"):
            name = next(article.all("h3")).text()
            for item in article.all("li"):
                label = next(item.all("strong")).text()
                scopes = {{"anywhere": "any"}.get(part, part) for part in label.split(", ")}
                for code in next(item.all("p")).all("code"):
                    found[name, code.text()] = scopes
    return found


def check_harmless(root, text):
    for node in root.all():
        assert node.tag in HARMLESS, f"<{node.tag}>"
        for name, value in node.attributes.items():
            assert not name.startswith("on") and name not in ("src", "srcset", "style", "action"), f"{node.tag} {name}"
            assert name != "href" or re.fullmatch(r"#[so][0-9]+", value), f"{node.tag} {name}={value}"
    style = next(root.all("style")).text()
    assert not re.search(r"url\(|@import|https?:|//", style), "the style sheet loads something"
    policy = [meta.attributes["content"] for meta in root.all("meta")
              if meta.attributes.get("http-equiv") == "Content-Security-Policy"]
    assert len(policy) == 1 and policy[0].startswith("default-src 'none'; style-src 'unsafe-inline'"), policy
    assert not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text), "a control character"
    targets = {node.attributes["id"] for node in root.all() if "id" in node.attributes}
    for link in root.all("a"):
        assert link.attributes["href"][1:] in targets, f"a link to nowhere: {link.attributes['href']}"


def compare(what, found, wanted):
    for key in sorted(found.keys() | wanted.keys()):
        assert found.get(key) == wanted.get(key), f"{what} {key}: {found.get(key)}, expected {wanted.get(key)}"


def main():
    text = open(sys.argv[1], encoding="utf-8").read()
    show, *rest = [json.load(open(name, encoding="utf-8")) for name in sys.argv[2:]]
    root = Tree(text).root
    check_harmless(root, text)
    cells, counts = matrix(root)
    compare("matrix", cells, expected(show, "in")[0])
    compare("egress", outbound(root), expected(show, "out")[0])
    assert bool(counts) == bool(rest and cells), "what is not enforced has no counters"
    for status in rest:
        packets = expected(status, "in")[1]
        for keys, count in counts.items():
            assert count == sum(packets[key] for key in keys), f"{keys}: {count} connections"
        figures = [int(b.text().replace(",", "")) for b in next(root.all("ul", **{"class": "figures"})).all("b")]
        once = sum(s["packets"] for s in status["services"] if s["direction"] == "in")
        assert figures[2:] == [once, status["denied"]["packets"]], f"figures: {figures}"
    print(f"{len(cells)} rows of {len(text.encode())} bytes")


main()
