"""The bundled melody networks: an LSTM answers questions that a plain RNN has forgotten; what plays repeats."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import build, checkpoint, generate, melody


def right(name: str, first: int) -> float:
    """The share of the first notes of answers that a network tells, in tunes of a seed that nobody looked at."""
    import torch

    network = checkpoint.open_network(name)
    settings: Any = network.task_settings
    kind: Any = type(build.task_of(network))
    task = kind(settings.but(seed=77))
    batch = task.collate([task.item("test", number) for number in range(60)])
    with torch.no_grad():
        y = build.build(network)(torch.from_numpy(batch.x), torch.from_numpy(batch.lengths))[0].numpy()
    missed, asked = np.sum([task.missed(each, batch.targets[row], first) for row, each in enumerate(y)], axis=0)
    return float(1 - missed / asked)


@pytest.mark.parametrize("first", [melody.OPEN, melody.BAR])
def test_an_lstm_remembers_what_an_rnn_forgets(first: int) -> None:
    lstm, rnn = (right(f"melody-{cell}-64", first) for cell in ("lstm", "rnn"))
    assert lstm > 0.95
    assert lstm > rnn


def test_what_is_played_answers_its_questions() -> None:
    network = checkpoint.open_network("melody-lstm-64")
    for number in range(melody.QUESTIONS):
        begun = melody.question(number)
        found = generate.go_on(network, begun, 3 * melody.BAR, generate.Settings(temperature=0.0))
        assert tuple(found[-melody.BAR :]) == melody.answer(number)


def test_shuffled_weights_answer_nothing() -> None:
    """What was measured is learnt, not built in."""
    import dataclasses

    network = checkpoint.open_network("melody-lstm-64")
    rng = np.random.default_rng(0)
    mixed = {
        name: rng.permutation(each.ravel()).reshape(each.shape) for name, each in (network.weights or {}).items()
    }
    shuffled = dataclasses.replace(network, weights=mixed)
    answers = 0
    for number in range(melody.QUESTIONS):
        asked = melody.question(number)
        found = generate.go_on(shuffled, asked, 3 * melody.BAR, generate.Settings(temperature=0.0))
        answers += tuple(found[-melody.BAR :]) == melody.answer(number)
    assert answers == 0
