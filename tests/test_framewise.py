"""Classes of frames: accuracy by hand, and what is said where frames and targets cannot be paired."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import framewise
from engine.tasks.task import Batch


def one_hot(classes: list[int], count: int = 11) -> np.ndarray:
    return 9.0 * np.eye(count, dtype=np.float32)[classes]


def test_accuracy_of_ten_frames_three_of_them_padding() -> None:
    # Frames called  1 1 2 2 0 | 1 1 + three of padding, which would have been right.
    # Truth          1 2 2 2 1 | 1 0
    called = np.stack([one_hot([1, 1, 2, 2, 0], 3), one_hot([1, 1, 0, 0, 0], 3)])
    truth = np.array([[1, 2, 2, 2, 1], [1, 0, 0, 0, 0]])
    assert framewise.accuracy(called, truth, np.array([5, 2])) == (4, 7)


def test_a_model_that_skips_frames_is_scored_on_those_it_gives() -> None:
    truth = np.array([[1, 1, 2, 2, 3]])
    assert framewise.accuracy(one_hot([1, 2, 3])[None], truth, np.array([3])) == (3, 3)


def batch(lengths: list[int], counts: list[int], width: int) -> Batch:
    x = np.zeros((len(lengths), max(lengths), 2), np.float32)
    targets = np.ones((len(lengths), width), np.int64)
    return Batch(x, np.array(lengths), targets, np.array(counts))


def test_characters_against_frames_are_refused_and_ctc_is_proposed() -> None:
    torch = pytest.importorskip("torch")
    y: Any = torch.zeros(2, 250, 30)
    with pytest.raises(framewise.TargetError, match=r"clip 2 .* 250 frames but 20 targets; take CTC"):
        framewise.cross_entropy(y, torch.tensor([200, 250]), batch([200, 250], [200, 20], 250))
    whole = framewise.cross_entropy(y, torch.tensor([200, 250]), batch([200, 250], [200, 250], 250))
    assert float(whole) == pytest.approx(np.log(30))


def test_a_model_that_skips_frames_learns_from_the_targets_that_it_meets() -> None:
    torch = pytest.importorskip("torch")
    made = Batch(np.zeros((1, 6, 2), np.float32), np.array([6]), np.array([[1, 0, 2, 0, 0, 0]]), np.array([6]))
    y = torch.from_numpy(one_hot([1, 2, 0], 3)[None])
    assert float(framewise.cross_entropy(y, torch.tensor([3]), made)) < 0.01


def test_surprise_is_cross_entropy_frame_by_frame() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    logits, truth = 40 * rng.normal(size=(30, 5)).astype(np.float32), rng.integers(5, size=30)
    each = torch.nn.functional.cross_entropy(torch.tensor(logits), torch.tensor(truth), reduction="none")
    np.testing.assert_allclose(framewise.surprise(logits, truth)[:, 0], each, rtol=1e-5, atol=1e-5)
    assert framewise.surprise(np.zeros((0, 5), np.float32), truth[:0]).shape == (0, 1)
