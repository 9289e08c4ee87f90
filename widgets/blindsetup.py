"""What a blind test is to be: of which sounds, which of their versions, and how many trials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from widgets import theme
from widgets.knobs import Form
from widgets.panels.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.knob import Settings

ABX, RATING = "abx", "sheet"
_KINDS = {
    ABX: ("Told apart?", "ABX: is X the one or the other? Ends with the chance to be right so often by guessing"),
    RATING: ("How good?", "Hidden versions beside each other, rated from 0 to 100, as in ITU-R BS.1534"),
}


class Setup(QWidget):
    """`added` asks for the sound that is shown, `removed(row)` takes one back, `resumed` goes on with a test that
    was left, `begun` begins. The choices are `kind`, `pair`, `chosen` and `form.settings`.
    """

    added = Signal()
    removed = Signal(int)
    resumed = Signal()
    begun = Signal()
    changed = Signal()

    def __init__(self, plan: Settings) -> None:
        super().__init__()
        self.names: tuple[str, ...] = ()
        self.left, self.left_words, self.resume = QFrame(), QLabel(), QPushButton("Go on with it")
        self.left.setProperty("role", "card")
        self.left.hide()
        self.kinds = {name: QRadioButton(words) for name, (words, _) in _KINDS.items()}
        self.sounds, self.versions = QListWidget(), QListWidget()
        self.add, self.remove = QPushButton("Add what is shown"), QPushButton("Remove")
        self.one, self.other, self.sides = QComboBox(), QComboBox(), QWidget()
        self.abx_form, self.sheet_form = Form(plan, "blind", ("trials",)), Form(plan, "blind", without=("trials",))
        self.said, self.begin = QLabel(), QPushButton("Begin")
        self._dress()
        self._connect()
        self._lay_out()
        self._show_kind()

    @property
    def kind(self) -> str:
        return next(name for name, button in self.kinds.items() if button.isChecked())

    @property
    def plan(self) -> Settings:
        return (self.abx_form if self.kind == ABX else self.sheet_form).settings

    @property
    def pair(self) -> tuple[str, str]:
        return self.one.currentText(), self.other.currentText()

    @property
    def chosen(self) -> tuple[str, ...]:
        """The versions that are to be rated."""
        items = (self.versions.item(row) for row in range(self.versions.count()))
        return tuple(item.text() for item in items if item.checkState() == Qt.CheckState.Checked)

    def show_left(self, words: str) -> None:
        """A test that was begun and not ended; empty for none."""
        self.left_words.setText(words)
        self.left.setVisible(bool(words))

    def show_sounds(self, titles: Sequence[str], names: Sequence[str]) -> None:
        """The sounds that take part, and the versions that all of them have."""
        self.sounds.clear()
        self.sounds.addItems(list(titles))
        self.sounds.setCurrentRow(len(titles) - 1)
        self.remove.setEnabled(bool(titles))
        if tuple(names) == self.names:
            return
        pair, off = self.pair, set(self.names) - set(self.chosen)
        self.names = tuple(names)
        for box, kept, usual in zip((self.one, self.other), pair, (0, len(names) - 1), strict=True):
            box.clear()
            box.addItems(list(names))
            box.setCurrentText(kept if kept in names else names[usual] if names else "")
        self.versions.clear()
        for name in names:
            item = QListWidgetItem(name, self.versions)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Unchecked if name in off else Qt.CheckState.Checked)

    def tell(self, text: str, trouble: bool = False) -> None:
        """What follows from the choices, or what is wrong with them."""
        say(self.said, text, "warning" if trouble else "muted")

    def _show_kind(self) -> None:
        abx = self.kind == ABX
        for part, shown in (
            (self.sides, abx), (self.abx_form, abx), (self.versions, not abx), (self.sheet_form, not abx),
        ):  # fmt: skip
            part.setVisible(shown)
        self.changed.emit()

    def _dress(self) -> None:
        self.kinds[ABX].setChecked(True)
        for name, kind in self.kinds.items():
            kind.setToolTip(_KINDS[name][1])
        for widget, name in (
            (self.sounds, "Sounds of the test"), (self.versions, "Versions that are rated"),
            (self.one, "One of the two"), (self.other, "The other of the two"),
        ):  # fmt: skip
            widget.setAccessibleName(name)
        self.sounds.setFixedHeight(11 * theme.GRID)
        self.versions.setFixedHeight(14 * theme.GRID)
        self.add.setToolTip("The selected stretch, or all of a short clip, with every version that can be heard")
        self.begin.setDefault(True)
        for button in (self.add, self.remove, self.resume):
            button.setAutoDefault(False)
        for label in (self.said, self.left_words):
            label.setWordWrap(True)

    def _connect(self) -> None:
        self.add.clicked.connect(self.added)
        self.remove.clicked.connect(lambda: self.removed.emit(self.sounds.currentRow()))
        self.resume.clicked.connect(self.resumed)
        self.begin.clicked.connect(self.begun)
        self.kinds[ABX].toggled.connect(self._show_kind)
        for box in (self.one, self.other):
            box.activated.connect(lambda _: self.changed.emit())
        self.versions.itemChanged.connect(lambda _: self.changed.emit())
        for form in (self.abx_form, self.sheet_form):
            form.changed.connect(lambda *_: self.changed.emit())

    def _lay_out(self) -> None:
        card, kinds, sides, foot = (QHBoxLayout() for _ in range(4))
        card.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        card.addWidget(self.left_words, 1)
        card.addWidget(self.resume)
        self.left.setLayout(card)
        for button in self.kinds.values():
            kinds.addWidget(button)
        kinds.addStretch(1)
        sides.setContentsMargins(0, 0, 0, 0)
        sides.addWidget(self.one, 1)
        sides.addWidget(QLabel("against"))
        sides.addWidget(self.other, 1)
        self.sides.setLayout(sides)
        foot.addWidget(self.add)
        foot.addWidget(self.remove)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID)
        column.addWidget(self.left)
        column.addLayout(kinds)
        column.addWidget(_heading("Sounds"))
        column.addWidget(self.sounds)
        column.addLayout(foot)
        column.addWidget(_heading("Versions"))
        for part in (self.sides, self.versions, self.abx_form, self.sheet_form):
            column.addWidget(part)
        column.addStretch(1)
        column.addWidget(self.said)
        column.addWidget(self.begin, 0, Qt.AlignmentFlag.AlignRight)


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setFont(theme.font(theme.TEXT, bold=True))
    label.setProperty("role", "muted")
    return label
