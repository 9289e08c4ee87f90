"""A recording of any length, read by a network: cut into pieces, and several of them at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import bucket, build, evaluate
from engine.audio.error import AudioError
from engine.audio.length import pieces

if TYPE_CHECKING:
    from engine.clip import Clip
    from engine.network import Network

_MOST = 3600.0  # seconds: all of it is held in memory


@dataclass(frozen=True)
class Reading:
    """What was read in all `pieces` of up to `seconds`; `padding` is the share of padded frames, 0 to 1."""

    text: tuple[str, ...]
    pieces: int
    seconds: float
    padding: float


def read(network: Network, clip: Clip, seconds: float) -> Reading:
    """Nothing is cut away; a word that lies where two pieces meet may be lost. Raises AudioError above an hour."""
    if clip.seconds > _MOST:
        raise AudioError(f"{clip.name} is longer than an hour; cut it first: otoscope convert IN OUT --chunk 3600")
    task, module = build.task_of(network), build.build(network)
    sounds = [piece for piece, _ in pieces(clip, round(task.rate), seconds, "trim")]
    frames = [evaluate.features(network, sound) for sound in sounds]
    lengths = [len(each) for each in frames]
    padding = bucket.padding(lengths, bucket.buckets(lengths, evaluate.AT_ONCE))
    found = evaluate.texts(task, module, frames)
    return Reading(tuple(word for text in found for word in text), len(sounds), seconds, padding)
