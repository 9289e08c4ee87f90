"""Decoding: how text is searched in what the network answered, the best hypotheses, the knobs that weigh them."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from widgets import theme
from widgets.knobs import Form
from widgets.scroll import scrolled
from widgets.search import known, missing, named
from widgets.view import View as Base

if TYPE_CHECKING:
    from engine.events import Searched
    from engine.hypothesis import Prefix
    from engine.session import Session

TITLE = "Decoding"
LANE = False
ORDER = 45
BEST = 5
"""Hypotheses that are told."""
_ABOUT = (
    "Score = log p(text | sound) + α log p(text) + β words, in nats. The network is not run again when a knob is "
    "turned: what it answered is searched anew."
)


class View(Base):
    """Writes `decoding` of the session, and shows `searched`."""

    TITLE = TITLE

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        inside = QWidget()
        self._lines = QVBoxLayout(inside)
        self._lines.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        self._lines.setSpacing(theme.GRID)
        self.best = _label("The best text")
        self.table = _label("The best hypotheses")
        self.table.setToolTip(_ABOUT)
        self.table.setWhatsThis(_ABOUT)
        self.form: Form | None = None
        for label in (self.best, self.table):
            self._lines.addWidget(label)
        self._lines.addStretch(1)
        scrolled(self, inside, TITLE)
        self.watch("searched", "decoding", "network", "traced", "transport", "clip")

    def sizeHint(self) -> QSize:
        return QSize(36 * theme.GRID, 48 * theme.GRID)

    def minimumSizeHint(self) -> QSize:
        return QSize(24 * theme.GRID, 12 * theme.GRID)

    def refresh(self) -> None:
        state = self.session.state
        found = known(state)
        if found is None or not found.beam.prefixes:
            for label in (self.best, self.table):
                label.setText("")
            self.say(missing(state))
            return
        self.say("")
        self._show_form(state.decoding)
        self.best.setText(_told(found))
        self.table.setText(_table(found))

    def _show_form(self, settings: Any) -> None:
        if settings is None:
            return
        if self.form is None:
            self.form = Form(settings, "decoding")
            self.form.changed.connect(lambda value, merge: self.session.set("decoding", value, merge))
            self.form.ended.connect(self.session.end_merge)
            self._lines.insertWidget(1, self.form)
        elif self.form.settings != settings:
            self.form.show_settings(settings)
        greedy = "greedy decoding keeps one text" if settings.search == "greedy" else ""
        alone = greedy or ("there is no language model" if settings.language == "none" else "")
        for name, reason in (
            ("width", greedy),
            ("language", greedy),
            ("file", greedy or ("" if settings.language == "file" else "the language model is no file")),
            ("weight", alone),
            ("bonus", alone),
            ("live", greedy),
        ):
            self.form.disable(name, reason)


def _told(found: Searched) -> str:
    palette = theme.current()
    text = " ".join(each.text for each in found.text) or "(nothing)"
    lines = [f"<p style='margin:0; font-size:{theme.DISPLAY - 8}px; font-weight:600'>{escape(text)}</p>"]
    if found.length:
        ink = palette.good if not found.edits else palette.bad
        sign = "✓" if not found.edits else "≠"
        lines.append(
            f"<p style='margin:4px 0; color:{ink}'><b>{sign} {found.edits} of {found.length} wrong</b></p>"
        )
    lines.append(f"<p style='margin:4px 0; color:{palette.muted}'>searched in {found.milliseconds:.0f} ms</p>")
    if found.note:
        lines.append(f"<p style='margin:4px 0; color:{palette.warn}'>{escape(found.note)}</p>")
    return "".join(lines)


def _table(found: Searched) -> str:
    """The best hypotheses, each with what it owes to the sound, to the language and to its words."""
    ink = theme.current().muted
    heads = ("score", "sound", "language", "words")
    cell = "padding:0 8px 2px 0"
    head = "".join(f"<td align='right' style='color:{ink}; {cell}'>{each}</td>" for each in heads)
    rows = [f"<tr>{head}</tr>"]
    for prefix in found.beam.prefixes[:BEST]:
        figures = (prefix.score, prefix.acoustic, prefix.language, prefix.bonus)
        values = "".join(f"<td align='right' style='{cell}'>{_number(each)}</td>" for each in figures)
        rows.append(f"<tr><td colspan='4' style='padding:4px 0 0 0'>{escape(_written(found, prefix))}</td></tr>")
        rows.append(f"<tr>{values}</tr>")
    return f"<table cellspacing='0' cellpadding='0'>{''.join(rows)}</table>"


def _written(found: Searched, prefix: Prefix) -> str:
    spaced = any(each.startswith(" ") for each in found.vocabulary)
    texts = prefix.text if spaced else [named(found.vocabulary, label) for label in prefix.labels]
    return ("" if spaced else " ").join(texts).strip() or "(nothing)"


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "\N{MINUS SIGN}") if value else "0"


def _label(name: str) -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignTop)
    policy = label.sizePolicy()
    policy.setHorizontalPolicy(QSizePolicy.Policy.Ignored)
    label.setSizePolicy(policy)
    flags = Qt.TextInteractionFlag
    label.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)
    label.setAccessibleName(name)
    return label
