"""The beam beside flashlight's, which torchaudio wraps, where the extra `decoding` is installed."""

from __future__ import annotations

import importlib
import math
import warnings

import numpy as np
import pytest

from engine import arpa, beam, device, fusion, kneser, trellis
from tests.spelling import drawn

LETTERS = "abcdefghijklmnopqrstuvwxyz'"
VOCABULARY = ("", " ", *LETTERS)
TEXT = ["the cat sat on the mat", "a dog ran", "the cat ran and the dog sat"] * 5
TEXT += ["the quick brown fox jumps over the lazy dog's bone"] * 5


@pytest.fixture(scope="module")
def theirs():
    """Makes a decoder of theirs, by the file of a language model, its weight and the width of the beam."""
    pytest.importorskip("flashlight.lib.text", reason="the extra decoding is not installed")
    pytest.importorskip("kenlm")
    device.torchaudio()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = importlib.import_module("torchaudio.models.decoder")

    def make(path: str | None, alpha: float, width: int):
        # Their language model counts in powers of ten.
        return module.ctc_decoder(
            None, ["-", "|", *LETTERS], path, lm_weight=alpha * math.log(10), beam_size=width, log_add=True,
            beam_size_token=None, beam_threshold=100, blank_token="-", sil_token="|", nbest=1,
        )  # fmt: skip

    return make


def read(decoder, log_probs):
    """The labels of their best, without the silence that they put around it; their score in nats."""
    import torch

    best = decoder(torch.from_numpy(log_probs[None].astype(np.float32)))[0][0]
    return best.tokens.tolist()[1:-1], best.score


@pytest.mark.parametrize("alpha", [0.0, 0.4])
def test_ours_finds_texts_of_no_lower_score(theirs, tmp_path, alpha):
    model = kneser.train(TEXT, "char", 4)
    arpa.save(model, tmp_path / "model.arpa")
    decoder = theirs(str(tmp_path / "model.arpa") if alpha else None, alpha, 50)
    language = fusion.fuse(model, VOCABULARY)
    gained = []
    for seed in range(6):
        log_probs = drawn(np.random.default_rng(seed), 30, len(VOCABULARY), 3.0)
        labels, told = read(decoder, log_probs)
        ours = beam.Search(VOCABULARY, 50, language=language, alpha=alpha).run(log_probs).prefixes[0]
        text = "".join(VOCABULARY[label] for label in labels)
        exact = float(trellis.log_likelihoods(log_probs, (labels,))[0]) + alpha * model.sentence(text)
        if not alpha:
            assert told == pytest.approx(exact, abs=1.5), "the score is of the same formula"
        gained.append(ours.score - exact)
    assert np.mean(gained) >= -1e-3


def test_both_read_what_is_clear(theirs, tmp_path):
    model = kneser.train(TEXT, "char", 4)
    arpa.save(model, tmp_path / "model.arpa")
    said = "the dog ran"
    path = [label for letter in said for label in (VOCABULARY.index(letter), 0)]
    logits = np.random.default_rng(0).normal(size=(len(path), len(VOCABULARY)))
    logits[np.arange(len(path)), path] += 6.0
    log_probs = trellis.log_softmax(logits)
    labels, _ = read(theirs(str(tmp_path / "model.arpa"), 0.5, 20), log_probs)
    ours = beam.Search(VOCABULARY, 20, language=fusion.fuse(model, VOCABULARY), alpha=0.5).run(log_probs)
    assert "".join(VOCABULARY[label] for label in labels) == "".join(ours.prefixes[0].text) == said
