"""The licences of files by a machine-readable debian/copyright, and what may be done with them."""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FREE = re.compile(
    r"(CC0|CC-0|PD|public-domain|CC-BY(-SA)?-[234]|CC-(BY-)?SA(-BY)?-[34]|Expat|MIT|BSD|Apache|Zlib|ISC|WTFPL|X11)",
    re.I,
)
COPYLEFT = re.compile(r"L?GPL", re.I)


def _tails(path: str, least: int) -> Iterator[str]:
    parts = path.removeprefix("./").split("/")
    for first in range(max(len(parts) - least, 0) + 1):
        yield "/".join(parts[first:])


def _covers(pattern: str, path: str) -> bool:
    """Whether a pattern of debian/copyright means the installed file: the source's upper folders may differ."""
    ends = list(_tails(path, 1))
    return any(fnmatch.fnmatchcase(end, tail) for tail in _tails(pattern, 2) for end in ends)


def licences(copyright_text: str) -> list[tuple[list[str], str, str]]:
    """The paragraphs `Files` of a machine-readable debian/copyright: patterns, licence, who."""
    found = []
    for paragraph in re.split(r"\n[ \t]*\n", copyright_text):
        fields: dict[str, str] = {}
        key = ""
        for line in paragraph.splitlines():
            if match := re.match(r"([A-Za-z-]+):(.*)", line):
                key = match[1].lower()
                fields[key] = match[2].strip()
            elif key:
                fields[key] += "\n" + line.strip()
        if "files" in fields and "license" in fields:
            who = " ".join(fields.get("copyright", "").split())
            found.append((fields["files"].split(), fields["license"].split("\n")[0].strip(), who))
    return found


def licence_of(path: str, paragraphs: list[tuple[list[str], str, str]]) -> tuple[str, str]:
    """Licence and author of a file: the last paragraph that covers it, as the format says; empty if none does."""
    for patterns, licence, who in reversed(paragraphs):
        if any(_covers(pattern, path) for pattern in patterns):
            return licence, who
    return "", ""


def group(licence: str) -> str | None:
    """The end of the folder's name: empty for free licences, _gpl for copyleft ones of code, None to leave out."""
    for choice in re.split(r",?\s+or\s+", licence):
        if all(FREE.match(each) for each in re.split(r",?\s+and\s+", choice)):
            return ""
    return "_gpl" if COPYLEFT.search(licence) else None
