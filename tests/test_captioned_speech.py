"""Captions of real recordings by the recogniser that comes with the program."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest
import soxr

from engine import asset, recognising, wer
from engine.activity import RATE
from engine.captioning import Settings, whole
from engine.captions import Line
from engine.recognisers import moonshine
from engine.transcribing import replay, transcribe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from engine.captions import Captions
    from engine.clip import Clip
    from engine.recognisers.recogniser import Recogniser, Word

    Array = NDArray[np.float32]

pytestmark = pytest.mark.skipif(not moonshine.names(), reason="moonshine-voice has no wheel here")
PAUSES = 0.05, 0.9
"""Seconds between two sentences, in turn: some run on, some end a line."""


def joined(clips: Iterable[Clip]) -> Iterator[tuple[Array, str]]:
    """Clips at RATE with pauses between them, and what is said in each."""
    for place, clip in enumerate(clips):
        sound = clip.read().mean(axis=1, dtype=np.float32)
        sound = soxr.resample(sound, clip.rate, RATE).astype(np.float32)
        rest = np.random.default_rng(place).normal(0, 1e-4, round(PAUSES[place % 2] * RATE))
        yield np.concatenate([sound, rest.astype(np.float32)]), " ".join(clip.text("text"))


def check(blocks: Iterable[Array], settings: Settings, recogniser: Recogniser | None = None) -> Captions:
    """The last captions; on the way no settled word is taken back or changed."""
    before: tuple[object, ...] = ()
    captions = None
    for captions in replay(blocks, RATE, recogniser or recognising.build("moonshine"), settings):
        now = whole(captions)
        assert now[: len(before)] == before
        before = now
    assert captions is not None
    return captions


def test_sentences_as_a_stream_are_the_sentences_read_whole() -> None:
    """The same words as read offline, but for one in ten: what is settled early knows less of what follows."""
    parts = list(joined(asset.open_bundled(name) for name in ("speech-1", "speech-2", "speech-3")))
    captions = check([sound for sound, _ in parts], Settings(longest=5.0))
    text = " ".join(word.text for word in whole(captions))
    lines = transcribe([sound for sound, _ in parts], RATE, recognising.build("moonshine"))
    offline = " ".join(line.text for line in lines if isinstance(line, Line))
    assert wer.one(wer.Text("stream", offline, text)).words.error <= 0.1
    assert wer.one(wer.Text("truth", " ".join(said for _, said in parts), text)).words.error <= 0.15
    assert captions.late is not None
    assert captions.settled is not None
    assert captions.late[1] < 1.0  # of it nothing is computed: readings are taken at once here
    assert captions.settled[1] < 2.5
    assert captions.words == captions.tentative == ()


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_ten_minutes_of_speech_in_flat_memory() -> None:
    """Read again every 0.4 s, as live: that takes more than the usual five minutes of one processor."""
    arctic = recordings("read_arctic_kathleen", 600.0)
    said: list[str] = []
    sizes: list[int] = []

    def blocks() -> Iterator[Array]:
        for sound, text in joined(arctic):
            said.append(text)
            sizes.append(psutil.Process().memory_info().rss)
            yield sound

    captions = check(blocks(), Settings())
    assert captions.heard > 590
    text = " ".join(word.text for word in whole(captions))
    assert wer.one(wer.Text("truth", " ".join(said), text)).words.error < 0.12
    quarter = len(sizes) // 4
    assert max(sizes[quarter:]) - max(sizes[:quarter]) < 40e6


class Counted:
    """A recogniser that counts the seconds of what it reads."""

    def __init__(self, inner: Recogniser) -> None:
        self.name, self.rate, self._inner = inner.name, inner.rate, inner
        self.seconds: list[float] = []

    def read(self, sound: Array) -> tuple[Word, ...]:
        self.seconds.append(len(sound) / self.rate)
        return self._inner.read(sound)


@pytest.mark.long
@pytest.mark.timeout(4 * 3600)
def test_an_hour_of_speech_in_flat_memory_and_nothing_of_it_is_dropped() -> None:
    """As fast as it can be read, and again every three seconds, not every 0.4."""
    reader, parts = Counted(recognising.build("moonshine")), [Part(0.0)]
    sizes: list[int] = []

    def blocks() -> Iterator[Array]:
        at = 0.0
        for sound, text in joined(recordings("read_arctic_kathleen", 3150.0)):
            if at - parts[-1].start > 60:
                parts.append(Part(at))
            parts[-1].said.append(text)
            sizes.append(psutil.Process().memory_info().rss)
            at += len(sound) / RATE
            yield sound

    captions = check(blocks(), Settings(interval=3.0), reader)
    assert captions.heard > 3600
    assert captions.words == captions.tentative == ()
    texts, words = [], deque(whole(captions))
    for number, part in enumerate(parts):
        end = parts[number + 1].start if number + 1 < len(parts) else captions.heard + 1
        found = [words.popleft().text for _ in range(sum(word.start < end - PAUSES[0] for word in words))]
        texts.append(wer.Text(f"minute {number}", " ".join(part.said), " ".join(found)))
    assert wer.score(texts).words.error < 0.1
    assert max(wer.one(each).words.error for each in texts) < 0.3, "a part of the hour is missing"
    quarter = len(sizes) // 4
    assert max(sizes[3 * quarter :]) - max(sizes[:quarter]) < 40e6
    quarter = len(reader.seconds) // 4
    assert np.mean(reader.seconds[3 * quarter :]) < 1.2 * np.mean(reader.seconds[:quarter])


@dataclass
class Part:
    """Some sentences, and when the first of them begins."""

    start: float
    said: list[str] = field(default_factory=list)


def recordings(name: str, seconds: float) -> list[Clip]:
    """Sentences of a folder of OTOSCOPE_DATA, so many seconds of them; skips where it is not here."""
    import csv
    import os
    from dataclasses import replace
    from pathlib import Path

    from app.commands import open_sound
    from engine.clip import Label

    folder = Path(os.environ.get("OTOSCOPE_DATA", "")) / name
    if not (folder / "manifest.tsv").is_file():
        pytest.skip(f"{name} is not here")
    found: list[Clip] = []
    with (folder / "manifest.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if sum(clip.seconds for clip in found) > seconds:
                break
            clip = open_sound(folder / row["file"])
            found.append(replace(clip, labels=(Label(0.0, clip.seconds, row["label"], "text"),)))
    return found
