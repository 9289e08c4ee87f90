"""The jobs of captions: what is heard becomes words on a thread of its own, and words become files. No Qt here."""

from __future__ import annotations

import contextlib
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.events import Captioned, Notice, Progress

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.captioning import Settings
    from engine.captions import Captions, Line
    from engine.clip import Clip

    Array = NDArray[np.float32]
    Events = Generator[Any, Any, None]

WORKERS = "captions", "beside"
"""The threads of the recogniser whose words are shown, and of one that hears the same beside it."""
KINDS = {
    "Subtitles, SubRip (*.srt)": ".srt",
    "Subtitles, WebVTT (*.vtt)": ".vtt",
    "Text (*.txt)": ".txt",
    "Words with times and confidences (*.json)": ".json",
}


class Inlet:
    """Sound that one thread adds, and a job on another one reads; `language` is what is spoken, or ""."""

    def __init__(self, rate: int, language: str = "") -> None:
        self.rate, self.language, self.ended = rate, language, False
        self._blocks: deque[Array] = deque()

    def add(self, block: Array) -> None:
        self._blocks.append(block)

    def read(self) -> Array | None:
        """Samples [n] since the last call; None at the end."""
        over = self.ended  # looked at first: what came before the end is still read
        blocks = [self._blocks.popleft() for _ in range(len(self._blocks))]
        if blocks:
            return np.concatenate(blocks) if len(blocks) > 1 else blocks[0]
        return None if over else np.zeros(0, np.float32)


@dataclass(frozen=True, eq=False)
class Told:
    """What the captions of one of the WORKERS show."""

    which: int
    captions: Captions


def caption(which: int, inlet: Inlet, settings: Settings) -> Events:
    """Captions of what comes in. `Set("captions", settings)` turns knobs."""
    from engine import captioning

    yield from _makeshift(settings)
    speech = captioning.Speech(inlet.read, inlet.rate, settings, lambda: inlet.ended, language=inlet.language)
    with contextlib.closing(captioning.caption(speech)) as steps:
        command: Any = None
        with contextlib.suppress(StopIteration):
            while True:
                event = steps.send(command)
                command = yield Told(which, event.captions) if isinstance(event, Captioned) else event


def _makeshift(settings: Settings) -> Events:
    """Who reads where the usual recogniser is not there."""
    from engine import recognising

    if not settings.recogniser and (note := recognising.makeshift()):
        yield Notice(note, "warning")


@dataclass(frozen=True, eq=False)
class Transcribed:
    """The lines of a clip that was read whole."""

    clip_id: str
    lines: tuple[Line, ...]


def transcribe(clip: Clip, settings: Settings) -> Events:
    """The words of a whole clip."""
    from app.transcribe import LONGEST
    from app.transcribed import blocks
    from engine import recognising
    from engine.transcribing import transcribe

    yield from _makeshift(settings)
    yield Progress(0.0, f"transcribing {clip.name}")
    recogniser = recognising.build(settings.recogniser)
    recognising.speak(recogniser, clip.language)
    lines = []
    for event in transcribe(blocks(clip), clip.rate, recogniser, settings.but(longest=LONGEST)):
        if isinstance(event, float):
            yield Progress(min(1.0, event / clip.seconds), f"transcribing {clip.name}")
        else:
            lines.append(event)
    yield Transcribed(clip.id, tuple(lines))


@dataclass(frozen=True, eq=False)
class Written:
    """Captions, as they were shown, lie in a file."""

    captions: Captions | None


def save(captions: Captions, shown: Captions | None, language: str, path: Path) -> Events:
    """Write captions, corrected, in the format of the file's ending; `shown` are they as they were heard, and
    `language` in which, or "".
    """
    from engine import subtitles

    yield Progress(-1.0, f"writing {path.name}")
    subtitles.write(captions, path, **({"language": language} if language else {}))
    yield Written(shown)
    yield Notice(f"Saved {path}")
