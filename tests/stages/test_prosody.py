"""Prosody beside MFCC: the coefficients are those of MFCC, the pitch that of the synthesiser."""

from __future__ import annotations

import numpy as np
import pytest

from engine import asset, catalog
from engine.formant import RATE, Part, Speaker, pitch, synthesise
from engine.stages.stage import Format


def frames(name: str, sound: np.ndarray, **knobs: float) -> np.ndarray:
    module = catalog.load("stages", name)
    stage = module.build(module.Settings(**knobs), Format(float(RATE)))
    return np.concatenate([stage.push(sound[:, None]), stage.flush()])


@pytest.mark.parametrize("knobs", [{}, {"win": 640, "n_mfcc": 20, "hop": 200}, {"win": 1600, "n_fft": 2048}])
def test_the_coefficients_are_those_of_mfcc(knobs: dict[str, int]) -> None:
    sound = asset.open_bundled("cat").read()[:, 0]
    found, wanted = frames("prosody", sound, **knobs), frames("mfcc", sound, **knobs)
    assert found.shape == (len(wanted), wanted.shape[1] + 3)
    np.testing.assert_allclose(found[:, :-3], wanted, atol=1e-4)


def test_pitch_voicing_and_loudness_of_a_vowel() -> None:
    speaker = Speaker(f0=150.0, jitter=0.0, fall=0.4, breath=0.01)
    sound, _ = synthesise([Part("", 0.3), Part("a", 0.8), Part("", 0.3)], speaker, np.random.default_rng(0))
    octaves, voicing, level = frames("prosody", sound)[:, -3:].T
    truth = np.log2(pitch(np.arange(len(sound)) / RATE, speaker)[::160] / 100)
    inside, outside = slice(36, 104), slice(0, 25)
    assert np.abs(octaves[inside] - truth[: len(octaves)][inside]).max() < np.log2(1.02)
    assert voicing[inside].min() > 0.9
    assert not voicing[outside].any()
    assert level[inside].min() > -3 > level[outside].max()
