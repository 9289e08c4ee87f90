"""False alarms an hour in speech and noise without the words, and words missed at every SNR, by the threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import build, catalog, checkpoint, disturb, evaluate, leakage, recordings, spotting, trellis
from engine.clip import Label
from engine.events import Progress
from engine.spotting import Counted

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from numpy.typing import NDArray

    from engine.clip import Clip
    from engine.network import Network

    Logits = NDArray[np.float32]

SNRS: tuple[float | None, ...] = (None, 20.0, 10.0, 5.0, 0.0, -5.0)
"""In decibel, over the mean power of the whole stream; None is clean."""
THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
_TASK = "keywords"
_AT_ONCE = 100  # recordings whose features are held at once


class NotSpotting(ValueError):
    """A network that calls no words in a stream; the message says which do."""


@dataclass(frozen=True)
class Alarms:
    """What was counted at one threshold: in sound without the words by its kind, and in streams at each SNR."""

    threshold: float
    without: Mapping[str, Counted]
    said: Mapping[str, Counted]


@dataclass(frozen=True)
class Curve:
    """A network at its own threshold, and at all of THRESHOLDS; `voices` are its misses, clean, by voice."""

    network: str
    words: tuple[str, ...]
    smooth: float
    own: Alarms
    every: tuple[Alarms, ...]
    voices: Mapping[str, Counted]

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        voices = {voice: {"missed": each.missed, "said": each.said} for voice, each in self.voices.items()}
        return {
            "network": self.network,
            "words": list(self.words),
            "smooth": self.smooth,
            **_plain(self.own),
            "voices": voices,
            "curve": [_plain(each) for each in self.every],
        }


def curve(
    network: Network, split: str = "test", snrs: Sequence[float | None] = SNRS
) -> Generator[Progress, None, Curve]:
    """Try a network that calls words in a stream; yields Progress.

    Raises NotSpotting, LeakageError, CorpusMissing. Without the noises of the test it is measured clean.
    """
    task: Any = build.task_of(network)
    if network.task != _TASK:
        names = ", ".join(checkpoint.by_task()[_TASK])
        raise NotSpotting(f"{network.name} calls no words in a stream; such networks are: {names or 'none'}")
    leakage.check(task, split)
    noises = disturb.noise_files(True)
    snrs = snrs if noises else (None,)
    heard = _Heard(network, task)
    rows = [row.path for row in task.corpus.negatives(split)]
    without: dict[str, list[tuple[Logits, float]]] = {"speech": [], "noise": heard.files(noises)}
    for first in range(0, len(rows), _AT_ONCE):
        yield Progress(0.5 * first / len(rows), "listening to speech without the words")
        without["speech"] += heard.files(rows[first : first + _AT_ONCE])
    clips = list(task.corpus.split(split))
    said = {}
    for place, snr in enumerate(snrs):
        yield Progress(0.5 + 0.5 * place / len(snrs), f"listening to streams, {evaluate.condition(snr)}")
        said[evaluate.condition(snr)] = heard.clips(clips, snr)

    def at(threshold: float) -> Alarms:
        return Alarms(
            threshold,
            {
                kind: _total(heard.count(found, (), threshold) for found in every)
                for kind, every in without.items()
            },
            {
                name: _total(heard.count(found, clip, threshold) for found, clip in zip(every, clips, strict=True))
                for name, every in said.items()
            },
        )

    own = task.settings.threshold
    voices: dict[str, Counted] = {}
    for found, clip in zip(said["clean"], clips, strict=True):
        voice = _voice(clip)
        voices[voice] = voices.get(voice, Counted()) + heard.count(found, clip, own)
    every = tuple(at(threshold) for threshold in THRESHOLDS)
    return Curve(network.name, tuple(task.vocabulary[1:]), heard.smooth, at(own), every, voices)


class _Heard:
    """What a network says of sounds, and what is called from that."""

    def __init__(self, network: Network, task: Any) -> None:
        self.network, self.task, self.module = network, task, build.build(network)
        self.tier = catalog.load("tasks", _TASK).TIER
        self.seconds = self.module.stride / checkpoint.output(task).rate
        self.smooth = task.settings.smooth

    def sounds(self, sounds: Sequence[NDArray[np.float32]]) -> list[tuple[Logits, float]]:
        """Smoothed posteriors [T, C] of sounds at 16 kHz, and how many seconds each lasts."""
        frames = [evaluate.features(self.network, sound) for sound in sounds]
        width = max(1, round(self.smooth / self.seconds))
        outputs = evaluate.outputs(self.module, frames)
        values = (spotting.smoothed(trellis.softmax(logits), width).astype(np.float32) for logits in outputs)
        return [(each, len(sound) / self.task.rate) for each, sound in zip(values, sounds, strict=True)]

    def files(self, paths: Sequence[Any]) -> list[tuple[Logits, float]]:
        return self.sounds([recordings.read(path) for path in paths]) if paths else []

    def clips(self, clips: Sequence[Clip], snr: float | None) -> list[tuple[Logits, float]]:
        return self.sounds([evaluate.noisy(clip, snr, number) for number, clip in enumerate(clips)])

    def count(self, found: tuple[Logits, float], clip: Clip | tuple[()], threshold: float) -> Counted:
        """What is missed and falsely called in a clip, or in a sound without any word."""
        values, seconds = found
        runs = spotting.spot(values, threshold, max(1, round(spotting.APART / self.seconds)))
        called = [
            Label(run.start * self.seconds, run.stop * self.seconds, self.task.vocabulary[run.label], self.tier)
            for run in runs
        ]
        truth = [label for label in clip.labels if label.tier == self.tier] if clip else []
        return spotting.count(called, truth, seconds)


def _total(counted: Any) -> Counted:
    return sum(counted, Counted())


def _voice(clip: Clip) -> str:
    string, _, voice = clip.name.rpartition(", ")
    return voice if string else clip.name.rpartition(" ")[0]


def _plain(alarms: Alarms) -> dict[str, Any]:
    return {
        "threshold": alarms.threshold,
        "without": {
            kind: {"false": each.false, "hours": each.seconds / 3600, "per hour": each.false_per_hour}
            for kind, each in alarms.without.items()
        },
        "said": {
            name: {"missed": each.missed, "said": each.said, "miss rate": each.miss_rate, "false": each.false}
            for name, each in alarms.said.items()
        },
    }


def table(found: Curve) -> str:
    """A curve as lines of text for people."""
    lines = [
        f"{found.network}: {len(found.words)} words ({', '.join(found.words)}); smoothed over {found.smooth:g} s, "
        f"called from {found.own.threshold:g} on",
        *(
            f"  {kind} without the words: {each.false} false alarms in {each.seconds / 3600:.2f} h, "
            f"{each.false_per_hour:.1f} an hour"
            for kind, each in found.own.without.items()
        ),
        *(
            f"  {voice:<20} missed {each.missed} of {each.said} ({each.miss_rate:.1%}), clean"
            for voice, each in found.voices.items()
        ),
        "",
    ]
    names, kinds = list(found.own.said), list(found.own.without)
    heads = [*(f"{kind}/h" for kind in kinds), *(f"missed {name}" for name in names)]
    lines.append(f"  {'threshold':>9} " + " ".join(f"{head:>13}" for head in heads))
    for each in found.every:
        cells = [f"{each.without[kind].false_per_hour:.1f}" for kind in kinds]
        cells += [f"{each.said[name].miss_rate:.1%}" for name in names]
        lines.append(f"  {each.threshold:>9g} " + " ".join(f"{cell:>13}" for cell in cells))
    return "\n".join(lines)
