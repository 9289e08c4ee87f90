"""A network as a frozen value: which model, its settings, its front end, its vocabulary, and its weights."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from engine import counting

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from engine.counting import Size
    from engine.knob import Settings
    from engine.latency import Latency
    from engine.reach import Conv
    from engine.receptive import Receptive
    from engine.stages.stage import Link


_WITHOUT = "-without-"


@dataclass(frozen=True, eq=False)
class Network:
    """What a checkpoint file holds. `weights` None means untrained: drawn from `seed` when it is built.

    `id` names these weights: equal ids, equal weights and answers. `metrics` and `card` (data, licence, recipe,
    seed, date) come from the file; `live` says whether its look-ahead is finite.
    """

    name: str
    id: str
    task: str
    model: str
    settings: Settings
    task_settings: Settings
    frontend: tuple[Link, ...]
    vocabulary: tuple[str, ...]
    inputs: int
    weights: Mapping[str, NDArray[np.float32]] | None = None
    seed: int = 0
    live: bool = True
    metrics: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    card: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def but(self, settings: Settings) -> Network:
        """The same weights under settings that ask for no others; with other heads silenced under another id.

        What is kept of a network, from its module to what was found in it, is kept by its id.
        """
        off = getattr(settings, "heads_off", ())
        if off == getattr(self.settings, "heads_off", ()):
            return replace(self, settings=settings)
        base = self.id.partition(_WITHOUT)[0]
        return replace(self, settings=settings, id=f"{base}{_WITHOUT}{'-'.join(map(str, off)) or 'none'}")

    @property
    def trained(self) -> bool:
        return self.weights is not None

    @property
    def kind(self) -> str:
        """What its recurrent layers are made of: rnn, lstm, gru, or gru-seed for the GRU of the learning plan.

        That one has no biases, its r stands inside the product, and its z is the share of h that is new. Empty for
        a network without such layers.
        """
        return str(getattr(self.settings, "kind", getattr(self.settings, "cell", "")))

    @property
    def latency(self) -> Latency:
        """How much sound after a moment it hears before it says of it what it was trained to say."""
        from engine import latency

        return latency.of(self.task, self.task_settings, self.model, self.settings)

    @property
    def receptive(self) -> Receptive | None:
        """How much sound a step of its convolutions sees; None where it has none."""
        from engine import receptive

        return receptive.of(self.task, self.task_settings, self.settings)

    @property
    def convolutions(self) -> tuple[Conv, ...]:
        """Each kind of convolution that it has, with its weights and products."""
        return self.settings.counted(self.inputs) if hasattr(self.settings, "counted") else ()

    @property
    def sizes(self) -> tuple[Size, ...]:
        """How many weights each recurrent layer has."""
        return counting.sizes(self.settings, self.inputs)
