"""From a turned SNR slider to the numbers of a spectrogram, against recomputing them with librosa."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from app.bench import Figure, median

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.clip import Clip

TARGETS = {10: 0.6, 60: 0.25}
RATE = 16000
TURNS = 41


def measure() -> list[Figure]:
    """For clips of 10 and 60 s: median milliseconds of either way, taken in turns, and their ratio."""
    found = []
    for seconds, target in TARGETS.items():
        clip = speech(seconds)
        ours, theirs = alternately(turned(clip), recomputed(clip))
        found += [
            Figure(f"{seconds} s: Otoscope, sound and picture", 1e3 * ours),
            Figure(f"{seconds} s: librosa, sound and picture", 1e3 * theirs),
            Figure(f"{seconds} s: ratio", ours / theirs, "", target),
        ]
    return found


def speech(seconds: int) -> Clip:
    """The bundled clip, again and again."""
    from engine import asset, default
    from engine.clip import from_array

    said = asset.open_bundled(default.CLIP)
    assert said.rate == RATE
    return from_array(np.resize(said.read().mean(1), seconds * RATE), RATE, "speech")


def turned(clip: Clip) -> Callable[[float], Any]:
    """Our way: what the window computes for its sound and its spectrogram when the slider stands at `snr` dB."""
    from engine.chain import Memo, default_picture, default_sound_chain, picture, render

    memo, link = Memo(), default_picture()
    chain = [each for each in default_sound_chain() if each.on]

    def turn(snr: float) -> Any:
        links = [
            dataclasses.replace(each, settings=each.settings.but(snr=snr, kind="white"))
            if each.stage == "noise"
            else each
            for each in chain
        ]
        made = render(links, clip, 0.0, clip.seconds, memo)
        return picture(link, made.sound, made.rate, made.mixture, memo).values

    return turn


def recomputed(clip: Clip) -> Callable[[float], Any]:
    """The same from the beginning: noise, drawn once, is scaled and added; librosa makes the log-mel."""
    import librosa

    sound = clip.read()[:, 0]
    noise = np.random.default_rng(0).standard_normal(len(sound)).astype(np.float32)
    ratio = float(np.sqrt(np.mean(sound**2) / np.mean(noise**2)))

    def turn(snr: float) -> Any:
        mixed = sound + noise * np.float32(ratio * 10 ** (-snr / 20))
        mel = librosa.feature.melspectrogram(
            y=mixed, sr=RATE, n_fft=512, win_length=400, hop_length=160, n_mels=80, fmax=8000.0
        )
        return librosa.power_to_db(mel)

    return turn


def alternately(ours: Callable[[float], Any], theirs: Callable[[float], Any]) -> tuple[float, float]:
    """Median seconds of each, taken in turns so that a busy moment of the machine meets both."""
    taken: tuple[list[float], list[float]] = ([], [])
    for turn in range(TURNS + 2):
        for way, times in zip((ours, theirs), taken, strict=True):
            began = time.perf_counter()
            way(20.0 - 0.5 * turn)
            times.append(time.perf_counter() - began)
    return median(taken[0][2:]), median(taken[1][2:])
