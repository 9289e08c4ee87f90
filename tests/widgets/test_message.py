"""The message bar."""

from __future__ import annotations

import pytest

from engine.events import Notice
from engine.session import Session
from widgets.message import Message


@pytest.mark.parametrize("word", ["x" * 300, "/home/" + "y" * 255 + "/recording.wav", "z" * 49])
def test_a_long_name_does_not_widen_the_window(qtbot, word):
    session = Session()
    bar = Message(session)
    qtbot.addWidget(bar)
    session.set("notice", Notice(f"{word} is cut short: copy it again.", "error"))
    bar.show()
    assert bar.minimumSizeHint().width() < 600
    assert bar.label.text().replace("\N{ZERO WIDTH SPACE}", "") == f"{word} is cut short: copy it again."
    assert bar.accessibleDescription() == f"{word} is cut short: copy it again."
