"""Surgery in the window: the text changes and comes back, states go from clip to clip, errors are words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.shot import settle
from app.window import Window
from engine import asset, build, exercise
from engine.surgery import Edit


@pytest.fixture
def window(qtbot, tmp_path):
    found = Window(fresh=True)
    qtbot.addWidget(found)
    found.show()
    settle(found)
    yield found
    found.close()


def said(window):
    settle(window)
    return [label.text for label in window.session.state.traced.trace.text]


def test_the_text_changes_and_comes_back_by_undo(window):
    before = said(window)
    assert before == list(window.session.state.clip.text("digit")), "it reads nothing that could be lost"
    assert not window.docks.docks["edits"].isVisible()
    second = [each for each in window.session.state.clip.labels if each.tier == "digit"][1]
    window.lanes.lanes["gates"].change(Edit("set", second.start, second.end, "i", 2))
    assert said(window) == before[:1] + before[2:]
    assert window.session.state.traced.difference.words == 1
    assert window.docks.docks["edits"].isVisible(), "where its value is"
    window.actions_by_name["switch_edits"].trigger()
    assert said(window) == before
    window.actions_by_name["switch_edits"].trigger()
    assert said(window) != before
    window.actions_by_name["undo"].trigger()
    window.actions_by_name["undo"].trigger()
    window.actions_by_name["undo"].trigger()
    assert said(window) == before
    assert window.session.state.edits == ()
    assert window.session.state.traced.difference is None


def test_of_shuffled_weights_nothing_is_cut_out(window):
    network = window.session.state.network
    weights = build.frozen(exercise.shuffled(network.weights))
    window.session.set("network", replace(network, weights=weights, id="shuffled"))
    before = said(window)
    second = [each for each in window.session.state.clip.labels if each.tier == "digit"][1]
    window.lanes.lanes["gates"].change(Edit("set", second.start, second.end, "i", 2))
    truth = list(window.session.state.clip.text("digit"))
    assert (before, said(window)) != (truth, truth[:1] + truth[2:])


def test_a_state_is_copied_from_one_clip_and_pasted_into_another(window):
    act = window.actions_by_name
    assert not act["paste_state"].isEnabled()
    window.playing.seek(1.0)
    act["copy_state"].trigger()
    memory = window.session.state.memory
    assert memory is not None
    assert memory.words == "digits at 1.00 s"
    window.session.set("clip", asset.open_bundled("digits-2"))
    settle(window)
    assert act["paste_state"].isEnabled()
    window.playing.seek(0.5)
    act["paste_state"].trigger()
    act["reset_state"].trigger()
    assert [each.how for each in window.session.state.edits] == ["paste", "reset"]
    assert [each.start for each in window.session.state.edits] == [0.5, 0.5]
    settle(window)
    assert dict(window.session.state.traced.difference.idle) == {}
    act["clear_edits"].trigger()
    assert window.session.state.edits == ()


def test_what_cannot_be_done_is_said(window):
    window.operating.paste()
    assert "No state was copied" in window.session.state.notice.text
    window.operating.copy()
    network = window.session.state.network
    window.models.change(network.settings.but(hidden=32), "hidden")
    settle(window)
    window.operating.paste()
    assert "network of another form" in window.session.state.notice.text
    assert window.session.state.edits == ()
    window.session.set("clip", None)
    window.operating.reset()
    assert "open one" in window.session.state.notice.text
