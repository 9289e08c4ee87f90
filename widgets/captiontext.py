"""Captions as paragraphs of words: what is settled, what may still change, what is doubtful or was corrected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from widgets import theme
from widgets.flow import Look, Piece

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PySide6.QtGui import QFont

    from engine.captions import Captions, Line
    from engine.recognisers.recogniser import Word

DOUBTFUL = 0.5
"""Words of less confidence are underlined."""
GONE = "\N{ZERO WIDTH SPACE}"


@dataclass(frozen=True, eq=False)
class Current:
    """The line that is being said: its words that are committed, and those that are not."""

    words: tuple[Word, ...]
    tentative: tuple[Word, ...]


class Paragraphs:
    """Makes items for a Reader of captions, the same ones as long as nothing in them changes.

    `plain`: for an audience, without marks of doubt or of corrections.
    """

    def __init__(self, plain: bool = False) -> None:
        self.plain = plain
        self._current = Current((), ())
        self._texts: Mapping[tuple[float, str], str] = {}
        self._lines: tuple[tuple[Line, ...], tuple[Line, ...]] = (), ()

    def items(self, captions: Captions | None) -> Sequence[Line | Current]:
        """Finished lines, and the one that is being said."""
        if captions is None:
            return ()
        if (captions.words, captions.tentative) != (self._current.words, self._current.tentative):
            self._current = Current(captions.words, captions.tentative)
        if captions.lines is not self._lines[0]:
            self._lines = captions.lines, tuple(each for each in captions.lines if each.words)
        lines = self._lines[1]
        return (*lines, self._current) if captions.words or captions.tentative else lines

    def correct(self, texts: Mapping[tuple[float, str], str]) -> bool:
        """What was corrected: the text of a word by its start and what it was. Whether that is new."""
        changed = texts != self._texts
        self._texts = texts
        return changed

    def pieces(self, item: Any) -> tuple[Piece, ...]:
        """A Piece for each word of an item."""
        tentative = item.tentative if isinstance(item, Current) else ()
        return (
            *(self._piece(each) for each in item.words),
            *(Piece(each.text, "tentative") for each in tentative),
        )

    def _piece(self, word: Word) -> Piece:
        text = self._texts.get((word.start, word.text))
        if text is not None:
            if self.plain:
                return Piece(text or GONE)
            return Piece(text, "corrected") if text else Piece(word.text, "gone")
        doubtful = word.confidence is not None and word.confidence < DOUBTFUL and not self.plain
        return Piece(word.text, "doubtful" if doubtful else "said")


def word_of(item: Line | Current, piece: int) -> Word | None:
    """The word that a piece of an item stands for; None for one that may still change."""
    return item.words[piece] if piece < len(item.words) else None


def look(face: QFont) -> Look:
    """Captions in the colours of the theme."""
    palette = theme.current()
    inks = {
        "said": "text", "tentative": "muted", "doubtful": "text", "corrected": "accent", "gone": "faint"
    }  # fmt: skip
    return Look(
        face,
        {kind: palette.colour(name) for kind, name in inks.items()},
        {"doubtful": "dot"},
        frozenset({"gone"}),
    )
