"""The panel of decoding: the best text and its scores, and knobs that write the session's settings."""

from __future__ import annotations

import dataclasses

import pytest

from engine import decoding
from tests import example
from widgets.views import decoding as panel


@pytest.fixture
def view(qtbot):
    session = example.full()
    session.set("decoding", decoding.Settings(language="words"))
    session.set("searched", dataclasses.replace(example.searched(session.state.clip), network_id="example"))
    made = panel.View(session)
    qtbot.addWidget(made)
    made.resize(320, 600)
    made.show()
    made.tick()
    return made


def test_the_best_text_with_its_scores(view):
    found = view.session.state.searched
    assert " ".join(each.text for each in found.text) in view.best.text()
    assert f"{found.edits} of {found.length} wrong" in view.best.text()
    best = found.beam.prefixes[0]
    for figure in (best.score, best.acoustic):
        assert f"{figure:.2f}".replace("-", "\N{MINUS SIGN}") in view.table.text()
    view.session.set("searched", dataclasses.replace(found, note="own.arpa is <damaged>"))
    view.tick()
    assert "own.arpa is &lt;damaged&gt;" in view.best.text()


def test_a_slider_writes_the_settings(view):
    view.form.editors["weight"].changed.emit(1.5)
    assert view.session.state.decoding.weight == 1.5
    view.session.set("decoding", view.session.state.decoding.but(bonus=-2.0))
    view.tick()
    assert view.form.settings.bonus == -2.0


def test_knobs_without_effect_are_grey(view):
    def grey():
        view.tick()
        return {name for name, editor in view.form.editors.items() if not editor.isEnabled()}

    assert grey() == {"file"}
    view.session.set("decoding", decoding.Settings(language="none"))
    assert grey() == {"file", "weight", "bonus"}
    view.session.set("decoding", decoding.Settings(search="greedy"))
    assert grey() == {"width", "language", "file", "weight", "bonus", "live"}
