"""Lengths: exact counts for any policy, pieces that join to what they were cut from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audio.length import fit, join, pieces, split
from engine.clip import from_array


@pytest.mark.parametrize("frames", [1, 99, 100, 101, 350])
@pytest.mark.parametrize("policy", ["pad", "loop"])
def test_fit_is_exact_and_says_what_is_padding(frames: int, policy: str) -> None:
    samples = np.arange(1, 101, dtype=np.float32).repeat(2).reshape(100, 2)
    fitted, mask = fit(samples, frames, policy)  # type: ignore[arg-type]
    assert fitted.shape == (frames, 2)
    assert mask.shape == (frames,)
    for i in range(frames):
        if i < 100 or policy == "loop":
            assert mask[i]
            np.testing.assert_array_equal(fitted[i], samples[i % 100])
        else:
            assert not mask[i]
            assert not fitted[i].any()


def test_trim_only_cuts() -> None:
    samples = np.arange(10, dtype=np.float32)
    for frames in (4, 10, 20):
        fitted, mask = fit(samples, frames, "trim")
        np.testing.assert_array_equal(fitted, samples[:frames])
        assert len(mask) == len(fitted)
        assert mask.all()


def test_nothing_cannot_be_looped_but_can_be_padded() -> None:
    nothing = np.zeros((0, 1), np.float32)
    with pytest.raises(ValueError, match="empty"):
        fit(nothing, 5, "loop")
    fitted, mask = fit(nothing, 5)
    assert fitted.shape == (5, 1)
    assert not mask.any()


@given(st.integers(0, 200), st.integers(1, 60), st.data())
def test_pieces_join_to_what_was_split(frames: int, size: int, data: st.DataObject) -> None:
    overlap = data.draw(st.integers(0, size - 1))
    samples = np.random.default_rng(frames).normal(size=(frames, 2)).astype(np.float32)
    cut = split(samples, size, overlap)
    assert all(len(piece) == size for piece in cut[:-1])
    assert all(len(piece) > overlap for piece in cut[1:])
    np.testing.assert_array_equal(join(cut, overlap), samples)


def test_an_overlap_as_long_as_the_piece_is_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        split(np.zeros(10, np.float32), 5, 5)


@pytest.mark.parametrize(("seconds", "count"), [(0.5, 1), (5.0, 1), (7.0, 2)])
def test_pieces_of_a_clip_have_one_size_and_lose_nothing(seconds: float, count: int) -> None:
    frames = round(44_100 * seconds)
    clip = from_array(np.sin(np.arange(frames) * 0.05).repeat(2).reshape(frames, 2), 44_100, "tone")
    made = pieces(clip)
    assert [len(piece) for piece, _ in made] == [80_000] * count
    assert sum(mask.sum() for _, mask in made) == round(16_000 * seconds)
    whole = np.concatenate([piece[mask] for piece, mask in made])
    expected = np.sin(np.arange(len(whole)) * 44_100 / 16_000 * 0.05)
    np.testing.assert_allclose(whole[200:-200], expected[200:-200], atol=1e-3)
