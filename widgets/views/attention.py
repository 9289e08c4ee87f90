"""Attention: how much each frame counts, which frames each frame looks at, or each sign that is written."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QMenu, QToolButton

from engine.session import Span
from engine.trace import Key
from widgets import colour, image, theme
from widgets.backdrop import Backdrop
from widgets.heat import HeatLane
from widgets.lane import LOWEST
from widgets.scale import Scales
from widgets.strip import MINUS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QWidget

    from engine.clip import Label
    from engine.session import Session
    from engine.trace import Series
    from widgets.strip import Strip

TITLE = "Attention"
LANE = True
ORDER = 70
AUTO = True
"""Shown only where the network has it."""
HEAD = "attention.head"
CLIP = "attention.clip"
"""The weights of one answer of the clip, below those of the frames' own attention."""
WRITTEN = "alignment"
WHOLE = "selfattention.head"
"""The weights of every frame for all the others: those of the frames at which text was read are shown."""
_ASKING = 12
"""Frames that are asked where no text was read."""
_ROOM = 13 * theme.GRID
"""The least height of several heads, or of the signs of a text."""
_WIDTH, _LEAST = 56, 40
"""Pixels of the spectra beside the cursor, and of a strip that is high enough for them."""
HEARD = 0.2
"""Seconds that a click lets be heard."""


