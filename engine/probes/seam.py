"""The seam test: the same sound block by block and all at once, and where the two do not agree."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from engine import build, frontend
from engine.chain import moved
from engine.edit import distance
from engine.events import Progress, Seam
from engine.frames import joined
from engine.links import running
from engine.probes import states
from engine.running import Running
from engine.session import Span
from engine.stages.stage import Format
from engine.torched import stepping
from engine.trace import Key

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from numpy.typing import NDArray

    from engine.clip import Clip
    from engine.events import Frames, Traced
    from engine.memo import Memo
    from engine.network import Network
    from engine.stages.stage import Link

    Array = NDArray[np.floating]

TOLERANCE = 1e-4
"""A share of what a series reaches: less is rounding, for the two sum in another order."""
BLOCK = 0.05
"""Seconds of one block."""
SOUND = Key("sound")
_GRAIN = 0.01  # seconds of sound that are judged together
_NEAR = 3  # frames: what parts again so soon is one stretch
_SHOWN = ("picture", "features.unmasked", "attribution", "grad.h", "grad.c")
"""Series that are made for people alone: no live run has them."""


class _Apart(NamedTuple):
    """How far a series is from the other at each frame, as a share of its reach; and where it is farthest."""

    axis: str
    share: Array
    first: float
    rate: float
    greatest: float
    unit: int
    frame: int


def find(
    network: Network, chain: Sequence[Link], traced: Traced, clip: Clip, memo: Memo | None = None
) -> Generator[Progress | Seam, Any, None]:
    """Run what `traced` covers block by block, as live, and compare; at last a Seam. Raises StageError, NotLive.

    A stage that needs the whole clip gives way to its running twin, as live. Muted sound stays muted.
    Edits act in neither: live there are none.
    """
    begin, end = (round(each * clip.rate) for each in (traced.trace.start, traced.trace.stop))
    source, task = Format(float(clip.rate), clip.channels), build.task_of(network)
    fitted = frontend.fit(chain, network, task.rate, source)
    links, badges = running([moved(link, traced.trace.start) for link in fitted.links], source)
    live = Running(links, source, None, network, stepping(network), task)
    if traced.difference is not None:
        badges = (*badges, "The edits are left out")
        traced = states.traced(network, clip, memo, traced.trace.start, traced.trace.stop, tuple(chain))
    made, size = list["Frames"](), max(1, round(BLOCK * clip.rate))
    for start in range(begin, end, size):
        live.hear(clip.read(start, min(start + size, end)))
        made.append(live.frames(0))
        yield Progress((start - begin) / max(1, end - begin), "running it block by block")
    live.flush()
    made.append(live.frames(0))
    yield compare(network, traced, joined(made)[0], badges)


def compare(network: Network, traced: Traced, live: Frames, badges: Sequence[str] = ()) -> Seam:
    """A Seam from an inspection and the Frames of a stream that began where it begins."""
    apart = _series(traced, live)
    apart[SOUND] = _sound(traced, live)
    spans = {key: _spans(each) for key, each in apart.items()}
    parting = {key: each for key, each in spans.items() if each}
    key = max(apart, key=lambda key: float(apart[key].share.max(initial=0.0)))
    worst = apart[key]
    time = worst.first + worst.frame / worst.rate
    text = _words(key, worst, time, parting, traced, live, badges)
    return Seam(
        traced.trace.clip_id, network.id, MappingProxyType(parting), worst.greatest, key, worst.unit, time, text
    )


def _series(traced: Traced, live: Frames) -> dict[Key, _Apart]:
    found = {}
    for key, one in traced.trace.series.items():
        other = live.series.get(key)
        if other is None or key.name in _SHOWN or one.values.shape[1] != other.values.shape[1]:
            continue
        late = round((other.first + traced.trace.start - one.first) * one.rate)
        found[key] = _apart(
            one.axis, one.values[max(0, late) :], other.values[max(0, -late) :], one.first, one.rate
        )
    return found


def _sound(traced: Traced, live: Frames) -> _Apart:
    grain, rate = max(1, round(_GRAIN * traced.sound.rate)), float(traced.sound.rate)
    sounds = [traced.sound.read()[:, 0], live.samples]
    count = -(-min(map(len, sounds)) // grain)
    rows = [np.pad(each[: count * grain], (0, max(0, count * grain - len(each)))) for each in sounds]
    one, other = (each.reshape(count, grain) for each in rows)
    return _apart("", one, other, traced.trace.start + 0.5 * _GRAIN, rate / grain)


def _apart(axis: str, one: Array, other: Array, first: float, rate: float) -> _Apart:
    """Two series [T, N], of which the shorter one counts."""
    count = min(len(one), len(other))
    if not count:
        return _Apart(axis, np.zeros(0), first, rate, 0.0, 0, 0)
    away = np.abs(np.nan_to_num(one[:count]) - np.nan_to_num(other[:count]))
    reach = max(float(np.ptp(one[:count])), 1e-6)
    frame, unit = np.unravel_index(int(away.argmax()), away.shape)
    return _Apart(axis, away.max(axis=1) / reach, first, rate, float(away.max()), int(unit), int(frame))


def _spans(apart: _Apart) -> tuple[Span, ...]:
    """The stretches in which it is more than rounding; frame t reaches half a frame to either side."""
    frames = np.flatnonzero(apart.share > TOLERANCE)
    if not len(frames):
        return ()
    runs = np.split(frames, np.flatnonzero(np.diff(frames) > _NEAR) + 1)
    ends = ((run[0] - 0.5, run[-1] + 0.5) for run in runs)
    return tuple(Span(float(apart.first + a / apart.rate), float(apart.first + b / apart.rate)) for a, b in ends)


def _words(
    key: Key,
    worst: _Apart,
    time: float,
    parting: Mapping[Key, tuple[Span, ...]],
    traced: Traced,
    live: Frames,
    badges: Sequence[str],
) -> str:
    said, heard = (tuple(label.text for label in each) for each in (traced.trace.text, live.text))
    words = distance(heard, said)
    text = f"; {words} of {len(said)} words are other ones" if words else "; the text is the same"
    told = "".join(f" {badge}." for badge in badges)
    if not parting:
        most = f"max {worst.greatest:.0e}, in {key} at {time:.2f} s"
        return f"Streaming and offline: no difference ({most}){text}.{told}"
    begin = max(0.0, min(span.start for spans in parting.values() for span in spans))
    row = f", {worst.axis} {worst.unit}" if worst.axis else ""
    return (
        f"Streaming and offline part from {begin:.2f} s on; most in {key}: {worst.greatest:.2g} at {time:.2f} s"
        f"{row}{text}.{told}"
    )
