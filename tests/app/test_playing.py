"""Playing a clip of which only a part is made: the sound asked for comes, and no other."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from app.playing import Playing
from engine.audio import feeder
from engine.audio.error import DeviceError
from engine.audio.silent import SilentOutput
from engine.clip import from_array
from engine.events import Decoded
from engine.session import Depth, Session, Span
from tests.devices import Time
from tests.example import echo, traced

pytestmark = pytest.mark.alone
CLOCK = Time()
"""What the output takes sound by: it goes on where a test waits."""


class Told:
    """A wiring that only keeps what the user is told."""

    relabelled = False

    def __init__(self):
        self.words = []

    def tell(self, text, level="info"):
        self.words.append(text)


@pytest.fixture
def playing(monkeypatch):
    monkeypatch.setattr(feeder, "SilentOutput", partial(SilentOutput, clock=CLOCK))
    session = Session(clip=from_array(np.zeros(16000 * 120, np.float32), 16000, "two minutes"))
    playing = Playing(session, Told())
    session.set("view", Span(0.0, 5.0))
    session.set("traced", made(session, 0.0))
    yield playing
    playing.close()


def made(session, start):
    """Twenty seconds from `start` on."""
    return traced(session.state.clip, np.zeros(16000 * 20, np.float32), start)


def test_playing_where_nothing_is_made_yet_shows_the_place_and_waits_for_it(playing):
    session = playing.session
    playing.seek(100.0)
    playing.toggle()
    assert not session.state.transport.playing
    assert session.state.view.start <= 100.0 <= session.state.view.stop, "what is seen is made"
    session.set("traced", made(session, 95.0))
    assert session.state.transport.playing
    playing.tick()
    assert session.state.cursor.time >= 99.9


def test_asking_again_while_it_waits_takes_it_back(playing):
    playing.seek(100.0)
    playing.toggle()
    playing.toggle()
    playing.session.set("traced", made(playing.session, 95.0))
    assert not playing.session.state.transport.playing


def test_a_loop_elsewhere_is_made_before_it_is_heard(playing):
    session = playing.session
    session.set("selection", Span(60.0, 61.0))
    session.set("transport", replace(session.state.transport, loop=True))
    playing.toggle()
    assert not session.state.transport.playing
    session.set("traced", made(session, 55.0))
    playing.tick()
    assert session.state.transport.playing
    assert 59.9 <= session.state.cursor.time <= 61.0


def test_what_is_made_plays_at_once(playing):
    playing.seek(3.0)
    playing.toggle()
    assert playing.session.state.transport.playing
    playing.toggle()
    assert not playing.session.state.transport.playing


def test_a_moment_is_heard_once_and_the_cursor_comes_back(playing):
    session = playing.session
    session.set("transport", replace(session.state.transport, loop=True))
    playing.seek(7.0)
    session.set("moment", Span(2.0, 2.2))
    assert session.state.transport.playing
    end, seen = time.monotonic() + 10, set()
    while session.state.transport.playing:
        assert time.monotonic() < end, "it plays on"
        playing.tick()
        seen.add(session.state.cursor.time)
        CLOCK.spend(0.01)
    assert min(seen) < 2.2
    assert session.state.moment is None
    assert session.state.cursor.time == pytest.approx(7.0)


def test_what_a_layer_holds_is_heard_in_place_of_the_sound(playing, monkeypatch):
    session, lanes = playing.session, {}
    monkeypatch.setattr(playing._ready(), "load", lambda clips, starts, left=(): lanes.update(clips))
    state = session.state
    sound = from_array(np.full(state.traced.sound.frames, 0.1, np.float32), 16000, "layer 1")
    session.set("decoded", Decoded(state.clip.id, "", Depth(1), sound, 0.7, 0.0))
    assert lanes["state"] is sound
    session.set("traced", made(session, 20.0))
    assert lanes["state"] is lanes["processed"], "another part of the clip"
    session.set("decoded", Decoded("another clip", "", Depth(1), sound, 0.7, 0.0, 20.0))
    assert lanes["state"] is lanes["processed"]


def test_an_echo_is_heard_once_and_then_the_sound_as_it_is(playing):
    session = playing.session
    playing.hear_echo()
    assert "show the lane Gradient" in playing.wiring.words[0]
    session.set("echo", echo(session.state.clip.id, 1.24))
    playing.seek(1.24)
    playing.hear_echo()
    assert session.state.transport.playing
    assert playing._ready().heard == "echo"
    moment = session.state.moment
    assert moment.start == pytest.approx(max(0.0, 1.24 - 1.5 * session.state.echo.decay.horizon))
    assert moment.stop == pytest.approx(1.29)
    end = time.monotonic() + 10
    while session.state.transport.playing:
        assert time.monotonic() < end, "it plays on"
        playing.tick()
        CLOCK.spend(0.01)
    assert playing._ready().heard == "processed"
    assert session.state.cursor.time == pytest.approx(1.24)


def test_a_moment_that_is_not_there_yet_is_told(playing):
    playing.session.set("moment", Span(100.0, 100.2))
    assert not playing.session.state.transport.playing
    assert "not analysed yet" in playing.wiring.words[0]


def test_scrubbing_lets_each_moment_be_heard_and_leaves_the_cursor_there(playing, monkeypatch):
    session, heard = playing.session, []
    monkeypatch.setattr(playing._ready(), "scrub", heard.append)
    session.set("transport", replace(session.state.transport, scrubbing=True))
    playing.seek(2.0)
    playing.seek(3.0)
    playing.seek(100.0)  # not made yet
    session.set("transport", replace(session.state.transport, scrubbing=False))
    playing.seek(4.0)
    assert heard == [2.0, 3.0]
    playing.tick()
    assert session.state.cursor.time == 4.0
    assert not session.state.transport.playing


def test_scrubbing_without_a_loudspeaker_says_so_once(playing, monkeypatch):
    def none(*_arguments):
        raise DeviceError("No loudspeaker was found; plug one in and try again.")

    monkeypatch.setattr("engine.audio.device.find", none)
    session = playing.session
    session.set("transport", replace(session.state.transport, scrubbing=True))
    playing.seek(2.0)
    end = time.monotonic() + 20
    while not playing.wiring.words and time.monotonic() < end:
        playing.tick()
        CLOCK.spend(0.01)
    for _ in range(5):
        playing.seek(3.0)
        playing.tick()
    assert [words[:25] for words in playing.wiring.words] == ["No loudspeaker was found;"]


def heard_of(playing, monkeypatch):
    """What the player holds and is asked for, in order."""
    from engine.audio.play import Player

    asked = []
    load, choose, play = Player.load, Player.choose, Player.play
    monkeypatch.setattr(
        Player, "load", lambda self, lanes, *a: (asked.append(tuple(lanes)), load(self, lanes, *a))
    )
    monkeypatch.setattr(Player, "choose", lambda self, name: (asked.append(name), choose(self, name)))
    monkeypatch.setattr(Player, "play", lambda self, at=None: (asked.append(at), play(self, at)))
    return asked


def test_a_sample_is_heard_by_itself_and_the_lanes_come_back(playing, monkeypatch):
    asked = heard_of(playing, monkeypatch)
    playing.sample(from_array(np.zeros(800, np.float32), 16000, "a note"))
    assert asked[-3:] == [("sample",), "sample", 0.0]
    assert not playing.session.state.transport.playing
    playing.hear("clean")
    assert "clean" in asked[-3]
    assert asked[-1] == "clean"
    playing.sample(from_array(np.zeros(800, np.float32), 16000, "a note"))
    playing.toggle()
    assert "processed" in asked[-3]
    assert playing.session.state.transport.playing
    before = list(asked)
    playing.sample(from_array(np.zeros(800, np.float32), 16000, "a note"))
    assert asked == before, "nothing is heard over what plays"


def test_what_is_expected_plays_as_soon_as_it_is_made(playing):
    session = playing.session
    session.set("clip", from_array(np.zeros(16000 * 20, np.float32), 16000, "another"))
    playing.expect(3.0)
    assert not session.state.transport.playing
    session.set("traced", made(session, 0.0))
    assert session.state.transport.playing
    assert session.state.cursor.time == pytest.approx(3.0, abs=0.2)
