"""The audition of denoisers: what each makes of a processed sound, mixed as asked, and what that looks like."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import catalog, chain, dsp, limits, pause, wetdry
from engine.clip import ArraySource, Clip
from engine.denoisers.denoiser import DenoiserError
from engine.events import Enhanced, Notice, Offer, Pictured, Progress
from engine.ratio import RATE
from engine.trace import Series

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from numpy.typing import NDArray

    from engine.denoisers.denoiser import Mask
    from engine.limits import Options
    from engine.memo import Memo
    from engine.stages.stage import Link

    Array = NDArray[np.float32]

ENHANCED, RESIDUAL, DIFFERENCE, MASK = "enhanced", "residual", "difference", "mask"
"""What a denoiser's sounds and pictures are called, before a colon and its name."""
SHOWN = "shown"
"""The network that is looked at, with the edits of its states: no denoiser of the catalog."""
FILES = "of these kinds is a file that you add, or drop on the window"
_INSTALL = "pip install"
_OURS, _CLASSICAL = "network", "wiener"
_SIZE, _HOP = 512, 256  # samples of the frames in which a mask is measured
_REACH = 40.0
"""Decibels that a difference of spectrograms reaches to."""


@dataclass(frozen=True, eq=False)
class Asked:
    """A denoiser by name or file, and the processed sound that it is to hear, which begins at `start` seconds."""

    name: str
    sound: Clip
    clip_id: str
    start: float
    options: Options


def run(asked: Asked, memo: Memo) -> Generator[Progress | Offer | Enhanced | Notice, Any, None]:
    """Yields one Enhanced; of a denoiser that cannot be had or used an Offer with its trouble, and a Notice.

    `memo` keeps what was made of which sound, so that no denoiser hears one twice.
    """
    key = (ENHANCED, asked.sound.id, asked.name)
    found: Enhanced | None = memo.get(key)
    if found is None:
        try:
            found = yield from _heard(asked)
        except DenoiserError as error:
            yield Offer(asked.name, title(asked.name), trouble=str(error))
            yield Notice(str(error), "warning")
            return
        memo.put(key, found, found.made.frames * found.made.channels * 4 + found.mask.values.nbytes)
    yield mixed(replace(found, clip_id=asked.clip_id), asked.sound, asked.options)


def shown(asked: Asked, cleaned: Clip, mask: Series | None) -> Generator[Enhanced, Any, None]:
    """The same of the network that is looked at, whose inspection has made the sound and the gains already."""
    yield mixed(_made(asked, cleaned, mask), asked.sound, asked.options)


def mixed(found: Enhanced, noisy: Clip, options: Options) -> Enhanced:
    """The same with sound and residual mixed by other options: nothing is computed until it is read."""
    quiet, told = found.pauses.values[:, 0], "-".join(f"{each:g}" for each in options.to_dict().values())

    def clip(kind: str, words: str) -> Clip:
        source = wetdry.Mixed(noisy, found.made, quiet, options, kind == RESIDUAL)
        return Clip(source, f"{found.made.id}-{kind}-{told}", f"{noisy.name} {words}", noisy.labels)

    residual = clip(RESIDUAL, f"removed by {found.title}")
    return replace(found, sound=clip(ENHANCED, found.title), residual=residual)


def offers(files: Sequence[str] = ()) -> Generator[Offer, Any, None]:
    """What every denoiser that there is, is called, the one to begin with first; and these files."""
    from engine import denoising

    for name in (*sorted(denoising.names(), key=lambda name: name != first()), *files):
        yield Offer(name, title(name))


def costs(files: Sequence[str] = ()) -> Generator[Offer | None, Any, None]:
    """How late and how large each of them is, for which it has to be built; then what is not there, and why."""
    from engine import denoising

    for name in (*denoising.names(), *files):
        yield None
        try:
            made = denoising.build(name)
        except DenoiserError as error:
            yield Offer(name, title(name), trouble=str(error))
        else:
            late = None if made.latency is None else made.latency / made.rate
            yield Offer(name, title(name), late, made.parameters)
    for kind in catalog.names(denoising.FOLDER):
        module = catalog.load(denoising.FOLDER, kind)
        if not module.names():
            try:
                module.build(kind)
            except DenoiserError as error:
                lacks = str(error)
                yield Offer(kind, module.TITLE, trouble=lacks if _INSTALL in lacks else FILES)


def first() -> str:
    """The denoiser to begin with: a network of ours where there is one, else the classical filter."""
    from engine import denoising

    ours = catalog.load(denoising.FOLDER, _OURS).names() if _OURS in catalog.names(denoising.FOLDER) else ()
    return str(ours[0]) if ours else _CLASSICAL


def title(name: str) -> str:
    """What a denoiser is called: one of the catalog, or the file that it lies in."""
    from engine import denoising

    if name == SHOWN:
        return "The network shown"
    return denoising.title(name) if name in denoising.names() else Path(name).stem


