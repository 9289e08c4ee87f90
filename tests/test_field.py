"""Receptive fields against torch's Jacobian, and drawings against what was drawn."""

from __future__ import annotations

import base64
import re

import numpy as np
import pytest
import torch

from engine import build, drawing, field
from engine.models.recurrent import Settings
from engine.probes.gradient import doubled


def test_a_field_is_the_jacobian_of_the_likeliest_class() -> None:
    module = build.fresh("recurrent", Settings(cell="rnn", hidden=6, layers=2), 3, 4, 0)
    x = np.random.default_rng(0).standard_normal((9, 3))
    found = field.field(module, x)
    twin = doubled(module)

    def answer(heard: torch.Tensor) -> torch.Tensor:
        return twin(heard[None], torch.tensor([9]))[0][0].log_softmax(-1)

    heard = torch.tensor(x)
    best = answer(heard).argmax(-1)
    whole = torch.autograd.functional.jacobian(answer, heard)  # [t, class, s, F]
    wanted = torch.stack([whole[t, best[t]].norm(dim=1) for t in range(9)])
    np.testing.assert_allclose(found, wanted.numpy(), rtol=1e-9)
    assert np.all(np.triu(found, 1) == 0), "a network that goes forward knows nothing of what comes"


def test_a_transformer_hears_every_frame_and_its_place() -> None:
    module = field.transformer(3, 4)
    x = np.random.default_rng(1).standard_normal((12, 3))
    assert field.field(module, x).min() > 0
    y = module(torch.tensor(x, dtype=torch.float32)[None], torch.tensor([12]))[0]
    turned = module(torch.tensor(x[::-1].copy(), dtype=torch.float32)[None], torch.tensor([12]))[0]
    assert not torch.allclose(y.flip(1), turned, atol=1e-3), "order counts"
    again = field.transformer(3, 4)
    for one, other in zip(module.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)


def test_shades_are_decades_below_the_most() -> None:
    found = np.array([[1.0, 0.1, 1e-4], [0.0, 5.0, 0.005], [0.0, 0.0, 0.0]])
    wanted = [[1.0, 0.75, 0.0], [0.0, 1.0, 0.25], [0.0, 0.0, 0.0]]
    np.testing.assert_allclose(field.shades(found), wanted, atol=1e-12)


def test_a_heat_map_is_a_picture_of_its_values() -> None:
    image = pytest.importorskip("PySide6.QtGui").QImage
    values = np.array([[0.0, 0.5, 1.0], [1.0, 0.25, 0.0]])
    svg = drawing.drawing(60, 40, [drawing.heat(drawing.Box(0, 0, 60, 40), values), drawing.words(1, 9, "a < b")])
    (data,) = re.findall(r"base64,([^\"]+)", svg)
    made = image.fromData(base64.b64decode(data))
    assert (made.width(), made.height()) == (3, 2)
    for row, line in enumerate(values):
        for column, value in enumerate(line):
            assert made.pixelColor(column, row).alpha() == round(255 * value)
    assert "a &lt; b" in svg
