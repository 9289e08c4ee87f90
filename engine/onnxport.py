"""Writes a network as an ONNX file: a step over frames, with its state as named inputs and outputs.

    frames [1, T, F], the state  ->  logits [1, T', C], the state after the last frame        (any T)
    sound [1, (T - 1) hop + win], the state  ->  the same, with the front end in the file

The state is zeros before the first frame; what comes out as `NAME.next` goes in as NAME with the frames that
follow. What else a program needs to use the file stands in its metadata (engine/ported.py reads it).
"""

from __future__ import annotations

import dataclasses
import io
import json
import logging
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import build, catalog, checkpoint, evaluate, halves, links, pacing
from engine.ported import KEY, NEXT, Ported
from engine.replacing import replacing
from engine.stages.stage import Format
from engine.stepper import why

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.network import Network

FORMAT = 1
PARITY = 1e-4
"""The most that the file's answers may differ from the network's, for float weights."""
_OPSET = 17
_WORTH = 64  # numbers in a matrix from which on 16 bits are worth a cast
_FRAMES = (1, 7, 2, 31, 16)
"""The blocks, in steps, in which a written file is compared with the network."""


class PortError(ValueError):
    """A network or a place that cannot be written; the message says why and what to do."""


@dataclasses.dataclass(frozen=True)
class Written:
    """A file that was written, and the greatest difference of its answers from the network's, and their size."""

    path: Path
    size: int
    difference: float
    scale: float


def export(
    network: Network, path: str | Path, int8: bool = False, half: bool = False, sound: bool = False
) -> Written:
    """Write a network that can run live. Raises PortError.

    `sound`: the file takes sound and makes the features itself, from log-mel on to fixed statistics.
    `int8`: weights of LSTMs and matrix products as 8-bit integers, what flows between them rounded as it comes.
    `half`: weights stored in 16 bits, and computed with in 32, which is all that processors are quick at.
    """
    path = Path(path)
    network = _torch_one(network)
    _check(network, path, sound)
    made = _traced(network, sound)
    text = json.dumps(_described(network, made, int8), ensure_ascii=False)
    with tempfile.TemporaryDirectory() as folder:
        file = _finished(made, text, int8, half, Path(folder))
        difference, scale = _compared(network, Ported(file))
        if not (int8 or half) and difference > PARITY * max(1.0, scale):
            raise PortError(f"{network.name}: as ONNX it would answer otherwise, by {difference:.2g}; not written")
        try:
            with replacing(path) as part:
                part.write_bytes(file.read_bytes())
        except OSError as error:
            raise PortError(f"cannot write {path}: {error.strerror or error}; choose another place") from error
    return Written(path, path.stat().st_size, difference, scale)


def _torch_one(network: Network) -> Network:
    """A network from scratch as the one with torch's kernels that has the same weights and answers."""
    if network.model != "scratch":
        return network
    if network.kind == "gru-seed":
        raise PortError(
            f"{network.name} has the GRU of the learning plan, which ONNX does not know; export one with torch's"
        )
    shape = {each: getattr(network.settings, each) for each in ("cell", "hidden", "layers", "bidirectional")}
    kind = catalog.load("models", "recurrent").Settings
    return dataclasses.replace(network, model="recurrent", settings=kind(**shape))


def _check(network: Network, path: Path, sound: bool) -> None:
    if path.suffix.lower() != ".onnx":
        raise PortError(f"{path}: a network is exported as ONNX; give the file the ending .onnx")
    if not path.parent.is_dir():
        raise PortError(f"{path}: there is no folder {path.parent}; make it first")
    if network.weights is None:
        raise PortError(f"{network.name} is untrained: there is nothing to export yet; train it first")
    if not network.live:
        raise PortError(f"{network.name} needs the whole future: {why(network)}; export a causal network")
    module = build.build(network)
    waits = getattr(module, "waits", False) and module.lookahead > 0
    if waits or module.lookahead >= pacing.block(module):
        late = "answers them later" if waits else "has no state from step to step"
        raise PortError(
            f"{network.name} hears {module.lookahead} frames ahead and {late}, while a file answers what it is "
            "given; export one that looks no further than its step or chunk: recurrent, a CRNN, a Conformer in "
            "chunks, Deep Speech with a context of 0"
        )
    if sound:
        from engine import listening

        if why_not := listening.trouble(network.frontend):
            raise PortError(f"{network.name} cannot take sound: {why_not}; export it without --sound")


