"""In the real window: lanes of what was searched, texts that are aligned, and the pipeline from click to file."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from app import cli
from engine import ctc
from engine.trace import Key
from tests.waiting import analysed, pump
from widgets import files
from widgets.views import trellis

pytestmark = pytest.mark.alone
LANES = ("trellis", "beam", "alternatives")


def searched(window):
    """Whether what is shown is what was searched."""
    state = window.session.state
    return state.searched is not None and state.searched.clip_id == state.clip.id and analysed(window)


def test_nothing_is_searched_or_aligned_that_nobody_looks_at(qapp, window):
    for _ in range(10):
        qapp.processEvents()
        window.tick()
    assert not any(window.lanes.is_shown(name) for name in LANES)
    assert window.session.state.searched is None
    assert window.session.state.contrasted is None


def test_lanes_that_are_shown_are_filled_and_play(qapp, window, monkeypatch):
    for name in LANES:
        window.lanes.show_lane(name, True)
    pump(qapp, lambda: searched(window))
    window.tick()
    state = window.session.state
    lane = window.lanes.lanes["trellis"]
    assert [lane._found.vocabulary[each] for each in lane.trellis.labels] == list(state.clip.text("digit"))
    rows = state.traced.trace.series[Key("posterior")].values
    runs = ctc.greedy(np.log(np.maximum(rows, 1e-30)))
    for run, span in zip(runs, lane.trellis.spans, strict=True):
        assert span.start < run.stop
        assert run.start < span.stop, "the best path says each digit where the network does"
    assert window.lanes.lanes["beam"].branches
    assert [each.words[0].text for each in window.lanes.lanes["alternatives"].slots if each.words[0].text] == list(
        state.clip.text("digit")
    )
    asked = []  # heard by nobody: this machine may have no loudspeaker
    monkeypatch.setattr(trellis, "play", lambda session, *span: asked.append(span))
    box = lane.heat_area()
    run = lane._runs[1]
    x = lane.axis().x(lane._frames.begin((run.start + run.stop) / 2))
    lane.clicked(QPointF(x, box.top() + 1.5 / len(lane.trellis.states) * box.height()))
    assert asked == [(lane._frames.begin(run.start), lane._frames.begin(run.stop))]


def test_what_was_said_and_what_was_read_are_aligned_when_they_are_seen(qapp, window):
    window.docks.show(("diff",))
    pump(qapp, lambda: window.session.state.contrasted is not None)
    found = window.session.state.contrasted
    assert (found.words.errors, found.words.count, found.tier) == (0, 8, "digit")
    assert [each.kind for each in found.pairs] == ["equal"] * 8


def test_what_lies_behind_another_panel_is_searched_and_aligned_when_that_goes(qapp, window):
    for name in LANES:
        window.lanes.show_lane(name, False)
    for name in ("metrics", "diff"):  # they share a place, of which the last one is seen
        window.docks.show((name,))
    pump(qapp, lambda: searched(window) and not window.wiring.workers["inspect"].busy)
    window.docks.show(("metrics",))
    pump(qapp, lambda: not window.docks.in_sight("diff") and analysed(window))
    state = window.session.state
    window.session.set("chain", state.chain[:-1])
    pump(qapp, lambda: window.session.state.traced is not state.traced and analysed(window))
    for _ in range(10):
        qapp.processEvents()
        window.tick()
    now = window.session.state
    assert (now.searched, now.contrasted) == (state.searched, state.contrasted)
    window.docks.show(("diff",))
    pump(qapp, lambda: window.session.state.contrasted is not state.contrasted and searched(window))


def test_a_station_opens_its_view_and_is_bypassed(qapp, qtbot, window):
    window.docks.show(("pipeline",))
    panel = window.docks.docks["pipeline"].widget()
    panel.tick()
    for name in LANES:
        window.lanes.show_lane(name, False)
    panel.rows["decode"].open.click()
    assert window.lanes.is_shown("trellis")
    assert window.lanes.is_shown("beam")
    assert panel.rows["network"].what.toolTip().endswith("ms")
    qtbot.mouseClick(
        panel.rows["network"].switch, Qt.MouseButton.LeftButton, pos=panel.rows["network"].switch.rect().center()
    )
    pump(qapp, lambda: window.session.state.traced.network_id == "")
    window.lanes.lanes["hidden"].tick()
    assert "bypassed" in window.lanes.lanes["hidden"]._empty._label.text()
    window.actions_by_name["undo"].trigger()
    pump(qapp, lambda: window.session.state.traced.network_id != "")


def test_the_pipeline_is_saved_and_run_again_to_the_same_bits(qapp, window, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(files, "to_save", lambda *_: (str(tmp_path / "mine"), "Pipeline (*.json)"))
    panel = window.docks.docks["pipeline"].widget()
    panel.saved.emit()
    target = tmp_path / "mine.json"
    pump(qapp, lambda: target.is_file() and "expected" in json.loads(target.read_text()))
    assert cli.main(["run", str(target), "--check", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["identical"] is True
    assert told["text"] == [each.text for each in window.session.state.traced.trace.text]
