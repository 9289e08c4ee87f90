"""Which layer and direction of a series is shown: the choices there are, and the keys of the one chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.trace import Key

Way = Literal["both", "forward", "backward"]
_WAYS: tuple[Way, ...] = ("both", "forward", "backward")
_ARROWS: dict[Way, str] = {"forward": "→", "backward": "←", "both": "→ ←"}


class Layers:
    """Keeps a choice as long as the recordings have it; else falls back to the first layer, both directions."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        self._places: list[tuple[int, Way]] = []
        self._chosen: tuple[int, Way] | None = None

    def keys(self, available: Iterable[Key]) -> list[Key]:
        """The keys to draw, top to bottom: by name, then forward before backward."""
        found = [key for key in available if key.name in self._names]
        ways: dict[int, set[Way]] = {}
        for key in found:
            ways.setdefault(key.layer, set()).add(key.direction)
        for each in ways.values():
            if len(each) == 2:
                each.add("both")
        self._places = [(layer, way) for layer in sorted(ways) for way in _WAYS if way in ways[layer]]
        if self._chosen not in self._places:
            self._chosen = self._places[0] if self._places else None
        if self._chosen is None:
            return []
        layer, way = self._chosen
        mine = [key for key in found if key.layer == layer and way in ("both", key.direction)]
        return sorted(mine, key=lambda key: (self._names.index(key.name), key.direction == "backward"))

    def choices(self) -> tuple[list[str], int]:
        """What a box offers, and which entry is chosen."""
        labels = [f"layer {layer}  {_ARROWS[way]}" for layer, way in self._places]
        return labels, self._places.index(self._chosen) if self._chosen is not None else -1

    @property
    def single(self) -> bool:
        """Whether one direction is shown."""
        return self._chosen is None or self._chosen[1] != "both"

    def choose(self, index: int) -> None:
        if 0 <= index < len(self._places):
            self._chosen = self._places[index]
