"""The gradient echo: what one output of a network depends on, back in time and over the features it hears."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import build, checkpoint, placing, stoppable
from engine.clip import Clip
from engine.events import Attributed, Decay, Echo
from engine.knob import Settings as Base
from engine.knob import knob
from engine.trace import Key, Series

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from numpy.typing import NDArray

    from engine.events import Traced
    from engine.memo import Memo
    from engine.network import Network
    from engine.placing import Placed
    from engine.surgery import Edit
    from engine.trace import Trace

HORIZON = 0.01
"""The share of the greatest norm down to which a gradient counts as memory."""
CELLS = ("rnn", "lstm", "gru")


@dataclass(frozen=True)
class Settings(Base):
    """What is asked of the gradients: a matter of looking, never of the network's own weights."""

    rescale: bool = knob(
        False, label="set radius", help="look at the network as if its recurrent weights had another radius"
    )
    radius: float = knob(
        1.0,
        0.5,
        1.5,
        step=0.01,
        label="spectral radius",
        help="of the recurrent weights, in an LSTM or GRU of each gate's: the greatest factor by which one step "
        "after the other can multiply a state. Below 1 gradients vanish, above they may explode",
    )
    method: str = knob(
        "integrated",
        choices=("integrated", "times input"),
        label="attribution",
        help="gradients along the path from an average sound, whose sum is what the sound adds to the log odds; "
        "or the one gradient of the sound as it is, times the features",
    )


@dataclass(frozen=True, eq=False)
class Asked:
    """An output of a network in what it did with a clip, at `time` on its clock; the likeliest if None.

    `edits` are those of that run.
    """

    network: Network
    traced: Traced
    time: float
    output: int | None
    settings: Settings
    edits: tuple[Edit, ...] = ()

    @property
    def states(self) -> Series:
        """Raises LookupError where the network has none."""
        return _states(self.traced.trace)

    @property
    def features(self) -> NDArray[np.float32]:
        return _features(self.network, self.traced.trace)

    @property
    def placed(self) -> list[Placed]:
        """The edits that act."""
        h, start = self.states, self.traced.trace.start
        clock = placing.Clock(h.first, h.rate, start, self.traced.scale)
        return placing.fitting(self.edits, self.network.settings, clock, len(h.values))[0]

    @property
    def step(self) -> int:
        start = self.traced.trace.start
        return self.states.frame(start + (self.time - start) * self.traced.scale)

    def word(self, output: int) -> str:
        return self.network.vocabulary[output] or "blank"


def echo(asked: Asked, memo: Memo, widely: bool = False) -> Generator[Echo | None, Any, None]:
    """Yields one Echo; `widely` with an RNN, an LSTM and a GRU of the same task and size beside it.

    Raises LookupError where the network has no states, WeightsError.
    """
    from engine.probes import gradient

    x, step, rate, first, placed = asked.features, asked.step, asked.states.rate, asked.states.first, asked.placed
    module = _module(asked.network, asked.settings, memo)
    yield None
    found = yield from stoppable.run(gradient.backward, module, x, step, asked.output, placed)
    yield None
    series = {}
    for key, each in found.grads.items():
        if key.name in "hc":
            series[Key(f"grad.{key.name}", key.layer, key.direction)] = _norms(each)
    for layer, direction, _ in gradient.cells(module):
        for weights in "WU" if found.inside else "WUb":
            yield None
            norms = gradient.together(found, layer, direction, weights)
            series[Key(f"grad.{weights}", layer, direction)] = norms / max(norms.max(), 1e-300)
    made = {key: Series(each[:, None].astype(np.float32), rate, first, "norm") for key, each in series.items()}
    decay = _decay(asked.network, module, found, rate, placed)
    others, highway, why = [], None, ""
    if widely:
        for other in alike(asked.network):
            yield None
            same = other.id == asked.network.id
            net = _module(other, asked.settings, memo)
            seen = found
            if not same:
                seen = yield from stoppable.run(gradient.backward, net, x, found.step, found.output)
            others.append(decay if same else _decay(other, net, seen, rate))
        yield None
        why = gradient.no_highway(module.layers[0].forwards, placed=placed)
        if not why:
            slope, product = yield from stoppable.run(gradient.highway, module, x, found.step, 1, placed)
            back = slice(found.step, None if not found.first else found.first - 1, -1)
            highway = (slope[back].mean(1), product[back].mean(1))
    yield Echo(
        asked.traced.trace.clip_id,
        asked.network.id,
        MappingProxyType(made),
        asked.states.time(found.step),
        asked.word(found.output),
        found.share,
        decay,
        tuple(others),
        highway,
        why,
        bool(placed),
    )


