"""Our own networks as denoisers: streaming is what the torch module does offline, whatever the model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from engine import build, catalog, checkpoint, enhance
from engine.denoisers import network
from engine.denoisers.denoiser import DenoiserError

if TYPE_CHECKING:
    from engine.network import Network

DOMAINS = ("magnitude", "complex", "steered", "wave")
SOUND = (0.1 * np.random.default_rng(0).standard_normal(7000)).astype(np.float32)


def untrained(domain: str, **knobs: object) -> Network:
    settings = catalog.load("models", "recurrent").Settings(
        **{"hidden": 12, "layers": 2, "residual": True} | knobs
    )
    return checkpoint.untrained("denoise", settings, catalog.load("tasks", "denoise").Settings(domain=domain))


def offline(made: Network, sound: np.ndarray) -> np.ndarray:
    domain = made.task_settings.domain  # type: ignore[attr-defined]
    x = enhance.frames(domain, sound)
    with torch.inference_mode():
        y, _, _ = build.build(made)(torch.from_numpy(x[None]), torch.tensor([len(x)]))
    return enhance.apply(domain, y[0].numpy(), sound, x)


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("size", [1, 100, 256, 1000, 7000])
def test_streaming_is_offline(domain, size):
    """Any blocks, within 1e-5 of the torch module over the whole sound."""
    made = network.of(untrained(domain))
    short = SOUND[:600] if size == 1 else SOUND
    out = np.concatenate([made.push(short[k : k + size]) for k in range(0, len(short), size)] + [made.flush()])
    assert out.shape == short.shape
    np.testing.assert_allclose(out, offline(untrained(domain), short), atol=1e-5)


def test_after_a_flush_it_is_as_new():
    made = network.of(untrained("steered"))
    one, other = (np.concatenate([made.push(SOUND), made.flush()]) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_its_gains_are_told_frame_by_frame():
    made = network.of(untrained("steered"))
    made.push(SOUND)
    found = made.mask()
    assert found is not None
    assert found.rate == 62.5
    assert found.gains.shape[1] == len(found.rows) == 257
    assert 0 <= found.gains.min() <= found.gains.max() <= 1
    assert len(made.mask().gains) == 0


def test_one_that_needs_the_future_takes_the_whole_sound():
    given = untrained("magnitude", bidirectional=True)
    made = network.of(given)
    assert made.latency is None
    assert len(made.push(SOUND)) == 0
    np.testing.assert_allclose(made.flush(), offline(given, SOUND), atol=1e-5)


def test_a_network_of_another_task_is_refused():
    with pytest.raises(DenoiserError, match="not to denoise"):
        network.of(checkpoint.untrained("phonemes"))


def test_files_are_told_by_what_they_hold(tmp_path):
    given = untrained("steered")
    weights = build.weights(build.build(given))
    ours = checkpoint.save(replace(given, weights=weights), tmp_path / "mine.safetensors")
    assert network.fits(ours)
    np.testing.assert_allclose(network.build(ours).push(SOUND), network.of(given).push(SOUND), atol=1e-5)
    other = tmp_path / "other.safetensors"
    other.write_bytes(b"nothing")
    assert not network.fits(other)
    assert not network.fits(tmp_path / "missing.safetensors")
    with pytest.raises(DenoiserError, match=r"other\.safetensors"):
        network.build(other)


@pytest.mark.parametrize("domain", enhance.DOMAINS)
def test_the_latency_of_the_network_is_that_of_the_denoiser(domain):
    given = untrained(domain)
    made = network.of(given)
    assert given.latency.total == made.latency / made.rate
