"""From what a network answers to sound without noise: the domains in which denoisers work.

magnitude: heard |X|^p, answered a mask's logits;  complex: heard |X|^p e^(i phase), answered a mask's real and
imaginary parts;  steered: heard how loud each band (engine/bands.py) is over the mean of all, and d, over its own
noise floor; answered a and b, of the mask sigmoid((1.5 + a) d + b - 1);  wave: heard and answered the sound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine import bands, catalog, halves
from engine.links import Chain
from engine.stages.stage import Format, Link

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from engine.floor import Floor
    from engine.tasks.task import Batch

    Array = NDArray[np.float32]

DOMAINS: Mapping[str, int] = {
    "magnitude": halves.BINS,
    "complex": 2 * halves.BINS,
    "steered": 2 * bands.COUNT,
    "wave": halves.HOP,
}
"""Each with how many answers a frame has."""
JOINS: Mapping[str, float] = {name: 0.5 if name == "wave" else 1.0 for name in DOMAINS}
"""Frames after one that its sound waits for: the next one overlaps it; a block of samples has a last one."""
SLOPE, BIAS, NEPERS = 1.5, -1.0, 2.5
"""Of the steered gain before anything is learnt: what is above the floor passes, what is at it does not;
and how many nepers one of what is heard (engine/stages/spectrum.py) stands for."""


def frontend(domain: str) -> tuple[Link, ...]:
    """What turns sound at 16 kHz into what a network of the domain hears."""
    if domain == "wave":
        raw = catalog.load("stages", "raw")
        return (Link("raw", raw.Settings(win=halves.HOP, hop=halves.HOP)),)
    return (Link("spectrum", catalog.load("stages", "spectrum").Settings(parts=domain)),)


def vocabulary(domain: str) -> tuple[str, ...]:
    """What the answers of a frame are."""
    if domain == "wave":
        return tuple(f"sample {k}" for k in range(DOMAINS[domain]))
    steers = ("slope", "threshold")
    names = {"magnitude": ("mask",), "complex": ("real", "imaginary")}.get(domain, steers)
    rows = bands.HERTZ if domain == "steered" else halves.HERTZ
    return tuple(f"{name} {round(hertz)} Hz" for name in names for hertz in rows)


def heard(domain: str, spectrum: NDArray[np.complex64], floor: Floor) -> Array:
    """What a network of a domain of spectra hears, as by its front end: complex [T, BINS] -> [T, F]."""
    if domain == "steered":
        return floor.heard(bands.heard(spectrum))
    both, size = halves.compressed(spectrum)
    return size if domain == "magnitude" else np.concatenate([both.real, both.imag], -1)


def frames(domain: str, sound: Array) -> Array:
    """What the front end makes of a whole sound [n] -> [T, F]."""
    chain = Chain(frontend(domain), Format(float(halves.RATE)))
    return np.concatenate([chain.push(sound[:, None]), chain.flush()])


def mask(domain: str, y: Array, x: Array) -> Array | NDArray[np.complexfloating]:
    """The gains [T, BINS] of answers y [T, C] to what was heard, x [T, F]; complex in the domain complex."""
    if domain == "complex":
        return halves.apart(y)
    if domain == "steered":
        slope, threshold = y[..., : bands.COUNT], y[..., bands.COUNT :]
        y = (SLOPE + slope) * (NEPERS * x[..., bands.COUNT :]) + threshold + BIAS
    gains = 0.5 + 0.5 * np.tanh(0.5 * y)
    return gains @ bands.SPREAD if domain == "steered" else gains


def apply(domain: str, y: Array, sound: Array, x: Array | None = None) -> Array:
    """The sound [n] without noise, from the answers y [T, C] of a network that heard it.

    `x` [T, F] is what the network heard; where it is not given, it is made of the sound anew.
    """
    if domain == "wave":
        return np.pad(y.reshape(-1)[halves.HOP // 2 :], (0, halves.HOP))[: len(sound)]
    gains = mask(domain, y, frames(domain, sound) if x is None else x)
    spectrum = halves.analyse(sound)
    if len(gains) < len(spectrum):  # a last frame, which ends beyond the sound
        gains = np.concatenate([gains, gains[-1:]])
    return halves.synthesise((spectrum * gains).astype(np.complex64), len(sound))


def sounds(batch: Batch, y: Any) -> tuple[Any, Any]:
    """Noisy and clean [B, n] as torch tensors where y is."""
    import torch

    assert batch.sounds is not None, "a batch of sounds"
    noisy, clean = torch.from_numpy(batch.sounds).to(y.device).unbind(1)
    return noisy, clean


def gains_of(domain: str, y: Any, batch: Batch) -> Any:
    """In torch: the gains [B, T, BINS] of a domain that has any."""
    import torch

    if domain == "complex":
        return torch.complex(*y.chunk(2, -1))
    if domain == "steered":
        slope, threshold = y.chunk(2, -1)
        above = torch.from_numpy(batch.x[..., bands.COUNT :]).to(y.device)
        y = (SLOPE + slope) * (NEPERS * above) + threshold + BIAS
    gains = torch.sigmoid(y)
    return gains @ torch.from_numpy(bands.SPREAD).to(y.device) if domain == "steered" else gains


def enhanced(domain: str, y: Any, batch: Batch) -> tuple[Any, Any, Any]:
    """In torch: sound [B, n], its spectrum [B, T, BINS] and the mask (None in the domain wave)."""
    import torch

    from engine import spectra

    noisy, _ = sounds(batch, y)
    if domain == "wave":
        flat = y.flatten(1)[:, halves.HOP // 2 :]
        found = torch.nn.functional.pad(flat, (0, halves.HOP))[:, : noisy.shape[1]]
        return found, spectra.analyse(found), None
    gains = gains_of(domain, y, batch)
    spectrum = spectra.analyse(noisy) * gains
    return spectra.synthesise(spectrum, noisy.shape[1]), spectrum, gains


def loss(weights: Any, y: Any, batch: Batch) -> dict[str, Any]:
    """The terms of the loss by name, each times its weight, which is a field of `weights`."""
    from engine import losses, spectra

    _, clean = sounds(batch, y)
    found, spectrum, gains = enhanced(weights.domain, y, batch)
    wanted = spectra.analyse(clean)
    terms = {
        "distortion": lambda: losses.distortion(found, clean),
        "spectral": lambda: losses.relative(spectrum, wanted),
        "mse": lambda: losses.magnitude(spectrum, wanted),
        "sparsity": lambda: losses.sparsity(gains.abs()),
        "perceptual": lambda: losses.perceptual(found, clean),
    }
    chosen = {name: getattr(weights, name) for name in terms}
    if gains is None:
        chosen.pop("sparsity")
    return {name: weight * terms[name]() for name, weight in chosen.items() if weight}
