"""Laws that every task keeps: a batch depends on its seed alone, and one batch can be learnt by heart."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engine import build, catalog, checkpoint, leakage, voices
from engine.corpora import digits
from engine.corpora.corpus import CorpusMissing

if TYPE_CHECKING:
    from collections.abc import Callable

TASKS = catalog.names("tasks")


def task(name: str) -> Any:
    """The task as it comes."""
    return catalog.load("tasks", name).build(catalog.load("tasks", name).Settings())


def recorded(test: Callable[[str], None]) -> Callable[[str], None]:
    """The test, skipped where a batch needs recordings that are not on this machine."""

    @functools.wraps(test)
    def guarded(name: str) -> None:
        try:
            test(name)
        except CorpusMissing as missing:
            pytest.skip(str(missing))

    return guarded


def same(first: Any, second: Any) -> bool:
    names = ("x", "lengths", "targets", "target_lengths")
    return all(np.array_equal(getattr(first, name), getattr(second, name)) for name in names)


@pytest.mark.parametrize("name", TASKS)
@recorded
def test_same_seed_same_batch(name):
    made = task(name)
    first = made.batch("train", 1, 3, seed=5)
    assert same(first, task(name).batch("train", 1, 3, seed=5))
    assert not same(first, made.batch("train", 1, 3, seed=6))
    assert not same(first, made.batch("train", 2, 3, seed=5))


@pytest.mark.parametrize("name", TASKS)
@recorded
def test_a_batch_is_what_it_says(name):
    made = task(name)
    batch = made.batch("valid", 0, 3, seed=0)
    assert batch.x.dtype == np.float32
    assert np.isfinite(batch.x).all()
    assert batch.x.shape[2] == checkpoint.width(made)
    assert batch.lengths.max() == batch.x.shape[1]
    for row, length in zip(batch.x, batch.lengths, strict=True):
        assert not row[length:].any()
    assert batch.targets.max() < len(made.vocabulary)


@pytest.mark.parametrize("name", TASKS)
@recorded
def test_only_training_is_augmented(name):
    made = task(name)
    assert same(made.batch("valid", 0, 2, seed=1), made.batch("valid", 0, 2, seed=2))


@pytest.mark.parametrize("name", TASKS)
@recorded
def test_no_sound_of_training_is_tried(name):
    every = voices.available()
    few = tuple(voice for voice in every if voice in (*every[:3], *digits.VALID))  # all of them take a minute
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(voices, "available", lambda: few)
        _no_sound_of_training_is_tried(name)


def _no_sound_of_training_is_tried(name):
    module = catalog.load("tasks", name)
    fewer = {"clips": 60} if hasattr(module.Settings(), "clips") else {}  # forty are forty
    made = module.build(module.Settings(**fewer))
    learnt = leakage.digests(made, "train")
    assert len(learnt) > 10
    for split in ("valid", "test"):
        leakage.check(made, split)
        assert learnt.isdisjoint(leakage.digests(made, split))


@pytest.mark.parametrize("name", TASKS)
@recorded
def test_the_pinned_example_is_labelled(name):
    made = task(name)
    clip, tier = made.pinned(), catalog.load("tasks", name).TIER
    assert clip.text(tier) or not tier, "only one that makes sound of sound has nothing to say of it"
    assert np.abs(clip.read()).max() > 0.01


@pytest.mark.parametrize("name", TASKS)
@recorded
def test_one_batch_is_learnt_by_heart(name):
    """Gradients reach every weight, targets fit outputs: a small network's loss on one batch falls away."""
    import torch

    made = task(name)
    settings = catalog.load("models", made.model).Settings(hidden=64, layers=1)
    module = build.fresh(made.model, settings, checkpoint.width(made), len(made.vocabulary), 0)
    batch = made.batch("train", 0, 3, seed=0)
    x, lengths = torch.from_numpy(batch.x), torch.from_numpy(batch.lengths)
    optimiser = torch.optim.Adam(module.parameters(), 0.01)
    losses = []
    for _ in range(80):
        y, out_lengths, _ = module(x, lengths)
        loss = sum(made.loss(y, out_lengths, batch).values())
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimiser.step()
        losses.append(float(loss.detach()))
    assert all(np.isfinite(losses))
    assert losses[-1] < 0.2 * losses[0]


@pytest.mark.parametrize("name", TASKS)
@recorded
def test_errors_count_edits(name):
    made = task(name)
    if not catalog.load("tasks", name).TIER:
        pytest.skip("it says nothing of a sound")
    assert made.errors(["a", "b", "c"], ["a", "b", "c"]) == (0, 3)
    assert made.errors(["a", "c"], ["a", "b", "c"]) == (1, 3)
    assert made.errors([], ["a", "b", "c"]) == (3, 3)
    assert made.errors(["x"], []) == (1, 0)
