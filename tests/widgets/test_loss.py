"""The lane of the loss: what it says of a moment, and the frames it marks as called wrongly."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from engine.trace import Key
from tests import example
from widgets import theme
from widgets.views import loss


@pytest.fixture
def view(qtbot):
    made = loss.View(example.full())
    qtbot.addWidget(made)
    made.resize(900, 120)
    made.show()
    made.tick()
    return made


def test_a_moment_has_its_loss_and_both_classes(view):
    series = view.session.state.traced.trace.series
    shares = series[Key("posterior")].values
    for frame in (3, 40, 77, 200):
        found = view.read(QPointF(view.axis().x(frame / example.FRAMES), 60))
        true = int(series[Key("truth")].values[frame, 0])
        assert found.value == pytest.approx(-np.log(shares[frame, true]), rel=1e-5)
        assert f"true “{example.WORDS[true]}”" in found.text
        assert f"called “{example.WORDS[shares[frame].argmax()]}”" in found.text
        assert found.unit is None


def test_the_badge_has_the_mean_and_the_share_of_frames_that_are_right(view):
    series = view.session.state.traced.trace.series
    right = series[Key("posterior")].values.argmax(1) == series[Key("truth")].values[:, 0]
    assert f"mean {series[Key('loss')].values.mean():.3f}" in view.badge()
    assert f"{100 * right.mean():.1f} % right" in view.badge()


def test_frames_called_wrongly_are_marked_at_the_foot(view):
    image, bad = view.canvas.grab().toImage(), theme.current().colour("bad")
    true, called, _ = view._classes()
    for frame in np.flatnonzero(np.diff(true == called, prepend=True) == 0)[5::40].tolist():
        at = view.axis().x(frame / example.FRAMES)
        found = image.pixelColor(round(at), round(view.box(1, 0).bottom()) - 2)
        assert (found.name() == bad.name()) == (true[frame] != called[frame])