def tensors(network: Network, trace: Trace, step: int) -> tuple[dict[Key, Series], dict[str, Any]]:
    """dL/dh_t and dL/dc_t [T, H] of an output step by layer and direction; and its class, loss and horizon.

    Raises LookupError where there is no such step, or the network has no states.
    """
    from engine.probes import gradient

    h = _states(trace)
    if not 0 <= step < len(h.values):
        raise LookupError(f"there are {len(h.values)} frames, 0 to {len(h.values) - 1}")
    module = gradient.doubled(_built(network))
    found = gradient.backward(module, _features(network, trace), step)
    grads: Mapping[Key, Any] = found.grads  # float64: what has vanished is less than float32 can hold
    series = {
        Key(f"grad.{key.name}", key.layer, key.direction): Series(each, h.rate, h.first)
        for key, each in grads.items()
        if key.name in "hc"
    }
    decay = _decay(network, module, found, h.rate)
    said = {"frame": found.step, "output": network.vocabulary[found.output] or "blank", "probability": found.share}
    said |= {"loss": found.loss, "memory horizon in s": decay.horizon, "slope of ln": decay.slope}
    return series, said


def attribution(asked: Asked, memo: Memo) -> Generator[Attributed | None, Any, None]:
    """Yields one Attributed. Raises LookupError where the network has no states, WeightsError."""
    from engine.probes import attribution as by

    key = ("plain", asked.network.id)
    module = memo.get(key)
    if module is None:
        module = _built(asked.network)
        memo.put(key, module, 4 * sum(each.numel() for each in module.parameters()))
    x, step, placed = asked.features, asked.step, asked.placed
    yield None
    if asked.settings.method == "integrated":
        found = yield from by.integrated(module, x, step, asked.output, placed)
    else:
        found = by.gradient_times_input(module, x, step, asked.output, placed)
    heard = asked.traced.trace.series[Key("features")]
    values = np.zeros_like(heard.values)
    values[: len(x)] = found.values
    yield Attributed(
        asked.traced.trace.clip_id,
        asked.network.id,
        Series(values, heard.rate, heard.first, heard.axis, heard.rows, unit="nats"),
        asked.states.time(found.step),
        asked.word(found.output),
        found.share,
        found.gain,
        found.error,
        asked.settings.method,
        bool(placed),
    )


def _states(trace: Trace) -> Series:
    keys = trace.find("h")
    if not keys:
        raise LookupError("the chosen network has no recurrent layer; choose an RNN, LSTM or GRU")
    return trace.series[keys[0]]


def _features(network: Network, trace: Trace) -> NDArray[np.float32]:
    """What the network heard [T, F], without padding."""
    steps, stack = len(_states(trace).values), build.stride(network.model, network.settings)
    return trace.series[Key("features")].values[: steps * stack]


