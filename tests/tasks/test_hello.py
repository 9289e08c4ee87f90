"""The task of two words: front end, order, SpecAugment, lengths and losses, as the notes have them or should."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile
import torch

from engine import catalog, recipe
from engine.clip import from_array
from engine.framewise import TargetError
from engine.tasks.task import Batch

if TYPE_CHECKING:
    from pathlib import Path

hello: Any = catalog.load("tasks", "hello")


@pytest.fixture(scope="module")
def task() -> Any:
    return hello.build(hello.Settings())


def test_the_front_end_is_that_of_the_notes_k309_k313(task: Any) -> None:
    mel = task.frontend[0].settings
    assert (mel.n_mels, mel.hop, mel.fmax, task.rate) == (80, 160, 8000.0, 16000)
    assert (mel.log, mel.ref, mel.top_db, mel.floor) == ("dB", 1.0, 0.0, 1e-8)  # all of it stands there
    x = task.features(np.zeros(16000, np.float32))
    assert x.shape[1] == 80
    assert x.shape[0] == pytest.approx(100, abs=2)  # frames of 10 ms
    assert np.ptp(x) == 0.0  # silence is at the floor, whatever is loud elsewhere


def test_the_vocabulary_is_made_of_the_transcripts_k311(task: Any) -> None:
    assert hello.vocabulary(["world", "hello"]) == hello.vocabulary(["hello", "world"])
    assert task.vocabulary == ("", "d", "e", "h", "l", "o", "r", "w")


def test_order_k317(task: Any) -> None:
    def order(seed: int, epoch: int) -> list[list[int]]:
        found = []
        for index in range(5):
            batch = task.batch("train", 5 * epoch + index, 8, seed)
            found += [row[:count].tolist() for row, count in zip(batch.targets, batch.target_lengths, strict=True)]
        return found

    assert order(0, 0) == order(0, 0)
    assert order(0, 0) != order(0, 1)
    assert sorted(order(0, 0)) == sorted(order(0, 1))  # each clip once an epoch
    assert recipe.read("hello").train.batch == 8


def test_masks_are_of_training_alone_k310_k356(task: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings: Any = recipe.read("hello").task_settings
    assert (settings.time_width, settings.freq_width) == (20, 20)
    assert (settings.time_masks, settings.freq_masks) == (1, 1)  # how many is said, unlike in the notes
    masked = []
    original = hello.augment.masked

    def watched(x: Any, *rest: Any) -> Any:
        masked.append(x.shape)
        return original(x, *rest)

    monkeypatch.setattr(hello.augment, "masked", watched)
    task.batch("test", 0, 8, 0)
    task.batch("valid", 0, 8, 0)
    assert not masked
    first, again = task.batch("test", 0, 8, 0), task.batch("test", 0, 8, 1)
    np.testing.assert_array_equal(first.x, again.x)
    task.batch("train", 0, 8, 0)
    assert len(masked) == 1


def test_nothing_of_a_long_text_is_lost_k314(tmp_path: Path) -> None:
    text = "a text of more than twenty characters"
    sound = np.random.default_rng(0).normal(0, 0.05, 48000).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", sound, 16000)
    (tmp_path / "manifest.tsv").write_text(f"file\tvoice\ttext\na.wav\tme\t{text}\n", encoding="utf-8")
    task = hello.build(hello.Settings(folder=str(tmp_path)))
    batch = task.batch("train", 0, 1, 0)
    assert batch.target_lengths.tolist() == [len(text)]
    assert "".join(task.vocabulary[each] for each in batch.targets[0]) == text
    assert hello.words(text) == tuple(text.split())


def test_padding_is_neither_heard_nor_counted_k311_k314(task: Any) -> None:
    short, long = (from_array(np.random.default_rng(0).normal(0, 0.1, n), 16000, "x") for n in (8000, 16000))
    batch = task.collate([task.item(short), task.item(long)])
    assert batch.lengths[0] < batch.lengths[1] == batch.x.shape[1]
    assert not batch.x[0, batch.lengths[0] :].any()


def test_ctc_is_the_default_and_is_torchs_k318_k353_k359(task: Any) -> None:
    settings: Any = recipe.read("hello").task_settings
    assert settings.loss == "ctc"
    batch = task.batch("test", 0, 2, 0)
    y = torch.randn(2, batch.x.shape[1] // 2, len(task.vocabulary), generator=torch.Generator().manual_seed(0))
    lengths = torch.from_numpy(batch.lengths // 2)
    terms = task.loss(y, lengths, batch)
    wanted = torch.nn.functional.ctc_loss(
        y.log_softmax(2).transpose(0, 1),
        torch.from_numpy(batch.targets),
        lengths,
        torch.from_numpy(batch.target_lengths),
        reduction="mean",  # which is by characters, too
    )
    assert float(terms["CTC"]) == pytest.approx(float(wanted), rel=1e-5)


def test_cross_entropy_proposes_ctc_k359() -> None:
    task = hello.build(hello.Settings(loss="cross entropy"))
    batch = task.batch("test", 0, 2, 0)
    with pytest.raises(TargetError, match="take CTC"):
        task.loss(torch.zeros(2, batch.x.shape[1], 8), batch.lengths, batch)


def test_a_flat_start_expects_letters_one_after_the_other_with_a_blank_between_two_alike() -> None:
    """The best answers to it spell the word when they are read greedily; answers without the blank cost more."""
    task = hello.build(hello.Settings())
    letters = [task.vocabulary.index(each) for each in "hello"]
    spans = np.array([[(10 * k, 10 * k + 10) for k in range(5)]], np.float32)
    lengths = np.array([60], np.int64)
    batch = Batch(np.zeros((1, 60, 80), np.float32), lengths, np.array([letters]), np.array([5]), spans)
    y = torch.zeros(1, 60, len(task.vocabulary), requires_grad=True)
    optimiser = torch.optim.Adam([y], 0.3)
    for _ in range(60):
        optimiser.zero_grad()
        hello.flat(y, lengths, batch).backward()
        optimiser.step()
    assert "".join(label.text for label in task.decode(y[0].detach().numpy(), 0.01)) == "hello"
    merged = y.detach().clone()
    merged[0, 20:40] = y.detach()[0, 28]
    assert float(hello.flat(merged, lengths, batch)) > float(hello.flat(y.detach(), lengths, batch)) + 0.1


def test_the_recipe_has_the_numbers_of_the_notes_k318() -> None:
    chosen = recipe.read("hello")
    assert (chosen.train.optimiser, chosen.train.weight_decay, chosen.train.batch) == ("adamw", 1e-4, 8)


def test_training_is_disturbed_by_the_seed_alone(task: Any) -> None:
    first, same, other = (task.batch("train", 3, 4, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.x, same.x)
    assert first.x.shape != other.x.shape or not np.array_equal(first.x, other.x)
    assert all(np.isfinite(each.x).all() for each in (first, other))
    for row, count in enumerate(first.target_lengths):  # where letters are said lies inside of what is heard
        assert first.spans[row, :count].min() >= 0
        assert first.spans[row, :count].max() <= first.lengths[row] + 2


def test_the_numbers_of_the_notes_are_a_recipe_k315_k318_k319() -> None:
    chosen = recipe.read("hello-notes")
    train = chosen.train
    shape: Any = chosen.model_settings
    task: Any = chosen.task_settings
    assert (train.batch, train.lr, train.weight_decay, train.optimiser) == (8, 5e-4, 1e-4, "adamw")
    assert train.steps == 5 * 40 // 8  # five epochs
    assert (shape.channels, shape.hidden, shape.heads, shape.layers) == (32, 256, 4, 4)
    assert (task.loss, task.time_width, task.freq_width) == ("ctc", 20, 20)
