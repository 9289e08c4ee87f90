"""`otoscope score`: the word and character error rate of texts against what was said, with a diff to be read."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli import UsageError
from app.commands import say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from engine.edit import Alignment
    from engine.wer import Rate, Score

_LISTED = 40  # clips in a table; the worst of more
_MARKS = {"equal": "", "substitute": "S", "delete": "D", "insert": "I"}
_COLOURS = {"S": "\x1b[33m", "D": "\x1b[31m", "I": "\x1b[36m"}


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's arguments."""
    one = commands.add_parser("score", help="word and character error rate of texts against what was said")
    one.add_argument(
        "reference", type=Path, metavar="REF", help="what was said: a text, a folder of them (*.txt), or a table"
    )
    one.add_argument(
        "hypothesis",
        type=Path,
        nargs="?",
        metavar="HYP",
        help="what was found, likewise; not with a table (.tsv: file, language, reference, hypothesis)",
    )
    one.add_argument(
        "--normaliser",
        metavar="NAME",
        help="what counts: english (no case or punctuation; numbers, money, fractions and titles in words; "
        "default), basic-en (numbers alone in words), unicode (any language, numbers as they are; default where a "
        "table has other languages), none",
    )
    one.add_argument("--lines", action="store_true", help="each line of a text is a clip")
    one.add_argument("--diff", action="store_true", help="both texts beneath each other, with S, D and I marked")
    one.add_argument("--json", action="store_true")


def main(arguments: argparse.Namespace) -> int:
    """Score, and print. Raises UsageError, TextError."""
    from engine import normaliser, texts, wer

    if arguments.normaliser not in (None, *normaliser.NORMALISERS):
        known = ", ".join(normaliser.NORMALISERS)
        raise UsageError(f"--normaliser {arguments.normaliser}: there is none of that name; there are: {known}")
    notes: tuple[str, ...] = ()
    if arguments.hypothesis is None:
        if arguments.reference.suffix.lower() != ".tsv":
            raise UsageError("score needs REF and HYP, or one table (.tsv) with both")
        given = texts.table(arguments.reference)
    else:
        given, notes = texts.pairs(arguments.reference, arguments.hypothesis, arguments.lines)
    chosen = arguments.normaliser or wer.usual(given)
    if not any(normaliser.normalise(text.reference, chosen) for text in given):
        raise texts.TextError(f"{arguments.reference}: there is no word in what was said; nothing can be scored")
    found = wer.score(given, chosen)
    if arguments.json:
        say(json.dumps(_plain(found, notes), indent=2, ensure_ascii=False))
        return 0
    say("\n".join([*_lines(found), *notes]))
    if arguments.diff:
        width = shutil.get_terminal_size().columns
        for clip in found.clips:
            say(f"\n{clip.text.name}: {clip.words}")
            say("\n".join(diff(clip.alignment, width, colour=sys.stdout.isatty())))
    return 0


def _plain(found: Score, notes: Sequence[str]) -> dict[str, Any]:
    from engine import wer

    languages = wer.by_language(found)
    return {
        **found.to_dict(),
        "languages": {name: each.to_dict() for name, each in languages.items()} if any(languages) else {},
        "files": [
            {
                "file": clip.text.name,
                "language": clip.text.language,
                "wer": wer.rate_dict(clip.words),
                "cer": wer.rate_dict(clip.characters),
                "diff": [list(pair) for pair in clip.alignment.pairs if pair[0] != "equal"],
            }
            for clip in found.clips
        ],
        "notes": list(notes),
    }


def _lines(found: Score) -> Iterator[str]:
    """The corpus, its languages and its clips."""
    from engine import wer

    count = len(found.clips)
    yield f"{count} {'clip' if count == 1 else 'clips'}; texts normalised by {found.normaliser}"
    yield f"  WER {_rate(found.words, found.words_within)}"
    yield f"  CER {_rate(found.characters, found.characters_within)}"
    languages = wer.by_language(found)
    if any(languages):
        yield from ("", f"  {'language':<12} {'clips':>6} {_HEAD}")
        for name, each in languages.items():
            yield f"  {name or '(none)':<12} {len(each.clips):>6} {_row(each.words, each.characters)}"
    if count > 1:
        clips = (
            sorted(found.clips, key=lambda clip: -clip.words.errors)[:_LISTED] if count > _LISTED else found.clips
        )
        wide = max(12, *(len(clip.text.name) for clip in clips))
        which = f"the {_LISTED} with most errors" if count > _LISTED else "clip"
        yield from ("", f"  {which:<{wide}} {_HEAD}")
        yield from (f"  {clip.text.name:<{wide}} {_row(clip.words, clip.characters)}" for clip in clips)


_HEAD = f"{'WER':>8} {'S':>6} {'D':>6} {'I':>6} {'N':>7} {'CER':>8}"


def _row(words: Rate, characters: Rate) -> str:
    kinds = f"{words.substitutions:>6} {words.deletions:>6} {words.insertions:>6} {words.count:>7}"
    return f"{words.error:>8.1%} {kinds} {characters.error:>8.1%}"


def _rate(rate: Rate, within: tuple[float, float] | None) -> str:
    sure = f", 95 % within {within[0]:.1%} and {within[1]:.1%}" if within else ""
    return f"{rate}{sure}"


def diff(aligned: Alignment, width: int = 100, colour: bool = False) -> Iterator[str]:
    """Three lines of at most `width` columns at a time: what was said, what was found, and S, D or I beneath.

    A word that lacks in one of them is as many stars as it is long in the other.
    """
    from rich.cells import cell_len

    rows: tuple[list[str], list[str], list[str]] = ([], [], [])
    used = 5
    for kind, said, found in aligned.pairs:
        said, found = said or "*" * cell_len(found), found or "*" * cell_len(said)
        wide = max(cell_len(said), cell_len(found))
        if used + wide + 1 > width and rows[0]:
            yield from (*_block(rows), "")
            rows, used = ([], [], []), 5
        used += wide + 1
        mark = _MARKS[kind]
        for row, text in zip(rows, (said, found, mark), strict=True):
            padded = text + " " * (wide - cell_len(text))
            row.append(f"{_COLOURS[mark]}{padded}\x1b[0m" if colour and mark else padded)
    if rows[0]:
        yield from _block(rows)


def _block(rows: tuple[list[str], list[str], list[str]]) -> Iterator[str]:
    for head, row in zip(("REF", "HYP", ""), rows, strict=True):
        yield f"{head:<4} {' '.join(row)}".rstrip()