def _traced(network: Network, sound: bool) -> Any:
    """The ONNX model, without metadata."""
    try:
        import onnx
    except ImportError as error:
        raise PortError("to export, onnx is needed: `pip install onnx`, then try again") from error
    import torch

    from engine import listening, spelled

    module, ear = build.build(network), None
    spelled.spell(module)
    begin = module.init_state(1)
    state = tuple(_leaves(begin))
    if not state or any(bool(each.any()) for each in state):
        raise PortError(f"{network.name} keeps no state that begins with zeros, so it has no steps to export")
    names = _names(begin, getattr(module, "kept", "attention"), getattr(module, "parts", "hc"))
    first, example = "frames", torch.zeros(1, 2 * pacing.block(module), network.inputs)
    if sound:
        ear = listening.Listening(network.frontend, build.task_of(network).rate)
        first, example = "sound", torch.zeros(1, (2 * pacing.block(module) - 1) * ear.hop + ear.win)
    out: Any = io.BytesIO()
    try:
        with warnings.catch_warnings(), torch.no_grad():
            # The exporter warns of every shape that it takes as fixed; `_compared` tries others.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                _step(module, ear),
                (example, *state),
                out,
                input_names=[first, *names],
                output_names=["logits", *(f"{name}{NEXT}" for name in names)],
                dynamic_axes={
                    first: {1: "n" if sound else "T"},
                    "logits": {1: "T_out" if sound or module.stride > 1 else "T"},
                },
                opset_version=_OPSET,
                dynamo=False,
            )
    except torch.onnx.errors.OnnxExporterError as error:
        reason = str(error).splitlines()[0][:160]
        raise PortError(f"{network.name} does something that ONNX does not know ({reason})") from error
    made = onnx.load_from_string(out.getvalue())
    _fix(made, [1, None, len(network.vocabulary)], [list(each.shape) for each in state])
    return made


