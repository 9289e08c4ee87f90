"""The stack of lanes: order, folding, leaving out, and an arrangement that comes back."""

from __future__ import annotations

import json
from types import MappingProxyType

import pytest

from tests import example
from widgets.lane import FOLDED
from widgets.stack import LaneStack


@pytest.fixture
def stack(qtbot):
    return opened(qtbot, example.full())


def opened(qtbot, session):
    made = LaneStack(session)
    qtbot.addWidget(made)
    made.resize(800, 900)
    made.show()
    made.tick()
    return made


def test_lanes_stand_in_the_order_of_the_design(stack):
    wanted = (
        "ruler waveform spectrogram features activations melody hidden cell gates skips attention evidence "
        "posteriors"
    ).split()
    assert [name for name in stack.lanes if stack.is_shown(name)] == wanted
    tops = [stack.lanes[name].mapTo(stack, stack.lanes[name].rect().topLeft()).y() for name in wanted]
    assert tops == sorted(tops)
    lefts = {lane.canvas.mapTo(stack, lane.canvas.rect().topLeft()).x() for lane in map(stack.lanes.get, wanted)}
    assert len(lefts) == 1


def test_folding_gives_the_height_to_the_others(stack):
    before = stack.lanes["gates"].height()
    stack.fold("spectrogram", True)
    stack.show()
    assert stack.lanes["spectrogram"].maximumHeight() == FOLDED
    assert stack.lanes["gates"].height() >= before
    stack.fold("spectrogram", False)
    assert stack.lanes["spectrogram"].maximumHeight() > 1000


def test_a_lane_can_be_left_out(stack):
    stack.show_lane("hidden", False)
    assert not stack.lanes["hidden"].isVisible()
    assert not stack.is_shown("hidden")
    with pytest.raises(KeyError):
        stack.show_lane("nothing", True)


def test_attention_shows_itself_where_there_is_some(qtbot):
    session = example.full()
    stack = opened(qtbot, session)
    assert stack.lanes["attention"].isVisible()
    traced = session.state.traced
    rest = {key: each for key, each in traced.trace.series.items() if key.name != "attention"}
    trace = type(traced.trace)(traced.trace.clip_id, 0.0, 5.0, MappingProxyType(rest))
    session.set("traced", type(traced)(trace, traced.sound, traced.clean, "example"))
    assert not stack.lanes["attention"].isVisible()


def test_the_arrangement_comes_back(qtbot, stack):
    stack.fold("features", True)
    stack.fold("cell", False)
    stack.show_lane("waveform", False)
    other = opened(qtbot, example.full())
    other.restore(stack.saved())
    assert other.lanes["features"].header.is_folded()
    assert not other.lanes["cell"].header.is_folded()
    assert not other.lanes["waveform"].isVisible()


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '{"folded": 3}', "null", '{"folded": [], "left_out": [], "sizes": "x"}']
)
def test_a_damaged_arrangement_changes_nothing(stack, text):
    before = stack.saved()
    stack.restore(text)
    assert stack.saved() == before


def test_a_lane_left_out_at_first_comes_when_asked_for_and_goes_at_a_reset(qtbot, stack):
    assert not stack.is_shown("unrolled")
    stack.show_lane("unrolled", True)
    assert stack.lanes["unrolled"].isVisible()
    other = opened(qtbot, example.full())
    other.restore(stack.saved())
    assert other.is_shown("unrolled")
    stack.show_lane("hidden", False)
    stack.reset()
    assert stack.is_shown("hidden")
    assert not stack.is_shown("unrolled")


def test_an_arrangement_from_before_there_was_a_lane_leaves_it_as_it_is_at_first(stack):
    kept = json.loads(stack.saved())
    kept["known"].remove("unrolled")
    stack.restore(json.dumps(kept))
    assert not stack.is_shown("unrolled")
