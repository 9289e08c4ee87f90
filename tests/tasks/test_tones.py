"""Tasks made of tones: batches are what the chain makes of the sound, splits are apart, and guessing is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import catalog, melody, score
from engine.chain import Chain
from engine.knob import KnobError, knobs
from engine.stages.stage import Format
from engine.tones import SHARES, Tones

TASKS = ("copy", "garden", "melody")


def made(name: str, **knobs: Any) -> Any:
    module = catalog.load("tasks", name)
    return module.build(module.Settings(**knobs))


@pytest.mark.parametrize("name", TASKS)
def test_a_batch_is_what_the_chain_makes_of_the_sound(name: str) -> None:
    task = made(name)
    symbols, _ = task.item("valid", 0)
    sound = task.corpus.split("valid")[0].read()
    chain = Chain(task.frontend, Format(float(task.rate)))
    heard = np.concatenate([chain.push(sound), chain.flush()])
    assert len(heard) == len(symbols)
    np.testing.assert_allclose(heard, task.batch("valid", 0, 1, 0).x[0], atol=1e-5)


@pytest.mark.parametrize("name", TASKS)
def test_symbols_are_told_apart(name: str) -> None:
    table = made(name).table
    apart = np.linalg.norm(table[:, None] - table[None], axis=2) + 1e9 * np.eye(len(table))
    assert apart.min() > 1.0


@pytest.mark.parametrize("delay", [0, 7])
def test_copy_asks_for_the_tones_behind_the_cue(delay: int) -> None:
    task = made("copy", length=3, delay=delay)
    symbols, classes = task.item("train", 5)
    cue = int(np.flatnonzero(symbols == 7)[0])
    tones = np.flatnonzero((symbols >= 1) & (symbols <= 4))
    assert len(tones) == 3
    assert cue == tones[-1] + 1 + delay
    assert classes[cue : cue + 3].tolist() == symbols[tones].tolist()
    assert not classes[:cue].any()


@pytest.mark.parametrize("name", ["context", "seq2seq_char", *TASKS])
def test_every_split_has_its_sequences_or_says_what_to_raise(name: str) -> None:
    """With every knob at its lowest there may be but a few different sequences."""
    kind = catalog.load("tasks", name).Settings
    counts = [each for each in knobs(kind) if each.kind is int and each.name not in ("clips", "seed")]
    lowest = {each.name: each.low for each in counts}
    task = made(name, **lowest)
    for split in SHARES:
        for number in range(3):
            said = ""
            try:
                symbols, _ = task.item(split, number)
            except KnobError as error:
                said = str(error).partition("Raise ")[2]
            assert all(knob in said for knob in lowest) if said else len(symbols) > 0


def test_of_one_sequence_alone_only_one_split_has_any() -> None:
    drawn = []

    def draw(_: Any) -> Any:
        drawn.append(1)
        assert len(drawn) < 10_000, "it never ends"
        return np.arange(1, 5), np.arange(1, 5)

    copy = made("copy")
    task = Tones(copy.settings, copy.alphabet, copy.vocabulary, draw, "tone")
    found = []
    for split in SHARES:
        try:
            task.item(split, 0)
            found.append(split)
        except KnobError as error:
            assert "too few different sequences" in str(error)  # noqa: PT017 - one of three does not raise
    assert len(found) == 1


def test_guessing_is_right_as_often_as_is_said() -> None:
    module = catalog.load("tasks", "copy")
    settings = module.Settings(symbols=4, delay=5, clips=2000)
    task = module.build(settings)
    batch = task.batch("train", 0, 2000, 0)
    logits = np.random.default_rng(1).normal(size=(*batch.targets.shape, 5)).astype(np.float32)
    wrong, asked = score.errors(task, logits, batch.lengths.tolist(), batch, 0.1)
    assert asked == 2000
    assert wrong / asked == pytest.approx(module.chance(settings), abs=0.04)


def test_what_is_sure_and_right_has_no_error() -> None:
    task = made("copy", length=2)
    batch = task.batch("valid", 0, 6, 0)
    sure = 30.0 * np.eye(len(task.vocabulary), dtype=np.float32)[batch.targets]
    assert score.errors(task, sure, batch.lengths.tolist(), batch, 0.1) == (0, 12)
    names = tuple(label.text for label in task.decode(sure[0], 0.128))
    assert names == task.truth(batch, 0) == task.corpus.split("valid")[0].text("tone")


def test_only_the_future_tells_the_garden_path() -> None:
    """Whatever was heard up to the ambiguous tone, both meanings follow about as often (K220, with lesson 5)."""
    task = made("garden", ahead=4)
    meanings = np.zeros(3, int)
    for number in range(200):
        symbols, classes = task.item("train", number)
        for frame in np.flatnonzero(classes):
            assert symbols[frame] == 1
            assert symbols[frame + 4] == 3 + classes[frame]
            meanings[classes[frame]] += 1
    assert abs(meanings[1] / meanings.sum() - 0.5) < 0.06


def test_a_question_decides_its_answer_and_nothing_else_does() -> None:
    """Each note that opens an answer is high for half of the questions, whatever the others are."""
    answers = np.array([melody.answer(number) for number in range(melody.QUESTIONS)])
    assert len(np.unique(answers, axis=0)) == melody.QUESTIONS
    for place in range(melody.OPEN):
        for before in np.unique(answers[:, :place], axis=0):
            alike = answers[(answers[:, :place] == before).all(axis=1), place]
            assert len(set(alike.tolist())) == 2
            assert (alike == alike[0]).sum() * 2 == len(alike)
    assert len({melody.question(number) for number in range(melody.QUESTIONS)}) == melody.QUESTIONS


def test_only_answers_count_in_a_melody() -> None:
    task = made("melody", phrases=2, passage=1)
    batch = task.batch("valid", 0, 3, 0)
    sure = 30.0 * np.eye(len(task.vocabulary), dtype=np.float32)[batch.targets]
    assert score.errors(task, sure, batch.lengths.tolist(), batch, 0.1) == (0, 3 * 2 * 8)
    notes, answers = melody.tune(np.random.default_rng(0), 2, 1)
    asked = np.flatnonzero(answers) - 1  # an answer's note is told at the note before it
    logits = np.zeros((len(notes), 16), np.float32)
    targets = np.append(notes[1:], 0)
    logits[asked, targets[asked]] = 1.0
    assert task.missed(logits, targets, 8) == (0, 16)
    assert task.missed(np.roll(logits, 1, axis=0), targets, 8)[0] > 8
