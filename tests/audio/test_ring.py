"""The ring against a plain list; the meter against known signals; the feed against the clip it feeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audio.error import AudioError
from engine.audio.feed import Feed
from engine.audio.ring import Ring
from engine.clip import ArraySource, Clip, from_array

if TYPE_CHECKING:
    from numpy.typing import NDArray


@given(st.lists(st.tuples(st.integers(0, 37), st.booleans()), max_size=30))
def test_the_ring_remembers_as_a_list_does(blocks: list[tuple[int, bool]]) -> None:
    ring, missed = Ring(10, 2.0), 0
    everything: list[float] = []
    unread: list[float] = []
    for length, read in blocks:
        block = np.arange(len(everything), len(everything) + length, dtype=np.float32)
        ring.write(block)
        everything += block.tolist()
        unread += block.tolist()
        missed += max(0, len(unread) - 20)
        unread = unread[-20:]
        if read:
            assert ring.read().tolist() == unread
            unread = []
            assert ring.missed == missed
        assert ring.last(2.0).tolist() == everything[-20:]
        assert ring.last(0.5).tolist() == everything[-5:]
    assert ring.total == len(everything)


def test_the_meter_shows_rms_peak_and_for_a_while_the_clip_light() -> None:
    ring = Ring(8000)
    assert ring.level() == (-120.0, -120.0, False)
    ring.write((0.5 * np.sin(np.arange(8000) * 0.3)).astype(np.float32))
    rms, peak, clipped = ring.level()
    assert rms == pytest.approx(-9.03, abs=0.05)
    assert peak == pytest.approx(-6.02, abs=0.05)
    assert not clipped
    ring.write(np.ones(1, np.float32))
    ring.write(np.zeros(8000, np.float32))
    assert ring.level() == (-120.0, -120.0, True)
    ring.write(np.zeros(8000, np.float32))
    assert not ring.level()[2]


class Watch:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def noise(frames: int, channels: int = 1) -> NDArray[np.float32]:
    return np.random.default_rng(2).uniform(-0.5, 0.5, (frames, channels)).astype(np.float32)


def test_a_feed_gives_the_clip_by_the_clock() -> None:
    watch = Watch()
    clip = from_array(noise(16_000, 2), 16_000, "noise")
    feed = Feed(clip, 16_000, clock=watch)
    assert len(feed.read()) == 0
    feed.start()
    parts = []
    for passed in (0.0, 0.01, 0.3, 0.5):
        watch.now = 100.0 + passed
        parts.append(feed.read())
        assert sum(map(len, parts)) == pytest.approx(passed * 16_000, abs=1)
        assert feed.running
    assert feed.level[0] == pytest.approx(20 * np.log10(0.5 / np.sqrt(6)), abs=0.3)
    watch.now = 103.0
    parts.append(feed.read())
    assert feed.ended
    assert not feed.running
    np.testing.assert_allclose(np.concatenate(parts), clip.read().mean(axis=1), atol=1e-7)
    kept = feed.keep(0.25)
    np.testing.assert_allclose(kept.read()[:, 0], clip.read().mean(axis=1)[-4000:], atol=1e-7)
    assert kept.rate == 16_000
    assert feed.dropped == 0


def test_a_feed_at_another_rate_has_the_length_and_the_tone() -> None:
    watch = Watch()
    clip = from_array(np.sin(2 * np.pi * 440 * np.arange(44_100) / 44_100), 44_100, "tone")
    feed = Feed(clip, 16_000, clock=watch)
    feed.start()
    parts = []
    while not feed.ended:
        watch.now += 0.013
        parts.append(feed.read())
    whole = np.concatenate(parts)
    assert len(whole) == pytest.approx(16_000, abs=2)
    expected = np.sin(2 * np.pi * 440 * np.arange(len(whole)) / 16_000)
    np.testing.assert_allclose(whole[100:-100], expected[100:-100], atol=2e-3)


def test_a_feed_loops_and_counts_what_nobody_fetched() -> None:
    watch = Watch()
    clip = from_array(noise(1000), 1000, "noise")
    feed = Feed(clip, 1000, loop=True, clock=watch)
    feed.start()
    watch.now += 2.5
    np.testing.assert_array_equal(feed.read(), np.tile(clip.read()[:, 0], 3)[:2500])
    watch.now += 100.0
    assert len(feed.read()) == 30_000
    assert feed.dropped == pytest.approx(70, abs=1)
    feed.stop()
    watch.now += 1.0
    assert len(feed.read()) == 0


def test_a_feed_whose_file_fails_says_so_and_ends() -> None:
    class Broken(ArraySource):
        def read(self, start: int, stop: int) -> NDArray[np.float32]:
            raise AudioError("a.wav breaks off")

    watch = Watch()
    feed = Feed(Clip(Broken(noise(1000), 1000), "x", "x"), 1000, clock=watch)
    feed.start()
    watch.now += 0.5
    assert len(feed.read()) == 0
    assert feed.error == "a.wav breaks off"
    assert feed.ended
