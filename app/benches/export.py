"""Exported denoisers: torch, NumPy, ONNX and INT8 in turns, hop by hop on one thread, and what INT8 costs."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.bench import Figure, median

if TYPE_CHECKING:
    from engine.denoisers.denoiser import Denoiser
    from engine.network import Network

TURNS, HOPS = 9, 63
"""Interleaved runs, and the hops of 16 ms in each: a second."""
PARITY, FACTOR = 1e-4, 0.5
"""The most by which ONNX may differ from torch, and the most of its own length that sound may take (K274)."""
SNRS = (0.0, 5.0)


def measure() -> list[Figure]:
    """The bundled denoiser, or where there is none a network of its shape; and the causal AINS, untrained."""
    import torch

    from engine import device

    device.limit_threads()
    torch.set_num_threads(1)
    return [figure for network in networks() for figure in compared(network)]


def networks() -> list[Network]:
    """Those whose exports are measured, all with weights."""
    from dataclasses import replace

    from engine import build, checkpoint, recipe

    ours = [name for name in checkpoint.bundled() if name == "denoiser"]
    found = [checkpoint.open_network(name) for name in ours]
    asked = recipe.read("denoiser")
    shapes = [] if ours else [(asked.model_settings, asked.task_settings, asked.model)]
    for settings, task, model in (*shapes, (None, None, "ains")):
        made = checkpoint.untrained("denoise", settings, task, model)
        found.append(replace(made, name=f"{model}, untrained", weights=build.weights(build.build(made))))
    return found


def compared(network: Network) -> list[Figure]:
    """Speed of each way, difference of ONNX and, of a trained network, the quality of float and INT8."""
    with tempfile.TemporaryDirectory() as folder:
        ways, difference = ways_of(network, Path(folder))
        figures = [Figure(f"{network.name}: ONNX - torch, largest", difference, "", PARITY)]
        for name, taken in timed(ways).items():
            target = None if name == "torch" else FACTOR
            note = f"{1e3 * 0.016 * median(taken):.2f} ms a hop of 16"
            figures.append(
                Figure(f"{network.name}: real-time factor, {name}", median(taken), "", target, note=note)
            )
        if "untrained" not in network.name:
            figures += quality(network.name, ways)
    return figures


def ways_of(network: Network, folder: Path) -> tuple[dict[str, Denoiser], float]:
    """The same denoiser stepped by each, and by how much the float ONNX file differs from torch."""
    from engine import build, denoising, netwise, onnxport
    from engine.denoisers.network import Answers
    from engine.stepper import NotLive, Stepper

    domain = network.task_settings.domain  # type: ignore[attr-defined] # those of its task
    ways: dict[str, Any] = {"torch": netwise.of(domain, _Torch(build.build(network)), 0)}
    try:
        ways["NumPy"] = netwise.of(domain, Answers(Stepper(network)), 0)
    except NotLive:
        pass
    written = onnxport.export(network, folder / "float.onnx")
    onnxport.export(network, folder / "int8.onnx", int8=True)
    ways |= {"ONNX": denoising.build(folder / "float.onnx"), "INT8": denoising.build(folder / "int8.onnx")}
    return ways, written.difference


def timed(ways: dict[str, Denoiser]) -> dict[str, list[float]]:
    """Processor seconds that a second of sound takes, by way: TURNS values after a first that does not count."""
    sound = (0.1 * np.random.default_rng(0).standard_normal(HOPS * 256)).astype(np.float32)
    hops, taken = np.split(sound, HOPS), {name: list[float]() for name in ways}
    for _ in range(TURNS + 1):
        for name, denoiser in ways.items():
            began = time.process_time()
            for hop in hops:
                denoiser.push(hop)
            taken[name].append((time.process_time() - began) / (len(sound) / denoiser.rate))
            denoiser.mask()
    return {name: each[1:] for name, each in taken.items()}


def quality(name: str, ways: dict[str, Denoiser]) -> list[Figure]:
    """SI-SDR in dB, the mean of the bundled sentences in bundled noises at SNRS."""
    from engine import measures, mixing

    found = {way: list[float]() for way in ("ONNX", "INT8")}
    for clean, noise in _pairs():
        for snr in SNRS:
            noisy, _ = mixing.at(clean, noise, snr)
            for way, scores in found.items():
                denoiser = ways[way]
                denoiser.reset()
                made = np.concatenate([denoiser.push(noisy), denoiser.flush()])
                scores.append(measures.si_sdr(made, clean, mixing.RATE))
    count = len(found["ONNX"])
    change = float(np.mean(np.subtract(found["INT8"], found["ONNX"])))
    return [
        Figure(f"{name}: SI-SDR, float", float(np.mean(found["ONNX"])), "dB", note=f"{count} mixtures"),
        Figure(f"{name}: SI-SDR, INT8 - float", change, "dB"),
    ]


def _pairs() -> list[tuple[Any, Any]]:
    """Clean speech and a noise as long, at 16 kHz."""
    import soxr

    from engine import asset, mixing, noises

    found = []
    for said, kind in (("speech-1", "crowd"), ("speech-2", "rain"), ("speech-3", "fan")):
        clip = asset.open_bundled(said)
        clean = soxr.resample(clip.read().mean(axis=1), clip.rate, mixing.RATE).astype(np.float32)
        found.append((clean, noises.segment(kind, "", 1, mixing.RATE, len(clean))))
    return found


class _Torch:
    """The module frame by frame with its state."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self.reset()

    def reset(self) -> None:
        self._state = self._module.init_state(1)

    def push(self, frames: Any) -> Any:
        import torch

        with torch.inference_mode():
            x, lengths = torch.from_numpy(frames)[None], torch.tensor([len(frames)])
            y, _, self._state = self._module(x, lengths, self._state)
        return y[0].numpy()
