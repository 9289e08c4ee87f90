"""Networks step by step in torch, for live use, where no NumPy stepper knows their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine import build, catalog, pacing
from engine.probes.record import Recorder
from engine.stepper import Stepper

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.network import Network
    from engine.trace import Key

    Array = NDArray[np.float32]


def stepping(network: Network) -> Stepper | Torched:
    """What steps a network that needs no future: NumPy where it knows all parts, else torch. Raises NotLive."""
    in_torch = getattr(catalog.load("models", network.model), "STEPS", "") == "torch"
    return Torched(network) if network.live and in_torch else Stepper(network)


class Torched:
    """A network with its state. It takes whole blocks of frames, and keeps the rest until more comes."""

    def __init__(self, network: Network) -> None:
        self.network, self.module = network, build.build(network)
        self.stride: int = self.module.stride
        self._block = pacing.block(self.module)
        self.reset()

    def reset(self) -> None:
        """As before the first frame."""
        self._rest = np.zeros((0, self.network.inputs), np.float32)
        self._state = self.module.init_state(1)

    def take_over(self, before: object) -> bool:
        """Go on in the state of another one, as when training moves the weights; False where shapes differ."""
        if not isinstance(before, Torched):
            return False
        mine, other = ((each.network.model, each.network.settings, each.network.inputs) for each in (self, before))
        if mine != other:
            return False
        self._rest, self._state = before._rest, before._state
        return True

    def pace(self, key: Key | None = None) -> tuple[float, float]:
        """Input frames per value of a series, and the frame in which the first lies."""
        return pacing.pace(self.module, key)

    def push(self, frames: Array) -> tuple[Array, dict[Key, Array]]:
        """Frames [n, F] -> logits [m, C] of those that can be answered, and what a probe saw there."""
        frames = np.concatenate([self._rest, frames])
        whole = len(frames) // self._block * self._block
        self._rest = frames[whole:]
        return self._run(frames[:whole]) if whole else self._nothing()

    def flush(self) -> tuple[Array, dict[Key, Array]]:
        """The rest, when nothing more comes."""
        parts = [self._run(self._rest)] if len(self._rest) else []
        self._rest = self._rest[:0]
        if getattr(self.module, "waits", False):
            recorder = Recorder()
            with self._quietly():
                y = self.module.finish(self._state, recorder)[0]
            parts.append((y[0].numpy(), recorder.values))
        if not parts:
            return self._nothing()
        values: dict[Key, list[Array]] = {}
        for _, seen in parts:
            for key, each in seen.items():
                values.setdefault(key, []).append(each)
        return np.concatenate([y for y, _ in parts]), {key: np.concatenate(each) for key, each in values.items()}

    def _run(self, frames: Array) -> tuple[Array, dict[Key, Array]]:
        import torch

        recorder = Recorder()
        with self._quietly():
            x = torch.from_numpy(frames[None])
            y, _, self._state = self.module(x, torch.tensor([len(frames)]), self._state, recorder)
        return y[0].numpy(), recorder.values

    @staticmethod
    def _quietly() -> Any:
        import torch

        return torch.inference_mode()

    def _nothing(self) -> tuple[Array, dict[Key, Array]]:
        return np.zeros((0, len(self.network.vocabulary)), np.float32), {}
