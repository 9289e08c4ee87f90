"""Every control can be named, reached by keys, read and explained."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPushButton,
    QSlider,
    QToolButton,
    QWidget,
)

from app.handlers.help import explained
from app.keylist import KeyList
from engine import page

pytestmark = pytest.mark.alone


def test_every_action_is_in_a_menu_is_explained_and_no_key_is_used_twice(home):
    keys = [
        action.shortcut().toString() for action in home.actions_by_name.values() if not action.shortcut().isEmpty()
    ]
    assert len(keys) == len(set(keys))
    reachable = {id(action) for menu in home.actions_by_name.menus.values() for action in menu.actions()}
    for name, action in home.actions_by_name.items():
        assert id(action) in reachable, name
        assert action.toolTip(), name
        assert ":" in name or not action.shortcut().isEmpty(), f"{name} has no key"
        assert action.objectName(), name


def test_every_control_has_a_name_for_those_who_cannot_see_it(home):
    kinds = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit)
    unnamed = [
        f"{type(widget).__name__} in {type(widget.parentWidget()).__name__}"
        for kind in kinds
        for widget in home.findChildren(kind)
        if not widget.isHidden() and not widget.accessibleName() and not _text(widget)
    ]
    assert not unnamed


def test_every_stop_of_the_tab_key_has_a_name(home):
    stops, widget = [], home.nextInFocusChain()
    while widget is not home:
        if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            stops.append(widget)
        widget = widget.nextInFocusChain()
    assert len(stops) > 40
    assert not [widget for widget in stops if not widget.accessibleName() and not _text(widget)]


def test_every_panel_and_every_order_has_a_key(home):
    menus = home.actions_by_name.menus
    chosen = [action for name in ("panels", "sort") for action in menus[name].actions()]
    assert len(chosen) == len(home.docks.docks) + 3
    keys = [action.shortcut().toString() for menu in menus.values() for action in menu.actions()]
    for action in chosen:
        assert keys.count(action.shortcut().toString()) == 1, action.text()


def test_the_list_of_keys_fits_the_smallest_window(home):
    home.actions_by_name["keys"].trigger()
    box = home.findChild(KeyList)
    try:
        text = box.text.toPlainText()
        assert "Ctrl+Q" in text
        assert "F10" in text
        assert "Alt+1 … Alt+" in text
        assert box.height() <= 640
        assert box.width() <= 800
        box.text.document().setTextWidth(box.text.viewport().width())
        assert box.text.horizontalScrollBar().maximum() == 0
        assert box.text.document().size().height() / box.text.toHtml().count("<tr>") < 22  # no row is broken
    finally:
        box.close()
        box.deleteLater()


def _text(widget):
    inside = isinstance(widget.parentWidget(), QAbstractSpinBox | QComboBox)
    scroll = type(widget).__name__ == "QScrollBar"
    tab = type(widget).__name__ == "QToolButton" and type(widget.parentWidget()).__name__ in (
        "QTabBar",
        "QMenuBar",
    )
    dock = type(widget).__name__ == "QAbstractButton"
    return inside or scroll or tab or dock or (isinstance(widget, QAbstractButton) and widget.text())


def test_no_text_of_a_control_is_cut(home):
    for button in home.findChildren(QAbstractButton):
        words = (
            not isinstance(button, QToolButton)
            or button.toolButtonStyle() != Qt.ToolButtonStyle.ToolButtonIconOnly
        )
        if button.isVisible() and button.text() and (words or button.icon().isNull()):
            text = button.text().replace("&", "")
            assert button.width() >= button.fontMetrics().horizontalAdvance(text), text


def test_every_control_is_explained_by_f1_k350(home):
    """Each has words of its own or within what it stands; Qt's own buttons on frames, menus and tabs have none."""
    kinds = (QAbstractButton, QSlider, QComboBox, QLineEdit, QAbstractSpinBox)
    controls = [each for each in home.findChildren(QWidget) if isinstance(each, kinds)]
    ours = [each for each in controls if not each.objectName().startswith(("qt_", "Scroll"))]
    assert len(ours) > 100

    def words(widget):
        while widget is not None and widget is not home:
            if told := widget.whatsThis() or widget.toolTip():
                return told
            widget = widget.parentWidget()
        return ""

    assert [(type(each).__name__, each.accessibleName()) for each in ours if not words(each)] == []


def test_f1_adds_what_the_glossary_knows(home):
    button = QPushButton()
    button.setAccessibleName("Beam")
    told = explained("How wide the search is & how slow", button)
    assert told.startswith("<p>How wide the search is &amp; how slow</p>")
    assert "<b>beam</b>: The prefixes of the text" in told
    assert explained("Nothing of it", QPushButton()) == "Nothing of it"
    terms = [term.name for term in page.terms("SpecAugment, wav2vec and the WER by CTC; gated")]
    assert terms == ["SpecAugment", "wav2vec", "WER", "CTC"]
