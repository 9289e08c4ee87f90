"""Lesson 10: numbers of its steps, found in another way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from engine import build, catalog, exercise, melody
from tests.lessons.recomputed.step import notes_heard, share, step

if TYPE_CHECKING:
    from engine.clip import Clip
    from engine.lessons.lesson import Outcome
    from tests.lessons.recomputed.step import Nets


@step(10, "oscillator")
def _(outcome: Outcome, nets: Nets) -> None:
    tone = outcome.sounds[0].read()[:, 0]
    rising = np.count_nonzero((tone[:-1] < 0) & (tone[1:] >= 0)) / outcome.sounds[0].seconds
    assert float(outcome.answer) == pytest.approx(rising, abs=2)


@step(10, "tune")
def _(outcome: Outcome, nets: Nets) -> None:
    assert float(outcome.answer) == pytest.approx(100 * kept(outcome.sounds[0]), abs=0.51)


@step(10, "temperature")
def _(outcome: Outcome, nets: Nets) -> None:
    for heat, sound in zip(("0.5", "1", "4"), outcome.sounds, strict=True):
        share(outcome, f"temperature {heat}:", kept(sound))


@step(10, "answer")
def _(outcome: Outcome, nets: Nets) -> None:
    passage = melody.tune(np.random.default_rng(20), 1)[0][1 + melody.BAR :][: 2 * melody.BAR].tolist()
    for name in ("melody-rnn-64", "melody-lstm-64"):
        network = exercise.network(name)
        module, task, found = build.build(network), build.task_of(network), []
        for number in range(melody.QUESTIONS):
            notes = [0, *melody.question(number), *passage]
            for wanted in melody.answer(number):
                with torch.no_grad():  # all from the beginning, each time: no state is handed on
                    y = module(torch.tensor(task.table[notes])[None], torch.tensor([len(notes)]))[0][0, -1]  # type: ignore[attr-defined]
                notes.append(1 + int(y[1:].argmax()))
                found.append(notes[-1] == wanted)
        share(outcome, name, float(np.mean(found)))


def kept(sound: Clip) -> float:
    """The share of the notes heard after the first four that are those of the tune, which goes round."""
    module: Any = catalog.load("lessons", "generation")
    heard = notes_heard(sound, module.SCALE.tolist(), 0.2)
    tune = [module.TUNE[n % len(module.TUNE)] for n in range(len(heard))]
    return float(np.mean([a == b for a, b in zip(heard[4:], tune[4:], strict=True)]))
