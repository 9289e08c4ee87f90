"""From a microphone through a denoiser to headphones (K231), with devices that stall, break and are unplugged."""

from __future__ import annotations

import numpy as np
import pytest

from engine.account import Clock
from engine.audio import line
from engine.limits import Options
from engine.links import default_picture
from engine.monitor import BEHIND, ENHANCED, KEPT, NOISY, RESIDUAL, Monitor, Settings
from engine.windowed import LATE, PAST, Windowed
from tests.devices import Array, Frames, Microphone, Speaker, Time, noise


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    clock = Time()
    monkeypatch.setattr(line.time, "monotonic", clock)
    return clock


def run(monitor: Monitor, time: Time, seconds: float, nap: float = 0.002) -> None:
    end = time.now + seconds
    while time.now < end:
        while monitor.step():
            pass
        time.now += nap


def _mixed(mix: Options) -> Settings:
    return Settings(mix=mix)


def offline(sound: Array) -> Array:
    denoiser = Frames()
    return np.concatenate([denoiser.push(sound), denoiser.flush()])


def made(monitor: Monitor) -> list[Array]:
    blocks: list[Array] = []
    monitor.told = lambda block: blocks.append(block.copy())
    return blocks


def test_what_is_heard_is_what_the_whole_sound_would_give(time: Time) -> None:
    sound = noise(5.0)
    speaker = Speaker(time)
    monitor = Monitor(Microphone(time, sound), Frames(), speaker, Settings())
    blocks = made(monitor)
    run(monitor, time, 4.5)
    heard = np.concatenate(blocks)
    np.testing.assert_allclose(heard, offline(sound)[: len(heard)], atol=1e-5)
    account = monitor.account()
    assert (account.underruns, account.dropped, account.damaged, account.lost) == (0, 0, 0, 0)
    assert account.algorithmic == 64 / 16000
    assert account.latency == pytest.approx(account.algorithmic + 0.01 + account.ready + 0.02)
    # What the ear gets, at the loudspeaker's rate, is that sound, as late as the account says.
    ear = speaker.ear[::3].astype(np.float64)
    size = 1 << 17
    lag = int(np.argmax(np.fft.irfft(np.fft.rfft(ear, size) * np.conj(np.fft.rfft(heard, size)), size)[:16000]))
    assert abs(lag / 16000 - (account.algorithmic + account.input + account.ready)) < 0.01


def test_a_microphone_that_stalls_costs_an_underrun_and_no_memory(time: Time) -> None:
    sound = noise(8.0)
    source = Microphone(time, sound)
    monitor = Monitor(source, Frames(), Speaker(time), Settings())
    blocks = made(monitor)
    run(monitor, time, 2.0)
    source.held_until = time.now + 0.3
    run(monitor, time, 5.0)
    heard = np.concatenate(blocks)
    np.testing.assert_allclose(heard, offline(sound)[: len(heard)], atol=1e-5)
    account = monitor.account()
    assert account.underruns >= 1
    assert account.filled > 0
    assert account.dropped == 0
    assert account.ready < 0.2


def test_a_denoiser_that_is_too_slow_is_told_in_milliseconds_and_skips(time: Time) -> None:
    class Slow(Frames):
        def push(self, block: Array) -> Array:
            time.now += 1.5 * len(block) / self.rate
            return super().push(block)

    denoiser = Slow()
    monitor = Monitor(Microphone(time, noise(20.0)), denoiser, Speaker(time), Settings(), clock=time)
    run(monitor, time, 10.0)
    account = monitor.account()
    assert account.overruns > 100
    assert account.load == pytest.approx(1.5, rel=0.05)
    assert account.dropped > 1
    assert sum(map(len, monitor._waiting)) <= BEHIND * 16000
    assert denoiser.resets == 0
    took, allowed = account.worst
    assert took > allowed
    assert account.said() == f"a step took {1e3 * took:.0f} ms of {1e3 * allowed:.0f} allowed"


def test_steps_of_frames_are_told_by_the_frame() -> None:
    clock = Clock(16000)
    clock.add(0.5, 256)  # the first one warms up
    for _ in range(3):
        clock.add(0.001, 0)
        clock.add(0.004, 256)
    clock.add(0.021, 256)
    assert clock.take() == pytest.approx((0.021, 0.016, (3 * 0.005 + 0.021) / 0.064))
    assert clock.overruns == 1
    assert clock.take() == (0.0, 0.0, 0.0)


def test_damaged_blocks_and_empty_ones_are_no_harm(time: Time) -> None:
    sound = noise(3.0)
    sound[4000:4100], sound[9000] = np.nan, np.inf
    monitor = Monitor(Microphone(time, sound), Frames(), Speaker(time), Settings())
    blocks = made(monitor)
    run(monitor, time, 2.5)
    heard = np.concatenate(blocks)
    mended = np.where(np.isfinite(sound), sound, 0).astype(np.float32)
    np.testing.assert_allclose(heard, offline(mended)[: len(heard)], atol=1e-5)
    assert monitor.account().damaged == 101
    assert monitor.account().lost == 0


