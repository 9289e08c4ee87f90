"""The phoneme task: metrics against brute force, padding that never counts, and bundled nets that do the work."""

from __future__ import annotations

import numpy as np
import pytest

from engine import framewise, labelling
from engine.tasks import phonemes
from engine.tasks.task import Batch

SMALL = phonemes.Settings(clips=12, words=2)


@pytest.fixture(scope="module")
def task() -> phonemes.Phonemes:
    return phonemes.build(SMALL)


def one_hot(classes: list[int], count: int = 11) -> np.ndarray:
    return 9.0 * np.eye(count, dtype=np.float32)[classes]


def test_the_same_seed_gives_the_same_batch(task: phonemes.Phonemes) -> None:
    first, again = task.batch("train", 1, 4, 7), phonemes.build(SMALL).batch("train", 1, 4, 7)
    assert first.x.tobytes() == again.x.tobytes()
    assert first.targets.tobytes() == again.targets.tobytes()
    assert not np.array_equal(first.x, task.batch("train", 1, 4, 8).x)
    assert task.batch("valid", 0, 2, 7).x.tobytes() == task.batch("valid", 0, 2, 8).x.tobytes()


def test_an_epoch_takes_every_clip_once(task: phonemes.Phonemes) -> None:
    assert task.batches("train", 5) == 3
    sizes = [len(task.batch("train", index, 5, 0).lengths) for index in range(6)]
    assert sizes == [5, 5, 2, 5, 5, 2]
    frames = [task.batch("train", index, 5, 0).lengths for index in range(3)]
    wanted = [task.features(clip.read()[:, 0], clip.labels)[0].shape[0] for clip in task.corpus.split("train")]
    assert sorted(np.concatenate(frames)) == sorted(wanted)


def test_a_training_clip_is_cut_to_the_longest_sequence() -> None:
    part, whole = (phonemes.build(SMALL.but(longest=each, clean=1.0)) for each in (0.5, 0.0))
    short, long = part.batch("train", 0, 4, 0), whole.batch("train", 0, 4, 0)
    assert short.lengths.tolist() == [50] * 4
    assert long.lengths.min() > 50
    starts = []
    for row in range(4):
        windows = (long.x[row, first : first + 50] for first in range(long.lengths[row] - 49))
        starts += [first for first, each in enumerate(windows) if np.array_equal(each, short.x[row])]
        np.testing.assert_array_equal(short.targets[row], long.targets[row, starts[-1] :][:50])
    assert len(starts) == 4
    assert len(set(starts)) > 1
    assert part.batch("valid", 0, 2, 0).x.tobytes() == whole.batch("valid", 0, 2, 0).x.tobytes()


def test_targets_lie_within_a_frame_of_the_labels(task: phonemes.Phonemes) -> None:
    clip = task.corpus.split("test")[0]
    frames, classes = task.example(clip.read()[:, 0], clip.labels)
    found = task.decode(one_hot(classes.tolist()), 0.01)
    assert [label.text for label in found] == list(clip.text("phone"))
    for label, truth in zip(found, clip.labels, strict=True):
        assert label.start == pytest.approx(truth.start, abs=0.0101)
        assert label.end == pytest.approx(truth.end, abs=0.0101)
    assert frames.shape == (len(classes), 80)


@pytest.mark.parametrize("factor", [2, 3])
def test_padding_changes_neither_loss_nor_accuracy(task: phonemes.Phonemes, factor: int) -> None:
    torch = pytest.importorskip("torch")
    batch = task.batch("valid", 0, 2, 0)
    rng = np.random.default_rng(0)
    y = rng.standard_normal((*batch.targets.shape, len(task.vocabulary))).astype(np.float32)
    more = ((0, 0), (0, (factor - 1) * y.shape[1]))
    padded = Batch(
        np.pad(batch.x, (*more, (0, 0))), batch.lengths, np.pad(batch.targets, more), batch.target_lengths
    )
    wide = rng.standard_normal((y.shape[0], factor * y.shape[1], y.shape[2])).astype(np.float32)
    wide[:, : y.shape[1]] = y
    plain = task.loss(torch.from_numpy(y), torch.from_numpy(batch.lengths), batch)
    longer = task.loss(torch.from_numpy(wide), torch.from_numpy(batch.lengths), padded)
    assert float(sum(longer.values())) == pytest.approx(float(sum(plain.values())), rel=1e-6)
    counted = framewise.accuracy(y, batch.targets, batch.lengths)
    assert framewise.accuracy(wide, padded.targets, padded.lengths) == counted
    assert counted[1] == batch.lengths.sum()


def test_loss_is_the_mean_of_what_each_frame_costs(task: phonemes.Phonemes) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(1)
    y = rng.standard_normal((2, 5, 11))
    targets, lengths = rng.integers(0, 11, (2, 5)), np.array([5, 2])
    batch = Batch(np.zeros((2, 5, 80), np.float32), lengths, targets, lengths)
    share = np.exp(y) / np.exp(y).sum(axis=2, keepdims=True)
    costs = [-np.log(share[b, t, targets[b, t]]) for b in range(2) for t in range(lengths[b])]
    got = task.loss(torch.from_numpy(y), torch.from_numpy(lengths), batch)
    assert float(sum(got.values())) == pytest.approx(np.mean(costs), rel=1e-6)


