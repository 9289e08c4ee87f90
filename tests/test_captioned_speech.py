"""Captions of real recordings by the recogniser that comes with the program."""

from __future__ import annotations

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


def check(blocks: Iterable[Array], settings: Settings) -> Captions:
    """The last captions; on the way no settled word is taken back or changed."""
    before: tuple[object, ...] = ()
    captions = None
    for captions in replay(blocks, RATE, recognising.build("moonshine"), settings):
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
def test_ten_minutes_of_speech_in_flat_memory() -> None:
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
