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
    from engine.captions import Captions
    from engine.recognising import Choice

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
    """Sound that one thread adds, and a job on another one reads."""

    def __init__(self, rate: int) -> None:
        self.rate, self.ended = rate, False
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


@dataclass(frozen=True, eq=False)
class Listed:
    """The recognisers that can be chosen."""

    choices: tuple[Choice, ...]


def caption(which: int, inlet: Inlet, settings: Settings) -> Events:
    """Captions of what comes in. `Set("captions", settings)` turns knobs."""
    from engine import captioning

    speech = captioning.Speech(inlet.read, inlet.rate, settings, lambda: inlet.ended)
    with contextlib.closing(captioning.caption(speech)) as steps:
        command: Any = None
        with contextlib.suppress(StopIteration):
            while True:
                event = steps.send(command)
                command = yield Told(which, event.captions) if isinstance(event, Captioned) else event


def list_choices() -> Events:
    from engine import recognising

    yield Listed(recognising.choices())


def save(captions: Captions, path: Path) -> Events:
    """Write captions in the format of the file's ending."""
    from engine import subtitles

    yield Progress(-1.0, f"writing {path.name}")
    subtitles.write(captions, path)
    yield Notice(f"Saved {path}")
