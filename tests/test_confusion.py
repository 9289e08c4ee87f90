"""Confusions: every frame is counted once, and what is played of a cell is what was said there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import checkpoint, confusion


def test_stretches_are_runs_of_one_pair() -> None:
    truth = np.array([1, 1, 1, 2, 2, 2, 2])
    called = np.array([1, 1, 3, 3, 3, 2, 2])
    assert confusion.stretches(truth, called) == [(0, 2, (1, 1)), (3, 5, (2, 3)), (5, 7, (2, 2))]


def test_a_network_is_tried_on_every_frame() -> None:
    network = checkpoint.open_network("phonemes-lstm-32")
    *told, found = confusion.confuse(network, most=3)
    assert len(told) == 3
    assert isinstance(found, confusion.Confused)
    frames = sum(1 + each.frames // 160 for each in found.clips)
    assert found.counts.sum() == frames
    assert found.counts.trace() / frames > 0.85
    truth = next(row for row in range(1, len(found.names)) if (row, row) in found.stretches)
    number, start, stop = found.stretches[truth, truth][0]
    label = next(each for each in found.clips[number].labels if each.start <= (start + stop) / 2 < each.end)
    assert label.text == found.names[truth]
    clip: Any = found.playlist(truth, truth)
    first = clip.labels[0]
    assert first.text == found.names[truth]
    heard = clip.read(round(first.start * clip.rate), round(first.end * clip.rate))
    said = found.clips[number].read(round(start * clip.rate), round(stop * clip.rate))
    assert len(heard) == pytest.approx(len(said), abs=2)
    np.testing.assert_allclose(heard[: len(said) - 2], said[: len(heard)][: len(said) - 2], atol=1e-6)


def test_the_worst_confusions_come_first() -> None:
    counts = np.array([[50, 3, 0], [7, 40, 1], [0, 2, 9]])
    made = confusion.Confused(checkpoint.untrained("phonemes"), ("sil", "k", "t"), counts, {}, ())
    assert made.worst() == ((1, 0), (0, 1), (2, 1))
    assert made.worst(9) == ((1, 0), (0, 1), (2, 1), (1, 2))


def test_a_cell_without_frames_has_nothing_to_hear() -> None:
    empty = confusion.Confused(checkpoint.untrained("phonemes"), ("sil", "k"), np.zeros((2, 2), np.int64), {}, ())
    assert empty.playlist(0, 1) is None


@pytest.mark.parametrize("task", ["copy", "tagging"])
def test_a_task_that_names_nothing_by_one_class_is_refused(task: str) -> None:
    with pytest.raises(confusion.NotFramed, match="choose a network of a task that does, such as phonemes"):
        next(confusion.confuse(checkpoint.untrained(task)))


def test_whole_clips_are_counted_where_they_are_called_by_one_class() -> None:
    *_, found = confusion.confuse(checkpoint.untrained("many2one"), most=5)
    assert isinstance(found, confusion.Confused)
    assert (found.counts.sum(), found.counted, found.tier) == (5, "clips", "speaker")
    assert found.counts.sum(axis=1)[:5].tolist() == [1] * 5, "each of the first five is another voice's"
    (called,) = np.flatnonzero(found.counts[2])
    clip: Any = found.playlist(2, int(called))
    assert clip.text("speaker") == ("Cleo",)
    assert clip.labels[0].end == pytest.approx(found.clips[2].seconds, abs=0.01)
