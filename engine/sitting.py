"""The sounds of a blind test: cut from what is shown, kept in a folder with the answers, and taken up again."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.blind import ANCHOR, REFERENCE, Abx, BlindError, Sheet, Test
from engine.clip import Clip, from_array
from engine.events import Progress
from engine.replacing import replacing

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence
    from pathlib import Path

LONGEST, SHORTEST = 30.0, 0.2
"""Seconds of sound that are repeated at the most and at the least: more than a moment nobody holds in mind."""
_FADE = 0.005  # seconds at both ends, so that the loop does not click
_ANCHOR = 3500.0  # hertz: the low anchor of ITU-R BS.1534-3
_TAPS = 0.01  # seconds that its filter rings
_TEST = "test.json"
_KINDS: dict[str, type[Test]] = {"abx": Abx, "sheet": Sheet}


@dataclass(frozen=True, eq=False)
class Sitting:
    """A test with its sounds: of each of its clips the versions by name, as the test names them.

    It is also the event that tells that a test is ready.
    """

    test: Test
    sounds: tuple[Mapping[str, Clip], ...]
    folder: Path


def cut(clip: Clip, start: float, stop: float, name: str) -> Clip:
    """The seconds from start to stop, faded at both ends. Raises BlindError where they are too many or too few."""
    if not SHORTEST <= stop - start <= LONGEST:
        raise BlindError(
            f"A blind test repeats {SHORTEST:g} to {LONGEST:.0f} s of sound, not {stop - start:.1f} s: "
            "drag along the ruler to select a stretch."
        )
    samples = np.array(clip.read(round(start * clip.rate), round(stop * clip.rate)))
    count = min(round(_FADE * clip.rate), len(samples) // 2)
    ramp = ((np.arange(count) + 0.5) / max(count, 1)).astype(np.float32)[:, None]
    samples[:count] *= ramp
    samples[len(samples) - count :] *= ramp[::-1]
    return from_array(samples, clip.rate, name)


def anchor(clip: Clip) -> Clip:
    """The same sound without what lies above 3.5 kHz, sample-aligned."""
    from scipy.signal import firwin, oaconvolve

    if clip.rate <= 2 * _ANCHOR:
        return replace(clip, name=ANCHOR)
    taps = firwin(2 * round(_TAPS * clip.rate) + 1, _ANCHOR, fs=clip.rate).astype(np.float32)
    made = oaconvolve(clip.read(), taps[:, None], mode="same", axes=0)
    return from_array(made.astype(np.float32), clip.rate, ANCHOR)


def prepare(test: Test, sounds: Sequence[Mapping[str, Clip]], folder: Path) -> Generator[Progress | Sitting]:
    """Write the sounds and the test into a folder of its own; the last event is the Sitting.

    Of a sheet the versions `anchor` and `reference` are made here. Raises OSError, AudioError.
    """
    from engine.audio.write import write

    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for number, versions in enumerate(sounds):
        yield Progress(number / len(sounds), "preparing the blind test")
        kept = {name: versions.get(name) or _made(name, test, versions) for name in _names(test, number)}
        for place, clip in enumerate(kept.values()):
            write(folder / f"{number}-{place}.wav", clip.read(), clip.rate, "FLOAT")
        made.append(kept)
    save(test, folder)
    yield Sitting(test, tuple(made), folder)


def save(test: Test, folder: Path) -> None:
    """Keep how far a test is. Raises OSError."""
    with replacing(folder / _TEST) as part:
        part.write_text(text(test), encoding="utf-8")


def take_up(folder: Path) -> Sitting:
    """A test as it was left. Raises BlindError where it cannot be read."""
    from engine.audio.error import AudioError
    from engine.audio.file import open_clip

    try:
        test = read((folder / _TEST).read_text(encoding="utf-8"))
        sounds = tuple(
            {name: open_clip(folder / f"{number}-{place}.wav") for place, name in enumerate(_names(test, number))}
            for number in range(len(test.clips))
        )
    except (OSError, AudioError, BlindError, ValueError, KeyError, TypeError) as error:
        raise BlindError(f"{folder}: this test cannot be taken up ({error}). Begin another.") from error
    return Sitting(test, sounds, folder)


def unfinished(root: Path) -> Path | None:
    """The folder of the newest test under `root` that was begun and not ended."""
    for path in sorted(root.glob(f"*/{_TEST}"), reverse=True):
        try:
            if not read(path.read_text(encoding="utf-8")).over:
                return path.parent
        except (OSError, BlindError):
            continue
    return None


def text(test: Test) -> str:
    """A test as JSON: all that is known of it, its answers, and what came of it so far."""
    kind = next(name for name, each in _KINDS.items() if isinstance(test, each))
    return json.dumps(
        {"kind": kind, **dataclasses.asdict(test), "found": test.found(), "answered": test.rows()}, indent=1
    )


def read(told: str) -> Test:
    """The test that a JSON text tells of. Raises BlindError."""
    try:
        values: dict[str, Any] = json.loads(told)
        made = _KINDS[values["kind"]]
        names = [each.name for each in dataclasses.fields(made)]
        return made(**{name: _frozen(values[name]) for name in names})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BlindError(f"this is no blind test: {error}") from error


def table(test: Test) -> str:
    """The answers as CSV, a row each."""
    rows, out = test.rows(), io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]) if rows else ["date", "seed"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def export(test: Test, path: Path) -> tuple[Path, Path]:
    """Write the results beside each other, as CSV and as JSON; returns both places. Raises OSError."""
    places = path.with_suffix(".csv"), path.with_suffix(".json")
    for place, words in zip(places, (table(test), text(test)), strict=True):
        with replacing(place) as part:
            part.write_text(words, encoding="utf-8")
    return places


def _names(test: Test, number: int) -> Iterator[str]:
    """The versions of a clip that are to be heard, always in one order."""
    if isinstance(test, Abx):
        return iter(test.pair)
    shown = sorted(test.shown[test.order.index(number)])
    return iter([test.open_, *shown] if test.open_ else shown)


def _made(name: str, test: Test, versions: Mapping[str, Clip]) -> Clip:
    assert isinstance(test, Sheet), name
    known = versions[test.open_] if test.open_ else next(iter(versions.values()))
    return {REFERENCE: lambda: known, ANCHOR: lambda: anchor(known)}[name]()


def _frozen(value: Any) -> Any:
    return tuple(_frozen(each) for each in value) if isinstance(value, list) else value
