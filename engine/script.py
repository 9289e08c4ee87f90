"""A script that is read aloud: its words, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from engine import normaliser

if TYPE_CHECKING:
    from collections.abc import Mapping

Mark = Literal["", "equal", "substitute", "delete", "left"]
"""Of a word of the script: not read yet, read, heard as another, not heard, or passed over by a leap."""
LONGEST = 100_000
"""Words of the longest script."""


class ScriptError(ValueError):
    """A text that cannot be read aloud; the message says why."""


@dataclass(frozen=True)
class Script:
    """Paragraphs of words as they are written."""

    paragraphs: tuple[tuple[str, ...], ...]

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(word for each in self.paragraphs for word in each)


@dataclass(frozen=True, eq=False)
class Reading:
    """A script as far as it was read. Places count the words of the script."""

    script: Script
    marks: tuple[Mark, ...]
    instead: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    """What was heard where a word was heard as another."""
    added: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    """What was heard too many, before a word; behind the last one at len(marks)."""
    position: int = 0
    """The word that is to be read next."""
    substituted: int = 0
    deleted: int = 0
    inserted: int = 0
    read: int = 0
    """Words of the script that were passed, those left out by a leap not counted; the three before are errors in
    them. All four count words as the normaliser makes them."""
    normaliser: str = normaliser.DEFAULT

    @property
    def errors(self) -> int:
        return self.substituted + self.deleted + self.inserted

    @property
    def wer(self) -> float | None:
        """The word error rate of what was read; None before anything was."""
        return self.errors / self.read if self.read else None


def parse(text: str) -> Script:
    """Paragraphs are parted by empty lines, or where there are none by every line. Raises ScriptError."""
    if "\0" in text:
        raise ScriptError("this is no text; choose a file of plain text (.txt)")
    blocks = [block for block in text.replace("\r\n", "\n").split("\n\n") if block.split()]
    blocks = blocks if len(blocks) > 1 else text.splitlines()
    paragraphs = tuple(tuple(block.split()) for block in blocks if block.split())
    count = sum(map(len, paragraphs))
    if not any(normaliser.words(word) for each in paragraphs for word in each):
        raise ScriptError("there is no word in this text")
    if count > LONGEST:
        raise ScriptError(f"this text has {count} words; a script has at most {LONGEST}: split it")
    return Script(paragraphs)
