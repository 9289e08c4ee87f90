"""K363: a network with full pooling of 128 units or more is built only when its size was seen and agreed to."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMessageBox

from app import costly
from app.models import Models
from engine import checkpoint
from engine.models import ains
from engine.session import Session
from widgets.panels.model import ModelPanel


class Wiring:
    """Remembers what is asked for."""

    def __init__(self) -> None:
        self.built: list[Any] = []

    def on(self, kind: Any, handler: Any) -> None: ...

    def submit(self, worker: str, name: str, job: Any, *arguments: Any, doing: str = "") -> None:
        self.built.append(arguments[1])


@pytest.fixture
def panel(qtbot) -> ModelPanel:
    session = Session()
    actions = {name: QAction(name) for name in ("train", "reset_network", "shrink")}
    made = ModelPanel(session, actions, ("cpu",))
    made.kept = actions  # type: ignore[attr-defined] # they have no other owner
    qtbot.addWidget(made)
    full = ains.Settings(fusion="full", causal=False, hidden=64)
    session.set("network", checkpoint.untrained("phonemes", full, model="ains"))
    made.tick()
    return made


@pytest.mark.parametrize("answer", ["Build it", "Keep the network"])
def test_the_count_is_shown_before_it_is_built(panel, monkeypatch, answer) -> None:
    wiring, seen = Wiring(), list[str]()
    models = Models(panel.session, wiring)  # type: ignore[arg-type]
    models.agrees = lambda words: costly.agrees(panel, words)
    panel.settings_changed.connect(models.change)

    def answered(box: QMessageBox) -> int:
        seen.append(box.text())
        (chosen,) = (each for each in box.buttons() if each.text() == answer)
        monkeypatch.setattr(QMessageBox, "clickedButton", lambda self: chosen)
        return 0

    monkeypatch.setattr(QMessageBox, "exec", answered)
    (form,) = (each for each in panel._forms if "hidden" in each.editors)
    wanted = form.settings.but(hidden=128)
    form.show_settings(wanted)
    panel.settings_changed.emit(wanted, "hidden")
    panel.tick()
    assert len(seen) == 1
    assert "8,388,736" in seen[0]
    assert wiring.built == ([wanted] if answer == "Build it" else [])
    assert form.settings.hidden == (128 if answer == "Build it" else 64)


def test_what_is_not_large_is_not_asked_about(panel) -> None:
    network = panel.session.state.network
    assert not costly.words(network, network.settings.but(hidden=32))
    assert not costly.words(network, network.settings.but(hidden=256, fusion="lowrank"))
    assert costly.words(network, network.settings.but(hidden=256))
