"""The formulas of quality: how near a sound comes to a clean one, and how it would be judged without one."""

from __future__ import annotations

import functools
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]

FRAME, HOP = 0.032, 0.016
"""Seconds of the frames of the segmental and local SNR."""
LOW, HIGH = -10.0, 35.0
"""Decibels between which a frame's SNR is counted: a pause would have -inf, a copy +inf."""
_FLOOR = 45.0  # decibels below the loudest frame of the reference: below, there is no speech to be near to
ACTIVE = 10 ** (-15.9 / 10)
"""Of the power of active speech: below, a frame is none."""
_LEAST = 1e-20
_DOUBTED, _CLEAR, _APART = 1.3, 5.0, 0.35
"""A PESQ from which on it is asked twice, up to an SI-SDR in dB, and by how much the two may differ."""


class Unmeasurable(ValueError):
    """A sound of which a metric can say nothing; the message says why."""


def si_sdr(sound: Array, reference: Array, rate: float) -> float:
    """10 log10(|a s|^2 / |a s - x|^2), a = <x, s> / |s|^2, both without their mean: decibels, at most 150.

    Source: Le Roux et al., "SDR: half-baked or well done?", ICASSP 2019, eq. 2.
    """
    x, s = (np.asarray(each, np.float64) - np.mean(each, dtype=np.float64) for each in (sound, reference))
    target = s * (np.dot(x, s) / max(float(np.dot(s, s)), _LEAST))
    left = target - x
    ratio = (np.dot(target, target) + _LEAST) / (np.dot(left, left) + _LEAST)
    return float(np.clip(10.0 * np.log10(ratio), -150.0, 150.0))


def local_snr(sound: Array, reference: Array, rate: float) -> tuple[Array, Array]:
    """Centres of frames (seconds) and 10 log10(sum s^2 / sum (s - x)^2) of each, NaN where s is silent.

    Decibels within LOW and HIGH. A sound at another level counts as changed: nothing is scaled here.
    """
    size, hop = round(FRAME * rate), round(HOP * rate)
    if len(reference) < size:
        raise Unmeasurable(f"it is shorter than a frame of {1e3 * FRAME:g} ms")
    speech, wrong = (
        np.lib.stride_tricks.sliding_window_view(np.square(each, dtype=np.float64), size)[::hop].sum(axis=1)
        for each in (reference, np.subtract(reference, sound, dtype=np.float64))
    )
    found = np.clip(10.0 * np.log10((speech + _LEAST) / (wrong + _LEAST)), LOW, HIGH)
    found[speech < speech.max() * 10.0 ** (-_FLOOR / 10.0)] = np.nan
    return (np.arange(len(found)) * hop + size / 2) / rate, found


def segmental_snr(sound: Array, reference: Array, rate: float) -> float:
    """The mean of the local SNR over frames with speech, decibels.

    Source: Hansen and Pellom, "An effective quality evaluation protocol for speech enhancement", ICSLP 1998.
    """
    return float(np.nanmean(local_snr(sound, reference, rate)[1]))


def share_let_through(noisy: Array, out: Array, clean: Array) -> NDArray[np.float64]:
    """Energies [2, 2]: of what came out, and of what went in, over frames with speech, then over pauses.

    Frames of 32 ms: speech lies at most 15.9 dB below the level of active speech, a pause 30 dB or more.
    """
    size = 512
    count = len(clean) // size
    frames = (
        np.square(each[: count * size], dtype=np.float64).reshape(count, size) for each in (clean, out, noisy)
    )
    speech, after, before = (each.sum(axis=1) for each in frames)
    over = speech / max(active(speech), _LEAST)
    kinds = over >= ACTIVE, over < 1e-3
    return np.array([[after[kind].sum(), before[kind].sum()] for kind in kinds])


def active(powers: Array) -> float:
    """The mean of those powers that lie at most 15.9 dB below that very mean: the level of active speech of ITU-T
    P.56, method B, with frames in the place of its envelope."""
    chosen = powers
    while True:
        level = float(np.mean(chosen))
        louder = powers[powers >= level * ACTIVE]
        if len(louder) >= len(chosen):
            return level
        chosen = louder


def pesq_wb(sound: Array, reference: Array, rate: float) -> float:
    """The wide-band PESQ of ITU-T P.862.2 of 16 kHz sounds, as a mean opinion score (MOS-LQO) of 1.04 to 4.64.

    Under loud noise its search for delays can line up nothing with nothing, and find no fault: up to 4.3 for a
    voice 15 dB under a crowd. A second of silence around both changes such a value wholly, and one of a match by
    0.2 at most; so it is asked again where there is more noise than speech can come through well.
    """
    value = _pesq(sound, reference)
    if value < _DOUBTED or si_sdr(sound, reference, rate) > _CLEAR:
        return value
    around = round(rate)
    again = _pesq(*(np.pad(each, around) for each in (sound, reference)))
    if abs(again - value) > _APART:
        raise Unmeasurable(
            f"PESQ cannot line it up with the clean sound: it says {value:.1f}, and {again:.1f} with a second of "
            "silence around both"
        )
    return value


def _pesq(sound: Array, reference: Array) -> float:
    import pesq

    try:
        return float(pesq.pesq(16000, np.asarray(reference, np.float32), np.asarray(sound, np.float32), "wb"))
    except pesq.PesqError as error:
        raise Unmeasurable("PESQ finds no speech in it") from error


def stoi(sound: Array, reference: Array, rate: float) -> float:
    """Short-time objective intelligibility: 1 is a copy, near 0 nothing of it.

    Source: Taal et al., "A short-time objective intelligibility measure for time-frequency weighted noisy
    speech", ICASSP 2010.
    """
    import pystoi

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return float(
                pystoi.stoi(np.asarray(reference, np.float64), np.asarray(sound, np.float64), round(rate))
            )
        except RuntimeWarning as error:
            raise Unmeasurable("there are less than 0.4 s of speech in it") from error


def dnsmos(sound: Array) -> dict[str, float]:
    """ovrl_mos, sig_mos, bak_mos (ITU-T P.835) and p808_mos of a 16 kHz sound within full scale.

    A sound of under 9 s is repeated, as its makers do. Source: Reddy et al., "DNSMOS P.835", ICASSP 2022.
    """
    # The four scores come out of one pass, and are asked for one by one.
    samples = np.ascontiguousarray(sound, np.float32)
    return dict(_dnsmos(samples.tobytes()))


@functools.lru_cache(maxsize=4)
def _dnsmos(samples: bytes) -> tuple[tuple[str, float], ...]:
    from engine import opinion

    return tuple(opinion.marks(np.frombuffer(samples, np.float32)).items())
