"""Web links: those of a text in Markdown, with what is wrong with one that cannot be followed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from engine import asset

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = "links.md"
"""Of the assets: the links of the notes on the Conformer, as they came to us."""
_BEGINS = re.compile(r"\[([^\[\]]*)\]\(")
_URL = re.compile(r"https?://[^\s()\[\]<>]+")
_HEAD = re.compile(r"^[\s#>*+-]*(?:\d+[.)]\s*)?(.*?)[:\s]*$")


@dataclass(frozen=True)
class WebLink:
    """A link in a line: what it is about, where it leads, and why it cannot be followed ("" if it can)."""

    line: int
    title: str
    url: str
    fault: str = ""


def read() -> tuple[WebLink, ...]:
    """Those of the assets."""
    return parse(asset.path(FILE).read_text(encoding="utf-8"))


def parse(text: str) -> tuple[WebLink, ...]:
    """Every link of a text in Markdown; one within another is a single, malformed one."""
    return tuple(link for number, line in enumerate(text.splitlines(), 1) for link in _of(line, number))


def _of(line: str, number: int) -> Iterator[WebLink]:
    place = 0
    while found := _BEGINS.search(line, place):
        stop = _closing(line, found.end())
        target = line[found.end() : stop].strip()
        head = _HEAD.match(line[place : found.start()])
        title = (head[1] if head else "") or found[1]
        place = stop + 1
        inner = _URL.search(target)
        fault = _fault(target, closed=stop < len(line))
        yield WebLink(number, title, target if not fault else (inner[0] if inner else ""), fault)


def _closing(line: str, start: int) -> int:
    """Where the parenthesis closes that was opened before `start`; the end of the line if it does not."""
    depth = 1
    for place in range(start, len(line)):
        depth += (line[place] == "(") - (line[place] == ")")
        if not depth:
            return place
    return len(line)


def _fault(target: str, closed: bool) -> str:
    """What is wrong with the target of a link. One to a heading or a file of ours is none of the web, and well."""
    if not closed:
        return "its parenthesis is never closed"
    if _BEGINS.search(target):
        return "a link stands within its target"
    if not target:
        return "it leads nowhere"
    if re.search(r"\s", target):
        return "there is a space in its target"
    if "://" in target or target.startswith("//"):
        parts = urlsplit(target)
        if parts.scheme not in ("http", "https"):
            return f"it begins with {parts.scheme or 'nothing'}, not with https"
        if "." not in parts.netloc.strip("."):
            return "it names no host"
    return ""
