"""What the diagram of the cell is told: the terms of the unit that is looked at, in a clip or live."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import build, placing
from engine.events import Dissected
from engine.probes.terms import terms
from engine.trace import Key, Trace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.network import Network
    from engine.placing import Placed
    from engine.session import Session, State
    from engine.trace import Series, Terms

KEPT = 32
"""Frames of every live series that are kept: enough for two steps of a network that joins four frames into one."""


class Dissecting:
    """Keeps `session.state.dissected` up to date while `wanted()` says that somebody looks. A few dot products."""

    def __init__(self, session: Session, wanted: Callable[[], bool]) -> None:
        self.session = session
        self.wanted = wanted
        self._tail: dict[Key, Series] = {}
        self._asked: tuple[Any, ...] = ()
        session.on("live", self._heard)
        session.on("transport", self._transport)

    def tick(self) -> None:
        """Compute anew, if something else is looked at."""
        state, looked = self.session.state, self.session.state.looked
        if not self.wanted() or state.network is None or looked.key is None or looked.unit is None:
            return
        key = Key("h", looked.key.layer, looked.key.direction)
        seen = self._stream(key, state.network) if state.transport.live else self._trace(state)
        series = seen[0].series.get(key) if seen is not None else None
        if (
            seen is None
            or series is None
            or not 0 <= looked.unit < series.values.shape[1]
            or not len(series.values)
        ):
            return
        trace, scale = seen
        last = len(series.values) - 1
        frame = last if state.transport.live else series.frame(trace.start + (looked.time - trace.start) * scale)
        asked = (trace, state.network.id, key, looked.unit, frame)
        if asked == self._asked:
            return
        self._asked = asked
        time = trace.start + (series.time(frame) - trace.start) / scale
        placed = [] if state.transport.live else _placed(state, trace, scale, series)
        found = _explained(state.network, trace, key, looked.unit, frame, placed)
        before = _before(trace, key, looked.unit, frame, placed)
        self.session.set("dissected", Dissected(key, looked.unit, time, *found, before))

    @staticmethod
    def _trace(state: State) -> tuple[Trace, float] | None:
        """What the network of now did with the clip, and the pace of its chain; None while it is still at work."""
        traced, network = state.traced, state.network
        if traced is None or network is None or traced.network_id != network.id:
            return None
        return traced.trace, traced.scale

    def _transport(self) -> None:
        if not self.session.state.transport.live:
            self._tail.clear()

    def _heard(self) -> None:
        """Keep the last frames of what a cell is made of."""
        if not self.wanted():
            self._tail.clear()
            return
        for frames in self.session.state.live:
            for key, new in frames.series.items():
                if key.name in ("features", "h", "c", "input") or key.name.startswith("gate."):
                    self._tail[key] = _joined(self._tail.get(key), new)

    def _stream(self, key: Key, network: Network) -> tuple[Trace, float] | None:
        """The newest two steps of a live stream as a trace whose features begin where its states do."""
        stack = build.stride(network.model, network.settings)
        h, features = self._tail.get(key), self._tail.get(Key("features"))
        if h is None or features is None:
            return None
        first = h.time(max(0, len(h.values) - 2))
        begin = round((first - (stack - 1) / 2 / features.rate - features.first) * features.rate)
        if begin < 0:
            return None
        cut = {each: _from(series, first) for each, series in self._tail.items() if each.name != "features"}
        cut[Key("features")] = replace(features, values=features.values[begin:], first=features.time(begin))
        return Trace("", first, h.time(len(h.values)), MappingProxyType(cut)), 1.0


def _placed(state: State, trace: Trace, scale: float, h: Series) -> list[Placed]:
    """The edits that act."""
    clock, settings = placing.Clock(h.first, h.rate, trace.start, scale), getattr(state.network, "settings", None)
    return placing.fitting(state.edits, settings, clock, len(h.values))[0]


def _before(trace: Trace, key: Key, unit: int, frame: int, placed: list[Placed]) -> Mapping[str, float]:
    """The unit's h and c that the frame found, where an edit has put them there."""
    found = {}
    for name in "hc":
        series = trace.series.get(replace(key, name=name))
        if series is not None:
            at = frame if key.direction == "forward" else len(series.values) - 1 - frame
            unknown = np.full(series.values.shape[1], np.nan, np.float32)
            found[name] = float(placing.entering(placed, key.layer, key.direction, at, name, unknown)[unit])
    return MappingProxyType({name: each for name, each in found.items() if not np.isnan(each)})


def _explained(
    network: Network, trace: Trace, key: Key, unit: int, frame: int, placed: list[Placed]
) -> tuple[Mapping[str, Terms], str]:
    """The terms, and why there are none."""
    try:
        found = terms(network, trace, key.layer, key.direction, unit, frame, placed)
    except LookupError as error:
        return MappingProxyType({}), error.args[0] if "train" in str(error) else "this network shows no terms"
    except (AttributeError, ValueError, IndexError):  # a model of another kind
        return MappingProxyType({}), "this network shows no terms"
    return MappingProxyType(dict(found)), ""


def _joined(old: Series | None, new: Series) -> Series:
    if old is None or old.rate != new.rate or old.values.shape[1] != new.values.shape[1]:
        return new
    if abs(old.time(len(old.values)) - new.first) > 0.5 / new.rate:  # a gap: what was before is over
        return new
    values = np.concatenate([old.values, new.values])[-KEPT:]
    return replace(new, values=values, first=new.time(len(new.values) - len(values)))


def _from(series: Series, time: float) -> Series:
    """What a series holds from a time on."""
    begin = max(0, round((time - series.first) * series.rate))
    return replace(series, values=series.values[begin:], first=series.time(begin))
