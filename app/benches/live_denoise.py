"""A denoiser in live use, on one core: the share of the time that it takes, its steps, and what is lost (K274)."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from app.bench import Figure, median, percentile
from engine.windowed import Windowed

if TYPE_CHECKING:
    from engine.account import Settings
    from engine.denoisers.denoiser import Denoiser

MODEL = ""
"""A denoiser by name or file, or a recipe, untrained; none for the one that live use begins with."""
SECONDS = 30.0
PIECE = 0.02
"""Seconds of sound that come at once."""


def measure() -> list[Figure]:
    """The same path as from microphone to headphones, with devices that take sound at once, as fast as it goes."""
    from engine.account import Settings
    from engine.monitor import BEHIND, Monitor

    settings = Settings(denoiser=MODEL, windows=True)
    denoiser = _denoiser(settings)
    sound = _sound(int(denoiser.rate))
    source = _Source(sound, int(denoiser.rate))
    monitor = Monitor(source, denoiser, _Sink(), settings)
    steps = list[float]()
    push = denoiser.push
    spent = [0.0]

    def timed(block: Any) -> Any:
        began = time.perf_counter()
        made = push(block)
        spent[0] += time.perf_counter() - began
        return made

    denoiser.push = timed  # type: ignore[method-assign]
    began = time.perf_counter()
    while source.more:
        before = time.perf_counter()
        monitor.step()
        steps.append(time.perf_counter() - before)
    whole, alone = time.perf_counter() - began, spent[0]
    account = monitor.account()
    warm = steps[10:]
    behind = list(itertools.accumulate(warm, lambda late, step: max(0.0, late + step - PIECE), initial=0.0))
    seconds = len(sound) / denoiser.rate
    late = (denoiser.latency or 0) / denoiser.rate
    return [
        Figure(f"real-time factor of {MODEL or 'the default'}, one core", whole / seconds, "x", 0.5),
        Figure("of that, the denoiser alone", alone / seconds, "x"),
        Figure(f"a step of {1000 * PIECE:.0f} ms, p50", 1e3 * median(warm)),
        Figure(f"a step of {1000 * PIECE:.0f} ms, p95", 1e3 * percentile(warm, 0.95), target=1e3 * PIECE),
        Figure(f"a step of {1000 * PIECE:.0f} ms, the slowest", 1e3 * max(warm)),
        Figure("steps that took longer than their sound lasts", account.overruns, ""),
        Figure("the most that they would have been behind", 1e3 * max(behind)),
        Figure("steps at which sound would have been dropped", sum(each > BEHIND for each in behind), "", 0.0),
        Figure("algorithmic latency", 1e3 * late, target=40.0),
    ]


def _denoiser(settings: Settings) -> Denoiser:
    """What is measured: how fast a network is does not hang on its weights."""
    from app.monitor import build
    from app.shapes import opened
    from engine import recipe
    from engine.denoisers import network

    if MODEL not in recipe.bundled():
        return build(settings)
    made = network.of(opened(MODEL))
    return made if made.latency is not None else Windowed(made)


def _sound(rate: int) -> np.ndarray:
    """Speech in noise."""
    import soxr

    from engine import asset, default

    clip = asset.open_bundled(default.CLIP)
    speech = soxr.resample(clip.read().mean(1), clip.rate, rate)
    noise = np.random.default_rng(0).normal(0, 0.02, round(SECONDS * rate))
    return (np.resize(speech, len(noise)) + noise).astype(np.float32)


class _Source:
    """Gives a piece whenever it is asked."""

    latency, dropped = 0.0, 0

    def __init__(self, sound: np.ndarray, rate: int) -> None:
        self.error: str | None = None
        self.rate, self._sound, self._done, self._piece = rate, sound, 0, round(PIECE * rate)

    @property
    def more(self) -> bool:
        return self._done < len(self._sound)

    def read(self) -> np.ndarray:
        self._done += self._piece
        return self._sound[self._done - self._piece : self._done]


class _Sink:
    """Takes all at once, and is never empty nor full."""

    rate, channels, latency, alive, consumed, xruns = 48_000, 2, 0.0, True, 0, 0
    queued = 1_440

    def write(self, block: np.ndarray) -> None:
        self.consumed += len(block)

    def close(self) -> None: ...
