"""`otoscope denoise`: files and folders of sound without their noise, of any length, rate and channels."""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import denoised, headphones, many, mixed
from app.cli import BAD_FILE, UsageError
from app.commands import open_sound, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from engine.audio.write import Subtype
    from engine.denoising import Options

_MANY = 1 << 16  # frames looked at at once


@dataclass(frozen=True)
class Work:
    """What is to be done to every file."""

    model: str
    options: Options
    subtype: Subtype


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's arguments."""
    one = commands.add_parser("denoise", help="sound without its noise: files and folders, of any length")
    one.add_argument("inputs", type=Path, nargs="*", metavar="IN", help="a file, or a folder and all in it")
    one.add_argument("--out", type=Path, metavar="DIR", help="folder for what it makes")
    one.add_argument(
        "--model",
        default="",
        metavar="NAME|FILE",
        help="a denoiser that `otoscope list` names, a checkpoint, or an ONNX file (default: the bundled one)",
    )
    one.add_argument(
        "--reference", type=Path, metavar="DIR|FILE", help="the clean sound, by the same names: adds metrics"
    )
    mixed.add(one)
    kind = one.add_mutually_exclusive_group()
    for name, subtype, words in (
        ("pcm16", "PCM_16", "samples of 16 bits, whatever came in (default)"),
        ("pcm24", "PCM_24", "of 24 bits"),
        ("float", "FLOAT", "of 32 bits, which no loudness clips; what was FLAC becomes WAV"),
    ):
        kind.add_argument(
            f"--{name}", dest="kind", action="store_const", const=subtype, default="PCM_16", help=words
        )
    headphones.add(one)
    one.add_argument("--again", action="store_true", help="also what is there already, with the same settings")
    one.add_argument("--json", action="store_true")


def main(arguments: argparse.Namespace) -> int:
    """Denoise every file; one that cannot be used is named, and the rest goes on. Raises UsageError, KnobError."""
    from engine import denoising

    if arguments.live:
        return headphones.main(arguments)
    if not arguments.inputs or arguments.out is None:
        raise UsageError("denoise needs IN and --out DIR, or --live for the microphone")
    options = mixed.mixing(arguments)
    work = Work(arguments.model or denoising.default(), options, arguments.kind)
    _check_model(work.model)
    tasks = denoised.tasks(arguments.inputs, arguments.out, work.subtype)
    references = _references(tasks, arguments.reference)
    check_out(arguments.out)
    tell = (lambda text: None) if arguments.json else say
    tell(f"{denoising.title(work.model)}: {len(tasks)} file{'s' * (len(tasks) > 1)} into {arguments.out}")
    results = _all(tasks, work, denoised.Record(arguments.out), arguments.again, tell)
    failed = [each for each in results if "error" in each]
    notes: dict[str, Any] = {}
    if references:
        from app import scores

        table = scores.measured([each for each in results if "error" not in each], references)
        tell(scores.table(table))
        results = [{**each, **table.by_file.get(each["file"], {})} for each in results]
        notes = {"notes": table.notes}
        failed += [each for each in results if each["file"] in references and "after" not in each]
    if arguments.json:
        say(json.dumps({"model": work.model, **options.to_dict(), "files": results, **notes}, indent=2))
    return BAD_FILE if failed else 0


def check_out(out: Path) -> None:
    """Make the folder. Raises AudioError, before any work, where nothing can be written into it."""
    from engine.audio.error import AudioError

    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        reason = error.strerror or error
        raise AudioError(f"--out {out} cannot be written ({reason}); choose another folder") from error


def _check_model(model: str) -> None:
    """Raises UsageError for a name that there is not, DenoiserError for a file that cannot be used."""
    from engine import denoising

    try:
        denoising.build(model)
    except denoising.DenoiserError as error:
        if Path(model).exists():
            raise
        raise UsageError(f"--model: {error}") from error


def _references(tasks: list[denoised.Task], place: Path | None) -> dict[str, Path]:
    """The clean sound of each file by its name. Raises UsageError where there is none for any."""
    if place is None:
        return {}
    found = {str(each.source): clean for each in tasks if (clean := denoised.reference(each, place)) is not None}
    if not found:
        raise UsageError(f"--reference {place}: no clean sound has the name of any input; check it")
    return found


def _all(
    tasks: list[denoised.Task], work: Work, record: denoised.Record, again: bool, tell: Callable[[str], None]
) -> list[dict[str, Any]]:
    """What came of each file, in plain values."""

    def do(task: denoised.Task, told: Callable[[float], None]) -> dict[str, Any]:
        found = _one(task, work, record, again, told)
        tell(_words(found))
        return found

    return many.over("denoise", tasks, do, tell)


def _one(
    task: denoised.Task, work: Work, record: denoised.Record, again: bool, told: Callable[[float], None]
) -> dict[str, Any]:
    """Write one file, unless it is there already as asked."""
    from engine.audio.error import AudioError
    from engine.denoising import DenoiserError

    found: dict[str, Any] = {"file": str(task.source), "out": str(task.target)}
    try:
        asked = denoised.identity(task.source, work.model, {**work.options.to_dict(), "kind": work.subtype})
        if not again and record.holds(task.target, asked):
            return {**found, "skipped": True}
        found |= _written(task, work, told)
        record.add(task.target, asked)
    except (AudioError, DenoiserError, OSError) as error:
        return {**found, "error": many.left_out(task.source, _reason(error, task.source))}
    return found


def _reason(error: Exception, source: Path) -> str:
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    if error.filename in (None, str(source)):
        return f"{error.strerror}; check it"
    return f"{error.filename} cannot be made ({error.strerror}); choose another --out, or make room there"


def _written(task: denoised.Task, work: Work, told: Callable[[float], None]) -> dict[str, Any]:
    from engine import denoising
    from engine.audio import peaks
    from engine.audio.write import Writer

    clip = open_sound(task.source)
    task.target.parent.mkdir(parents=True, exist_ok=True)
    denoised.clear(task.target)
    begin = time.perf_counter()
    with Writer(task.target, clip.rate, clip.channels, work.subtype, frames=clip.frames) as writer:
        for block in denoising.run(work.model, clip, clip.rate, work.options, told):
            writer.write(block)
    took = time.perf_counter() - begin
    edges = range(0, clip.frames, _MANY)
    holes = sum(peaks.holes(clip, start, min(start + _MANY, clip.frames)) for start in edges)
    shape = {"rate": clip.rate, "channels": clip.channels, "frames": clip.frames}
    return {**shape, "seconds": clip.seconds, "took": took, "clipped": writer.clipped, "holes": holes}


def _words(found: dict[str, Any]) -> str:
    if said := many.not_done(found):
        return said
    clipped = f"; {found['clipped']} samples were too loud and are clipped" if found["clipped"] else ""
    holes = f"; {found['holes']} samples were no numbers and were taken as 0" if found["holes"] else ""
    pace = many.pace(found["seconds"], found["took"])
    return f"{found['out']}: {found['seconds']:.1f} s, {pace}{clipped}{holes}"
