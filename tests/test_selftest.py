"""The self-test passes with the bundled networks, and fails where their weights or thresholds are others."""

from __future__ import annotations

import dataclasses
import json
from types import MappingProxyType

import numpy as np
import pytest

from app import cli
from app.selftest import line
from engine import asset, checkpoint, selftest
from engine.wordset import DIGITS, WAKE

EVERY = {each.network: each for each in selftest.thresholds()}


def shuffled(network):
    """The network with the numbers of every weight in another order."""
    rng = np.random.default_rng(0)
    weights = {key: rng.permutation(each.ravel()).reshape(each.shape) for key, each in network.weights.items()}
    return dataclasses.replace(network, weights=MappingProxyType(weights))


@pytest.mark.parametrize("name", sorted(EVERY))
def test_every_bundled_network_reaches_its_threshold(name):
    (found,) = selftest.run((name,))
    if name not in checkpoint.bundled():
        assert found.passed is None
        return
    assert found.passed, found
    assert found.among >= 6


@pytest.mark.parametrize("name", sorted(EVERY))
def test_with_shuffled_weights_it_fails(name):
    if name not in checkpoint.bundled():
        pytest.skip(f"{name} is not bundled")
    assert not selftest.tried(shuffled(checkpoint.open_network(name)), EVERY[name]).passed


def test_one_alarm_too_many_fails():
    network, threshold = checkpoint.open_network("digits-gru-128"), EVERY["digits-gru-128"]
    found = selftest.tried(network, threshold).alarms
    assert found > 0
    assert selftest.tried(network, dataclasses.replace(threshold, alarms=found)).passed
    assert not selftest.tried(network, dataclasses.replace(threshold, alarms=found - 1)).passed


@pytest.mark.parametrize(("name", "words"), [("kws", WAKE.words), ("kws-digits", DIGITS.words)])
def test_the_stream_of_a_spotter_has_each_word_four_times(name, words):
    clip = asset.open_in(selftest.FOLDER, name)
    assert sorted(clip.text("keyword")) == sorted(4 * words)
    assert clip.rate == 16000
    sound = np.square(clip.read()[:, 0])
    within = np.zeros(len(sound), bool)
    for label in clip.labels:
        within[round(label.start * 16000) : round(label.end * 16000)] = True
    assert sound[within].mean() > 100 * sound[~within].mean()


def test_sentences_that_are_read_one_after_the_other_are_heard_one_by_one():
    whole = asset.open_in(selftest.FOLDER, "read")
    cut = selftest.sentences(whole)
    assert len(cut) == 14
    assert np.array_equal(np.concatenate([each.read() for each in cut]), whole.read())
    assert [each.text("text") for each in cut] == [(label.text,) for label in whole.labels]
    assert selftest.heard(cut[2], 16000, "word").text("word") == ("i", "want", "to", "die", "in", "it")
    one = asset.open_bundled("speech-1")
    assert selftest.sentences(one) == (one,)


def test_a_text_becomes_its_words_at_the_networks_rate():
    clip = selftest.heard(asset.open_bundled("speech-2"), 16000, "word")
    assert clip.rate == 16000
    assert clip.text("word")[:3] == ("something", "that", "whittemore")


def test_it_is_told_line_by_line_and_as_json(capsys, monkeypatch):
    assert cli.main(["selftest", "digits-gru-128"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("pass    digits-gru-128: digits wrong 0.0% (0 of 15; at most 7%)")
    assert "1 passed, 0 failed" in said
    assert "(1 of 600; at most 0.5%)" in line(selftest.Outcome("hello", "characters wrong", 0.005, True, 1, 600))
    wrong = shuffled(checkpoint.open_network("digits-gru-128"))
    monkeypatch.setattr(checkpoint, "open_network", lambda name: wrong)
    assert cli.main(["selftest", "digits-gru-128", "--json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert found["passed"] is False
    assert found["error"] == found["wrong"] / found["among"] > 0.5
    assert cli.main(["selftest", "nobody"]) == 3
    assert "there are: digits-lstm-128" in capsys.readouterr().err
