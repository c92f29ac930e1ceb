"""A page of the report taken apart: its elements, its text, what on it could act."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = {"meta", "input", "br", "hr", "img", "link"}


class Tree(HTMLParser):
    """The page as a list of (tag, attributes, ancestors), its text, and whether it is balanced."""

    def __init__(self, markup):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.unbalanced = [], [], []
        self.inline = {"style": [], "script": []}
        self.pieces = []
        self.feed(markup)
        self.close()
        self.unbalanced += self.open

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes), tuple(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data):
        if self.open and self.open[-1] in self.inline:
            self.inline[self.open[-1]].append(data)
        else:
            self.pieces.append(data)

    @property
    def text(self):
        return " ".join(self.pieces)

    def of(self, *tags):
        return [(tag, attributes) for tag, attributes, _ in self.elements if tag in tags]

    def attribute(self, name):
        return [attributes[name] for _, attributes, _ in self.elements if name in attributes]


def active(parsed):
    """Everything on a page that could act or load, as text; empty on a page that cannot."""
    found = [
        f"<{tag}>"
        for tag, _ in parsed.of("img", "link", "iframe", "object", "embed", "base", "audio", "video")
    ]
    found += [f"<{tag}>" for tag in ("style", "script") if len(parsed.of(tag)) != 1]
    for tag, attributes, _ in parsed.elements:
        found += [
            f"{tag} {name}"
            for name in attributes
            if name.startswith("on") or name in ("style", "src", "action")
        ]
        found += [
            f"{tag} {name}={attributes[name]}"
            for name in attributes
            if "href" in name and attributes[name][:1] != "#"
        ]
        if attributes.get("http-equiv", "").lower() == "refresh":
            found.append("refresh")
    return found


KEPT = {"verdict", "expected", "group", "kind", "right_verdict", "tool", "stratum"}


def poisoned(value, payload, key=""):
    """Return a record with ``payload`` in every text that the schema leaves free."""
    if isinstance(value, dict):
        names = key in ("inputs", "functions", "versions")
        return {
            (payload + name if names else name): poisoned(item, payload, name) for name, item in value.items()
        }
    if isinstance(value, list):
        return [poisoned(item, payload, key) for item in value]
    free = isinstance(value, str) and value not in ("nan", "inf", "-inf") and key not in KEPT - {"stratum"}
    if key == "kind" and value not in ("derivative", "value", "shape"):
        free = True
    return (payload + value if payload else "") if free else value


def squeezed(markup):
    return re.sub(r"\s+", " ", Tree(markup).text)
