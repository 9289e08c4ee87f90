"""What a probe keeps: series with the ranges of their kind, and never more than the limit."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.probes.record import Recorder, of, posterior
from engine.trace import Key


def test_every_kind_has_its_natural_range() -> None:
    recorder = Recorder()
    for name in ("h", "c", "gate.f", "gate.g", "gate.n", "attention"):
        recorder(Key(name, 1), torch.zeros(2, 5, 3))
    series = recorder.series(100.0, 0.5)
    ranges = {key.name: (each.low, each.high) for key, each in series.items()}
    assert ranges == {
        "h": (-1, 1),
        "c": (None, None),
        "gate.f": (0, 1),
        "gate.g": (-1, 1),
        "gate.n": (-1, 1),
        "attention": (0, 1),
    }
    assert {each.axis for key, each in series.items() if key.name == "attention"} == {"frame"}
    h = series[Key("h", 1)]
    assert (h.values.shape, h.rate, h.time(2)) == ((5, 3), 100.0, pytest.approx(0.52))
    assert not h.values.flags.writeable


def test_the_first_item_is_kept_as_it_is() -> None:
    recorder, x = Recorder(), torch.randn(2, 5, 3, requires_grad=True)
    recorder(Key("h", 1), x)
    assert np.array_equal(recorder.values[Key("h", 1)], x[0].detach().numpy())


def test_what_is_too_much_is_left_out_and_named() -> None:
    recorder = Recorder(limit=5 * 3 * 4)
    recorder(Key("h", 1), torch.zeros(1, 5, 3))
    recorder(Key("gate.f", 1), torch.zeros(1, 5, 3))
    assert set(recorder.values) == {Key("h", 1)}
    assert recorder.note == "too much for this range, so left out: gate.f layer 1"
    assert Recorder().note == ""


@pytest.mark.parametrize("scale", [1.0, 1e4, -1e4])
def test_posteriors_sum_to_one_whatever_the_logits(scale: float) -> None:
    logits = scale * np.random.default_rng(0).standard_normal((50, 11)).astype(np.float32)
    found = posterior(logits)
    np.testing.assert_allclose(found.sum(1), 1.0, atol=1e-6)
    assert (found.argmax(1) == logits.argmax(1)).all()
    assert posterior(np.zeros((0, 11), np.float32)).shape == (0, 11)
    assert of(Key("posterior"), found, 100.0, 0.0, ("a",) * 11).axis == "class"
