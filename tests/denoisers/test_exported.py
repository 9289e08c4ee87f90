"""A network that was exported is a denoiser again: what it makes is what the task makes of torch's answers."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from engine import build, catalog, checkpoint, denoising, enhance, halves, netwise, onnxport
from engine.denoisers import exported
from engine.denoisers.denoiser import DenoiserError
from engine.links import Chain
from engine.stages.stage import Format

if TYPE_CHECKING:
    from pathlib import Path

    from engine.network import Network


def network(domain: str, **knobs: Any) -> Network:
    task = catalog.load("tasks", "denoise").Settings(domain=domain)
    settings = catalog.load("models", "recurrent").Settings(**({"hidden": 24, "layers": 1} | knobs))
    made = checkpoint.untrained("denoise", settings, task, seed=2)
    drawn = {name: 2 * value for name, value in build.weights(build.build(made)).items()}
    return dataclasses.replace(made, weights=build.frozen(drawn))


def sound(n: int) -> np.ndarray[Any, Any]:
    return (0.1 * np.random.default_rng(3).standard_normal(n)).astype(np.float32)


def by_torch(made: Network, noisy: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    chain = Chain(made.frontend, Format(16000.0))
    x = np.concatenate([chain.push(noisy[:, None]), chain.flush()])
    with torch.no_grad():
        y = build.build(made)(torch.from_numpy(x)[None], torch.tensor([len(x)]))[0][0].numpy()
    return enhance.apply(made.task_settings.domain, y, noisy, x)  # type: ignore[attr-defined]


@pytest.mark.parametrize("domain", list(enhance.DOMAINS))
@pytest.mark.parametrize("n", [1, 255, 256, 5000, 8192])
def test_it_is_the_network_in_any_blocks(domain: str, n: int, tmp_path: Path) -> None:
    made = network(domain)
    onnxport.export(made, tmp_path / "a.onnx")
    denoiser, noisy = exported.build(tmp_path / "a.onnx"), sound(n)
    wanted = by_torch(made, noisy)
    assert np.abs(wanted - noisy).max() > 1e-3
    for sizes in ([n], [min(n, 1), 100, 255, 256, 257, 1000]):
        ends = [end for end in np.cumsum(sizes).tolist() if end < n]
        parts = [denoiser.push(each) for each in np.split(noisy, ends)]
        got = np.concatenate([*parts, denoiser.flush()])
        assert len(got) == n
        np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-5)
    assert denoiser.parameters == sum(each.size for each in (made.weights or {}).values())


def test_a_folder_with_a_denoiser_in_it_names_it(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("none")
    with pytest.raises(
        DenoiserError, match="files may be networks that learnt the task denoise, or of these kinds"
    ):
        denoising.build(tmp_path)
    onnxport.export(network("magnitude"), tmp_path / "a.onnx")
    with pytest.raises(DenoiserError, match=r"name a file in it: \S+a\.onnx$"):
        denoising.build(tmp_path)


def test_its_latency_is_that_of_an_impulse(tmp_path: Path) -> None:
    """What follows a sample by more than the latency does not change it; what follows a little earlier may."""
    onnxport.export(network("magnitude"), tmp_path / "a.onnx")
    denoiser, noisy = exported.build(tmp_path / "a.onnx"), sound(4096)
    assert denoiser.latency == halves.WIN
    early = denoiser.push(noisy[:3000])
    assert 3000 - halves.WIN < len(early) <= 3000
    whole = np.concatenate([early, denoiser.push(noisy[3000:]), denoiser.flush()])
    np.testing.assert_array_equal(early, whole[: len(early)])


def test_masks_lie_where_the_sound_does(tmp_path: Path) -> None:
    onnxport.export(network("magnitude"), tmp_path / "a.onnx")
    denoiser = exported.build(tmp_path / "a.onnx")
    denoiser.push(sound(2560))
    denoiser.flush()
    mask = denoiser.mask()
    assert mask is not None
    assert mask.gains.shape == (11, 257)
    assert (mask.first, mask.rate) == (0.0, 62.5)
    assert 0 <= mask.gains.min() < mask.gains.max() <= 1
    assert mask.rows[-1] == 8000


def test_it_is_found_by_what_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "some.onnx"
    onnxport.export(network("magnitude"), path)
    assert exported.fits(path)
    assert isinstance(denoising.build(path), netwise.Spectral)
    assert "Exported network" in denoising.title(path)
    assert not exported.fits(tmp_path / "gone.onnx")
    other = tmp_path / "digits.onnx"
    onnxport.export(checkpoint.open_network("digits-lstm-32"), other)
    with pytest.raises(DenoiserError, match="task digits, which takes no noise out"):
        denoising.build(other)
