"""Networks that need the future, live: run over and over on the last seconds, they answer some of them late.

The sound so far is cut into windows that overlap. Each ends `HOP` seconds after the one before; what lies within
`AHEAD` seconds of its end is not told yet, for more has to be heard, and what lies further back was told before.
So an answer has heard `AHEAD` seconds or more of what follows, and `PAST` of what went before: where the network's
memory is shorter than these, it is that of the whole sound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine import build, pacing
from engine.probes.record import Recorder
from engine.stepper import NotLive

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.network import Network
    from engine.trace import Key

    Array = NDArray[np.float32]

PAST, HOP, AHEAD = 2.0, 0.25, 0.5
"""Seconds."""
LATE = AHEAD + HOP
"""Seconds after which an answer has come at the latest, besides what the features wait for."""


def takes(network: Network) -> bool:
    """Whether windows help: the network answers at every frame, and would live if it did not run backwards too."""
    both = network.settings.to_dict().get("bidirectional", False)
    return bool(both) and build.is_live(network.model, network.settings.but(bidirectional=False))


class Chunked:
    """In the place of a Stepper: `rate` frames a second. Raises NotLive for a network that windows do not help."""

    def __init__(self, network: Network, rate: float) -> None:
        if not takes(network):
            raise NotLive(f"{network.name} needs all of the sound; choose a causal network")
        self.network, self.module = network, build.build(network)
        self.stride: int = self.module.stride
        # Whole steps of the network, so that windows cut the sound where the steps do.
        self._past, self._hop, self._ahead = (
            max(1, round(each * rate / self.stride)) * self.stride for each in (PAST, HOP, AHEAD)
        )
        self.reset()

    def reset(self) -> None:
        """As before the first frame."""
        self._frames = np.zeros((0, self.network.inputs), np.float32)
        self._begin = self._told = 0
        """Of all frames there ever were, the first that is kept, and the first that was not answered yet."""
        self._next = self._ahead + self._hop

    def take_over(self, before: object) -> bool:
        """Go on where another one is, as when training moves the weights; False where it heard something else."""
        if not isinstance(before, Chunked) or before.network.frontend != self.network.frontend:
            return False
        self._frames, self._begin = before._frames, before._begin
        self._told, self._next = before._told, before._next
        return True

    def push(self, frames: Array) -> tuple[Array, dict[Key, Array]]:
        """Frames [n, F] -> logits [m, C] of the next that can be answered, and what a probe saw there [m, N]."""
        self._frames = np.concatenate([self._frames, frames])
        parts = []
        while self._begin + len(self._frames) >= self._next:
            parts.append(self._run(self._next, self._next - self._ahead))
            self._next += self._hop
        return self._joined(parts)

    def flush(self) -> tuple[Array, dict[Key, Array]]:
        """The rest, when nothing more comes."""
        end = self._begin + len(self._frames)
        return self._joined([self._run(end, end)] if end > self._told else [])

    def _run(self, end: int, until: int) -> tuple[Array, dict[Key, Array]]:
        """The network over the frames kept before `end`; what it says of those from the last told one `until`."""
        import torch

        recorder = Recorder()
        with torch.inference_mode():
            x = torch.from_numpy(self._frames[None, : end - self._begin])
            y, lengths, _ = self.module(x, torch.tensor([x.shape[1]]), probe=recorder)
        values = {
            key: each[self._steps(until, pacing.pace(self.module, key)[0])]
            for key, each in recorder.values.items()
        }
        logits = y[0, : int(lengths[0])].numpy()[self._steps(until, self.stride)]
        self._told = until
        gone = max(0, until - self._past - self._begin) // self.stride * self.stride
        self._frames, self._begin = self._frames[gone:], self._begin + gone
        return logits, values

    def _steps(self, until: int, stride: float) -> slice:
        """Of the frames that are kept, from the last told one `until`: which values, one every `stride` frames."""
        return slice(*(-int(-(each - self._begin) // stride) for each in (self._told, until)))

    def pace(self, key: Key | None = None) -> tuple[float, float]:
        """Input frames per value of a series, and the frame in which the first lies."""
        return pacing.pace(self.module, key)

    def _joined(self, parts: list[tuple[Array, dict[Key, Array]]]) -> tuple[Array, dict[Key, Array]]:
        if not parts:
            return np.zeros((0, len(self.network.vocabulary)), np.float32), {}
        keys = parts[0][1]
        values = {key: np.concatenate([each[key] for _, each in parts]) for key in keys}
        return np.concatenate([logits for logits, _ in parts]), values
