"""`otoscope transcribe`: the words of files and folders of any length, of a folder as it fills, or live."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import lm, many, transcribed
from app.cli import BAD_FILE, UsageError, complain
from app.commands import open_sound, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from engine.captioning import Settings
    from engine.captions import Line
    from engine.recognisers.recogniser import Recogniser

FORMS = ("srt", "vtt", "txt", "json")
LONGEST = 15.0
"""Seconds of a line at the most: one that nobody ends with a pause is cut there, where it is quietest."""
_POLL = 0.5
"""Seconds between two looks into a folder that is watched."""


@dataclass(frozen=True)
class Work:
    """What is to be done to every file."""

    recogniser: Recogniser
    settings: Settings
    form: str
    language: str = ""
    """Of what is said, where that was told."""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's arguments."""
    one = commands.add_parser("transcribe", help="what is said in files and folders, or live: subtitles and text")
    one.add_argument("inputs", type=Path, nargs="*", metavar="IN", help="a file, or a folder and all in it")
    one.add_argument("--format", choices=FORMS, default="txt", help="(default: txt)")
    one.add_argument("--out", type=Path, metavar="DIR", help="folder for what it writes (default: the terminal)")
    one.add_argument("--again", action="store_true", help="also what is there already, with the same settings")
    one.add_argument("--watch", action="store_true", help="go on with what comes into the folders, until Ctrl+C")
    add_settings(one)
    one.add_argument(
        "--language", type=tag, default="", metavar="TAG",
        help="what is spoken, as en or he: Whisper is told, and JSON tells it (default: as a sound's labels)",
    )  # fmt: skip
    one.add_argument("--live", action="store_true", help="from the microphone until Ctrl+C")
    one.add_argument("--input", metavar="DEV", help="with --live: a microphone by its name")
    one.add_argument("--seconds", type=float, metavar="S", help="with --live or --watch: end after so long")
    one.add_argument("--jsonl", action="store_true", help="with --live: a line of JSON for each word and line")
    one.add_argument("--json", action="store_true", help="what was done with every file, as JSON")
    one.add_argument(
        "--layers", type=Path, metavar="FILE", help="wav2vec 2.0: what each layer makes of IN, as .svg or .npz"
    )


def add_settings(one: argparse.ArgumentParser) -> None:
    """What all that recognises has in common."""
    one.add_argument(
        "--recogniser",
        default="",
        metavar="NAME|PATH",
        help="one that `otoscope list` names, or its file",
    )
    one.add_argument(
        "--denoise",
        nargs="?",
        const="",
        metavar="NAME",
        help="take noise out first, by the usual one or this",
    )
    lm.add_reading(one)


