"""Self-test: the bundled networks on bundled sound that no training heard, each against a stated threshold.

assets/selftest/thresholds.toml names them: `clips` are bundled clips, or clips beside that file, of whose labels
at most the share `at_most` may be wrong; where several sentences are read in a clip, each is heard by itself. In
those of `quiet`, and in the bundled noises, where nothing is said, at most `alarms` may be found. With `split`
the clips are those of a split of the task's own corpus, bundled too.
"""

from __future__ import annotations

import time
import tomllib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import asset, build, catalog, checkpoint, evaluate, normaliser
from engine.clip import Label, from_array

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.clip import Clip
    from engine.network import Network

FOLDER = "selftest"
FILE = "thresholds.toml"


class UnknownTest(LookupError):
    """A network that has no self-test; the message names those that have."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Threshold:
    """What a network has to reach. `metric` says what is counted."""

    network: str
    metric: str
    clips: tuple[str, ...]
    at_most: float
    split: str = ""
    quiet: tuple[str, ...] = ()
    noises: bool = False
    alarms: int = 0


@dataclass(frozen=True)
class Outcome:
    """What a network reached: wrong labels among so many, and what was found where there was nothing.

    `passed` is None where the network is not there.
    """

    network: str
    metric: str
    at_most: float
    passed: bool | None
    wrong: int = 0
    among: int = 0
    alarms: int = 0
    alarms_at_most: int = 0
    quiet_seconds: float = 0.0
    seconds: float = 0.0

    @property
    def error(self) -> float:
        return self.wrong / max(1, self.among)

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "error": self.error}


def thresholds() -> tuple[Threshold, ...]:
    """What every network has to reach, in the order of their file."""
    with asset.path(FOLDER, FILE).open("rb") as file:
        entries = tomllib.load(file)
    return tuple(
        Threshold(
            name,
            entry["metric"],
            tuple(entry.get("clips", ())),
            float(entry["at_most"]),
            str(entry.get("split", "")),
            tuple(entry.get("quiet", ())),
            bool(entry.get("noises", False)),
            int(entry.get("alarms", 0)),
        )
        for name, entry in entries.items()
    )


def run(names: tuple[str, ...] = ()) -> Iterator[Outcome]:
    """Try the networks of these names, or all. Raises UnknownTest."""
    every = thresholds()
    if unknown := [name for name in names if name not in [each.network for each in every]]:
        known = ", ".join(each.network for each in every)
        raise UnknownTest(f"{', '.join(unknown)}: there is no self-test of that name; there are: {known}")
    here = checkpoint.bundled()
    for each in every:
        if names and each.network not in names:
            continue
        if each.network not in here:
            yield Outcome(each.network, each.metric, each.at_most, None)
        else:
            yield tried(checkpoint.open_network(each.network), each)


def tried(network: Network, threshold: Threshold) -> Outcome:
    """Try one network."""
    begun = time.perf_counter()
    task, module = build.task_of(network), build.build(network)
    tier = catalog.load("tasks", network.task).TIER
    clips = [heard(each, task.rate, tier) for name in threshold.clips for each in sentences(clip(name))]
    clips += list(task.corpus.split(threshold.split)) if threshold.split else []  # type: ignore[attr-defined]
    wrong, among = evaluate.errors(network, task, module, clips, None)
    quiet = [clip(name) for name in threshold.quiet]
    quiet += [asset.open_noise(name) for name in asset.noises()] if threshold.noises else []
    quiet = [heard(each, task.rate, tier) for each in quiet]
    frames = [evaluate.features(network, each.read()[:, 0]) for each in quiet]
    found = sum(map(len, evaluate.texts(task, module, frames))) if frames else 0
    reached = 0 < among and wrong <= threshold.at_most * among and found <= threshold.alarms
    return Outcome(
        network.name,
        threshold.metric,
        threshold.at_most,
        reached,
        wrong,
        among,
        found,
        threshold.alarms,
        sum(each.seconds for each in quiet),
        time.perf_counter() - begun,
    )


def sentences(found: Clip) -> tuple[Clip, ...]:
    """The sentences of a clip in which several are read one after the other; of another the clip itself."""
    said = [label for label in found.labels if label.tier == "text"]
    if len(said) < 2:
        return (found,)
    pieces = [found.read(round(label.start * found.rate), round(label.end * found.rate)) for label in said]
    return tuple(
        from_array(piece, found.rate, f"{found.name} {number}", (label,))
        for number, (piece, label) in enumerate(zip(pieces, said, strict=True))
    )


def heard(found: Clip, rate: int, tier: str) -> Clip:
    """The clip at a rate, mono, with labels of a tier: of one that has only a text, its words."""
    import soxr

    labels = [label for label in found.labels if label.tier == tier]
    said = " ".join(label.text for label in found.labels if label.tier == "text")
    if not labels and tier == "word":
        labels = [Label(0.0, found.seconds, word, tier) for word in normaliser.words(said, normaliser.LEARNT)]
    mono = found.read().mean(axis=1, dtype=np.float32)
    mono = mono if found.rate == rate else soxr.resample(mono, found.rate, rate).astype(np.float32)
    return from_array(mono, rate, found.name, tuple(labels))


def clip(name: str) -> Clip:
    """A bundled clip, or one beside the thresholds. Raises AssetMissing."""
    return asset.open_bundled(name) if name in asset.clips() else asset.open_in(FOLDER, name)
