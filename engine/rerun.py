"""Rerun: a recurrent network with edits, from what the run without them has left just before the first of them.

The edited layer and direction goes step by step from there on; the layers above it run again, those below do not.
In the backward direction time runs from the end, and "before" means the frame to the right.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from engine import placing, stepper, surgery
from engine.layer import cells
from engine.probes.record import Recorder
from engine.recurrent import stack
from engine.trace import Direction, Key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engine.cells import Cell
    from engine.placing import Placed

    Array = NDArray[np.float32]
    Values = Mapping[Key, Array]


_ROUNDING = 1e-6


def rerun(
    module: Any, frames: Array, before: Values, placed: Sequence[Placed]
) -> tuple[dict[Key, Array], NDArray[np.floating]]:
    """Frames [T, F] -> every value [T', N] with the edits, and the logits.

    `before` is what the run without them has recorded: values that do not change are shared with it, and what it
    had no room for is lacking here too. Raises EditError where that is needed, or the network has no states.
    """
    if next(cells(module), None) is None:
        raise surgery.EditError("this network has no states that could be changed")
    where = next(module.parameters()).device
    found, changed = dict(before), False
    given = torch.tensor(frames[None], device=where), torch.tensor([len(frames)], device=where)
    with torch.inference_mode():
        h, steps = module.entered(*given)[:2] if hasattr(module, "entered") else stack(*given, module.stride)
        x, tops = h, list[torch.Tensor]()
        for number, layer in enumerate(module.layers, 1):
            if hasattr(module, "enter"):
                h = module.enter(number, x, h, tops)
            mine = [each for each in placed if each.layer == number]
            if changed:
                recorder = Recorder()
                layer(h, steps, None, recorder, number)
                found |= recorder.values
            read = h[0].cpu().numpy() if mine else None
            ways: dict[Direction, Cell | None] = {"forward": layer.forwards, "backward": layer.backwards}
            outs = []
            for way, cell in ways.items():
                here = [each for each in mine if each.direction == way]
                if cell is None:
                    continue
                if here and read is not None:
                    found |= _edited(cell, read, _of(found, cell.kind, number, way), here)
                    changed = True
                outs.append(torch.from_numpy(_whole(found, Key("h", number, way)).copy()))
            out = torch.cat(outs, -1)[None].to(where)
            h = h + out if module.settings.residual and h.shape == out.shape else out
        above = Recorder()
        y, lengths, _ = module.read(torch.cat([*tops, h], -1), steps, probe=above)
    found |= above.values
    return {key: found[key] for key in before}, y[0, : int(lengths[0])].cpu().numpy()


def _whole(values: Values, key: Key) -> Array:
    found = values.get(key)
    if found is None:
        raise surgery.EditError("this range is too long for its states to be changed; zoom in")
    return found


def _of(values: Values, kind: str, layer: int, way: Direction) -> dict[str, Array]:
    """The values of one layer and direction by name, in the order in which the cell goes through them."""
    turn = slice(None) if way == "forward" else slice(None, None, -1)
    keys = [Key(name if name in "hc" else f"gate.{name}", layer, way) for name in surgery.NAMES[kind]]
    return {key.name: _whole(values, key)[turn] for key in keys}


def _edited(cell: Cell, x: Array, before: Mapping[str, Array], placed: Sequence[Placed]) -> dict[Key, Array]:
    """Every value of one cell with its edits, in the order of time. x [T, F] is what the layer reads."""
    way, layer, count = placed[0].direction, placed[0].layer, len(x)
    turn = slice(None) if way == "forward" else slice(None, None, -1)
    weights = {name.partition(".")[2]: each.cpu().numpy() for name, each in cell.state_dict().items()}
    steps, x = stepper.layer(cell.kind, weights), x[turn]
    out = {name: np.array(each) for name, each in before.items()}
    begin = min(each.a for each in placed)
    if begin:
        _go_on(steps, out, begin)
    # Between two cuts the same things are given at every step.
    cuts = sorted({begin, count, *(at for each in placed for at in (each.a, each.b) if begin <= at <= count)})
    for a, b in pairwise(cuts):
        for name in _states(steps):
            setattr(steps, name, placing.entering(placed, layer, way, a, name, getattr(steps, name)))
        lasting = [each for each in placed if each.edit.lasts and each.a <= a and b <= each.b]
        if not lasting and _joins(steps, before, a):
            for name, values in before.items():
                out[name][a:b] = values[a:b]
            _go_on(steps, out, b)
            continue
        for start, stop in _parts(lasting, a, b):
            pins = _pins(lasting, out, start, cell.hidden)
            for name, values in steps.run(x[start:stop], pins).items():
                out[name][start:stop] = values
    return {Key(name, layer, way): np.ascontiguousarray(each[turn]) for name, each in out.items()}


def _states(steps: Any) -> tuple[str, ...]:
    return ("h", "c") if hasattr(steps, "c") else ("h",)


def _go_on(steps: Any, values: Mapping[str, Array], at: int) -> None:
    """The state that was there when frame `at` came."""
    for name in _states(steps):
        setattr(steps, name, values[name][at - 1])


def _joins(steps: Any, before: Mapping[str, Array], at: int) -> bool:
    """Whether the state is, but for rounding, that of the run without edits, which then goes on as it did."""
    for name in _states(steps):
        known = before[name][at - 1] if at else np.zeros_like(before[name][0])
        if not np.allclose(getattr(steps, name), known, rtol=_ROUNDING, atol=_ROUNDING):
            return False
    return True


def _parts(lasting: Sequence[Placed], a: int, b: int) -> list[tuple[int, int]]:
    """At the very beginning there is nothing before that could be kept: then the first frame is."""
    alone = a == 0 and b > 1 and any(each.edit.how == "freeze" and each.a == 0 for each in lasting)
    return [(0, 1), (1, b)] if alone else [(a, b)]


def _pins(lasting: Sequence[Placed], out: Mapping[str, Array], at: int, size: int) -> dict[str, Any]:
    """What is given from frame `at` on, by name; of two edits of one unit the later in the list acts."""
    rows: dict[str, tuple[NDArray[np.bool_], Array]] = {}
    for each in lasting:
        edit, units = each.edit, list(each.edit.units) or slice(None)
        known = max(each.a, 1) - 1
        if edit.how == "freeze" and known >= at:
            continue
        name = each.edit.key.name
        given, values = rows.setdefault(
            name.removeprefix("gate."), (np.zeros(size, bool), np.zeros(size, np.float32))
        )
        given[units] = True
        values[units] = edit.value if edit.how == "set" else out[name][known][units]
    return {name: (np.flatnonzero(given), values[given]) for name, (given, values) in rows.items()}
