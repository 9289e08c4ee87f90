"""Switching between what denoisers make while it plays: no gap, no click, and every sample where it belongs."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from app.playing import Playing
from engine import audition, denoising
from engine.audio import feeder
from engine.audio.device import Device
from engine.audio.lane import Lane
from engine.audio.loudness import measure
from engine.audio.mix import FADE
from engine.audio.silent import SilentOutput
from engine.clip import from_array
from engine.events import Enhanced
from engine.memo import Memo
from tests import example
from tests.devices import Time
from tests.heard import smooth, stretches

pytestmark = pytest.mark.alone
NEAR = 1e-6
CLOCK = Time()
"""What the loudspeaker takes sound by: it goes on where a test waits."""


class Loudspeaker(SilentOutput):
    """An output that keeps what it was given."""

    given: list[np.ndarray]

    def __init__(self, rate):
        super().__init__(rate, 1, CLOCK)
        Loudspeaker.given = []

    def write(self, block):
        Loudspeaker.given.append(block.copy())
        super().write(block)


@pytest.fixture(params=[16_000, 48_000])
def desk(request, monkeypatch):
    """A session whose sound two denoisers have heard, and what plays it, through a loudspeaker of some rate."""
    monkeypatch.setattr(feeder.devices, "find", lambda *_: Device("loudspeaker", 0, request.param, 1))
    monkeypatch.setattr(feeder, "open_output", lambda _device, rate: Loudspeaker(request.param))
    session = example.full()
    traced = session.state.traced
    session.set("denoising", denoising.Options())
    memo, made = Memo(), []
    for name in ("wiener", "gate"):
        asked = audition.Asked(name, traced.sound, traced.trace.clip_id, 0.0, session.state.denoising)
        made += [each for each in audition.run(asked, memo) if isinstance(each, Enhanced)]
    session.set("enhanced", tuple(made))
    Loudspeaker.given = []
    playing = Playing(session, type("Told", (), {"relabelled": False, "tell": print})())
    playing._traced = traced
    yield playing
    playing.close()


def hear(playing, name):
    session = playing.session
    session.set("transport", replace(session.state.transport, heard=name))


def play(playing, then):
    """Play from the beginning, do what is to be done on the way, and give all that was heard."""
    playing.seek(0.0)
    playing.toggle()
    then()
    end = time.monotonic() + 60
    while playing.session.state.transport.playing:
        assert time.monotonic() < end, "it plays on"
        playing.tick()
        CLOCK.spend(0.01)
    return np.concatenate(Loudspeaker.given)[:, 0]


def reach(playing, seconds):
    """Wait until the loudspeaker was given so much."""
    end = time.monotonic() + 60
    while not playing._player or sum(map(len, Loudspeaker.given)) < seconds * playing._player._feeder._mixer.rate:
        assert time.monotonic() < end
        playing.tick()
        CLOCK.spend(0.005)


def lanes(playing):
    """The lanes as they are to be heard, with their gains, by name."""
    made = playing._player._feeder._mixer.lanes
    anew = {name: Lane(each.clip, each.rate, 1, float(each.gain)) for name, each in made.items()}
    return {name: lane.read(0, lane.end)[:, 0] for name, lane in anew.items()}


def test_every_switch_is_a_fade_between_two_lanes_at_the_same_sample(desk):
    order = [
        "processed",
        "enhanced:wiener",
        "clean",
        "residual:wiener",
        "enhanced:gate",
        "residual:gate",
        "processed",
    ]
    hear(desk, order[0])

    def switch():
        for place, name in enumerate(order[1:], 1):
            reach(desk, 0.5 * place)
            hear(desk, name)

    heard, there = play(desk, switch), lanes(desk)
    rate = desk._player._feeder._mixer.rate
    fade = round(FADE * rate)
    cut = len(there["processed"]) - 1
    found = stretches(heard[:cut], [there[name] for name in order], fade, fade, NEAR)
    assert min(np.diff(found)) > 0.2 * rate
    assert smooth(heard[fade:cut], [there[name][fade:] for name in set(order)], fade, NEAR)


def test_sounds_are_as_loud_as_each_other_but_what_was_removed(desk):
    play(desk, lambda: reach(desk, 0.1))
    mixer, state = desk._player._feeder._mixer, desk.session.state
    made = mixer.lanes
    loud = {
        name: measure(from_array(each, mixer.rate, name))[0] for name, each in lanes(desk).items() if len(each)
    }
    for name in ("processed", "enhanced:wiener", "enhanced:gate"):
        assert loud[name] == pytest.approx(loud["clean"], abs=0.3), name
    assert made["residual:wiener"].gain == made["clean"].gain
    desk.session.set("transport", replace(state.transport, matched=False))
    end = time.monotonic() + 20
    while {float(each.gain) for each in desk._player._feeder._mixer.lanes.values()} != {1.0}:
        assert time.monotonic() < end
        CLOCK.spend(0.01)


def test_a_knob_of_the_mix_that_is_turned_while_it_plays_makes_no_jump(desk):
    session, noisy = desk.session, desk.session.state.traced.sound
    session.set("transport", replace(session.state.transport, matched=False))
    hear(desk, "enhanced:wiener")

    def turn():
        for place, wet in enumerate((0.8, 0.4, 0.0, 0.6), 1):
            reach(desk, 0.4 * place)
            options = denoising.Options(wet=wet)
            session.set("enhanced", tuple(audition.mixed(each, noisy, options) for each in session.state.enhanced))

    heard = play(desk, turn)
    rate = desk._player._feeder._mixer.rate
    fade, made = round(FADE * rate), session.state.enhanced[0]
    ends = [Lane(clip, rate, 1).read(0, len(heard))[:, 0] for clip in (noisy, made.made)]
    assert smooth(heard[fade:-1], [each[fade:] for each in ends], fade, 1e-4)
    last = Lane(made.sound, rate, 1).read(0, len(heard))[:, 0]
    tail = slice(int(3.0 * rate), len(heard) - 1)
    np.testing.assert_allclose(heard[tail], last[tail], atol=1e-6)