def test_knobs_are_turned_while_it_runs_and_the_denoiser_hears_on(time: Time) -> None:
    sound = noise(4.0)
    denoiser = Frames()
    monitor = Monitor(Microphone(time, sound), denoiser, Speaker(time), Settings())
    blocks = made(monitor)
    mixes = (Options(wet=0.3, limit=12.0, limit_500=6.0), Options(keep=0.5))
    for settings in (Settings(bypass=True), *map(_mixed, mixes), Settings(buffer=80.0), Settings()):
        monitor.turn(settings)
        run(monitor, time, 0.5)
    done = sum(map(len, blocks))
    run(monitor, time, 1.0)
    heard, whole = np.concatenate(blocks), offline(sound)
    np.testing.assert_allclose(heard[done:], whole[done : len(heard)], atol=1e-5)
    np.testing.assert_allclose(heard[2000:7000], sound[2000:7000], atol=1e-6)
    assert denoiser.resets == 0


def test_the_volume_is_that_of_the_headphones_alone(time: Time) -> None:
    sound, speaker = noise(2.0), Speaker(time)
    monitor = Monitor(Microphone(time, sound), Frames(), speaker, Settings(volume=0.0))
    blocks = made(monitor)
    run(monitor, time, 1.0)
    heard = np.concatenate(blocks)
    np.testing.assert_allclose(heard, offline(sound)[: len(heard)], atol=1e-5)
    assert not speaker.sound.any()


def test_devices_that_are_unplugged_are_told(time: Time) -> None:
    source, speaker = Microphone(time, noise(3.0)), Speaker(time)
    monitor = Monitor(source, Frames(), speaker, Settings())
    run(monitor, time, 0.5)
    assert monitor.error == ""
    source.error = "The microphone is gone."
    assert monitor.error == "The microphone is gone."
    source.error, speaker.alive = None, False
    assert "loudspeaker" in monitor.error


def test_pictures_of_both_are_aligned(time: Time) -> None:
    sound = noise(2.0)
    monitor = Monitor(Microphone(time, sound), Frames(), Speaker(time), Settings(), default_picture())
    run(monitor, time, 1.0)
    frames = monitor.frames()
    assert frames is not None
    assert frames.start == 0
    np.testing.assert_allclose(frames.samples, offline(sound)[: len(frames.samples)], atol=1e-5)
    noisy, enhanced, residual = (frames.series[key] for key in (NOISY, ENHANCED, RESIDUAL))
    assert noisy.values.shape == enhanced.values.shape == residual.values.shape
    assert noisy.first == enhanced.first
    assert not np.allclose(noisy.values, enhanced.values)
    run(monitor, time, 0.5)
    later = monitor.frames()
    assert later is not None
    assert later.start == pytest.approx(len(frames.samples) / 16000)


def test_what_was_heard_can_be_kept(time: Time) -> None:
    sound = noise(2.0)
    monitor = Monitor(Microphone(time, sound), Frames(), Speaker(time), Settings())
    run(monitor, time, 1.5)
    kept = monitor.heard.keep(KEPT, "enhanced").read()[:, 0]
    np.testing.assert_allclose(kept, offline(sound)[: len(kept)], atol=1e-5)
    assert len(kept) > 20_000


class Whole(Frames):
    """A denoiser that takes the mean of the last and the next tenth of a second away: it needs what follows."""

    def __init__(self) -> None:
        super().__init__()
        self.latency = None
        self._all = np.zeros(0, np.float32)

    def push(self, block: Array) -> Array:
        self._all = np.concatenate([self._all, block])
        return block[:0]

    def flush(self) -> Array:
        sound, self._all = self._all, self._all[:0]
        return (sound - np.convolve(np.pad(sound, 1600), np.ones(3201) / 3201, "valid")).astype(np.float32)

    def reset(self) -> None:
        self._all = np.zeros(0, np.float32)


@pytest.mark.parametrize("size", [333, 16000, 10**6])
def test_in_windows_one_that_needs_the_whole_is_heard_late_and_is_right(size: int) -> None:
    """K221: the look-ahead alternative of a denoiser that is no use live."""
    sound = noise(6.0) + 0.5
    windowed = Windowed(Whole())
    assert windowed.latency == round(LATE * 16000)
    made, late = [], 0
    for start in range(0, len(sound), size):
        made.append(windowed.push(sound[start : start + size]))
        late = max(late, min(start + size, len(sound)) - sum(map(len, made)))
    assert late <= windowed.latency + 0.25 * 16000 + size
    whole = np.concatenate([*made, windowed.flush()])
    assert len(whole) == len(sound)
    reference = Whole()
    reference.push(sound)
    np.testing.assert_allclose(whole, reference.flush(), atol=1e-3)
    assert len(windowed._sound) <= (PAST + 1) * 16000
