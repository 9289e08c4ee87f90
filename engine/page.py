"""The page of a lesson: Markdown with LaTeX, read from assets/lessons and taken apart into what is drawn.

Beside Markdown a page may have, each on a line of its own,
    [[step NAME]]  the card of a step of the lesson,
    [[pair NAME]]  a computation in NumPy and in torch, side by side (engine/pairs),
    [[table NAME]] a table made from what the code declares (engine/tables.py),
and these links: code:FILE#TEXT a line of engine/scratch/FILE, numbers:NAME a live number of the lesson,
term:NAME the glossary, view:NAME a lane or panel; a space is written ~ there.
"""

from __future__ import annotations

import re
import textwrap
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import numpy as np

from engine import asset, catalog, formula, refs, tables
from engine.lessons.lesson import Lesson, Page, Pair, Place, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FOLDER = "lessons"
OPEN, CLOSE = "\ue000", "\ue001"
"""They stand around the number of a formula in the Markdown of a Text."""
_MATH = re.compile(r"\$\$(.+?)\$\$|\$([^$\n]+?)\$", re.DOTALL)
_PLACE = re.compile(r"^\[\[(step|pair) (.+?)\]\]$", re.MULTILINE)
_TABLE = re.compile(r"^\[\[table (.+?)\]\]$", re.MULTILINE)
_LINK = re.compile(r"\]\((code|numbers|term|view):([^)\s]+)\)")


class PageError(ValueError):
    """A page that cannot be read; the message names the file and what is wrong."""


@dataclass(frozen=True)
class Term:
    """An entry of the glossary: `views` are the lanes and panels in which it can be seen."""

    name: str
    about: str
    symbols: tuple[str, ...] = ()
    views: tuple[str, ...] = ()

    @property
    def plain(self) -> str:
        """What it means, without Markdown."""
        return re.sub(r"[*$\\]", "", self.about)


def spaced(text: str) -> str:
    """What a link means: a space is written ~ there, and a bracket %28."""
    return unquote(text).replace("~", " ")


def lessons() -> tuple[Lesson, ...]:
    """All lessons by their numbers."""
    found = [catalog.load(FOLDER, name).LESSON for name in catalog.names(FOLDER)]
    return tuple(sorted(found, key=lambda each: each.number))


def find(number: int) -> Lesson:
    """Raises LookupError, which names the numbers there are."""
    for each in lessons():
        if each.number == number:
            return each
    raise LookupError(f"there is no lesson {number}; there are: 1 to {len(lessons())}")


def source(lesson: Lesson) -> str:
    """The Markdown of a lesson, its tables and pairs filled in. Raises PageError."""
    return "\n".join(
        f"[[step {piece.step}]]\n"
        if isinstance(piece, Place)
        else piece
        if isinstance(piece, str)
        else _below(piece)
        for piece in pieces(lesson)
    )


def read(lesson: Lesson) -> Page:
    """The page with its equations drawn. Raises PageError and FormulaError."""
    return Page(lesson, tuple(_text(piece) if isinstance(piece, str) else piece for piece in pieces(lesson)))


def pieces(lesson: Lesson) -> Iterator[str | Place | Pair]:
    """Stretches of Markdown, its tables filled in, and what stands between them. Raises PageError."""
    path = asset.path(FOLDER, f"{lesson.file}.md")
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PageError(f"{path}: {error.strerror}") from error
    split = iter(_PLACE.split(_TABLE.sub(lambda match: tables.markdown(match[1]), text)))
    yield next(split)
    for kind, name, following in zip(split, split, split, strict=True):
        yield Place(lesson.step(name).name) if kind == "step" else _pair(name)
        if following.strip():
            yield following
    if read_on := refs.section(lesson.number):
        yield read_on


def equations(markdown: str) -> tuple[str, ...]:
    """The LaTeX of every equation, in order."""
    return tuple((shown or inline).strip() for shown, inline in _MATH.findall(markdown))


def links(markdown: str) -> tuple[tuple[str, str], ...]:
    """(kind, target) of every link of ours."""
    return tuple(_LINK.findall(markdown))


def terms(words: str) -> tuple[Term, ...]:
    """Entries of the glossary that are named in a text, in the order in which they are."""
    found = []
    for term in glossary():
        same = re.IGNORECASE if term.name.islower() else re.NOFLAG
        if place := re.search(rf"\b{re.escape(term.name)}\b", words, same):
            found.append((place.start(), term))
    return tuple(term for _, term in sorted(found, key=lambda each: each[0]))


