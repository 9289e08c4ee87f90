"""The tree of a beam search: how prefixes of the text grow, compete and die over time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QLine, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QMenu, QToolButton

from widgets import axis, theme
from widgets.branches import Branch, branches
from widgets.kept import Kept
from widgets.lane import LOWEST, Lane, Reading, Tick
from widgets.search import Frames, known, missing, named, play, spelled
from widgets.strip import number

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from engine.events import Searched
    from engine.hypothesis import Beam, Prefix
    from engine.session import Session

TITLE = "Beam"
LANE = True
LEFT_OUT = True
ORDER = 83
WIDTHS = (1, 2, 4, 8, 16, 32, 64)
_ROOM = 18 * theme.GRID
_TEXT = 11.0
"""Pixels of a row from which the letters on it can be read."""
_TALL = 14
"""Pixels of a label's height."""
_SPAN = 7
"""Labels of a prefix that are told, the last ones, where it is longer."""


class View(Lane):
    """Each prefix is a line while it was in the beam; a label stands where it was added."""

    TITLE = TITLE
    WEIGHT = 5
    ABOUT = (
        "The search for the likeliest text: every prefix that was kept is a line, from the frame at which it came "
        "to the one at which better ones took its place; where it grows by a label, that stands there. In the "
        "accent colour and on top: what led to the winner. Strong: what was kept to the end; pale: what died. "
        "The button sets how many are kept. Point at a line to read the text so far and its scores."
    )
    WATCHED = (*Lane.WATCHED, "searched", "network", "decoding")

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.branches: list[Branch] = []
        self.rows = 1
        self._of: Beam | None = None
        self._found: Searched | None = None
        self._frames = Frames(0.0, 1.0)
        self._kept = Kept(self)
        self._letters: dict[tuple[str, str, str, float], QPixmap] = {}
        self._final: dict[int, Prefix] = {}
        tool = self.header.set_tool("Width", "How many prefixes are kept after each frame")
        tool.setCheckable(False)
        tool.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(tool)
        self.menu.aboutToShow.connect(self._offer)
        tool.setMenu(self.menu)
        self.canvas.setToolTip("Click: hear the stretch in which a prefix was kept.")

    # What is shown.

    def refresh(self) -> None:
        self._kept.forget()
        found = self._found = known(self.session.state)
        self.header.show_tool(found is not None and hasattr(self.session.state.decoding, "width"))
        if found is None or not found.beam.frames:
            self.branches, self._of = [], None
            self.header.set_badge("")
            self.say(missing(self.session.state))
            return
        self.say("")
        if self._of is not found.beam:
            self._of, self.branches = found.beam, branches(found.beam)
            self.rows = 1 + max((each.row for each in self.branches), default=0)
            self._final = {each.nodes[-1] if each.nodes else 0: each for each in reversed(found.beam.prefixes)}
        self._frames = Frames.of(found, self.session.state, self.clip_time)
        self.header.set_badge(self.badge(found))
        if not self.header.is_folded():
            self.setMinimumHeight(_ROOM)

    def badge(self, found: Searched) -> str:
        kept = sum(each.node.alive for each in self.branches)
        words = [f"{found.beam.width} kept a frame", f"{len(self.branches)} prefixes", f"{kept} at the end"]
        if found.milliseconds:
            words.append(f"in {found.milliseconds:.0f} ms")
        return "<br>".join(words)

    def _offer(self) -> None:
        """The widths, with the one in force ticked."""
        self.menu.clear()
        now = getattr(self.session.state.decoding, "width", 0)
        for width in sorted({*WIDTHS, now} - {0}):
            action = self.menu.addAction(f"{width} prefix{'' if width == 1 else 'es'}")
            action.setCheckable(True)
            action.setChecked(width == now)
            action.triggered.connect(partial(self.widen, width))

    def widen(self, width: int, _: bool = False) -> None:
        """Search anew, with so many prefixes kept after each frame."""
        decoding = self.session.state.decoding
        if decoding is not None:
            self.session.set("decoding", decoding.but(width=width))

    # The picture.

    def paint(self, painter: QPainter, area: QRectF) -> None:
        self._kept.paint(painter, area, self._draw_all)

    def _draw_all(self, painter: QPainter, area: QRectF) -> None:
        palette = theme.current()
        origin, step = self._frames.pixels(self.axis())
        row = area.height() / self.rows
        across: dict[str, list[QRect]] = {"muted": [], "text": [], "accent": []}
        roots: dict[str, list[QLine]] = {"muted": [], "text": [], "accent": []}
        letters: list[tuple[Branch, float, float, float]] = []
        for each in self.branches:
            left, right = origin + each.start * step, origin + each.stop * step
            if right < area.left() or left > area.right():
                continue
            y = area.top() + (each.row + 0.5) * row
            name = "accent" if each.best else "text" if each.kept else "muted"
            thick, height = 1 + each.best, round(y)
            across[name].append(QRect(round(left), height, max(round(right) - round(left), 1), thick))
            if each.source >= 0 and each.source != each.row:
                root = round(area.top() + (each.source + 0.5) * row)
                roots[name].append(QLine(round(left - min(right - left, 6.0)), root, round(left), height))
            letters.append((each, left, right, y))
        painter.save()
        for name, strength in (("muted", 0.35), ("text", 0.7), ("accent", 1.0)):
            # Opaque, and on whole pixels: a thousand lines that are blended and smoothed take ten times as long.
            ink = _mixed(palette.colour(name), palette.colour("ground"), strength)
            painter.setPen(QPen(ink, 1))
            painter.drawLines(roots[name])
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ink)
            painter.drawRects(across[name])
        self._write(painter, letters, row)
        painter.restore()

    def _write(self, painter: QPainter, letters: list[tuple[Branch, float, float, float]], row: float) -> None:
        """The label that each prefix adds, where there is room for it; of the winner before others."""
        found, metrics, until = self._found, QFontMetricsF(theme.font(theme.SMALL)), -1e9
        if found is None:
            return
        widths: dict[str, float] = {}
        for each, left, right, y in letters:
            text = named(found.vocabulary, each.node.label)
            if text not in widths:
                widths[text] = metrics.horizontalAdvance(text) + 4
            width = widths[text]
            no_room = left < until if each.best else row < _TEXT or right - left < width
            if not text or no_room:
                continue
            until = left + width if each.best else until
            ink = "accent" if each.best else "text" if each.kept else "muted"
            painter.drawPixmap(QPointF(left + 1, y - _TALL / 2), self._letter(text, ink, width))

    def _letter(self, text: str, ink: str, width: float) -> QPixmap:
        """A label on the ground of data: of a thousand prefixes most add the same few."""
        palette, ratio = theme.current(), self.canvas.devicePixelRatioF()
        key = (text, ink, palette.name, ratio)
        if key not in self._letters:
            made = QPixmap(round(width * ratio), round(_TALL * ratio))
            made.setDevicePixelRatio(ratio)
            made.fill(palette.colour("ground"))
            painter = QPainter(made)
            painter.setFont(theme.font(theme.SMALL))
            painter.setPen(palette.colour(ink, 0.7 if ink == "muted" else 1.0))
            painter.drawText(QRectF(0, 0, width, _TALL), Qt.AlignmentFlag.AlignCenter, text)
            painter.end()
            self._letters[key] = made
        return self._letters[key]

    def ticks(self, area: QRectF) -> list[Tick]:
        return [Tick(0.5 / self.rows, "winner", strong=False)] if self.branches else []

    def scale(self) -> object:
        return bool(self.branches), self.rows

    # What is under the pointer.

    def branch(self, point: QPointF) -> Branch | None:
        """The prefix at a point."""
        area = self.area()
        if not self.branches or not area.contains(point):
            return None
        row = int((point.y() - area.top()) / area.height() * self.rows)
        frame = self._frames.at(self.axis().time(point.x()))
        return next((each for each in self.branches if each.row == row and each.start <= frame < each.stop), None)

    def text(self, branch: Branch) -> str:
        """What a prefix says, its last labels where it is long."""
        found = self._found
        assert found is not None
        by_id = {each.id: each for each in found.beam.nodes}
        said: list[str] = []
        node = branch.node
        while node.parent >= 0:
            said.insert(0, node.text)
            node = by_id[node.parent]
        letters = spelled(found.vocabulary)
        most = 4 * _SPAN if letters else _SPAN
        told = ("" if letters else " ").join(said[-most:])
        return f"… {told}" if len(said) > most else told or "(nothing)"

    def read(self, point: QPointF) -> Reading | None:
        branch, time = self.branch(point), self.axis().time(point.x())
        if branch is None:
            return super().read(point)
        parts = [self.text(branch), axis.clock(self._frames.begin(branch.start))]
        end = self._final.get(branch.node.id) if branch.node.alive else None
        if end is None:
            behind = -branch.node.score
            parts.append(f"at best {number(behind)} nats behind" if behind else "was the best")
        scores = branch.node if end is None else end
        parts += [f"sound {number(scores.acoustic)}", f"language {number(scores.language)}"]
        parts += [f"words {number(scores.bonus)}"] if scores.bonus else []
        parts.append("kept to the end" if branch.node.alive else "grew on" if branch.kept else "died")
        return Reading(time, "   ".join(parts), branch.node.score)

    def clicked(self, point: QPointF) -> None:
        super().clicked(point)
        branch = self.branch(point)
        if branch is not None:
            play(self.session, self._frames.begin(branch.start), self._frames.begin(branch.stop))

    def _folded(self, folded: bool) -> None:
        super()._folded(folded)
        if not folded:
            self.setMinimumHeight(_ROOM if self.branches else LOWEST)


def _mixed(ink: QColor, ground: QColor, share: float) -> QColor:
    """So much of an ink on the ground, as one colour."""
    red, green, blue = (
        share * one + (1 - share) * other
        for one, other in (
            (ink.redF(), ground.redF()), (ink.greenF(), ground.greenF()), (ink.blueF(), ground.blueF())
        )
    )  # fmt: skip
    return QColor.fromRgbF(red, green, blue)
