"""Whisper (arXiv:2212.04356) through faster-whisper, from a folder of weights in CTranslate2's form."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.recognisers.recogniser import Recogniser, RecogniserError, Word
from engine.stretches import stretches

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

TITLE = "Whisper"
EXTRA = "recognisers"
_SIZES = ("tiny.en", "base.en", "small.en", "tiny", "base", "small", "medium", "large-v3")
_PACKAGE = 'the package faster-whisper is not here: pip install "otoscope[recognisers]"'
_WEIGHTS = (
    "no weights of Whisper are here: name a folder with its model.bin (CTranslate2), as --recogniser "
    "./faster-whisper-tiny.en"
)
_LONGEST = 30.0
"""Seconds of the window that the network was made for."""
_ABSENT = 0.6
"""The probability of no speech above which a stretch counts as silence, however sure its text; the network's own
program lets through what is sure."""


def names() -> Sequence[str]:
    """Those sizes whose weights lie in the cache of the package."""
    if importlib.util.find_spec("faster_whisper") is None:
        return ()
    return tuple(f"whisper-{size}" for size in _SIZES if _cached(size) is not None)


def absent() -> str:
    if importlib.util.find_spec("faster_whisper") is None:
        return _PACKAGE
    return "" if names() else _WEIGHTS


def fits(path: Path) -> bool:
    """Whether a folder holds weights of Whisper: model.bin with its vocabulary and configuration."""
    wanted = ("model.bin", "config.json")
    return path.is_dir() and all((path / name).is_file() for name in wanted) and any(path.glob("vocabulary.*"))


def build(source: str | Path) -> Recogniser:
    """A size from the cache, or a folder. Raises RecogniserError."""
    if importlib.util.find_spec("faster_whisper") is None:
        raise RecogniserError(f"{source}: {_PACKAGE}")
    size = str(source).removeprefix("whisper-")
    folder = _cached(size) if str(source) in names() else Path(source)
    if folder is None or not fits(folder):
        raise RecogniserError(f"{source}: {_WEIGHTS}")
    return _Whisper(str(source) if str(source) in names() else folder.name, folder)


def _cached(size: str) -> Path | None:
    """Where the hub's client has put a size."""
    home = (
        os.environ.get("HF_HUB_CACHE")
        or Path(os.environ.get("HF_HOME") or Path.home() / ".cache/huggingface") / "hub"
    )
    found = sorted(Path(home).glob(f"models--Systran--faster-whisper-{size}/snapshots/*"))
    return next((each for each in reversed(found) if fits(each)), None)


class _Whisper:
    """Its word times are read from attention; its confidence is the words' probability."""

    rate = 16_000

    def __init__(self, name: str, folder: Path, width: int = 5) -> None:
        from faster_whisper import WhisperModel

        self.name = name
        self.language = ""
        """A tag of BCP 47; "": the network finds out by itself."""
        self._width = width
        try:
            self._model: Any = WhisperModel(str(folder), device="cpu", compute_type="int8", local_files_only=True)
        except (OSError, RuntimeError, ValueError) as error:
            raise RecogniserError(f"{folder}: {error}; get the weights again") from error
        self.no_speech: tuple[tuple[float, float, float], ...] = ()
        """Of what was last read: from, to, in seconds, and the probability that nobody spoke there."""

    def cheaper(self) -> Recogniser | None:
        """The same weights without a beam."""
        if self._width == 1:
            return None
        other = object.__new__(_Whisper)
        other.__dict__ |= {**self.__dict__, "_width": 1}
        return other

    def read(self, sound: Array) -> tuple[Word, ...]:
        self.no_speech = ()
        return tuple(
            word for start, piece in stretches(sound, self.rate, _LONGEST) for word in self._words(piece, start)
        )

    def _words(self, sound: Array, start: float) -> list[Word]:
        spoken = self.language.partition("-")[0] or None
        try:
            parts, _ = self._model.transcribe(
                sound,
                language=spoken,
                beam_size=self._width,
                word_timestamps=True,
                condition_on_previous_text=False,
                temperature=0.0,
            )
        except ValueError as error:
            if spoken is None:
                raise
            raise RecogniserError(
                f"{self.name} knows no language {self.language!r}; name one of its (--language, or Edit > Labels)"
            ) from error
        found: list[Word] = []
        end = start + len(sound) / self.rate
        for part in parts:
            self.no_speech += ((start + part.start, start + part.end, float(part.no_speech_prob)),)
            if part.no_speech_prob > _ABSENT:
                continue
            for word in part.words or ():
                last = found[-1].stop if found else start
                first = min(end, max(last, start + word.start))
                stop = min(end, max(first, start + word.end))
                found.append(Word(first, stop, word.word.strip(), float(word.probability)))
        return [word for word in found if word.text]