def tag(text: str) -> str:
    """A language as BCP 47 names it. Raises ArgumentTypeError."""
    import argparse

    from engine import language

    try:
        return language.tag(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def settings(arguments: argparse.Namespace, **knobs: Any) -> Settings:
    """The settings that the arguments ask for. Raises KnobError."""
    from engine.captioning import Settings

    denoise = arguments.denoise is not None
    return Settings(recogniser=arguments.recogniser, denoise=denoise, denoiser=arguments.denoise or "", **knobs)


def build(arguments: argparse.Namespace) -> Recogniser:
    """The recogniser, reading as --decode says. Raises RecogniserError, with the way to get it; UsageError."""
    from engine import recognising

    reading = lm.reading(arguments)
    if not arguments.recogniser and (note := recognising.makeshift()):
        complain(note, 0)
    made = recognising.build(arguments.recogniser)
    if reading is not None:
        if not hasattr(made, "read_by"):
            raise UsageError(f"--decode is for CTC networks, as digits is; {made.name} finds its text by itself")
        made.read_by(reading)
    recognising.speak(made, getattr(arguments, "language", ""))
    return made


def main(arguments: argparse.Namespace) -> int:
    """Transcribe every file; one that cannot be used is named, and the rest goes on. Raises UsageError."""
    if arguments.live:
        from app import spoken

        return spoken.microphone(arguments)
    if not arguments.inputs:
        raise UsageError("transcribe needs IN, files or folders, or --live for the microphone")
    if arguments.jsonl or arguments.input or (arguments.seconds and not arguments.watch):
        raise UsageError("--jsonl and --input are for --live, --seconds is for --live or --watch: leave them out")
    if arguments.layers is not None:
        from app import layers

        return layers.main(arguments)
    if arguments.watch and (arguments.out is None or not all(each.is_dir() for each in arguments.inputs)):
        raise UsageError("--watch needs folders as IN, and --out DIR")
    if arguments.json and arguments.out is None:
        raise UsageError("--json says what was done: the texts go to --out DIR")
    todo = [] if arguments.watch else transcribed.tasks(arguments.inputs, arguments.out, arguments.format)
    if arguments.out is not None:
        from app.denoise import check_out

        check_out(arguments.out)
    work = Work(build(arguments), settings(arguments, longest=LONGEST), arguments.format, arguments.language)
    if arguments.watch:
        return _watch(arguments, work)
    results = _all(todo, work, arguments.out, arguments.again, quiet=arguments.json)
    if arguments.json:
        say(json.dumps({"recogniser": work.recogniser.name, "files": results}, indent=2, ensure_ascii=False))
    return BAD_FILE if any("error" in each for each in results) else 0


def _watch(arguments: argparse.Namespace, work: Work) -> int:
    """Whatever comes, as soon as it is whole; Ctrl+C ends it, which is no failure."""
    watch, end = transcribed.Watch(), time.monotonic() + (arguments.seconds or float("inf"))
    told: set[str] = set()

    def left_out(reason: str) -> None:
        if reason not in told:
            told.add(reason)
            say(f"{reason}.")

    say(f"Watching {', '.join(map(str, arguments.inputs))}; Ctrl+C ends it.")
    try:
        while time.monotonic() < end:
            for task in transcribed.tasks(arguments.inputs, arguments.out, work.form, left_out):
                if watch.due(task.source):
                    _all([task], work, arguments.out, arguments.again)
            time.sleep(_POLL)
    except KeyboardInterrupt:
        pass
    return 0


def _all(
    todo: list[transcribed.Task], work: Work, out: Path | None, again: bool, quiet: bool = False
) -> list[dict[str, Any]]:
    """What came of each file, in plain values."""
    from app.denoised import Record

    record = Record(out, transcribed.RECORD) if out is not None else None

    def do(task: transcribed.Task, told: Callable[[float], None]) -> dict[str, Any]:
        found, text = _one(task, work, record, again, told)
        if task.target is None and "error" not in found:
            sys.stdout.write(f"{task.source}:\n{text}" if len(todo) > 1 else text)
        elif not quiet:
            say(_words(found))
        return found

    kept = out is not None and not quiet
    return many.over("transcribe", todo, do, say if kept else lambda text: None)


def _one(
    task: transcribed.Task, work: Work, record: Any, again: bool, told: Callable[[float], None]
) -> tuple[dict[str, Any], str]:
    """Read one file, unless its words are there already as asked; and its text, where it goes to the terminal."""
    from app.denoised import identity
    from engine import subtitles
    from engine.audio.error import AudioError
    from engine.denoising import DenoiserError
    from engine.recognisers.recogniser import RecogniserError

    found: dict[str, Any] = {"file": str(task.source)}
    try:
        chosen = {**work.settings.to_dict(), "format": work.form}
        chosen |= {"language": work.language} if work.language else {}
        asked = identity(task.source, work.recogniser.name, chosen)
        if record is not None and task.target is not None:
            found["out"] = str(task.target)
            if not again and record.holds(task.target, asked):
                return {**found, "skipped": True}, ""
        lines, facts = read_file(task.source, work, told)
        found |= facts
        if task.target is None:
            return found, subtitles.text(lines, work.form, **facts)
        _write(lines, task.target, facts)
        record.add(task.target, asked)
    except (AudioError, DenoiserError, RecogniserError, OSError) as error:
        reason = f"{error.strerror}; check it" if isinstance(error, OSError) and error.strerror else str(error)
        return {**found, "error": many.left_out(task.source, reason)}, ""
    return found, ""


def _write(lines: list[Line], target: Path, facts: dict[str, Any]) -> None:
    """Raises AudioError, which names the place that takes no more and not the sound."""
    from engine import subtitles
    from engine.audio.error import AudioError

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        subtitles.write_lines(lines, target, **facts)
    except OSError as error:
        why = error.strerror or error
        raise AudioError(f"{target} cannot be written ({why}): make room, or choose another --out") from error


def read_file(source: Path, work: Work, told: Callable[[float], None]) -> tuple[list[Line], dict[str, Any]]:
    """The lines of a file, and how it went. Raises AudioError, RecogniserError, DenoiserError."""
    from engine import recognising
    from engine.transcribing import transcribe

    clip = open_sound(source)
    language = work.language or clip.language
    recognising.speak(work.recogniser, language)
    lines: list[Line] = []
    silent: list[tuple[float, float, float]] = []

    def heard(start: float) -> None:
        """Where a recogniser tells how likely nobody spoke, that is told on."""
        parts = getattr(work.recogniser, "no_speech", ())
        silent.extend((round(start + a, 3), round(start + b, 3), round(share, 4)) for a, b, share in parts)

    begin = time.perf_counter()
    blocks = transcribed.blocks(clip)
    for event in transcribe(blocks, clip.rate, work.recogniser, work.settings, told=heard):
        if isinstance(event, float):
            told(min(1.0, event / max(clip.seconds, 1e-9)))
        else:
            lines.append(event)
    took = time.perf_counter() - begin
    facts = {"recogniser": work.recogniser.name, "seconds": round(clip.seconds, 3), "took": round(took, 3)}
    facts |= ({"language": language} if language else {}) | ({"no_speech": silent} if silent else {})
    return lines, {**facts, "words": sum(len(line.words) for line in lines)}


def _words(found: dict[str, Any]) -> str:
    if said := many.not_done(found):
        return said
    count = {0: "no words", 1: "1 word"}.get(found["words"], f"{found['words']} words")
    return f"{found['out']}: {count} in {found['seconds']:.1f} s, {many.pace(found['seconds'], found['took'])}"
