"""`otoscope analyse`: how long somebody talks in each recording, how far above the noise, and how fast."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli import BAD_FILE, UsageError
from app.commands import check_place, open_sound, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from engine.clip import Clip

TIERS = ("word", "digit")
"""Those whose labels are words, where nothing recognises any."""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's arguments."""
    one = commands.add_parser("analyse", help="talk time, SNR and words a minute of recordings")
    one.add_argument("inputs", type=Path, nargs="+", metavar="IN", help="a file, or a folder and all in it")
    one.add_argument(
        "--recogniser", metavar="NAME|PATH", help="count the words that it reads (default: those of the labels)"
    )
    one.add_argument("--out", type=Path, metavar="FILE", help="the table as .csv")
    one.add_argument("--json", action="store_true")


def main(arguments: argparse.Namespace) -> int:
    """Print a line a file; one that cannot be used is named, and the rest goes on. Raises UsageError."""
    from app import many, transcribed
    from engine.audio.error import AudioError

    if arguments.out is not None:
        if arguments.out.suffix.lower() != ".csv":
            raise UsageError(f"--out {arguments.out}: the table is written as .csv")
        check_place("--out", arguments.out)
    count = _counting(arguments.recogniser)
    rows: list[dict[str, Any]] = []
    todo = transcribed.tasks(arguments.inputs, None, "txt")
    for task in todo:
        try:
            rows.append({"file": str(task.source), **_measured(task.source, count)})
        except (AudioError, OSError) as error:
            many.left_out(task.source, str(error))
            continue
        if not arguments.json:
            say(_line(rows[-1]))
    if arguments.out is not None and rows:
        from engine.replacing import replacing

        with replacing(arguments.out) as part:
            part.write_text(_table(rows), encoding="utf-8")
    if arguments.json:
        say(json.dumps(rows, indent=2))
    return BAD_FILE if len(rows) < len(todo) else 0


def _measured(source: Path, count: Callable[[Path, Clip], int | None]) -> dict[str, Any]:
    from engine import analytics

    clip = open_sound(source)
    return analytics.measure(clip, count(source, clip)).to_dict()


def _counting(name: str | None) -> Callable[[Path, Clip], int | None]:
    """How the words of a file are counted: by a recogniser, or by its labels. Raises RecogniserError."""
    if name is None:
        return lambda source, clip: _labelled(clip)
    from app import transcribe
    from engine import recognising
    from engine.captioning import Settings

    work = transcribe.Work(recognising.build(name), Settings(recogniser=name, longest=transcribe.LONGEST), "txt")
    return lambda source, clip: int(transcribe.read_file(source, work, lambda share: None)[1]["words"])


def _labelled(clip: Clip) -> int | None:
    """Of the first tier that has words; None where none has."""
    texts = (clip.text(tier) for tier in TIERS)
    return next((sum(len(text.split()) for text in found) for found in texts if found), None)


def _line(row: dict[str, Any]) -> str:
    snr = "SNR not told: no talk and pauses to compare" if row["snr"] is None else f"SNR {row['snr']:.1f} dB"
    told = [f"{row['file']}: {row['seconds']:.1f} s", f"talk {row['talk']:.1f} s ({row['talk_share']:.0%})", snr]
    told.append(f"{row['pauses']} pauses, the longest {row['longest_pause']:.1f} s")
    if row["words_a_minute"] is not None:
        told.append(f"{row['words']} words, {row['words_a_minute']:.0f} a minute")
    if row["clipped"]:
        told.append(f"{row['clipped']:.2%} clipped")
    return ", ".join(told)


def _table(rows: list[dict[str, Any]]) -> str:
    written = io.StringIO()
    table = csv.DictWriter(written, list(rows[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return written.getvalue()
