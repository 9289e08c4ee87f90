"""Denoisers by name, and whole sounds through them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.denoisers.denoiser import DenoiserError
from engine.knob import Settings, knob

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from engine.denoisers.denoiser import Mask

_TITLES = {"wiener": "Wiener filter", "gate": "Spectral gate"}


@dataclass(frozen=True)
class Options(Settings):
    wet: float = knob(1.0, 0.0, 1.0, step=0.01, help="Share of the enhanced sound; 0 is the noisy one.")
    limit: float = knob(
        100.0, 0.0, 100.0, step=1.0, unit="dB", label="Attenuation limit", help="Nothing is lowered by more."
    )
    keep: float = knob(0.0, 0.0, 1.0, step=0.01, help="How much background is kept in pauses of the speech.")


def names() -> tuple[str, ...]:
    return tuple(_TITLES)


def title(name: str) -> str:
    return _TITLES[name]


def build(source: str | Path) -> Any:
    """Raises DenoiserError."""
    from engine import catalog

    if source not in _TITLES:
        raise DenoiserError(f"{source} is no denoiser that is known here; choose one of: {', '.join(_TITLES)}")
    return catalog.load("denoisers", str(source)).build(str(source))


def run(
    source: str | Path,
    sound: NDArray[np.float32],
    rate: int,
    options: Options,
    told: Callable[[Mask], object] | None = None,
) -> Generator[NDArray[np.float32], None, None]:
    """Blocks [m, channels] of the enhanced sound, together as long as `sound` [n, channels]."""
    from engine.stages import denoise
    from engine.stages.stage import Format

    build(source)
    stage = denoise.build(denoise.Settings(method=str(source)), Format(float(rate), sound.shape[1]))
    for start in range(0, len(sound), rate):
        yield stage.push(sound[start : start + rate])
    yield stage.flush()
