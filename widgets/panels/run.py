"""The head of the training panel: how the run goes, in words, its buttons, and what waits for a new run."""

from __future__ import annotations

import functools
import time
import tomllib
from collections import deque
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from engine import errorname
from engine.knob import knobs
from widgets.editor import caption
from widgets.panels.words import say
from widgets.view import Follower

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction

    from engine.knob import Knob
    from engine.session import Session, State

WINDOW = 30.0
"""Seconds of which the pace is the mean."""
_NONE = "Nothing is trained yet. Start the training: the network learns here, while you watch."
_FITS = {
    "underfit": ("underfit", "It has not learnt even what it is shown: train longer, faster or with more units."),
    "ok": ("fits", "It does on held-out clips nearly what it does on those that it learns from."),
    "overfit": ("overfit", "It learns its clips by heart: more dropout or weight decay, or stop earlier."),
}


class Pace:
    """How many steps a second, over the last WINDOW seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, step: int, now: float) -> None:
        if self._seen and step < self._seen[-1][1]:
            self._seen.clear()
        if not self._seen or step > self._seen[-1][1]:
            self._seen.append((now, step))
        while len(self._seen) > 2 and now - self._seen[0][0] > WINDOW:
            self._seen.popleft()

    def forget(self) -> None:
        """After a pause."""
        self._seen.clear()

    def left(self, total: int) -> float | None:
        """Seconds until step `total`; None if that is not known."""
        if len(self._seen) < 2:
            return None
        (began, first), (now, last) = self._seen[0], self._seen[-1]
        return (total - last) * (now - began) / (last - first)


def lasting(seconds: float) -> str:
    """A time to wait in words: 40 s, 3 min, 1 h 20 min."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def said(state: State, left: float | None) -> str:
    """How the run goes: step 120 of 2000, loss 1.23, WER (basic-en) 12 %, 3 min left."""
    history, job = state.history, state.jobs.get("train")
    if not len(history.steps):
        return f"{job.doing or 'preparing'} …".capitalize() if job else _NONE
    last, began = history.steps[-1], history.began
    parts = [f"step {last.step}" + (f" of {began.total}" if began is not None else ""), f"loss {last.loss:.3g}"]
    held = [each for each in history.evaluated if each.split == "valid"]
    if held:
        name = errorname.of_recipe(began.recipe) if began is not None else "error"
        parts.append(f"{name} {100 * held[-1].error:.1f} %")
    if history.halted is not None:
        return f"Halted: {', '.join(parts)}"
    if job is None:
        over = began is None or last.step >= began.total
        return f"{'Done' if over else 'Stopped'}: {', '.join(parts)}"
    if left is not None:
        parts.append(f"{lasting(left)} left")
    words = ", ".join(parts)
    return f"{words[:1].upper()}{words[1:]}" if job.doing == "training" else f"{job.doing.capitalize()}: {words}"


def waiting(state: State) -> tuple[str, ...]:
    """The knobs of training and of the network that differ from those of the run and do not act on it."""
    began, found = state.history.began, []
    if began is None or state.training is None:
        return ()
    recipe = _tables(began.recipe)
    turned = {each.key: each.after for each in state.history.changes}
    found += _other(recipe.get("train", {}) | turned, state.training)
    network = state.network
    if network is not None and network.task == recipe.get("task", {}).get("name"):
        found += _other(recipe.get("model", {}), network.settings)
    return tuple(found)


@functools.lru_cache(8)
def _tables(recipe: str) -> dict[str, Any]:
    try:
        return tomllib.loads(recipe)
    except tomllib.TOMLDecodeError:  # of a run that was written by hand
        return {}


def _other(run: Mapping[str, Any], settings: Any) -> list[str]:
    def differs(knob: Knob) -> bool:
        told = run.get(knob.name, knob.default)
        told = tuple(told) if isinstance(told, list) else told
        return knob.effect != "live" and told != getattr(settings, knob.name)

    return [caption(each).lower() for each in knobs(type(settings)) if differs(each)]


class RunHead(QWidget):
    """Reads history, jobs and training of the session. Its buttons are the window's actions."""

    def __init__(self, session: Session, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self.session = session
        self._pace = Pace()
        self._dirty = True
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setMinimumHeight(2 * self.words.fontMetrics().lineSpacing())  # what is below stays in place
        self.words.setAccessibleName("How the training goes")
        self.fit = QLabel()
        self.fit.setAccessibleName("Fit")
        self.cost = QLabel()
        self.cost.setProperty("role", "muted")
        self.cost.setWordWrap(True)
        self.cost.setAccessibleName("What the training will cost")
        self.wait = QLabel()
        self.wait.setWordWrap(True)
        self.wait.setProperty("role", "warning")
        self.wait.setAccessibleName("What takes a new run")
        self._ways = QWidget()
        head = QHBoxLayout()
        head.addWidget(self.words, 1)
        head.addWidget(self.fit, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(head)
        buttons = ("train", "pause_training", "step_training", "estimate")
        column.addLayout(_row(Follower(actions[name], " training") for name in buttons))
        column.addWidget(self.cost)
        column.addWidget(self.wait)
        self._ways.setLayout(_row(Follower(actions[name]) for name in ("fork", "train_anew")))
        column.addWidget(self._ways)
        for key in ("history", "jobs", "training", "network", "status"):
            session.on(key, self._mark)
        self.tick()

    def tick(self) -> None:
        """Show how it goes, if anything changed."""
        if not self._dirty:
            return
        self._dirty = False
        state = self.session.state
        history, job = state.history, state.jobs.get("train")
        left = None
        if job is None or job.doing in ("paused", "waiting"):
            self._pace.forget()
        elif len(history.steps):
            self._pace.note(history.steps[-1].step, time.monotonic())
            left = self._pace.left(history.began.total) if history.began is not None else None
        self.words.setText(said(state, left))
        self._show_fit(str(state.status.get("fit", "")))
        cost = str(state.status.get("estimate", ""))
        self.cost.setText(cost)
        self.cost.setVisible(bool(cost) and job is None)
        names = waiting(state)
        self.wait.setText(f"{', '.join(names).capitalize()}: a change takes a new run.")
        for each in (self.wait, self._ways):
            each.setVisible(bool(names))

    def _mark(self) -> None:
        self._dirty = True

    def _show_fit(self, verdict: str) -> None:
        words, tip = _FITS.get(verdict, ("", ""))
        self.fit.setVisible(bool(words))
        say(self.fit, words, "good" if verdict == "ok" else "badge")
        self.fit.setToolTip(tip)
        self.fit.setWhatsThis(tip)


def _row(buttons: Any) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(4)
    for each in buttons:
        row.addWidget(each)
    row.addStretch(1)
    return row
