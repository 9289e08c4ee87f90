"""The measured error: whose it is, and what is done where the noises of the test are not here."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from engine import asset, build, checkpoint, disturb, evaluate, leakage, reading
from engine.clip import from_array
from engine.models import recurrent
from engine.tasks import phonemes

if TYPE_CHECKING:
    from pathlib import Path


def test_without_the_noises_it_is_measured_clean_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def measure(_network: Any, split: str, snrs: Any, *_: Any) -> list[dict[str, Any]]:
        asked.append((split, tuple(snrs)))
        return [{"voice": "voice 3", "clean": {"edits": 1, "digits": 10, "error": 0.1}}]

    monkeypatch.setattr(disturb, "noise_files", lambda test: ())
    monkeypatch.setattr(evaluate, "measure", measure)
    monkeypatch.setattr(leakage, "check", lambda task, split: None)
    found = evaluate.report("phonemes-rnn-32")
    assert asked == [("test", (None,))]
    assert "set OTOSCOPE_DATA" in evaluate.table(found).splitlines()[-1]
    monkeypatch.setattr(disturb, "noise_files", lambda test: ("wind.wav",))
    assert "note" not in evaluate.report("phonemes-rnn-32")
    assert asked[-1] == ("test", evaluate.SNRS)


def test_an_error_of_what_has_heard_no_sound_is_told_as_such(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = phonemes.Settings(source="mock")
    network = checkpoint.untrained("phonemes", recurrent.Settings(hidden=32, layers=1), settings)
    network = dataclasses.replace(network, weights=build.weights(build.build(network)))
    row = {"voice": "voice 3", "clean": {"edits": 1, "digits": 10, "error": 0.1}}
    monkeypatch.setattr(evaluate, "measure", lambda *_: [row])
    monkeypatch.setattr(leakage, "check", lambda task, split: None)
    monkeypatch.setattr(disturb, "noise_files", lambda test: ())
    found = evaluate.report(str(checkpoint.save(network, tmp_path / "mock.safetensors")))
    said = evaluate.table(found).splitlines()[-1]
    assert "painted features" in said
    assert "set OTOSCOPE_DATA" in said


@pytest.mark.parametrize(
    ("clip", "voice"), [("flite rms 3", "flite rms"), ("george 12", "george"), ("test 3, voice 50", "voice 50")]
)
def test_the_strings_of_a_voice_are_counted_together(clip: str, voice: str) -> None:
    assert evaluate._voice(from_array([0.0], 16000, clip)) == voice  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["digits-lstm-128", "phonemes-lstm-128-bidirectional"])
def test_what_is_read_in_batches_is_what_is_read_alone(name: str) -> None:
    network = checkpoint.open_network(name)
    module, rng = build.build(network), np.random.default_rng(0)
    sounds = [0.1 * rng.standard_normal(length).astype(np.float32) for length in rng.integers(800, 16000, 30)]
    frames = [evaluate.features(network, sound) for sound in sounds]
    together = evaluate.outputs(module, frames)
    assert len(together) == 30
    for each, found in zip(frames, together, strict=True):
        with torch.no_grad():
            alone = module(torch.from_numpy(each[None]), torch.tensor([len(each)]))[0][0].numpy()
        assert found.shape == alone.shape
        np.testing.assert_allclose(found, alone, rtol=0, atol=1e-5)


def test_padding_is_told() -> None:
    rows = [
        {"voice": "a", "padding": share, "clean": {"edits": 1, "digits": 10, "error": 0.1}} for share in (0.1, 0.3)
    ]
    assert "padding: 20.0%" in evaluate.table({"network": "n", "metric": "DER", "rows": rows})


def test_a_long_recording_is_read_in_pieces_and_nothing_is_cut() -> None:
    network, clip = checkpoint.open_network("digits-lstm-128"), asset.open_bundled("digits")
    sound = np.concatenate([clip.read(), np.zeros((round(5 * clip.rate) - clip.frames, 1), np.float32)])
    long = from_array(np.tile(sound, (3, 1)), clip.rate, "long")
    found = reading.read(network, long, 5.0)
    assert found.text == 3 * clip.text("digit")
    assert (found.pieces, found.padding) == (3, 0.0)
    uneven = reading.read(network, long, 6.0)
    assert (uneven.pieces, uneven.padding) == (3, pytest.approx(1 - (601 + 601 + 301) / (3 * 601)))