def test_what_is_named_late_is_put_back(task: phonemes.Phonemes) -> None:
    label = task.decode(one_hot([0] * 20 + [3] * 10 + [0] * 5), 0.01)[0]
    assert (label.start, label.end) == (pytest.approx(0.195 - 0.08), pytest.approx(0.295 - 0.08))
    # A model that gives every second frame only is as late in seconds.
    label = task.decode(one_hot([0] * 10 + [3] * 5 + [0] * 3), 0.02)[0]
    assert (label.start, label.end) == (pytest.approx(0.19 - 0.08), pytest.approx(0.29 - 0.08))


def test_decoding_joins_short_runs_and_leaves_silence_out() -> None:
    task = phonemes.build(SMALL.but(delay=0))
    names = task.vocabulary
    classes = [0] * 5 + [1] * 6 + [2] * 2 + [1] * 4 + [0] * 1 + [3] * 8 + [0] * 5
    found = task.decode(one_hot(classes), 0.01)
    assert [(label.text, label.start, label.end) for label in found] == [
        (names[1], pytest.approx(0.045), pytest.approx(0.175)),
        (names[3], pytest.approx(0.175), pytest.approx(0.255)),
    ]
    assert task.decode(np.zeros((0, 11), np.float32), 0.01) == ()
    assert task.decode(one_hot([2]), 0.01)[0].text == names[2]
    assert task.decode(one_hot([0]), 0.01) == ()


def test_phoneme_errors_can_pass_one_hundred_percent(task: phonemes.Phonemes) -> None:
    assert task.errors(("k", "æ"), ("k", "æ", "t")) == (1, 3)
    edits, length = task.errors(("k", "æ", "t", "s"), ("i",))
    assert edits / length == 4.0


@pytest.mark.parametrize("snr", [20.0, 0.0, -10.0])
def test_noise_is_mixed_at_the_snr_that_was_asked(snr: float) -> None:
    rng = np.random.default_rng(0)
    sound, noise = rng.standard_normal(16000).astype(np.float32) * 0.1, rng.standard_normal(16000)
    added = labelling.mixed(sound, noise, snr) - sound
    assert 10 * np.log10(np.mean(sound**2) / np.mean(added**2)) == pytest.approx(snr, abs=0.01)


def test_the_pinned_clip_is_no_training_clip(task: phonemes.Phonemes) -> None:
    assert task.pinned().name == "phonemes"
    assert task.pinned().id not in {clip.id for clip in task.corpus.split("train")}


@pytest.mark.parametrize("speed", [0.9, 1.0, 1.1])
def test_another_speed_keeps_the_words_and_moves_their_times(task: phonemes.Phonemes, speed: float) -> None:
    clip = task.corpus.split("train")[0]
    sound, labels = labelling.paced(clip.read()[:, 0], clip.labels, speed)
    assert abs(len(sound) - clip.frames / speed) <= 1
    assert [(each.text, each.tier) for each in labels] == [(each.text, each.tier) for each in clip.labels]
    ends = [each.end * speed for each in labels]
    assert ends == pytest.approx([each.end for each in clip.labels])


def test_speeds_act_on_training_clips_alone(task: phonemes.Phonemes) -> None:
    quick = phonemes.build(SMALL.but(speeds=True))
    count = task.batches("train", 12)
    lengths = [quick.batch("train", index, 12, 0).lengths for index in range(3 * count)]
    plain = task.batch("train", 0, 12, 0).lengths
    ratios = np.concatenate([np.sort(each)[-1:] / plain.max() for each in lengths])
    assert len(np.unique(ratios)) > 1
    assert ratios.min() >= 0.89
    assert ratios.max() <= 1.12
    assert quick.batch("valid", 0, 2, 0).x.tobytes() == task.batch("valid", 0, 2, 0).x.tobytes()


def test_raw_blocks_are_labelled_at_their_middle_and_named_late_in_time() -> None:
    """Blocks of 10 ms every 5 ms: a delay of 16 frames is 80 ms."""
    task = phonemes.build(SMALL.but(features="raw", win_ms=10.0, hop_ms=5.0, delay=16))
    clip = task.corpus.split("test")[0]
    frames, classes = task.example(clip.read()[:, 0], clip.labels)
    assert frames.shape == (1 + clip.frames // 80, 160)
    found = task.decode(one_hot(classes.tolist()), 0.005)
    assert [label.text for label in found] == list(clip.text("phone"))
    for label, truth in zip(found, clip.labels, strict=True):
        assert label.start == pytest.approx(truth.start, abs=0.0051)
        assert label.end == pytest.approx(truth.end, abs=0.0051)


@pytest.mark.parametrize("win", [10.0, 100.0])
def test_the_window_is_as_long_as_it_is_asked_to_be(win: float) -> None:
    heard, _ = phonemes.build(SMALL.but(win_ms=win)).frontend
    assert heard.settings.to_dict()["win"] == win * 16
