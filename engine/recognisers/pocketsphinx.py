"""PocketSphinx: English speech by hidden Markov models and a trigram grammar, with measured times of words."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.recognisers.recogniser import Recogniser, RecogniserError, Word
from engine.stretches import stretches

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

TITLE = "PocketSphinx"
EXTRA = "recognisers"
NAME = "pocketsphinx"
_GET = 'pip install "otoscope[recognisers]"'
_FILES = ("mdef", "means", "variances", "transition_matrices")
_LONGEST = 30.0


def names() -> Sequence[str]:
    return (NAME,) if importlib.util.find_spec("pocketsphinx") is not None else ()


def absent() -> str:
    return "" if names() else f"the package pocketsphinx is not here: {_GET}"


def fits(path: Path) -> bool:
    """Whether a folder holds an acoustic model, with grammar (.lm, .lm.bin) and dictionary (.dict) beside it."""
    return path.is_dir() and _parts(path) is not None


def build(source: str | Path) -> Recogniser:
    """The model of the package, or that of a folder. Raises RecogniserError."""
    if not names():
        raise RecogniserError(f"{source}: {absent()}")
    if str(source) == NAME:
        return _Sphinx(NAME, {})
    parts = _parts(Path(source))
    if parts is None:
        raise RecogniserError(
            f"{source} holds no model of PocketSphinx: {', '.join(_FILES)}, a .lm.bin and a .dict"
        )
    return _Sphinx(Path(source).name, parts)


def _parts(folder: Path) -> dict[str, str] | None:
    """The acoustic model, grammar and dictionary inside a folder."""
    acoustic = next((each for each in (folder, *sorted(folder.glob("*/"))) if _acoustic(each)), None)
    grammar = next((each for kind in ("*.lm.bin", "*.lm") for each in sorted(folder.glob(kind))), None)
    words = next(iter(sorted(folder.glob("*.dict"))), None)
    if acoustic is None or grammar is None or words is None:
        return None
    return {"hmm": str(acoustic), "lm": str(grammar), "dict": str(words)}


def _acoustic(folder: Path) -> bool:
    return all((folder / name).is_file() for name in _FILES)


class _Sphinx:
    """Its confidence is the posterior probability of a word among all paths that it kept."""

    rate = 16_000

    def __init__(self, name: str, parts: dict[str, str]) -> None:
        from pocketsphinx import Decoder

        self.name = name
        try:
            self._decoder: Any = Decoder(samprate=self.rate, loglevel="FATAL", **parts)
        except RuntimeError as error:
            raise RecogniserError(
                f"{name}: PocketSphinx could not open its model ({error}); get it again"
            ) from error
        self._frames = float(self._decoder.config["frate"])

    def read(self, sound: Array) -> tuple[Word, ...]:
        return tuple(
            word for start, piece in stretches(sound, self.rate, _LONGEST) for word in self._words(piece, start)
        )

    def _words(self, sound: Array, start: float) -> list[Word]:
        # It would go on with the mean of the cepstra of what it heard before: one sound gives the same words.
        self._decoder.reinit_feat()
        self._decoder.start_utt()
        self._decoder.process_raw((sound * 32767).astype("<i2").tobytes(), no_search=False, full_utt=True)
        self._decoder.end_utt()
        if self._decoder.hyp() is None:
            return []
        found, end = [], len(sound) / self.rate
        for part in self._decoder.seg():
            text = part.word.partition("(")[0]  # "the(2)" is another way to say "the"
            if text and text[0] not in "<[+":
                first, last = part.start_frame / self._frames, (part.end_frame + 1) / self._frames
                sure = min(1.0, max(0.0, float(part.prob)))
                found.append(Word(start + min(first, end), start + min(last, end), text, sure))
        return found
