"""Captions of what is heard: the recogniser, the words, how late they are, and what can be done with them."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from widgets import theme
from widgets.captiontext import Paragraphs, look, word_of
from widgets.knobs import Form
from widgets.panels.group import Group
from widgets.reader import Reader
from widgets.relabel import Line
from widgets.view import Empty, Follower

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from PySide6.QtGui import QAction, QStandardItemModel

    from engine.captions import Captions
    from engine.session import Session
    from widgets.flow import Spot

FULL = 5.0
"""Seconds of waiting sound at which the gauge is full."""
_SIZE = 16
_OTHER = "From a file or folder…"
_ABOUT = (
    "What is said will stand here. Nothing leaves this machine. Grey words may still change, all others never do."
)
_BUTTONS = "present", "script", "save_captions", "copy_captions"
_WITHOUT = " captions", "Read a ", " aloud", " text"
"""What buttons leave out of the words of their actions, so that one row holds them all."""
_LATE = (
    "Seconds from the end of a word until it was first shown, and until it was settled: half of the words came "
    "sooner than the first number, 95 of 100 sooner than the second. Most of it is not computing: a word is "
    "settled when two readings in a row agree on it; in brackets stands what reading took."
)


class CaptionsPanel(QWidget):
    """`corrected(word, text)` is another text for a word; `looped(start, stop)` a stretch to be heard, in seconds
    of the captions, as long as a word of it is edited; `hushed` its end.
    """

    corrected = Signal(object, str)
    browsed = Signal()
    """A recogniser is to be taken from a file or a folder."""
    looped = Signal(float, float)
    hushed = Signal()

    def __init__(self, session: Session, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self.session, self._actions = session, actions
        self._dirty = True
        self._listed: object = None
        self._forms: list[Form] = []
        self.choice = QComboBox()
        self.choice.setAccessibleName("Recogniser")
        self.choice.setToolTip("What writes down the words; another one is taken with the next captions")
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.choice.activated.connect(self._chosen)
        self.paragraphs = Paragraphs()
        self.reader = Reader(self.paragraphs.pieces)
        self.reader.setAccessibleName("Captions")
        self.reader.setToolTip("Double-click a word to correct it; its line is repeated meanwhile (Ctrl+Z undoes)")
        self.reader.setMinimumHeight(18 * theme.GRID)
        self.reader.taken.connect(self._edit)
        self.empty = Empty(self.reader)
        self.queue = QProgressBar()
        self.queue.setFixedHeight(theme.GRID)
        self.queue.setTextVisible(False)
        self.queue.setRange(0, 100)
        self.queue.setAccessibleName("Queue: sound that waits to be recognised")
        self.told = QLabel()
        self.told.setTextFormat(Qt.TextFormat.RichText)
        self.told.setWordWrap(True)
        self.told.setAccessibleName("How the captions go")
        self.told.setToolTip(_LATE)
        self.told.setWhatsThis(_LATE)
        self.knobs = Group("Settings and denoising", self._form, switch=False)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        column.setSpacing(theme.GRID // 2)
        top = self._row("captions")
        top.insertWidget(0, self.choice, 2)
        column.addLayout(top)
        column.addWidget(self.reader, 1)
        column.addWidget(self.queue)
        column.addWidget(self.told)
        column.addLayout(self._row(*_BUTTONS))
        column.addWidget(self.knobs)
        for key in ("captions", "corrections", "captioning", "recognisers", "transport"):
            session.on(key, self._mark)
        self.dress()

    def dress(self) -> None:
        """After a change of theme."""
        self.reader.dress(look(theme.font(_SIZE)))
        self.knobs.dress()
        self._dirty = True

    def tick(self) -> None:
        """Show what the session holds, if anything changed and it can be seen."""
        if not self._dirty or not self.isVisible():
            return
        self._dirty = False
        state = self.session.state
        if self.paragraphs.correct({(each.start, each.was): each.text for each in state.corrections}):
            self.reader.renew()
        self.reader.show_items(self.paragraphs.items(state.captions))
        self._list()
        self._say(state.captions)
        for form in self._forms:
            if state.captioning is not None and form.settings != state.captioning:
                form.show_settings(state.captioning)

    def _mark(self) -> None:
        self._dirty = True

    # Words.

    def _edit(self, spot: Spot) -> None:
        """A line over the word, and the sound of its row of words meanwhile."""
        items = self.paragraphs.items(self.session.state.captions)
        if spot.paragraph >= len(items):
            return
        item = items[spot.paragraph]
        word = word_of(item, spot.piece)
        if word is None:
            return
        shown = self.paragraphs.pieces(item)[spot.piece]
        text = "" if shown.kind == "gone" else shown.text
        line = Line(text, spot.box.toRect(), self.reader, lambda typed: self.corrected.emit(word, typed))
        line.setFont(theme.font(_SIZE))
        line.setAccessibleName("What was truly said")
        line.destroyed.connect(self.hushed)
        self.looped.emit(item.words[0].start, item.words[-1].stop)

    # Which recogniser, and its knobs.

    def _list(self) -> None:
        state = self.session.state
        asked = str(getattr(state.captioning, "recogniser", ""))
        if (state.recognisers, asked) == self._listed:
            return
        self._listed = state.recognisers, asked
        with QSignalBlocker(self.choice):
            fill_recognisers(self.choice, state.recognisers, "The best that is here")
            if asked and self.choice.findData(asked) < 0:
                self.choice.addItem(PurePath(asked).name, asked)
            self.choice.addItem(_OTHER, _OTHER)
            self.choice.setCurrentIndex(max(0, self.choice.findData(asked)))

    def _chosen(self, index: int) -> None:
        asked: Any = self.session.state.captioning
        if self.choice.itemData(index) == _OTHER:
            self._listed = None  # until another one is taken, the choice stays
            self._dirty = True
            self.browsed.emit()
            return
        if asked is not None:
            self.session.set("captioning", replace(asked, recogniser=self.choice.itemData(index)))

    def _form(self) -> QWidget:
        settings: Any = self.session.state.captioning
        form = Form(settings, "captioning")
        form.changed.connect(lambda value, merge: self.session.set("captioning", value, merge))
        form.ended.connect(self.session.end_merge)
        self._forms.append(form)
        return form

    # How it goes.

    def _say(self, captions: Captions | None) -> None:
        running, palette = self.session.state.transport.captioning, theme.current()
        if captions is None or not self.reader.flow.count:
            words = "Listening. What is said will stand here." if running else _ABOUT
            begin = [self._actions[name] for name in ("captions", "captions_clip")]
            self.empty.show_text(words, [] if running else begin)
        else:
            self.empty.hide()
        waiting = captions.waiting if captions is not None and running else 0.0
        self.queue.setVisible(running)
        self.queue.setValue(min(100, round(100 * waiting / FULL)))
        rows = list(_waits(captions)) if captions is not None else []
        if running:
            rows = rows or [("queue", "")]
            rows[-1] = rows[-1][0], f"{rows[-1][1]}, {waiting:.1f} s wait".removeprefix(", ")
        lines = (
            f"<tr><td style='color:{palette.muted}; padding-right:8px'>{name}</td><td>{escape(value)}</td></tr>"
            for name, value in rows
        )
        note = captions.note if captions is not None else ""
        said = f"<p style='margin:4px 0; color:{palette.warn}'>{escape(note)}</p>" if note else ""
        self.told.setText(f"<table cellspacing='0' cellpadding='0'>{''.join(lines)}</table>{said}")
        self.told.setVisible(bool(rows or note))

    def _row(self, *names: str) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.GRID // 2)
        for name in names:
            button = Follower(self._actions[name], *_WITHOUT)
            row.addWidget(button, 1)
        return row


def _waits(captions: Captions) -> Iterator[tuple[str, str]]:
    """What is known of how late words are: half of them, and 95 of 100."""
    for name, each, part in (
        ("shown after", captions.late, captions.computed),
        ("settled after", captions.settled, None),
    ):
        if each is not None:
            yield name, f"{_seconds(each)} s{f' ({_seconds(part)})' if part is not None else ''}"


def _seconds(shares: tuple[float, float]) -> str:
    return f"{shares[0]:.2f} / {shares[1]:.2f}"


def fill_recognisers(box: QComboBox, choices: tuple[Any, ...], first: str) -> None:
    """Those that can be chosen; of the others, which cannot be, how to get them."""
    box.clear()
    box.addItem(first, "")
    model: QStandardItemModel = box.model()  # type: ignore[assignment]
    for each in choices:
        box.addItem(f"{each.title}: {each.trouble}" if each.trouble else each.title, each.name)
        item = model.item(box.count() - 1)
        item.setToolTip(each.trouble)
        item.setEnabled(not each.trouble)
    widest = max((box.fontMetrics().horizontalAdvance(box.itemText(n)) for n in range(box.count())), default=0)
    box.view().setMinimumWidth(min(widest + 4 * theme.GRID, 90 * theme.GRID))
