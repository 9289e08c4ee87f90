"""Latency: no sound that comes later than is declared changes what was said, and what comes just before does."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine import build, catalog, checkpoint, latency
from engine.tasks import phonemes


@pytest.mark.parametrize(
    ("task", "model", "knobs"),
    [
        ({}, "recurrent", {"hidden": 16, "layers": 1}),
        ({"features": "raw", "win_ms": 10.0, "hop_ms": 5.0}, "recurrent", {"hidden": 16, "layers": 1}),
        ({"delay": 0, "win_ms": 64.0}, "dense", {"hidden": 16, "context": 3}),
    ],
)
def test_nothing_later_than_the_latency_is_heard(task: dict, model: str, knobs: dict) -> None:
    """Of answer t, put back by the delay to the moment it is about; samples are changed one side of the bound."""
    settings = phonemes.Settings(**task)
    made, module = phonemes.build(settings), catalog.load("models", model)
    chosen = module.Settings(**knobs)
    found = latency.of("phonemes", settings, model, chosen)
    assert found.total is not None
    sound = np.random.default_rng(0).standard_normal(16000).astype(np.float32) * 0.1
    net = None
    answers = []
    frame = 40
    hop = made.frontend[0].settings.to_dict()["hop"]
    about = (frame - settings.delay) * hop
    last = about + round(found.total * 16000)  # the first sample that is not heard
    for start in (len(sound), last, last - hop):
        heard = sound.copy()
        heard[start:] = 0.0
        x, _ = made.features(heard, ())
        net = net or build.fresh(model, chosen, x.shape[1], len(made.vocabulary), 0).eval()
        with torch.no_grad():
            y = net(torch.from_numpy(x)[None], torch.tensor([len(x)]))[0]
        answers.append(y[0, frame].numpy())
    np.testing.assert_allclose(answers[0], answers[1], atol=1e-6)
    assert np.abs(answers[0] - answers[2]).max() > 1e-5


def test_what_needs_the_whole_sound_has_no_latency() -> None:
    recurrent = catalog.load("models", "recurrent").Settings
    settings = phonemes.Settings()
    assert latency.of("phonemes", settings, "recurrent", recurrent(bidirectional=True)).total is None
    stacked = latency.of("phonemes", settings, "recurrent", recurrent(stack=3))
    assert stacked.total == pytest.approx(0.0125 + 0.02 + 0.08)
    assert latency.of("copy", catalog.load("tasks", "copy").Settings(), "recurrent", recurrent()).delay == 0


def test_a_network_declares_its_look_ahead_in_the_model_panel() -> None:
    from widgets.panels.model import looks_ahead

    said, told = looks_ahead(checkpoint.open_network("phonemes-lstm-32"))
    assert said == "look-ahead 92 ms"
    assert "12 ms for the rest of a frame, 80 ms by which it is trained to answer late" in told
    assert looks_ahead(checkpoint.open_network("phonemes-lstm-128-bidirectional"))[0] == "look-ahead ∞"
