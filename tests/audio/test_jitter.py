"""The jitter buffer against clocks that drift, sound that comes late, and a loudspeaker that is unplugged."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio import line
from engine.audio.jitter import FIRST, SAFE, Jitter
from engine.audio.splice import without
from tests.devices import Array, Speaker, Time


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    clock = Time()
    monkeypatch.setattr(line.time, "monotonic", clock)
    return clock


def play(jitter: Jitter, time: Time, sound: Array, rate: int, block: int = 160, late: float = 0.0) -> list[float]:
    """Feed a sound by the clock, every block up to `late` seconds late. The level after each."""
    rng, levels, began = np.random.default_rng(3), [], time.now
    for start in range(0, len(sound), block):
        due = began + (start + block) / rate + rng.uniform(0, late)
        time.now = max(time.now, due)
        jitter.write(sound[start : start + block])
        levels.append(jitter.level)
    return levels


def tone(seconds: float, rate: int, hertz: float = 440.0) -> Array:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def test_without_drift_what_is_heard_is_what_was_given(time: Time) -> None:
    speaker = Speaker(time)
    jitter = Jitter(speaker, 48_000)
    sound = tone(5.0, 48_000)
    play(jitter, time, sound, 48_000, 480)
    given = speaker.sound
    begin = round(FIRST * 48_000)
    assert not given[:begin].any()
    np.testing.assert_allclose(given[begin + 300 :], sound[300 : 300 + len(given) - begin - 300], atol=1e-6)
    assert (jitter.underruns, jitter.cut, jitter.filled, jitter.drift) == (0, 0, 0, 0)


@pytest.mark.parametrize("drift", [0.002, -0.002])
def test_two_clocks_that_drift_apart_are_followed_without_a_gap(time: Time, drift: float) -> None:
    """0.2 % is twenty times what cheap sound cards have: 80 ms in these forty seconds."""
    speaker = Speaker(time, drift=drift)
    jitter = Jitter(speaker, 16_000, target=0.03)
    levels = play(jitter, time, tone(40.0, 16_000), 16_000, 320)
    assert (jitter.underruns, jitter.cut, jitter.filled) == (0, 0, 0)
    assert 0.01 < min(levels[100:])
    assert max(levels) < 0.12
    assert abs(jitter.drift + drift * 1e6) < 400
    # The tone is played 0.2 % higher or lower, and nothing else happens to it: no jump between two samples.
    whole = speaker.sound[48_000:]
    steps = np.abs(np.diff(whole)).max()
    assert steps < 0.5 * 2 * np.pi * 440 / 48_000 * 1.02
    spectrum = np.abs(np.fft.rfft(whole[-96_000:] * np.hanning(96_000))) / 24_000
    peak = int(spectrum.argmax()) / 2
    assert abs(peak - 440) < 2
    spectrum[int(2 * peak) - 20 : int(2 * peak) + 21] = 0
    assert 20 * np.log10(spectrum.max() / 0.5) < -60


def test_late_blocks_make_it_keep_more_ready_and_calm_ones_less(time: Time) -> None:
    jitter = Jitter(Speaker(time), 16_000)
    play(jitter, time, tone(2.0, 16_000), 16_000)  # an underrun of the first second is not counted
    play(jitter, time, tone(20.0, 16_000), 16_000, 320, late=0.08)
    assert jitter.underruns > 0
    assert jitter.filled > 0
    wide, before = jitter.target, jitter.underruns
    assert wide > FIRST
    play(jitter, time, tone(80.0, 16_000), 16_000, 320)
    assert jitter.target < wide
    assert jitter.target >= SAFE / 2
    play(jitter, time, tone(10.0, 16_000), 16_000, 320)
    assert jitter.underruns - before <= 1


def test_a_fixed_depth_stays(time: Time) -> None:
    jitter = Jitter(Speaker(time), 16_000, target=0.02)
    play(jitter, time, tone(2.0, 16_000), 16_000)
    play(jitter, time, tone(10.0, 16_000), 16_000, late=0.08)
    assert jitter.underruns > 0
    assert jitter.target == 0.02


def test_a_stall_is_counted_once_and_what_is_too_late_is_cut_out(time: Time) -> None:
    speaker = Speaker(time)
    jitter = Jitter(speaker, 16_000, target=0.03)
    sound = tone(20.0, 16_000)
    play(jitter, time, sound[: 16_000 * 5], 16_000)
    time.now += 0.6  # nobody wrote for so long: then all of it comes at once
    jitter.write(sound[16_000 * 5 : round(16_000 * 5.6)])
    assert jitter.underruns == 1
    assert jitter.level > 0.5
    levels = play(jitter, time, sound[round(16_000 * 5.6) :], 16_000)
    assert jitter.underruns == 1
    assert jitter.cut == pytest.approx(0.6, abs=0.1)
    assert max(levels[-300:]) < 0.08
    # The first sound after silence fades in, the cut is a crossfade: but for the beginning of the silence, which
    # nobody could foresee, nothing jumps.
    steps = np.abs(np.diff(speaker.sound))[speaker.sound[1:] != 0]
    assert steps.max() < 0.5 * 2 * np.pi * 440 / 48_000 + 0.5 * 2 / (0.005 * 48_000) + 0.01


def test_blocks_of_any_size_and_none_are_taken(time: Time) -> None:
    one, other = Jitter(Speaker(time), 16_000, 0.03), Jitter(Speaker(time), 16_000, 0.03)
    sound = tone(0.2, 16_000)
    one.write(sound)
    for block in np.split(sound, [0, 1, 1, 5, 900, 901]):
        other.write(block)
    first, second = one.line.port.sound, other.line.port.sound  # type: ignore[attr-defined]
    count = min(len(first), len(second))
    assert count > 8_000
    np.testing.assert_allclose(first[2000:count], second[2000:count], atol=1e-6)


def test_what_the_device_says_of_itself_is_counted_after_its_first_second(time: Time) -> None:
    speaker = Speaker(time)
    jitter = Jitter(speaker, 16_000)
    speaker.xruns = 5  # as it is opened
    play(jitter, time, tone(3.0, 16_000), 16_000)
    assert jitter.underruns == 0
    speaker.xruns = 7
    assert jitter.underruns == 2


def test_an_unplugged_loudspeaker_is_known(time: Time) -> None:
    speaker = Speaker(time)
    jitter = Jitter(speaker, 16_000)
    jitter.write(tone(0.1, 16_000))
    assert not jitter.gone()
    speaker.alive = False
    assert jitter.gone()


def test_a_splice_takes_out_as_much_as_it_says() -> None:
    sound = np.arange(100, dtype=np.float32)
    cut = without(sound, 20, 30, 10)
    assert len(cut) == 70
    np.testing.assert_array_equal(cut[:20], sound[:20])
    np.testing.assert_array_equal(cut[30:], sound[60:])
    assert (np.diff(cut) > 0).all()
    assert len(without(sound, 90, 30, 10)) == 90