def _step(module: Any, ear: Any) -> Any:
    from torch import Tensor, full, int64, nn

    class Step(nn.Module):
        """The network over frames, with every tensor of its state by itself."""

        def __init__(self) -> None:
            super().__init__()
            self.ear, self.network = ear, module

        def forward(self, given: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
            frames = given if self.ear is None else self.ear(given)
            whole = _nested(self.network.init_state(1), iter(state))
            y, _, after = self.network(frames, full((1,), frames.shape[1], dtype=int64), whole)
            return y, *_leaves(after)

    return Step().eval()


def _names(state: Any, kept: str, parts: Sequence[str]) -> list[str]:
    """What the tensors of a state are called: of layers layer1.h, layer1.c, ..., and of all else kept1, ..."""
    count, found = len(list(_leaves(state))), list[str]()
    if isinstance(state, tuple) and len(state) == 2 and isinstance(state[0], tuple):
        layers: Any = state[0]
        found = [
            f"layer{k}.{name}" for k, each in enumerate(layers, 1) for name, _ in zip(parts, each, strict=False)
        ]
        found += [f"{kept}{k}" for k, _ in enumerate(_leaves(state[1]), 1)]
    return found if len(found) == count else [f"state{k + 1}" for k in range(count)]


def _fix(made: Any, answers: list[int | None], state: list[list[int]]) -> None:
    """Sizes that do not change, of which the exporter was not sure."""
    shapes: list[Any] = [answers, *state]
    for value, shape in zip(made.graph.output, shapes, strict=True):
        for dimension, size in zip(value.type.tensor_type.shape.dim, shape, strict=True):
            if size is not None:
                dimension.dim_value = size


def _described(network: Network, made: Any, int8: bool) -> dict[str, Any]:
    """What stands in the file, in plain values: all that a checkpoint says, and how to feed the network."""
    task, module = build.task_of(network), build.build(network)
    output = links.Chain(task.frontend, Format(task.rate)).output
    transform = next((each for each in network.frontend if links.role(each) == "transform"), None)
    inputs = [each.name for each in made.graph.input]
    return {
        "format": FORMAT,
        **checkpoint.describe(network),
        "parameters": sum(each.size for each in (network.weights or {}).values()),
        "rate": round(task.rate),
        "window": getattr(getattr(transform, "settings", None), "win", halves.WIN),
        "hop": round(task.rate / output.rate),
        "domain": getattr(network.task_settings, "domain", None),
        "stride": build.stride(network.model, network.settings),
        "block": pacing.block(module),
        "ahead": module.lookahead,
        "int8": int8,
        "input": inputs[0],
        "states": inputs[1:],
    }


def _finished(made: Any, text: str, int8: bool, half: bool, folder: Path) -> Path:
    """The file of the model with its metadata, rounded if so wished."""
    import onnx

    if half:
        _halve(made)
    if int8:
        made = _rounded(made, folder)
    onnx.helper.set_model_props(made, {KEY: text})
    made.producer_name = "otoscope"
    onnx.checker.check_model(made)
    onnx.save(made, folder / "made.onnx")
    return folder / "made.onnx"


def _rounded(made: Any, folder: Path) -> Any:
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    onnx.save(made, folder / "float.onnx")
    before = logging.root.level
    logging.root.setLevel(logging.ERROR)  # it advises a step that networks of this size do without
    try:
        # The front end tells sounds of one loudness from those of a millionth of it: it stays float.
        ear = [node.name for node in made.graph.node if node.name.startswith("/ear/")]
        quantize_dynamic(
            folder / "float.onnx", folder / "int8.onnx", weight_type=QuantType.QInt8, nodes_to_exclude=ear
        )
    finally:
        logging.root.setLevel(before)
    return onnx.load(folder / "int8.onnx")


def _halve(made: Any) -> None:
    """Every matrix of weights in 16 bits, with a cast behind it."""
    from onnx import TensorProto, helper, numpy_helper

    casts = []
    for each in made.graph.initializer:
        values = numpy_helper.to_array(each)
        if each.data_type == TensorProto.FLOAT and values.size >= _WORTH:
            name, kept = each.name, f"{each.name}.half"
            each.CopyFrom(numpy_helper.from_array(values.astype(np.float16), kept))
            casts.append(helper.make_node("Cast", [kept], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *made.graph.node]
    del made.graph.node[:]
    made.graph.node.extend(nodes)


def _compared(network: Network, found: Ported) -> tuple[float, float]:
    """The greatest difference of the answers to noise, in blocks that are carried on, and the greatest answer."""
    import torch

    module = build.build(network)
    ends = np.cumsum(_FRAMES) * pacing.block(module)
    given = heard = np.random.default_rng(0).standard_normal((ends[-1], network.inputs)).astype(np.float32)
    if found.sound:
        ends *= int(found.said["hop"])
        # Noise that fades from full scale to near nothing: all levels that a front end meets.
        given = np.random.default_rng(0).standard_normal(ends[-1]).astype(np.float32)
        given *= np.geomspace(0.3, 1e-5, len(given), dtype=np.float32)
        heard = evaluate.features(network, given)
        heard = heard[: len(heard) // found.block * found.block]
    with torch.no_grad():
        wanted = module(torch.from_numpy(heard)[None], torch.tensor([len(heard)]))[0][0].numpy()
    got = np.concatenate([*map(found.push, np.split(given, ends[:-1])), found.flush()])
    return float(np.abs(got - wanted).max()), float(np.abs(wanted).max())


def _leaves(state: Any) -> Iterator[Any]:
    """The tensors of a nested state, in order."""
    if isinstance(state, tuple | list):
        for each in state:
            yield from _leaves(each)
    elif state is not None:
        yield state


def _nested(like: Any, tensors: Iterator[Any]) -> Any:
    """The tensors in the shape of another nested state."""
    if isinstance(like, tuple | list):
        return tuple(_nested(each, tensors) for each in like)
    return None if like is None else next(tensors)
