"""Streams: one network hears many sounds at once, each with a state of its own, in one batch."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import build, catalog, checkpoint
from engine.stages.stage import Format

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from engine.network import Network

    Array = NDArray[np.float32]

SMALL = "gru_small"
"""A GRU of one layer of 64, untrained: how fast it is does not hang on what it has learnt."""
BLOCK = 0.12
"""Seconds of sound that a stream is pushed at once."""


class NotStreamed(ValueError):
    """A network that cannot hear many sounds at once; the message says why."""


class Streams:
    """`count` sounds that are heard side by side, from their beginnings on.

    Log-mel bands are computed by torch on the device of the network, as the stages compute them one by one.
    Raises NotStreamed.
    """

    def __init__(self, network: Network, count: int, device: str = "cpu") -> None:
        import torch

        if not network.live or not hasattr(network.settings, "cell"):
            raise NotStreamed(f"{network.name} is no causal recurrent network; choose one that runs live")
        self._torch, self.count, self.device = torch, count, device
        self.rate = int(build.task_of(network).rate)
        self._read_front(network)
        self._module: Any = build.build(network).to(device).eval()
        self.stride: int = self._module.stride
        self._sound = torch.zeros(count, self._win // 2, device=device)
        self._frames = torch.zeros(count, 0, len(self._mean), device=device)
        self._state: Any = self._module.init_state(count)

    def _read_front(self, network: Network) -> None:
        """Keep what the front end computes with. Raises NotStreamed for another than log-mel at a fixed scale."""
        links = {link.stage: link.settings for link in network.frontend if link.on}
        heard, fixed = links.get("logmel"), links.get("normalise")
        if list(links) != ["logmel", "normalise"] or heard.log != "ln" or fixed.over != "global":  # type: ignore[union-attr]
            raise NotStreamed(
                f"{network.name} hears through {', '.join(links)}; many sounds at once are heard through log-mel "
                "bands (ln) at a fixed scale: choose a network of digits or keywords"
            )
        stage: Any = catalog.load("stages", "logmel").build(heard, Format(float(self.rate)))
        self._shape, self._bank, self._mean, self._std = (
            self._torch.tensor(np.array(each, np.float32), device=self.device)
            for each in (stage.shape, stage.bank, fixed.mean, fixed.std)  # type: ignore[union-attr]
        )
        self._win, self._hop, self._n_fft = len(stage.shape), heard.hop, stage.n_fft  # type: ignore[union-attr]
        self._floor = float(heard.floor)  # type: ignore[union-attr]

    def push(self, sound: Array) -> Array:
        """The next samples [N, n] of every stream -> what the network says of them, logits [N, T', C]."""
        torch = self._torch
        with torch.inference_mode():
            heard = torch.as_tensor(sound, dtype=torch.float32, device=self.device)
            self._sound = torch.cat([self._sound, heard], 1)
            self._frames = torch.cat([self._frames, self._analysed()], 1)
            take = self._frames.shape[1] // self.stride * self.stride
            x, self._frames = self._frames[:, :take], self._frames[:, take:]
            if not take:
                return np.zeros((self.count, 0, self._module.head.out_features), np.float32)
            lengths = torch.full((self.count,), take, dtype=torch.int64)
            y, _, self._state = self._module(x, lengths, self._state)
            return np.asarray(y.cpu().numpy())

    def _analysed(self) -> Any:
        """Normalised log-mel [N, T, F] of the frames that are whole by now."""
        torch = self._torch
        if self._sound.shape[1] < self._win:
            return self._frames[:, :0]
        framed = self._sound.unfold(1, self._win, self._hop)
        self._sound = self._sound[:, framed.shape[1] * self._hop :].clone()
        spectrum = torch.fft.rfft(framed * self._shape, self._n_fft)
        power = spectrum.real.square() + spectrum.imag.square()
        return (torch.log(power @ self._bank + self._floor) - self._mean) / self._std

    def reset(self, which: Sequence[int]) -> None:
        """Let other sounds begin in the place of these streams; the rest go on."""
        fresh = self._module.init_state(1)
        places = list(which)
        with self._torch.inference_mode():
            self._sound, self._frames = self._sound.clone(), self._frames.clone()
            self._sound[places], self._frames[places] = 0.0, 0.0
            self._state = self._renewed(self._state, fresh, places)

    def _renewed(self, state: Any, fresh: Any, places: list[int]) -> Any:
        """A state whose rows at these places are those before the first frame."""
        if isinstance(state, tuple):
            return tuple(self._renewed(one, other, places) for one, other in zip(state, fresh, strict=True))
        if state is None:
            return None
        made = state.clone()
        made[places] = fresh
        return made


def network(name: str) -> Network:
    """A bundled network, a file, or SMALL. Raises NotStreamed, CheckpointError."""
    if name != SMALL:
        return checkpoint.open_network(name)
    settings = catalog.load("models", "recurrent").Settings(cell="gru", hidden=64, layers=1)
    return checkpoint.untrained("digits", settings)


def real_time(chosen: Network, count: int, seconds: float, device: str = "cpu") -> float:
    """The real-time factor of `count` streams: seconds of computing a second of sound, over so many of them."""
    streams = Streams(chosen, count, device)
    n = round(BLOCK * streams.rate)
    rng = np.random.default_rng(0)
    sound = 0.05 * rng.standard_normal((count, n), dtype=np.float32)
    streams.push(sound)
    blocks = max(1, round(seconds / BLOCK))
    begun = time.perf_counter()
    for _ in range(blocks):
        streams.push(sound)
    return (time.perf_counter() - begun) / (blocks * BLOCK)


def most(
    chosen: Network, seconds: float, device: str = "cpu", limit: int = 1 << 17
) -> Iterator[tuple[int, float]]:
    """Ever more streams with their real-time factor, twice as many each time, until they are slower than sound.

    The last that is yielded is the largest count that was faster, found between the last two by halving thrice.
    """
    count, best = 64, (0, 0.0)
    while count <= limit:
        factor = real_time(chosen, count, seconds, device)
        yield count, factor
        if factor >= 1:
            break
        best, count = (count, factor), 2 * count
    low, high = best[0], min(count, limit)
    for _ in range(3 if high > low else 0):
        middle = (low + high) // 2
        factor = real_time(chosen, middle, seconds, device)
        yield middle, factor
        if factor < 1:
            low, best = middle, (middle, factor)
        else:
            high = middle
    yield best
