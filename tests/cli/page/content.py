#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""content PAGE POLICY...: what a page of `portguard report` says, against what `portguard show --json` says.

The first POLICY is of show, whose services and scopes the matrix must have, cell by cell, and whose outbound
services the section on egress. A second one is of status, whose counters the page must have. Also: the page
loads nothing, holds no script, and no element that is not known to be harmless."""

import html.parser
import ipaddress
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
                assert marks[head] in (("◆", "○", "") if head == "any" else ("●", "○", "◐", "?", "")), f"{name} {head}"
            for key in keys:
                found.setdefault(key, {}).update(marks)
    for key, marks in found.items():
        is_any = marks.get("any") == "◆"
        assert not is_any or {"◆", "●", "○"}.issuperset(marks.values()), f"{key}: open to anybody, and refused?"
    return {key: {scope for scope, mark in marks.items() if mark in ("◆", "●")}
            for key, marks in found.items()}, counts, found


def ranges_of(service):
    """[(version, first, last)] that are disjoint; None where not all are listed, or interfaces are among them."""
    if service["interfaces"] or service["addresses_total"] > len(service["addresses"]):
        return None
    ranges = []
    for text in service["addresses"]:
        if "-" in text:
            first, last = (ipaddress.ip_address(part) for part in text.split("-"))
        else:
            network = ipaddress.ip_network(text)
            first, last = network[0], network[-1]
        ranges.append((first.version, int(first), int(last)))
    return ranges


def extent(of, by):
    """The mark of a scope that is not named, counted address by address."""
    inside = sum(max(0, min(a[2], b[2]) - max(a[1], b[1]) + 1) for a in of for b in by if a[0] == b[0])
    return "" if inside == 0 else "○" if inside == sum(last - first + 1 for _, first, last in of) else "◐"


def check_extents(policy, marks):
    """What the cells say of scopes that are not named, where show has all the addresses of both. How many those are."""
    scopes, checked = {}, 0
    services = [service for service in policy["services"] if service["direction"] == "in"]
    for service in services:
        scopes[service["from"]] = ranges_of(service)
    for service in services:
        by = ranges_of(service)
        for name in service["services"]:
            for scope, mark in marks[name, ports_of(service)].items():
                if scope == "any" or service["from"] == "any" or scope in service["from"].split(", "):
                    continue
                if by is not None and scopes.get(scope) is not None:
                    wanted = extent(scopes[scope], by)
                    assert mark == wanted, f"{name} {ports_of(service)} {scope}: {mark!r}, expected {wanted!r}"
                    checked += 1
    return checked


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
    cells, counts, marks = matrix(root)
    compare("matrix", cells, expected(show, "in")[0])
    checked = check_extents(show, marks)
    compare("egress", outbound(root), expected(show, "out")[0])
    assert bool(counts) == bool(rest and cells), "what is not enforced has no counters"
    for status in rest:
        packets = expected(status, "in")[1]
        for keys, count in counts.items():
            assert count == sum(packets[key] for key in keys), f"{keys}: {count} connections"
        figures = [int(b.text().replace(",", "")) for b in next(root.all("ul", **{"class": "figures"})).all("b")]
        once = sum(s["packets"] for s in status["services"] if s["direction"] == "in")
        assert figures[2:] == [once, status["denied"]["packets"]], f"figures: {figures}"
    print(f"{len(cells)} rows of {len(text.encode())} bytes, {checked} cells counted out")


main()
