"""Moonshine: English speech of any words, offline, by the small model inside its package's wheel."""

from __future__ import annotations

import ctypes
import functools
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.recognisers.recogniser import Recogniser, RecogniserError
from engine.spreading import spread
from engine.stretches import stretches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.recognisers.recogniser import Word

    Array = NDArray[np.float32]

TITLE = "Moonshine"
NAME = "moonshine"
_GET = 'pip install "moonshine-voice==0.1.0" (Linux with glibc 2.34, Windows, macOS 15 on Apple silicon)'
_FILES = ("encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin")
_TINY, _BASE = 0, 1  # what the package calls the kinds of networks
_LARGE = 60e6
"""Bytes of a decoder that is not the tiny one's."""
_LONGEST = 20.0
"""Seconds that are read at once: the network learnt from stretches of up to half a minute."""


def names() -> Sequence[str]:
    """The tiny model, where the package is there."""
    return (NAME,) if _bundled() is not None else ()


def absent() -> str:
    return "" if names() else f"the package with the model is not here: {_GET}"


def fits(path: Path) -> bool:
    """Whether a folder holds a model: encoder, decoder and tokenizer under their usual names."""
    return path.is_dir() and all((path / name).is_file() for name in _FILES)


def build(source: str | Path) -> Recogniser:
    """The tiny model, or that of a folder. Raises RecogniserError."""
    folder = _bundled() if str(source) == NAME else Path(source)
    if folder is None or importlib.util.find_spec("moonshine_voice") is None:
        raise RecogniserError(f"{source}: the package moonshine-voice is not here: {_GET}")
    if not fits(folder):
        raise RecogniserError(f"{source} holds no model of Moonshine: {', '.join(_FILES)}")
    return _Moonshine(NAME if str(source) == NAME else folder.name, folder)


@functools.cache
def _bundled() -> Path | None:
    """The folder of the model inside the package, which is not imported for it."""
    found = importlib.util.find_spec("moonshine_voice")
    folder = Path(found.origin).parent / "assets" / "tiny-en" if found is not None and found.origin else None
    return folder if folder is not None and fits(folder) else None


class _Moonshine:
    """Gives no times of words in this release, and no confidence: the times are spread (engine/spreading.py)."""

    rate = 16_000

    def __init__(self, name: str, folder: Path) -> None:
        from moonshine_voice import ModelArch, MoonshineError, Transcriber

        self.name = name
        kind = _BASE if (folder / _FILES[1]).stat().st_size > _LARGE else _TINY
        # Who calls has told speech from pauses already; what its own ear cuts off was heard wrongly oftener.
        options = {"vad_threshold": "0.0", "return_audio_data": "false"}
        try:
            self._reader: Any = Transcriber(str(folder), ModelArch(kind), options=options)
        except (MoonshineError, OSError) as error:
            raise RecogniserError(f"{folder}: {error}; get the model again") from error

    def read(self, sound: Array) -> tuple[Word, ...]:
        return tuple(
            word
            for start, piece in stretches(sound, self.rate, _LONGEST)
            for word in spread(self._text(piece), piece, self.rate, start)
        )

    def _text(self, sound: Array) -> str:
        from moonshine_voice.errors import MoonshineError, check_error
        from moonshine_voice.moonshine_api import TranscriptC

        # As its transcribe_without_streaming does, which takes a list: that would hold up all other threads.
        heard = np.ascontiguousarray(sound, np.float32)
        pointer, found = heard.ctypes.data_as(ctypes.POINTER(ctypes.c_float)), ctypes.POINTER(TranscriptC)()
        try:
            check_error(
                self._reader._lib.moonshine_transcribe_without_streaming(
                    self._reader._handle, pointer, len(heard), self.rate, 0, ctypes.byref(found)
                )
            )
            lines = self._reader._parse_transcript(found).lines
        except MoonshineError as error:
            raise RecogniserError(f"{self.name} could not read {len(sound) / self.rate:.1f} s: {error}") from error
        return " ".join(line.text for line in lines)
