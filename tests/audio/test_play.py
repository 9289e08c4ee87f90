"""The player without a loudspeaker: it says so, and the playhead moves all the same."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engine.audio import feeder
from engine.audio.device import Device, DeviceError
from engine.audio.error import AudioError
from engine.audio.play import Player
from engine.audio.record import Recorder
from engine.audio.silent import SilentOutput
from engine.clip import ArraySource, Clip, from_array
from engine.session import Span
from tests.devices import Time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

pytestmark = pytest.mark.alone
RATE = 8000
CARD = Device("card", 0, RATE, 2)
OTHER = Device("other", 1, RATE, 2)
CLOCK = Time()
"""What loudspeakers take sound by: it goes on where a test waits."""


class Loudspeaker(SilentOutput):
    """An output that remembers what it was given, takes it by the clock, and can be unplugged."""

    opened: list[Loudspeaker]

    def __init__(self, device: Device, rate: int) -> None:
        super().__init__(rate, 1, CLOCK)
        self.device = device
        self.blocks: list[NDArray[np.float32]] = []
        Loudspeaker.opened.append(self)

    def write(self, block: NDArray[np.float32]) -> None:
        assert self.alive
        self.blocks.append(block.copy())
        super().write(block)

    @property
    def sound(self) -> NDArray[np.float32]:
        return np.concatenate(self.blocks)[:, 0]


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> dict[str, Device]:
    """Loudspeakers that are there; taking one out unplugs it for whoever opens it next."""
    there = {device.name: device for device in (CARD, OTHER)}

    def find(kind: str, wanted: object = None) -> Device:
        name = getattr(wanted, "name", wanted) or next(iter(there), None)
        if name not in there:
            raise DeviceError(f"The loudspeaker {name} is not there.")
        return there[str(name)]

    Loudspeaker.opened = []
    monkeypatch.setattr(feeder.devices, "find", find)
    monkeypatch.setattr(feeder.devices, "refresh", lambda: True)
    monkeypatch.setattr(feeder, "open_output", lambda device, rate: Loudspeaker(device, RATE))
    return there


@pytest.fixture
def player(monkeypatch: pytest.MonkeyPatch) -> Iterator[Player]:
    monkeypatch.setattr(feeder, "SilentOutput", partial(SilentOutput, clock=CLOCK))
    made = Player()
    yield made
    made.close()


def noise(seed: int, seconds: float = 1.0) -> Clip:
    return from_array(np.random.default_rng(seed).uniform(-0.5, 0.5, round(seconds * RATE)), RATE, f"noise {seed}")


def wait_for(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline, "it never happened"
        CLOCK.spend(0.005)


def test_without_a_device_it_says_so_and_the_playhead_moves(
    player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(kind: str, wanted: object = None) -> Device:
        raise DeviceError("No loudspeaker was found; plug one in.")

    monkeypatch.setattr(feeder.devices, "find", find)
    player.load({"clip": noise(1, 0.4)})
    assert player.error is None
    player.play(0.1)
    assert player.playing
    seen = [player.position]
    while player.playing:
        seen.append(player.position)
        CLOCK.spend(0.01)
    assert seen[0] == pytest.approx(0.1, abs=0.02)
    assert (np.diff(seen) >= 0).all()
    assert player.position == pytest.approx(0.4, abs=1e-6)
    assert player.error is not None
    assert "No loudspeaker" in player.error


def test_it_plays_what_the_clip_holds_and_the_chosen_lane(player: Player, cards: dict[str, Device]) -> None:
    first, second = noise(1), noise(2)
    player.load({"clip": first, "processed": second})
    assert player.names == ("clip", "processed")
    assert player.heard == "clip"
    player.play()
    wait_for(lambda: player.position > 0.3)
    player.choose("processed")
    assert player.heard == "processed"
    wait_for(lambda: not player.playing)
    (port,) = Loudspeaker.opened
    a, b = first.read()[:, 0], second.read()[:, 0]
    sound = port.sound[: len(a)]
    gain = sound[-1000:] @ b[-1000:] / (b[-1000:] @ b[-1000:])
    assert gain == pytest.approx(1.0, abs=0.05)
    is_first, is_second = np.abs(sound - a) < 1e-5, np.abs(sound - gain * b) < 1e-3
    switch = int(np.argmin(is_first[100:])) + 100
    assert 0.3 * RATE < switch < 0.6 * RATE
    assert is_second[switch + 40 :].all()
    assert player.position == pytest.approx(1.0)
    assert player.error is None
    assert player.underruns == 0


def test_what_is_played_anew_just_as_it_has_ended_plays(player: Player, cards: dict[str, Device]) -> None:
    """The thread behind it may be kept waiting where it has seen that nothing was asked for."""
    seen = threading.Event()

    class Slow(deque[Any]):
        def __len__(self) -> int:
            count = super().__len__()
            if sys._getframe(1).f_code.co_name == "_feed":
                seen.set()
                time.sleep(0.05)
            return count

    player.load({"clip": noise(1, 0.2)})
    player.play()
    wait_for(lambda: not player.playing)
    player._feeder._commands = Slow()
    assert seen.wait(10)
    player.play(0.0)
    CLOCK.spend(0.1)
    assert player.playing


def test_seeking_shows_the_new_place_at_once(player: Player, cards: dict[str, Device]) -> None:
    clip = noise(1, 5.0)
    player.load({"clip": clip})
    player.seek(3.0)
    assert player.position == 3.0
    assert not player.playing
    player.play()
    wait_for(lambda: player.position > 3.1)
    begun = clip.read()[3 * RATE + 50 : 3 * RATE + 500, 0]
    np.testing.assert_allclose(Loudspeaker.opened[0].sound[50:500], begun, atol=1e-6)
    player.seek(1.0)
    assert player.position == pytest.approx(1.0, abs=0.01)
    wait_for(lambda: player.position > 1.1)
    assert player.position < 2.0
    player.pause()
    assert not player.playing
    wait_for(lambda: player._feeder.level()[0] == -120.0)
    CLOCK.spend(0.15)
    rest = player.position
    CLOCK.spend(0.05)
    assert player.position == rest
    player.scrub(4.0)
    wait_for(lambda: 4.0 < player.position < 4.2)
    assert not player.playing


def test_a_loop_keeps_the_playhead_inside(player: Player, cards: dict[str, Device]) -> None:
    player.load({"clip": noise(1, 2.0)})
    player.loop(Span(0.5, 0.7))
    player.play()
    wait_for(lambda: 0.5 < player.position < 0.7)
    for _ in range(50):
        assert 0.5 <= player.position <= 0.7
        CLOCK.spend(0.01)
    player.loop(None)
    wait_for(lambda: player.position > 0.8)


def test_a_knob_changes_the_sound_while_it_plays(player: Player, cards: dict[str, Device]) -> None:
    player.load({"processed": noise(1, 3.0)})
    player.play()
    wait_for(lambda: player.position > 0.1)
    other = noise(7, 3.0)
    player.load({"processed": other})
    wait_for(lambda: player.position > 0.5)
    player.pause()
    end = len(Loudspeaker.opened[0].sound) - 1000
    tail, expected = Loudspeaker.opened[0].sound[end - 500 : end], other.read()[end - 500 : end, 0]
    assert np.corrcoef(tail, expected)[0, 1] > 0.999


def test_volume_and_level(player: Player, cards: dict[str, Device]) -> None:
    assert player.level == (-120.0, -120.0, False)
    player.load({"clip": from_array(np.full(2 * RATE, 0.5), RATE, "flat")})
    player.volume = 0.5
    player.play()
    wait_for(lambda: player.position > 0.4)
    assert player.level[1] == pytest.approx(-12.04, abs=0.1)
    player.volume = 7.0
    assert player.volume == 1.0


def test_an_unplugged_device_is_named_and_the_playhead_goes_on(player: Player, cards: dict[str, Device]) -> None:
    player.load({"clip": noise(1, 5.0)})
    player.play()
    wait_for(lambda: player.position > 0.1)
    del cards["card"], cards["other"]
    Loudspeaker.opened[0].alive = False
    wait_for(lambda: player.error)
    assert 'The loudspeaker "card" takes no more sound' in str(player.error)
    before = player.position
    wait_for(lambda: player.position > before + 0.1)
    cards["card"] = CARD
    player.play()
    wait_for(lambda: player.error is None)
    assert len(Loudspeaker.opened) == 2
    wait_for(lambda: Loudspeaker.opened[1].blocks)


def test_a_failed_switch_stays_with_the_device_before(player: Player, cards: dict[str, Device]) -> None:
    player.load({"clip": noise(1, 5.0)})
    player.play()
    wait_for(lambda: player.position > 0.1)
    player.switch("none")
    wait_for(lambda: player.error)
    assert "none is not there" in str(player.error)
    assert "Still playing through card" in str(player.error)
    assert player.playing
    before = player.position
    wait_for(lambda: player.position > before + 0.1)
    player.switch("other")
    wait_for(lambda: player.device == OTHER)
    assert player.error is None
    before = player.position
    wait_for(lambda: player.position > before + 0.1)


class Flawed(ArraySource):
    """Samples that can be read until somebody cuts the file off."""

    cut = False

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        if Flawed.cut:
            raise AudioError("a.wav was cut short")
        return super().read(start, stop)


def test_a_file_that_fails_is_named(
    player: Player, cards: dict[str, Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = Clip(Flawed(np.zeros((5 * RATE, 1), np.float32), RATE), "x", "x")
    player.load({"clip": clip})
    player.play()
    wait_for(lambda: player.position > 0.1)
    monkeypatch.setattr(Flawed, "cut", True)
    wait_for(lambda: player.error)
    assert player.error == "a.wav was cut short"
    assert not player.playing
    player.load({"clip": Clip(clip.source, "y", "y")})  # now it fails on loading
    player.play()
    wait_for(lambda: not player.playing)
    assert player.error == "a.wav was cut short"
    player.load({"clip": noise(1, 0.2)})
    player.play(0.0)
    wait_for(lambda: player.error is None)
    wait_for(lambda: not player.playing)


def test_unknown_lanes_are_refused_and_nothing_is_not_played(player: Player) -> None:
    player.play()
    assert not player.playing
    player.load({"clip": noise(1)})
    with pytest.raises(KeyError, match="no lane 'x'; there are: clip"):
        player.choose("x")


class Microphone:
    """An input that gives a counted ramp when asked, and can be unplugged."""

    def __init__(self, device: Device, rate: int) -> None:
        self.rate, self.channels, self.lost, self.alive, self.closed = rate, 1, 0, True, False
        self.device, self.pending = device, np.zeros((0, 1), np.float32)

    def read(self) -> NDArray[np.float32]:
        block, self.pending = self.pending, np.zeros((0, 1), np.float32)
        return block

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def microphones(monkeypatch: pytest.MonkeyPatch, cards: dict[str, Device]) -> list[Microphone]:
    opened: list[Microphone] = []

    def open_input(device: Device, rate: int) -> Microphone:
        opened.append(Microphone(device, rate))
        return opened[-1]

    monkeypatch.setattr("engine.audio.record.open_input", open_input)
    return opened


def test_a_recorder_hands_on_what_the_microphone_hears(microphones: list[Microphone]) -> None:
    recorder = Recorder(rate=RATE)
    recorder.start()
    recorder.start()
    assert recorder.running
    assert recorder.device == CARD
    sound = noise(1).read()
    microphones[0].pending = sound
    np.testing.assert_array_equal(recorder.read(), sound[:, 0])
    assert len(recorder.read()) == 0
    assert recorder.level[0] == pytest.approx(-10.8, abs=0.5)
    kept = recorder.keep(0.5)
    np.testing.assert_array_equal(kept.read(), sound[-RATE // 2 :])
    assert "recording" in kept.name
    recorder.stop()
    assert microphones[0].closed
    assert not recorder.running
    assert len(microphones) == 1


def test_an_unplugged_microphone_is_named_and_what_was_heard_stays(
    microphones: list[Microphone], cards: dict[str, Device]
) -> None:
    recorder = Recorder(rate=RATE)
    recorder.start()
    microphones[0].pending = noise(1).read()
    wait_for(lambda: recorder.seconds == 1.0)
    microphones[0].alive = False
    wait_for(lambda: recorder.error)
    assert 'The microphone "card" gives no more sound' in str(recorder.error)
    assert not recorder.running
    assert len(recorder.read()) == RATE
    assert recorder.keep().seconds == 1.0
    del cards["card"], cards["other"]
    with pytest.raises(DeviceError):
        recorder.start()
    assert recorder.error == "The loudspeaker None is not there."
    cards["card"] = CARD
    recorder.start()
    assert recorder.error is None
    recorder.stop()


def test_a_failed_switch_stays_with_the_microphone_before(microphones: list[Microphone]) -> None:
    recorder = Recorder(rate=RATE)
    recorder.start()
    with pytest.raises(DeviceError, match="Still recording from card"):
        recorder.switch("none")
    assert recorder.running
    assert not microphones[0].closed
    microphones[0].pending = noise(1).read()
    assert len(recorder.read()) == RATE
    recorder.switch("other")
    assert microphones[0].closed
    assert recorder.device == OTHER
    microphones[1].pending = noise(2).read()
    assert len(recorder.read()) == RATE
    recorder.stop()


def test_a_lane_that_is_left_keeps_its_level_beside_the_others() -> None:
    """Each is as loud as the first; where one would clip, all are lowered together, those that are left too."""
    rng = np.random.default_rng(3)
    noise = rng.uniform(-1, 1, 2 * RATE).astype(np.float32)
    peaky = 0.02 * noise
    peaky[RATE] = 0.9  # as loud as the first, it would clip
    lanes = {name: from_array(each, RATE, name) for name, each in (("a", 0.5 * noise), ("b", 0.1 * noise))}
    lanes |= {"left": from_array(0.1 * noise, RATE, "left"), "peaky": from_array(peaky, RATE, "peaky")}
    made = feeder.Feeder(None, RATE)

    def gains(names: str, left: frozenset[str]) -> dict[str, float]:
        made.load({name: lanes[name] for name in names.split()}, {}, "a", left)
        return {name: float(lane.gain) for name, lane in made._mixer.lanes.items()}

    assert gains("a b left", frozenset({"left"})) == pytest.approx({"a": 1.0, "b": 5.0, "left": 1.0}, rel=1e-3)
    lowered = gains("a b left peaky", frozenset({"left"}))
    assert lowered["peaky"] * 0.9 == pytest.approx(1.0, rel=1e-3)
    assert lowered["left"] == lowered["a"] == pytest.approx(lowered["b"] / 5, rel=1e-3)
    assert set(gains("a b peaky", frozenset({"a", "b", "peaky"})).values()) == {1.0}, "nothing is matched at all"
