"""The bundled recognisers read sentences that they never heard, and with shuffled weights they do not."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soxr

from engine import asset, build, checkpoint, evaluate, wer
from engine.corpora import speech

if TYPE_CHECKING:
    from engine.network import Network

pytestmark = pytest.mark.skipif("speech" not in checkpoint.bundled(), reason="no recogniser of English is bundled")


NAMES = ("speech", "speech-bidirectional")


def texts(network: Network) -> list[wer.Text]:
    """What was said in the bundled clips, and what is read."""
    task, module = build.task_of(network), build.build(network)
    clips = [asset.open_bundled(name) for name in speech.SHOWN]
    frames = [
        evaluate.features(network, soxr.resample(clip.read()[:, 0], clip.rate, 16000).astype(np.float32))
        for clip in clips
    ]
    said = [speech.plain(clip.labels[0].text) for clip in clips]
    found = evaluate.texts(task, module, frames)
    return [wer.Text(name, *both) for name, *both in zip(speech.SHOWN, said, map(" ".join, found), strict=True)]


@pytest.mark.parametrize("name", NAMES)
def test_unheard_sentences_are_read_in_characters_if_not_in_words(name):
    assert wer.score(texts(checkpoint.open_network(name))).characters.error < 0.45


@pytest.mark.parametrize("name", NAMES)
def test_with_shuffled_weights_nothing_is_read(name):
    network = checkpoint.open_network(name)
    assert network.weights is not None
    rng = np.random.default_rng(0)
    mixed = {
        name: rng.permutation(value.reshape(-1)).reshape(value.shape) for name, value in network.weights.items()
    }
    shuffled = dataclasses.replace(network, weights=MappingProxyType(mixed))
    assert wer.score(texts(shuffled)).characters.error > 0.65


def test_it_looks_no_further_ahead_than_a_step():
    network = checkpoint.open_network("speech")
    module = build.build(network)
    assert network.live
    assert module.lookahead == module.stride - 1 == 2
