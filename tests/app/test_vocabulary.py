"""K044 to K046: the outputs of a recogniser are chosen, with what they cost and what they cannot write."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow

from app.vocabulary import NAME, Dialog, Found, count
from engine import build, catalog, checkpoint
from engine.events import Failed
from engine.session import Session
from tests.corpora.test_speech import data  # noqa: F401
from tests.tasks.test_speech import speech

if TYPE_CHECKING:
    from pathlib import Path


class Wiring:
    """Runs what is asked for at once."""

    def __init__(self) -> None:
        self.heard: dict[type, Any] = {}
        self.said: list[str] = []

    def on(self, kind: type, handler: Any) -> None:
        self.heard[kind] = handler

    def submit(self, worker: str, name: str, function: Any, *arguments: Any, doing: str = "") -> None:
        for event in function(*arguments):
            if type(event) in self.heard:
                self.heard[type(event)](event)

    def tell(self, text: str) -> None:
        self.said.append(text)


def shown(qtbot: Any, **knobs: Any) -> tuple[Any, Any, list[Any]]:
    """The dialog for an untrained network of 16 units, its window, and the settings that are asked for."""
    window: Any = QMainWindow()
    qtbot.addWidget(window)
    asked: list[Any] = []
    window.wiring, window.session = Wiring(), Session()
    window.models = SimpleNamespace(change_task=lambda settings, merge: asked.append(settings))
    model = catalog.load("models", "recurrent").Settings(hidden=16, layers=1)
    window.session.set("network", checkpoint.untrained("speech", model, speech.Settings(**knobs)))
    dialog = Dialog(window)
    dialog.show()
    return dialog, window, asked


def rows(dialog: Any) -> dict[str, int]:
    table = dialog.table
    return {table.item(row, 0).text(): int(table.item(row, 1).text()) for row in range(table.rowCount())}


def test_characters_are_ticked_and_left_out(qtbot: Any, data: Path) -> None:  # noqa: F811
    dialog, _, asked = shown(qtbot, text="written")
    texts = [item.written for item in speech.build(speech.Settings(text="written")).corpus.split("train").items]
    assert rows(dialog) == {each: "".join(texts).count(each) for each in set("".join(texts)) - {" "}}
    outputs = len({*"".join(texts), " "}) + 1
    assert f"{outputs:,} outputs with the blank, a head of {17 * outputs:,} weights above 16" in dialog.said.text()
    assert "0 of " in dialog.said.text()
    (row,) = (row for row in range(dialog.table.rowCount()) if dialog.table.item(row, 0).text() == "e")
    dialog.table.item(row, 0).setCheckState(Qt.CheckState.Unchecked)
    without = sum("e" in word for text in texts for word in text.split())
    assert f"{outputs - 1:,} outputs" in dialog.said.text()
    assert f"{without:,} of {sum(len(text.split()) for text in texts):,} words" in dialog.said.text()
    dialog.use.click()
    (settings,) = asked
    made = build.fresh("recurrent", catalog.load("models", "recurrent").Settings(hidden=16), 80, outputs - 1, 0)
    vocabulary = checkpoint.untrained("speech", None, settings).vocabulary
    assert "e" not in vocabulary
    assert len(vocabulary) == outputs - 1 == made.head.out_features  # type: ignore[union-attr]
    dialog.show()
    dialog.all.click()
    dialog.use.click()
    assert len(asked) == 1, "those it has already"


@pytest.mark.parametrize("kind", ["syllable", "word"])
def test_rare_ones_are_left_out_and_their_words_are_counted(kind: str, qtbot: Any, data: Path) -> None:  # noqa: F811
    dialog, _, asked = shown(qtbot, units=kind, least=1)
    assert not dialog.all.isVisible()
    assert "0 of " in dialog.said.text()
    every = rows(dialog)
    dialog.least.setValue(2)
    kept = sum(times >= 2 for times in every.values()) + 1 + (kind == "word")
    assert 2 < kept < len(every)
    assert f"{kept} outputs with the blank, a head of {17 * kept:,} weights" in dialog.said.text()
    dialog.use.click()
    assert asked[0].least == 2
    assert len(checkpoint.untrained("speech", None, asked[0]).vocabulary) == kept


def test_given_outputs_and_missing_recordings_are_said(qtbot: Any, data: Path) -> None:  # noqa: F811
    dialog, window, _ = shown(qtbot)
    window.session.set("network", checkpoint.untrained("hello"))
    dialog.close()
    dialog.show()
    assert "The outputs of hello are given" in dialog.said.text()
    assert not dialog.use.isEnabled()
    listed = [dialog.table.item(row, 0).text() for row in range(dialog.table.rowCount())]
    assert listed == ["blank", *window.session.state.network.vocabulary[1:]], "what it has is there all the same"
    window.wiring.heard[Failed](Failed(NAME, "no recordings here", ValueError("none")))
    assert dialog.said.text() == "no recordings here"


def test_the_count_is_of_the_network_that_asked(data: Path) -> None:  # noqa: F811
    network = checkpoint.untrained("speech", None, speech.Settings(units="word", least=1))
    *_, found = count(network)
    assert isinstance(found, Found)
    assert found.network is network
    assert found.counted.vocabulary(1).units == network.vocabulary
