"""Reference and hypothesis: what was said above what was read, word by word, with every error by its shape."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from engine.session import CAPTIONS, NETWORK
from widgets import theme
from widgets.pairs import Pairs
from widgets.view import View as Base

if TYPE_CHECKING:
    from engine.events import Contrasted
    from engine.session import Session, State
    from engine.wer import Rate

TITLE = "Errors"
LANE = False
ORDER = 22
_RATES = {"word": "WER", "text": "WER", "digit": "DER", "phone": "PER", "written": "CER", "syllable": "SER"}
_HELP = (
    "Errors over what was truly said: S, substituted words (≠), D, deleted ones (−, dashed), I, inserted ones (+) "
    "and N, words said. The normaliser says what of the texts is compared: case, punctuation, numbers in words."
)
_READERS = {NETWORK: "the network", CAPTIONS: "the captions"}
_WHO = (
    "Whose words are compared: those of the network in this clip, as the search in Decoding finds them, or the "
    "captions, with the script that was read aloud, or else with the labels of the clip that was captioned."
)


class View(Base):
    """Who has read, and figures above; below, both texts in two rows that go on line after line, and scroll."""

    TITLE = TITLE

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.figures = QLabel()
        self.figures.setTextFormat(Qt.TextFormat.RichText)
        self.figures.setWordWrap(True)
        self.figures.setAccessibleName("Error rates")
        self.figures.setToolTip(_HELP)
        self.figures.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.pairs = Pairs(session)
        self.reader = QComboBox()
        for value, words in _READERS.items():
            self.reader.addItem(words, value)
        self.reader.setAccessibleName("Read by")
        self.reader.setToolTip(_WHO)
        self.reader.setWhatsThis(_WHO)
        self.reader.activated.connect(lambda index: session.set("contrasting", self.reader.itemData(index)))
        self.choice = QWidget()
        line = QHBoxLayout(self.choice)
        line.setContentsMargins(0, 0, theme.GRID, 0)
        line.addWidget(QLabel("Read by"))
        line.addWidget(self.reader, 1)
        self.below = QWidget()
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID, theme.GRID, 0, theme.GRID)
        column.setSpacing(theme.GRID)
        column.addWidget(self.choice)
        column.addWidget(self.below, 1)
        column = QVBoxLayout(self.below)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID)
        column.addWidget(self.figures)
        column.addWidget(self.pairs, 1)
        self.watch("contrasted", "contrasting", "captions", "script", "traced", "network", "clip", "transport")
        self.overlay("cursor")

    def sizeHint(self) -> QSize:
        return QSize(30 * theme.GRID, 26 * theme.GRID)

    def minimumSizeHint(self) -> QSize:
        return QSize(20 * theme.GRID, 18 * theme.GRID)

    def refresh(self) -> None:
        state = self.session.state
        self.choice.setVisible(state.captions is not None)
        with QSignalBlocker(self.reader):
            self.reader.setCurrentIndex(self.reader.findData(state.reader))
        found = _known(state)
        shown = found is not None and bool(found.words.count)
        self.figures.setVisible(shown)
        self.pairs.setVisible(shown)
        if found is None or not shown:
            self.pairs.show_pairs(())
            self.say(*self._missing(found))
            return
        self.say("")
        self.figures.setText(told(found))
        self.pairs.show_pairs(found.pairs)

    def ground(self) -> QWidget:
        """What is said in place of the texts leaves the choice of the reader free."""
        return self.below

    def _missing(self, found: Contrasted | None) -> tuple[str, ...]:
        """Why there is nothing to see, and the actions that would change it."""
        state = self.session.state
        if state.reader == CAPTIONS:
            return _captionless(state, found)
        if state.transport.live:
            return ("Live, nobody knows what was truly said: open a clip with labels to compare.",)
        if state.clip is None:
            return "Open a sound with labels to see what was read beside what was said.", "open"
        if found is None and state.traced is not None and state.network is None:
            return ("Choose a network in the Model panel: what it reads is compared with the labels of the clip.",)
        if found is not None:
            return (
                f"No {found.tier} of this clip is labelled, so there is nothing to compare with. Name what was "
                "said in the ruler: F2, or a double click beside the labels.",
            )
        return ("The sound is being analysed …",)

    def repaint_later(self) -> None:
        self.pairs.viewport().update()
        super().repaint_later()


def _known(state: State) -> Contrasted | None:
    """What was aligned of the reader that is chosen, and of the clip and the network that are shown."""
    found, clip, network = state.contrasted, state.clip, state.network
    if found is None or (found.network_id == CAPTIONS) != (state.reader == CAPTIONS):
        return None
    if state.reader == CAPTIONS:
        return found if not state.transport.captioning else None
    if clip is None or network is None:
        return found
    return (
        found if (found.clip_id, found.network_id) == (clip.id, network.id) and not state.transport.live else None
    )


def _captionless(state: State, found: Contrasted | None) -> tuple[str, ...]:
    if state.transport.captioning:
        return (
            "The captions are compared when they have ended; meanwhile a script marks them.",
            "captions",
            "script",
        )
    if found is None:
        return ("The captions are being compared …",)
    if state.script is not None:
        return ("No word of the script was read yet. Start captions, and read it aloud.", "captions")
    return (
        "Nobody has written down what was said in these captions. Read a script aloud, or caption a clip whose "
        "words are labelled.",
        "script",
        "captions_clip",
    )


def told(found: Contrasted) -> str:
    """The figures as rich text: error rates, their parts, by which normaliser, and by which search if by one."""
    palette = theme.current()
    name = _RATES.get(found.tier, "Error")
    ink = palette.good if not found.words.errors else palette.bad
    rates = [f"<b style='color:{ink}'>{name} {_share(found.words)}</b>"]
    if found.characters is not None and name != "CER":
        rates.append(f"CER {_share(found.characters)}")
    words, muted = found.words, f"color:{palette.muted}; font-size:{theme.SMALL}px"
    parts = (
        f"S {words.substitutions} &nbsp; D {words.deletions} &nbsp; I {words.insertions} &nbsp; N {words.count}"
    )
    spoken = f", language: {escape(found.language)}" if found.language else ""
    spoken += f", search: {escape(found.search)}" if found.search else ""
    return (
        f"<p style='margin:0'>{' &nbsp; '.join(rates)}</p><p style='margin:2px 0 0 0'>{parts}</p>"
        f"<p style='margin:2px 0 0 0; {muted}'>normaliser: {escape(found.normaliser)}{spoken}</p>"
    )


def _share(rate: Rate) -> str:
    return f"{100 * rate.error:.1f} %"
