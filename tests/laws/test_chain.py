"""Every knob at either end and at every choice, in a full chain with a network: finite, in range, no exception."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine import catalog, checkpoint, infer
from engine.blocks import StageError
from engine.clip import from_array
from engine.events import Traced
from engine.knob import knobs
from engine.links import compose, default_link, default_picture, default_sound_chain, role
from engine.memo import Memo
from engine.models.recurrent import Settings
from engine.stages.stage import Link

if TYPE_CHECKING:
    from engine.clip import Clip
    from engine.network import Network

MEMO = Memo()


@functools.cache
def network() -> Network:
    return checkpoint.untrained("phonemes", Settings(hidden=32, layers=1))


def clips() -> tuple[Clip, ...]:
    """Half a second in stereo that clips, at another rate than the network's; silence; and a single sample."""
    rng = np.random.default_rng(0)
    loud = np.clip(rng.standard_normal((4000, 2)) + 3 * np.sin(np.arange(4000) * 0.2)[:, None], -1, 1)
    silence = np.zeros(3000, np.float32)
    return (
        from_array(loud, 8000, "clipped"),
        from_array(silence, 16000, "silent"),
        from_array(np.ones(1, np.float32), 44100, "one sample"),
    )


def turned(name: str) -> list[Link]:
    """The stage with each of its knobs at the ends of its range, or at each of its choices."""
    kind, found = catalog.load("stages", name).Settings, [default_link(name)]
    for knob in knobs(kind):
        ends = knob.choices or ((False, True) if knob.kind is bool else (knob.low, knob.high))
        found += [Link(name, kind(**{knob.name: end})) for end in ends if end is not None]
    return list(dict.fromkeys(found))


def chain(link: Link) -> tuple[tuple[Link, ...], Link, Network | None]:
    """A full chain with the link in it (or as the picture, without a network's own frames); picture; network."""
    kind = role(link)
    sound = (*default_sound_chain(), default_link("specaugment"))
    if kind == "transform":
        return compose(sound, (link,)), link, None
    if kind == "feature":
        return compose(sound, (default_link("logmel"), link)), default_picture(), None
    others = (each for each in sound if each.stage != link.stage)
    return compose((*others, link), ()), default_picture(), network()


def check(found: Traced) -> None:
    for clip in filter(None, (found.sound, found.clean, found.masked)):
        assert np.isfinite(clip.read()).all(), clip.name
    assert found.sound.frames == found.clean.frames
    for key, series in found.trace.series.items():
        assert np.isfinite(series.values).all(), str(key)
        if key.name in ("h", "posterior") or key.name.startswith("gate."):
            assert series.low is not None
            assert series.high is not None
            low, high = series.values.min(initial=0), series.values.max(initial=0)
            assert series.low - 1e-6 <= low <= high <= series.high + 1e-6, str(key)


def inspected(link: Link, clip: Clip) -> Traced | StageError:
    """What comes of it, or why it is refused."""
    full, picture, net = chain(link)
    asked = infer.Inspection(clip, full, picture, net, 0.0, clip.seconds, "cpu")
    try:
        *_, last = infer.run(asked, MEMO)
    except StageError as refusal:
        return refusal
    assert isinstance(last, Traced)
    return last


@pytest.mark.parametrize("name", catalog.names("stages"))
def test_every_knob_at_its_ends(name: str) -> None:
    found = [inspected(link, clip) for link in turned(name) for clip in clips()]
    refused = [str(each) for each in found if isinstance(each, StageError)]
    assert all(text.startswith(f"{name}: ") for text in refused)
    assert len(refused) <= 0.5 * len(found), "a stage may refuse an odd value, not most"
    for each in found:
        if isinstance(each, Traced):
            check(each)
