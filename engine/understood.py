"""Recognition in noise before and after a denoiser: how many errors it saves a network, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import (
    bootstrap,
    build,
    catalog,
    checkpoint,
    denoising,
    errorname,
    evaluate,
    leakage,
    noises,
    score,
    unheard,
)
from engine.corpora.corpus import CorpusMissing
from engine.events import Progress

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.clip import Clip
    from engine.network import Network
    from engine.tasks.task import Task

    Array = NDArray[np.float32]
    Interval = tuple[float, float, float]

SNRS = (10.0, 5.0, 0.0, -5.0)
"""In decibel, of the active speech over the noise."""
TIMES = 4
"""Noises in which each clip is heard at each SNR."""
_OWN = tuple(kind for kind in noises.KINDS if kind != "file")


@dataclass(frozen=True)
class Understanding:
    """At one SNR: labels that were said, the share that is wrong before and after, and the share saved.

    Each with the ends of its 95 % interval, by drawing clips; a negative share is lost by denoising.
    """

    snr: float
    labels: int
    before: Interval
    after: Interval
    saved: Interval


@dataclass(frozen=True)
class Understood:
    """What a denoiser does for a network on held-out clips; `note` says what the noises were."""

    network: str
    denoiser: str
    metric: str
    clips: int
    rows: tuple[Understanding, ...]
    note: str


def measure(
    name: str, denoiser: str | Path, snrs: Sequence[float] = SNRS, times: int = TIMES, split: str = "test"
) -> Generator[Progress | Understood, Any, None]:
    """Each clip of a split in `times` noises at each SNR, read as it is and denoised.

    Yields Progress after each round of clips, and at last Understood. Raises LeakageError for a split that was
    trained on, CorpusMissing, DenoiserError, and UnknownLeaf for a network that reads nothing.
    """
    network = checkpoint.open_network(name)
    task, module = build.task_of(network), build.build(network)
    if getattr(catalog.load("tasks", network.task), "METRIC", "") not in ("DER", "PER", "CER", "WER"):
        raise catalog.UnknownLeaf(
            f"{name} writes nothing down that could be right or wrong; a digits network does"
        )
    leakage.check(task, split)
    clips: list[Clip] = list(task.corpus.split(split))  # type: ignore[attr-defined]
    rows = []
    for place, snr in enumerate(snrs):
        wrong = np.zeros((2, len(clips)))
        among = np.zeros(len(clips))
        for turn in range(times):
            noisy = [_noisy(clip, snr, [turn, number]) for number, clip in enumerate(clips)]
            yield Progress((place * times + turn + 0.3) / (len(snrs) * times), f"denoising at {snr:g} dB")
            quiet = [_denoised(denoiser, sound, round(task.rate)) for sound in noisy]
            for side, sounds in enumerate((noisy, quiet)):
                edits, count = _wrong(network, task, module, clips, sounds)
                wrong[side] += edits
                among += count / 2
            yield Progress((place * times + turn + 1) / (len(snrs) * times), f"reading at {snr:g} dB")
        before, after = (bootstrap.interval(edits.tolist(), among.tolist()) for edits in wrong)
        saved = bootstrap.interval((wrong[0] - wrong[1]).tolist(), among.tolist())
        rows.append(Understanding(snr, int(among.sum()), before, after, saved))
    metric = errorname.of(network.task, network.task_settings)
    yield Understood(network.name, str(denoiser), metric, len(clips), tuple(rows), _note(times))


def _noisy(clip: Clip, snr: float, seed: list[int]) -> Array:
    """The clip's sound [n] with noise whose mean power lies `snr` dB below that of its active speech."""
    sound = clip.read()[:, 0]
    rng = np.random.default_rng([23, *seed])
    try:
        if clip.rate != unheard.RATE:
            raise CorpusMissing("noises of another rate")
        noise = unheard.noise(rng, len(sound))
    except CorpusMissing:
        kind = _OWN[int(rng.integers(len(_OWN)))]
        noise = noises.segment(kind, "", 0, clip.rate, len(sound), int(rng.integers(20 * clip.rate)))
    gain = np.sqrt(unheard.active_power(sound) / max(float(np.mean(np.square(noise))), 1e-12)) * 10 ** (-snr / 20)
    mix = sound + np.float32(gain) * noise
    return mix * np.float32(min(1.0, 0.98 / max(float(np.max(np.abs(mix))), 1e-9)))


def _denoised(denoiser: str | Path, sound: Array, rate: int) -> Array:
    return np.concatenate(list(denoising.run(denoiser, sound[:, None], rate)))[:, 0]


def _wrong(
    network: Network, task: Task, module: Any, clips: Sequence[Clip], sounds: Sequence[Array]
) -> tuple[Array, Array]:
    """Edit operations and labels of each clip."""
    tier = catalog.load("tasks", network.task).TIER
    read = evaluate.labels(task, module, [evaluate.features(network, sound) for sound in sounds])
    counts = [
        score.labels(task, found, [label for label in clip.labels if label.tier == tier])
        for clip, found in zip(clips, read, strict=True)
    ]
    edits, among = np.array(counts, np.float32).T
    return edits, among


def _note(times: int) -> str:
    try:
        unheard.noise(np.random.default_rng(0), 16)
    except CorpusMissing:
        return (
            f"each clip in {times} noises of the program, which its denoisers may have learnt from: set "
            "OTOSCOPE_DATA to the folder that holds noise_real for noises that none has heard"
        )
    return f"each clip in {times} noises that neither the network nor a bundled denoiser has heard"
