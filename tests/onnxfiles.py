"""Tiny ONNX files, laid out as the denoisers of others are: a memory changes what each of them does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnx.numpy_helper
import onnx.parser

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = '<ir_version: 8, opset_import: ["" : 17]>'


def write(path: Path, text: str, weights: dict[str, np.ndarray] | None = None) -> Path:
    """A model in ONNX's own notation, with its weights."""
    model = onnx.parser.parse_model(_HEAD + text)
    tensors = [onnx.numpy_helper.from_array(value, name) for name, value in (weights or {}).items()]
    model.graph.initializer.extend(tensors)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path


def stepped(path: Path) -> Path:
    """The spectrum times 1 / (1 + c), where c follows its mean magnitude: as GTCRN is fed."""
    text = """spectral (float[1,257,1,2] x, float[1,1,1,1] cache)
        => (float[1,257,1,2] y, float[1,1,1,1] cache_out) {
        level = Abs(x) mean = ReduceMean<axes = [1, 3], keepdims = 1>(level)
        slow = Constant<value_float = 0.9>() quick = Constant<value_float = 0.1>()
        one = Constant<value_float = 1.0>()
        old = Mul(cache, slow) new = Mul(mean, quick) cache_out = Add(old, new)
        below = Add(cache_out, one) y = Div(x, below)
    }"""
    return write(path, text)


def wave(path: Path) -> Path:
    """The first half of each frame times 1 / (1 + c), where c follows the mean of all of it: as FastEnhancer."""
    text = """wave (float[1,512] x, float[1,1] cache) => (float[1,256] y, float[1,1] cache_out) {
        level = Abs(x) mean = ReduceMean<axes = [1], keepdims = 1>(level)
        slow = Constant<value_float = 0.9>() old = Mul(cache, slow) cache_out = Add(old, mean)
        one = Constant<value_float = 1.0>() below = Add(cache_out, one)
        from = Constant<value_ints = [0]>() to = Constant<value_ints = [256]>() axis = Constant<value_ints = [1]>()
        half = Slice(x, from, to, axis) y = Div(half, below)
    }"""
    return write(path, text)


def dtln(folder: Path) -> Path:
    """A mask of 1 / (1 + s) with a state that grows with the level; then a quarter of it, for four overlap."""
    folder.mkdir(exist_ok=True)
    first = """first (float[1,1,257] x, float[1,2,8,2] s) => (float[1,1,257] y, float[1,2,8,2] s_out) {
        mean = ReduceMean<axes = [1, 2], keepdims = 0>(x)
        slow = Constant<value_float = 0.9>() old = Mul(s, slow) s_out = Add(old, mean)
        all = ReduceMean<axes = [1, 2, 3], keepdims = 0>(s_out)
        zero = Constant<value_float = 0.0>() one = Constant<value_float = 1.0>()
        none = Mul(x, zero) ones = Add(none, one) below = Add(all, one) y = Div(ones, below)
    }"""
    second = """second (float[1,1,512] x, float[1,2,8,2] s) => (float[1,1,512] y, float[1,2,8,2] s_out) {
        quarter = Constant<value_float = 0.25>() y = Mul(x, quarter) s_out = Identity(s)
    }"""
    write(folder / "a.onnx", second)
    write(folder / "b.onnx", first)
    return folder


def nsnet2(path: Path, hidden: int = 12) -> Path:
    """A GRU between two layers, made for whole sounds: no states go in."""
    rng = np.random.default_rng(0)

    def drawn(*shape: int) -> np.ndarray:
        return (rng.standard_normal(shape) / np.sqrt(shape[-1])).astype(np.float32)

    text = f"""nsnet2 (float[batch,frames,161] x) => (float[batch,frames,161] y) {{
        narrow = MatMul(x, into) first = Transpose<perm = [1, 0, 2]>(narrow)
        all, last = GRU<hidden_size = {hidden}, linear_before_reset = 1>(first, w, r, b)
        flat = Squeeze(all, axis) back = Transpose<perm = [1, 0, 2]>(flat)
        wide = MatMul(back, out) y = Sigmoid(wide)
    }}"""
    weights = {
        "into": drawn(161, 20), "w": drawn(1, 3 * hidden, 20), "r": drawn(1, 3 * hidden, hidden),
        "b": drawn(1, 6 * hidden), "out": 4 * drawn(hidden, 161), "axis": np.array([1]),
    }  # fmt: skip
    return write(path, text, weights)


def exported(path: Path) -> Path:
    """A network of ours."""
    from engine import onnxport
    from tests.denoisers.test_exported import network

    return onnxport.export(network("magnitude"), path).path


EACH = {"exported": exported, "stepped": stepped, "wave": wave, "dtln": dtln, "nsnet2": nsnet2}
"""By the kind of file, what writes one to a path (a folder for dtln)."""


def make(kind: str, folder: Path) -> Path:
    """A file (or folder) of a kind, in a folder that is there."""
    return EACH[kind](folder / ("dtln" if kind == "dtln" else f"{kind}.onnx"))
