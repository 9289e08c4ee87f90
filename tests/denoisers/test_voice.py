"""Two voices apart in the window's terms: one is what is left, the other what was taken away (K292)."""

from __future__ import annotations

import dataclasses

import numpy as np

from engine import build, checkpoint, denoising
from engine.models.convtasnet import Settings


def test_both_voices_are_heard_alone(tmp_path) -> None:
    """From a file, in blocks of any length; what is left and what is taken away are the sound again."""
    settings = Settings(filters=32, hidden=8, layers=2, stacks=1)
    network = checkpoint.untrained("separate", settings)
    weights = build.weights(build.build(network))
    path = checkpoint.save(dataclasses.replace(network, weights=weights), tmp_path / "apart.safetensors")
    voice = denoising.build(path)
    assert voice.latency is None
    assert denoising.title(path) == "apart (Voice apart)"
    sound = (0.1 * np.random.default_rng(0).standard_normal(9001)).astype(np.float32)
    voice.push(sound)
    whole = voice.flush()
    assert whole.shape == sound.shape
    assert np.abs(whole).max() > 1e-4
    parts = [voice.push(each) for each in np.split(sound, [1, 700, 701])]
    np.testing.assert_allclose(np.concatenate([*parts, voice.flush()]), whole, atol=1e-6)
    other = sound - whole
    assert abs(float(whole @ other)) < 0.5 * float(sound @ sound)
    assert len(voice.flush()) == 0
