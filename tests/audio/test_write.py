"""Writing and converting: round trips within a step, clipping counted, nothing half written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from engine.audio.convert import Converted, convert
from engine.audio.error import AudioError
from engine.audio.write import Subtype, Writer, write

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def noise(frames: int = 5000, channels: int = 2) -> NDArray[np.float32]:
    return np.random.default_rng(3).uniform(-1, 1, (frames, channels)).astype(np.float32)


def tone(hertz: float, rate: int, seconds: float = 2.0) -> NDArray[np.float32]:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def converted(*args: object, **kwargs: object) -> Converted:
    job = convert(*args, **kwargs)  # type: ignore[arg-type]
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value


def power(samples: NDArray[np.float32]) -> float:
    return float(10 * np.log10(np.mean(np.square(samples[500:-500], dtype=np.float64)) + 1e-30))


@pytest.mark.parametrize("suffix", ["wav", "flac", "aiff", "caf"])
@pytest.mark.parametrize(("subtype", "step"), [("PCM_16", 2**-15), ("PCM_24", 2**-23)])
def test_a_round_trip_is_within_half_a_step(tmp_path: Path, suffix: str, subtype: Subtype, step: float) -> None:
    samples = noise() * 0.999
    assert write(tmp_path / f"a.{suffix}", samples, 44_100, subtype) == 0
    read, rate = soundfile.read(tmp_path / f"a.{suffix}")
    assert rate == 44_100
    assert np.abs(read - samples).max() <= step / 2 + 1e-12
    assert [each.name for each in tmp_path.iterdir()] == [f"a.{suffix}"]


def test_float_keeps_every_bit(tmp_path: Path) -> None:
    samples = noise() * 3
    assert write(tmp_path / "a.wav", samples, 8000, "FLOAT") == 0
    np.testing.assert_array_equal(soundfile.read(tmp_path / "a.wav", dtype="float32")[0], samples)


def test_clipping_is_counted_and_held_at_full_scale(tmp_path: Path) -> None:
    samples = np.array([0.0, 1.0, -1.0, 1.5, -7.0, 0.5], np.float32)
    assert write(tmp_path / "a.wav", samples, 8000) == 2
    read, _ = soundfile.read(tmp_path / "a.wav", dtype="int16")
    np.testing.assert_array_equal(read, [0, 32767, -32768, 32767, -32768, 16384])


def test_dither_makes_the_error_independent_of_the_sound(tmp_path: Path) -> None:
    # A tone of a third of a step vanishes when rounded; with dither it is there, under noise of known power.
    rate, step = 8000, 2**-15
    faint = (tone(440, rate, 8.0) * 2 / 3 * step).astype(np.float32)
    for dither in (False, True):
        write(tmp_path / f"{dither}.wav", faint, rate, dither=dither)
    assert not soundfile.read(tmp_path / "False.wav")[0].any()
    read = soundfile.read(tmp_path / "True.wav")[0]
    gain = read @ faint / (faint @ faint.astype(np.float64))
    assert gain == pytest.approx(1.0, abs=0.1)
    assert np.var(read - faint) == pytest.approx(step**2 / 4, rel=0.1)
    write(tmp_path / "again.wav", faint, rate, dither=True)
    assert (tmp_path / "again.wav").read_bytes() == (tmp_path / "True.wav").read_bytes()


@pytest.mark.parametrize(
    ("name", "subtype", "word"),
    [
        ("a.txt", "PCM_16", ".txt"),
        ("a", "PCM_16", "not written"),
        ("a.flac", "FLOAT", "FLAC"),
        ("no/a.wav", "PCM_16", "no folder"),
    ],
)
def test_what_cannot_be_written_is_refused_by_name(tmp_path: Path, name: str, subtype: Subtype, word: str) -> None:
    with pytest.raises(AudioError, match=word) as caught:
        write(tmp_path / name, noise(), 8000, subtype)
    assert str(tmp_path / name) in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_failure_on_the_way_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write(path, noise(), 8000)
    before = path.read_bytes()

    def write_two() -> None:
        with Writer(path, 8000, 2) as writer:
            writer.write(noise())
            writer.write(np.full((3, 2), np.nan))

    with pytest.raises(AudioError, match="no numbers"):
        write_two()
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("old", [8000, 44_100, 48_000, 192_000])
def test_conversion_keeps_the_length_and_what_fits_below_half_the_rate(tmp_path: Path, old: int) -> None:
    kept, lost = tone(3000 if old == 8000 else 7000, old), tone(9000, old)
    for name, samples in (("kept", kept), ("lost", lost)):
        write(tmp_path / f"{name}.wav", samples[:-7], old, "FLOAT")
        done = converted(tmp_path / f"{name}.wav", tmp_path / f"{name}16.flac", rate=16_000)
        assert done.frames == round((len(samples) - 7) * 16_000 / old)
        assert done.clipped == 0
    out, rate = soundfile.read(tmp_path / "kept16.flac", dtype="float32")
    assert rate == 16_000
    assert len(out) == round((len(kept) - 7) * 16_000 / old)
    assert power(out) == pytest.approx(power(kept), abs=0.1)
    spectrum = np.abs(np.fft.rfft(out * np.hanning(len(out))))
    assert spectrum.argmax() * rate / len(out) == pytest.approx(3000 if old == 8000 else 7000, rel=1e-3)
    if old > 18_000:
        lost16, _ = soundfile.read(tmp_path / "lost16.flac", dtype="float32")
        assert power(lost16) < power(lost) - 60


def test_conversion_in_blocks_equals_conversion_in_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a.wav", noise(90_000), 44_100, "FLOAT")
    converted(tmp_path / "a.wav", tmp_path / "one.wav", rate=16_000, mono="mean", subtype="FLOAT")
    monkeypatch.setattr("engine.audio.convert._BLOCK", 1234)
    done = converted(tmp_path / "a.wav", tmp_path / "many.wav", rate=16_000, mono="mean", subtype="FLOAT")
    one, many = (soundfile.read(tmp_path / f"{name}.wav")[0] for name in ("one", "many"))
    assert done.channels == 1
    np.testing.assert_allclose(many, one, atol=1e-6)


def test_a_file_is_not_converted_onto_itself(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", noise(), 8000)
    with pytest.raises(AudioError, match="another name"):
        converted(tmp_path / "a.wav", tmp_path / "a.wav", rate=16_000)
