"""Gradients through time: how strongly one output depends on every state before it.

    L = -log p(class at the chosen step);  dL/dh_t and dL/dc_t are total derivatives, along all paths from t on.

The graph is made step by step by the cells' explicit loop, in float64 on the CPU: fused kernels (cuDNN's too) hide
their states, and a vanishing gradient soon is less than 32 bits can hold. With edits (engine/probes/acting.py)
they are those of the run as edited, by what a cell computes: 0 where an edit puts something else in its place.
"""

from __future__ import annotations

import copy
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch

from engine import pacing
from engine.layer import cells
from engine.probes.acting import Acting
from engine.stoppable import Stopped, never
from engine.trace import Direction, Key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from engine.cells import Cell
    from engine.placing import Placed

    Array = NDArray[np.float64]
    Where = tuple[int, Direction]
    Edits = Callable[[int, str, Tensor], Tensor | None]

REACH = 1000
"""Steps that are followed back from the chosen one, at most, where the network goes forward only."""


@dataclass(frozen=True, eq=False)
class Question:
    """One output: the input x [1, T', F] that it depends on, the state before that, and where it lies.

    `first` steps, `begin` frames of the clip were left out before x; `row` is the row of the answer, `step` the
    chosen step of all. `acting` are the edits, `more` what else the module is told, by name [1, ...].
    """

    x: Tensor
    state: Any
    begin: int
    first: int
    row: int
    step: int
    acting: Acting
    more: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Gradients:
    """What `backward` found. Arrays [T, H] are over all steps of the clip; those not followed hold 0.

    By Key(name, layer, direction) of name h, c, gate.i, ...: `values` as they were in the run, `grads` dL/d of
    what the cells computed. By layer and direction: `inputs` [T, N], what each step read, and `found`, what it
    found of h in the step before. `share` is the probability of class `output`, `loss` its -log, in nats. `inside`
    says whether its GRU is the learning plan's, without biases, whose reset gate stands inside the product,
    n = tanh(W x + U (r h')).
    """

    step: int
    first: int
    output: int
    share: float
    loss: float
    values: Mapping[Key, Array]
    grads: Mapping[Key, Array]
    inputs: Mapping[Where, Array]
    found: Mapping[Where, Array]
    inside: bool = False


def doubled(module: Any) -> Any:
    """A copy of a module as it is needed here: float64, on the CPU, in evaluation mode."""
    return copy.deepcopy(module).to("cpu", torch.float64).eval()


def apart(module: Any) -> bool:
    """Whether its classes do not exclude each other: then each one's probability is its own sigmoid."""
    return bool(getattr(module, "apart", False))


