"""Recognising: every recogniser that there is, by name or by file."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine import catalog
from engine.recognisers.recogniser import RecogniserError

if TYPE_CHECKING:
    from types import ModuleType

    from engine.recognisers.recogniser import Recogniser

FOLDER = "recognisers"
_FIRST = ("moonshine", "whisper", "wav2vec2", "pocketsphinx")
"""The kinds that are asked for first where nobody chose: those that know any word, the usual one first."""


@dataclass(frozen=True)
class Choice:
    """A recogniser that can be chosen; `trouble` says in one line how to get one that is not there."""

    name: str
    title: str
    trouble: str = ""


def names() -> tuple[str, ...]:
    """All that are there by name, the usual one first."""
    return tuple(name for kind in _kinds() for name in kind.names())


def choices() -> tuple[Choice, ...]:
    """Those that are there, and of every kind of which none is there one line that says how to get it."""
    found = [Choice(name, title(name)) for name in names()]
    kinds = zip(_order(), _kinds(), strict=True)
    return (*found, *(Choice(name, kind.TITLE, why) for name, kind in kinds if (why := kind.absent())))


def default() -> str:
    """The one to be used where nobody chose. Raises RecogniserError where there is none."""
    if not names():
        raise RecogniserError(f"no recogniser is here: {_kinds()[0].absent()}")
    return names()[0]


def makeshift() -> str:
    """What there is to say where nobody chose and no recogniser of any word is there; else nothing."""
    if any(kind.names() for name, kind in zip(_order(), _kinds(), strict=True) if name in _FIRST) or not names():
        return ""
    usual = _kinds()[0]
    return f"{usual.TITLE}: {usual.absent()}. Until it is here, {title(default())} reads, with many errors."


def title(source: str | Path) -> str:
    """What a recogniser is called where people choose. Raises RecogniserError."""
    kind = _kind(source)
    if str(source) in kind.names():
        return str(kind.TITLE) if len(kind.names()) == 1 else f"{kind.TITLE} {source}"
    return f"{Path(source).stem} ({kind.TITLE})"


def build(source: str | Path = "") -> Recogniser:
    """One of the names, or what lies in a file or folder. Raises RecogniserError, with the way to get it."""
    built: Recogniser = _kind(source or default()).build(source or default())
    return built


def speak(recogniser: Recogniser, language: str) -> None:
    """Tell a recogniser of several languages which one it hears; "" leaves it to find out."""
    if hasattr(recogniser, "language"):
        recogniser.language = language


@functools.cache
def _order() -> tuple[str, ...]:
    kinds = catalog.names(FOLDER)
    return (*(name for name in _FIRST if name in kinds), *sorted(set(kinds) - set(_FIRST)))


@functools.cache
def _kinds() -> tuple[ModuleType, ...]:
    return tuple(catalog.load(FOLDER, name) for name in _order())


def _kind(source: str | Path) -> ModuleType:
    """The kind of a name, of a file, or the kind itself, which then says what it lacks."""
    by_name = next((each for each in _kinds() if str(source) in each.names()), None)
    if by_name is not None:
        return by_name
    path = Path(source)
    if path.exists():
        by_file = next((each for each in _kinds() if each.fits(path)), None)
        if by_file is None:
            titles = ", ".join(each.TITLE for each in _kinds())
            raise RecogniserError(f"{path} is no recogniser that is known here; kinds are: {titles}")
        return by_file
    known = str(source).partition("-")[0]
    also = {"hubert": "wav2vec2"}.get(known, known)
    if also in _order():
        return catalog.load(FOLDER, also)
    raise RecogniserError(f"there is no recogniser {str(source)!r}; there are: {', '.join(names())}, or a file")
