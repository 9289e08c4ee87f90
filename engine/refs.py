"""References: where methods and formulas come from, read from assets/refs.toml."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass

from engine import asset

FILE = "refs.toml"
UNVERIFIED = "unverified: we found no trace of it, and nothing here rests on it"


@dataclass(frozen=True)
class Ref:
    """One work: `lessons` show it, `cited` are the files that name it. What is `unverified` may not exist.

    `link` leads to somebody who explains it.
    """

    key: str
    title: str
    year: int
    topic: str
    authors: str = ""
    where: str = ""
    lessons: tuple[int, ...] = ()
    cited: tuple[str, ...] = ()
    unverified: bool = False
    link: str = ""

    @property
    def line(self) -> str:
        """As a list of works has it."""
        if self.unverified:
            return f'"{self.title}" ({self.year}): {UNVERIFIED}'
        more = f", explained: {self.link}" if self.link else ""
        return f"{self.authors} ({self.year}). {self.title}. {self.where}{more}"


@functools.cache
def read() -> tuple[Ref, ...]:
    """All of them, by topic and then by year."""
    with asset.path(FILE).open("rb") as file:
        entries = tomllib.load(file)
    found = []
    for key, entry in entries.items():
        lessons, cited = (tuple(entry.pop(name, ())) for name in ("lessons", "cited"))
        found.append(Ref(key, lessons=lessons, cited=cited, **entry))
    return tuple(sorted(found, key=lambda each: (each.unverified, each.topic, each.year, each.key)))


def section(lesson: int) -> str:
    """The end of a lesson's page, in Markdown; empty where nothing is to be read."""
    lines = [f"- {each.line}" for each in read() if lesson in each.lessons and not each.unverified]
    return "\n".join(["\n## Where it comes from\n", *lines, ""]) if lines else ""
