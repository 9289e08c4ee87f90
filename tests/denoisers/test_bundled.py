"""The bundled denoiser on voices and noises that it never heard; with its weights shuffled it is no denoiser."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine import asset, checkpoint, recordings, unheard
from engine.denoisers import network

if TYPE_CHECKING:
    from engine.denoisers.denoiser import Denoiser

COUNT = 12


def ratio(found: np.ndarray, clean: np.ndarray) -> float:
    """SI-SDR in dB, in double precision."""
    x, s = (each.astype(np.float64) - each.mean() for each in (found, clean))
    target = s * (x @ s) / (s @ s)
    return float(10 * np.log10((target @ target) / ((x - target) @ (x - target))))


def gains(made: Denoiser) -> list[float]:
    found = []
    for planned in unheard.plan(COUNT, seed=2):
        mixture = unheard.mixture(planned)
        out = np.concatenate([made.push(mixture.noisy), made.flush()])
        found.append(ratio(out, mixture.clean) - ratio(mixture.noisy, mixture.clean))
    return found


def shuffled(given):
    rng = np.random.default_rng(0)
    return replace(
        given,
        id="shuffled",
        weights={name: rng.permutation(each.ravel()).reshape(each.shape) for name, each in given.weights.items()},
    )


@pytest.mark.skipif(not recordings.has("phones_timit_nltk"), reason="the recordings of the test are not here")
def test_it_takes_noise_from_voices_it_never_heard():
    given = checkpoint.open_network("denoiser")
    learnt, untaught = (np.mean(gains(network.of(each))) for each in (given, shuffled(given)))
    assert learnt > 4.0
    # Its gain follows the noise floor even where nothing was learnt: that alone takes 2 dB out.
    assert learnt > untaught + 2.0


def test_it_is_as_small_and_quick_to_answer_as_it_says():
    """At most 2 million weights and 40 ms; a sample that is changed changes nothing that came out before."""
    made = network.of(checkpoint.open_network("denoiser"))
    assert made.parameters < 2_000_000
    assert made.latency / made.rate <= 0.04
    rng = np.random.default_rng(0)
    sound = (0.05 * rng.standard_normal(8000)).astype(np.float32)
    other = sound.copy()
    other[5000:] += 0.3
    one, two = (np.concatenate([made.push(each), made.flush()]) for each in (sound, other))
    assert np.abs(one - two)[: 5000 - made.latency].max() == 0.0
    assert np.abs(one - two)[5000:].max() > 1e-3


def test_silence_stays_silent_and_clean_speech_nearly_as_it_is():
    made = network.of(checkpoint.open_network("denoiser"))
    assert not np.concatenate([made.push(np.zeros(4000, np.float32)), made.flush()]).any()
    clip = asset.open_bundled("digits")
    clean = clip.read()[:, 0]
    assert clip.rate == made.rate
    assert ratio(np.concatenate([made.push(clean), made.flush()]), clean) > 12.0
