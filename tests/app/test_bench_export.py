"""The benchmark of exports: every way steps the same denoiser, and what is told of each is a figure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.benches import export
from tests.denoisers.test_exported import network

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("domain", ["magnitude", "steered"])
def test_every_way_makes_the_same_sound(domain: str, tmp_path: Path) -> None:
    ways, difference = export.ways_of(network(domain), tmp_path)
    assert list(ways) == ["torch", "NumPy", "ONNX", "INT8"]
    assert difference < export.PARITY
    sound = (0.1 * np.random.default_rng(1).standard_normal(3000)).astype(np.float32)
    made = {
        name: np.concatenate([*(each.push(part) for part in np.split(sound, [100, 1500])), each.flush()])
        for name, each in ways.items()
    }
    for name in ("NumPy", "ONNX"):
        np.testing.assert_allclose(made[name], made["torch"], rtol=0, atol=1e-4)
    assert 1e-6 < np.abs(made["INT8"] - made["torch"]).max() < 0.05


def test_what_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "TURNS", 1)
    monkeypatch.setattr(export, "HOPS", 4)
    monkeypatch.setattr(export, "SNRS", (5.0,))
    pair = tuple(np.random.default_rng(0).standard_normal((2, 4000)).astype(np.float32))
    monkeypatch.setattr(export, "_pairs", lambda: [pair])
    made = replace(network("magnitude"), name="taught")
    figures = {each.name.partition(": ")[2]: each for each in export.compared(made)}
    assert figures["ONNX - torch, largest"].met
    assert {name for name in figures if name.startswith("real-time")} == {
        f"real-time factor, {way}" for way in ("torch", "NumPy", "ONNX", "INT8")
    }
    assert all(each.value > 0 for name, each in figures.items() if name.startswith("real-time"))
    assert np.isfinite(figures["SI-SDR, INT8 - float"].value)


def test_what_is_measured_is_causal_and_has_weights() -> None:
    found = export.networks()
    assert [each.model for each in found][-1] == "ains"
    assert all(each.live and each.weights is not None and each.task == "denoise" for each in found)
