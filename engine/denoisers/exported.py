"""Exported network: a denoiser of ours that was written as an ONNX file, with its state outside."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine import enhance, netwise, onnxfile
from engine.denoisers.denoiser import DenoiserError
from engine.ported import KEY, Ported

if TYPE_CHECKING:
    from engine.denoisers.denoiser import Denoiser

TITLE = "Exported network"


def names() -> tuple[str, ...]:
    return ()


def fits(path: Path) -> bool:
    """Whether a file is ONNX with our metadata, whatever network is in it."""
    if onnxfile.layout(path) is None:
        return False
    return KEY in onnxfile.load(path).get_modelmeta().custom_metadata_map


def build(source: str | Path) -> Denoiser:
    """Raises DenoiserError."""
    step = Ported(Path(source))
    if step.said["domain"] not in enhance.DOMAINS:
        raise DenoiserError(
            f"{source} holds a network of the task {step.said['task']}, which takes no noise out of sound; "
            "export one of the task denoise"
        )
    return netwise.of(step.said["domain"], step, step.said["parameters"])
