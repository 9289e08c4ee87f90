"""The melody panel: notes to begin with, how the network goes on from them, and the melodies that it has made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)
from PySide6.QtWidgets import QWidget as Widget

from widgets import theme
from widgets.knobs import Form
from widgets.piano import Piano
from widgets.view import Follower

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PySide6.QtGui import QAction

    from engine.events import Composed
    from engine.knob import Settings
    from engine.session import Session

JOB = "melody"
"""The name of the job that makes melodies."""
_NONE = "No note yet: the network begins by itself. Press keys, or take a tune."
_MELODIES = (
    "The melodies that were made, the newest first; a click shows one and plays it. Answers: of the notes that "
    "follow from a question at the beginning of a phrase, how many the network has found."
)
_TUNE = "Hear and give the first three bars of a new tune: how it ends follows from how it begins"
_ROWS = 6


class MelodyPanel(Widget):
    """`pressed(n)`, `taken_back`, `cleared` and `tune_asked` are about the notes; `chosen(melody)` shows one.

    `names` are those of the notes that can be given, in the order of the network's classes from 1 on.
    """

    pressed = Signal(int)
    taken_back = Signal()
    cleared = Signal()
    tune_asked = Signal()
    chosen = Signal(object)

    def __init__(
        self, session: Session, actions: Mapping[str, QAction], names: Sequence[str], settings: Settings
    ) -> None:
        super().__init__()
        self.session = session
        self._names = tuple(names)
        self._dirty = True
        self._listed: tuple[Composed, ...] = ()
        self.piano = Piano(names)
        self.piano.pressed.connect(lambda key: self.pressed.emit(key + 1))
        self.piano.taken_back.connect(self.taken_back)
        self.opening = QLabel()
        self.opening.setWordWrap(True)
        self.opening.setAccessibleName("Notes to begin with")
        self.opening.setWhatsThis(self.piano.whatsThis())
        self.opening.setMinimumHeight(2 * self.opening.fontMetrics().lineSpacing())
        self.opening.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.clear, self.tune = QPushButton("Clear"), QPushButton("Take a tune")
        for button, tip, signal in (
            (self.clear, "Begin with no note", self.cleared),
            (self.tune, _TUNE, self.tune_asked),
        ):
            button.setToolTip(tip)
            button.setWhatsThis(tip)
            button.clicked.connect(lambda _=False, signal=signal: signal.emit())
        self.form = Form(session.state.composing or settings, "composing")
        self.form.changed.connect(lambda value, merge: session.set("composing", value, merge))
        self.form.ended.connect(session.end_merge)
        self.said = QLabel()
        self.said.setProperty("role", "muted")
        self.said.setWordWrap(True)
        self.said.setAccessibleName("How the melody goes")
        self.list = self._make_list()
        self.generate = Follower(actions["generate"])
        self.generate.setDefault(True)
        self._lay_out(actions)
        for key in ("composing", "opening", "melodies", "clip", "network", "jobs"):
            session.on(key, self._mark)
        self.tick()

    def tick(self) -> None:
        """Show what the session holds, if anything changed."""
        if not self._dirty:
            return
        self._dirty = False
        state = self.session.state
        given = [self._names[note - 1] for note in state.opening]
        self.opening.setText(" ".join(given) if given else _NONE)
        self.opening.setProperty("role", "" if given else "muted")
        self.opening.style().polish(self.opening)
        self.clear.setEnabled(bool(given))
        if state.composing is not None and self.form.settings != state.composing:
            self.form.show_settings(state.composing)
        job = state.jobs.get(JOB)
        self.said.setText(f"{job.doing or 'preparing'} …" if job is not None else "")
        self.said.setVisible(job is not None)
        self._show_list()

    def _mark(self) -> None:
        self._dirty = True

    def _show_list(self) -> None:
        state = self.session.state
        with QSignalBlocker(self.list):
            if state.melodies is not self._listed:
                self._listed = state.melodies
                self.list.clear()
                self.list.addTopLevelItems([_listed(each) for each in reversed(state.melodies)])
            at = next((place for place, each in enumerate(state.melodies) if each is state.melody), None)
            row = None if at is None else self.list.topLevelItem(len(state.melodies) - 1 - at)
            self.list.setCurrentItem(row)  # type: ignore[arg-type]
        self.list.setVisible(bool(state.melodies))

    def _make_list(self) -> QTreeWidget:
        made = QTreeWidget()
        made.setRootIsDecorated(False)
        made.setHeaderLabels(["by", "goes on", "answers"])
        made.setAccessibleName("Melodies")
        made.setWhatsThis(_MELODIES)
        made.setToolTip(_MELODIES)
        made.header().setStretchLastSection(False)
        for column, how in enumerate(("ResizeToContents", "Stretch", "ResizeToContents")):
            made.header().setSectionResizeMode(column, QHeaderView.ResizeMode[how])
        made.setFixedHeight((_ROWS + 2) * made.fontMetrics().lineSpacing() + 2 * theme.GRID)
        made.itemClicked.connect(lambda row: self.chosen.emit(row.data(0, Qt.ItemDataRole.UserRole)))
        made.itemActivated.connect(lambda row: self.chosen.emit(row.data(0, Qt.ItemDataRole.UserRole)))
        return made

    def _lay_out(self, actions: Mapping[str, QAction]) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self.piano)
        column.addWidget(self.opening)
        column.addLayout(_row(self.clear, self.tune))
        column.addWidget(self.form)
        column.addLayout(_row(self.generate, Follower(actions["continue_both"])))
        column.addWidget(self.said)
        column.addWidget(self.list)
        column.addLayout(_row(Follower(actions["save_melody"])))


def _listed(melody: Composed) -> QTreeWidgetItem:
    right, asked = melody.right
    made = " ".join(melody.names[note] for note in melody.notes[melody.given :][:8])
    row = QTreeWidgetItem([melody.network.name, made, f"{right} of {asked}" if asked else ""])
    row.setData(0, Qt.ItemDataRole.UserRole, melody)
    settings = melody.settings.to_dict()
    told = ", ".join(f"{name.replace('_', '-')} {value}" for name, value in settings.items())
    for column in range(row.columnCount()):
        row.setToolTip(column, f"{melody.clip.name}: {told}")
    return row


def _row(*buttons: Widget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(4)
    for each in buttons:
        row.addWidget(each)
    row.addStretch(1)
    return row
