"""Characters: sound and batch agree, cues say the order, and what is decoded is what was to be written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import score
from engine.chain import Chain
from engine.stages.stage import Format
from engine.tasks import seq2seq_char


def made(**knobs: Any) -> seq2seq_char.Characters:
    return seq2seq_char.build(seq2seq_char.Settings(**knobs))


def sure(targets: np.ndarray, classes: int) -> np.ndarray:
    return np.where(np.eye(classes, dtype=bool)[targets], 10.0, 0.0).astype(np.float32)


def test_a_batch_is_what_the_chain_makes_of_the_sound() -> None:
    task = made()
    symbols, _ = task.item("valid", 0)
    chain = Chain(task.frontend, Format(float(task.rate)))
    heard = np.concatenate([chain.push(task.corpus.split("valid")[0].read()), chain.flush()])
    assert len(heard) == len(symbols)
    np.testing.assert_allclose(heard, task.batch("valid", 0, 1, 0).x[0], atol=1e-5)
    apart = np.linalg.norm(task.table[:, None] - task.table[None], axis=2) + 1e9 * np.eye(len(task.table))
    assert apart.min() > 1.0


@pytest.mark.parametrize("order", ["copy", "reverse"])
def test_the_cue_says_in_which_order(order: str) -> None:
    task = made(order=order)
    for number in range(5):
        symbols, written = task.item("train", number)
        assert symbols[:2].tolist() == [0, 1 if order == "copy" else 2]
        heard = [task.alphabet.names[each] for each in symbols[2:]]
        said = [task.vocabulary[each] for each in written]
        assert said == [*(heard if order == "copy" else heard[::-1]), "end"]
    both = {task.alphabet.names[made().item("train", number)[0][1]] for number in range(20)}
    assert both == {"copy", "reverse"}


def test_what_is_decoded_is_what_was_to_be_written_and_lies_on_the_labels() -> None:
    task = made()
    batch = task.batch("test", 0, 6, 0)
    logits = sure(batch.targets, len(task.vocabulary))
    assert score.errors(task, logits, batch.target_lengths.tolist(), batch, 0.1) == (
        0,
        sum(batch.target_lengths - 1),
    )
    clip = task.corpus.split("test")[0]
    count = int(batch.target_lengths[0])
    seconds = 0.128 * int(batch.lengths[0]) / count
    found = task.decode(logits[0, :count], seconds)
    assert tuple(label.text for label in found) == clip.text("written") == task.truth(batch, 0)
    for label, true in zip(found[1:], [each for each in clip.labels if each.tier == "written"][1:], strict=True):
        assert label.end - label.start == pytest.approx(true.end - true.start)
    assert len(clip.text("tone")) == batch.lengths[0] - 1


def test_a_wrong_character_and_an_early_end_are_errors() -> None:
    task = made()
    batch = task.batch("test", 0, 1, 0)
    logits, count = sure(batch.targets, len(task.vocabulary)), int(batch.target_lengths[0])
    wrong = logits.copy()
    wrong[0, 1] = np.roll(wrong[0, 1], 1 if batch.targets[0, 1] < 8 else -1)
    assert score.errors(task, wrong, [count], batch, 0.1) == (1, count - 1)
    assert score.errors(task, logits, [1], batch, 0.1) == (count - 2, count - 1)


def test_the_loss_is_that_of_the_characters_and_of_the_end() -> None:
    import torch

    task = made()
    batch = task.batch("test", 0, 4, 0)
    y = torch.randn(4, batch.targets.shape[1] + 2, 9, generator=torch.Generator().manual_seed(0))
    each = [
        -float(torch.log_softmax(y[row, k].double(), 0)[batch.targets[row, k]])
        for row in range(4)
        for k in range(int(batch.target_lengths[row]))
    ]
    loss = task.loss(y, torch.tensor([1, 1, 1, 1]), batch)["cross entropy"]
    assert float(loss) == pytest.approx(np.mean(each), rel=1e-5)
    assert np.isfinite(float(task.loss(y[:, :2], None, batch)["cross entropy"]))


def test_training_is_in_noise_and_trials_are_not() -> None:
    task = made(worst=10.0)
    assert len(task.noisy) == 8  # clean, and 10 to 40 dB
    np.testing.assert_allclose(task.noisy[0], np.broadcast_to(task.table, task.noisy[0].shape), atol=1e-5)
    away = np.abs(task.noisy - task.table).mean(axis=(1, 2, 3))
    assert (np.diff(away[1:]) < 0).all(), "the better the SNR, the nearer to the clean sound"
    for split, clean in (("train", False), ("valid", True)):
        frames = task.batch(split, 0, 20, 0).x[:, :4, None]
        assert (np.abs(frames - task.table).max(3).min(2) < 1e-4).all() == clean, (
            "each frame is a symbol's, or none"
        )
