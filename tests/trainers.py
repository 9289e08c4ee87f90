"""Small recipes and batches for tests of the trainer; run as a program, steps in several processes."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import checkpoint, passes, recipe, utterance
from engine.models.recurrent import Settings
from engine.recipe import TrainSettings
from engine.tasks import digits, phonemes
from engine.tasks.task import Batch
from engine.trainer import Trainer

if TYPE_CHECKING:
    from engine.events import Evaluated

RATE = 16000


def small(model: Settings | None = None, **knobs: Any) -> recipe.Recipe:
    settings = TrainSettings(**({"steps": 20, "batch": 4} | knobs))
    task = phonemes.Settings(clips=10, words=1)
    model = model or Settings(hidden=32, layers=1)
    return recipe.of("phonemes", "small", task, model_settings=model, train=settings)


def strings(model: Settings | None = None, **knobs: Any) -> recipe.Recipe:
    settings = TrainSettings(**({"steps": 20, "batch": 5} | knobs))
    model = model or Settings(hidden=32, layers=1, stack=3)
    return recipe.of("digits", "strings", digits.Settings(clips=10), model_settings=model, train=settings)


def said(trainer: Trainer) -> Batch:
    """Strings of tones that stand for digits, of 1 to 5 each."""
    task: Any = trainer.task
    items = []
    for count in (3, 1, 5, 2, 4):
        tones = []
        for digit in range(count):
            samples = np.zeros(RATE // 4, np.float32)
            samples[800:3200] = 0.1 * np.sin(np.arange(2400) * 0.1 * (digit + 1), dtype=np.float32)
            tones.append(utterance.Spoken(digit, samples, 800, 3200))
        clip = utterance.join(tones, [0.1] * (count + 1), "string")
        items.append(task.example(clip.read()[:, 0], clip.labels))
    made: Batch = task.collate(items)
    return made


def batch_of(trainer: Trainer, number: int = 0) -> Batch:
    if trainer.recipe.task == "digits":
        return said(trainer)
    return trainer.task.batch("train", number, trainer.settings.batch, 0)


def uneven(trainer: Trainer, lengths: tuple[int, ...] = (7, 50, 193)) -> Batch:
    """Items of noise, as different in length as they may be."""
    rng = np.random.default_rng(5)
    x = np.zeros((len(lengths), max(lengths), trainer.inputs), np.float32)
    targets = np.zeros(x.shape[:2], np.int64)
    for row, length in enumerate(lengths):
        x[row, :length] = rng.normal(size=(length, trainer.inputs))
        targets[row, :length] = rng.integers(0, len(trainer.task.vocabulary), length)
    return Batch(x, np.array(lengths), targets, np.array(lengths))


def only(batch: Batch, items: slice) -> Batch:
    """Some of its items."""
    held: dict[str, Any] = {each.name: getattr(batch, each.name) for each in dataclasses.fields(batch)}
    return dataclasses.replace(batch, **{name: each[items] for name, each in held.items() if each is not None})


def tried(trainer: Trainer, split: str = "valid", most: int = 1) -> Evaluated:
    """An evaluation to its end."""
    job = trainer.evaluate(split, trainer.done, most)
    while True:
        try:
            next(job)
        except StopIteration as ended:
            found: Evaluated = ended.value
            return found


def apart(devices: int, folder: Path) -> None:
    """A few steps in so many processes, the last batch with one clip; each leaves what it has in a folder."""
    folder.mkdir(exist_ok=True)
    for make in (small, strings):
        # SGD, for Adam makes whole steps of gradients that are nothing but rounding.
        trainer = Trainer(make(batch=5, accumulate=2, lr=0.1, optimiser="sgd"), "cpu", devices=devices)
        losses = []
        for number in (1, 2, 3):
            batch = batch_of(trainer, number)
            losses.append(trainer.step(number, only(batch, slice(1)) if number == 3 else batch).loss)
        if make is small:
            evaluated = tried(trainer, most=3)
            losses += [evaluated.loss, evaluated.error]
        path = folder / f"{trainer.recipe.name}-{trainer.fabric.global_rank}"
        checkpoint.save(trainer.network(3), path.with_suffix(".safetensors"))
        path.with_suffix(".json").write_text(json.dumps({"losses": losses, "first": trainer.first}))


if __name__ == "__main__":
    apart(int(sys.argv[1]), Path(sys.argv[2]))
    passes.part()
