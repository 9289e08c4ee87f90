"""Lesson 5: numbers of its steps, found in another way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jiwer
import numpy as np
import pytest
import torch

from engine import asset, catalog, exercise, melody
from tests.lessons.recomputed.step import figure, figures, notes_heard, right, share, step, traced

if TYPE_CHECKING:
    from engine.lessons.lesson import Outcome
    from tests.lessons.recomputed.step import Nets


@step(5, "shapes")
def _(outcome: Outcome, nets: Nets) -> None:
    assert [figure(outcome, each) for each in ("many to many", "many to one", "encoder")] == [12, 6, 5]


@step(5, "voice")
def _(outcome: Outcome, nets: Nets) -> None:
    network, clips = exercise.network("many2one"), exercise.unheard("many2one", 32)
    told = [exercise.text(network, clip) for clip in clips]
    missed = sum(said != (clip.name.rpartition(", ")[2],) for said, clip in zip(told, clips, strict=True))
    assert int(outcome.answer) == missed
    assert figure(outcome, "guessing") == 12.5
    assert figure(outcome, "frames of the first") == pytest.approx(100 * clips[0].seconds, abs=4)


@step(5, "writing")
def _(outcome: Outcome, nets: Nets) -> None:
    network, missed, count = exercise.network("seq2seq_char"), 0, 0
    for clip in exercise.unheard("seq2seq_char", 40):
        cue, *letters = [label.text for label in clip.labels if label.tier == "tone"]
        truth = letters if cue == "copy" else letters[::-1]
        out = jiwer.process_words(" ".join(truth), " ".join(exercise.text(network, clip)))
        missed, count = missed + out.substitutions + out.insertions + out.deletions, count + len(truth)
    assert figures(outcome, "letters wrong") == [missed, count]
    told = dict(outcome.values)
    assert told["written"].split() == told["heard after the cue to reverse"].split()[::-1]


@step(5, "melody")
def _(outcome: Outcome, nets: Nets) -> None:
    heard = notes_heard(outcome.sounds[0], [melody.hertz(each) for each in melody.SCALE], 60 / 240)
    bars = [tuple(1 + note for note in heard[n : n + 8]) for n in range(0, len(heard), 8)]
    asked = {melody.question(number): number for number in range(melody.QUESTIONS)}
    assert bars[0] in asked, "the tune begins with a question"
    for first in range(0, len(bars), 4):
        assert bars[first + 3] == melody.answer(asked[bars[first]])
    kept, count = figures(outcome, "notes of the answers")
    assert count == 8 * figure(outcome, "questions") == 8 * 8
    assert kept >= 0.9 * count


@step(5, "deep")
def _(outcome: Outcome, nets: Nets) -> None:
    module: Any = catalog.load("lessons", "architecture")
    x = np.random.default_rng(7).standard_normal((20, 32))
    for name, residual in (("six layers", False), ("six layers, each", True)):
        net = module._six(residual).double()
        moves = 1e-5 * torch.eye(x.size, dtype=torch.float64).reshape(-1, 20, 32)
        with torch.no_grad():  # central differences, all at once
            above, below = (
                net(torch.tensor(x) + sign * moves, torch.full((x.size,), 20))[0].square().sum((1, 2))
                for sign in (1, -1)
            )
        assert figure(outcome, name) == pytest.approx(float(((above - below) / 2e-5).norm()), rel=0.5)


@step(5, "both")
def _(outcome: Outcome, nets: Nets) -> None:
    assert int(outcome.answer) == 2 * 8


@step(5, "garden")
def _(outcome: Outcome, nets: Nets) -> None:
    share(outcome, "one direction", right(*nets[0]))
    share(outcome, "both directions", right(*nets[1]))


@step(5, "live")
def _(outcome: Outcome, nets: Nets) -> None:
    name = "phonemes-lstm-128-bidirectional"
    assert not exercise.network(name).live
    read = " ".join(label.text for label in traced(name, asset.open_bundled("cat")).text)
    assert dict(outcome.values)["a whole clip"] == f"/{read}/"
