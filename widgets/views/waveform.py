"""The waveform: the clean and the processed sound over each other, with lights where it clips."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from engine.trace import Key
from widgets import axis, reduce, theme
from widgets.lane import Lane, Reading, Tick
from widgets.ring import Tail
from widgets.strip import MINUS, number

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from engine.clip import Clip
    from engine.events import Frames, Traced
    from engine.session import Session

TITLE = "Waveform"
LANE = True
ORDER = 10
_CLIPPED = 0.9999
_EXACT = 60
"""Seconds up to which every sample is looked at for clipping; beyond, the peaks of the columns must do."""
_BOUNDS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
_SOUND = Key("sound")
_NAMES = {"enhanced": ("enhanced", "noisy"), "residual": ("removed", "noisy")}
"""What the two sounds are called where a denoiser is heard."""
_KEPT = 30
"""Seconds of live sound that are kept."""


class View(Lane):
    """The sound that is heard has the accent colour, the other one is grey."""

    TITLE = TITLE
    ABOUT = (
        "Air pressure over time; 1 is full scale (FS). Grey is the clean sound, the accent colour what the chain "
        "makes of it. Red marks: beyond full scale, where a loudspeaker would clip."
    )

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._images: list[QImage] = []
        self._clips = np.zeros(0, bool)
        self._bound = _BOUNDS[0]
        self._shown = ""
        self._tail = Tail(1)
        self._rate = 16000.0
        self.watch("transport", "enhanced")

    def refresh(self) -> None:
        state = self.session.state
        if self.live:
            self._refresh_live()
        elif state.clip is None:
            self._images = []
            self.header.set_badge("")
            self.say("No sound yet. Open a file, drop one here, or record the microphone.", "open", "record")
            return
        else:
            self._refresh_clip(state.clip)
        self.say("")

    def _refresh_clip(self, clip: Clip) -> None:
        state, span, width = self.session.state, self.span(), self.device_width()
        if self._shown != clip.id:
            self._shown, self._bound = clip.id, _BOUNDS[0]
        traced = state.traced if state.traced and state.traced.trace.clip_id == clip.id else None
        if traced is not None:
            start, scale = traced.trace.start, traced.scale
            ends = (span.start - start) * scale, (span.stop - start) * scale
            low, high = traced.clean.columns(*ends, width)
            processed = traced.sound.columns(*ends, width)
            times = np.linspace(*ends, width)
            inside = (times >= 0) & (times <= traced.sound.seconds)
            if not inside.all():  # where nothing was inspected the clip itself is seen
                before = clip.columns(span.start, span.stop, width, state.peaks.get(clip.id))
                low, high = np.where(inside, low, before[0]), np.where(inside, high, before[1])
            made = self._made(traced)  # what a denoiser makes of it lies over what it was given
            clean = (low, high) if made is None else made.columns(*ends, width)
            heard = state.transport.heard == "processed"
            pairs = [("accent" if heard else "under", processed), ("under" if heard else "accent", clean)]
        else:
            pairs = [("accent", clip.columns(span.start, span.stop, width, state.peaks.get(clip.id)))]
        self._make(pairs, width)
        if self._clips.any() and span.seconds < _EXACT:
            sound, begin, end = (clip, span.start, span.stop) if traced is None else (traced.sound, *ends)
            first = max(0, int(begin * sound.rate))
            samples = np.abs(sound.read(first, int(end * sound.rate))).max(axis=1, initial=0.0)
            self._clips = _lights(samples, first / sound.rate - begin, sound.rate, (end - begin) / width, width)
        self._badge(traced is not None, pairs)

    def _made(self, traced: Traced) -> Clip | None:
        """The sound of a denoiser, or what it took away, where that is heard."""
        kind, _, name = self.session.state.transport.heard.partition(":")
        each = next((each for each in self.session.state.enhanced if each.name == name), None)
        if each is None or each.sound.frames != traced.sound.frames:
            return None
        return each.residual if kind == "residual" else each.sound

    def _badge(self, both: bool, pairs: list[tuple[str, tuple[np.ndarray, np.ndarray]]]) -> None:
        palette = theme.current()
        words = ""
        if both:
            inks = [getattr(palette, "muted" if name == "under" else name) for name, _ in pairs]
            names = _NAMES.get(self.session.state.transport.heard.partition(":")[0], ("clean", "processed"))
            inked = zip(inks[::-1], names, strict=True)
            words = " · ".join(f"<span style='color:{ink}'>{name}</span>" for ink, name in inked)
        if (padding := self.padding()) is not None:
            words += f"<br>{padding.seconds:.2f} s padding"
        if self._clips.any():
            words += ("<br>" if words else "") + f"<span style='color:{palette.bad}'>▲ clips</span>"
        self.header.set_badge(words)

    def _make(self, pairs: list[tuple[str, tuple[np.ndarray, np.ndarray]]], width: int) -> None:
        loudest = max((float(max(high.max(), -low.min())) for _, (low, high) in pairs if len(high)), default=0.0)
        self._bound = next((each for each in _BOUNDS if each >= max(loudest, self._bound) - 1e-6), loudest)
        height = max(2, round(self.area().height() * self.canvas.devicePixelRatioF()))
        pixels: Any = 0
        if len(pairs) == 2 and np.allclose(pairs[0][1], pairs[1][1], atol=self._bound / height):
            pairs = [pair for pair in pairs if pair[0] == "accent"]
        rows = np.arange(height, dtype=np.int16)[:, None]
        for name, (low, high) in pairs:
            top, bottom = _rows(low, high, self._bound, height).astype(np.int16)
            inside = (rows >= top) & (rows <= bottom)
            ink = inside * np.uint32(QColor(getattr(theme.current(), name)).rgb())
            pixels = ink if name == pairs[0][0] else np.where(inside, ink, pixels)
        low, high = pairs[0][1]
        self._clips = np.maximum(high, -low) >= _CLIPPED
        self._images = [QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32).copy()]

    def _refresh_live(self) -> None:
        width, span = self.device_width(), self.span()
        samples = self._tail.values
        if not len(samples):
            self._images = []
            self.say("Waiting for sound from the microphone …")
            return
        begin = self.now - len(samples) / self._rate
        bounds = ((np.linspace(span.start, span.stop, width + 1) - begin) * self._rate).astype(int)
        inside = bounds[1:] > 0
        low, high = np.zeros(width, np.float32), np.zeros(width, np.float32)
        known = np.clip(bounds[np.append(inside, True)], 0, len(samples))
        if len(known) > 1:
            low[-(len(known) - 1) :], high[-(len(known) - 1) :] = reduce.envelope(samples, known)
        pairs = [("accent", (low, high))]
        self._make(pairs, width)
        if self._clips.any():
            first, step = int(known[0]), span.seconds / width
            self._clips = _lights(
                np.abs(samples[first:]), begin + first / self._rate - span.start, self._rate, step, width
            )
        self._badge(False, pairs)

    def paint(self, painter: QPainter, area: QRectF) -> None:
        if not self._images:
            return
        palette, line = theme.current(), self.axis()
        for time in line.ticks():
            painter.fillRect(QRectF(round(line.x(time)), area.top(), 1, area.height()), palette.colour("grid"))
        for image in self._images:
            painter.drawImage(area, image)
        if self._clips.any():
            step = area.width() / len(self._clips)
            for column in np.flatnonzero(self._clips):
                for top in (area.top(), area.bottom() - 4):
                    light = QRectF(area.left() + column * step - 0.5, top, max(2.0, step), 4)
                    painter.fillRect(light, palette.colour("bad"))
        self.paint_seam(painter, area, _SOUND)

    def paint_over(self, painter: QPainter, area: QRectF) -> None:
        """How far the chain moves the sound: an arrow as long as the shift, from where it was to where it is."""
        shift = self.shift()
        if not self._images or not shift:
            return
        line, first = self.axis(), max(0.0, self.span().start)
        ends = (line.x(first), line.x(first + abs(shift)))
        tail, head = ends if shift > 0 else ends[::-1]
        y, back = area.top() + 10, 5 if shift > 0 else -5
        painter.setPen(QPen(theme.current().colour("text"), 1.5))
        painter.drawLine(QPointF(tail, y), QPointF(head, y))
        painter.drawLine(QPointF(head, y), QPointF(head - back, y - 4))
        painter.drawLine(QPointF(head, y), QPointF(head - back, y + 4))
        painter.drawText(QPointF(max(ends) + 6, y + 4), f"{1000 * shift:+.0f} ms".replace("-", MINUS))

    def shift(self) -> float:
        """Seconds by which the chain makes the sound later; below 0 it comes earlier."""
        links = [link for link in self.session.state.chain if link.on and link.stage == "shift"]
        return 0.0 if self.live else sum(link.settings.to_dict()["shift"] for link in links)

    def scale(self) -> object:
        return self._bound, bool(self._images)

    def ticks(self, area: QRectF) -> list[Tick]:
        if not self._images:
            return []
        text = number(self._bound)
        return [Tick(0.0, f"+{text}"), Tick(0.5, "0 FS"), Tick(1.0, f"{MINUS}{text}")]

    def read(self, point: QPointF) -> Reading | None:
        time = self.axis().time(point.x())
        value = self._sample(time)
        if value is None:
            return super().read(point)
        level = f"{20 * np.log10(abs(value)):.1f} dBFS".replace("-", MINUS) if abs(value) > 1e-5 else "silence"
        return Reading(time, f"{axis.clock(time)}   {number(value, 3)}   {level}", value)

    def _sample(self, time: float) -> float | None:
        state = self.session.state
        if self.live:
            heard = self._tail.values
            index = len(heard) - round((self.now - time) * self._rate)
            return float(heard[index]) if 0 <= index < len(heard) else None
        clip, at = state.clip, time
        if state.traced is not None and clip is not None and state.traced.trace.clip_id == clip.id:
            at = (time - state.traced.trace.start) * state.traced.scale
            clip = state.traced.sound if state.transport.heard == "processed" else state.traced.clean
        if clip is None or not 0 <= at < clip.seconds:
            return None
        return float(clip.read(int(at * clip.rate), int(at * clip.rate) + 1).mean())

    def arrive(self, frames: Frames) -> None:
        self._rate = frames.rate
        if self._tail.capacity != round(_KEPT * frames.rate):
            self._tail = Tail(round(_KEPT * frames.rate))
        self._tail.add(frames.samples)

    def clear_live(self) -> None:
        self._tail = Tail(1)


def _lights(samples: np.ndarray, begin: float, rate: float, step: float, width: int) -> np.ndarray:
    """Which of `width` columns of `step` seconds clip, from magnitudes [n] of which the first lies at `begin`.

    One sample at full scale may be a sound that was made as loud as can be; two in a row were cut off.
    """
    full = samples >= _CLIPPED
    cut = samples > 2 - _CLIPPED
    cut[1:] |= full[1:] & full[:-1]
    columns = ((np.flatnonzero(cut) / rate + begin) / step).astype(int)
    lights = np.zeros(width, bool)
    lights[columns[(columns >= 0) & (columns < width)]] = True
    return lights


def _rows(low: np.ndarray, high: np.ndarray, bound: float, height: int) -> np.ndarray:
    """First and last pixel row of each column [2, width], joined to its neighbour so that no line breaks."""
    low, high = low.copy(), high.copy()
    low[1:], high[1:] = np.minimum(low[1:], high[:-1]), np.maximum(high[1:], low[:-1])
    middle = (height - 1) / 2
    return np.rint(np.clip((middle - high / bound * middle, middle - low / bound * middle), 0, height - 1))
