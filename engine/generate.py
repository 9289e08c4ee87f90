"""Generating: notes drawn one after another from what a network expects, each given back to it as the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import melody
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from numpy.typing import NDArray

    from engine.clip import Clip
    from engine.events import Composed, Progress
    from engine.network import Network

    Floats = NDArray[np.floating]

TASK = "melody"
PAIR = ("melody-rnn-64", "melody-lstm-64")
"""Two networks that were trained alike; the second serves where none is named."""


class NotGenerating(ValueError):
    """A network that cannot go on by itself; the message says which can."""


@dataclass(frozen=True)
class Settings(Base):
    """How long a melody is, and how its notes are drawn."""

    bars: int = knob(4, 1, 100, log=True, help="How long the melody is, in bars of eight notes, what is given too")
    temperature: float = knob(
        1.0, 0.0, 5.0, step=0.05,
        help="0 is greedy: the likeliest note each time. 1 draws as often as is expected; above, it dares more",
    )  # fmt: skip
    top_k: int = knob(
        0, 0, len(melody.SCALE), label="top-k", help="Only so many of the likeliest notes are drawn from; 0: all"
    )
    top_p: float = knob(
        0.95, 0.01, 1.0, step=0.01, label="top-p",
        help="Only the likeliest notes are drawn from that together have such a share",
    )  # fmt: skip
    scale: str = knob("all", choices=tuple(melody.SCALES), help="Only notes of this scale are drawn")
    seed: int = knob(0, 0, 2**31 - 1, help="Where chance begins: same seed, same notes")

    def chances(self, logits: Floats) -> NDArray[np.float64]:
        """How likely each note is drawn [C], from logits [C]: of the scale, and as `distribution` says."""
        if self.scale != "all":
            logits = np.where(melody.in_scale(self.scale), logits, -np.inf)
        return distribution(logits, self)

    def draw(self, logits: Floats, rng: np.random.Generator) -> int:
        """A note drawn from logits [C]."""
        return int(rng.choice(len(logits), p=self.chances(logits)))


def distribution(logits: Floats, settings: Settings) -> NDArray[np.float64]:
    """How likely each class is drawn [C], from logits [C].

    p_i = exp(l_i / T) / sum_j exp(l_j / T), T -> 0 leaving the likeliest alone; then all but the top_k go, and of
    these, likeliest first, those after which the share top_p is reached; what is left is scaled to 1.
    """
    logits = np.asarray(logits, np.float64)
    order = np.argsort(-logits, kind="stable")
    if settings.temperature == 0.0:
        return np.eye(len(logits))[order[0]]
    odds = np.exp((logits - logits.max()) / settings.temperature)
    odds /= odds.sum()
    if settings.top_k:
        odds[order[settings.top_k :]] = 0.0
        odds /= odds.sum()
    before = np.cumsum(odds[order]) - odds[order]  # the share of those that are likelier
    odds[order[before >= settings.top_p]] = 0.0
    drawn: NDArray[np.float64] = odds / odds.sum()
    return drawn


def generates(network: Network) -> bool:
    """Whether a network tells the next note of a melody, and hears no future."""
    return network.task == TASK and network.live


def play(
    network: Network, given: Sequence[int], count: int, settings: Settings
) -> Generator[tuple[int, NDArray[np.float64]], None, None]:
    """`count` notes, those `given` first, each with the logits [C] that told it.

    Raises NotGenerating for a network that does not tell the next note of a melody or hears the future.
    """
    import torch

    from engine import build, checkpoint

    if not generates(network):
        raise NotGenerating(
            f"{network.name} does not tell the next note: generating needs a causal network of the task melody, "
            f"such as {', '.join(each for each in checkpoint.bundled() if each.startswith(TASK))}"
        )
    task: Any = build.task_of(network)
    module, rng = build.build(network), np.random.default_rng(settings.seed)
    note, state, one = 0, module.init_state(1), torch.tensor([1])
    for place in range(count):
        with torch.inference_mode():
            y, _, state = module(torch.from_numpy(task.table[[note]][None]), one, state)
        logits = y[0, -1].numpy().astype(np.float64)
        logits[0] = -np.inf  # no rest within a tune
        note = given[place] if place < len(given) else settings.draw(logits, rng)
        yield note, logits


def go_on(network: Network, given: Sequence[int], count: int, settings: Settings) -> list[int]:
    """The `count` notes behind those given. Raises NotGenerating."""
    played = play(network, given, len(given) + count, settings)
    return [note for note, _ in played][len(given) :]


def compose(
    network: Network, given: Sequence[int], settings: Settings
) -> Generator[Progress | Composed, None, None]:
    """A melody of so many bars as a clip that the network hears as it heard itself. Raises NotGenerating.

    What is given beyond the bars is left out.
    """
    from engine import build
    from engine.clip import Label, from_array
    from engine.events import Progress

    notes: list[int] = []
    told = []
    count = settings.bars * melody.BAR
    for note, logits in play(network, given, count, settings):
        notes.append(note)
        told.append(logits)
        if len(notes) % melody.BAR == 0:
            yield Progress(len(notes) / count, f"bar {len(notes) // melody.BAR} by {network.name}")
    alphabet = build.task_of(network).alphabet  # type: ignore[attr-defined]
    begin = " ".join(alphabet.names[note] for note in notes[: min(len(given), 4)])
    name = f"melody by {network.name}" + (f", on from {begin}{' …' * (len(given) > 4)}" if given else "")
    clip = from_array(alphabet.sound([0, *notes]), alphabet.rate, name)
    made = as_melody(clip, network, notes, min(len(given), count), np.array(told, np.float64), settings)
    labels = tuple(
        Label(made.start(place), made.start(place + 1), made.names[note], "sounding")
        for place, note in enumerate(notes)
    )
    yield replace(made, clip=replace(clip, labels=labels))


def as_melody(
    clip: Clip,
    network: Network,
    notes: Sequence[int],
    given: int,
    logits: NDArray[np.float64],
    settings: Settings,
) -> Composed:
    """Notes [N] and the logits [N, C] that told them, as the melody that a clip is. Raises ValueError."""
    from engine import build
    from engine.events import Composed
    from engine.tones import FRAME

    names, classes = network.vocabulary, len(network.vocabulary)
    told = logits.shape == (len(notes), classes) and not np.isnan(logits).any()
    known = all(0 < note < classes for note in notes) and 0 <= given <= len(notes)
    if not (generates(network) and told and known):
        raise ValueError("the notes of the melody are not those of its network")
    logits.setflags(write=False)
    beat = FRAME / build.task_of(network).rate
    found = {place: note for place, note in melody.answers(notes).items() if place < len(notes)}
    answers = MappingProxyType(found)
    return Composed(clip, network, tuple(notes), given, logits, settings, names, beat / 2, beat, answers)


def opening(notes: Sequence[Any]) -> tuple[int, ...]:
    """Notes that a melody can begin with. Raises ValueError for what is none."""
    found = tuple(int(each) for each in notes)
    if not all(1 <= each <= len(melody.SCALE) for each in found):
        raise ValueError(f"notes to begin with are numbers from 1 to {len(melody.SCALE)}")
    return found


def to_dict(made: Composed) -> dict[str, Any]:
    """A melody in plain values, without its clip and its network."""
    logits = [[round(each, 6) for each in row[1:]] for row in made.logits.tolist()]  # without the rest, -inf
    return {"notes": made.notes, "given": made.given, "logits": logits, "settings": made.settings.to_dict()}


def from_dict(told: Mapping[str, Any], clip: Clip, network: Network) -> Composed:
    """The melody that `to_dict` described. Raises ValueError, KnobError and LookupError."""
    logits = np.array([[-np.inf, *map(float, row)] for row in told["logits"]])
    notes, given = [int(each) for each in told["notes"]], int(told["given"])
    return as_melody(clip, network, notes, given, logits, Settings.from_dict(told["settings"]))
