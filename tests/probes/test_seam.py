"""The seam test: none where a chain streams truly, and the right one where it does not."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType

import numpy as np
import pytest

from engine import asset, checkpoint
from engine.clip import ArraySource, Clip
from engine.events import Seam
from engine.links import default_link
from engine.probes import seam, states
from engine.stepper import NotLive
from engine.trace import Key


def seam_of(network, clip, change=None) -> Seam:
    traced = states.traced(network, clip)
    found = list(seam.find(network, (), change(traced) if change else traced, clip))[-1]
    assert isinstance(found, Seam)
    return found


@pytest.mark.parametrize("name", ["digits-lstm-32", "phonemes-gru-32", "digits-rnn-128"])
def test_a_causal_chain_has_no_seam(name):
    found = seam_of(checkpoint.open_network(name), asset.open_bundled("digits"))
    assert not found.spans
    assert found.greatest < 1e-4
    assert "no difference (max " in found.text
    assert "the text is the same" in found.text


def test_another_rate_and_two_channels_have_none():
    mono = asset.open_bundled("speech-2")
    both = np.concatenate([mono.read(), 0.3 * mono.read()], 1)
    found = seam_of(checkpoint.open_network("digits-lstm-32"), Clip(ArraySource(both, mono.rate), "both", "both"))
    assert not found.spans


def test_a_normalisation_over_the_utterance_is_a_seam():
    network = checkpoint.open_network("digits-lstm-32")
    level = default_link("normalise", over="utterance")
    whole = dataclasses.replace(network, frontend=(network.frontend[0], level))
    found = seam_of(whole, asset.open_bundled("digits"))
    assert Key("features") in found.spans
    assert Key("h", 1) in found.spans
    assert seam.SOUND not in found.spans
    assert "normalise" in found.text
    assert "part from 0.00 s" in found.text


def test_it_says_where_and_how_far_a_state_is_off():
    """Unit 5 of one layer is moved by 0.5 between two times: that, and nothing else, is found."""

    def moved(traced):
        key = Key("h", 2)
        series = traced.trace.series[key]
        values = series.values.copy()
        values[20:30, 5] += 0.5
        changed = {**traced.trace.series, key: dataclasses.replace(series, values=values)}
        return dataclasses.replace(
            traced, trace=dataclasses.replace(traced.trace, series=MappingProxyType(changed))
        )

    network, clip = checkpoint.open_network("phonemes-lstm-32"), asset.open_bundled("phonemes")
    found, series = seam_of(network, clip, change=moved), states.traced(network, clip).trace.series[Key("h", 2)]
    assert set(found.spans) == {Key("h", 2)}
    (span,) = found.spans[Key("h", 2)]
    assert span.start == pytest.approx(series.time(20) - 0.5 / series.rate)
    assert span.stop == pytest.approx(series.time(29) + 0.5 / series.rate)
    assert (found.key, found.unit) == (Key("h", 2), 5)
    assert found.greatest == pytest.approx(0.5, abs=1e-3)
    assert series.time(20) - 1e-6 <= found.time <= series.time(29) + 1e-6


def test_a_network_that_needs_the_future_says_so():
    network, clip = checkpoint.open_network("digits-lstm-64-bidirectional"), asset.open_bundled("digits")
    with pytest.raises(NotLive, match="whole future"):
        seam_of(network, clip)
