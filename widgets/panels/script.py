"""A text that is read aloud: where the reader is, what was misread, and the word error rate; of one recogniser or
two side by side."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from engine.session import DENOISED
from widgets import theme
from widgets.panels.captions import fill_recognisers
from widgets.reader import Reader
from widgets.scripttext import SIGNS, Stretches, look

if TYPE_CHECKING:
    from engine.script import Reading
    from engine.session import Session

_SIZE = 15
_PASTE = "Paste or type the text that will be read aloud, then Take it. Open… reads it from a text file."
_MARKS = (
    f"{SIGNS['substitute']} heard as the word in brackets; {SIGNS['delete']} not heard; {SIGNS['insert']} heard, "
    "but not in the text; struck out and faint: passed over, which counts no error."
)
_RATE = (
    "Words heard as others, not heard and added, of the words of the text that were passed. Texts are compared as "
    "the normaliser has them."
)


class ScriptPanel(QWidget):
    """`opened` asks for a file; `taken` gives a text, `cleared` takes it away, `beside` names a second recogniser
    or None.
    """

    opened = Signal()
    taken = Signal(str)
    cleared = Signal()
    beside = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._dirty = True
        self._listed: object = None
        self._looked: list[tuple[Any, tuple[int, int]] | None] = [None, None]
        self.text = QPlainTextEdit()
        self.text.setPlaceholderText(_PASTE)
        self.text.setAccessibleName("Text to be read aloud")
        self.text.setTabChangesFocus(True)
        self.open = _button("Open…", "A text file to be read aloud", self.opened.emit)
        self.take = _button("Take", "This text is the script", lambda: self.taken.emit(self.text.toPlainText()))
        self.clear = _button("Another text", "Take this script away", self.cleared.emit)
        self.choice = QComboBox()
        self.choice.setAccessibleName("A second recogniser beside")
        self.choice.setToolTip("Who hears the same beside it, from the next captions on")
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.choice.activated.connect(lambda _: self.beside.emit(self.choice.currentData() or None))
        self.stretches = Stretches(), Stretches()
        self.readers = tuple(_reader(name) for name in ("Script", "Script, as the second recogniser hears it"))
        self.told = tuple(QLabel() for _ in self.readers)
        self.difference = QLabel()
        self.difference.setWordWrap(True)
        self.difference.setAccessibleName("Difference of the two")
        self.marks = QLabel(_MARKS)
        self.marks.setWordWrap(True)
        self.marks.setProperty("role", "muted")
        self.marks.setFont(theme.font(theme.SMALL))
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        column.setSpacing(theme.GRID // 2)
        row = QHBoxLayout()
        for button in (self.open, self.take, self.clear):
            row.addWidget(button, 1)
        column.addLayout(row)
        column.addWidget(self.text, 1)
        for label, reader in zip(self.told, self.readers, strict=True):
            label.setToolTip(_RATE)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.RichText)
            column.addWidget(label)
            column.addWidget(reader, 1)
        column.addWidget(self.difference)
        column.addWidget(self.choice)
        column.addWidget(self.marks)
        for part in (self.clear, *self.told, *self.readers, self.difference, self.choice, self.marks):
            part.hide()  # until there is a script: all together would need more than a low window has
        for key in ("script", "readings", "beside", "recognisers", "captioning"):
            session.on(key, self._mark)
        self.dress()

    def dress(self) -> None:
        """After a change of theme."""
        for reader in self.readers:
            reader.dress(look(theme.font(_SIZE)))
        self._dirty = True

    def tick(self) -> None:
        """Show what the session holds, if anything changed and it can be seen."""
        if not self._dirty or not self.isVisible():
            return
        self._dirty = False
        state = self.session.state
        there = state.script is not None
        for part in (self.text, self.open, self.take):
            part.setVisible(not there)
        for other in (self.clear, self.choice, self.marks):
            other.setVisible(there)
        self._list()
        names = [self._name(str(getattr(state.captioning, "recogniser", ""))), self._name(state.beside or "")]
        for which, (label, reader) in enumerate(zip(self.told, self.readers, strict=True)):
            reading = state.readings[which] if which < len(state.readings) else None
            label.setVisible(reading is not None)
            reader.setVisible(reading is not None)
            if reading is not None:
                name = names[which] if len(state.readings) > 1 else ""
                label.setText(said(reading, name))
                label.setAccessibleDescription(label.text())
            reader.show_items(self.stretches[which].items(reading))
            here = (reading.script, self.stretches[which].current) if reading is not None else None
            if here is not None and here != self._looked[which]:  # else it stays where it was scrolled to
                reader.look_at(*here[1])
            self._looked[which] = here
        self._compare(state.readings, names)

    def _mark(self) -> None:
        self._dirty = True

    def _compare(self, readings: tuple[Reading, ...], names: list[str]) -> None:
        rates = [each.wer for each in readings[:2] if each.wer is not None]
        self.difference.setVisible(len(rates) == 2)
        if len(rates) == 2:
            points = round(100 * (rates[1] - rates[0]), 1)
            more = f"{abs(points):.1f} points {'more' if points > 0 else 'fewer'}" if points else "as many errors"
            self.difference.setText(f"{names[1]}: {more}")

    def _name(self, name: str) -> str:
        if name == DENOISED:
            return "The same, denoised"
        return next(
            (each.title for each in self.session.state.recognisers if each.name == name), name or "Captions"
        )

    def _list(self) -> None:
        state = self.session.state
        if (state.recognisers, state.beside) == self._listed:
            return
        self._listed = state.recognisers, state.beside
        with QSignalBlocker(self.choice):
            fill_recognisers(self.choice, state.recognisers, "No second recogniser beside")
            self.choice.insertItem(1, "The same, its sound denoised", DENOISED)
            self.choice.setCurrentIndex(max(0, self.choice.findData(state.beside or "")))


def said(reading: Reading, name: str) -> str:
    """The word error rate of a reading in words, as rich text."""
    palette = theme.current()
    head = f"<b>{escape(name)}</b> " if name else ""
    place = f"word {min(reading.position + 1, len(reading.marks))} of {len(reading.marks)}"
    if reading.wer is None:
        return f"{head}<span style='color:{palette.muted}'>{place}; read aloud while captions run</span>"
    counts: Any = zip(SIGNS.values(), (reading.substituted, reading.deleted, reading.inserted), strict=True)
    parts = "  ".join(f"{sign}\N{NO-BREAK SPACE}{count}" for sign, count in counts)
    return (
        f"{head}<b>{100 * reading.wer:.1f} %</b> word errors "
        f"<span style='color:{palette.muted}'>{parts} in {reading.read} words, {place}; normaliser "
        f"{escape(reading.normaliser)}</span>"
    )


def _reader(name: str) -> Reader:
    made = Reader(lambda item: item.words)
    made.setAccessibleName(name)
    made.setMinimumHeight(12 * theme.GRID)
    made.follows = False
    return made


def _button(words: str, tip: str, does: Any) -> QPushButton:
    made = QPushButton(words)
    made.setToolTip(tip)
    made.clicked.connect(lambda _=False: does())
    return made