class View(HeatLane):
    """Shares of 1, coloured from 0 to the greatest one; over a frame, downward, the frames it attends to.

    Of a network that writes after it has heard: a row for each sign, in order downward, over what it hears.
    """

    TITLE = TITLE
    ABOUT = (
        "Where the network looks back: in the column of each frame, the frames it attends to, in shares of 1. "
        "A click plays the moment that is attended to, a Ctrl-click the one that asks. At the cursor stands what "
        "it hears: the spectrum of every frame that it can attend to. Of several heads each has a strip; Heads "
        "silences some: see what becomes of the text. Of a network that hears all of the sound before it answers, "
        "each row is a sign that it wrote, over the spectrogram, and bright are the moments at which it looked "
        "for it."
    )
    NAMES = (
        "attention",
        WRITTEN,
        *(f"{name}{head}" for name in (HEAD, WHOLE) for head in range(1, 9)),
        CLIP,
    )
    KIND = "share"
    HOW = "most"
    ABSENT = "This network has no attention. Choose one in the Model panel: pooling, or self-attention."

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.canvas.setToolTip(
            "Click: hear what is attended to.\n"
            "Ctrl-click: hear the frame that asks; of a sign, where it was looked for most."
        )
        tool = self.header.set_tool("Heads", "Silence heads of the attention, or let them speak again")
        self._sound = Scales(signed=False)
        self._known: tuple[Series, tuple[float, float]] | None = None
        self._backdrop = Backdrop(self)
        self._written: tuple[object, dict[Key, Series]] | None = None
        tool.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(tool)
        self.menu.setToolTipsVisible(True)
        self.menu.aboutToShow.connect(self._offer)
        tool.setMenu(self.menu)

    def refresh(self) -> None:
        super().refresh()
        self.header.show_tool(bool(self._heads()))
        many = len(self.strips) > 1
        if not self.header.is_folded():
            signs = any(_writes(strip.key) for strip in self.strips)
            self.setMinimumHeight(_ROOM if many or signs else LOWEST)

    def scale(self) -> object:
        return super().scale(), self._off()

    def name_of(self, key: Key) -> str:
        """`1` for the first head; a silenced one has a stroke."""
        head = "clip" if key.name == CLIP else key.name.removeprefix(HEAD).removeprefix(WHOLE)
        return f"{head} off" if head.isdigit() and int(head) in self._off() else head

    def source(self) -> Mapping[Key, Series]:
        """Where each frame attends to all others, of those frames alone at which something was read."""
        source, traced = super().source(), self.session.state.traced
        if self.live or traced is None or not any(key.name.startswith(WHOLE) for key in source):
            return source
        if self._written is None or self._written[0] is not traced:
            text = traced.trace.text
            rows = {key: of_text(each, text) for key, each in source.items() if key.name.startswith(WHOLE)}
            self._written = traced, rows
        return {**source, **self._written[1]}

    def _heads(self) -> list[Strip]:
        """Those that can be silenced."""
        network = self.session.state.network
        if not hasattr(getattr(network, "settings", None), "heads_off"):
            return []
        return [strip for strip in self.strips if strip.key.name.startswith(HEAD)]

    def _off(self) -> tuple[int, ...]:
        network = self.session.state.network
        return tuple(getattr(network.settings, "heads_off", ())) if network is not None else ()

    def _offer(self) -> None:
        """A line for each head, ticked while it speaks."""
        self.menu.clear()
        for strip in self._heads():
            head = int(strip.key.name.removeprefix(HEAD))
            action = self.menu.addAction(f"Head &{head}")
            action.setCheckable(True)
            action.setChecked(head not in self._off())
            action.toggled.connect(partial(self.turn, head))

    def turn(self, head: int, on: bool) -> None:
        """Silence a head, or let it speak: the same network, heard anew. It can be taken back."""
        network = self.session.state.network
        if network is not None:
            off = {*self._off()} - {head} if on else {*self._off(), head}
            settings = network.settings.but(heads_off=tuple(sorted(off)))
            self.session.set("network", network.but(settings))

    def span_of(self, key: Key, series: Series) -> tuple[float, float]:
        if self.live:
            return 0.0, self.scales.of_stream(key, series)[1]
        window = series.values.shape[1] if not _writes(key) else 1
        seen = series.values[window - 1 :]  # of the first frames each has few to look at
        return 0.0, max(float((seen if len(seen) else series.values).max(initial=0.0)), 1e-6)

    def badge(self) -> str:
        if _writes(self.strips[0].key):
            signs = self.strips[0].rows
            frames = len(self.strips[0].series.values)
            return f"{signs} sign{'' if signs == 1 else 's'} written,<br>over {frames} frames"
        if self.strips[0].rows == 1:
            return "weight per frame"
        count = len(self._heads())
        heads = f"<br>{count - len(self._off())} of {count} heads" if count else ""
        return f"{self.strips[0].rows} frames seen{heads}"

    def marks(self, strip: Strip, height: float) -> list[tuple[float, str]]:
        if strip.rows == 1 or _writes(strip.key):
            return super().marks(strip, height)
        ahead, back = self._reach(strip)
        found = [(0.0, "now" if not ahead else _seconds(ahead)), (1.0, _seconds(-back))]
        return [*found, ((ahead + 0.5 / strip.series.rate) / (ahead + back), "now")] if ahead else found

    def label(self, strip: Strip, unit: int) -> str:
        head = f"head {strip.name} " if strip.key.name.startswith((HEAD, WHOLE)) else ""
        if _writes(strip.key):
            name = str(strip.series.rows[unit]) if strip.series.rows else str(unit)
            return f"{head}{unit + 1}: {name}"
        if strip.rows == 1:
            return "weight"
        away = unit / strip.series.rate - self._reach(strip)[1]
        return head + ("on itself" if abs(away) < 1e-6 else f"on {_seconds(away)}")

    def pressed(self, event: QMouseEvent) -> bool:
        """A click with Ctrl is about the frame that asks."""
        return bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)

    def released(self, event: QMouseEvent) -> None:
        super().clicked(event.position())
        self._play(event.position(), asks=True)

    def clicked(self, point: QPointF) -> None:
        """Set the cursor, and play what the frame there attends to: of one weight a frame, that frame itself."""
        super().clicked(point)
        self._play(point)

    def _play(self, point: QPointF, asks: bool = False) -> None:
        """What lies at a point is heard: the moment that is attended to, or else the one that asks.

        Of a sign, which has no moment of its own, that at which it was looked for most.
        """
        found = self.read(point)
        if found is None or found.unit is None or self.live or not self.strips:
            return
        strip, at = next(each for each in self.strips if each.key == found.key), found.time
        first, rate = self.clock(strip.series)
        if _writes(strip.key):
            at = first + int(strip.series.values[:, found.unit].argmax()) / rate if asks else at
        elif strip.rows > 1 and not asks:
            at += (found.unit - self._reach(strip)[1] * strip.series.rate) / rate
        middle = min(max(at, 0.0), self.length())
        start = max(0.0, min(middle - HEARD / 2, self.length() - HEARD))
        self.session.set("moment", None)
        self.session.set("moment", Span(start, start + HEARD))

    def paint(self, painter: QPainter, area: QRectF) -> None:
        """Signs lie over the spectrogram: what is brighter, on paper darker, is seen of both."""
        if self.live or not any(_writes(each.key) for each in self.strips):
            super().paint(painter, area)
            return
        for index in range(len(self.strips)):
            self._backdrop.paint(painter, self.box(len(self.strips), index))
        dark = theme.current().name == "dark"
        modes = QPainter.CompositionMode
        painter.setCompositionMode(modes.CompositionMode_Screen if dark else modes.CompositionMode_Multiply)
        super().paint(painter, area)
        painter.setCompositionMode(modes.CompositionMode_SourceOver)

    # The sound along the axis of what is attended to.

    def paint_over(self, painter: QPainter, area: QRectF) -> None:
        """Beside the cursor, the spectrum of each frame in its window: low frequencies at the left."""
        source = self.source()
        heard = source.get(Key("picture"))
        for index, strip in enumerate(self.strips):
            box = self.box(len(self.strips), index)
            if heard is None or self.live or strip.rows == 1 or _writes(strip.key) or box.height() < _LEAST:
                continue
            shown = self.spectrum(strip, heard)
            if shown is None:
                continue
            x = self.axis().x(self.session.state.cursor.time) + 3
            x = x if x + _WIDTH <= area.right() else x - _WIDTH - 5
            goal = QRectF(x, box.top(), _WIDTH, box.height())
            table = colour.table("magnitude", theme.current().name)
            painter.drawImage(goal, image.picture(shown, *self._levels(heard), table, upward=True))
            painter.setPen(theme.current().colour("line"))
            painter.drawRect(goal.adjusted(0, 0, -1, -1))

    def spectrum(self, strip: Strip, heard: Series) -> np.ndarray | None:
        """What is heard [F, rows] in each frame that the one at the cursor can attend to, the oldest first.

        None where the cursor is outside of what was recorded; frames before the first are as that.
        """
        first, rate = self.clock(strip.series)
        frame = math.floor((self.session.state.cursor.time - first) * rate + 0.5)
        if not 0 <= frame < len(strip.series.values):
            return None
        frames = frame - round(self._reach(strip)[1] * strip.series.rate) + np.arange(strip.rows)
        begin, pace = self.clock(heard)
        at = np.rint((first + frames / rate - begin) * pace).astype(int)
        return heard.values[np.clip(at, 0, len(heard.values) - 1)].T

    def _levels(self, heard: Series) -> tuple[float, float]:
        """From the quietest to the loudest that is drawn of the sound."""
        if self._known is None or self._known[0] is not heard:
            self._known = heard, self._sound.of_clip(Key("picture"), heard)
        return self._known[1]

    def _reach(self, strip: Strip) -> tuple[float, float]:
        """How many seconds each frame sees ahead and back: the oldest frame is the first row."""
        network = self.session.state.network
        ahead = strip.rows // 2 if network is not None and not network.live else 0
        ahead = int(getattr(getattr(network, "settings", None), "ahead", ahead))
        return ahead / strip.series.rate, (strip.rows - 1 - ahead) / strip.series.rate


def of_text(series: Series, text: tuple[Label, ...]) -> Series:
    """Of weights [T, T], those of the frame in the middle of each sign, as [T, U]: at what it looked."""
    count = len(series.values)
    asked = [(each.text, series.frame((each.start + each.end) / 2)) for each in text]
    if not asked and count:
        places = np.linspace(0, count - 1, min(_ASKING, count)).astype(int).tolist()
        asked = [(f"{series.time(frame):.2f} s", frame) for frame in places]
    values = series.values[[frame for _, frame in asked]].T if asked else np.zeros((count, 0), np.float32)
    return replace(
        series, values=np.ascontiguousarray(values), axis="output", rows=tuple(name for name, _ in asked)
    )


def _writes(key: Key) -> bool:
    """Whether the rows of a series are signs that were written, and not frames."""
    return key.name == WRITTEN or key.name.startswith(WHOLE)


def _seconds(time: float) -> str:
    return f"{time:+.2f} s".replace("-", MINUS)