def glossary() -> tuple[Term, ...]:
    """Every concept and symbol of the lessons, by name."""
    with asset.path(FOLDER, "glossary.toml").open("rb") as file:
        entries = tomllib.load(file)
    terms = (
        Term(name, each["about"], tuple(each.get("symbols", ())), tuple(each.get("views", ())))
        for name, each in entries.items()
    )
    return tuple(sorted(terms, key=lambda each: each.name))


def scratch_lines(target: str) -> tuple[Path, int, tuple[str, ...]]:
    """Of "FILE#TEXT": the file in engine/scratch, the last line with that text (from 1), and all its lines.

    The last one, as the formulas stand above the code too. Raises PageError where there is none.
    """
    name, _, text = target.partition("#")
    path = catalog._directory("scratch") / name
    if not path.is_file():
        raise PageError(f"engine/scratch has no {name}")
    lines = tuple(path.read_text(encoding="utf-8").splitlines())
    wanted = spaced(text)
    for number in range(len(lines), 0, -1):
        if wanted in lines[number - 1]:
            return path, number, lines
    raise PageError(f"engine/scratch/{name} has no line with {wanted!r}")


def note(lesson: Lesson | None, kind: str, target: str) -> Text:
    """What a link asks for, as a text: an entry of the glossary, a stretch of code, or live numbers.

    Raises PageError, which names what there is not.
    """
    if kind == "term":
        return _text(_explained(spaced(target)))
    if kind == "code":
        return _text(_quoted(target))
    if kind == "numbers" and lesson is not None and lesson.numbers is not None:
        return _text(_printed(lesson.numbers(), spaced(target)))
    raise PageError(f"this page has no {kind} of {target}")


def _explained(name: str) -> str:
    for term in glossary():
        if term.name == name:
            shown = ", ".join(f"[{each}](view:{each})" for each in term.views)
            symbols = f" ({', '.join(f'${each}$' for each in term.symbols)})" if term.symbols else ""
            return f"**{name}**{symbols}: {term.about}\n\nTo be seen in: {shown}"
    raise PageError(f"the glossary has no {name!r}")


def _quoted(target: str) -> str:
    """The line, with a few around it."""
    path, number, lines = scratch_lines(target)
    first, last = max(1, number - 4), min(len(lines), number + 4)
    width = len(str(last))
    shown = textwrap.dedent("\n".join(lines[first - 1 : last])).split("\n")
    quoted = (f"{'>' if n == number else ' '} {n:>{width}}  {line}" for n, line in enumerate(shown, first))
    return f"**engine/scratch/{path.name}**, line {number}\n\n```\n" + "\n".join(quoted) + "\n```"


def _printed(found: Mapping[str, Any], name: str) -> str:
    """A number or an array of the worked example."""
    if name not in found:
        raise PageError(f"the worked example has no {name!r}; it has: {', '.join(found)}")
    value = np.asarray(found[name])
    shape = f", shape {' x '.join(map(str, value.shape))}" if value.ndim else ""
    with np.printoptions(precision=4, suppress=True, linewidth=64):
        return f"**{name}**{shape}, in the worked example of this lesson\n\n```\n{value}\n```"


def _pair(name: str) -> Pair:
    """Measured as it is read. Raises PageError."""
    from engine.pairs.pair import pair

    try:
        return pair(name)
    except catalog.UnknownLeaf as error:
        raise PageError(str(error)) from error


def _below(pair: Pair) -> str:
    """The two sides one below the other, where there is no room for them side by side."""
    sides = (("NumPy", pair.numpy), ("torch", pair.torch))
    shown = "\n\n".join(f"**{name}**\n\n```python\n{code}\n```" for name, code in sides)
    return f"{pair.about}.\n\n{shown}\n\n{pair.told}\n"


def _text(markdown: str) -> Text:
    """Each formula is drawn, and becomes a mark; one that is shown is a paragraph of its own."""
    found = []

    def mark(match: re.Match[str]) -> str:
        shown, inline = match.groups()
        latex = " ".join((shown or inline).split())
        found.append(formula.draw(rf"\displaystyle {latex}" if shown else latex))
        number = f"{OPEN}{len(found) - 1}{CLOSE}"
        return f"\n\n{number}{OPEN}{CLOSE}\n\n" if shown else number

    return Text(_MATH.sub(mark, markdown.strip()), tuple(found))
