"""Attention over a window of frames, step by step in NumPy for live use; as engine/attention.py, which see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.models.recurrent import heads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Array = NDArray[np.float32]


class Attention:
    """Keeps the keys and values of the last frames. `settings` are those of the recurrent network."""

    def __init__(self, weights: Mapping[str, Array], settings: Any) -> None:
        self.kind, self.window, self.names = settings.attention, settings.window, heads(settings)
        self._weights = dict(weights)
        self._sounds = np.array(
            [head + 1 not in settings.heads_off for head in range(len(self.names))], np.float32
        )
        self.reset()

    def reset(self) -> None:
        width = self._weights["key.weight"].shape[0]
        self._values = np.zeros((0, width), np.float32)
        self._keys = np.zeros((0, width), np.float32)

    def run(self, h: Array) -> tuple[Array, dict[str, Array]]:
        """h [n, D] -> contexts [n, D], and by head the weights [n, window], the oldest frame first."""
        before, count = len(self._keys), len(self.names)
        keys = np.concatenate([self._keys, self._linear("key", h)])
        new = self._linear("value", h) if self.kind == "multihead" else h
        values = np.concatenate([self._values, new])
        queries = self._linear("query", h) if self.kind != "pooling" else h
        context = np.empty_like(h)
        weights = np.zeros((count, len(h), self.window), np.float32)
        for t in range(len(h)):
            seen = slice(max(0, before + t + 1 - self.window), before + t + 1)
            scores = self._scores(queries[t], keys[seen])  # [heads, frames]
            scores = np.exp(scores - scores.max(axis=1, keepdims=True))
            scores /= scores.sum(axis=1, keepdims=True)
            weights[:, t, self.window - scores.shape[1] :] = scores
            each = np.einsum("hs,shd->hd", scores, values[seen].reshape(scores.shape[1], count, -1))
            context[t] = (each * self._sounds[:, None]).ravel() if self.kind == "multihead" else each.ravel()
        if self.kind == "multihead":
            context = self._linear("out", context)
        kept = max(0, len(keys) - (self.window - 1))
        self._keys, self._values = keys[kept:], values[kept:]
        return context, dict(zip(self.names, weights, strict=True))

    def _scores(self, query: Array, keys: Array) -> Array:
        """How well a query [D] fits each of the keys [s, D], by head: [heads, s]."""
        if self.kind == "pooling":
            return np.asarray(np.tanh(keys) @ self._weights["query.weight"].T, np.float32).T
        if self.kind == "additive":
            return np.asarray(np.tanh(query + keys) @ self._weights["energy.weight"].T, np.float32).T
        asked, there = query.reshape(len(self.names), -1), keys.reshape(len(keys), len(self.names), -1)
        return np.asarray(np.einsum("hd,shd->hs", asked, there) / np.sqrt(np.float32(asked.shape[1])), np.float32)

    def _linear(self, name: str, x: Array) -> Array:
        return np.asarray(x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"], np.float32)