def _heard(asked: Asked) -> Generator[Progress, Any, Enhanced]:
    """A denoiser over the whole sound, by itself: what is mixed with it can be changed without it."""
    from engine import denoising
    from engine.enhancer import Enhancer

    called, rate, start, frames = title(asked.name), asked.sound.rate, asked.start, asked.sound.frames
    yield Progress(0.0, called)
    built = [denoising.build(asked.name) for _ in range(asked.sound.channels)]
    enhancer = Enhancer(built, rate, denoising.Options())
    parts: list[Array] = []
    masks: list[Mask | None] = []
    for begin in range(0, frames, rate):
        parts.append(enhancer.push(asked.sound.read(begin, begin + rate)))
        masks.append(enhancer.mask())
        yield Progress(min(1.0, (begin + rate) / frames), called)
    parts.append(enhancer.flush())
    masks.append(enhancer.mask())
    made = np.concatenate(parts)
    made.setflags(write=False)
    clip = Clip(ArraySource(made, rate), f"{asked.sound.id}-{asked.name}", f"{asked.sound.name} {called}")
    return _made(asked, clip, joined([each for each in masks if each is not None], start))


def _made(asked: Asked, made: Clip, mask: Series | None) -> Enhanced:
    """What a denoiser made, not yet mixed, with where nobody speaks; without a mask that is measured."""
    noisy, clean = (each.read().mean(axis=1) for each in (asked.sound, made))
    quiet = pause.whole(noisy, clean, made.rate)
    still = Series(quiet[:, None], RATE, asked.start + 0.5 / RATE, "pause", low=0.0, high=1.0)
    gains = mask or measured(noisy, clean, made.rate, asked.start)
    called = title(asked.name)
    return Enhanced(asked.clip_id, asked.sound.id, asked.name, called, made, made, made, still, gains, asked.start)


def joined(masks: Sequence[Mask], start: float) -> Series | None:
    """The gains of all blocks as one series; None where there are none."""
    gains = [each.gains for each in masks if len(each.gains)]
    if not gains:
        return None
    first, values = masks[0], np.concatenate(gains)
    note = "gains of the denoiser"
    return Series(values, first.rate, start + first.first, "frequency", first.rows, 0.0, 1.0, note=note)


def measured(noisy: Array, made: Array, rate: float, start: float) -> Series:
    """The gains [T, F] that a denoiser without a mask amounts to: magnitude out over magnitude in, 0 to 1.

    Both sounds are [n]; frame t is centred on 256 t samples.
    """
    window = dsp.window("hann", _SIZE)

    def magnitude(sound: Array) -> Array:
        framed = dsp.frames(np.pad(sound, (_SIZE // 2, _SIZE)), _SIZE, _HOP)[: len(sound) // _HOP + 1]
        return np.asarray(np.abs(np.fft.rfft(framed * window)), np.float32)

    gains = np.minimum(magnitude(made) / np.maximum(magnitude(noisy), 1e-6), 1.0)
    rows = tuple((np.arange(_SIZE // 2 + 1) * (rate / _SIZE)).tolist())
    return Series(gains, rate / _HOP, start, "frequency", rows, 0.0, 1.0, note="measured: out over in")


def limited(mask: Series, pauses: Series, options: Options) -> Series:
    """The gains that are heard: those of the denoiser with the share of the noisy sound that is mixed in."""
    quiet = pauses.values[:, 0]
    places = (mask.first + np.arange(len(mask.values)) / mask.rate - pauses.first) * pauses.rate
    at = np.interp(places, np.arange(len(quiet)), quiet) if len(quiet) else np.zeros(len(places))
    depth = limits.depth(options, np.asarray(mask.rows, np.float64))
    dry = (1.0 - np.outer(1.0 - options.keep * at, depth)).astype(np.float32)
    return replace(mask, values=mask.values + dry * (1.0 - mask.values)) if dry.any() else mask


@dataclass(frozen=True, eq=False)
class Wanted:
    """Pictures that are asked for: of sounds by the names they are heard by, made as the `noisy` one was."""

    picture: Link
    noisy: Series
    sounds: Mapping[str, Clip]
    enhanced: tuple[Enhanced, ...]
    options: Options
    start: float
    kinds: frozenset[str]


def pictures(wanted: Wanted) -> Generator[Pictured | None, Any, None]:
    """Yields one Pictured: the spectrogram of every sound, and what was asked for beside. Raises StageError."""
    found: dict[str, Series] = {}
    for name, clip in wanted.sounds.items():
        sound = clip.read().mean(axis=1)
        found[name] = chain.picture(wanted.picture, sound, clip.rate, start=wanted.start)
        yield None
    for each in wanted.enhanced:
        shown = found.get(f"{ENHANCED}:{each.name}")
        if DIFFERENCE in wanted.kinds and shown is not None:
            found[f"{DIFFERENCE}:{each.name}"] = difference(shown, wanted.noisy)
        if MASK in wanted.kinds:
            found[f"{MASK}:{each.name}"] = limited(each.mask, each.pauses, wanted.options)
    yield Pictured(tuple(each.id for each in wanted.sounds.values()), MappingProxyType(found))


def difference(enhanced: Series, noisy: Series) -> Series:
    """Enhanced over noisy in decibels, −40 to 40; without frames where the picture is not one of decibels."""
    if enhanced.unit != "dB" or enhanced.values.shape[1] != noisy.values.shape[1]:
        return replace(enhanced, values=enhanced.values[:0], note="only of a spectrogram in decibels")
    count = min(len(enhanced.values), len(noisy.values))
    values = np.clip(enhanced.values[:count] - noisy.values[:count], -_REACH, _REACH)
    return replace(enhanced, values=values, low=-_REACH, high=_REACH, note="enhanced over noisy")