def alike(network: Network) -> tuple[Network, ...]:
    """An RNN, an LSTM and a GRU of the same task, front end and size: the network itself, bundled or untrained.

    Of a model that has one kind of cell, the network alone.
    """
    if "cell" not in network.settings.to_dict():
        return (network,)
    found = []
    for cell in CELLS:
        other = checkpoint.with_settings(network, network.settings.but(cell=cell))
        if other.frontend == network.frontend and other.vocabulary == network.vocabulary:
            found.append(other)
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Weighed:
    """The source of a clip as an output remembers it: each moment as loud as the gradient there, float32 [n, 1].

    `weights` [T] from 0 to 1, the first at `first` seconds of the sound, `pace` of them a second.
    """

    sound: Clip
    weights: NDArray[np.float64]
    first: float
    pace: float

    @property
    def rate(self) -> int:
        return self.sound.rate

    @property
    def channels(self) -> int:
        return self.sound.channels

    @property
    def frames(self) -> int:
        return self.sound.frames

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        part = self.sound.read(start, stop)
        at = (np.arange(start, start + len(part)) / self.rate - self.first) * self.pace
        gains = np.interp(at, np.arange(len(self.weights)), self.weights, 0.0, 0.0)
        return (part * gains[:, None]).astype(np.float32)


def heard(found: Echo, traced: Traced) -> Clip:
    """The processed sound, as loud at every moment as the states there matter to the output."""
    norms = total(found.series)
    series = next(iter(found.series.values()))
    greatest = float(norms.max()) or 1.0
    # A norm falls by powers of ten: its fourth root is what can be heard of it, -10 dB for -40.
    source = Weighed(traced.sound, (norms / greatest) ** 0.25, series.first - traced.trace.start, series.rate)
    return Clip(source, f"{traced.sound.id}-echo-{found.time:.4f}-{found.output}", f"{traced.sound.name} echo")


def total(series: Any) -> NDArray[np.float64]:
    """||dL/dh_t|| [T] of the states of all layers and directions together."""
    parts = [each.values for key, each in series.items() if key.name == "grad.h"]
    return np.linalg.norm(np.concatenate(parts, 1, dtype=np.float64), axis=1)


def _built(network: Network) -> Any:
    """The network as a module that knows whether its classes exclude each other: gradients ask by that."""
    module = build.build(network)
    module.apart = bool(getattr(build.task_of(network), "apart", False))
    return module


def _module(network: Network, settings: Settings, memo: Memo) -> Any:
    """The network as gradients need it, with the radius that is asked for. The last few are kept."""
    from engine.probes import gradient

    radius = settings.radius if settings.rescale else None
    key = ("doubled", network.id, radius)
    module = memo.get(key)
    if module is None:
        module = gradient.doubled(_built(network))
        if radius is not None:
            gradient.rescale(module, radius)
        memo.put(key, module, 8 * sum(each.numel() for each in module.parameters()))
    return module


def _norms(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.linalg.norm(values, axis=1)


def _decay(network: Network, module: Any, found: Any, rate: float, placed: Sequence[Placed] = ()) -> Decay:
    """How the gradient of all layers' states fades back from the chosen step. Edits are beyond what bounds it."""
    from engine.probes import gradient

    forward = {key.layer: _norms(each) for key, each in found.grads.items() if key == Key("h", key.layer)}
    layers = np.stack([forward[layer] for layer in sorted(forward)])
    norms = np.linalg.norm(layers, axis=0)
    back = slice(found.step, None if not found.first else found.first - 1, -1)
    steps = gradient.horizon(norms, found.step, HORIZON)
    kind = module.layers[0].forwards.kind
    bound, limits = 0.0, None
    if kind == "rnn" and not placed:
        top = found.values[Key("h", len(module.layers))][found.first : found.step + 1]
        bound = float(gradient.bound(module, top, len(module.layers), "forward").max())
        limits = gradient.limits(module, found)
    return Decay(
        network.name if network.trained else f"untrained {kind}",
        kind,
        norms[back],
        rate,
        steps / rate,
        steps < found.step - found.first,
        gradient.slope(norms[found.first :], found.step - found.first),
        layers[:, back],
        bound,
        None if limits is None else limits[back],
    )
