"""Denoising: every denoiser that there is, by name or by file, and a whole sound through one of them."""

from __future__ import annotations

import contextlib
import functools
from pathlib import Path
from typing import TYPE_CHECKING

from engine import catalog, recipe
from engine.clip import Clip
from engine.denoisers.denoiser import DenoiserError
from engine.enhancer import Enhancer
from engine.limits import Options

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import ModuleType

    import numpy as np
    from numpy.typing import NDArray

    from engine.denoisers.denoiser import Denoiser

    Array = NDArray[np.float32]

FOLDER = "denoisers"
_OURS = "network"
_TASKS = ("denoise", "separate")
_ALSO = {"spectral_gate": "gate"}
"""Other names that people know a denoiser by."""
_BLOCK = 1.0  # seconds at once


def names() -> tuple[str, ...]:
    """All that are there by name, ours first."""
    return tuple(name for module in _modules() for name in module.names())


def ours() -> tuple[str, ...]:
    """Those of our own that are bundled."""
    return tuple(catalog.load(FOLDER, _OURS).names()) if _OURS in catalog.names(FOLDER) else ()


def default() -> str:
    """The one to be used where nobody chose: ours, or the Wiener filter where none of ours is there."""
    return next(iter(ours()), "wiener")


def title(source: str | Path) -> str:
    """What a denoiser is called where people choose. Raises DenoiserError."""
    source = _ALSO.get(str(source), source)
    module = _module(source)
    if str(source) in module.names():
        return str(module.TITLE) if len(module.names()) == 1 else f"{module.TITLE} {source}"
    return f"{Path(source).stem} ({module.TITLE})"


def build(source: str | Path) -> Denoiser:
    """One of the names, or what lies in a file or folder. Raises DenoiserError, with the way to get it."""
    source = _ALSO.get(str(source), source)
    built: Denoiser = _module(source).build(source)
    return built


def run(
    source: str | Path,
    sound: Array | Clip,
    rate: int,
    options: Options | None = None,
    told: Callable[[float], None] | None = None,
) -> Generator[Array, None, None]:
    """The denoised sound [n, channels], block by block: as long as `sound` [n, channels], aligned to the sample.

    Memory is bounded but for a denoiser that needs the whole sound; a clip is read as it goes. `told` hears the
    share that is done. Raises DenoiserError.
    """
    count, channels = (sound.frames, sound.channels) if isinstance(sound, Clip) else sound.shape
    enhancer = Enhancer([build(source) for _ in range(channels)], rate, options or Options())
    block = max(1, round(_BLOCK * rate))
    for start in range(0, count, block):
        stop = min(start + block, count)
        yield enhancer.push(sound.read(start, stop) if isinstance(sound, Clip) else sound[start:stop])
        enhancer.mask()  # nobody asks for it here
        if told is not None:
            told(stop / count)
    yield enhancer.flush()


@functools.cache
def _modules() -> tuple[ModuleType, ...]:
    found = sorted(catalog.names(FOLDER), key=lambda name: (name != _OURS, name))
    return tuple(catalog.load(FOLDER, name) for name in found)


def _module(source: str | Path) -> ModuleType:
    """The kind of a name, of a file, or the kind itself, which then says what it lacks."""
    path = Path(source)
    by_name = next((each for each in _modules() if str(source) in each.names()), None)
    if by_name is not None:
        return by_name
    if path.exists():
        by_file = next((each for each in _modules() if each.fits(path)), None)
        if by_file is None:
            raise DenoiserError(f"{path} is no denoiser that is known here; {_instead(path)}")
        return by_file
    if str(source) in catalog.names(FOLDER):
        return catalog.load(FOLDER, str(source))
    if str(source) in recipe.bundled() and recipe.read(source).task in _TASKS:
        raise DenoiserError(
            f"{source} is a recipe, and no network of it is bundled: `otoscope train {source} --out FOLDER` makes "
            f"one, FOLDER/best.safetensors; or choose {default()}"
        )
    raise DenoiserError(f"there is no denoiser {str(source)!r}; there are: {', '.join(names())}, or an ONNX file")


def _instead(path: Path) -> str:
    """What to name in place of a file or folder that is no denoiser."""
    inside = [str(file) for file in sorted(path.iterdir()) if _fits(file)] if path.is_dir() else []
    if inside:
        return f"name a file in it: {', '.join(inside)}"
    kinds = ", ".join(sorted(each.TITLE for each in _modules() if not each.names()))
    return f"files may be networks that learnt the task denoise, or of these kinds: {kinds}"


def _fits(path: Path) -> bool:
    """Whether a file is a denoiser of any kind; a broken one is none."""
    with contextlib.suppress(DenoiserError):
        return any(each.fits(path) for each in _modules())
    return False
