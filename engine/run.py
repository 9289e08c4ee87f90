"""A run: the folder that a training leaves behind, with its recipe, its metrics and its best network."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from engine import checkpoint
from engine.recipe import text

if TYPE_CHECKING:
    from engine.events import Evaluated, Step
    from engine.network import Network
    from engine.recipe import Recipe


class RunError(OSError):
    """A folder that cannot take a run; the message names it."""


class Run:
    """Writes `recipe.toml`, `metrics.jsonl` (a line a step), `best.safetensors` and `last.safetensors`."""

    def __init__(self, folder: str | Path, recipe: Recipe) -> None:
        self.folder = Path(folder)
        self.best = self.folder / "best.safetensors"
        self._lowest = (float("inf"), float("inf"))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / "recipe.toml").write_text(text(recipe), encoding="utf-8")
            self._metrics: TextIO = (self.folder / "metrics.jsonl").open("w", encoding="utf-8")
        except OSError as error:
            raise RunError(
                f"cannot write the run to {folder}: {error.strerror or error}; choose another folder"
            ) from error

    def add(self, step: Step) -> None:
        self._line({"step": step.step, "epoch": step.epoch, "loss": step.loss, **step.values})

    def evaluated(self, event: Evaluated, network: Network) -> None:
        """Note an evaluation and keep the network: always as the last, and as the best if none erred less."""
        self._line({**dataclasses.asdict(event), "error": event.error})
        self.keep(network)
        if (event.error, event.loss) < self._lowest:
            self._lowest = (event.error, event.loss)
            checkpoint.save(network, self.best)

    def keep(self, network: Network) -> None:
        """The network as it is, as the last."""
        checkpoint.save(network, self.folder / "last.safetensors")

    def close(self) -> None:
        self._metrics.close()

    def _line(self, values: dict[str, object]) -> None:
        self._metrics.write(json.dumps(values) + "\n")
        self._metrics.flush()
