"""The bundled recipes of AINS learn, in a few steps of a small batch."""

from __future__ import annotations

import pytest
import torch

from engine import build, catalog, checkpoint, recipe

PLAIN = {"distortion": 0.0, "spectral": 0.0, "mse": 1.0, "sparsity": 0.0, "perceptual": 0.0}


@pytest.mark.parametrize("name", ["ains_bilinear", "ains-full", "ains-compact"])
def test_the_error_falls_by_a_third(monkeypatch, name) -> None:
    """As K226 asks of a smoke training: the squared error of magnitudes, over the bundled voices and noises."""
    monkeypatch.delenv("OTOSCOPE_DATA", raising=False)
    asked = recipe.read(name)
    task = catalog.load("tasks", asked.task).build(asked.task_settings.but(clips=10, seconds=0.5, **PLAIN))
    shape = checkpoint.width(task), len(task.vocabulary)
    module = build.fresh(asked.model, asked.model_settings, *shape, 0)
    batch = task.batch("train", 0, 4, 0)
    x, lengths = torch.from_numpy(batch.x), torch.from_numpy(batch.lengths)
    optimiser, losses = torch.optim.Adam(module.parameters(), 0.004), list[float]()
    for _ in range(31):
        y, steps, _ = module(x, lengths)
        loss = sum(task.loss(y, steps, batch).values())
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), 5.0)
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.7 * losses[0]
