"""Noise: added at a signal-to-noise ratio that holds for the whole clip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine import noises
from engine.blocks import StageError, Whole
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.stages.stage import Format, Role

ROLE: Role = "sound"
TWIN = "noise_running"
_SILENT = 1e-18  # mean power below which there is no speech to compare with


@dataclass(frozen=True)
class Settings(Base):
    kind: str = knob(
        "white",
        choices=noises.KINDS,
        help="White, pink, brown fall by 0, 3 and 6 dB an octave; babble is eight voices; the rest is recorded.",
    )
    snr: float = knob(
        20.0,
        -20.0,
        40.0,
        step=0.5,
        unit="dB",
        label="SNR",
        help="Power of the sound over power of the noise. At 0 dB both are equally strong; lower is noisier.",
    )
    file: str = knob("", file=True, help="Your own noise, used where kind is file; it is repeated as needed.")
    seed: int = knob(
        0, 0, 9999, step=1, help="Another number, another piece of noise; the same number, the same bytes."
    )


@dataclass(frozen=True, eq=False)
class Ingredients:
    """What the mix is made of: sound [n, width] with its power, and noise [n, 1] with its power."""

    sound: NDArray[np.float32]
    sound_power: float
    noise: NDArray[np.float32]
    noise_power: float
    badges: tuple[str, ...] = ()


def build(settings: Settings, source: Format) -> Whole:
    def mixed(sound: NDArray[np.float32]) -> NDArray[np.float32]:
        parts = ingredients(settings, sound, source)
        factor = amplitude(settings, parts)
        mix = sound + np.float32(factor) * parts.noise if factor else sound
        gain, badge = headroom(mix)
        stage.badges = parts.badges + badge
        return mix * np.float32(gain) if gain != 1.0 else mix

    stage = Whole(source, source, mixed)
    return stage


def ingredients(settings: Settings, sound: NDArray[np.float32], source: Format) -> Ingredients:
    """The parts that do not depend on the SNR. A noise that cannot be had is silence and a badge."""
    badges: tuple[str, ...] = ()
    try:
        noise = noises.segment(settings.kind, settings.file, settings.seed, round(source.rate), len(sound))
    except StageError as error:
        noise, badges = np.zeros(len(sound), np.float32), (str(error),)
    sound_power, noise_power = mean_power(sound), mean_power(noise)
    if not badges and noise_power <= _SILENT:
        badges = ("the noise is silent: nothing is added",)
    elif not badges and sound_power <= _SILENT:
        badges = ("the clip is silent: no noise is added",)
    return Ingredients(sound, sound_power, noise[:, None], noise_power, badges)


def amplitude(settings: Settings, parts: Ingredients) -> float:
    """The factor a of the noise: 10 log10(Ps / (a^2 Pn)) = SNR. 0 where either is silent."""
    if parts.sound_power <= _SILENT or parts.noise_power <= _SILENT:
        return 0.0
    return float(np.sqrt(parts.sound_power / parts.noise_power) * 10.0 ** (-settings.snr / 20.0))


def headroom(mix: NDArray[np.float32]) -> tuple[float, tuple[str, ...]]:
    """The gain that keeps the whole mix within full scale, and a badge where it is not 1."""
    peak = max(float(mix.max()), -float(mix.min())) if len(mix) else 0.0
    if peak <= 1.0:
        return 1.0, ()
    return 1.0 / peak, (f"mix lowered by {20 * np.log10(peak):.1f} dB so as not to clip",)


def mean_power(sound: NDArray[np.float32]) -> float:
    """Mean square of all samples; 0 for none."""
    flat = sound.reshape(-1)
    # Summed by parts in double precision: one float32 sum over minutes would lose digits.
    return sum(float(np.dot(part, part)) for part in np.array_split(flat, len(flat) // 65536 + 1)) / max(
        len(flat), 1
    )
