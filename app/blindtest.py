"""The dialog of blind tests: what takes part, the test itself, and what came of it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs
from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QLabel, QStackedWidget, QVBoxLayout

from app import places
from app.compared import loop_of, versions
from app.hidden import Hidden
from engine import blind, sitting
from engine.blind import Abx, BlindError, Plan, Sheet
from engine.events import Failed, Notice, Progress
from widgets.abx import AbxPanel
from widgets.blindsetup import ABX, Setup
from widgets.rating import OPEN, RatingPanel
from widgets.unblinded import Unblinded

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from PySide6.QtGui import QHideEvent, QShowEvent

    from app.window import Window
    from engine.clip import Clip

NAME = "blind test"
_KEYS = (*"ABXR123456789", "Space")
_SAME = "The two versions are the same sound: turn the noise up, or choose others."


def export(test: blind.Test, path: Path) -> Generator[Any, Any, None]:
    """The job that writes the results."""
    yield Progress(0.0, f"writing {path.name}")
    table, whole = sitting.export(test, path)
    yield Notice(f"Saved {table} and {whole.name}")


class Dialog(QDialog):
    """Stays while the window does. A test lies in a folder of its own from its beginning, so that it goes on where
    it was left, even by another start of the program."""

    def __init__(self, window: Window, root: Path | None = None) -> None:
        super().__init__(window)
        self.window_, self.session = window, window.session
        self.root = root or Path(platformdirs.user_data_dir("otoscope", appauthor=False)) / "blind"
        self.sitting: sitting.Sitting | None = None
        self.sounds: list[tuple[str, Mapping[str, Clip]]] = []
        self.hidden = Hidden(window)
        self.setWindowTitle("Blind test")
        self.resize(680, 600)
        self.setup, self.abx, self.rating, self.ended = Setup(Plan()), AbxPanel(), RatingPanel(), Unblinded()
        self.told, self.pages = QLabel(), QStackedWidget()
        self.told.setWordWrap(True)
        self.told.setProperty("role", "warning")
        for page in (self.setup, self.abx, self.rating, self.ended):
            self.pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addWidget(self.pages, 1)
        column.addWidget(self.told)
        self._connect()
        window.installEventFilter(self)

    # Before.

    def add(self) -> None:
        """The sound that is shown takes part, with every version of it."""
        try:
            found = versions(self.session.state)
            start, stop = loop_of(self.session.state)
            cut = {name: sitting.cut(clip, start, stop, name) for name, clip in found.items()}
        except BlindError as error:
            self.setup.tell(str(error), trouble=True)
            return
        name = self.session.state.clip.name if self.session.state.clip is not None else ""
        self._keep(f"{name} {start:.1f} to {stop:.1f} s", cut)

    def remove(self, row: int) -> None:
        if 0 <= row < len(self.sounds):
            del self.sounds[row]
            self._show_sounds()

    def begin(self) -> None:
        """Draw what is hidden and make the sounds ready; what is shown takes part if nothing else does."""
        if not self.sounds:
            self.add()
        if not self.sounds:
            return
        try:
            test, sounds = self._drawn()
        except BlindError as error:
            self.setup.tell(str(error), trouble=True)
            return
        folder = self.root / f"{time.strftime('%Y%m%d-%H%M%S')}-{test.seed}"
        self.setup.begin.setEnabled(False)
        self.setup.tell("The sounds are made ready …")
        self.window_.wiring.submit("background", NAME, sitting.prepare, test, sounds, folder, doing=NAME)

    def resume(self) -> None:
        """Go on with the test that was left."""
        folder = sitting.unfinished(self.root)
        try:
            if folder is not None:
                self.take(sitting.take_up(folder))
        except BlindError as error:
            self.setup.tell(str(error), trouble=True)

    # While it runs.

    def take(self, made: sitting.Sitting) -> None:
        """A test is ready."""
        self.setup.begin.setEnabled(True)
        self.sitting = made
        self._show_turn()

    def hear(self, name: str) -> None:
        """Let a version be heard, by its label."""
        if self.sitting is not None:
            self.hidden.hear(name)
            self.panel.show_heard(name)

    def answer(self, given: Any) -> None:
        """Take an answer, and ask the next."""
        if self.sitting is None or self.sitting.test.over:
            return
        self.sitting = sitting.Sitting(self.sitting.test.answer(given), self.sitting.sounds, self.sitting.folder)
        self._save()
        self._show_turn()

    def peek(self) -> None:
        """How it stands, though it is not over: that is remembered."""
        if self.sitting is not None and isinstance(test := self.sitting.test, Abx):
            test = blind.replace(test, peeked=True)
            self.sitting = sitting.Sitting(test, self.sitting.sounds, self.sitting.folder)
            self._save()
            given = len(test.answers)
            self.abx.show_standing(
                f"{test.right} of {given} right so far, p = {test.p:.3g}." if given else "Nothing yet."
            )

    def press(self, key: str) -> None:
        """A key: to hear, to answer, or to pause."""
        if self.sitting is None or self.pages.currentWidget() not in (self.abx, self.rating):
            return
        if key == "Space":
            self.hidden.toggle()
        else:
            self.panel.press(key)

    @property
    def panel(self) -> AbxPanel | RatingPanel:
        return self.abx if self.sitting is not None and isinstance(self.sitting.test, Abx) else self.rating

    # After.

    def anew(self) -> None:
        """Back to the beginning, with the same sounds."""
        self.sitting = None
        self.hidden.close()
        self.pages.setCurrentWidget(self.setup)
        self._look()

    def save(self) -> None:
        """Write the results where the user wants them."""
        if self.sitting is None:
            return
        kinds = "Table and JSON (*.csv)"
        if target := places.place(self.window_, "Save the results", "blind test.csv", kinds, (".csv", ".json")):
            places.write(self.window_, target, export, self.sitting.test)

    # Inside.

    def _drawn(self) -> tuple[blind.Test, list[Mapping[str, Clip]]]:
        titles, sounds, plan = (
            [title for title, _ in self.sounds],
            [each for _, each in self.sounds],
            self.setup.plan,
        )
        assert isinstance(plan, Plan)
        if self.setup.kind == ABX:
            one, other = self.setup.pair
            if one and any(one != other and each[one].id == each[other].id for each in sounds):
                raise BlindError(_SAME)
            return blind.draw_abx(titles, (one, other), plan), sounds
        open_ = "clean" if plan.reference and "clean" in self.setup.chosen else ""
        chosen = (*self.setup.chosen, *([blind.ANCHOR] if plan.anchor else []))
        return blind.draw_sheet(dict.fromkeys(titles, chosen), open_), sounds

    def _show_turn(self) -> None:
        assert self.sitting is not None
        test, sounds = self.sitting.test, self.sitting.sounds
        if test.over:
            self._end()
        elif isinstance(test, Abx):
            turn = len(test.answers)
            heard = sounds[test.order[turn]]
            one, other = (heard[name] for name in test.pair)
            self.abx.show_turn(turn, test.trials, blind.needed(test.trials))
            self._go(self.abx, {"A": one, "B": other, "X": one if test.hidden[turn] == "A" else other}, "X")
        else:
            self._show_page(test, sounds)

    def _show_page(self, test: Sheet, sounds: tuple[Mapping[str, Clip], ...]) -> None:
        turn = len(test.scores)
        heard, shown = sounds[test.order[turn]], test.shown[turn]
        labels = [blind.label(place) for place in range(len(shown))]
        title, last = f"Page {turn + 1} of {len(test.shown)}", turn + 1 == len(test.shown)
        self.rating.show_page(title, labels, bool(test.open_), last)
        lanes = {OPEN: heard[test.open_]} if test.open_ else {}
        lanes |= {label: heard[name] for label, name in zip(labels, shown, strict=True)}
        self._go(self.rating, lanes, next(iter(lanes)))

    def _go(self, page: AbxPanel | RatingPanel, lanes: dict[str, Clip], first: str) -> None:
        """Show a page; what played goes on with its first sound."""
        self.pages.setCurrentWidget(page)
        self.hidden.load(lanes, first)
        page.show_heard(first if self.hidden.playing else "")

    def _end(self) -> None:
        assert self.sitting is not None
        self.hidden.close()
        self.ended.show_test(self.sitting.test.verdict(), self.sitting.test.rows())
        self.pages.setCurrentWidget(self.ended)

    def _save(self) -> None:
        assert self.sitting is not None
        try:
            sitting.save(self.sitting.test, self.sitting.folder)
            self.told.setText("")
        except OSError as error:
            self.told.setText(f"The answers cannot be kept in {self.sitting.folder} ({error}): make room there.")

    def _keep(self, title: str, found: Mapping[str, Clip]) -> None:
        self.sounds = [each for each in self.sounds if each[0] != title] + [(title, found)]
        self._show_sounds()

    def _show_sounds(self) -> None:
        shared = [name for name in (self.sounds[0][1] if self.sounds else ())]
        shared = [name for name in shared if all(name in each for _, each in self.sounds)]
        self.setup.show_sounds([f"{title}: {', '.join(each)}" for title, each in self.sounds], shared)
        self._advise()

    def _advise(self) -> None:
        plan = self.setup.plan
        assert isinstance(plan, Plan)
        if not self.sounds:
            self.setup.tell("Select a stretch that tells, then add it; without one, all of a short clip is taken.")
        elif self.setup.kind == ABX:
            wanted = blind.needed(plan.trials)
            self.setup.tell(f"{wanted} of {plan.trials} answers have to be right for p below {blind.LEVEL:g}.")
        else:
            open_ = "" if not plan.reference or "clean" in self.setup.chosen else " No clean sound: no reference."
            self.setup.tell(f"A page for each sound, in an order that is drawn.{open_}")

    def _look(self) -> None:
        """What can be gone on with, and what is shown now."""
        folder = sitting.unfinished(self.root)
        words = ""
        if folder is not None:
            test = sitting.read((folder / "test.json").read_text(encoding="utf-8"))
            kind, done = ("ABX", test.trials) if isinstance(test, Abx) else ("Rating", len(test.shown))
            answered = len(test.answers if isinstance(test, Abx) else test.scores)
            words = f"{kind} of {test.begun[:16].replace('T', ' ')} is not over: {answered} of {done} done."
        self.setup.show_left(words)
        if not self.sounds and self.session.state.traced is not None:
            self.add()
        self._advise()

    def _connect(self) -> None:
        self.setup.added.connect(self.add)
        self.setup.removed.connect(self.remove)
        self.setup.begun.connect(self.begin)
        self.setup.resumed.connect(self.resume)
        self.setup.changed.connect(self._advise)
        for panel in (self.abx, self.rating):
            panel.heard.connect(self.hear)
        self.abx.answered.connect(self.answer)
        self.abx.peeked.connect(self.peek)
        self.rating.rated.connect(self.answer)
        self.ended.saved.connect(self.save)
        self.ended.again.connect(self.anew)
        for key in _KEYS:
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.activated.connect(lambda key=key: self.press(key))
        self.window_.wiring.on(sitting.Sitting, self.take)
        self.window_.wiring.on(Failed, self._failed)

    def _failed(self, event: Failed) -> None:
        if event.job == NAME:
            self.setup.begin.setEnabled(True)
            self.setup.tell(event.text, trouble=True)

    def tick(self) -> None:
        """The device may have gone; what the window plays takes the place of what this does."""
        if trouble := self.hidden.tick():
            self.told.setText(trouble)
        if self.sitting is not None and not self.hidden.playing and self.pages.currentWidget() is self.panel:
            self.panel.show_heard("")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.sitting is None:
            self._look()
        else:
            self._show_turn()
        self.window_.timer.timeout.connect(self.tick)

    def hideEvent(self, event: QHideEvent) -> None:
        """It is silent when it cannot be seen; the test waits on the disk."""
        super().hideEvent(event)
        self.window_.timer.timeout.disconnect(self.tick)
        self.hidden.close()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Hide and not event.spontaneous():
            self.close()
        return False
