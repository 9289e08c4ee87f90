"""Made-up captions for tests of what shows them."""

from __future__ import annotations

import random
from dataclasses import replace

from engine.captions import Captions, Line
from engine.recognisers.recogniser import Word

RTL = "שלום לכולם וברוכים הבאים", "مرحبا بكم جميعا في هذا المساء"
COMBINING = "e\u0301lan o\u0308l n\u0303andu z\u0353\u0324\u0301algo"
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen"


def words(text: str, begin: float = 0.0, confidence: float | None = 0.9) -> tuple[Word, ...]:
    """A word each 0.4 s."""
    found = enumerate(text.split())
    return tuple(Word(begin + 0.4 * k, begin + 0.4 * k + 0.35, each, confidence) for k, each in found)


def said(*lines: str, now: str = "", tentative: str = "", **more: object) -> Captions:
    """Finished lines, and the one that is being said."""
    made = tuple(Line(words(text, 10.0 * k)) for k, text in enumerate(lines))
    begin = 10.0 * len(lines)
    rest = words(tentative, begin + 0.4 * len(now.split()))
    return replace(Captions(made, words(now, begin), rest, begin + 9.0), **more)  # type: ignore[arg-type]


def hour(count: int = 9000, seed: int = 0) -> Captions:
    """So many words in lines of about ten."""
    rng = random.Random(seed)
    letters = "abcdefghijklmnopqrstuvwxyz"
    lines: list[Line] = []
    while count > 0:
        many = rng.randint(3, 17)
        text = " ".join("".join(rng.choices(letters, k=rng.randint(1, 9))) for _ in range(many))
        lines.append(Line(words(text, 4.0 * len(lines))))
        count -= many
    return Captions(tuple(lines), heard=3600.0)
