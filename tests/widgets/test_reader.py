"""Text that grows at its end: what stands where, what is laid out, and what never jumps (K281, K282)."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage

from engine.captions import Captions
from tests.captioned import COMBINING, LONG, RTL, hour, said, words
from widgets import flow, theme
from widgets.captiontext import Paragraphs, look
from widgets.reader import Reader

SETTLED = "one two three four five six seven eight nine ten"


@pytest.fixture
def show(qtbot):
    """A Reader of captions of a size; `show(captions)` brings them into it."""
    paragraphs = Paragraphs()
    reader = Reader(paragraphs.pieces)
    qtbot.addWidget(reader)
    reader.resize(400, 300)
    reader.dress(look(theme.font(20)))
    reader.show()

    def bring(captions):
        reader.show_items(paragraphs.items(captions))
        return reader

    return bring


def pixels(reader: Reader) -> np.ndarray:
    image = reader.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    raw = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return raw[:, : int(reader.column().right()), :3].copy()


def inked(picture: np.ndarray, colour: QColor) -> np.ndarray:
    """Rows of pixels that have exactly this ink."""
    return (picture == [colour.blue(), colour.green(), colour.red()]).all(-1).any(1)


def test_tentative_words_have_another_shade_and_are_there_at_once(show):
    palette = theme.current()
    reader = show(said(now="settled words", tentative="maybe these"))
    picture = pixels(reader)
    assert inked(picture, palette.colour("text")).any()
    assert inked(picture, palette.colour("muted")).any()
    assert reader.text() == "settled words maybe these"
    picture = pixels(show(said(now="settled words maybe these")))
    assert not inked(picture, palette.colour("muted")).any()


def test_settled_words_stand_still_whatever_tentative_words_do(show):
    """Their pixels stay the same, even as what is tentative takes another row and leaves it."""
    reader = show(said(SETTLED, now="alpha beta gamma", tentative=" ".join(["word"] * 30)))
    ink = theme.current().colour("text")

    def settled():
        picture = pixels(reader)
        return (picture == [ink.blue(), ink.green(), ink.red()]).all(-1)

    first = settled()
    assert first.any()
    for tentative in ("", "w", "word word", " ".join(["word"] * 30), "x"):
        show(said(SETTLED, now="alpha beta gamma", tentative=tentative))
        assert np.array_equal(settled(), first), tentative
    show(said(SETTLED, "alpha beta gamma delta"))
    assert (settled() & first).sum() == first.sum()  # delta came, and nothing moved


def test_new_lines_push_the_others_up_by_whole_rows(show):
    reader = show(said(SETTLED, SETTLED))
    before = dict(reader.spots())
    show(said(SETTLED, SETTLED, "new"))
    after = dict(reader.spots())
    moved = before[0] - after[0]
    assert moved == pytest.approx(reader.flow.height(2))


def test_nothing_is_left_of_lines_that_are_no_more(show, qtbot):
    """Also where all was painted anew in between, as after another size."""
    reader, painted = show(said(*(f"line {k} of what was said" for k in range(20)))), []

    class Watch(QObject):
        def eventFilter(self, watched, event):
            painted.extend([event.region()] if event.type() == QEvent.Type.Paint else [])
            return False

    watch = Watch()
    reader.installEventFilter(watch)
    reader.resize(400, 320)
    qtbot.waitUntil(lambda: bool(painted))
    painted.clear()
    show(said("a clip"))
    qtbot.waitUntil(lambda: bool(painted))
    assert any(region.contains(QPoint(20, 20)) for region in painted), "where older lines stood"


def test_scrolled_back_the_text_stands_still_and_leads_back_to_now(show, qtbot):
    lines = [f"line {k} of what was said" for k in range(60)]
    reader = show(said(*lines))
    assert not reader.now.isVisible()
    qtbot.keyClick(reader, Qt.Key.Key_PageUp)
    assert reader.now.isVisible()
    before, spots = pixels(reader), reader.spots()
    show(said(*lines, "and one more", now="and", tentative="more"))
    assert reader.spots() == spots
    shown = slice(0, reader.now.y() - 1)
    assert np.array_equal(pixels(reader)[shown], before[shown])
    qtbot.mouseClick(reader.now, Qt.MouseButton.LeftButton)
    assert not reader.now.isVisible()
    assert reader.spots()[0][0] == 61
    qtbot.keyClick(reader, Qt.Key.Key_Home)
    assert reader.spots()[-1] == (0, pytest.approx(reader.column().top()))
    qtbot.keyClick(reader, Qt.Key.Key_End)
    assert not reader.back


def test_a_bar_with_nothing_to_scroll_is_not_drawn(show, qapp):
    theme.apply(qapp, "dark")
    for captions, drawn in ((hour(200), True), (said("one"), False), (hour(200), True), (None, False)):
        bar = show(captions).bar
        picture = bar.grab().toImage()
        middle = {picture.pixelColor(bar.width() // 2, y).name() for y in range(4, bar.height() - 4)}
        assert (theme.current().colour("line").name() in middle) == drawn


def test_the_wheel_and_the_bar_scroll_and_the_end_is_found_again(show):
    reader = show(hour(2000))
    top = reader.bar.maximum()
    assert reader.bar.value() == top
    reader.bar.setValue(top // 2)
    assert reader.back
    middle = reader.spots()[0][0]
    assert reader.flow.count * 0.3 < middle < reader.flow.count * 0.7
    for _ in range(2000):
        reader.scroll_back(-500)
        if not reader.back:
            break
    assert not reader.back


def test_an_hour_is_painted_by_what_can_be_seen(show, monkeypatch):
    """Work is counted, not timed: paragraphs that are laid out; the time has a generous bound."""
    laid = []
    made = flow.Flow._made
    monkeypatch.setattr(flow.Flow, "_made", lambda self, item: laid.append(item) or made(self, item))
    captions = hour()
    reader = show(captions)
    pixels(reader)
    assert len(laid) < 20
    laid.clear()
    # A word more each time, as live.
    began = time.thread_time()
    for k in range(1, 21):
        show(Captions(captions.lines, words(" ".join(["word"] * k), 3600.0)))
        reader.grab()
    assert (time.thread_time() - began) / 20 < 0.1
    assert len(laid) <= 20 + 2
    laid.clear()
    reader.page(3)
    pixels(reader)
    assert len(laid) < 40


@pytest.mark.parametrize("text", RTL)
def test_text_from_right_to_left_begins_at_the_right(show, text):
    reader = show(said(text))
    picture = pixels(reader)
    ink = theme.current().colour("text")
    columns = (picture == [ink.blue(), ink.green(), ink.red()]).all(-1).any(0)
    right, left = reader.column().right(), reader.column().left()
    found = np.flatnonzero(columns)
    assert found.max() > right - 8
    assert found.min() > left + 8
    first, last = reader.flow.box(0, 0), reader.flow.box(0, len(text.split()) - 1)
    assert first.top() < last.top() or first.left() > last.left()


def test_combining_marks_take_no_room_and_stay_on_their_row(show):
    reader = show(said(COMBINING))
    for place, word in enumerate(COMBINING.split()):
        box = reader.flow.box(0, place)
        assert box.height() == reader.flow.row
        bare = "".join(each for each in word if not "\u0300" <= each <= "\u036f")
        wide = QFontMetricsF(theme.font(20)).horizontalAdvance(bare)
        assert box.width() == pytest.approx(wide, abs=6)


def test_a_word_longer_than_the_row_is_broken_and_lost_nowhere(show):
    reader = show(said(f"before {LONG} after"))
    reader.resize(200, 300)
    layout = reader.flow._lay(0).layout
    assert all(
        layout.lineAt(k).naturalTextWidth() <= reader.column().width() + 1 for k in range(layout.lineCount())
    )
    assert layout.lineCount() >= 3
    assert reader.text() == f"before {LONG} after"


def test_a_word_is_found_under_the_pointer(show):
    reader = show(said("first line", f"{SETTLED} {RTL[0]}"))
    left = reader.column().left()
    for paragraph, top in reader.spots():
        for place in range(len(reader.flow.words(paragraph))):
            middle = reader.flow.box(paragraph, place).center() + QPointF(left, top)
            spot = reader.at(middle)
            assert (spot.paragraph, spot.piece) == (paragraph, place)
    assert reader.at(QPointF(1, 1)) is None


def test_doubtful_words_are_underlined_and_others_not(show):
    def marked(confidence):
        return pixels(show(Captions((), words("uncertain", 0.0, confidence))))

    sure, unsure, untold = (marked(each) for each in (0.9, 0.2, None))
    assert np.array_equal(sure, untold)
    assert not np.array_equal(sure, unsure)


def test_only_what_changed_is_painted_again(show, qtbot):
    """A word more in the last line leaves those above it alone, and what is seen is as if all had been painted."""
    lines = [SETTLED] * 4
    reader = show(said(*lines, now="one"))
    qtbot.waitExposed(reader)
    qtbot.wait(50)
    painted = []
    paint = reader.flow.paint

    def counted(painter, paragraph, corner, clip):
        painted.append(clip.top())
        paint(painter, paragraph, corner, clip)

    reader.flow.paint = counted
    for now in ("one two", "one two three"):
        show(said(*lines, now=now))
        qtbot.waitUntil(lambda: bool(painted), timeout=2000)
        assert min(painted) >= dict(reader.spots())[4] - 1
        painted.clear()
    seen = reader.grab().toImage()
    assert seen == show(said(*lines, now="one two three")).grab().toImage()
