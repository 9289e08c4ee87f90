"""The context task: one tone, two letters."""

from __future__ import annotations

import numpy as np

from engine.tasks import context


def test_a_closure_is_p_after_s_and_b_after_m() -> None:
    symbols, classes = context.draw(context.Settings(pairs=20), np.random.default_rng(0))
    assert set(classes[symbols == 3].tolist()) == {3, 4}
    before = 0
    for symbol, name in zip(symbols.tolist(), classes.tolist(), strict=True):
        if symbol == 3:
            assert name == {1: 3, 2: 4}[before]
        else:
            before = symbol
            assert name == symbol


def test_the_ceiling_is_what_the_commonest_letter_of_each_tone_gets() -> None:
    settings = context.Settings()
    task = context.build(settings)
    right = total = 0
    items = [task.item("test", number) for number in range(100)]
    pairs = np.concatenate([np.stack([s, c], 1)[1:] for s, c in items])
    for symbol in (1, 2, 3):
        names = pairs[pairs[:, 0] == symbol, 1]
        right, total = right + np.bincount(names).max(), total + len(names)
    assert context.ceiling(settings) == right / total
    assert 0.6 < context.ceiling(settings) < 0.85
