"""The small demonstrations: their figures against independent ones, and their pictures."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from app import cli, convdemos, demos


def test_relu_explodes_where_tanh_stays_in_bounds() -> None:
    found = demos.relu_vs_tanh()
    relu, tanh = found.curves["ReLU"], found.curves["tanh"]
    np.testing.assert_allclose(relu, relu[0] * 1.2 ** np.arange(201), rtol=1e-9)
    assert relu.max() > 1e3
    assert found.figures["ReLU, step at which it is over 1000"] <= 200
    assert tanh.max() <= np.sqrt(32)


@pytest.mark.parametrize("steps", [10, 100])
def test_the_gradients_are_those_of_autograd(steps: int) -> None:
    found = demos.additive(steps)
    x = torch.tensor(np.random.default_rng(0).normal(0.0, 0.5, steps))
    start = torch.ones(2, dtype=torch.float64, requires_grad=True)
    c, h = start[0], start[1]
    for each in x:
        c, h = 0.99 * c + 0.1 * each, torch.tanh(0.9 * h + each)
    assert found.curves["c, added to"][-1] == pytest.approx(c.item())
    assert found.curves["h, made anew"][-1] == pytest.approx(h.item())
    for state, name, place in ((c, "additive", 0), (h, "multiplicative", 1)):
        (gradient,) = torch.autograd.grad(state, start, retain_graph=True)
        assert found.figures[f"gradient, {name}"] == pytest.approx(gradient[place].item(), rel=1e-9)
    assert found.figures["ratio"] > 10


def test_six_layers_learn_sooner_with_residual_paths() -> None:
    found = demos.residual_rnn(120, 2e-3)
    took = [found.figures[f"{name}: steps to a loss of 0.1"] for name in ("six, residual", "six layers")]
    assert took[0] < 0.6 * took[1] < 0.6 * 120
    for name, curve in found.curves.items():
        assert len(curve) == 101
        below = np.flatnonzero(curve < 0.1)
        assert found.figures[f"{name}: steps to a loss of 0.1"] == 20 + below[0]


def test_skips_bring_the_error_through_twenty_layers_k007() -> None:
    found = demos.residual()
    assert found.figures["convolutions in blocks"] == 20
    assert found.figures["seeds in which skips win"] >= 9
    assert found.curves["plain"][0] < 1e-6 * found.curves["plain"][-1]


def test_with_one_block_plain_and_residual_gradients_are_autograds() -> None:
    """Written out with torch's functions, from the weights that the seed draws."""
    from torch import nn
    from torch.nn import functional

    for plain in (True, False):
        torch.manual_seed(4)
        first = nn.Conv2d(1, 8, 3, 1, 1)
        convs = [nn.Conv2d(8, 8, 3, 1, 1), nn.Conv2d(8, 8, 3, 1, 1)]
        head = nn.Linear(8 * convdemos.BANDS, 8)
        x, wanted = torch.randn(2, 1, 40, convdemos.BANDS), torch.randint(8, (2, 40))
        h = first(x)
        inside = convs[1](functional.gelu(convs[0](functional.gelu(h))))
        h = inside if plain else h + inside
        y = head(h.permute(0, 2, 1, 3).reshape(2, 40, -1))
        functional.cross_entropy(y.reshape(80, 8), wanted.reshape(80)).backward()
        norms = [float(each.weight.grad.norm()) for each in (first, *convs)]  # type: ignore[union-attr]
        np.testing.assert_allclose(convdemos.gradients(plain, 4, 1), norms, rtol=1e-4)


def test_only_a_cnn_minds_the_order_of_bands_k012() -> None:
    found = demos.topology(1)
    assert abs(found.figures["DNN, points lost"]) < 2
    assert found.figures["CNN, points lost"] > 10
    assert found.figures["DNN, in order, % right"] > 90
    assert found.figures["CNN, in order, % right"] > 90


def test_synthetic_phonemes_are_spacings_of_formants() -> None:
    x, chosen = convdemos.phonemes(200, 0)
    loud = [np.flatnonzero(np.convolve(each, np.full(3, 1 / 3), "same") > 0.45) for each in x]
    far = np.array([each[-1] - each[0] for each in loud])
    assert np.corrcoef(far, np.array(convdemos.SPACINGS)[chosen])[0, 1] > 0.97


@pytest.mark.parametrize("name", sorted({*demos.DEMOS} - {"topology"}))
def test_the_command_writes_a_picture_and_the_figures(name: str, tmp_path, capfd) -> None:
    assert cli.main(["demo", name, "--out", str(tmp_path)]) == 0
    said = capfd.readouterr().out
    content = json.loads((tmp_path / f"{name}.json").read_text())
    assert all(words in said for words in content["figures"])
    from PySide6.QtGui import QImage

    image = QImage(str(tmp_path / f"{name}.png"))
    assert image.width() >= 960
    colours = {image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)}
    assert len(colours) > 8


def test_the_command_prints_json(tmp_path, capfd) -> None:
    assert cli.main(["demo", "residual", "--json", "--out", str(tmp_path)]) == 0
    found = json.loads(capfd.readouterr().out)
    assert found == json.loads((tmp_path / "residual.json").read_text())
    assert found["figures"]["seeds in which skips win"] >= 9


def test_a_folder_that_cannot_be_made_is_named(tmp_path, capfd) -> None:
    (tmp_path / "file").write_text("")
    assert cli.main(["demo", "additive", "--out", str(tmp_path / "file" / "x")]) == cli.BAD_FILE
    said = capfd.readouterr().err
    assert "choose another folder" in said
    assert "Traceback" not in said