def question(module: Any, x: NDArray[np.floating], step: int, placed: Sequence[Placed] = ()) -> Question:
    """What output `step` of a clip with features x [T, F] asks of a module on the CPU.

    A network that goes forward only hears nothing of what comes later, and is followed REACH steps back. One that
    answers once a clip is asked for that answer, which comes with the last step. One that writes when it has heard
    all is asked for what lies there, evenly spread, after what it has written before.
    """
    data, stride = torch.tensor(np.asarray(x)).to(module.head.weight.dtype)[None], int(module.stride)
    last = -(-len(x) // stride) - 1
    acting = Acting(module, placed)
    if getattr(module, "taught", False):
        with torch.no_grad(), acting.within(0):
            y, counts, _ = module(data, torch.tensor([len(x)]))
        count = int(counts[0])
        row = min(max(int((step + 0.5) * count / len(x)), 0), count - 1)
        return Question(data, None, 0, 0, row, last, acting, {"taught": y.argmax(-1)[:, : row + 1]})
    if getattr(module.settings, "readout", "frames") != "frames":
        return Question(data, None, 0, 0, 0, last, acting)
    step = min(max(step, 0), last)
    if module.lookahead is None or module.lookahead >= pacing.block(module) or pacing.block(module) > stride:
        return Question(data, None, 0, 0, step, step, acting)
    first, state = max(0, step + 1 - REACH), None
    begin = first * stride
    if begin:
        with torch.no_grad(), acting.within(0):
            _, _, state = module(data[:, :begin], torch.tensor([begin]))
    return Question(data[:, begin : (step + 1) * stride], state, begin, first, step - first, step, acting)


def backward(
    module: Any,
    x: NDArray[np.floating],
    step: int,
    output: int | None = None,
    placed: Sequence[Placed] = (),
    stopped: Callable[[], bool] = never,
) -> Gradients:
    """The gradients of one output of a doubled module over x [T, F]; of the likeliest class if none is given.

    Raises Stopped within a step of `stopped()`.
    """
    asked, steps = question(module, x, step, placed), -(-len(x) // int(module.stride))
    with torch.enable_grad(), asked.acting.within(asked.first), _noting(module, stopped) as seen:
        y, _, _ = module(asked.x, torch.tensor([asked.x.shape[1]]), asked.state, **asked.more)
        scores = y[0, min(asked.row, y.shape[1] - 1)]
        logs = torch.nn.functional.logsigmoid(scores) if apart(module) else scores.log_softmax(-1)
        output = int(logs.argmax()) if output is None else output
        loss = -logs[output]
        flat = [each for names in seen.values() for name in names if name[-1] != "'" for each in names[name].made]
        slopes = iter(torch.autograd.grad(loss, flat, allow_unused=True))
    values, grads = dict[Key, "Array"](), dict[Key, "Array"]()
    inputs, found = dict["Where", "Array"](), dict["Where", "Array"]()
    for (layer, direction), names in seen.items():
        ahead = 1 if direction == "forward" else -1

        def over_time(series: Sequence[Tensor], ahead: int = ahead) -> Array:
            whole = np.zeros((steps, series[0].shape[1]))
            whole[asked.first : asked.first + len(series)] = torch.cat(list(series)).detach().numpy()[::ahead]
            return whole

        inputs[layer, direction], found[layer, direction] = (over_time(names[each].used) for each in ("x'", "h'"))
        for name, each in names.items():
            if name[-1] == "'":
                continue
            key = Key(name if name in "hc" else f"gate.{name}", layer, direction)
            got = [torch.zeros_like(one) if (slope := next(slopes)) is None else slope for one in each.made]
            values[key], grads[key] = over_time(each.used), over_time(got)
    share, inside = float(logs[output].detach().exp()), bool(getattr(module.layers[0].forwards, "seeds", False))
    return Gradients(
        asked.step, asked.first, output, share, float(loss.detach()), values, grads, inputs, found, inside
    )


def parts(found: Gradients, layer: int, direction: Direction, weights: str = "U") -> list[tuple[Array, Array]]:
    """What each step has to do with the gradient of a cell's weights: factors [T, G H] and [T, N] whose outer
    products add up to it, in pairs for its rows, from above; none where there are no such weights.

    a is the sum inside the gates' sigmoid or tanh. Of the input weights W: dL/da_t and x_t. Of the recurrent U:
    dL/da_t and the state before, h', but r h' for the n of the learning plan's GRU. Of the biases b, first torch's
    for the input and then those for the state: dL/da_t and 1.
    """
    for_x = np.concatenate(list(_deltas(found, layer, direction)), 1)
    for_h = np.concatenate(list(_deltas(found, layer, direction, bracketed=True)), 1)
    x, before = found.inputs[layer, direction], found.found[layer, direction]
    if weights == "W":
        return [(for_x, x)]
    if weights == "b":
        one = np.ones((len(x), 1))
        return [] if found.inside else [(for_x, one), (for_h, one)]
    if not found.inside:
        return [(for_h, before)]
    gates = 2 * before.shape[1]
    return [(for_h[:, :gates], before), (for_h[:, gates:], before * found.values[Key("gate.r", layer, direction)])]


def together(found: Gradients, layer: int, direction: Direction, weights: str = "U") -> Array:
    """||dL/dU||, or of W or b, as far as it has come together from the last step that matters back to t [T]."""
    back = slice(None, None, -1 if direction == "forward" else 1)
    pairs = [(delta[back], beside[back]) for delta, beside in parts(found, layer, direction, weights)]
    square = sum((_squares(*each) for each in pairs), np.zeros(len(found.found[layer, direction])))
    return np.asarray(np.sqrt(np.maximum(square[back], 0.0)))


def _squares(delta: Array, beside: Array) -> Array:
    """The square of ||sum_t d_t h_t'|| over ever more steps [T].

    It is the sum over all pairs of steps of (d_s d_t)(h_s h_t): far less work than the sums, but for few columns.
    """
    there = np.flatnonzero(delta.any(1))
    if not len(there):
        return np.zeros(len(delta))
    some = slice(there[0], there[-1] + 1)
    d, h = delta[some], beside[some]
    if h.shape[1] == 1:
        square = np.square((d * h).cumsum(0)).sum(1)
    else:
        square = ((d @ d.T) * (h @ h.T)).cumsum(0).cumsum(1).diagonal()
    return np.pad(np.pad(square, (some.start, 0)), (0, len(delta) - some.stop), "edge")


def _deltas(found: Gradients, layer: int, direction: Direction, bracketed: bool = False) -> Iterator[Array]:
    """dL/da of every gate [T, H], in the order of the weights; for torch's n, of r (U h' + b) or its brackets."""
    mine = [key for key in found.values if (key.layer, key.direction) == (layer, direction)]
    gates = [key for key in mine if key.name.startswith("gate.")] or [Key("h", layer, direction)]
    for key in gates:
        a, slope = found.values[key], found.grads[key]
        delta = slope * (1 - a * a if key.name in ("gate.g", "gate.n", "h") else a * (1 - a))
        within = bracketed and key.name == "gate.n" and not found.inside
        yield delta * found.values[Key("gate.r", layer, direction)] if within else delta


def highway(
    module: Any,
    x: NDArray[np.floating],
    step: int,
    layer: int = 1,
    placed: Sequence[Placed] = (),
    stopped: Callable[[], bool] = never,
) -> tuple[Array, Array]:
    """How much of each unit's memory c_t [T, H] an LSTM layer still holds at `step`, in two ways: dc_step/dc_t by
    autograd with the gates taken as given, and the product of the forget gates from t + 1 to `step`.

    Raises LookupError where the layer has no cell state, or an edit breaks the way along it; Stopped.
    """
    cell: Cell = module.layers[layer - 1].forwards
    if why := no_highway(cell, layer, placed):
        raise LookupError(why)
    asked = question(module, x, step, placed)
    with torch.enable_grad(), asked.acting.within(asked.first), _noting(module, stopped, given="ifgo") as seen:
        module(asked.x, torch.tensor([asked.x.shape[1]]), asked.state)
        c, f = seen[layer, "forward"]["c"].made, seen[layer, "forward"]["f"].used
        at = asked.step - asked.first
        found = torch.autograd.grad(c[at].sum(), c[: at + 1], allow_unused=True)
    slope, product = (np.zeros((-(-len(x) // int(module.stride)), cell.hidden)) for _ in range(2))
    there = slice(asked.first, asked.first + at + 1)
    slope[there] = torch.cat([one for one in found if one is not None]).numpy()
    after = torch.cat([*f[1 : at + 1], torch.ones_like(f[0])]).detach().numpy()
    product[there] = np.cumprod(after[::-1], 0)[::-1]
    return slope, product


def no_highway(cell: Cell, layer: int = 1, placed: Sequence[Placed] = ()) -> str:
    """Why no memory goes through the forget gates of a forward cell alone; empty where it does."""
    if cell.kind != "lstm":
        return f"the {cell.kind.upper()} has no cell state, which only an LSTM has"
    mine = [each.edit for each in placed if (each.layer, each.direction) == (layer, "forward")]
    broken = any(not edit.lasts or edit.name == "c" for edit in mine)
    return f"an edit puts another cell state into layer {layer}: no way leads through the gates alone" * broken


def rescale(module: Any, radius: float) -> None:
    """Scale every recurrent matrix (of an LSTM or GRU, each gate's own) to a spectral radius, in place."""
    with torch.no_grad():
        for _, _, cell in cells(module):
            for part in cell.core.weight_hh_l0.split(cell.hidden):
                greatest = float(torch.linalg.eigvals(part).abs().max())
                part *= radius / max(greatest, 1e-12)


def bound(module: Any, h: Array, layer: int, direction: Direction) -> Array:
    """The most that ||dL/dh_t|| can be of ||dL/dh_t+1|| in a plain RNN, for every t+1 [T]: ||U|| max(1 - h^2).

    The spectral norm times the steepest tanh, after Pascanu et al. 2013; for what reaches h_t through time alone.
    """
    cell = next(cell for *where, cell in cells(module) if where == [layer, direction])
    return _spectral(cell.core.weight_hh_l0) * np.asarray((1 - h * h).max(1), np.float64)


def limits(module: Any, found: Gradients) -> Array | None:
    """The most that ||dL/dh_t|| of all layers together can be, t [T], where layers of a plain RNN stand alone.

    From what the last layer has at the chosen step, every step back in time multiplies it by no more than
    ||U|| max(1 - h^2), and every layer down by ||W|| max(1 - h^2) of the one above. None where other ways are.
    """
    settings = module.settings
    alone = (settings.cell, settings.readout, settings.attention) == ("rnn", "frames", "none")
    if not alone or settings.bidirectional or settings.residual:
        return None
    steps, above, down = range(found.step, found.first - 1, -1), np.zeros(len(found.values[Key("h", 1)])), 1.0
    above[found.step] = np.linalg.norm(found.grads[Key("h", len(module.layers))][found.step])
    squares = np.zeros_like(above)
    for layer in range(len(module.layers), 0, -1):
        core, h = module.layers[layer - 1].forwards.core, found.values[Key("h", layer)]
        steepest, across = (1 - h * h).max(1), _spectral(core.weight_hh_l0)
        most, later = np.zeros_like(above), 0.0
        for t in steps:
            most[t] = later + down * above[t]
            later = across * steepest[t] * most[t]
        squares += most * most
        above, down = steepest * most, _spectral(core.weight_ih_l0)
    return np.asarray(np.sqrt(squares))


def _spectral(weight: Tensor) -> float:
    """The greatest factor by which a matrix lengthens a vector."""
    return float(torch.linalg.matrix_norm(weight.detach(), 2))


def horizon(norms: NDArray[np.floating], step: int, share: float = 0.01) -> int:
    """How many steps before `step` the earliest of norms [T] lies that is still `share` of the greatest."""
    there = np.flatnonzero(norms[: step + 1] >= share * norms.max())
    return int(step - there[0]) if len(there) and norms.max() > 0 else 0


def slope(norms: NDArray[np.floating], step: int) -> float:
    """What ln ||dL/dh|| grows by with every step back from `step`, by least squares: below 0, it fades."""
    back = np.asarray(norms[: step + 1], np.float64)[::-1]
    there = np.flatnonzero(back > 0)
    return float(np.polyfit(there, np.log(back[there]), 1)[0]) if len(there) > 1 else 0.0


class _Seen(NamedTuple):
    """One of a cell's values, step by step in its own order: as computed, and as used where an edit acts."""

    made: list[Tensor]
    used: list[Tensor]


@contextmanager
def _noting(module: Any, stopped: Callable[[], bool], given: str = "") -> Iterator[dict[Where, dict[str, _Seen]]]:
    """Every value of the cells, beneath the edits that act; no gradient goes through those of `given`.

    With a prime what a step comes upon: h', c', and as x' what it reads.
    Raises Stopped at the next step, there or back, once `stopped()`.
    """
    seen: dict[Where, dict[str, _Seen]] = {}
    before, hooks = [(cell, cell.edit) for *_, cell in cells(module)], list[Any]()

    def look(_: Any = None) -> None:
        if stopped():
            raise Stopped

    def noted(into: dict[str, _Seen], acting: Edits | None, t: int, name: str, value: Tensor) -> Tensor:
        value = value.detach() if name in given else value
        if given and name == "c" and not value.requires_grad:
            value.requires_grad_()  # the first: nothing leads to it
        if name == "h":
            look()
            if value.requires_grad:
                value.register_hook(look)
        changed = acting(t, name, value) if acting is not None else None
        used = value if changed is None else changed
        for series, each in zip(into.setdefault(name, _Seen([], [])), (value, used), strict=True):
            series.append(each)
        return used

    def read(into: dict[str, _Seen], _: Any, given: tuple[Any, ...]) -> None:
        steps = list(given[0].unbind(1))
        into["x'"] = _Seen(steps, steps)

    for layer, direction, cell in cells(module):
        into = seen.setdefault((layer, direction), {})
        cell.edit = partial(noted, into, cell.edit)
        hooks.append(cell.register_forward_pre_hook(partial(read, into)))
    try:
        yield seen
    finally:
        for cell, edit in before:
            cell.edit = edit
        for hook in hooks:
            hook.remove()
