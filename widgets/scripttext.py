"""A script that is read aloud, as words: read, heard as others, not heard, added, passed over, still to come."""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from typing import TYPE_CHECKING

from widgets import theme
from widgets.flow import Look, Piece

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFont

    from engine.script import Reading

SIGNS = {"substitute": "≠", "delete": "\N{MINUS SIGN}", "insert": "+"}
HERE = "\N{BLACK RIGHT-POINTING SMALL TRIANGLE}"
_KINDS = {"": "ahead", "equal": "said", "substitute": "wrong", "delete": "missing", "left": "left"}


@dataclass(frozen=True)
class Stretch:
    """A paragraph of a script: its words, and what became of each."""

    words: tuple[Piece, ...]


class Stretches:
    """Makes items for a Reader of a script, the same ones as long as nothing in them changes."""

    def __init__(self) -> None:
        self._before: list[Stretch] = []
        self._reading: Reading | None = None
        self.current = 0, 0
        """The paragraph that is being read, and the word in it that comes next."""

    def items(self, reading: Reading | None) -> Sequence[Stretch]:
        if reading is None:
            self._before, self.current, self._reading = [], (0, 0), None
            return ()
        others = self._others(reading)
        found: list[Stretch] = []
        first = 0
        for paragraph in reading.script.paragraphs:
            place, last = len(found), first + len(paragraph)
            if others is None or bisect.bisect_left(others, first) < bisect.bisect_left(others, last):
                found.append(Stretch(tuple(_pieces(reading, paragraph, first))))
            else:
                found.append(self._before[place])
            if first <= reading.position < last or (reading.position >= last and last == len(reading.marks)):
                here = (k for k, piece in enumerate(found[-1].words) if piece.sign.startswith(HERE))
                self.current = place, next(here, len(found[-1].words) - 1)
            first = last
        self._before, self._reading = found, reading
        return found

    def _others(self, reading: Reading) -> list[int] | None:
        """The words, in order, of which something else is shown than before; None where all is new."""
        before = self._reading
        if before is None or before.script is not reading.script:
            return None
        pairs = enumerate(zip(before.marks, reading.marks, strict=True))
        found = {place for place, (one, other) in pairs if one != other}
        for old, new in ((before.instead, reading.instead), (before.added, reading.added)):
            found |= {place for place, _ in old.items() ^ new.items()}
        last = len(reading.marks) - 1
        return sorted({min(place, last) for place in (*found, before.position, reading.position)})


def _pieces(reading: Reading, paragraph: tuple[str, ...], first: int) -> list[Piece]:
    """What was heard instead stands behind a word, what was added before the one that it came before."""
    found: list[Piece] = []
    for place, word in enumerate(paragraph, first):
        if (more := reading.added.get(place)) is not None:
            found.append(Piece(more, "added", f"{SIGNS['insert']}\N{NO-BREAK SPACE}"))
        mark = reading.marks[place]
        here = f"{HERE}\N{NO-BREAK SPACE}" if place == reading.position else ""
        sign = f"{SIGNS[mark]}\N{NO-BREAK SPACE}" if mark in SIGNS else here
        found.append(Piece(word, _KINDS[mark], sign))
        if (heard := reading.instead.get(place)) is not None:
            found.append(Piece(f"({heard})", "heard"))
    last = first + len(paragraph)
    if last == len(reading.marks) and (more := reading.added.get(last)) is not None:
        found.append(Piece(more, "added", f"{SIGNS['insert']}\N{NO-BREAK SPACE}"))
    return found


def look(face: QFont) -> Look:
    """Errors have a sign and a line as well as a colour."""
    palette = theme.current()
    inks = {
        "ahead": "muted", "said": "text", "wrong": "bad", "heard": "bad", "missing": "warn", "added": "bad",
        "left": "faint",
    }  # fmt: skip
    return Look(
        face,
        {kind: palette.colour(name) for kind, name in inks.items()},
        {"wrong": "wave", "added": "dash", "missing": "dot"},
        frozenset({"missing", "left"}),
    )
