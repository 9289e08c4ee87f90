"""The mixing core: sample by sample what the lanes hold, and no jump that they do not have themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.lane import Lane
from engine.audio.line import HeardClock, Timeline
from engine.audio.loudness import QUIET, k_weight, matched_gains, measure
from engine.audio.mix import Mixer
from engine.clip import Clip, from_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 8000
FADE = 40


def tone(hertz: float, seconds: float = 1.0, rate: int = RATE, size: float = 0.5) -> Clip:
    return from_array(
        size * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate), rate, f"{hertz} Hz"
    )


def noise(seed: int, frames: int = RATE, rate: int = RATE) -> Clip:
    return from_array(np.random.default_rng(seed).uniform(-0.5, 0.5, frames), rate, f"noise {seed}")


def mixer(**clips: Clip) -> Mixer:
    made = Mixer(RATE, 1)
    made.load({name: Lane(clip, RATE, 1) for name, clip in clips.items()})
    return made


def filled(mix: Mixer, frames: int, block: int = 64) -> NDArray[np.float32]:
    sizes = [block] * (frames // block) + [frames % block]
    return np.concatenate([mix.fill(size) for size in sizes if size])[:, 0]


@pytest.mark.parametrize("block", [1, 7, 80, 1000])
def test_playing_gives_the_lane_after_a_fade_in(block: int) -> None:
    clip = noise(1)
    mix = mixer(a=clip)
    assert not filled(mix, 100).any()
    assert not mix.sounding
    mix.play()
    out = filled(mix, RATE + 100, block)
    np.testing.assert_array_equal(out[FADE:RATE], clip.read()[FADE:, 0])
    ramp = np.arange(1, FADE + 1) / (FADE + 1)
    np.testing.assert_allclose(out[:FADE], clip.read()[:FADE, 0] * ramp, atol=1e-6)
    assert not out[RATE:].any()
    assert not mix.playing
    assert mix.position == RATE
    mix.play()
    assert mix.position == 0


def test_a_switch_is_aligned_to_the_sample_and_crossfaded() -> None:
    first, second = noise(1), noise(2)
    mix = mixer(a=first, b=second)
    mix.play()
    filled(mix, 1000)
    mix.choose("b")
    out = filled(mix, 2000)
    weight = np.arange(1, FADE + 1) / (FADE + 1)
    a, b = first.read()[1000:3000, 0], second.read()[1000:3000, 0]
    np.testing.assert_allclose(out[:FADE], a[:FADE] * (1 - weight) + b[:FADE] * weight, atol=1e-6)
    np.testing.assert_array_equal(out[FADE:], b[FADE:])


CHANGES = ["a", "b", "pause", "play", "seek", "loop", "free", "load", "volume"]


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(CHANGES), st.integers(1, 900)), min_size=1, max_size=20))
def test_no_change_makes_a_jump(changes: list[tuple[str, int]]) -> None:
    # Two slow tones move by at most 2 pi f / rate * size a sample. A fade of 40 samples adds at most 1 / 41 of the
    # distance of what it fades, for each of the fades that overlap. Loops of whole periods do not jump either.
    clips = {"a": tone(20, 4.0), "b": tone(40, 4.0, size=0.4)}
    mix = mixer(**clips)
    parts = []
    for change, frames in changes:
        if change in clips:
            mix.choose(change)
        elif change in ("pause", "play"):
            getattr(mix, change)()
        elif change == "seek":
            mix.seek(400 * (frames % 60))
        elif change in ("loop", "free"):
            mix.set_loop((4000, 4000 + 800 * (1 + frames % 5)) if change == "loop" else None)
        elif change == "load":
            mix.load({name: Lane(clip, RATE, 1, 0.9) for name, clip in clips.items()}, mix.heard)
        elif change == "volume":
            mix.volume = 1.0 - mix.volume / 2
        parts.append(filled(mix, frames + 100))
    out = np.concatenate(parts)
    own = 2 * np.pi * 40 / RATE * 0.5
    volume = 0.5 * 0.5 / 64  # a change of volume is spread over one block
    assert np.abs(np.diff(out)).max() <= own + 1.0 / (FADE + 1) + volume + 1e-6


def test_a_loop_repeats_exactly() -> None:
    clip = noise(3)
    mix = mixer(a=clip)
    mix.set_loop((1234, 2345))
    mix.play()
    assert mix.position == 1234
    out = filled(mix, 5000, 77)
    expected = np.resize(clip.read()[1234:2345, 0], 5000)
    np.testing.assert_array_equal(out[FADE:], expected[FADE:])
    mix.set_loop(None)
    np.testing.assert_array_equal(filled(mix, 200), clip.read()[mix.position - 200 : mix.position, 0])


def test_a_loop_set_elsewhere_is_entered_and_one_too_short_is_widened() -> None:
    mix = mixer(a=noise(3))
    mix.play()
    filled(mix, 100)
    mix.set_loop((4000, 4000))
    assert mix.position == 4000
    filled(mix, 1000)
    assert 4000 <= mix.position < 4080
    mix.seek(7900)  # beyond the loop it plays to the end
    filled(mix, 200)
    assert not mix.playing


def test_a_scrub_plays_a_moment() -> None:
    clip = noise(4)
    mix = mixer(a=clip)
    mix.seek(500)
    mix.play(300)
    out = filled(mix, 600)
    np.testing.assert_array_equal(out[FADE:300], clip.read()[500 + FADE : 800, 0])
    assert not out[300 + FADE :].any()
    assert not mix.playing


def test_pausing_keeps_the_place_and_seeking_is_heard_at_once() -> None:
    clip = noise(5)
    mix = mixer(a=clip)
    mix.play()
    filled(mix, 1000)
    mix.pause()
    filled(mix, 500)
    assert mix.position == 1000
    mix.play()
    np.testing.assert_array_equal(filled(mix, 500)[FADE:], clip.read()[1000 + FADE : 1500, 0])
    mix.seek(6000)
    np.testing.assert_array_equal(filled(mix, 500)[FADE:], clip.read()[6000 + FADE : 6500, 0])


def test_nothing_loaded_is_silence_and_an_unknown_lane_is_refused() -> None:
    mix = mixer()
    mix.play()
    assert not mix.playing
    assert not mix.fill(10).any()
    with pytest.raises(KeyError):
        mix.choose("a")


def test_too_loud_is_held_at_full_scale() -> None:
    mix = mixer()
    mix.load({"a": Lane(noise(1), RATE, 1, gain=9.0)})
    mix.play()
    assert np.abs(filled(mix, 1000)).max() == 1.0


@pytest.mark.parametrize(
    ("clip_rate", "rate"), [(16_000, 48_000), (44_100, 48_000), (44_099, 8000), (48_000, 44_100)]
)
def test_a_lane_at_another_rate_equals_resampling_the_whole(clip_rate: int, rate: int) -> None:
    clip = noise(6, round(clip_rate * 3.3), clip_rate)
    lane = Lane(clip, rate, 2, gain=0.5)
    whole = soxr.resample(clip.read()[:, 0], clip_rate, rate) * 0.5
    assert abs(lane.end - len(whole)) <= 1
    rng = np.random.default_rng(0)
    for start in rng.integers(0, len(whole) - 5000, 12):
        count = int(rng.integers(1, 5000))
        got = lane.read(int(start), count)
        np.testing.assert_allclose(got[:, 0], whole[start : start + count], atol=1e-4)
        np.testing.assert_array_equal(got[:, 0], got[:, 1])
    assert not lane.read(lane.end, 10).any()


def test_a_lane_lies_where_it_starts_and_mixes_channels() -> None:
    clip = from_array(np.array([[0.2, 0.4]] * 10), 10, "two")
    assert Lane(clip, 10, 1, start=1.0).read(8, 14)[:, 0] == pytest.approx([0] * 2 + [0.3] * 10 + [0] * 2)
    np.testing.assert_allclose(Lane(clip, 10, 2).read(0, 3), [[0.2, 0.4]] * 3)
    assert Lane(clip, 10, 2, start=1.0).end == 20


@pytest.mark.parametrize("rate", [8000, 44_100, 48_000, 96_000])
def test_loudness_of_the_standards_reference_tone(rate: int) -> None:
    loudness, peak = measure(tone(997, 3.0, rate, 1.0))
    assert loudness == pytest.approx(-3.01, abs=0.05)
    assert peak == pytest.approx(1.0, abs=1e-3)


def test_loudness_weighs_and_gates() -> None:
    # 100 Hz and 10 kHz relative to 1 kHz, from the curve of BS.1770; silence between sounds does not count.
    weight = 10 * np.log10(k_weight(48_000, 48_000) + 1e-9)
    assert weight[100] - weight[997] == pytest.approx(-1.8, abs=0.3)
    assert weight[10_000] - weight[997] == pytest.approx(3.3, abs=0.2)
    loud = tone(1000, 2.0).read()
    gaps = from_array(np.concatenate([loud, np.zeros((4 * RATE, 1)), loud]), RATE, "gaps")
    assert measure(gaps)[0] == pytest.approx(measure(tone(1000, 2.0))[0], abs=0.3)
    assert measure(from_array(np.zeros(RATE), RATE, "nothing")) == (QUIET, 0.0)


def test_matched_lanes_are_equally_loud_and_do_not_clip() -> None:
    sounds = {"clip": noise(1), "loud": from_array(noise(2).read() * 1.9, RATE, "l"), "soft": tone(300, size=0.05)}
    gains = matched_gains({name: measure(clip) for name, clip in sounds.items()})
    matched = [measure(from_array(clip.read() * gains[name], RATE, "m")) for name, clip in sounds.items()]
    assert np.ptp([loudness for loudness, _ in matched]) < 0.1
    assert max(peak for _, peak in matched) <= 1.0 + 1e-6
    spiky = np.zeros((RATE, 1), np.float32)
    spiky[::400] = 0.9
    measured = {"clip": measure(noise(1)), "spiky": measure(from_array(spiky, RATE, "s"))}
    lowered = matched_gains(measured)
    assert lowered["spiky"] * 0.9 <= 1.0 + 1e-6
    assert lowered["clip"] < 1.0
    assert matched_gains({"clip": (QUIET, 0.0), "other": (-20.0, 0.5)}) == {"clip": 1.0, "other": 1.0}


def test_the_timeline_finds_the_position_heard() -> None:
    line = Timeline()
    assert line.at(5.0) == 0.0
    line.mark(0, 300, 300)
    line.mark(100, 300, 900)
    line.mark(200, 400, 900, (350, 450))
    line.mark(400, 890, 900)
    positions = [line.at(frame) for frame in (-5, 50, 100, 150, 200, 249, 250, 349, 350, 400, 405, 500)]
    assert positions == [300, 300, 300, 350, 400, 449, 350, 449, 350, 890, 895, 900]


def test_the_heard_clock_runs_smoothly_and_never_back() -> None:
    clock = HeardClock(1000, 0.06)
    heard = []
    for millisecond in range(0, 1000, 4):
        consumed = 60 + millisecond // 20 * 20  # blocks of 20 frames, 60 in flight
        heard.append(clock.heard(consumed, False, 5.0 + millisecond / 1000))
    steps = np.diff(heard)
    assert (steps >= 0).all()
    assert steps[10:].max() < 8
    assert abs(heard[-1] - 996) <= 30
    assert clock.heard(2000, True, 8.0) == 2000
