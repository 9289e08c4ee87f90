"""What stands above the layers of a network, step by step in NumPy: its output, or bilinear pooling to a mask.

The formulas of the poolings are in engine/pooling.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Array = NDArray[np.float32]


def hashes(rng: np.random.Generator, width: int, size: int) -> tuple[NDArray[np.int64], Array]:
    """For a count sketch of `width` values in `size` sums: the sum and the sign of each."""
    signs = 2.0 * rng.integers(0, 2, width) - 1.0
    return rng.integers(0, size, width), signs.astype(np.float32)


def pair(width: int, size: int) -> tuple[tuple[NDArray[np.int64], Array], tuple[NDArray[np.int64], Array]]:
    """Those of both vectors of compact pooling; they follow from the sizes, and are no weights."""
    rng = np.random.default_rng([width, size])
    return hashes(rng, width, size), hashes(rng, width, size)


class Head:
    """A matrix and a bias."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self._w, self._b = weights["weight"].T.copy(), weights["bias"]

    def reset(self) -> None:
        """Nothing is remembered."""

    def run(self, h: Array) -> tuple[Array, dict[str, Array]]:
        """h [n, H] -> logits [n, C], and nothing to be seen."""
        return h @ self._w + self._b, {}


class Pooled:
    """f1 and f2, side by side in h [n, 2 N] -> z -> mask net -> logits. `settings` are those of a causal AINS."""

    def __init__(self, weights: Mapping[str, Array], settings: Any) -> None:
        self.kind, self.window = settings.fusion, settings.window
        self._fusion = {name.removeprefix("fusion."): each for name, each in weights.items()}
        self._net, self._out = (
            Head({"weight": weights[f"{name}.weight"], "bias": weights[f"{name}.bias"]}) for name in ("net", "out")
        )
        if self.kind == "compact":
            # A sketch is linear: a matrix of signs.
            self._sketches = [np.zeros((settings.width, settings.sketch), np.float32) for _ in range(2)]
            for matrix, (at, signs) in zip(self._sketches, pair(settings.width, settings.sketch), strict=True):
                matrix[np.arange(settings.width), at] = signs
        self.reset()

    def reset(self) -> None:
        self._past: Array | None = None

    def run(self, h: Array) -> tuple[Array, dict[str, Array]]:
        f1, f2 = np.split(h, 2, 1)
        seen = {"f1": f1, "f2": f2}
        if self.kind == "attention":
            z, seen["attention"] = self._attend(f1, f2)
        else:
            z = self._joined(f1, f2)
        y, _ = self._out.run(np.maximum(self._net.run(z)[0], 0.0))
        return y, seen | {"fusion": z}

    def _joined(self, f1: Array, f2: Array) -> Array:
        if self.kind == "sum":
            return f1 + f2
        if self.kind == "lowrank":
            product: Array = (f1 @ self._fusion["u.weight"].T) * (f2 @ self._fusion["v.weight"].T)
            return product
        if self.kind == "full":
            pairs = np.einsum("ti,kij->tkj", f1, self._fusion["weight"], optimize=True)
            full: Array = (pairs * f2[:, None]).sum(-1) + self._fusion["bias"]
            return full
        one, other = (f @ matrix for f, matrix in zip((f1, f2), self._sketches, strict=True))
        return np.fft.irfft(np.fft.rfft(one) * np.fft.rfft(other), one.shape[1]).astype(np.float32)

    def _attend(self, f1: Array, f2: Array) -> tuple[Array, Array]:
        """z [n, N] and the weights [n, window], the oldest frame first."""
        past = f2[:0] if self._past is None else self._past
        frames, before = np.concatenate([past, f2]), len(past)
        asks, z = f1 @ self._fusion["w"], np.empty_like(f2)
        weights = np.zeros((len(f1), self.window), np.float32)
        for t in range(len(f1)):
            seen = frames[max(0, before + t + 1 - self.window) : before + t + 1]
            scores = seen @ asks[t]
            shares = np.exp(scores - scores.max())
            shares /= shares.sum()
            weights[t, self.window - len(seen) :], z[t] = shares, shares @ seen
        self._past = frames[max(0, len(frames) - (self.window - 1)) :]
        return z, weights
