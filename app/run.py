"""`otoscope run pipeline.json`: a sound through a saved pipeline, station by station, to the same bits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from app import lm
from app.cli import TROUBLE
from app.commands import result, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from engine.replay import Ran


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's arguments."""
    from pathlib import Path

    one = commands.add_parser("run", help="a pipeline that the Pipeline panel has saved: its text and latencies")
    one.add_argument("pipeline", type=Path, metavar="PIPELINE.json")
    one.add_argument(
        "--wav", type=Path, metavar="FILE", help="another sound through it (then nothing is compared)"
    )
    one.add_argument(
        "--bypass", action="append", default=[], metavar="STATION",
        help="leave a station out, and be it for once; may be given more than once",
    )  # fmt: skip
    lm.add_reading(one)
    one.add_argument(
        "--check", action="store_true", help="fail (exit code 1) where what comes out is not what was saved"
    )
    one.add_argument("--json", action="store_true")


def main(arguments: argparse.Namespace) -> int:
    """Run it; says what each station took, the text, and whether all bits are those that were saved."""
    from dataclasses import replace

    from app.cli import UsageError
    from app.commands import open_sound
    from engine import errorname, pipeline, replay

    asked = replay.load(arguments.pipeline)
    expected: Mapping[str, str] = asked.expected
    try:
        for name in arguments.bypass:
            works = {each.name: each.on for each in pipeline.stations(asked.chain, asked.network, asked.bypassed)}
            if works.get(name, True):  # one that there is not is told by what follows
                chain, bypassed = pipeline.turned(asked.chain, asked.bypassed, name)
                asked = replace(asked, chain=chain, bypassed=bypassed)
    except ValueError as error:
        raise UsageError(f"--bypass: {error}") from error
    if arguments.wav is not None:
        clip = open_sound(arguments.wav)
        asked = replace(asked, clip=clip, start=0.0, stop=clip.seconds)
    reading = lm.reading(arguments)
    if reading is not None:
        asked = replace(asked, reading=reading)
    if arguments.wav is not None or arguments.bypass or reading is not None:
        if arguments.check:
            raise UsageError("--check compares with what was saved: leave --wav, --bypass and --decode out")
        expected = {}
    ran = result(replay.run(asked))
    differs = tuple(name for name in expected if ran.digests.get(name) != expected[name])
    told = _told(ran, errorname.read_by(asked.network), expected, differs)
    say(json.dumps(told, indent=2, ensure_ascii=False) if arguments.json else _table(told))
    return TROUBLE if arguments.check and differs else 0


def _told(ran: Ran, error: str, expected: Mapping[str, str], differs: tuple[str, ...]) -> dict[str, Any]:
    """What came of it, as plain values."""
    said: dict[str, Any] = {
        "stations": [
            {"name": each.name, "on": each.on, "milliseconds": each.milliseconds, "detail": each.detail}
            for each in ran.stations
        ],
        "text": [each.text for each in ran.traced.trace.text],
        "digests": dict(ran.digests),
        "identical": None if not expected else not differs,
        "differs": list(differs),
    }
    if ran.traced.length:
        said["error"] = {"edits": ran.traced.edits, "length": ran.traced.length, "metric": error}
    return said


def _table(told: Mapping[str, Any]) -> str:
    """The same for people."""
    lines = []
    for each in told["stations"]:
        took = "" if each["milliseconds"] is None else f"{each['milliseconds']:.2f} ms"
        lines.append(f"{each['name']:<10} {took:>12}   {each['detail']}".rstrip())
    if "error" in told:
        edits, length, metric = (told["error"][key] for key in ("edits", "length", "metric"))
        lines.append(f"errors: {edits} of {length}, {metric} {edits / length:.2%}")
    if told["identical"] is not None:
        same = "every bit is as it was saved"
        other = f"not as it was saved: {', '.join(told['differs'])}"
        lines.append(same if told["identical"] else other)
    return "\n".join(lines)
