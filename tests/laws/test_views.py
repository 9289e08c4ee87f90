"""Laws of every view of the catalog: it opens on any session, paints without a Qt warning, shows what is there."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from engine import catalog
from engine.session import Cursor, History, Session, Span
from engine.trace import Key, Trace
from tests import example
from widgets import theme
from widgets.canvas import TICKS
from widgets.lane import Lane

FOLDER = "widgets.views"
VIEWS = catalog.names(FOLDER)
LANES = [name for name in VIEWS if getattr(catalog.load(FOLDER, name), "LANE", False)]
PAINTS = ("paint", "_paint", "_figure")
"""What the paintEvents of views call."""
SESSIONS = {"empty": example.empty, "full": example.full, "live": example.live}


@pytest.fixture(scope="module", params=["dark", "light"])
def look(qapp, request):
    """Each theme in turn; for the module, since putting one on takes a while."""
    theme.apply(qapp, request.param)
    yield request.param
    theme.apply(qapp, "dark")


def opened(qtbot, name: str, session: Session, size: tuple[int, int] = (900, 160)) -> QWidget:
    if name == "notes":
        example.tune(session)
    view = catalog.load(FOLDER, name).View(session)
    qtbot.addWidget(view)
    view.resize(*size)
    view.show()
    view.tick()
    return view


def pixels(view: QWidget) -> np.ndarray:
    """What the view looks like, [height, width, 4]; of a lane, its plot alone."""
    image = (view.canvas if isinstance(view, Lane) else view).grab().toImage()
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    raw = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return raw[:, : image.width()].copy()


def changed(session: Session) -> None:
    """Other data of every kind."""
    old, clip = session.state.traced, session.state.clip
    assert old is not None
    assert clip is not None
    series = MappingProxyType(
        {key: replace(each, values=np.flipud(each.values).copy()) for key, each in old.trace.series.items()}
    )
    trace = Trace(old.trace.clip_id, old.trace.start, old.trace.stop, series, old.trace.text[:3])
    louder = replace(old, trace=trace, edits=5, sound=example.louder(old.sound))
    session.set("traced", louder)
    session.set("prosody", example.prosody(louder.sound, 150.0))
    session.set("pictured", example.pictured(louder, session.state.enhanced, -12.0))
    session.set("judged", example.judged(louder.sound, -0.1))
    session.set("local_snr", example.local_snr(louder.sound, 9.0))
    session.set("breakmap", example.breakmap(0.5))
    session.set("echo", example.echo(clip.id, 2.5, -0.03))
    session.set("attributed", example.attributed(clip.id, 2.5))
    session.set("recalled", example.recalled(clip.id, 3.5))
    session.set("stored", example.stored(0.2))
    session.set("decoded", example.decoded(clip, 0.3))
    session.set("searched", example.searched(clip, 3))
    session.set("contrasted", example.contrasted(louder, 3))
    session.set("melodies", (example.composed(clip, 1),))
    session.set("history", History(session.state.history.steps[:20], session.state.history.evaluated[:1]))
    session.set("edits", session.state.edits[:1])
    session.set("clip", replace(clip, labels=clip.labels[:2]))


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("kind", SESSIONS)
def test_opens_and_paints(qtbot, look, name, kind):
    session = SESSIONS[kind]()
    view = opened(qtbot, name, session)
    if kind == "live":
        example.feed(session, 0, 0.2)
    for size in ((900, 160), (260, 400), (180, 24), (1, 1)):
        view.resize(*size)
        view.tick()
        view.grab()
    assert view.trouble == ""


@pytest.mark.parametrize("name", VIEWS)
def test_an_empty_view_says_what_would_fill_it(qtbot, name):
    view = opened(qtbot, name, example.empty())
    if name == "ruler":  # its scale is there without a clip
        return
    assert view._empty is not None
    assert view._empty.isVisible()
    assert len(view._empty._label.text()) > 10


@pytest.mark.parametrize("name", VIEWS)
def test_shows_what_is_there(qtbot, name):
    session = example.full()
    view = opened(qtbot, name, session, (900, 300))
    before = pixels(view)
    view.mark()
    view.tick()
    assert np.array_equal(before, pixels(view)), "the same session gives the same picture"
    changed(session)
    view.tick()
    after = pixels(view)
    assert before.shape != after.shape or (before != after).any()


@pytest.mark.parametrize("name", VIEWS)
def test_repaints_only_at_a_tick(qtbot, name, monkeypatch):
    session = example.full()
    view = opened(qtbot, name, session)
    count = []
    monkeypatch.setattr(view, "refresh", lambda: count.append(1))
    changed(session)
    assert not count
    view.tick()
    view.tick()
    assert len(count) == 1


@pytest.mark.parametrize("name", VIEWS)
def test_an_exception_is_shown_and_harms_nobody(qtbot, name, monkeypatch):
    view = opened(qtbot, name, example.full())
    with monkeypatch.context() as broken:
        broken.setattr(view, "refresh", lambda: 1 / 0)
        view.mark()
        view.tick()
        view.grab()
        assert "division by zero" in view.trouble
        assert view._empty is not None
        assert view._empty.isVisible()
    view.mark()
    view.tick()
    assert view.trouble == ""


@pytest.mark.parametrize("name", VIEWS)
def test_an_exception_in_a_paint_is_shown_and_harms_nobody(qtbot, name, monkeypatch):
    """Until it no longer happens; then the view shows what it should."""
    view = opened(qtbot, name, example.full(), (900, 300))
    before = pixels(view)
    widgets = (view, *view.findChildren(QWidget))
    parts = [(each, part) for each in widgets for part in PAINTS if hasattr(each, part)]
    with monkeypatch.context() as broken:
        for each, part in parts:
            broken.setattr(each, part, lambda *_: 1 / 0)
        for _ in range(3):
            changed(view.session)
            view.tick()
            view.grab()
            qtbot.wait(1)
            assert not parts or "division by zero" in view._empty._label.text()
            assert not parts or view._empty.isVisible()
    changed(view.session)
    for _ in range(3):
        view.grab()
        qtbot.wait(1)
        view.tick()
    assert view.broken == ""
    assert view._empty is None or not view._empty.isVisible()
    assert before.std() < 2 * pixels(view).std(), "nothing is painted any more"


@pytest.mark.parametrize("name", VIEWS)
def test_every_paint_is_guarded(qtbot, name):
    view = opened(qtbot, name, example.full())
    for each in (view, *view.findChildren(QWidget)):
        own = vars(type(each)).get("paintEvent") if type(each).__module__.startswith("widgets") else None
        assert own is None or hasattr(own, "__wrapped__"), f"{type(each).__name__}.paintEvent is not @guarded"


@pytest.mark.parametrize("name", VIEWS)
def test_has_an_accessible_name(qtbot, name):
    view = opened(qtbot, name, example.full())
    assert view.accessibleName() == catalog.load(FOLDER, name).TITLE
    if isinstance(view, Lane):
        assert view.canvas.accessibleName()
        assert view.canvas.focusPolicy() == Qt.FocusPolicy.StrongFocus


@pytest.mark.parametrize("start", [0.0, 1.7])
def test_lanes_agree_on_where_a_time_lies(qtbot, start):
    session = example.full()
    session.set("view", Span(start, start + 2.0))
    session.set("cursor", Cursor(start + 0.5))
    accent = theme.current().colour("accent")
    for name in LANES:
        lane = opened(qtbot, name, session, (900, 100))
        assert lane.canvas.x() == lane.header.width()
        # At one quarter of the time lies one quarter of the plot, and the cursor is painted there.
        expected = TICKS + (lane.canvas.width() - TICKS - theme.GRID) / 4
        assert lane.axis().x(start + 0.5) == pytest.approx(expected)
        column = pixels(lane)[8:-4, round(expected)]
        found = (column[:, 2], column[:, 1], column[:, 0])
        for value, wanted in zip(found, (accent.red(), accent.green(), accent.blue()), strict=True):
            assert (np.abs(value.astype(int) - wanted) <= 1).mean() > 0.9, name


@pytest.mark.parametrize("name", ["hidden", "cell", "gates"])
def test_zero_is_the_middle_colour_of_signed_lanes(qtbot, look, name):
    session = example.full()
    key = {"hidden": Key("h", 1), "cell": Key("c", 1), "gates": Key("gate.g", 1)}[name]
    zeros = {key: replace(session.state.traced.trace.series[key], values=np.zeros((500, 8), np.float32))}
    trace = replace(session.state.traced.trace, series=MappingProxyType(zeros))
    session.set("traced", replace(session.state.traced, trace=trace))
    session.set("cursor", Cursor(0.0))
    view = opened(qtbot, name, session)
    middle = pixels(view)[80, 400, :3].astype(int)
    ground = {"dark": (19, 19, 17), "light": (250, 250, 250)}[look]
    assert np.abs(middle - ground).max() < 12, "zero is the ground, neither blue nor orange"
    assert middle.max() - middle.min() <= 6


def test_the_range_of_tanh_and_gates_is_fixed(qtbot):
    session = example.full()
    faint = {
        key: replace(each, values=each.values * 0.01, low=None, high=None)
        for key, each in session.state.traced.trace.series.items()
    }
    trace = replace(session.state.traced.trace, series=MappingProxyType(faint))
    session.set("traced", replace(session.state.traced, trace=trace))
    for name in ("hidden", "gates", "posteriors"):
        view = opened(qtbot, name, session)
        for strip in view.strips:
            assert (strip.low, strip.high) in ((-1.0, 1.0), (0.0, 1.0))


@pytest.mark.parametrize(
    ("name", "key"),
    [("hidden", Key("h", 1)), ("features", Key("features")), ("spectrogram", Key("picture")),
     ("posteriors", Key("posterior"))],
)  # fmt: skip
def test_hover_gives_unit_time_and_value(qtbot, name, key):
    session = example.full()
    view = opened(qtbot, name, session)
    series = session.state.traced.trace.series[key]
    rng = np.random.default_rng(0)
    for _ in range(20):
        frame, unit = int(rng.integers(len(series.values))), int(rng.integers(series.values.shape[1]))
        strip = view.strips[0]
        box = view.box(1, 0)
        point = QPointF(view.axis().x(frame / series.rate), box.top() + strip.share(unit) * box.height())
        found = view.read(point)
        assert found.unit == unit
        assert found.key == key
        assert found.time == pytest.approx(frame / series.rate)
        assert found.value == pytest.approx(float(series.values[frame, unit]))


def test_hover_of_the_waveform_gives_time_and_sample(qtbot):
    session = example.full()
    view = opened(qtbot, "waveform", session)
    at = 12345
    found = view.read(QPointF(view.axis().x((at + 0.5) / example.RATE), 50))
    assert found.value == pytest.approx(float(session.state.traced.sound.read(at, at + 1)[0, 0]))
