"""What every recogniser does: words in order inside the sound, the same ones each time, and none of silence."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soxr

from engine import asset, catalog, recognising
from engine.recognisers.recogniser import Recogniser, RecogniserError

if TYPE_CHECKING:
    from pathlib import Path

KINDS = [name for name in catalog.names("recognisers")]
PRESENT = [
    catalog.load("recognisers", kind).names()[0] for kind in KINDS if catalog.load("recognisers", kind).names()
]


@pytest.fixture(scope="module", params=PRESENT)
def reader(request: pytest.FixtureRequest) -> Recogniser:
    return recognising.build(request.param)


def said(reader: Recogniser, seconds: float = 3.0) -> np.ndarray:
    """Two seconds of a bundled clip in which there are words that it may know, after half a second of silence."""
    clip = asset.open_bundled("digits" if reader.name.startswith("digits") else "speech-1")
    sound = soxr.resample(clip.read().mean(axis=1), clip.rate, reader.rate).astype(np.float32)
    silence = np.zeros(reader.rate // 2, np.float32)
    return np.concatenate([silence, sound[: round(seconds * reader.rate)]])


def test_words_are_in_order_inside_the_sound_and_the_same_each_time(reader: Recogniser) -> None:
    sound = said(reader)
    sound.setflags(write=False)
    words = reader.read(sound)
    assert words
    times = [time for word in words for time in (word.start, word.stop)]
    assert times == sorted(times)
    assert times[0] >= 0.2
    assert times[-1] <= len(sound) / reader.rate
    assert all(word.text.strip() == word.text != "" and " " not in word.text for word in words)
    assert all(word.confidence is None or 0 <= word.confidence <= 1 for word in words)
    assert [word.text for word in reader.read(sound)] == [word.text for word in words]


def test_silence_and_what_is_no_sound_has_no_words(reader: Recogniser) -> None:
    for sound in (
        np.zeros(0),
        np.zeros(7),
        np.zeros(2 * reader.rate),
        np.full(reader.rate, np.nan),
        np.full(reader.rate, np.inf),
        np.full(reader.rate, 1e-5),
    ):
        assert reader.read(sound.astype(np.float32)) == ()


def test_a_click_of_a_few_samples_has_no_words(reader: Recogniser) -> None:
    assert reader.read(np.full(20, 0.9, np.float32)) == ()


def test_two_channels_are_refused_in_words(reader: Recogniser) -> None:
    with pytest.raises(ValueError, match="mono"):
        reader.read(np.zeros((reader.rate, 2), np.float32))


def test_holes_and_overload_do_not_stop_it(reader: Recogniser) -> None:
    sound = said(reader)
    sound[100::1000] = np.nan
    sound[50::1777] = np.inf
    for word in reader.read(sound):
        assert 0 <= word.start <= word.stop <= len(sound) / reader.rate


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_there_or_says_in_one_line_how_to_get_it(kind: str, tmp_path: Path) -> None:
    module = catalog.load("recognisers", kind)
    assert module.TITLE
    assert bool(module.names()) != bool(module.absent())
    assert "\n" not in module.absent()
    assert not module.fits(tmp_path)
    assert not module.fits(tmp_path / "missing")
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"this is no tensor")
    assert not module.fits(broken)
    with pytest.raises(RecogniserError) as told:
        module.build(tmp_path)
    assert "\n" not in str(told.value)


def test_a_name_that_there_is_not_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(RecogniserError, match=r"no recogniser 'nobody'.*digits"):
        recognising.build("nobody")
    with pytest.raises(RecogniserError, match="no recogniser that is known here"):
        recognising.build(tmp_path)
    listed = recognising.choices()
    assert [each.name for each in listed if not each.trouble] == list(recognising.names())
    assert {each.name for each in listed if each.trouble} <= set(KINDS)


def test_listing_them_loads_none() -> None:
    """A window lists them before anything heavy is there."""
    heavy = ["torch", "torchaudio", "moonshine_voice", "pocketsphinx", "faster_whisper", "onnxruntime"]
    code = f"import sys; from engine import recognising as r; r.choices(); print(*{{*{heavy}}} & {{*sys.modules}})"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == ""
