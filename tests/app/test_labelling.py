"""The language of a clip, told in the window."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from PySide6.QtWidgets import QInputDialog

from app.labelling import Labelling
from engine import document
from engine.events import Restored
from tests import example
from widgets.views import ruler


@pytest.fixture
def asked(qtbot, monkeypatch):
    """A ruler, and what asks for the language and is told `text`; `told` is what it says."""
    session, told = example.full(), []
    lane = ruler.View(session)
    qtbot.addWidget(lane)
    wiring = SimpleNamespace(session=session, tell=lambda *words: told.append(words))
    made = Labelling(wiring, lambda: {"ruler": lane})

    def tell(text: str | None) -> str:
        shown = []

        def ask(parent, title, words, text=""):
            shown.append(text)
            return answer

        answer = (text or "", text is not None)
        monkeypatch.setattr(QInputDialog, "getText", ask)
        made.language()
        lane.refresh()
        return "".join(shown)

    return SimpleNamespace(session=session, lane=lane, tell=tell, told=told)


def test_it_is_told_taken_back_and_lies_in_the_session(asked, tmp_path):
    clip = asked.session.state.clip
    assert asked.tell(" pt_BR") == ""
    spoken = asked.session.state.clip
    assert (spoken.language, spoken.id, spoken.labels) == ("pt-br", clip.id, clip.labels)
    assert asked.lane._words().endswith(", pt-br")
    asked.session.set("network", None)
    for _ in document.save(asked.session.state, tmp_path / "talk.oto"):
        pass
    (restored,) = (each for each in document.load(tmp_path / "talk.oto") if isinstance(each, Restored))
    assert restored.values["clip"].language == "pt-br"
    assert asked.tell(None) == "pt-br"
    assert asked.session.state.clip is spoken
    assert asked.session.undo()  # the network
    assert asked.session.undo()
    assert asked.session.state.clip is clip
    assert not asked.session.undo()
    assert not asked.told


def test_what_is_no_tag_is_named_and_changes_nothing(asked):
    asked.tell("he")
    asked.tell("no tag")
    assert asked.session.state.clip.language == "he"
    assert asked.told == [("'no tag' names no language; write a tag as en, he or pt-br.", "warning")]
    asked.tell("")
    assert asked.session.state.clip.language == ""


@pytest.mark.parametrize("state", [{"clip": None}, {"live": True}])
def test_without_a_clip_nothing_is_asked(asked, state):
    if "clip" in state:
        asked.session.set("clip", None)
    else:
        asked.session.set("transport", replace(asked.session.state.transport, live=True))
    assert asked.tell("he") == ""
    assert "open a recording" in asked.told[0][0]
