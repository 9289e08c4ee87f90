"""Heads of attention, silenced: what a trained network reads changes, and comes back, in the window too."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from app.shot import settle
from engine import asset, build, checkpoint, edit, exercise
from engine.infer import Inspection, run
from engine.trace import Key

if TYPE_CHECKING:
    from engine.events import Traced
    from engine.network import Network

NAME = "phonemes-rnn-64-multihead"


def traced(network: Network, *off: int) -> Traced:
    """What a network without some of its heads makes of the clip of the phonemes."""
    clip = asset.open_bundled("phonemes")
    silenced = checkpoint.with_settings(network, network.settings.but(heads_off=off))
    *_, found = run(Inspection(clip, (), None, silenced, 0.0, clip.seconds, "cpu"))
    return found  # type: ignore[return-value]


def said(found: Traced) -> list[str]:
    return [label.text for label in found.trace.text]


def needs_its_heads(network: Network) -> bool:
    """Whether it reads the clip, but not without its heads, each of which counts for some answers."""
    truth = asset.open_bundled("phonemes").text("phone")
    plain, none = traced(network), traced(network, 1, 2, 3, 4)
    wrong, wronger = (edit.distance(said(each), truth) / len(truth) for each in (plain, none))
    if wrong > 0.15 or wronger < 0.4:
        return False
    answers = plain.trace.series[Key("posterior")].values
    one_less = [traced(network, head) for head in (1, 2, 3, 4)]
    moved = [np.abs(each.trace.series[Key("posterior")].values - answers).max() for each in one_less]
    return min(moved) > 0.1 and sum(said(each) != said(plain) for each in one_less) >= 2


def test_silenced_heads_change_the_text_by_what_was_learnt() -> None:
    network = checkpoint.open_network(NAME)
    assert needs_its_heads(network)
    assert network.weights is not None
    weights = build.frozen(exercise.shuffled(network.weights))
    assert not needs_its_heads(replace(network, id="shuffled", weights=weights))


def test_heads_that_speak_again_give_the_same_answers() -> None:
    network = checkpoint.open_network(NAME)
    plain = traced(network).trace.series[Key("posterior")].values
    silenced = checkpoint.with_settings(network, network.settings.but(heads_off=(2,)))
    again = checkpoint.with_settings(silenced, silenced.settings.but(heads_off=()))
    np.testing.assert_array_equal(traced(again).trace.series[Key("posterior")].values, plain)


@pytest.fixture
def window(qtbot: Any) -> Any:
    from app.window import Window

    found = Window(fresh=True)
    qtbot.addWidget(found)
    found.show()
    settle(found)
    found.session.set("clip", asset.open_bundled("phonemes"))
    found.session.set("network", checkpoint.open_network(NAME))
    settle(found)
    yield found
    found.close()


def test_in_the_window_heads_are_silenced_and_undo_lets_them_speak(window: Any) -> None:
    def heard() -> list[str]:
        settle(window)
        return said(window.session.state.traced)

    truth, before, lane = list(window.session.state.clip.text("phone")), heard(), window.lanes.lanes["attention"]
    assert edit.distance(before, truth) <= 0.15 * len(truth)
    for head in (1, 2, 3, 4):
        lane.turn(head, False)
    without = heard()
    assert edit.distance(without, truth) >= 0.4 * len(truth)
    for _ in range(4):
        window.actions_by_name["undo"].trigger()
    assert window.session.state.network.settings.heads_off == ()
    assert heard() == before
