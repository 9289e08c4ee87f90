"""Masks by mouse: drawn, moved, resized, removed; one drag is one step back; they write the chain's settings."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtWidgets import QApplication

from engine import infer
from engine.chain import default_link, render
from engine.clip import from_array
from engine.session import Cursor, Session, Span
from engine.stages import specaugment
from engine.stages.stage import Link
from tests import example
from widgets.views import spectrogram

ALT, NONE = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def lane(qtbot):
    made = spectrogram.View(example.full())
    qtbot.addWidget(made)
    made.resize(900, 300)
    made.show()
    made.tick()
    return made


def drawn(lane):
    return lane.session.state.chain[0].settings.drawn


def place(lane, time: float, hertz: float) -> QPointF:
    area = lane._place()
    return QPointF(area.x(time), area.y(hertz))


def drag(lane, *points: QPointF, modifier=NONE) -> None:
    kinds = [QMouseEvent.Type.MouseButtonPress, *[QMouseEvent.Type.MouseMove] * (len(points) - 1)]
    for kind, point in [*zip(kinds, points, strict=True), (QMouseEvent.Type.MouseButtonRelease, points[-1])]:
        button = Qt.MouseButton.NoButton if kind == QMouseEvent.Type.MouseMove else Qt.MouseButton.LeftButton
        held = (
            Qt.MouseButton.NoButton if kind == QMouseEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
        )
        event = QMouseEvent(kind, point, lane.canvas.mapToGlobal(point), button, held, modifier)
        QApplication.sendEvent(lane.canvas, event)


@pytest.mark.parametrize("switch", [True, False])
def test_draw(lane, switch):
    lane.header.tool.setChecked(switch)
    ends = place(lane, 3.5, 1000), place(lane, 3.8, 2500), place(lane, 4.2, 3000)
    drag(lane, *ends, modifier=NONE if switch else ALT)
    assert drawn(lane)[-1] == pytest.approx((3.5, 4.2, 1000, 3000), rel=0.02)
    assert len(drawn(lane)) == 3
    assert lane.session.undo()
    assert len(drawn(lane)) == 2, "one drag is one step back"


def test_without_the_switch_a_drag_on_sound_pans(lane):
    lane.session.set("view", type(lane.session.state.view)(1.0, 4.0))
    drag(lane, place(lane, 3.6, 6000), place(lane, 3.4, 6000), place(lane, 3.2, 6000))
    assert len(drawn(lane)) == 2
    assert lane.session.state.view.start > 1.2


def test_move_keeps_size_and_undoes_as_one(lane):
    before = drawn(lane)[1]
    drag(lane, place(lane, 2.6, 3000), place(lane, 2.8, 3200), place(lane, 3.1, 4000))
    after = drawn(lane)[1]
    assert after[0] - before[0] == pytest.approx(0.5, abs=0.02)
    assert after[1] - after[0] == pytest.approx(before[1] - before[0], abs=0.02)
    assert after[3] - after[2] == pytest.approx(before[3] - before[2], rel=0.05)
    drag(lane, place(lane, 3.1, 4000), place(lane, 3.3, 4000), place(lane, 3.5, 4000))
    assert lane.session.undo()
    assert drawn(lane)[1] == after, "the second drag alone"
    assert lane.session.undo()
    assert drawn(lane)[1] == before


def test_a_mask_of_all_frequencies_stays_one_while_it_moves(lane):
    drag(lane, place(lane, 1.2, 5000), place(lane, 1.5, 3000), place(lane, 1.7, 1000))
    start, stop, low, high = drawn(lane)[0]
    assert (start, stop) == pytest.approx((1.5, 1.9), abs=0.02)
    assert low == 0
    assert high > 1e8


def test_an_edge_resizes(lane):
    start, stop, low, high = drawn(lane)[1]
    drag(lane, place(lane, stop, 3000), place(lane, 3.3, 3000), place(lane, 3.5, 3000))
    assert drawn(lane)[1] == pytest.approx((start, 3.5, low, high), rel=0.02)


def test_delete_removes_the_chosen_one(qtbot, lane):
    drag(lane, place(lane, 2.6, 3000))
    qtbot.keyClick(lane.canvas, Qt.Key.Key_Delete)
    assert len(drawn(lane)) == 1
    assert drawn(lane)[0][3] > 1e8, "the other one is still there"
    qtbot.keyClick(lane.canvas, Qt.Key.Key_Delete)
    assert len(drawn(lane)) == 1, "none is chosen now"


def test_the_pointer_tells_what_a_drag_would_do(lane):
    area = lane._place()
    shapes = Qt.CursorShape
    assert lane.masks.shape(area, place(lane, 2.6, 3000)) == shapes.SizeAllCursor
    assert lane.masks.shape(area, place(lane, 2.2, 3000)) == shapes.SizeHorCursor
    assert lane.masks.shape(area, place(lane, 2.6, 4000)) == shapes.SizeVerCursor
    assert lane.masks.shape(area, place(lane, 4.5, 7000)) == shapes.ArrowCursor


def test_the_rectangle_covers_exactly_the_cells_that_the_network_loses(qtbot):
    """Pixel by pixel at the middle of every cell: what is hatched is what is filled in the tensor."""
    rng = np.random.default_rng(0)
    clip = from_array(rng.normal(0, 0.1, 8000), 16000, "noise")
    given = specaugment.Settings(fill="zero", drawn=((0.103, 0.197, 900.0, 2600.0), (0.302, 0.338, 0.0, 1e9)))
    shape = default_link("logmel", n_mels=24, log="dB")
    frames = render((shape, Link("specaugment", given)), clip, 0.0, 0.5).frames
    assert frames is not None
    zeros = (frames == 0.0).T
    assert 0.1 < zeros.mean() < 0.5
    event = list(infer.run(infer.Inspection(clip, (), shape, None, 0.0, 0.5)))[-1]
    session = Session(clip=clip, picture=shape, traced=event, view=Span(0.0, 0.5), cursor=Cursor(9.0))
    view = spectrogram.View(session)
    qtbot.addWidget(view)
    view.resize(900, 400)

    def pixels() -> np.ndarray:
        view.renew()
        image = view.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width()).copy()

    before = pixels()
    session.set("chain", (Link("specaugment", given),))
    hatched, box = before != pixels(), view.box(1, 0)
    height = box.height() / 24
    for row, kept in enumerate(zeros):
        y = round(box.bottom() - (row + 0.5) * height)
        for frame, zero in enumerate(kept[1:-1], 1):  # half of the first and the last one is out of sight
            x = round(view.axis().x(frame / 100))
            assert hatched[y - 2 : y + 3, x - 2 : x + 3].mean() > 0.5 if zero else not hatched[y, x], (row, frame)
