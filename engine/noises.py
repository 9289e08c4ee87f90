"""Noises: a loop of any kind at mean power 1, the same bytes for the same seed."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from engine import asset, dsp
from engine.blocks import StageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SYNTHETIC = ("white", "pink", "brown", "babble")
KINDS = (*SYNTHETIC, *asset.noises(), "file")
_SECONDS = 30.0
_LOWEST = 20.0  # hertz; pink and brown noise have no power below it
_SLOPES = {"white": 0.0, "pink": -0.5, "brown": -1.0}  # exponents of the amplitude over frequency
_VOWELS = (  # formants in hertz
    (730, 1090, 2440),
    (270, 2290, 3010),
    (300, 870, 2240),
    (530, 1840, 2480),
    (570, 840, 2410),
    (490, 1350, 1690),
)


@functools.lru_cache(maxsize=16)
def loop(kind: str, file: str, seed: int, rate: int) -> NDArray[np.float32]:
    """Noise [n] of mean power 1 whose end leads into its beginning; zeros [1] where the file is silent.

    `file` is read for kind "file" only. Raises StageError that names the file which cannot be read.
    """
    rng = np.random.default_rng(seed)
    if kind in _SLOPES:
        made = _coloured(rng, rate, _SLOPES[kind])
    elif kind == "babble":
        made = _babble(rng, rate)
    else:
        made = _recorded(kind, file, rate)
        made = np.roll(made, int(rng.integers(len(made))) if seed else 0)
    level = float(np.sqrt(np.square(made, dtype=np.float64).mean()))
    made = (made / level).astype(np.float32) if level > 1e-9 else np.zeros(1, np.float32)
    made.setflags(write=False)
    return made


def segment(kind: str, file: str, seed: int, rate: int, n: int, start: int = 0) -> NDArray[np.float32]:
    """Samples [n] of the endless loop from sample `start` on."""
    whole = loop(kind, file, seed, rate)
    begin = start % len(whole)
    if begin + n <= len(whole):
        return whole[begin : begin + n]
    return np.resize(np.roll(whole, -begin), n)


def _coloured(rng: np.random.Generator, rate: int, slope: float) -> NDArray[np.float32]:
    # Shaped as a whole spectrum, so that it is periodic: a loop without a seam.
    import scipy.fft

    n = 1 << int(np.log2(_SECONDS * rate))
    bins = scipy.fft.rfft(rng.standard_normal(n, np.float32))
    if slope:
        hertz = np.fft.rfftfreq(n, 1 / rate)
        bins *= np.where(hertz >= _LOWEST, np.maximum(hertz, _LOWEST) ** slope, 0).astype(np.float32)
    return scipy.fft.irfft(bins, n)


def _babble(rng: np.random.Generator, rate: int, voices: int = 8) -> NDArray[np.float32]:
    """Several voices at once: buzzes of wandering pitch through vowels that change at a syllable's pace."""
    import scipy.fft

    hop = 256 if rate < 24000 else 1024
    n = 1 << int(np.log2(_SECONDS * rate / 2))
    steps = n // hop
    hertz = np.fft.rfftfreq(2 * hop, 1 / rate)[None, :]
    shape = np.sqrt(dsp.window("hann", 2 * hop))
    total = np.zeros(n, np.float32)
    for _ in range(voices):
        pitch = _wander(rng, steps, rng.uniform(90, 240), 0.15, steps * hop / rate)
        phase = np.cumsum(np.repeat(pitch, hop)) / rate
        buzz = (2 * (phase % 1.0) - 1 + 0.1 * rng.standard_normal(n)).astype(np.float32)
        length = max(2, int(rate / hop / rng.uniform(3.5, 5.5)))  # frames of a syllable
        count = steps // length + 1
        vowel = np.array(_VOWELS, float)[rng.integers(len(_VOWELS), size=count)] * rng.uniform(0.9, 1.15)
        loud = rng.uniform(0, 1, count) * (rng.random(count) < 0.8)
        where = np.arange(steps) / length
        formants = np.stack([np.interp(where, np.arange(count) + 0.5, vowel[:, k]) for k in range(3)], 1)
        level = np.interp(where, np.arange(count) + 0.5, loud)
        filters = sum(0.7**k / (1 + ((hertz - formants[:, k : k + 1]) / (60 + 50 * k)) ** 2) for k in range(3))
        framed = dsp.frames(np.concatenate([buzz, buzz[:hop]]), 2 * hop, hop) * shape
        voiced = scipy.fft.rfft(framed, axis=1) * (filters * level[:, None]).astype(np.float32)
        parts = scipy.fft.irfft(voiced, 2 * hop, axis=1) * shape
        total += parts[:, :hop].reshape(-1) + np.roll(parts[:, hop:].reshape(-1), hop)
    return total


def _wander(rng: np.random.Generator, n: int, middle: float, spread: float, seconds: float) -> NDArray[np.float64]:
    points = max(2, int(seconds * 3))
    drawn = rng.standard_normal(points)
    return middle * np.exp(spread * np.interp(np.linspace(0, points - 1, n), np.arange(points), drawn))


def _recorded(kind: str, file: str, rate: int) -> NDArray[np.float32]:
    import soxr

    if kind == "file":
        samples, source = read_file(file)
    else:
        clip = asset.open_noise(kind)
        samples, source = clip.read().mean(axis=1), clip.rate
    return samples if source == rate else soxr.resample(samples, source, rate, quality="HQ")


def read_file(file: str, seconds: float = 60.0) -> tuple[NDArray[np.float32], int]:
    """The first `seconds` of a user's sound file as mono [n], and its rate. Raises StageError that names it."""
    import soundfile

    if not file:
        raise StageError("no sound file is chosen; choose one, or another kind")
    try:
        with soundfile.SoundFile(file) as opened:
            samples = opened.read(int(seconds * opened.samplerate), dtype="float32", always_2d=True)
            rate = opened.samplerate
    except (OSError, RuntimeError) as error:
        raise StageError(
            f"{file} cannot be read as sound ({error}); choose a WAV, FLAC, OGG or MP3 file"
        ) from error
    if not len(samples):
        raise StageError(f"{file} is empty; choose another sound file")
    if not np.isfinite(samples).all():
        raise StageError(f"{file} contains values that are not numbers; choose another sound file")
    return samples.mean(axis=1), int(rate)
